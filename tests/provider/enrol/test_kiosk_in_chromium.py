"""A kiosk in a real browser: the agent as its own process, an emulated card, a camera that sees a drawn face."""

import asyncio
import json
import re
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from connectors.card.virtual.desk_socket import desk_command
from connectors.fictitious.film import film_of
from connectors.fictitious.personas import PERSONAS
from idp.stations.model import StationMode
from tests.attacks.house import WallClock
from tests.clock import FrozenClock
from tests.patience import PATIENCE_SECONDS
from tests.provider.enrol.test_home_in_chromium import insert_card, look
from tests.provider.enrol.test_kiosk import STATION, station
from tests.provider.enrol.world import Town, open_town
from tests.provider.pages.browser import free_port, serving

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@asynccontextmanager
async def running_agent(town: Town, port: int, key: object, folder: Path) -> AsyncIterator[tuple[Path, str]]:
    """The kiosk's own agent; gives its desk, and the code that it shows for the browser."""
    config = folder / "kiosk.json"
    content = {
        "issuer": town.issuer,
        "connect_to": f"http://127.0.0.1:{port}",
        "station_id": STATION,
        "station_key": key,
        "issuer_jwks": await town.rooms.ground.signing_keys.public_jwks(),
        "allow_virtual": True,
        "mode": "kiosk",
        "desk_socket": str(folder / "desk"),
        "card_stack": "memory",
    }
    config.write_text(json.dumps(content))
    command = [sys.executable, "-m", "connectors.card.agent", "--config", str(config)]
    agent = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
    try:
        asking = await asyncio.create_subprocess_exec(*command, "kiosk", stdout=PIPE)
        said, _ = await asyncio.wait_for(asking.communicate(), PATIENCE_SECONDS)
        code = re.search(r"at /kiosk: ([0-9A-Z]{4}-[0-9A-Z]{4})", said.decode())
        assert code is not None, said.decode()
        yield folder / "desk", code[1]
    finally:
        agent.terminate()
        await asyncio.wait_for(agent.wait(), PATIENCE_SECONDS)


@asynccontextmanager
async def kiosk_browser(executable: str, folder: Path) -> AsyncIterator[Page]:
    """Chromium with a camera that sees Somchai."""
    seen = folder / "camera.y4m"
    seen.write_bytes(film_of(PERSONAS["somchai"].person))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--host-resolver-rules=MAP *.localhost 127.0.0.1",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={seen}",
            ],
        )
        try:
            context = await browser.new_context(locale="th-TH", permissions=["camera"])
            context.set_default_timeout(PATIENCE_SECONDS * 1000)
            yield await context.new_page()
        finally:
            await browser.close()


@pytest.mark.parametrize("language", ["th", "en"])
async def test_from_the_code_of_the_agent_to_a_cleared_screen(
    chromium: str, tmp_path: Path, clock: FrozenClock, language: str
) -> None:
    listener = free_port()
    port = int(listener.getsockname()[1])
    async with (
        open_town(tmp_path / "home", WallClock(clock.now()), issuer=f"http://id.localhost:{port}") as town,
        serving(town.doors[0], listener),
        kiosk_browser(chromium, tmp_path) as page,
    ):
        agent, _ = await station(town, STATION, StationMode.KIOSK)
        with tempfile.TemporaryDirectory() as folder:
            key = agent.key.as_dict(private=True)
            async with running_agent(town, port, key, Path(folder)) as (desk, code):
                await page.goto(f"{town.issuer}/kiosk?lang={language}")
                await look(page, "kiosk-unbound")
                await page.fill("#code", code)
                await page.click("#bind")
                await page.wait_for_selector("[data-state=start]")
                await look(page, "kiosk-start")
                await page.click("#start")
                await page.wait_for_selector("[data-state=waiting_for_card]")
                await look(page, "kiosk-card")
                await insert_card(desk, "somchai")
                await page.wait_for_selector("[data-state=live_photo]")
                await page.wait_for_selector("#take_picture:not([disabled])")
                await look(page, "kiosk-camera")
                await page.click("#take_picture")
                await page.wait_for_selector("[data-state=completed], [data-state=refused]")
                assert await page.query_selector("#error_code") is None, await page.inner_text("main")
                await look(page, "kiosk-completed")
                # the card is out: within a second nothing of its owner is left
                await asyncio.to_thread(desk_command, desk, "eject citizen")
                await page.wait_for_selector("[data-state=start]")
                assert await page.query_selector("#passkey_code") is None
                # the next person, whose card and face are two people's
                await page.click("#start")
                await insert_card(desk, "malee")
                await page.wait_for_selector("#take_picture:not([disabled])")
                await page.click("#take_picture")
                await page.wait_for_selector("[data-state=refused]")
                assert await page.inner_text("#error_code") == "UNA-15"
                await look(page, "kiosk-refused")
                await page.click("#again")
                await page.wait_for_selector("[data-state=start]")
