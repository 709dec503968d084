"""Usage, what was noticed, papers and the calendar: counts of one agency alone, and of nobody."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.agencies.member_store import end_member, insert_member
from idp.agencies.model import Member, Role
from idp.kernel.ids import MemberId, new_id
from idp.kernel.randomness import system_randomness
from idp.portal.agency.charts import HEIGHT, WIDTH, bar_chart
from idp.portal.agency.desk import PAGE_LENGTH
from idp.portal.agency.model import OfficerCount
from idp.portal.agency.usage_pages import outliers
from tests.portal.agency.counted import asked, ending, noticed, papers_replaced
from tests.portal.auditing.house import Desk, PortalHouse

pytestmark = pytest.mark.anyio


async def test_of_many_officers_those_who_asked_most_are_named(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        made = [
            replace(
                admin,
                id=MemberId(new_id("mem", now=uow.now, randomness=system_randomness)),
                roles=frozenset({Role.LOOKUP_OFFICER}),
            )
            for _ in range(PAGE_LENGTH + 2)
        ]
        for place, one in enumerate(made):
            await insert_member(uow, one)
            await asked(uow, one, times=1 if place < 2 else 3)
        await end_member(uow, made[-1].id)
    page = await desk.get("/agency/usage?lang=en")
    named = [row["data-officer"] for row in page.rows("data-officer")]
    assert sorted(named) == sorted(one.id for one in made[2:-1])
    assert "2 more officers with fewer look-ups each: 2 together." in page.response.text
    assert "3 more, by people who do not work here any more." in page.response.text


async def test_usage_is_counted_by_day_service_and_officer(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    busy, usual, rare = [await portal.hire("employment", Role.LOOKUP_OFFICER) for _ in range(3)]
    stranger = await portal.hire("elsewhere", Role.LOOKUP_OFFICER)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await asked(uow, busy, times=40)
        await asked(uow, usual, times=5)
        await asked(uow, usual, outcome="refused", times=2)
        await asked(uow, rare, days_ago=3)
        await asked(uow, admin, by_officer=False, days_ago=20, times=7)
        await asked(uow, busy, outcome="named", times=9)
        await asked(uow, stranger, times=100)
    page = await desk.get("/agency/usage?lang=en")
    assert page["agency_usage"]["data-total"] == "48"
    officers = [row["data-officer"] for row in page.rows("data-officer")]
    assert officers == [busy.id, usual.id, rare.id]
    assert page.response.text.count("Many more than others") == 1
    assert "<svg" in page.response.text
    assert (await desk.get("/agency/usage?days=31"))["agency_usage"]["data-total"] == "55"
    assert (await desk.get("/agency/usage?days=all"))["agency_usage"]["data-total"] == "48"
    answer = await desk.http.get("/agency/usage.csv?days=31")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert sum(int(row["pulls"]) for row in rows) == 55
    assert set(rows[0]) == {"day", "service", "dataset", "outcome", "pulls"}


async def test_what_was_noticed_is_a_number_without_cases(portal: PortalHouse, desk: Desk) -> None:
    officer = await portal.hire("employment", Role.LOOKUP_OFFICER)
    stranger = await portal.hire("elsewhere", Role.LOOKUP_OFFICER)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await noticed(uow, officer, "night", "bulk")
        await noticed(uow, officer, "night")
        await noticed(uow, stranger, "own_name")
        await asked(uow, officer, outcome="refused", times=50)
    page = await desk.get("/agency/usage")
    text = page.response.text
    for flag, count in (("own_name", 0), ("night", 2), ("bulk", 1), ("sequence", 0), ("refused", 50)):
        row = text.partition(f'data-flag="{flag}"')[2].partition("</tr>")[0]
        assert f">{count}</td>" in row, flag
    assert "pseudonym-of-the-person" not in text
    assert "/agency/usage" in {row["href"] for row in (await desk.get("/agency")).rows("href")}


async def test_papers_are_shown_with_their_law_and_counted(portal: PortalHouse, desk: Desk) -> None:
    await papers_replaced(portal, {"2026-09": 4, "2026-10": 11})
    page = await desk.get("/agency/papers?lang=en")
    assert page["agency_papers"]["data-total"] == "15"
    for words in ("Copy of the ID card", "Act 1", "10/2026"):
        assert words in page.response.text
    stranger = await portal.signed_in(await portal.hire("elsewhere", Role.AGENCY_ADMIN))
    assert (await stranger.get("/agency/papers"))["agency_papers"]["data-total"] == "0"


@pytest.mark.parametrize(("days", "step"), [(20, 30), (45, 60), (75, 90), (200, None)])
async def test_what_ends_stands_in_its_place_and_in_a_calendar(
    portal: PortalHouse, desk: Desk, days: int, step: int | None
) -> None:
    await ending(portal, days=days)
    page = await desk.get("/agency/calendar?lang=en")
    assert len(list(page.rows("data-agreement"))) == 2
    for other in (30, 60, 90):
        part = page.response.text.partition(f"Within {other} days")[2].partition("<h2")[0]
        assert ("data-agreement" in part) is (other == step), other
    file = await desk.http.get("/agency/calendar.ics")
    lines = file.text.split("\r\n")
    assert file.text.count("BEGIN:VEVENT") == 2
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "TRIGGER:-P60D" in lines


@given(st.lists(st.tuples(st.text(max_size=4), st.integers(0, 10**9), st.integers(0, 10**9)), max_size=40))
def test_a_chart_stays_within_its_frame(values: list[tuple[str, int, int]]) -> None:
    chart = bar_chart([(name, value, min(value, marked)) for name, value, marked in values])
    for bar in chart.bars:
        assert 0 <= bar.x <= WIDTH
        assert 0 <= bar.y <= HEIGHT
        assert bar.y + bar.height <= HEIGHT
        assert bar.marked_height <= bar.height


def test_who_stands_out_is_marked_where_there_are_others() -> None:
    def count(name: str, look_ups: int) -> OfficerCount:
        return OfficerCount(MemberId(name), look_ups, 0)

    assert outliers([count("a", 100)]) == frozenset()
    assert outliers([count("a", 9), count("b", 1), count("c", 1)]) == frozenset()
    assert outliers([count("a", 30), count("b", 10), count("c", 9)]) == {"a"}
