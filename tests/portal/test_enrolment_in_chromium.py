"""Each journey of the counter in a real browser, with the agent's own process and its virtual reader."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from connectors.card.virtual.passports import mrz_lines
from connectors.fictitious.personas import PASSPORT_PERSONAS, PERSONAS
from connectors.simulators.switchboard import Mode
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Ial
from idp.web.assets import Assets
from tests.enrolment.world import World, identity_of
from tests.portal.office import Office
from tests.portal.test_stations_in_chromium import secret_of
from tests.provider.agent.serving import counter, desk
from tests.provider.pages.browser import decide, free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PASSPORT = PASSPORT_PERSONAS["foreigner"].data


@dataclass
class Counter:
    """The officer at the screen, and the hand at the reader. Every page that comes up is looked at."""

    world: World
    page: Page
    origin: str
    desk: Path

    async def begin(self, journey: str, *, line: str = "") -> None:
        await self.page.goto(f"{self.origin}/enrolments/new")
        await self.page.check(f"#journey_{journey}")
        if line:
            await self.page.fill("#mrz_line", line)
        await self.look()
        await self.page.click("#start_enrolment_form button")

    async def stands_at(self, state: str) -> None:
        await expect(self.page.locator("#enrolment")).to_have_attribute("data-state", state)
        await self.look()

    async def same_person(self) -> None:
        await self.page.check("#unrelated")
        await decide(self.page, "#face_matches")

    async def put_in(self, whose: str) -> None:
        await desk(self.desk, f"insert citizen {whose}")

    async def take_out(self) -> None:
        await desk(self.desk, "eject citizen")

    async def look(self) -> None:
        assert await violations(self.page) == []
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await self.page.evaluate(wider) <= 0


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    return prepared_assets(tmp_path / "assets")


@pytest.fixture
async def at_counter(chromium: str, tmp_path: Path, assets: Assets) -> AsyncIterator[Counter]:
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with counter(tmp_path, with_lines=False) as (world, desk_socket):
        office = Office(world, tmp_path, assets=assets, origin=origin)
        browser = office.browser()
        await browser.sign_in("officer")
        async with serving(office.app, listener), launched(chromium) as chrome:
            context = await chrome.new_context(viewport={"width": 360, "height": 740}, locale="th-TH")
            await context.add_cookies(
                [{"name": "portal-session", "value": secret_of(browser), "url": origin, "httpOnly": True}]
            )
            yield Counter(world, await context.new_page(), origin, desk_socket)


async def test_a_foreigner_enrols_with_a_passport(at_counter: Counter) -> None:
    await at_counter.begin("foreigner_counter", line="P<UTO")
    await expect(at_counter.page.locator("#error_code")).to_have_text("ENR-31")
    await at_counter.look()
    await at_counter.begin("foreigner_counter", line=mrz_lines(PASSPORT)[44:])
    await at_counter.stands_at("waiting_for_card")
    await at_counter.put_in("foreigner")
    await at_counter.stands_at("compare_face")
    await expect(at_counter.page.get_by_text("Elena Testa Samplerova")).to_be_visible()
    picture = "image => image.decode().then(() => image.naturalWidth)"
    assert await at_counter.page.locator("#photo").evaluate(picture) > 100
    await at_counter.same_person()
    await at_counter.stands_at("completed")
    await expect(at_counter.page.locator("#ial")).to_have_text("2.2")
    await expect(at_counter.page.locator("#passkey_link")).to_be_visible()


async def test_a_copied_passport_is_refused_with_its_reason(at_counter: Counter) -> None:
    await at_counter.begin("foreigner_counter", line=mrz_lines(PASSPORT)[44:])
    await at_counter.put_in("foreigner copied")
    await at_counter.stands_at("refused")
    await expect(at_counter.page.locator("#error_code")).to_have_text("ENR-28")
    await expect(at_counter.page.locator("[data-reason=CARD-29]")).to_be_visible()


async def test_a_broken_chip_a_step_back_and_a_typed_card(at_counter: Counter) -> None:
    page = at_counter.page
    data = PERSONAS["somchai"].card.data
    assert data.laser_code is not None
    await at_counter.begin("counter")
    await at_counter.stands_at("waiting_for_card")
    await page.click("#type_card")
    await at_counter.stands_at("typing_card")
    await page.fill("#citizen_id", "1234567890123")
    await page.click("#check_typed")
    await expect(page.locator("#error_code")).to_have_text("ENR-30")
    await at_counter.look()
    for name, value in {
        "citizen_id": data.citizen_id.formatted(),
        "prefix_th": data.name_th.prefix,
        "first_th": data.name_th.first,
        "last_th": data.name_th.last,
        "first_en": data.name_en.first,
        "last_en": data.name_en.last,
        "birth_day": str(data.birth_date.day),
        "birth_month": str(data.birth_date.month),
        "birth_year": str(data.birth_date.year_be),
        "laser_code": data.laser_code.formatted().lower(),
    }.items():
        await page.fill(f"#{name}", value)
    await page.check("#sex_1")
    await page.click("#check_typed")
    await at_counter.stands_at("compare_face")
    await expect(page.locator("#photo")).to_have_count(0)
    # the chip can be read after all
    await page.click("#go_back")
    await at_counter.stands_at("waiting_for_card")
    await at_counter.put_in("somchai")
    await at_counter.stands_at("compare_face")
    await at_counter.same_person()
    await at_counter.stands_at("completed")
    await expect(page.locator("#ial")).to_have_text("2.2")


async def test_a_lost_phone_a_new_card_and_a_meeting(at_counter: Counter) -> None:
    world, page = at_counter.world, at_counter.page
    await at_counter.put_in("somchai")
    await at_counter.begin("recovery")
    await at_counter.stands_at("refused")
    await expect(page.locator("#error_code")).to_have_text("ENR-21")
    async with world.storage.unit_of_work() as uow:
        await world.subscribers.create(uow, identity=identity_of("somchai"), ial=Ial.IAL2_2, by=SYSTEM)
    for journey, has_link in (("recovery", True), ("renewal", False)):
        await at_counter.begin(journey)
        await at_counter.stands_at("compare_face")
        await at_counter.same_person()
        await at_counter.stands_at("completed")
        await expect(page.locator("#passkey_link")).to_have_count(int(has_link))
    await at_counter.begin("provisional_completion")
    await at_counter.stands_at("refused")
    await expect(page.locator("#error_code")).to_have_text("ENR-22")


async def test_an_officer_declares_or_leaves_it_to_a_colleague(at_counter: Counter) -> None:
    page = at_counter.page
    await at_counter.put_in("somchai")
    await at_counter.begin("counter")
    await at_counter.stands_at("compare_face")
    await decide(page, "#face_matches")
    await expect(page.locator("#error_code")).to_have_text("ENR-25")
    await at_counter.look()
    await page.go_back()
    await at_counter.stands_at("compare_face")
    await decide(page, "#related")
    await at_counter.stands_at("refused")
    await expect(page.locator("#error_code")).to_have_text("ENR-26")


async def test_a_silent_registry_keeps_nobody_waiting(at_counter: Counter) -> None:
    page = at_counter.page
    at_counter.world.registry(Mode.DOWN)
    await at_counter.put_in("somchai")
    await at_counter.begin("counter")
    await at_counter.stands_at("pending_registry")
    await expect(page.locator("#error_code")).to_have_text("ENR-08")
    await page.check("#unrelated")
    await decide(page, "#later")
    await at_counter.stands_at("awaiting_registry")
    await expect(page.locator("#case_no")).to_contain_text("E-25")
    await expect(page.locator("#applicant")).to_have_count(0)
