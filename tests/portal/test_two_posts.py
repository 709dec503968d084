"""Who works for two agencies, with a tab open for each, never acts for the other one by mistake."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.agencies.model import Member, Role
from idp.agencies.seats.model import Seat
from idp.audit.model import SYSTEM
from tests.clock import FrozenClock
from tests.portal.auditing.house import Desk, PortalHouse, Seeded, open_portal
from tests.portal.office import PORTAL, Page

pytestmark = pytest.mark.anyio

INVITATIONS = "/agency/invitations"
ROLES = (Role.AGENCY_ADMIN, Role.LOOKUP_OFFICER)
LETTER = {"seat": "lookup_officer|", "reference": "HR-1"}
STATION = {"name_th": "ช่อง 7", "name_en": "Counter 7", "site": "", "mode": "one-slot"}
FORMS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (INVITATIONS, INVITATIONS, LETTER),
    ("/agency/seats", "/agency/seats", {}),
    ("/company-account", "/company-account", {"user": "harbour", "password": "of-the-letter"}),
    ("/mandates/new", "/mandates/new", {"paper_no": "1/2569"}),
    ("/signatories", "/signatories", {}),
    ("/look-ups/notice", "/look-ups/notice", {}),
    ("/stations", "/stations", STATION),
)
"""A page of either post, where its form goes, and what is typed."""


@pytest.fixture
async def portal(seeded: Seeded, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[PortalHouse]:
    async with open_portal(seeded, tmp_path / "home", clock) as portal:
        yield portal


@pytest.fixture
async def posts(portal: PortalHouse) -> tuple[Member, Member]:
    """One person, administrator and officer of two agencies, each with a place for an officer."""
    first = await portal.hire("employment", *ROLES)
    other = await portal.agency("harbour")
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        second = await portal.rooms.agencies.add_member(
            uow,
            agency_id=other.id,
            subscriber_id=first.subscriber_id,
            position_th="เจ้าหน้าที่สาธิต",
            position_en="Demonstration officer",
            roles=ROLES,
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
        for member in (first, second):
            seat = Seat(member.agency_id, "", Role.LOOKUP_OFFICER, "ตำแหน่ง", "Position", 3, 365)
            await portal.rooms.seats.put(uow, seat, by=SYSTEM)
    return first, second


async def send(desk: Desk, path: str, page: Page, fields: dict[str, str]) -> Page:
    """The last form of a page that was opened before, as it stands there."""
    sent = await desk.http.post(path, data={"csrf": page.csrf, **fields}, headers={"origin": PORTAL})
    return await desk.get(sent.headers["location"]) if sent.is_redirect else Page(sent)


async def acts_at(desk: Desk, member: Member, role: Role, *, at: str = INVITATIONS) -> None:
    """In another tab this post is chosen."""
    page = (await desk.get(at)).response.text
    token = page.split('action="/acting-in"')[1].split('name="csrf" value="')[1].split('"')[0]
    chosen = {"csrf": token, "capacity": f"{member.id}.{role.value}", "return": INVITATIONS}
    assert (await desk.http.post("/acting-in", data=chosen, headers={"origin": PORTAL})).status_code == 303


async def invited(desk: Desk) -> int:
    return len(list((await desk.get(INVITATIONS)).rows("data-invitation")))


@pytest.mark.parametrize(("page", "path", "fields"), FORMS)
async def test_a_form_is_good_for_the_post_of_its_page_alone(
    portal: PortalHouse, posts: tuple[Member, Member], page: str, path: str, fields: dict[str, str]
) -> None:
    first, second = posts
    role = Role.AGENCY_ADMIN if page.startswith(("/agency", "/company", "/stations")) else Role.LOOKUP_OFFICER
    desk = await portal.signed_in(first, second)
    tab = await desk.get(page)
    await acts_at(desk, second, role)
    refused = await send(desk, path, tab, fields)
    assert (refused.status, refused.error_code) == (409, "WEB-09")
    assert "home" in refused
    assert second.agency_id not in refused.response.text
    # the page as it is now is good, and so is the first tab's once its own agency is chosen again
    taken = await send(desk, path, await desk.get(page), fields)
    await acts_at(desk, first, role)
    for answer in (taken, await send(desk, path, tab, fields)):
        assert answer.status < 500
        assert answer.error_code not in {"WEB-04", "WEB-09"}


async def test_nothing_is_done_for_the_wrong_agency(portal: PortalHouse, posts: tuple[Member, Member]) -> None:
    first, second = posts
    desk = await portal.signed_in(first, second)
    tab = await desk.get(INVITATIONS)
    await acts_at(desk, second, Role.AGENCY_ADMIN)
    await send(desk, INVITATIONS, tab, LETTER)
    assert await invited(desk) == 0
    await acts_at(desk, first, Role.AGENCY_ADMIN)
    assert await invited(desk) == 0
    assert "link" in await send(desk, INVITATIONS, tab, LETTER)
    assert await invited(desk) == 1


async def test_a_post_that_ended_leaves_its_forms_to_no_other(
    portal: PortalHouse, posts: tuple[Member, Member]
) -> None:
    first, second = posts
    desk = await portal.signed_in(first, second)
    tab = await desk.get(INVITATIONS)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await portal.rooms.agencies.end_member(uow, first.id, by=SYSTEM)
    assert (await send(desk, INVITATIONS, tab, LETTER)).error_code == "WEB-04"
    assert await invited(desk) == 0


async def test_who_leaves_signs_out_from_any_tab(portal: PortalHouse, posts: tuple[Member, Member]) -> None:
    first, second = posts
    desk = await portal.signed_in(first, second)
    tab = await desk.get("/")
    await acts_at(desk, second, Role.AGENCY_ADMIN)
    assert (await send(desk, "/sign-out", tab, {})).status == 200


async def test_a_form_is_good_for_the_role_of_its_page_alone(portal: PortalHouse) -> None:
    both = await portal.hire("employment", Role.AGENCY_ADMIN, Role.ENROLMENT_ADMIN)
    desk = await portal.signed_in(both)
    tab = await desk.get("/stations")
    assert tab["acting_in"]["data-role"] == "agency_admin"
    await acts_at(desk, both, Role.ENROLMENT_ADMIN, at="/stations")
    refused = await send(desk, "/stations", tab, STATION)
    assert (refused.status, refused.error_code) == (409, "WEB-09")
    assert "pairing_code" in await send(desk, "/stations", await desk.get("/stations"), STATION)
    await acts_at(desk, both, Role.AGENCY_ADMIN, at="/stations")
    assert "pairing_code" in await send(desk, "/stations", tab, STATION)
