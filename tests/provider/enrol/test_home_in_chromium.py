"""Enrolling at home in a real browser, with the agent as its own process and an emulated card; pictures on request."""

import asyncio
import os
import re
import sys
import tempfile
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from playwright.async_api import Page

from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from tests.attacks.house import WallClock
from tests.clock import FrozenClock
from tests.patience import PATIENCE_SECONDS, eventually
from tests.provider.enrol.world import Town, open_town
from tests.provider.pages.browser import free_port, launched, serving, violations, with_authenticator

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}


async def look(page: Page, state: str) -> None:
    """Nothing is wrong with the page; with SCREENS set to a folder, pictures of it are left there."""
    assert await violations(page) == [], state
    folder = os.environ.get("SCREENS")
    for size, viewport in SIZES.items():
        await page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert int(await page.evaluate(wider)) <= 0, (state, size)
        if folder:
            language = await page.evaluate("document.documentElement.lang")
            await page.screenshot(path=Path(folder) / f"{state}-{language}-{size}.png", full_page=True)


async def insert_card(desk: Path, persona: str) -> None:
    async def is_in() -> bool:
        try:
            answer = await asyncio.to_thread(desk_command, desk, f"insert citizen {persona}")
        except DeskUnavailable:
            return False
        assert answer.get("ok", True), answer
        return True

    await eventually(is_in, "the desk did not open")


async def read_with_agent(town: Town, port: int, code: str, persona: str) -> str:
    """Run the real agent as the page says; gives the number that it shows."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder) / "desk"
        arguments = ["home", code, "--issuer", town.issuer, "--connect-to", f"http://127.0.0.1:{port}", "--yes"]
        agent = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "connectors.card.agent", *arguments, "--desk-socket", str(desk), stdout=PIPE
        )
        try:
            await insert_card(desk, persona)
            said, _ = await asyncio.wait_for(agent.communicate(), PATIENCE_SECONDS)
        finally:
            if agent.returncode is None:
                agent.terminate()
                await agent.wait()
    assert agent.returncode == 0, said.decode()
    number = re.search(r"type this number on the page with the code: (\d{6})", said.decode())
    assert number is not None, said.decode()
    return number[1]


@pytest.mark.parametrize("language", ["th", "en"])
async def test_from_the_choice_of_ways_to_a_passkey_in_this_browser(
    chromium: str, tmp_path: Path, clock: FrozenClock, language: str
) -> None:
    listener = free_port()
    port = int(listener.getsockname()[1])
    async with (
        open_town(tmp_path / "home", WallClock(clock.now()), issuer=f"http://id.localhost:{port}") as town,
        serving(town.doors[0], listener),
        launched(chromium) as browser,
    ):
        context = await browser.new_context(locale="th-TH")
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await with_authenticator(context, page)
        await page.goto(f"{town.issuer}/enrol?lang={language}")
        await look(page, "enrol")
        await page.click("#go_way_reader")
        await page.wait_for_selector("#start")
        await look(page, "enrol-reader-agree")
        await page.click("#start")
        code = await page.inner_text("#pairing_code")
        await look(page, "enrol-reader-code")
        number = await read_with_agent(town, port, code, "somchai")
        # the page goes on by itself
        await page.wait_for_selector("[data-state=number]")
        await page.fill("#number", "000000" if number != "000000" else "000001")
        await page.click("#confirm_number")
        await page.wait_for_selector("#number_failure")
        await look(page, "enrol-reader-number-wrong")
        await page.fill("#number", number)
        await page.click("#confirm_number")
        await page.wait_for_selector("[data-state=completed]")
        await look(page, "enrol-reader-completed")
        await page.click("#pin_instead")
        await look(page, "enrol-reader-pin")
        await page.go_back()
        await page.click("#passkey_here")
        await page.click("#add_passkey")
        await page.wait_for_selector("#passkey_added")
        # somebody with the same card comes later
        await page.goto(f"{town.issuer}/enrol/reader")
        await page.click("#stop")
        await page.goto(f"{town.issuer}/enrol/reader")
        assert await page.query_selector("#passkey_here") is None
        assert complaints == []
