"""Whoever has several roles acts on the pages of rights in one of them: seen, changed, and on record."""

from datetime import timedelta
from typing import Any

import pytest

from idp.agencies.model import AgencyKind, Role
from idp.audit.model import SYSTEM
from tests.enrolment.world import World
from tests.portal.office import Browser, Office

pytestmark = pytest.mark.anyio


async def hired(world: World, key: str, person: str, *posts: tuple[Any, tuple[Role, ...]]) -> None:
    async with world.storage.unit_of_work() as uow:
        for place, (agency_id, roles) in enumerate(posts):
            world.members[f"{key}{place}"] = await world.agencies.add_member(
                uow,
                agency_id=agency_id,
                subscriber_id=world.people[person],
                position_th="ผู้ดูแล",
                position_en="Administrator",
                roles=roles,
                expires_at=uow.now + timedelta(days=30),
                by=SYSTEM,
            )


async def signed_in(office: Office, world: World, *keys: str) -> Browser:
    named = [
        {
            "member_id": world.members[key].id,
            "agency_id": world.members[key].agency_id,
            "roles": [role.value for role in world.members[key].roles],
        }
        for key in keys
    ]
    browser = office.browser()
    await browser.sign_in(keys[0], members=named)
    return browser


async def another_agency(world: World, code: str = "asking", *owns: str) -> Any:
    async with world.storage.unit_of_work() as uow:
        agency = await world.agencies.register_agency(
            uow, code=code, name_th="หน่วยงานอื่น", name_en="Other", kind=AgencyKind.STATE, owns=owns, by=SYSTEM
        )
    return agency.id


async def acts(world: World) -> list[tuple[str, str]]:
    entries = [entry for entry in await world.entries() if entry["event"] == "portal.acts_in_role"]
    return [(entry["actor"]["id"], entry["details"]["role"]) for entry in entries]


async def test_the_least_right_comes_first_is_seen_and_changed(office: Office, world: World) -> None:
    roles = (Role.PLATFORM_ADMIN, Role.AGENCY_ADMIN, Role.ENROLMENT_ADMIN)
    agency = await another_agency(world)
    await hired(world, "boss", "officer", (agency, roles))
    browser = await signed_in(office, world, "boss0")
    page = await browser.get("/agreements")
    assert page["acting_in"]["data-role"] == "agency_admin"
    assert 'data-capacity="platform_admin"' in page.response.text
    # the menu is that of the whole person, not of the role alone
    assert 'href="/reviews"' in page.response.text
    member = world.members["boss0"].id
    page = await browser.post("/acting-in", csrf=page.csrf, capacity=f"{member}.platform_admin")
    page = await browser.get("/agreements")
    assert page["acting_in"]["data-role"] == "platform_admin"
    # what is done is on record with its role, before it is done, also where it is refused
    await browser.post("/agreements/terms", csrf=page.csrf)
    # the choice itself was made in the first role
    assert sorted(await acts(world)) == [(member, "agency_admin"), (member, "platform_admin")]


async def test_two_memberships_are_two_capacities(office: Office, world: World) -> None:
    one, other = await another_agency(world), await another_agency(world, "dopa", "dopa.person")
    await hired(world, "both", "officer", (one, (Role.AGENCY_ADMIN,)), (other, (Role.DATA_OWNER,)))
    browser = await signed_in(office, world, "both0", "both1")
    page = await browser.get("/agreements")
    assert page["acting_in"]["data-role"] == "agency_admin"
    await browser.post("/acting-in", csrf=page.csrf, capacity=f"{world.members['both1'].id}.data_owner")
    assert (await browser.get("/agreements"))["acting_in"]["data-role"] == "data_owner"
    # a role that ended counts no more, whatever the cookie says
    async with world.storage.unit_of_work() as uow:
        await world.agencies.end_member(uow, world.members["both1"].id, by=SYSTEM)
    page = await browser.get("/agreements")
    assert page["acting_in"]["data-role"] == "agency_admin"


@pytest.mark.parametrize("bent", ["mem_01.platform_admin", "{own}.platform_admin", "{own}.auditor", "", "../"])
async def test_nobody_chooses_what_they_do_not_hold(office: Office, world: World, bent: str) -> None:
    await hired(world, "admin", "officer", (await another_agency(world), (Role.AGENCY_ADMIN, Role.DATA_OWNER)))
    browser = await signed_in(office, world, "admin0")
    page = await browser.get("/agreements")
    chosen = bent.format(own=world.members["admin0"].id)
    refused = await browser.post("/acting-in", csrf=page.csrf, capacity=chosen)
    assert refused.error_code == "WEB-05"
    browser.http.cookies.set("portal-role", chosen or "x")
    assert (await browser.get("/agreements"))["acting_in"]["data-role"] == "agency_admin"
