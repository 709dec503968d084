"""`python -m tests.bench.slow_line`: how long somebody waits for a page at the end of a slow line.

400 kbit/s either way and 400 ms a round trip, as Chromium's own developer tools make a line slow, before the
demonstration. Each round has a new browser with nothing in its cache. A page is usable when it has loaded, its scripts
have run and its first button can be pressed.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

from playwright.async_api import Browser, StorageState

from idp.cli.demo_stack import Plan, start_everything
from idp.cli.processes import Processes
from tests.journeys.conftest import Demonstration, free_port_base
from tests.provider.pages.browser import launched
from tests.screens import add_passkey, person

BYTES_A_SECOND = 400_000 // 8
ROUND_TRIP_MILLISECONDS = 400
LINE = {
    "offline": False,
    "latency": ROUND_TRIP_MILLISECONDS,
    "downloadThroughput": BYTES_A_SECOND,
    "uploadThroughput": BYTES_A_SECOND,
}
PHONE: Any = {"width": 360, "height": 740}
PATIENCE_MILLISECONDS = 60_000


async def usable_after(browser: Browser, address: str, element: str, known_as: StorageState | None = None) -> float:
    """Seconds from asking for a page, in a new browser at the slow line, until this element of it can be pressed."""
    context = await browser.new_context(viewport=PHONE, locale="th-TH", storage_state=known_as)
    try:
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("Network.enable")
        await session.send("Network.emulateNetworkConditions", LINE)
        began = monotonic()
        await page.goto(address, timeout=PATIENCE_MILLISECONDS)
        await page.locator(element).first.click(trial=True, timeout=PATIENCE_MILLISECONDS)
        return monotonic() - began
    finally:
        await context.close()


async def signed_in(browser: Browser, demonstration: Demonstration) -> StorageState:
    """What a browser of the clerk's keeps after the sign-in at the portal."""
    page = await person(browser)
    await add_passkey(page, await demonstration.link_of("clerk"))
    await page.goto(demonstration.endpoints["portal"])
    await page.click("#sign_in")
    await page.wait_for_url("**/sign-in?*")
    await page.click("#sign_in")
    await page.wait_for_selector("#sign_out")
    kept = await page.context.storage_state()
    await page.context.close()
    return kept


async def measure(demonstration: Demonstration, chromium: str, rounds: int) -> None:
    """Print a line for each page."""
    told = demonstration.endpoints
    async with launched(chromium) as browser:
        clerk = await signed_in(browser, demonstration)
        pages = (
            ("sign-in", f"{told['issuer']}/sign-in", "#sign_in", None),
            ("portal home", told["portal"], "#sign_out", clerk),
            ("look-up notice", f"{told['portal']}/look-ups", "main button", clerk),
        )
        _say(f"{'page':16}{'median s':>9}{'min':>7}{'max':>7}{'load':>7}")
        for name, address, element, known_as in pages:
            # the first answer of a process that has just started is nobody's usual one
            await usable_after(browser, address, element, known_as)
            took = [await usable_after(browser, address, element, known_as) for _ in range(rounds)]
            _say(line_of(name, took))


def line_of(name: str, took: Sequence[float]) -> str:
    """One page's figures, with how busy the machine was."""
    return f"{name:16}{median(took):9.2f}{min(took):7.2f}{max(took):7.2f}{os.getloadavg()[0]:7.1f}"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command's answer


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.slow_line", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs Chromium")
    with tempfile.TemporaryDirectory(prefix="tuaton-slow-line-") as home:
        plan = Plan(out=Path(home), home=Path(home) / "store", port_base=free_port_base(), card="memory")
        plan.home.mkdir()
        with Processes(logs=plan.home / "logs") as processes:
            demonstration = Demonstration(plan, start_everything(plan, processes, say=_say))
            asyncio.run(measure(demonstration, chromium, options.rounds))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
