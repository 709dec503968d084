"""The light of a counter in a real browser, with the agent's own process and its virtual reader."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import create_population
from connectors.simulators.ami import DEMO_PIN
from connectors.simulators.app import create_simulators
from idp.agencies.model import Role
from idp.audit.model import SYSTEM
from idp.keys.sealing import TokenSealer
from idp.stations.model import StationMode
from idp.stations.officer_sessions import AmiSessions
from idp.stations.store import station
from idp.web.assets import Assets
from tests.ami import ami_at
from tests.enrolment.world import STATION, World
from tests.portal.office import Browser, Office
from tests.provider.agent.serving import counter, desk
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@dataclass
class Counter:
    """A counter: the officer's screen, and the hand at the reader of our agent and of DOPA's."""

    world: World
    page: Page
    origin: str
    desk: Path
    dopa: httpx2.AsyncClient

    async def insert(self, slot: str, persona: str) -> None:
        """One card, seen by both agents."""
        await self.at_dopa("insert", citizen_id=PERSONAS[persona].person.citizen_id.digits)
        await desk(self.desk, f"insert {slot} {persona}")

    async def eject(self, slot: str) -> None:
        await self.at_dopa("remove")
        await desk(self.desk, f"eject {slot}")

    async def at_dopa(self, act: str, **said: str) -> None:
        body = json.dumps({"act": act, **said})
        answer = await self.dopa.post("/_ami", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 204, answer.text

    async def open(self, path: str) -> None:
        await self.page.goto(self.origin + path)

    async def shows(self, state: str, need: str) -> None:
        await expect(self.page.locator("#station")).to_have_attribute("data-state", state)
        await expect(self.page.locator("#station")).to_have_attribute("data-need", need)


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    return prepared_assets(tmp_path / "assets")


@asynccontextmanager
async def opened_counter(
    chromium: str, folder: Path, assets: Assets, *, role: Role, mode: StationMode = StationMode.ONE_SLOT
) -> AsyncIterator[Counter]:
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with counter(folder, with_lines=True) as (world, desk_socket):
        simulators = create_simulators(population=create_population(houses=2, companies=0), clock=world.clock.now)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=simulators), base_url="http://gdx") as dopa:
            await set_up(world, role=role, mode=mode)
            ami = ami_at(dopa, world.clock)
            officers = AmiSessions(
                storage=world.storage,
                subscribers=world.subscribers,
                registry=ami,
                sealer=TokenSealer(world.root_keys),
                audit=world.audit,
            )
            office = Office(world, folder, assets=assets, officers=officers)
            browser = office.browser()
            await browser.sign_in("officer")
            async with serving(office.app, listener), launched(chromium) as chrome:
                context = await chrome.new_context(viewport={"width": 360, "height": 740}, locale="th-TH")
                await context.add_cookies(
                    [{"name": "portal-session", "value": secret_of(browser), "url": origin, "httpOnly": True}]
                )
                yield Counter(world, await context.new_page(), origin, desk_socket, dopa)


async def set_up(world: World, *, role: Role, mode: StationMode) -> None:
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(station).values(mode=mode.value))
        if role not in world.members["officer"].roles:
            await world.agencies.end_member(uow, world.members["officer"].id, by=SYSTEM)
            world.members["officer"] = await world.agencies.add_member(
                uow,
                agency_id=world.agency_id,
                subscriber_id=world.people["officer"],
                position_th="เจ้าหน้าที่ตรวจสอบข้อมูล",
                position_en="Look-up officer",
                roles=(role,),
                expires_at=uow.now + timedelta(days=1),
                by=SYSTEM,
            )


@pytest.fixture
async def at_counter(chromium: str, tmp_path: Path, assets: Assets) -> AsyncIterator[Counter]:
    async with opened_counter(chromium, tmp_path, assets, role=Role.ENROLMENT_OFFICER) as made:
        yield made


def secret_of(browser: Browser) -> str:
    return str(browser.http.cookies["portal-session"])


async def test_the_light_goes_with_the_card(at_counter: Counter) -> None:
    await desk(at_counter.desk, "state")
    await at_counter.open(f"/stations/{STATION}")
    await at_counter.shows("AgentAvailable", "citizen_card")
    assert await violations(at_counter.page) == []
    await desk(at_counter.desk, "insert citizen somchai")
    await at_counter.shows("CitizenAvailable", "nothing")
    await desk(at_counter.desk, "eject citizen")
    await at_counter.shows("AgentAvailable", "citizen_card")
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await at_counter.page.evaluate(wider) <= 0


async def test_the_help_and_the_light_read_well(at_counter: Counter) -> None:
    for path in ("/stations/help", f"/stations/{STATION}"):
        await at_counter.open(path)
        assert await violations(at_counter.page) == [], path


async def test_a_real_cards_seconds_are_shown_and_a_card_pulled_in_them_ends_with_its_code(at_counter: Counter) -> None:
    page = at_counter.page
    enrolment = await at_counter.world.start()
    await at_counter.open(f"/enrolments/{enrolment.id}")
    await expect(page.locator('#reader [data-need="citizen_card"]')).to_be_visible()
    assert await violations(page) == []
    await desk(at_counter.desk, "insert citizen somchai slow")
    await expect(page.locator("#read_bar")).to_be_visible()
    assert await violations(page) == []
    await desk(at_counter.desk, "eject citizen")
    await expect(page.locator("#card_fault")).to_have_text("CARD-03")
    await expect(page.locator('a[href="/enrolments/new"]').last).to_be_visible()
    assert await violations(page) == []


async def test_one_slot_officer_then_citizen(chromium: str, tmp_path: Path, assets: Assets) -> None:
    async with opened_counter(chromium, tmp_path, assets, role=Role.LOOKUP_OFFICER) as at:
        await desk(at.desk, "state")
        await at.open(f"/stations/{STATION}")
        await at.shows("AgentNotAvailable", "officer_card")
        assert await violations(at.page) == []
        await at.insert("citizen", "officer")
        await at.shows("AgentNotAvailable", "officer_pin")
        await at.at_dopa("pin", pin="0000")
        await expect(at.page.locator("#station .app-code")).to_have_text("STA-20")
        await at.at_dopa("pin", pin=DEMO_PIN)
        await at.shows("AgentAvailable", "officer_card_out")
        await at.eject("citizen")
        await at.shows("AgentAvailable", "citizen_card")
        await at.insert("citizen", "somchai")
        await at.shows("CitizenAvailable", "nothing")
        await at.eject("citizen")
        await at.shows("AgentAvailable", "citizen_card")


async def test_two_slots_the_officers_card_stays(chromium: str, tmp_path: Path, assets: Assets) -> None:
    async with opened_counter(chromium, tmp_path, assets, role=Role.LOOKUP_OFFICER, mode=StationMode.TWO_SLOT) as at:
        await at.insert("officer", "officer")
        await at.at_dopa("pin", pin=DEMO_PIN)
        await at.open(f"/stations/{STATION}")
        await at.shows("AgentAvailable", "citizen_card")
        await desk(at.desk, "insert citizen somchai")
        await at.shows("CitizenAvailable", "nothing")
        await desk(at.desk, "eject officer")
        await at.shows("AgentNotAvailable", "officer_card_back")
        assert await violations(at.page) == []
