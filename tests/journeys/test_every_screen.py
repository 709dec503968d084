"""The walk of `docs/source-map.md` once more, each page seen as everybody may have set it (see `looks`): LONG alone."""

import os

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import Demonstration
from tests.journeys.looks import defects_in_every_way
from tests.journeys.sent_empty import faults_when_sent_empty
from tests.journeys.source_map import FILE, Row
from tests.journeys.test_in_the_browser import browser
from tests.journeys.test_source_map import ROWS, Walker, door_of, leave, walker_of
from tests.provider.pages.browser import decide

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(3_600),
    pytest.mark.skipif(not os.environ.get("LONG"), reason="looks for minutes: make test-long"),
]


async def ask_again(walker: Walker, row: Row, language: str) -> None:
    """The same page in this language: an answer of a look-up is asked for anew, from the page of its visit."""
    page = walker.page
    dataset = await page.get_attribute("#answer", "data-dataset") if row.is_shown_once else None
    await walker.speak(language)
    if dataset is None:
        await page.reload()
        return
    await page.click("#back_to_visit")
    await decide(page, f"#screen_{dataset.replace('.', '_')}")
    await expect(page.locator("#answer")).to_be_visible()


async def look_in_every_way(walker: Walker, row: Row) -> None:
    """Thai, then English, then Thai again to go on."""
    walker.faults += await defects_in_every_way(walker.page, f"{row.slide}, th")
    await ask_again(walker, row, "en")
    walker.faults += await defects_in_every_way(walker.page, f"{row.slide}, en")
    walker.faults += [f"{row.slide}, sent empty: {one}" for one in await faults_when_sent_empty(walker.page)]
    await ask_again(walker, row, "th")


@pytest.mark.parametrize("persona", sorted({row.persona for row in ROWS}))
async def test_every_row_can_be_seen_by_everybody(browser: Browser, whole: Demonstration, persona: str) -> None:
    mine = [row for row in ROWS if row.persona == persona and row.address != FILE]
    walker = await walker_of(browser, whole, persona, signs_in_at=door_of(mine), looks=look_in_every_way)
    try:
        for row in mine:
            await walker.walk(row)
    finally:
        await leave(walker)
    assert walker.faults == []
