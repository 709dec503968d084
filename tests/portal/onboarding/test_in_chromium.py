"""The pages of onboarding in a real browser: both languages, on a phone and on a desk."""

import pytest
from playwright.async_api import expect

from tests.portal.onboarding.agency import (
    LIST,
    PDF,
    Onboarded,
    Seat,
    act,
    approved,
    decide,
    give,
    review_of,
    submitted,
)
from tests.portal.test_mandates_in_chromium import SIZES
from tests.provider.pages.browser import free_port, launched, serving, violations

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


def cookies_of(seat: Seat) -> list[dict[str, str]]:
    return [
        {"name": one.name, "value": one.value or "", "domain": "portal.localhost", "path": "/"}
        for one in seat.http.cookies.jar
    ]


async def test_it_looks_right_everywhere(chromium: str, house: Onboarded) -> None:
    seat, first = await house.applicant(), await house.platform()
    asked = await submitted(seat, cases=("dopa_online", "dbd"))
    await decide(first, review_of(asked), "ask", words="ใช้ข้อมูลวันเกิดเพื่ออะไร")
    waiting = await submitted(seat)
    ready = await approved(house, seat)
    await give(seat, ready, "supervisor_order", PDF, reference_no="ที่ 12/2569")
    await act(seat, ready, "declare", said="officers_have_pin")
    shown = (
        (
            seat,
            (
                ("/apply", "#apply"),
                (LIST, "#applications"),
                (asked, "#question"),
                (ready, "#order_first"),
                (f"{asked}/part/cases", "#part_form"),
                (f"{asked}/part/agency", "#part_form"),
                (f"{asked}/part/service", "#part_form"),
                (f"{asked}/part/people", "#part_form"),
                (f"{asked}/data", "#wanted"),
                (f"{asked}/data/dopa.person?channel=counter", "#right_form"),
            ),
        ),
        (
            first,
            (
                ("/onboarding", "#inbox"),
                (review_of(waiting), "#decide_form"),
                (review_of(ready), "#waits"),
            ),
        ),
    )
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(house.portal.portal, listener), launched(chromium) as browser:
        for who, pages in shown:
            context = await browser.new_context(locale="th-TH")
            await context.add_cookies([*cookies_of(who)])  # type: ignore[list-item]
            page = await context.new_page()
            for path, element in pages:
                for language in ("th", "en"):
                    await page.goto(f"{origin}{path}{'&' if '?' in path else '?'}lang={language}")
                    await expect(page.locator(element)).to_be_visible()
                    for size in SIZES:
                        where = f"{path} {language} {size['width']}"
                        await page.set_viewport_size({"width": size["width"], "height": size["height"]})
                        assert await violations(page) == [], where
                        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                        assert await page.evaluate(wider) <= 0, where


async def test_a_paper_is_sent_without_a_script(chromium: str, house: Onboarded) -> None:
    seat = await house.applicant()
    path = await submitted(seat)
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(house.portal.portal, listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH", java_script_enabled=False)
        await context.add_cookies([*cookies_of(seat)])  # type: ignore[list-item]
        page = await context.new_page()
        await page.goto(f"{origin}{path}")
        file = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": PDF}
        await page.locator("#paper_supervisor_order").set_input_files([file])  # type: ignore[list-item]
        assert await page.locator("#send_supervisor_order").is_enabled()
