"""An officer of two agencies looks up for one of them at a time: seen, chosen, and never for both at once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.agencies.model import Member, Role
from idp.audit.model import SYSTEM
from tests.clock import FrozenClock
from tests.portal.auditing.house import Desk, PortalHouse, Seeded, open_portal
from tests.portal.office import Page

pytestmark = pytest.mark.anyio

HOME, NOTICE = "/look-ups", "/look-ups/notice"


@pytest.fixture
async def portal(seeded: Seeded, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[PortalHouse]:
    async with open_portal(seeded, tmp_path / "home", clock) as portal:
        yield portal


@pytest.fixture
async def posts(portal: PortalHouse) -> tuple[Member, Member]:
    """One person, an officer at two agencies."""
    first = await portal.hire("employment", Role.LOOKUP_OFFICER, Role.ENROLMENT_ADMIN)
    other = await portal.agency("harbour")
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        second = await portal.rooms.agencies.add_member(
            uow,
            agency_id=other.id,
            subscriber_id=first.subscriber_id,
            position_th="เจ้าหน้าที่สาธิต",
            position_en="Demonstration officer",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
    return first, second


async def acts_at(desk: Desk, member: Member) -> None:
    page = await desk.get(NOTICE)
    answer = await desk.http.post(
        "/acting-in",
        data={"csrf": token_of(page.response.text), "capacity": f"{member.id}.lookup_officer", "return": HOME},
        headers={"origin": "http://portal.localhost:8002"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)


def agency_of(page: Page) -> str:
    """For which agency the bar says that somebody acts."""
    said = page.response.text.split('id="acting_in"')[1].split("</p>")[0]
    return said.rpartition(", ")[2].rstrip(")")


def token_of(text: str) -> str:
    """The token of the form by which the role is chosen."""
    return text.split('action="/acting-in"')[1].split('name="csrf" value="')[1].split('"')[0]


async def test_for_which_agency_is_seen_and_chosen(portal: PortalHouse, posts: tuple[Member, Member]) -> None:
    first, second = posts
    desk = await portal.signed_in(first, second)
    page = await desk.get(NOTICE)
    # two posts of one name: the agency tells them apart
    assert agency_of(page) == (await portal.agency("employment")).name_th
    await desk.send(NOTICE, page=NOTICE)
    await acts_at(desk, second)
    # the notice is read for each agency
    assert agency_of(await desk.get(NOTICE)) == (await portal.agency("harbour")).name_th
    assert str((await desk.http.get(HOME)).headers["location"]).endswith(NOTICE)


async def test_one_agency_needs_no_choice(portal: PortalHouse, posts: tuple[Member, Member]) -> None:
    alone = await portal.signed_in(posts[1])
    assert "acting_in" not in await alone.get(NOTICE)


async def test_a_post_that_ended_is_none(portal: PortalHouse, posts: tuple[Member, Member]) -> None:
    first, second = posts
    desk = await portal.signed_in(first, second)
    await acts_at(desk, second)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await portal.rooms.agencies.end_member(uow, second.id, by=SYSTEM)
    assert "acting_in" not in await desk.get(NOTICE)
