"""More places for officers: asked for by the agency, printed, decided by the platform, and by nobody of the agency."""

import io
from dataclasses import replace
from datetime import timedelta

import pikepdf
import pytest

from connectors.documents.fonts import prepare_fonts
from idp.agencies.model import Member, Role, Site
from idp.agencies.seats.asking import is_letter_number
from idp.approvals.model import Decider, ProposalId
from idp.audit.model import SYSTEM
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.portal.staff import decider_of
from idp.storage.storage import UnitOfWork
from tests.portal.auditing.house import Desk, PortalHouse

pytestmark = pytest.mark.anyio

PAGE, LETTER = "/agency/seats", "/agency/seats/letter"
WISH = {"seat": "lookup_officer|", "places": "8", "reference_no": "ปน 0123/456"}


async def places_of(portal: PortalHouse, admin: Member) -> dict[tuple[str, str], int]:
    async with portal.rooms.ground.storage.reading() as uow:
        seats = await portal.rooms.seats.of_agency(uow, admin.agency_id)
    return {(one.seat.role.value, one.seat.site): one.seat.places for one in seats}


async def waiting_id(desk: Desk) -> str:
    (link,) = {part.split('"')[0] for part in (await desk.get(PAGE)).response.text.split('href="/proposals/')[1:]}
    return link


async def test_the_platform_approves_and_there_is_room(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    page = await desk.send(PAGE, page=PAGE, **WISH)
    assert [one["data-waiting"] for one in page.rows("data-waiting")] == ["lookup_officer|"]
    assert (await places_of(portal, admin))["lookup_officer", ""] == 3
    proposal = f"/proposals/{await waiting_id(desk)}"
    platform = await portal.signed_in(await portal.hire_platform(Role.PLATFORM_ADMIN))
    assert [one["data-kind"] for one in (await platform.get("/approvals")).rows("data-kind")] == ["agencies.seats"]
    waiting = (await platform.get("/agreements")).response.text.split("data-waiting")[1]
    assert "จำนวนเจ้าหน้าที่ที่มีได้" in waiting.split("</a>")[0]
    shown = await platform.get(proposal)
    assert [one["data-term"] for one in shown.rows("data-term")] == ["places", "reference_no"]
    # a position is a name: what it lets somebody do is said beside it
    assert [one["data-place-role"] for one in shown.rows("data-place-role")] == ["lookup_officer"]
    decided = await platform.send(proposal, page=proposal, act="approve")
    assert decided.status == 200, decided.error_code
    assert (await places_of(portal, admin))["lookup_officer", ""] == 8
    page = await desk.get(PAGE)
    assert [one["data-decided"] for one in page.rows("data-decided")] == ["approved"]
    assert not list(page.rows("data-waiting"))


async def test_sent_twice_one_request_waits(desk: Desk) -> None:
    await desk.send(PAGE, page=PAGE, **WISH)
    again = await desk.send(PAGE, page=PAGE, **WISH)
    assert again.error_code == "APR-10"
    assert len(list(again.rows("data-waiting"))) == 1


async def test_asked_back_and_refused_are_read_by_who_asked(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    await desk.send(PAGE, page=PAGE, **WISH)
    proposal = f"/proposals/{await waiting_id(desk)}"
    platform = await portal.signed_in(await portal.hire_platform(Role.PLATFORM_ADMIN))
    await platform.send(proposal, page=proposal, act="ask", words="เพราะเหตุใด")
    assert "เพราะเหตุใด" in (await desk.get(proposal)).response.text
    await desk.send(proposal, page=proposal, act="answer", words="เปิดสาขาใหม่")
    await platform.send(proposal, page=proposal, act="refuse", words="หนังสือยังไม่ลงนาม")
    assert [one["data-decided"] for one in (await desk.get(PAGE)).rows("data-decided")] == ["refused"]
    assert "หนังสือยังไม่ลงนาม" in (await desk.get(proposal)).response.text
    assert (await places_of(portal, admin))["lookup_officer", ""] == 3


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"seat": "supervisor|"}, "SEA-02"),
        ({"seat": "agency_admin|"}, "SEA-02"),
        ({"seat": "platform_admin|"}, "SEA-02"),
        ({"seat": "emperor|"}, "SEA-10"),
        # the agency never enrolled anybody: it would be called by the name of another place
        ({"seat": "enrolment_officer|"}, "SEA-10"),
        ({"seat": "enrolment_admin|"}, "SEA-10"),
        ({"seat": "lookup_officer|moon"}, "SEA-10"),
        ({"places": "3"}, "SEA-10"),
        ({"places": "0"}, "SEA-10"),
        ({"places": "-1"}, "SEA-10"),
        ({"places": "10001"}, "SEA-10"),
        ({"places": "๘"}, "SEA-10"),
        ({"reference_no": ""}, "SEA-10"),
        ({"reference_no": "1-1002-00000-00-1"}, "SEA-10"),
    ],
)
async def test_what_cannot_be_is_refused_on_the_page(desk: Desk, wish: dict[str, str], code: str) -> None:
    page = await desk.send(PAGE, page=PAGE, **(WISH | wish))
    assert page.error_code == code
    assert "seats_form" in page
    assert not list(page.rows("data-waiting"))


async def test_nobody_who_sits_there_is_counted_away(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    for _ in range(2):
        await portal.hire("employment", Role.LOOKUP_OFFICER)
    assert (await desk.send(PAGE, page=PAGE, **(WISH | {"places": "1"}))).error_code == "SEA-10"
    await desk.send(PAGE, page=PAGE, **(WISH | {"places": "2"}))
    await portal.hire("employment", Role.LOOKUP_OFFICER)
    proposal = f"/proposals/{await waiting_id(desk)}"
    platform = await portal.signed_in(await portal.hire_platform(Role.PLATFORM_ADMIN))
    # a third one came meanwhile
    assert (await platform.send(proposal, page=proposal, act="approve")).error_code == "SEA-10"
    assert (await places_of(portal, admin))["lookup_officer", ""] == 3


async def test_who_works_for_the_agency_decides_nothing_about_it(portal: PortalHouse, admin: Member) -> None:
    """One person with both posts is one person; so is a colleague of the agency who also serves the platform."""
    requests, storage = portal.rooms.seat_requests, portal.rooms.ground.storage

    async def asked(uow: UnitOfWork, by: Decider) -> ProposalId:
        role = Role.LOOKUP_OFFICER
        return (await requests.propose(uow, role=role, site="", places=9, reference_no="1/2569", by=by)).id

    platform = await portal.hire_platform(Role.PLATFORM_ADMIN)
    async with storage.unit_of_work() as uow:
        proposal = await asked(uow, decider_of(admin))
        await portal.rooms.agencies.add_member(
            uow,
            agency_id=admin.agency_id,
            subscriber_id=platform.subscriber_id,
            position_th="เจ้าหน้าที่",
            position_en="Officer",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=uow.now + timedelta(days=9),
            by=SYSTEM,
        )
    other = await portal.hire_platform(Role.AUDITOR)
    for who, refusal in ((platform, Refused), (admin, Refused), (other, Refused)):
        async with storage.unit_of_work() as uow:
            with pytest.raises(refusal):
                await requests.approve(uow, proposal, by=decider_of(who))
    officer = await portal.hire("employment", Role.LOOKUP_OFFICER)
    async with storage.unit_of_work() as uow:
        with pytest.raises(NotFound):
            await asked(uow, decider_of(officer))


async def test_two_nodes_approve_it_once_and_not_over_what_changed(portal: PortalHouse, admin: Member) -> None:
    requests, storage = portal.rooms.seat_requests, portal.rooms.ground.storage
    first, second = [await portal.hire_platform(Role.PLATFORM_ADMIN) for _ in range(2)]

    async def asked(places: int) -> ProposalId:
        async with storage.unit_of_work() as uow:
            made = await requests.propose(
                uow,
                role=Role.LOOKUP_OFFICER,
                site="",
                places=places,
                reference_no="1/2569",
                by=decider_of(admin),
            )
        return made.id

    proposal = await asked(9)
    async with storage.unit_of_work() as uow:
        await requests.approve(uow, proposal, by=decider_of(first))
    async with storage.unit_of_work() as uow:
        with pytest.raises(Conflict):
            await requests.approve(uow, proposal, by=decider_of(second))
    proposal = await asked(12)
    async with storage.unit_of_work() as uow:
        (seat,) = [
            one.seat
            for one in await portal.rooms.seats.of_agency(uow, admin.agency_id)
            if one.seat.role is Role.LOOKUP_OFFICER
        ]
        await portal.rooms.seats.put(uow, replace(seat, places=4), by=SYSTEM)
    async with storage.unit_of_work() as uow:
        with pytest.raises(Conflict):
            await requests.approve(uow, proposal, by=decider_of(first))


async def test_the_letter_names_who_works_there_and_sends_nothing(
    portal: PortalHouse, admin: Member, desk: Desk
) -> None:
    # as the first start of a house does
    prepare_fonts(portal.rooms.outside.trust.parent / "assets" / "fonts")
    answer = await desk.sent(LETTER, page=PAGE, **(WISH | {"reference_no": ""}))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == 1
    assert not list((await desk.get(PAGE)).rows("data-waiting"))
    wrong = await desk.send(LETTER, page=PAGE, **(WISH | {"places": "many"}))
    assert (wrong.error_code, "seats_form" in wrong) == ("SEA-10", True)


async def test_a_place_at_a_site_that_had_none(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        agency = await portal.rooms.agencies.agency(uow, admin.agency_id)
        sites = (Site("north|1", "สาขาเหนือ", "North branch"),)
        await portal.rooms.agencies.change_agency(uow, replace(agency, sites=sites), by=SYSTEM)
    await desk.send(PAGE, page=PAGE, **(WISH | {"seat": "lookup_officer|north|1", "places": "2"}))
    proposal = f"/proposals/{await waiting_id(desk)}"
    platform = await portal.signed_in(await portal.hire_platform(Role.PLATFORM_ADMIN))
    assert "สาขาเหนือ" in (await platform.get(proposal)).response.text
    await platform.send(proposal, page=proposal, act="approve")
    assert (await places_of(portal, admin))["lookup_officer", "north|1"] == 2


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("ปน ๐๑๒๓/๔๕๖", True), (" ", False), ("x" * 65, False), ("a\nb", False), ("๑๑๐๐๒๐๐๐๐๐๐๐๑", False)],
)
def test_the_number_of_a_letter(text: str, is_one: bool) -> None:
    assert is_letter_number(text) is is_one
