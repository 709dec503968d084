"""The waterworks' counter as its officer sees it: the light, the card, the differences, the card taken out."""

import asyncio
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, expect

from connectors.card.virtual.desk_socket import desk_command
from connectors.fictitious.personas import PERSONAS
from idp.app.places import desk_socket_of
from tests.journeys.conftest import Demonstration
from tests.journeys.test_in_the_browser import Hands, browser, hands

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
STATION = "water-1"


async def card(demonstration: Demonstration, *words: str) -> None:
    desk = desk_socket_of(demonstration.plan.home, STATION)
    answer = await asyncio.to_thread(desk_command, desk, " ".join(words))
    assert answer["ok"], answer


async def officers_window(demonstration: Demonstration, **act: str) -> None:
    """What the officer does at the registry's own program."""
    async with httpx2.AsyncClient() as window:
        answer = await window.post(f"{demonstration.endpoints['simulators']}/_ami", json={"desk": STATION, **act})
    assert answer.status_code == 204, answer.text


async def signed_in(browser: Browser, demonstration: Demonstration) -> Hands:
    officer = await hands(browser, phone=False, language="th-TH")
    await officer.add_passkey(await demonstration.link_of("water_clerk"))
    await officer.page.goto(demonstration.endpoints["water"]["url"])
    await officer.look()
    await officer.page.click("#sign_in")
    await officer.use_passkey()
    await expect(officer.page.locator("#new_request")).to_be_visible()
    await officer.look()
    return officer


async def start_request(officer: Hands, **fields: str) -> None:
    await officer.page.click("#new_request")
    await officer.look()
    for name, value in fields.items():
        await (officer.page.check(f"[value={value}]") if name == "who" else officer.page.fill(f"#{name}", value))
    await officer.page.check("#notice")
    await officer.page.click("#open")


async def light(officer: Hands, colour: str) -> None:
    await expect(officer.page.locator("#light")).to_have_attribute("data-light", colour, timeout=15_000)
    await officer.look()


async def test_a_request_for_a_meter(browser: Browser, demonstration: Demonstration) -> None:
    officer = await signed_in(browser, demonstration)
    page, moved = officer.page, PERSONAS["moved"].person
    # 1. the light goes from red to green with what is done at the counter, without a touch on the page
    await start_request(officer)
    await light(officer, "red")
    await card(demonstration, "insert", "officer", "water_clerk")
    await officers_window(demonstration, act="insert", citizen_id=PERSONAS["water_clerk"].person.citizen_id.digits)
    await officers_window(demonstration, act="pin", pin="2580")
    await light(officer, "yellow")
    await card(demonstration, "insert", "citizen", "moved")
    await expect(page.locator("#meter_form")).to_be_visible(timeout=15_000)
    await light(officer, "green")
    await expect(page.locator("[data-field=place]")).to_have_attribute("data-differs", "yes")
    await expect(page.locator("[data-field=name]")).to_have_attribute("data-differs", "no")
    assert moved.citizen_id.digits not in await page.content()
    # 2. the card is taken out: nothing of the person stays on the screen (0.85 s on a quiet machine)
    await card(demonstration, "eject", "citizen")
    await expect(page.locator("#meter_form")).to_be_hidden()
    await expect(page.locator("#over")).to_be_visible()
    await officer.look()
    # 3. once more; the card's address instead of the registered one needs a reason
    await page.click("#again")
    await card(demonstration, "insert", "citizen", "moved")
    await expect(page.locator("#meter_form")).to_be_visible(timeout=15_000)
    await page.check("#place_card")
    await page.click("#save")
    await expect(page.locator("#error_code")).to_have_text("WATER-08")
    officer.complaints.clear()  # the console tells of the 400
    await officer.look()
    await page.fill("#reason", "ยังอยู่บ้านเดิม")
    await page.click("#save")
    await expect(page.locator("#saved")).to_be_visible()
    await expect(page.locator("main")).not_to_contain_text(moved.name_th.last)
    await officer.look()
    await expect(page.locator("#slip")).to_be_visible()
    await card(demonstration, "eject", "citizen")
    # 4. a proxy with a power of attorney
    await start_request(officer, who="proxy", proxy_paper="12/2569")
    await card(demonstration, "insert", "citizen", "malee")
    await expect(page.locator("#proxy")).to_be_visible(timeout=15_000)
    await officer.look()
    await page.fill("#name_other", "นางตัวอย่าง ผู้มอบ")
    await page.fill("#place_other_text", "1 ถนนสาธิต")
    await page.click("#save")
    await expect(page.locator("#saved")).to_be_visible()
    await card(demonstration, "eject", "citizen")
    # 5. a card reported lost opens nothing
    await start_request(officer)
    await card(demonstration, "insert", "citizen", "lost_card")
    await expect(page.locator("#over")).to_have_attribute("data-reason", "card_not_valid", timeout=15_000)
    await officer.look()
    await page.click("#end")
    await expect(page.locator("[data-state=ended]")).to_have_count(1)
    await officer.look()
    for slot in ("citizen", "officer"):
        await card(demonstration, "eject", slot)
    await officers_window(demonstration, act="sign_out")
    await colleagues_see_nothing(browser, officer, demonstration.endpoints)


async def colleagues_see_nothing(browser: Browser, officer: Hands, told: dict[str, Any]) -> None:
    """Somebody else's browser is sent to the first page, which a phone shows as well."""
    stranger = await hands(browser, phone=True, language="en-GB")
    await stranger.page.goto(f"{told['water']['url']}/requests/1")
    await expect(stranger.page.locator("#sign_in")).to_be_visible()
    await stranger.look()
    await stranger.page.click("#papers")
    await stranger.look()
    assert officer.page.url.endswith("/requests")
