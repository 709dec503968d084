"""An agency that is not there yet comes to be connected, over the portal's pages alone (mission, S22 and S28)."""

import json

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from connectors.documents.fonts import prepare_fonts
from idp.agencies.model import Role, Standing
from idp.agencies.seats.model import Invitee
from idp.approvals.store import proposal
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ServiceId, StationId, SubscriberId
from tests.portal.office import Page
from tests.portal.onboarding.agency import (
    LIST,
    Onboarded,
    Seat,
    accept,
    act,
    approved,
    complete,
    decide,
    fill,
    further_case,
    give,
    once_of,
    review_of,
    submitted,
    version,
    want,
)

pytestmark = pytest.mark.anyio


def lines(page: Page) -> dict[str, str]:
    return {row["data-line"]: row["data-state"] for row in page.rows("data-line")}


async def take_seat(house: Onboarded, seat: Seat, path: str, role: str, person: SubscriberId) -> None:
    page = await act(seat, path, "invite", role=role)
    code = page.text("invitation_url").partition("#")[2]
    rooms = house.portal.rooms
    async with rooms.ground.storage.unit_of_work() as uow:
        who = Invitee(person, None, Acr(Ial.IAL2_1, Aal.AAL2_2))
        await rooms.seats.accept(uow, code, by=who)


async def events(house: Onboarded) -> list[str]:
    async with house.portal.rooms.ground.storage.reading() as uow:
        rows = await uow.all(select(audit_entry.c.canonical))
    return [json.loads(row.canonical)["event"] for row in rows]


async def test_from_the_first_page_to_an_open_service(house: Onboarded) -> None:
    owner = await house.staff(await house.owner())
    stranger = house.stranger()
    assert "apply" in await stranger.get("/")
    assert (await stranger.get(LIST)).status == 200
    assert "apply_sign_in" in await stranger.get("/apply")

    seat = await house.applicant()
    path = await complete(seat, cases=("dopa_online",), code="trial-office")
    page = await seat.get(path)
    assert {row["data-form-part"]: row["data-done"] for row in page.rows("data-form-part")} == dict.fromkeys(
        ("cases", "agency", "service", "data", "people"), "yes"
    )
    assert lines(page)["registered"] == "later"
    assert (await act(seat, path, "submit", words=""))["application"]["data-state"] == "submitted"

    # the platform asks back, and is answered
    review, first, second = review_of(path), await house.platform(0), await house.platform(1)
    inbox = await first.get("/onboarding")
    assert "15" in [row["data-left"] for row in inbox.rows("data-left")]
    assert (await decide(first, review, "ask")).error_code == "ONB-13"
    await decide(first, review, "ask", words="ใช้ตามกฎหมายใด")
    assert "ใช้ตามกฎหมายใด" in (await seat.get(path)).response.text
    assert "recommend" not in await first.get(review)
    await act(seat, path, "submit", words="มาตรา 1")

    # two persons
    assert (await decide(first, review, "recommend")).error_code == "ONB-14"
    await accept(first, review, "request_form")
    page = await decide(first, review, "recommend")
    assert page["review"]["data-recommended"] == "yes"
    assert (await decide(first, review, "approve")).error_code == "APR-02"
    page = await decide(second, review, "approve")
    assert page["review"]["data-state"] == "approved"

    # registered, and closed
    rooms = house.portal.rooms
    async with rooms.ground.storage.reading() as uow:
        agency = await rooms.agencies.agency_by_code(uow, "trial-office")
        service = await rooms.agencies.service(uow, ServiceId("trial-office.new-meter"))
        seats = {one.seat.role for one in await rooms.seats.of_agency(uow, agency.id)} if agency else set()
    assert agency is not None
    assert service.status is Standing.SUSPENDED
    assert seats == {Role.AGENCY_ADMIN, Role.SUPERVISOR, Role.LOOKUP_OFFICER}
    page = await seat.get(path)
    assert lines(page)["registered"] == "done"
    assert "activate" not in await first.get(review)
    assert (await decide(first, review, "activate")).error_code == "ONB-14"

    # what is still to do: papers, PIN, a reader, people, the owner's grant
    for kind in ("dopa_answer", "officer_list", "supervisor_order"):
        await give(seat, path, kind, reference_no="มท 1/2569")
        await accept(first, review, kind)
    await act(seat, path, "declare", said="officers_have_pin")
    await act(seat, path, "declare", said="programs_alone")
    admin, supervisor = await house.enrol(), await house.enrol()
    await take_seat(house, seat, path, "agency_admin", admin)
    await take_seat(house, seat, path, "supervisor", supervisor)
    async with rooms.ground.storage.reading() as uow:
        (member,) = await rooms.agencies.members_of(uow, admin)
    administrator = await house.staff(member)
    assert "applications" in await administrator.get("/")
    assert lines(await administrator.get(path))["admin_signs_in"] == "done"
    await _reader(house, member.agency_id)
    still = {name for name, state in lines(await seat.get(path)).items() if state != "done"}
    assert still == {"rights"}
    async with rooms.ground.storage.reading() as uow:
        rights = await uow.all(
            select(proposal.c.id).where(proposal.c.target == "trial-office.new-meter|dopa.person|counter")
        )
    await owner.send(f"/proposals/{rights[0].id}", act="approve", words="")
    assert set(lines(await seat.get(path)).values()) == {"done"}

    # open
    page = await decide(second, review, "activate")
    assert page["review"]["data-state"] == "active"
    async with rooms.ground.storage.reading() as uow:
        assert (await rooms.agencies.service(uow, service.id)).status is Standing.ACTIVE
    assert (await seat.get(path)).error_code == "ONB-01"
    assert (await administrator.get(path))["application"]["data-state"] == "active"
    told = await events(house)
    for event in ("begun", "submitted", "asked_back", "recommended", "approved", "invited", "activated"):
        assert f"onboarding.{event}" in told, event


async def _reader(house: Onboarded, agency_id: AgencyId) -> None:
    rooms = house.portal.rooms
    async with rooms.ground.storage.unit_of_work() as uow:
        await rooms.stations.enrol(
            uow,
            station_id=StationId("trial-1"),
            agency_id=agency_id,
            name_th="จุด",
            name_en="Counter",
            public_jwk=ECKey.generate_key("P-256").as_dict(private=False),
            allow_virtual=True,
            by=SYSTEM,
        )


async def test_a_form_that_is_sent_twice_makes_one_draft(house: Onboarded) -> None:
    seat = await house.applicant()
    once = await once_of(seat)
    answers = [await seat.sent(LIST, page=LIST, once=once) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    path = answers[0].headers["location"]
    stale = await version(seat, path)
    await fill(seat, path, "cases", cases=["dbd"])
    page = await seat.send(f"{path}/part/cases", version=stale, cases=["card_only"])
    assert (page.status, page.error_code) == (409, "ONB-03")
    page = await fill(seat, path, "agency", name_th="ก", name_en="A", code="Not A Code", kind="state", address="")
    assert (page.status, page.error_code) == (422, "ONB-05")
    assert 'value="Not A Code"' in page.response.text


async def test_rights_that_another_kind_of_agency_cannot_have_fall_away(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await complete(seat)
    names = {"name_th": "ก", "name_en": "A", "code": "other-kind", "address": ""}
    page = await fill(seat, path, "agency", **names, kind="private")
    assert page.status == 200
    parts = {row["data-form-part"]: row["data-done"] for row in page.rows("data-form-part")}
    assert (parts["agency"], parts["data"]) == ("yes", "no")
    # on its own page such a right is refused, beside its field
    page = await want(seat, path)
    assert (page.status, page.error_code) == (422, "ONB-05")


async def test_a_changed_form_is_signed_again(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await complete(seat)
    assert lines(await seat.get(path))["request_form"] == "sent"
    await fill(seat, path, "cases", cases=["dopa_online"], asked_of_dopa="memorandum")
    assert lines(await seat.get(path))["request_form"] == "todo"
    assert (await act(seat, path, "submit", words="")).error_code == "ONB-02"


async def test_a_refusal_has_its_reason_and_is_for_good(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await submitted(seat)
    first = await house.platform()
    await decide(first, review_of(path), "refuse", words="ไม่มีภารกิจตามกฎหมาย")
    page = await seat.get(path)
    assert page["application"]["data-state"] == "refused"
    assert "ไม่มีภารกิจตามกฎหมาย" in page.response.text
    assert (await fill(seat, path, "cases", cases=["dbd"])).error_code == "ONB-04"
    assert (await give(seat, path, "request_form")).error_code == "ONB-04"


async def test_the_second_person_may_send_it_back(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await submitted(seat)
    review, first, second = review_of(path), await house.platform(0), await house.platform(1)
    await accept(first, review, "request_form")
    await decide(first, review, "recommend")
    await decide(second, review, "ask", words="ขอทราบเหตุผล")
    await fill(seat, path, "cases", cases=["dopa_online"], asked_of_dopa="memorandum")
    await give(seat, path, "request_form")
    await act(seat, path, "submit", words="แก้แล้ว")
    # what the first person saw is not what stands: it begins anew
    assert (await decide(second, review, "approve")).error_code == "ONB-04"
    await accept(second, review, "request_form")
    await decide(second, review, "recommend")
    assert (await decide(first, review, "approve"))["review"]["data-state"] == "approved"


async def test_the_file_says_what_the_approval_makes(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await approved(house, seat, cases=("dbd", "card_only"))
    text = (await seat.http.get(f"{path}/file")).text
    rooms = house.portal.rooms
    document = rooms.configurations.read(text)
    assert {name.partition("/")[0] for name in document} == {"agency", "service"}
    async with rooms.ground.storage.reading() as uow:
        assert await rooms.configurations.changes(uow, document) == ()
    prepare_fonts(rooms.outside.trust.parent / "assets" / "fonts")
    printed = await seat.http.get(f"{path}/print/request-form")
    assert printed.content.startswith(b"%PDF-")
    assert printed.headers["content-disposition"].startswith("attachment")
    assert (await seat.get(f"{path}/print/letter-to-dopa")).error_code == "ONB-01"


async def test_an_agency_that_is_there_applies_for_a_further_case(house: Onboarded) -> None:
    member = await house.portal.hire("further", Role.AGENCY_ADMIN)
    seat = await house.staff(member)
    path = await further_case(seat, member.agency_id)
    # what the agency is called is not the form's to say
    assert "trial-office" not in (await seat.http.get(f"{path}/file")).text
    await give(seat, path, "request_form")
    await act(seat, path, "submit", words="")
    review, first, second = review_of(path), await house.platform(0), await house.platform(1)
    await accept(first, review, "request_form")
    await decide(first, review, "recommend")
    page = await decide(second, review, "approve")
    assert page["review"]["data-state"] == "approved"
    # who is a member no more sees nothing of it
    rooms = house.portal.rooms
    async with rooms.ground.storage.unit_of_work() as uow:
        await rooms.agencies.end_member(uow, member.id, by=SYSTEM)
    own = await house.applicant(member.subscriber_id)
    assert (await own.get(path)).error_code == "ONB-01"
