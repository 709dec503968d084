"""The page of the slip in a real browser: nothing wrong for axe-core, nothing too wide, the way to one's own log."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Route, expect
from starlette.applications import Starlette

from connectors.simulators.switchboard import Switchboard
from idp.storage.storage import Storage
from idp.web.routes import build_routes
from tests.clock import FrozenClock
from tests.exchange.world import NoSealer
from tests.gateway.conftest import Sealing, a_door
from tests.gateway.counter import CASE, Counter, open_counter
from tests.gateway.door import ISSUER
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PICTURES = os.environ.get("PICTURES")
"""A folder: then the page is photographed, in both languages, on a phone and a desktop."""


@pytest.fixture
async def counter(
    sqlite_storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing, tmp_path: Path
) -> AsyncIterator[Counter]:
    dressed = replace(sealing, assets=prepared_assets(tmp_path / "web"))
    async with a_door(sqlite_storage, clock, switchboard, dressed, NoSealer()) as door:
        opened = await open_counter(door)
        yield opened
        await opened.agent.http.aclose()


async def test_the_slip_is_fit_to_be_read(counter: Counter, chromium: str, tmp_path: Path) -> None:
    session_id = await counter.ready()
    assert (await counter.pull(session_id)).status_code == 200
    path = f"/card-sessions/{session_id}/slip"
    listener = free_port()
    origin = f"http://data.localhost:{listener.getsockname()[1]}"
    assets = Starlette(routes=build_routes(prepared_assets(tmp_path / "web").entries()))

    async def as_the_program(route: Route) -> None:
        """The program at the counter fetches the page with its token and shows it as it came."""
        language = "en" if route.request.url.endswith("en") else "th"
        token = await counter.own_token(session_id)
        answer = await counter.door.fetch(token, path, accept="text/html", **{"accept-language": language})
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        await route.fulfill(status=answer.status_code, headers=headers, body=answer.text)

    async with serving(assets, listener), launched(chromium) as browser:
        page = await browser.new_page()
        await page.route(f"**{path}*", as_the_program)
        for language, width in ((language, width) for language in ("th", "en") for width in (320, 360, 1280)):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.goto(f"{origin}{path}?{language}")
            await expect(page.locator("#slip")).to_contain_text(CASE)
            await expect(page.locator(f"#slip a[href='{ISSUER}/account/activity']")).to_be_visible()
            assert await violations(page) == [], language
            wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(wider) <= 0, (language, width)
            if PICTURES is not None:
                await page.screenshot(path=Path(PICTURES) / f"slip-{language}-{width}.png", full_page=True)
