"""The month of an agency: figures that add up, nobody's name, a paper that is sealed or honestly is not."""

import csv
import io

import pytest
from sqlalchemy import update

from idp.agencies.member_store import member
from idp.agencies.model import Role
from idp.exchange.pull.model import Outcome
from tests.portal.auditing.house import PortalHouse
from tests.portal.auditing.test_log_pages import entries_of
from tests.portal.office import PORTAL, Page
from tests.portal.supervision.watch import number, set_watch

pytestmark = pytest.mark.anyio


async def test_the_month_adds_up(portal: PortalHouse) -> None:
    watch, other = await set_watch(portal), await set_watch(portal, "elsewhere")
    for serial in (1000, 2000, 3000):
        ref = await watch.look_up(serial)
        await watch.disclosed(ref, Outcome.RELEASED if serial < 3000 else Outcome.REFUSED)
    await other.disclosed(await other.look_up(9000))
    await watch.noticed()
    desk = await watch.sit_down()
    page = await desk.get((await desk.get("/supervision"))["months"]["href"])
    assert page.status == 200
    assert "chart" in page
    assert len(list(page.rows("data-day"))) == 1
    for never in (number(1000).digits, number(9000).digits):
        assert never not in page.response.text
    answer = await desk.http.get(page["csv"]["href"])
    assert answer.headers["content-disposition"].startswith("attachment")
    head, *days = list(csv.reader(io.StringIO(answer.text)))
    assert head == ["day", "named_by_number", "released", "refused"]
    assert [sum(int(day[column]) for day in days) for column in (1, 2, 3)] == [3, 2, 1]


async def test_an_empty_month_says_so_and_leads_on(portal: PortalHouse) -> None:
    desk = await (await set_watch(portal)).sit_down()
    page = await desk.get("/supervision/months")
    assert "chart" not in page
    assert len([row for row in page.rows("href") if "/supervision/months/" in row["href"]]) >= 23


async def test_there_are_two_years_of_months(portal: PortalHouse) -> None:
    desk = await (await set_watch(portal)).sit_down()
    for month in ("2020-01", "2569-11", "2026-13", "x", "2999-01"):
        at = f"/supervision/months/{month}"
        paper = await desk.send(f"{at}/report.pdf", page="/supervision/months")
        for page in (await desk.get(at), await desk.get(f"{at}/days.csv"), paper):
            assert (page.status, page.error_code) == (404, "OVS-10"), month


async def test_what_cannot_be_sealed_is_said_and_the_asking_is_on_record(portal: PortalHouse) -> None:
    desk = await (await set_watch(portal)).sit_down()
    month = await desk.get("/supervision/months")
    page = await desk.send(month["report"]["action"], page="/supervision/months")  # this house seals nothing
    assert (page.status, page.error_code) == (503, "OVS-11")
    assert "chart" not in page
    assert len(await entries_of(portal, "oversight.month_reported")) == 1


async def test_no_link_and_no_other_site_takes_a_report_out(portal: PortalHouse) -> None:
    desk = await (await set_watch(portal)).sit_down()
    paper = (await desk.get("/supervision/months"))["report"]["action"]
    assert (await desk.get(paper)).error_code == "WEB-03"
    for said, origin in (({}, PORTAL), ({"csrf": "x"}, PORTAL), ({}, "https://elsewhere.example")):
        page = Page(await desk.http.post(paper, data={"to": "somebody", **said}, headers={"origin": origin}))
        assert (page.status, page.error_code) == (403, "WEB-04")
    assert await entries_of(portal, "oversight.month_reported") == []


async def test_whoever_looks_people_up_there_is_shown_no_month(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk = await watch.sit_down()
    shown = await desk.get("/supervision/months")
    paper = shown["report"]["action"]
    month = paper.removesuffix("/report.pdf")
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        both = update(member).where(member.c.id == watch.supervisor.id)
        await uow.execute(both.values(roles=[Role.LOOKUP_OFFICER.value, Role.SUPERVISOR.value]))
    for path in ("/supervision/months", month, f"{month}/days.csv"):
        page = await desk.get(path)
        assert (page.status, page.error_code) == (403, "OVS-07"), path
    refused = await desk.http.post(paper, data={"csrf": shown.csrf}, headers={"origin": PORTAL})
    assert Page(refused).error_code == "OVS-07"
    assert await entries_of(portal, "oversight.month_reported") == []
