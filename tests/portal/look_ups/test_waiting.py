"""A registry that is closed: the request is accepted, waits visibly, and can be given up."""

from dataclasses import replace

import pytest

from connectors.fictitious.personas import COMPANY_PERSONAS
from idp.agencies.model import WhenUnavailable
from idp.audit.model import SYSTEM
from idp.kernel.ids import ServiceId
from tests.portal.look_ups.house import Browser, LookUps
from tests.portal.office import Page

pytestmark = pytest.mark.anyio


async def visit_that_may_wait(house: LookUps) -> tuple[Browser, Page, str]:
    rooms = house.rooms
    async with rooms.ground.storage.unit_of_work() as uow:
        service = await rooms.agencies.service(uow, ServiceId("employer-check"))
        waits = replace(service, when_unavailable=WhenUnavailable.WAIT)
        await rooms.agencies.change_service(uow, waits, by=SYSTEM)
    clerk = house.browser()
    await clerk.sign_in()
    await clerk.acknowledged()
    number = COMPANY_PERSONAS["thongdee"].juristic_id.digits
    page = await clerk.begin("company", number=number, basis="duty")
    return clerk, page, str(page.response.url.path)


async def test_what_waits_is_seen_and_can_be_given_up(house: LookUps) -> None:
    clerk, page, path = await visit_that_may_wait(house)
    await house.switch("dbd", "closed")
    try:
        waiting = await clerk.look_up(page, path, "dbd.company")
        assert (waiting.status, waiting["answer"]["data-outcome"]) == (202, "waiting"), waiting.response.text[-1500:]
        assert int(waiting["look_again"]["data-again-in"]) > 0
        today = await clerk.get("/look-ups/today")
        (row,) = today.rows("data-entry")
        assert row["data-outcome"] == "waiting"
        again = await clerk.post(f"/look-ups/waiting/{row['data-entry']}", today)
        assert again["answer"]["data-outcome"] == "waiting"
        # an exchange that cannot say now settles nothing
        house.line.answers("GET", "/pulls/", 503, code="EXC-07")
        down = await clerk.post(f"/look-ups/waiting/{row['data-entry']}", today)
        house.line.between = None
        assert (down.status, down["answer"]["data-outcome"]) == (503, "down")
        assert "again" in down
        given_up = await clerk.post(f"/look-ups/waiting/{row['data-entry']}/cancel", again)
    finally:
        await house.switch("dbd", "ok")
    assert [one["data-outcome"] for one in given_up.rows("data-entry")] == ["given_up"]
    # the log says what became of it, as the diary does
    done = await house.events("look_up.done")
    assert [one["details"]["outcome"] for one in done] == ["waiting", "given_up"]
    # what was given up is nobody's to ask for again
    assert (await clerk.post(f"/look-ups/waiting/{row['data-entry']}", again)).error_code == "LKP-01"


async def test_what_waits_outlives_its_visit(house: LookUps) -> None:
    clerk, page, path = await visit_that_may_wait(house)
    await house.switch("dbd", "closed")
    try:
        await clerk.look_up(page, path, "dbd.company")
    finally:
        await house.switch("dbd", "ok")
    await clerk.post(f"{path}/end", page)
    today = await clerk.get("/look-ups/today")
    (row,) = today.rows("data-entry")
    again = await clerk.post(f"/look-ups/waiting/{row['data-entry']}", today)
    assert again["answer"]["data-outcome"] == "waiting", again.error_code
