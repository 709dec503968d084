"""The platform's pages: what waits for whom, rights as a matrix and a file, registries with their shutter, keys."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.contracts.errors import RecordNotFound, RegistryBusy, RegistryResting, RegistryUnavailable
from idp.agencies.agreements.model import Second
from idp.agencies.model import Agreement, Member, Role, Standing
from idp.app.issuer_agency import ISSUER_CODE
from idp.approvals.model import Proposal
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.exchange.health.model import SNAPSHOT_LIFE, Shut
from idp.exchange.health.service import RegistryHealth, datasets_by_service
from idp.portal.platform.model import DECIDED_AT, DECIDED_WITHIN
from idp.portal.staff import decider_of
from tests.clock import FrozenClock
from tests.portal.auditing.house import Desk, PortalHouse
from tests.portal.office import Page

pytestmark = pytest.mark.anyio

PERSON = DATASETS["dopa.person"].service
WHY = "ปิดปรับปรุงระบบทะเบียน"


async def admin_of(portal: PortalHouse) -> Desk:
    return await portal.signed_in(await portal.hire_platform(Role.PLATFORM_ADMIN))


async def first_right(portal: PortalHouse, member: Member) -> Agreement:
    async with portal.rooms.ground.storage.reading() as uow:
        found = await portal.rooms.agreements.page(uow, [decider_of(member)], after=None, limit=100)
    return next(one for one in found if one.agency_id == portal.house.sown.agency_id)


async def propose_again(portal: PortalHouse, member: Member) -> Proposal:
    """A suspended right shall be in force again: that takes two."""
    right = await first_right(portal, member)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        stopped = await portal.rooms.agreements.suspend(uow, right.id, by=decider_of(member))
        wish = replace(stopped, status=Standing.ACTIVE)
        return await portal.rooms.agreements.propose(uow, wish, by=decider_of(member), second=Second.PLATFORM)


async def test_every_page_is_reached_from_the_front_page(portal: PortalHouse) -> None:
    desk = await admin_of(portal)
    home = await desk.get("/")
    for task in ("approvals", "rights_matrix", "registries", "keys_calendar", "catalogue"):
        assert (await desk.get(home[task]["href"])).status == 200, task


async def test_what_waits_is_listed_with_who_asks_since_when_and_where_it_is_decided(
    portal: PortalHouse, clock: FrozenClock
) -> None:
    first, second = [await portal.hire_platform(Role.PLATFORM_ADMIN) for _ in range(2)]
    proposal = await propose_again(portal, first)
    mine = await (await portal.signed_in(first)).get("/approvals")
    assert "own" in mine
    assert "waiting" not in mine
    desk = await portal.signed_in(second)
    page = await desk.get("/approvals")
    (row,) = page.rows("data-proposal")
    assert (row["data-proposal"], row["data-kind"]) == (proposal.id, "agencies.agreement")
    assert f'href="/proposals/{proposal.id}"' in page.response.text
    assert "govuk-tag--red" not in page.response.text
    clock.advance((DECIDED_WITHIN + timedelta(hours=1)).total_seconds())
    again = await (await portal.signed_in(second)).get("/approvals")
    assert "govuk-tag--red" in again.response.text
    decided = await (await portal.signed_in(second)).send(
        f"/proposals/{proposal.id}", page=f"/proposals/{proposal.id}", act="approve"
    )
    assert decided.status == 200
    assert list((await (await portal.signed_in(second)).get("/approvals")).rows("data-proposal")) == []


async def test_every_kind_of_proposal_has_a_way(portal: PortalHouse) -> None:
    desk = await portal.signed_in(await portal.hire_platform(*Role))
    for kind, path in DECIDED_AT.items():
        page = await desk.get(path.format(id=f"prp_{'0' * 26}", target=f"sub_{'0' * 26}"))
        # a page of the room: it is there, or says in its own words that this thing is not
        assert page.status == 200 or page.error_code[:3] != "WEB", (kind, path)


async def test_roles_are_acted_in_one_at_a_time_and_the_others_counted(portal: PortalHouse) -> None:
    first = await portal.hire_platform(Role.PLATFORM_ADMIN)
    await propose_again(portal, first)
    both = await portal.hire_platform(Role.LOOKUP_OFFICER, Role.PLATFORM_ADMIN)
    desk = await portal.signed_in(both)
    page = await desk.get("/approvals")
    assert list(page.rows("data-proposal")) == []
    assert [row["data-role"] for row in page.rows("data-role") if row.get("id") != "acting_in"] == ["platform_admin"]
    acted = await desk.send("/acting-in", page="/approvals", capacity=f"{both.id}.platform_admin")
    assert acted.status == 200
    assert len(list((await desk.get("/approvals")).rows("data-proposal"))) == 1


async def test_the_matrix_is_narrowed_and_taken_along(portal: PortalHouse) -> None:
    desk = await admin_of(portal)
    everything = list((await desk.get("/rights")).rows("data-right"))
    assert everything
    own = list((await desk.get(f"/rights?agency={ISSUER_CODE}")).rows("data-right"))
    assert 0 < len(own) < len(everything)
    assert list((await desk.get("/rights?agency=nobody")).rows("data-right")) == []
    assert list((await desk.get("/rights?state=suspended")).rows("data-right")) == []
    assert len(list((await desk.get("/rights?state=in_force")).rows("data-right"))) == len(everything)
    assert (await desk.get("/rights?before=x")).status == 404
    taken = await desk.http.get("/rights.csv?state=in_force")
    rows = list(csv.DictReader(io.StringIO(taken.text.removeprefix("\ufeff"))))
    assert len(rows) == len(everything)
    assert {row["state"] for row in rows} == {"in_force"}


async def test_a_cell_is_no_formula(portal: PortalHouse) -> None:
    member = await portal.hire_platform(Role.PLATFORM_ADMIN)
    right = await first_right(portal, member)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await portal.rooms.agreements.put(uow, replace(right, reference_no="=1+1"), by=SYSTEM)
    desk = await portal.signed_in(member)
    assert "'=1+1" in (await desk.http.get("/rights.csv")).text


async def test_the_catalogue_shows_every_data_set_and_field(portal: PortalHouse) -> None:
    desk = await admin_of(portal)
    page = await desk.get("/catalogue")
    assert {row["data-dataset"] for row in page.rows("data-dataset")} == set(DATASETS)
    for dataset in DATASETS.values():
        one = await desk.get(f"/catalogue/{dataset.id}")
        assert {row["data-field"] for row in one.rows("data-field")} == set(dataset.field_names), dataset.id
    assert (await desk.get("/catalogue/nothing")).error_code == "AGY-02"


async def test_keys_have_dates_and_show_nothing_else(portal: PortalHouse) -> None:
    desk = await admin_of(portal)
    page = await desk.get("/keys")
    kinds = [row["data-key"] for row in page.rows("data-key")]
    assert kinds.count("signing") == 3
    assert "root" in kinds
    assert "stations" in kinds


async def heard(health: RegistryHealth, service: str, *errors: type[Exception] | None) -> None:
    for error in errors:
        try:
            async with health.question(service):
                if error is not None:
                    raise error("made up")
        except (RegistryUnavailable, RecordNotFound, RegistryBusy):
            continue


def state_on(page: Page, service: str) -> str:
    return next(row["data-state"] for row in page.rows("data-service") if row["data-service"] == service)


async def test_what_two_nodes_hear_is_added_up(portal: PortalHouse, clock: FrozenClock) -> None:
    ground, desk = portal.rooms.ground, await admin_of(portal)
    assert {row["data-state"] for row in (await desk.get("/registries")).rows("data-service")} == {"quiet"}
    here, there = (
        RegistryHealth(storage=ground.storage, personal=ground.personal, audit=ground.audit) for _ in range(2)
    )
    await heard(here, PERSON, None, RecordNotFound, RegistryBusy)
    await heard(there, PERSON, None, RegistryUnavailable)
    for node in (here, there, here):
        await node.flush()
    page = await desk.get("/registries")
    assert state_on(page, PERSON) == "answers"
    async with ground.storage.reading() as uow:
        view = next(one for one in await here.services(uow) if one.service == PERSON)
    (minute,) = view.minutes
    assert (minute.answered, minute.turned_away, minute.failed, minute.rested) == (3, 1, 1, 0)
    clock.advance(60)
    await heard(here, PERSON, *[RegistryUnavailable] * 9)
    await here.flush()
    assert state_on(await desk.get("/registries"), PERSON) == "failing"
    await heard(there, PERSON, RegistryResting)
    await there.flush()
    assert state_on(await desk.get("/registries"), PERSON) == "resting"
    clock.advance(600)
    assert state_on(await desk.get("/registries"), PERSON) == "quiet"


async def test_a_closed_shutter_stops_every_node_within_seconds(portal: PortalHouse, clock: FrozenClock) -> None:
    ground, desk = portal.rooms.ground, await admin_of(portal)
    other = RegistryHealth(storage=ground.storage, personal=ground.personal, audit=ground.audit)
    await heard(other, PERSON, None)
    refused = await desk.send("/registries", page="/registries", act="shut", service=PERSON, reason="x")
    assert refused.error_code == "HLT-03"
    shut = await desk.send("/registries", page="/registries", act="shut", service=PERSON, reason=WHY)
    assert state_on(shut, PERSON) == "shut"
    assert WHY in shut.response.text
    clock.advance(SNAPSHOT_LIFE.total_seconds())
    with pytest.raises(Shut):
        async with other.question(PERSON):
            pytest.fail("the registry was asked")
    # its neighbour goes on, and a second click changes nothing
    await heard(other, "DBD-001", None)
    twice = await desk.send("/registries", page="/registries", act="shut", service=PERSON, reason=WHY)
    assert twice.error_code == "HLT-02"
    await desk.send("/registries", page="/registries", act="open", service=PERSON)
    clock.advance(SNAPSHOT_LIFE.total_seconds())
    async with other.question(PERSON):
        pass
    unknown = await desk.send("/registries", page="/registries", act="shut", service="nothing", reason=WHY)
    assert unknown.error_code == "HLT-01"
    odd = await desk.send("/registries", page="/registries", act="x", service=PERSON)
    assert odd.status == 404 or odd.error_code == "AGY-02"


async def test_every_service_of_the_catalogue_has_a_shutter() -> None:
    named = {dataset for datasets in datasets_by_service().values() for dataset in datasets}
    assert named == {dataset.id for dataset in DATASETS.values() if dataset.service != "card"}


async def test_the_role_counts_at_the_platform_alone(portal: PortalHouse) -> None:
    elsewhere = await portal.signed_in(await portal.hire("works", *Role))
    for path in ("/rights", "/rights.csv", "/registries", "/keys"):
        assert (await elsewhere.get(path)).error_code == "POR-03", path
    answer = await elsewhere.send("/registries", page="/approvals", act="shut", service=PERSON, reason=WHY)
    assert answer.status == 403
    auditor = await portal.signed_in(await portal.hire_platform(Role.AUDITOR))
    for path in ("/rights", "/registries", "/keys", "/approvals"):
        assert (await auditor.get(path)).error_code == "POR-03", path
