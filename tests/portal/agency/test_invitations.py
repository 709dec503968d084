"""Invitations: one letter, once; a list, all of it or nobody; and numbers that nobody reads afterwards."""

import csv
import io
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fictitious.people import citizen_number
from idp.agencies.model import Member, Role
from idp.agencies.seats.inviting import Fault, read_roll
from idp.agencies.seats.model import Invitee
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from tests.portal.auditing.house import Desk, PortalHouse

pytestmark = pytest.mark.anyio

PAGE, FILE = "/agency/invitations", "/agency/invitations/file"
SEAT = "lookup_officer|"
HEADING = "role,site,reference,citizen_id"


async def test_a_letter_makes_its_reader_a_member(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    number = citizen_number(4711, 2530)
    letter = await desk.send(PAGE, page=PAGE, seat=SEAT, reference="HR-1", citizen_id=number.digits)
    link = letter.text("link")
    assert "/account/invitation#" in link
    assert number.digits not in letter.response.text
    assert "<svg" in letter.response.text
    code = link.partition("#")[2]
    waiting = await desk.get(PAGE)
    assert len(list(waiting.rows("data-invitation"))) == 1
    assert code not in waiting.response.text
    person = Invitee(SubscriberId("sub_of_a_test"), number, Acr(Ial.IAL2_3, Aal.AAL2_2))
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        member = await portal.rooms.seats.accept(uow, code, by=person)
    assert (member.agency_id, member.roles) == (admin.agency_id, frozenset({Role.LOOKUP_OFFICER}))


async def test_what_an_administrator_gave_out_ends_with_them(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    """Who is sent away does not come back by a link of the own making."""
    letter = await desk.send(PAGE, page=PAGE, seat=SEAT, reference="HR-1")
    code = letter.text("link").partition("#")[2]
    person = Invitee(SubscriberId("sub_of_a_test"), None, Acr(Ial.IAL2_3, Aal.AAL2_2))
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        assert (await portal.rooms.seats.offer(uow, code, to=person)).agency.id == admin.agency_id
        await portal.rooms.agencies.end_member(uow, admin.id, by=SYSTEM)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        with pytest.raises(Refused):
            await portal.rooms.seats.accept(uow, code, by=person)


async def test_a_form_that_is_sent_twice_invites_once(desk: Desk) -> None:
    assert "link" in await desk.send(PAGE, page=PAGE, seat=SEAT, reference="HR-1")
    again = await desk.send(PAGE, page=PAGE, seat=SEAT, reference="HR-1")
    assert (again.error_code, again.status) == ("SEA-11", 409)
    assert len(list((await desk.get(PAGE)).rows("data-invitation"))) == 1


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"seat": "supervisor|"}, "SEA-02"),
        ({"seat": "agency_admin|"}, "SEA-02"),
        ({"seat": "emperor|"}, "SEA-01"),
        ({"seat": "lookup_officer|moon"}, "SEA-01"),
        ({"reference": ""}, "SEA-10"),
        ({"reference": "1-1002-00000-00-1"}, "SEA-10"),
        ({"reference": "ชื่อคน"}, "SEA-10"),
        ({"citizen_id": "1100200000002"}, "SEA-12"),
    ],
)
async def test_what_cannot_be_is_refused_on_the_page(desk: Desk, wish: dict[str, str], code: str) -> None:
    page = await desk.send(PAGE, page=PAGE, **({"seat": SEAT, "reference": "HR-9"} | wish))
    assert page.error_code == code
    assert "invitation_form" in page
    assert wish.get("citizen_id", "none of them") not in page.response.text


async def test_an_invitation_is_withdrawn_by_its_own_agency_alone(portal: PortalHouse, desk: Desk) -> None:
    await desk.send(PAGE, page=PAGE, seat=SEAT, reference="HR-1")
    (row,) = (await desk.get(PAGE)).rows("data-invitation")
    withdraw = f"{PAGE}/{row['data-invitation']}/withdraw"
    stranger = await portal.signed_in(await portal.hire("elsewhere", Role.AGENCY_ADMIN))
    answer = await stranger.http.post(withdraw, data={"csrf": "x"}, headers={"origin": "http://portal.localhost:8002"})
    assert answer.status_code == 403
    page = await desk.send(withdraw, page=PAGE)
    assert [one["data-over"] for one in page.rows("data-over")] == ["withdrawn"]
    assert (await desk.send(withdraw, page=PAGE)).error_code == "SEA-01"
    assert (await desk.send(f"{PAGE}/nobody/withdraw", page=PAGE)).error_code == "SEA-01"


async def test_a_list_invites_everybody_and_gives_the_links_once(desk: Desk) -> None:
    number = citizen_number(4712, 2530).digits
    lines = ("lookup_officer,,HR-1,", f'lookup_officer,,HR-2,"{number}"')
    checked = await desk.send(FILE, page=FILE, list="\n".join((HEADING, *lines)), act="check")
    assert "invite_all" in checked
    assert not list((await desk.get(PAGE)).rows("data-invitation"))
    answer = await desk.sent(FILE, page=FILE, list="\n".join((HEADING, *lines)), act="invite")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["reference"] for row in rows] == ["HR-1", "HR-2"]
    assert all("#" in row["link"] for row in rows)
    assert number not in answer.text
    # sent once more: nobody is invited twice
    again = await desk.send(FILE, page=FILE, list="\n".join((HEADING, *lines)), act="invite")
    assert [one["data-fault"] for one in again.rows("data-fault")] == ["invited_already"] * 2
    assert len(list((await desk.get(PAGE)).rows("data-invitation"))) == 2


async def test_no_cell_of_the_links_is_a_formula(desk: Desk) -> None:
    """The agency's own names begin as they like: a spreadsheet that opens the links reckons nothing."""
    answer = await desk.sent(FILE, page=FILE, list=f"{HEADING}\nlookup_officer,,-2-3,", act="invite")
    (row,) = csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))
    assert row["reference"] == "'-2-3"


async def test_one_wrong_line_and_nobody_is_invited(desk: Desk) -> None:
    lines = (
        HEADING,
        "lookup_officer,,HR-1,",
        "emperor,,HR-2,",
        "supervisor,,HR-3,",
        "lookup_officer,moon,HR-4,",
        "enrolment_officer,,HR-5,",
        "lookup_officer,,,",
        "lookup_officer,,HR-1,",
        "lookup_officer,,HR-6,1100200000002",
        "lookup_officer,HR-7",
        "lookup_officer,,HR-8,",
        "lookup_officer,,HR-9,",
        "lookup_officer,,HR-10,",
    )
    page = await desk.send(FILE, page=FILE, list="\n".join(lines), act="invite")
    found = [(int(one["data-line"]), one["data-fault"]) for one in page.rows("data-fault")]
    assert found == [
        (3, "role"),
        (4, "role_not_here"),
        (5, "site"),
        (6, "no_seat"),
        (7, "reference"),
        (8, "reference_twice"),
        (9, "citizen_id"),
        (10, "cells"),
        (13, "full"),
    ]
    assert not list((await desk.get(PAGE)).rows("data-invitation"))


async def test_a_list_that_is_none_says_so(desk: Desk) -> None:
    for text, fault in (
        ("", "empty"),
        (HEADING, "empty"),
        ("name,number\nx,y", "heading"),
        ("\n".join((HEADING, *("lookup_officer,,x,",) * 201)), "too_many"),
    ):
        page = await desk.send(FILE, page=FILE, list=text, act="invite")
        assert [one["data-fault"] for one in page.rows("data-fault")] == [fault]
    assert (await desk.send(FILE, page=FILE, list="x" * 30_001, act="invite")).error_code == "SEA-07"


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading_of_a_list(text: str) -> None:
    roll = read_roll(text)
    assert roll.faults or roll.wishes
    for fault in read_roll(f"{HEADING}\n{text}").faults:
        assert fault.fault in set(Fault)
        assert fault.line >= 1


async def test_an_invitation_ends_after_three_days(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    await desk.send(PAGE, page=PAGE, seat=SEAT, reference="HR-1")
    portal.house.clock.advance(int(timedelta(days=3).total_seconds()))
    desk = await portal.signed_in(admin)
    page = await desk.get(PAGE)
    assert [one["data-over"] for one in page.rows("data-over")] == ["expired"]
    assert "link" in await desk.send(PAGE, page=PAGE, seat=SEAT, reference="HR-1")
