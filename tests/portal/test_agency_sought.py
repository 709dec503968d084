"""Lists narrowed to one agency: by short name, by words of a name; its auditor hears of no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from idp.agencies.model import Role
from idp.agencies.sought import FEW_SERVICES
from idp.app.portal_door import portal_door
from idp.audit.model import SYSTEM
from idp.kernel.ids import ServiceId
from tests.agencies.test_service import SERVICE
from tests.attacks.house import WallClock, open_house, settings_of
from tests.portal.auditing.conftest import portal
from tests.portal.auditing.house import Desk, PortalHouse
from tests.portal.owners.test_owner_pages import owner_of

__all__ = ["portal"]

pytestmark = pytest.mark.anyio

LETTERS = {
    "/rights?agency=a%00b": 200,
    **{f"/audit?period=all&{name}=a%00b": 200 for name in ("agency", "event", "kind", "outcome", "actor", "date")},
    "/audit?person=a%00b": 404,
    "/agreements/new?agency=a%00b": 200,
    "/agreements/terms?service=a%00b&dataset=dopa.person": 404,
}
LISTS = (("/rights", Role.PLATFORM_ADMIN), ("/audit", Role.AUDITOR))


async def desk_of(portal: PortalHouse, role: Role) -> Desk:
    for code in ("lake", "lake-north", "hill"):
        await portal.agency(code)
    return await portal.signed_in(await portal.hire_platform(role))


@pytest.mark.parametrize(("path", "role"), LISTS)
async def test_a_short_name_is_one_agency_and_words_may_be_several(portal: PortalHouse, path: str, role: Role) -> None:
    desk = await desk_of(portal, role)
    whole = await desk.get(f"{path}?agency=LAKE")
    assert whole["agency_found"]
    assert "agency_choices" not in whole
    sole = await desk.get(f"{path}?agency=หน่วยงาน hi")
    assert sole["agency_found"]
    several = await desk.get(f"{path}?agency=agency lake&period=all&state=over")
    assert [row["data-agency"] for row in several.rows("data-agency")] == ["lake", "lake-north"]
    assert "agency_found" not in several
    # the choice keeps what else was asked for
    kept = "state=over" if path == "/rights" else "period=all"
    assert all(kept in row["href"] and "agency=lake" in row["href"] for row in several.rows("data-agency"))


@pytest.mark.parametrize(("path", "role"), LISTS)
@pytest.mark.parametrize("typed", ["nowhere", "%", "_", "<b>"])
async def test_what_no_agency_is_called_finds_nothing_and_says_so(
    portal: PortalHouse, path: str, role: Role, typed: str
) -> None:
    desk = await desk_of(portal, role)
    page = await desk.get(f"{path}?period=all&agency={typed.replace('%', '%25')}")
    assert page.status == 200
    assert page["agency_error"]
    assert page["agency"]["value"] == typed
    assert list(page.rows("data-right")) == list(page.rows("data-entry")) == []


@pytest.mark.parametrize(("path", "role"), LISTS)
async def test_what_cannot_be_printed_is_not_looked_for(portal: PortalHouse, path: str, role: Role) -> None:
    desk = await desk_of(portal, role)
    assert "agency_found" in await desk.get(f"{path}?agency=lake%00%0a")
    assert "agency_error" not in await desk.get(f"{path}?agency=%00")


async def test_a_letter_that_a_store_does_not_take_is_no_fault(empty_database_url: str, tmp_path: Path) -> None:
    home, url = tmp_path / "home", empty_database_url
    async with open_house(home, WallClock(), database_url=url) as house:
        portal = PortalHouse(house, portal_door(settings_of(home, database_url=url), house.rooms))
        desk = await portal.signed_in(await portal.hire_platform(Role.PLATFORM_ADMIN, Role.AUDITOR))
        for path, status in LETTERS.items():
            assert (await desk.get(path)).status == status, path


async def test_more_than_can_be_shown_wants_more_words(portal: PortalHouse) -> None:
    desk = await desk_of(portal, Role.PLATFORM_ADMIN)
    for number in range(21):
        await portal.agency(f"river-{number}")
    page = await desk.get("/rights?agency=agency river")
    assert len(list(page.rows("data-agency"))) == 20
    assert "There are more" in page.response.text or "ยังมีอีก" in page.response.text


async def test_an_auditor_of_one_agency_hears_of_no_other(portal: PortalHouse) -> None:
    await desk_of(portal, Role.PLATFORM_ADMIN)
    desk = await portal.signed_in(await portal.hire("hill", Role.AUDITOR))
    page = await desk.get("/audit?period=all&agency=lake")
    assert all(name not in page for name in ("agency", "agency_found", "agency_choices"))
    assert "Agency lake" not in page.response.text
    assert "หน่วยงาน lake" not in page.response.text


async def test_an_owner_looks_for_the_agency_that_is_to_be_named(portal: PortalHouse) -> None:
    desk, _ = await owner_of(portal)
    for code in ("guard-1", "guard-2"):
        await portal.agency(code)
    assert "naming_form" not in await desk.get("/namings")
    assert "naming_form" in await desk.get("/namings?agency=agency guard")
    itself = await desk.get("/namings?agency=population")
    assert itself["not_possible"]
    assert "naming_form" not in itself


async def served(portal: PortalHouse, code: str, how_many: int) -> None:
    agency = await portal.agency(code)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        for number in range(how_many):
            service = replace(SERVICE, id=ServiceId(f"{code}-{number}"), agency_id=agency.id)
            await portal.rooms.agencies.register_service(uow, service, by=SYSTEM)


async def test_few_services_are_a_choice_and_of_many_the_agency_is_looked_for(portal: PortalHouse) -> None:
    desk, _ = await owner_of(portal)
    await served(portal, "lake", 2)
    few = await desk.get("/agreements/new")
    assert "right_form" in few
    assert "find_form" not in few
    await served(portal, "river", FEW_SERVICES)
    many = await desk.get("/agreements/new")
    assert "right_form" not in many
    found = await desk.get("/agreements/new?agency=lake")
    offered = {row["value"] for row in found.rows("value") if row["value"].startswith(("lake-", "river-"))}
    assert offered == {"lake-0", "lake-1"}
    assert (await desk.get("/agreements/new?agency=nowhere"))["agency_error"]
    # an administrator asks for the own agency alone, whatever is looked for
    clerk = await portal.signed_in(await portal.hire("lake", Role.AGENCY_ADMIN))
    own = await clerk.get("/agreements/new?agency=river")
    assert "find_form" not in own
    assert {row["value"] for row in own.rows("value") if row["value"].startswith(("lake-", "river-"))} == offered
    for asked in ("service=river-0&dataset=dopa.person", "service=nothing&dataset=dopa.person"):
        assert (await clerk.get(f"/agreements/terms?{asked}")).status == 404
