"""The clerk of the job desk looks somebody up, from the front page by visible links, with virtual readers."""

from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Page, expect

from connectors.fictitious.personas import PERSONAS
from tests.journeys.conftest import Demonstration
from tests.journeys.test_in_the_browser import Hands, browser, hands
from tests.provider.pages.browser import decide

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
DESK = "employment-1"
CLERK, SOMCHAI = (PERSONAS[key].person.citizen_id.digits for key in ("clerk", "somchai"))


def dopa(whole: Demonstration, act: str, **said: str) -> None:
    """What hands do at DOPA's own program."""
    answer = httpx2.post(f"{whole.endpoints['simulators']}/_ami", json={"act": act, **said})
    assert answer.status_code == 204, answer.text


async def open_visit(clerk: Hands, whole: Demonstration) -> None:
    page = clerk.page
    await page.goto(whole.endpoints["portal"])
    await page.click("#sign_in")
    await clerk.use_passkey()
    await page.click("#look_ups")
    # once a day: who looked something up before in the same demonstration has acknowledged it already
    await expect(page.locator("#acknowledge, #start_card").first).to_be_visible()
    await clerk.look()
    if await page.locator("#acknowledge").is_visible():
        await decide(page, "#acknowledge")
        await expect(page.locator("#start_card")).to_be_visible()
        await clerk.look()
    await page.click("#start_card")
    await expect(page.locator("#case")).to_be_visible()
    await clerk.look()
    await page.fill("#case", "จห 7/2569")
    await page.check("#notice_read")
    await decide(page, "#start_visit")
    await expect(page.locator("#look_up")).to_have_attribute("data-need", "officer_card")
    await clerk.look()


async def screen(page: Page, dataset: str) -> None:
    await decide(page, f"#screen_{dataset.replace('.', '_')}")
    await expect(page.locator("#answer")).to_have_attribute("data-outcome", "found")


async def test_a_card_goes_in_is_looked_up_and_takes_the_data_with_it(
    browser: object, whole: Demonstration, tmp_path: Path
) -> None:
    clerk = await hands(browser, phone=False, language="th-TH")  # type: ignore[arg-type]  # the fixture, imported
    page = clerk.page
    await clerk.add_passkey(await whole.link_of("clerk"))
    await open_visit(clerk, whole)

    # 1. the own card and PIN open the session with the registry
    whole.card("insert", "officer", "clerk", "--station", DESK)
    dopa(whole, "insert", citizen_id=CLERK)
    dopa(whole, "pin", pin="2580")
    await expect(page.locator("#light")).to_have_attribute("data-light", "yellow")

    # 2. card in -> result: the page moves by itself, and one click is enough (no more than four)
    whole.card("insert", "citizen", "somchai", "--station", DESK)
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "ready")
    await clerk.look()
    await screen(page, "dopa.person")
    await expect(page.get_by_text(SOMCHAI).first).to_be_visible()
    await clerk.look()

    # 3. a file to keep
    async with page.expect_download() as download:
        await decide(page, "#save_pdf")
    saved = tmp_path / "person.pdf"
    await (await download.value).save_as(saved)
    assert saved.read_bytes().startswith(b"%PDF-")

    # 4. card and photo, side by side with the registry
    await page.click("#back_to_visit")
    await screen(page, "card.identity")
    assert await page.locator("#photo").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    await clerk.look()

    # 5. the card leaves: so do the data, before another page comes; the history has nothing
    await page.evaluate(
        "new MutationObserver(() => document.getElementById('personal') || sessionStorage.setItem('gone', Date.now()))"
        ".observe(document, {childList: true, subtree: true})"
    )
    whole.card("eject", "citizen", "--station", DESK)
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "over")
    assert await page.evaluate("sessionStorage.getItem('gone')") is not None
    await page.go_back()
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "over")
    assert SOMCHAI not in await page.content()

    # 6. what was done stands in the own list
    await page.goto(f"{whole.endpoints['portal']}/look-ups/today")
    assert await page.locator("tr[data-entry]").count() >= 3
    assert SOMCHAI not in await page.content()
    await clerk.look()
