"""E-submission for companies: a sole director files; two directors of another company sign one after the other."""

from datetime import date
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from connectors.fictitious.personas import PERSONAS
from tests.journeys.conftest import Demonstration
from tests.journeys.test_in_the_browser import Hands, browser, hands
from tests.patience import eventually
from tests.provider.pages.browser import decide
from tests.web.days import type_day

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def director(browser: Browser, demonstration: Demonstration, persona: str) -> Hands:
    """A director with a passkey on a phone."""
    person = await hands(browser, phone=True, language="th-TH")
    await person.add_passkey(await demonstration.link_of(persona))
    return person


async def sign_for(person: Hands, told: dict[str, Any], juristic_id: str, *, is_signed_in: bool) -> None:
    """From the service to the consent page and past it."""
    await person.page.goto(told["efiling"])
    await person.look()
    await person.page.fill("#juristic_id", juristic_id)
    await person.page.click("#sign_in")
    if not is_signed_in:
        await person.use_passkey()
    await expect(person.page.locator("#choose_actor")).to_be_visible()
    await person.look()
    await person.page.check(f"#actor_company_{juristic_id}")
    await person.page.click("#continue")
    await expect(person.page.locator("#acting_for")).to_be_visible()
    await person.look()
    if await person.page.locator("#sealed").count():
        await person.page.check("#sealed")
    await decide(person.page, "#allow")


async def filed(person: Hands, juristic_id: str) -> None:
    """The service shows the company's own entry."""
    company = person.page.locator("#company")
    await expect(company).to_have_attribute("data-juristic-id", juristic_id)
    await person.look()


async def employee_files(browser: Browser, demonstration: Demonstration, boss: Hands, sole: str) -> None:
    """The director gives an employee a mandate, the employee accepts and files, the director takes it back."""
    told, employee = demonstration.endpoints, await director(browser, demonstration, "employee")
    account = f"{told['issuer']}/account"
    await boss.page.goto(f"{account}/companies/{sole}/mandate")
    await expect(boss.page.locator("#mandate_form")).to_be_visible()
    await boss.page.fill("#citizen_id", PERSONAS["employee"].person.citizen_id.digits)
    await boss.page.check("input[value='company-filing']")
    for dataset in ("dbd.company", "dbd.shareholders"):
        await boss.page.check(f"input[value='{dataset}']")
    await type_day(boss.page, "until", date(2027, 6, 30))
    if await boss.page.locator("#sealed").count():
        await boss.page.check("#sealed")
    await boss.page.click("#give")
    await expect(boss.page.locator("[data-mandate]").first).to_be_visible()
    await employee.page.goto(f"{account}/mandates")
    await employee.use_passkey()
    await employee.page.locator("[data-accept]").first.click()
    await employee.page.click("#accept")
    await expect(employee.page.locator('[data-live="true"]').first).to_be_visible()
    await employee.look()
    await employee.page.goto(told["efiling"])
    await employee.page.fill("#juristic_id", sole)
    await employee.page.click("#sign_in")
    await employee.page.locator("input[value^='mandate:']").first.check()
    await employee.page.click("#continue")
    await expect(employee.page.locator("#acting_for")).to_be_visible()
    await decide(employee.page, "#allow")
    await filed(employee, sole)
    # taken back: the mandate opens nothing more
    await boss.page.goto(f"{account}/companies/{sole}")
    await boss.page.locator("[data-end]").first.click()
    await employee.page.goto(told["efiling"])
    await employee.page.fill("#juristic_id", sole)
    await employee.page.click("#sign_in")
    await expect(employee.page.locator("#choose_actor")).to_be_visible()
    await expect(employee.page.locator("input[value^='mandate:']")).to_have_count(0)


async def test_directors_file_for_their_companies(browser: Browser, demonstration: Demonstration) -> None:
    told = demonstration.endpoints
    sole, joint = (told["companies"][key]["juristic_id"] for key in ("thanakit", "khukha"))
    first, second = [await director(browser, demonstration, key) for key in ("director", "codirector")]
    # 1. one signature is enough for the one company
    await sign_for(first, told, sole, is_signed_in=False)
    await filed(first, sole)
    await first.page.click("#file")
    await expect(first.page.locator("#receipt")).to_have_text("EF-000001")
    await expect(first.page.locator("[data-verdict='valid']")).to_have_count(2)
    await first.look()
    # 2. for the other the first director signs and is told who else has to
    await sign_for(first, told, joint, is_signed_in=True)
    await expect(first.page.locator("#cosigners")).to_be_visible()
    await first.look()
    await first.page.click("#back_to_service")
    await expect(first.page.locator("#waiting")).to_be_visible()
    await first.look()
    # 3. the second director is told, comes, signs, and the filing goes on
    await second.page.goto(f"{told['issuer']}/account/notices")
    await second.use_passkey()
    await expect(second.page.locator("h1")).to_be_visible()
    await second.page.wait_for_url("**/account/notices")

    async def told_of_it() -> int:
        await second.page.reload()
        return await second.page.locator("[data-notice='signature_awaited']").count()

    await eventually(told_of_it, "the worker tells nobody")
    await sign_for(second, told, joint, is_signed_in=True)
    await filed(second, joint)
    # 4. for a company that she does not lead she is refused, with the reason and other ways on
    await second.page.goto(told["efiling"])
    await second.page.fill("#juristic_id", sole)
    await second.page.click("#sign_in")
    await second.page.check(f"#actor_company_{sole}")
    await second.page.click("#continue")
    await expect(second.page.locator("#error_code")).to_have_text("REP-05")
    # 5. an employee of the first company files under its mandate
    await employee_files(browser, demonstration, first, sole)
