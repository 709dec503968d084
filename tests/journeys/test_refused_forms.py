"""A form that the server refused: the summary leads to the field at fault, the field says why, what was typed stays."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import Demonstration
from tests.journeys.test_in_the_browser import browser
from tests.journeys.test_source_map import walker_of
from tests.provider.pages.browser import decide, violations

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

NOBODYS_NUMBER = "1234567890123"
"""Thirteen digits whose last one does not belong to the others."""

DESCRIBED_BY = """field => field.getAttribute('aria-describedby').split(' ')
  .map(id => document.getElementById(id).textContent)"""


@dataclass(frozen=True, slots=True)
class Form:
    """What is typed by element id, which button sends it, and which field is at fault by which code."""

    place: str
    typed: Mapping[str, str]
    button: str
    at_fault: str
    code: str
    is_forgotten: bool = False
    """What was typed does not come back: who is watched over stands on no page, not even to who wrote it."""


FORMS: Mapping[str, tuple[str, tuple[Form, ...]]] = {
    "proxy": (
        "account",
        (
            Form("account/companies", {"juristic_id": NOBODYS_NUMBER}, "find_company", "juristic_id", "REP-01"),
            Form("account/mandates/new",
                 {"citizen_id": NOBODYS_NUMBER, "case": "จห 7/2569",
                  "until-day": "1", "until-month": "1", "until-year": "2570"},
                 "give", "citizen_id", "REP-23"),
            Form("account/contact/email", {"email": "somchai@example"}, "send_code", "email", "CTC-01"),
            Form("account/contact/phone", {"phone": "12"}, "save_phone", "phone", "CTC-05"),
        ),
    ),
    "dopa_owner": (
        "portal",
        (Form("watched-persons", {"citizen_id": NOBODYS_NUMBER, "reference_no": "มท 1/2569"},
              "watch", "citizen_id", "WAT-04", is_forgotten=True),),
    ),
    "auditor": ("portal", (Form("audit/checkpoint", {"kept": "ไม่ใช่"}, "judge", "kept", "ADT-04"),)),
}  # fmt: skip


@pytest.mark.parametrize("persona", FORMS)
async def test_the_field_at_fault_is_led_to_says_why_and_keeps_what_was_typed(
    browser: Browser, demonstration: Demonstration, persona: str
) -> None:
    door, forms = FORMS[persona]
    walker = await walker_of(browser, demonstration, persona, signs_in_at=door)
    page = walker.page
    for form in forms:
        await page.goto(f"{walker.told[door].removesuffix('/account')}/{form.place}")
        for name, value in form.typed.items():
            await page.fill(f"#{name}", value)
        await decide(page, f"#{form.button}")
        await expect(page.locator("[role=alert] #error_code"), form.place).to_have_text(form.code)
        await expect(page.locator(f'[role=alert] a[href="#{form.at_fault}"]'), form.place).to_be_visible()
        field = page.locator(f"#{form.at_fault}")
        await expect(field).to_have_attribute("aria-invalid", "true")
        title = await page.locator("[role=alert] h2").inner_text()
        assert title in await field.evaluate(DESCRIBED_BY)
        for name, value in form.typed.items():
            await expect(page.locator(f"#{name}"), form.place).to_have_value("" if form.is_forgotten else value)
        assert await violations(page) == [], form.place
    await page.context.close()
