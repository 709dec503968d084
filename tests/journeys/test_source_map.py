"""Each row of `docs/source-map.md` is walked as it stands there, from the first page by what can be pressed."""

import ast
import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pikepdf
import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from connectors.card.virtual.desk_socket import desk_command
from connectors.fictitious.personas import PERSONAS
from idp.app.places import desk_socket_of
from tests.journeys.conftest import Demonstration
from tests.journeys.source_map import COLUMNS, FILE, Row, cells, rows
from tests.journeys.test_in_the_browser import browser
from tests.provider.pages.browser import decide, lives, violations, with_authenticator

__all__ = ["browser"]

ROOT = Path(__file__).parents[2]
ROWS = rows()
PHONE: ViewportSize = {"width": 320, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}
STATION = "employment-1"
CLERK = "clerk"
VISITOR = "somchai"
SLOTS = ("citizen", "officer")
VISITS = ("เลขที่เรื่องและเสียบบัตร", "เลขที่เรื่องและเลขทะเบียน")
"""What hands do that opens a visit: one is enough for all its screens."""
BACK_TO_VISIT = "กลับไปที่รายการ"


def test_no_cell_is_empty() -> None:
    for line in cells():
        assert len(line) == len(COLUMNS), line
        assert all(line), line
        assert re.search("[\u0e00-\u0e7f]", line[1]), f"no Thai word: {line}"


@pytest.mark.parametrize("test", sorted({row.test for row in ROWS}))
def test_the_named_test_is_there(test: str) -> None:
    place, _, name = test.partition("::")
    functions = ast.walk(ast.parse((ROOT / place).read_text("utf-8")))
    assert name in {one.name for one in functions if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


@dataclass
class Walker:
    """One persona with a narrow browser, who presses what the way says."""

    whole: Demonstration
    page: Page
    persona: str
    looks: "Callable[[Walker, Row], Awaitable[None]]"
    """How a page is looked at that was reached; what is wrong with it goes to `faults`."""
    been: tuple[str, ...] = field(default=())
    faults: list[str] = field(default_factory=list)

    @property
    def told(self) -> dict[str, str]:
        """First pages, by door."""
        of = self.whole.endpoints
        return {"portal": of["portal"], "account": f"{of['issuer']}/account", "jobs": of["jobs"],
                "efiling": of["efiling"], "water": of["water"]["url"]}  # fmt: skip

    async def walk(self, row: Row) -> None:
        """From the first page, or on from where this row's way was left, to the row's page."""
        rest = await self._left(row)
        self.been = row.way
        if row.address == FILE:
            for step in rest[:-1]:
                await self.step(step)
            await self._file(row, rest[-1])
            self.been = row.way[:-1]
            return
        for step in rest:
            await self.step(step)
        await self._look(row)

    async def step(self, step: str) -> None:
        """Press what is written, or do what hands do."""
        if step.startswith("*"):
            await HANDS[step.strip("*")](self)
            return
        target = await pressable(self.page, step)
        await lives(target)
        await target.click()

    async def _left(self, row: Row) -> tuple[str, ...]:
        """What is still to be pressed; a visit that is open is gone on with."""
        common = len(self.been)
        if common and row.way[:common] == self.been:
            return row.way[common:]
        visit = next((at + 1 for at, step in enumerate(row.way) if step.strip("*") in VISITS), 0)
        if visit and len(self.been) > visit and row.way[:visit] == self.been[:visit]:
            await self.step(BACK_TO_VISIT)
            return row.way[visit:]
        door = "efiling" if "*เลขทะเบียนนิติบุคคล*" in row.way else row.door
        await self.page.goto(self.told[door])
        return row.way

    async def _look(self, row: Row) -> None:
        page = self.page
        await page.wait_for_url(lambda url: row.path.fullmatch(urlsplit(url).path) is not None, timeout=20_000)
        for words in row.words:
            await expect(page.locator("main")).to_contain_text(words)
        await self.looks(self, row)

    async def speak(self, language: str) -> None:
        """The language of pages that come from now on."""
        host = urlsplit(self.page.url).hostname or ""
        await self.page.context.add_cookies([{"name": "lang", "value": language, "domain": host, "path": "/"}])

    async def _file(self, row: Row, button: str) -> None:
        target = await pressable(self.page, button)
        await lives(target)
        async with self.page.expect_download() as coming:
            await target.click()
        with pikepdf.open(BytesIO(Path(await (await coming.value).path()).read_bytes())) as paper:
            assert row.words[0] in str(paper.open_metadata().get("dc:title")), row.slide


async def look_twice(walker: Walker, row: Row) -> None:
    """In Thai on the narrowest screen; in English on a desk's, where the page can be asked for again."""
    page, wide = walker.page, "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    walker.faults += [f"{row.slide}, th, 320 px: {one}" for one in await violations(page)]
    if await page.evaluate(wide):
        walker.faults.append(f"{row.slide}: wider than a phone")
    if row.is_shown_once:
        return
    await walker.speak("en")
    await page.set_viewport_size(DESK)
    await page.reload()
    walker.faults += [f"{row.slide}, en, 1280 px: {one}" for one in await violations(page)]
    await walker.speak("th")
    await page.set_viewport_size(PHONE)
    await page.reload()


async def pressable(page: Page, words: str) -> Locator:
    """A link or button in sight, on whose face stand exactly these words, or that begins with them."""
    faces = page.locator("a:visible, button:visible, summary:visible")
    exact = faces.filter(has_text=re.compile(rf"^\s*{re.escape(words)}\s*$"))
    begun = faces.filter(has_text=re.compile(rf"^\s*{re.escape(words)}"))
    await expect(begun.first, f"nothing to press says {words}, {page.url}").to_be_visible()
    found = exact if await exact.count() else begun
    inside = page.locator("main").locator(found)
    return (inside if await inside.count() else found).first


async def use_passkey(walker: Walker) -> None:
    await walker.page.wait_for_url("**/sign-in?*")
    await walker.page.click("#sign_in")


async def allow(walker: Walker) -> None:
    await expect(walker.page.locator("#consent_form")).to_be_visible()
    await decide(walker.page, "#allow")


async def name_the_company(walker: Walker) -> None:
    await walker.page.fill("#juristic_id", walker.whole.endpoints["companies"]["thanakit"]["juristic_id"])


async def acknowledge(walker: Walker) -> None:
    """Who looks up is told once a day what they answer for."""
    page = walker.page
    await expect(page.locator("#liability_notice, #look_ups_home").first).to_be_visible()
    await expect(page.locator("#acknowledge, #start_card").first).to_be_visible()
    if await page.locator("#acknowledge").is_visible():
        await decide(page, "#acknowledge")


async def at_desk(walker: Walker, *words: str) -> None:
    desk = desk_socket_of(walker.whole.plan.home, STATION)
    answer = await asyncio.to_thread(desk_command, desk, " ".join(words))
    assert answer["ok"], answer


async def at_the_registry(walker: Walker, **act: str) -> None:
    """What the officer's hands do at the registry's own program."""
    async with httpx2.AsyncClient() as window:
        answer = await window.post(f"{walker.whole.endpoints['simulators']}/_ami", json=act)
    assert answer.status_code == 204, answer.text


async def open_visit(walker: Walker) -> None:
    page = walker.page
    await page.fill("#case", "จห 7/2569")
    await page.check("#notice_read")
    await decide(page, "#start_visit")
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "waiting")
    await at_desk(walker, "insert", "officer", CLERK)
    await at_the_registry(walker, act="insert", citizen_id=PERSONAS[CLERK].person.citizen_id.digits)
    await at_the_registry(walker, act="pin", pin="2580")
    await expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
    await at_desk(walker, "insert", "citizen", VISITOR)
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "ready")


async def open_company(walker: Walker) -> None:
    page = walker.page
    await page.fill("#case", "จห 8/2569")
    await page.fill("#number", walker.whole.endpoints["companies"]["thanakit"]["juristic_id"])
    if await page.locator("#basis_duty").count():
        await page.check("#basis_duty")
    await decide(page, "#start_visit")
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "ready")


HANDS = {
    "พาสคีย์": use_passkey,
    "อนุญาต": allow,
    "เลขทะเบียนนิติบุคคล": name_the_company,
    "รับทราบ": acknowledge,
    "เลขที่เรื่องและเสียบบัตร": open_visit,
    "เลขที่เรื่องและเลขทะเบียน": open_company,
}


async def walker_of(
    browser: Browser,
    whole: Demonstration,
    persona: str,
    *,
    signs_in_at: str | None,
    looks: Callable[[Walker, Row], Awaitable[None]] = look_twice,
) -> Walker:
    """The persona with a passkey; `nobody` has none, and is signed in nowhere."""
    context = await browser.new_context(viewport=PHONE, locale="th-TH")
    page = await context.new_page()
    walker = Walker(whole, page, persona, looks)
    if persona == "nobody":
        return walker
    await with_authenticator(context, page)
    await page.goto(await whole.link_of(persona))
    await page.click("#add_passkey")
    await expect(page.locator("#passkey_added")).to_be_visible()
    if signs_in_at is not None:
        await page.goto(walker.told[signs_in_at])
        if signs_in_at == "portal":
            await page.click("#sign_in")
        await use_passkey(walker)
        await expect(page.locator("#sign_out, #account").first).to_be_visible()
    return walker


async def leave(walker: Walker) -> None:
    """No card stays in a reader, and nobody signed in at the registry."""
    if walker.persona == CLERK:
        for slot in SLOTS:
            await at_desk(walker, "eject", slot)
        await at_the_registry(walker, act="sign_out")


def door_of(mine: list[Row]) -> str | None:
    """Where the persona signs in beforehand; whose ways hold the sign-in do it there."""
    return None if all("*พาสคีย์*" in row.way for row in mine) else mine[0].door


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("persona", sorted({row.persona for row in ROWS}))
async def test_every_row_is_reached_by_what_can_be_pressed(
    browser: Browser, whole: Demonstration, persona: str
) -> None:
    mine = [row for row in ROWS if row.persona == persona]
    walker = await walker_of(browser, whole, persona, signs_in_at=door_of(mine))
    try:
        for row in mine:
            await walker.walk(row)
    finally:
        await leave(walker)
    assert walker.faults == []
