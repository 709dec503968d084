"""The second officer's page, where what is shown is refused in its turn, and what no form of ours sends."""

import pytest

from tests.enrolment.world import World
from tests.portal.office import Office, refusals

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("decision", ["", "agree", "refuse", "both"])
async def test_a_decision_about_nothing_that_waits_is_on_record_once(
    office: Office, world: World, decision: str
) -> None:
    browser = office.browser()
    await browser.sign_in("officer")
    page = await browser.get("/enrolments/new")
    answer = await browser.post("/passports/enr_unknown", csrf=page.csrf, decision=decision)
    assert answer.error_code == "ENR-01"
    assert await refusals(world) == [(world.members["officer"].id, "ENR-01", "new_passport_decided")]
