"""The owners' pages: who used the data, namings by two persons, persons who are watched over; never a number."""

import asyncio
import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.agencies.model import Agency, AgencyKind, Role
from idp.agencies.namings.model import KIND
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.exchange.pull.model import Outcome
from idp.kernel.ids import new_id
from idp.kernel.randomness import system_randomness
from idp.oversight.followup.model import Flag
from idp.oversight.owners.store import add_up_days, disclosure_day
from idp.oversight.watched.store import watched_digest, watched_person
from tests.portal.auditing.house import Desk, PortalHouse
from tests.portal.auditing.test_log_pages import entries_of
from tests.portal.office import PORTAL, Page
from tests.portal.supervision.watch import number, set_watch

pytestmark = pytest.mark.anyio


async def make_owner(portal: PortalHouse, code: str, owns: list[str]) -> Agency:
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        return await portal.rooms.agencies.register_agency(
            uow,
            code=code,
            name_th=f"เจ้าของ {code}",
            name_en=f"Owner {code}",
            kind=AgencyKind.STATE,
            owns=owns,
            by=SYSTEM,
        )


async def owner_of(portal: PortalHouse, code: str = "population", *owns: str) -> tuple[Desk, Desk]:
    """Two of its staff."""
    await make_owner(portal, code, list(owns or ("dopa.person", "dopa.photo")))
    first, second = await portal.hire(code, Role.DATA_OWNER), await portal.hire(code, Role.DATA_OWNER)
    return await portal.signed_in(first), await portal.signed_in(second)


async def posted(desk: Desk, path: str, token: str, **said: str) -> Page:
    return Page(await desk.http.post(path, data={"csrf": token, **said}, headers={"origin": PORTAL}))


async def test_who_used_the_data_by_agency_and_day(portal: PortalHouse) -> None:
    desk, _ = await owner_of(portal)
    watch, other = await set_watch(portal), await set_watch(portal, "elsewhere")
    home = await desk.get("/")
    empty = await desk.get(home["my_data"]["href"])
    assert (empty.status, "chart" in empty) == (200, False)
    for outcome in (Outcome.RELEASED, Outcome.RELEASED, Outcome.REFUSED, Outcome.NAMED):
        await watch.disclosed(await watch.look_up(), outcome)
    await other.disclosed(await other.look_up())
    page = await desk.get("/my-data")
    assert [row["data-used"] for row in page.rows("data-used")] == ["employment-2/dopa.person", "elsewhere/dopa.person"]
    assert "chart" in page
    head, *rows = csv.reader(io.StringIO((await desk.http.get(page["csv"]["href"])).text))
    assert head == ["day", "agency", "dataset", "released", "refused", "officers"]
    assert sorted(row[1:] for row in rows) == [
        ["elsewhere", "dopa.person", "1", "0", "1"],
        ["employment-2", "dopa.person", "2", "1", "1"],
    ]
    assert number(1000).digits not in page.response.text
    # days on which nothing was are days still, and what is past is past
    portal.house.clock.advance(2 * 86_400)
    desk = await portal.signed_in(await portal.hire("population", Role.DATA_OWNER))
    assert list((await desk.get("/my-data?days=1")).rows("data-used")) == []
    assert len(list((await desk.get("/my-data?days=30")).rows("data-used"))) == 2
    assert (await desk.get("/my-data?days=31")).error_code == "OWN-02"


async def test_days_that_are_over_are_added_up_once(portal: PortalHouse) -> None:
    await owner_of(portal)
    watch = await set_watch(portal)
    storage, clock = portal.rooms.ground.storage, portal.house.clock
    for outcome in (Outcome.RELEASED, Outcome.REFUSED, Outcome.NAMED):
        await watch.disclosed(await watch.look_up(), outcome)

    async def added_up() -> int:
        async with storage.unit_of_work() as uow:
            return await add_up_days(uow)

    async def told() -> tuple[list[list[str]], list[str]]:
        desk = await portal.signed_in(await portal.hire("population", Role.DATA_OWNER))
        page = await desk.get("/my-data?days=30")
        file = csv.reader(io.StringIO((await desk.http.get(page["csv"]["href"])).text))
        return [row[1:] for row in file][1:], [row["data-used"] for row in page.rows("data-used")]

    # a day under way is counted as it is asked for
    assert await added_up() == 0
    counted = await told()
    assert counted == ([["employment-2", "dopa.person", "1", "1", "1"]], ["employment-2/dopa.person"])
    clock.advance(2 * 86_400)
    assert [await added_up(), await added_up()] == [1, 0]
    assert await told() == counted
    # what comes after it stands beside it
    await (watch := await set_watch(portal, "elsewhere")).disclosed(await watch.look_up())
    rows, used = await told()
    assert rows == [*counted[0], ["elsewhere", "dopa.person", "1", "0", "1"]]
    assert used == ["employment-2/dopa.person", "elsewhere/dopa.person"]
    clock.advance(40 * 86_400)
    assert await added_up() == 0
    async with storage.reading() as uow:
        assert await uow.all(select(disclosure_day)) == []


async def test_another_owner_sees_its_own_alone(portal: PortalHouse) -> None:
    await make_owner(portal, "population", ["dopa.person"])
    desk, _ = await owner_of(portal, "companies", "dbd.company")
    watch = await set_watch(portal)
    await watch.disclosed(await watch.look_up())
    page = await desk.get("/my-data")
    assert list(page.rows("data-used")) == []
    assert "namings" not in page
    nobody = await portal.signed_in(await portal.hire("elsewhere", Role.DATA_OWNER))
    for path in ("/my-data", "/my-data/days.csv"):
        assert (await nobody.get(path)).error_code == "OWN-01"
    for stranger in (desk, nobody):
        assert (await stranger.get("/namings")).error_code == "NAM-01"
        assert (await stranger.get("/watched-persons")).error_code == "WAT-01"


async def test_two_name_an_agency_and_one_ends_it(portal: PortalHouse) -> None:
    first, second = await owner_of(portal)
    police = await portal.agency("police")
    said = {"agency": "police", "reference_no": "มท 0309/77", "days": "365"}
    page = await first.send("/namings", page="/namings?agency=police", **said)
    assert len(list(page.rows("data-own"))) == 1
    assert list(page.rows("data-waiting")) == []
    token = (await first.get("/namings?agency=police")).csrf
    twice = await posted(first, "/namings", token, **said)
    assert (twice.status, twice.error_code) == (409, "APR-10")
    inbox = await second.get("/approvals")
    assert [row["data-kind"] for row in inbox.rows("data-kind")] == [KIND]
    assert "/namings" in [row["href"] for row in inbox.rows("href") if "app-link-tall" in row.get("class", "")]
    waits = await second.get("/namings")
    (proposal,) = [row["data-waiting"] for row in waits.rows("data-waiting")]
    own = await posted(first, "/namings/decided", token, proposal=proposal, decision="approve")
    assert own.status in (403, 409)
    no = await posted(second, "/namings/decided", waits.csrf, proposal=proposal, decision="refuse", reason="")
    assert no.status >= 400
    done = await second.send("/namings/decided", page="/namings", proposal=proposal, decision="approve")
    assert [row["data-named"] for row in done.rows("data-named")] == ["police"]
    ended = await first.send("/namings/ended", page="/namings", agency=police.id)
    assert list(ended.rows("data-named")) == []
    again = await posted(first, "/namings/ended", token, agency=police.id)
    assert (again.status, again.error_code) == (404, "NAM-03")
    assert "agency_error" not in again
    assert len(await entries_of(portal, "agency.named_for_photos")) == 1


async def test_what_cannot_be_named(portal: PortalHouse) -> None:
    desk, _ = await owner_of(portal)
    await portal.agency("police")
    for wrong in ({"agency": "nowhere"}, {"reference_no": " "}, {"days": "9999"}, {"agency": "population"}):
        said = {"agency": "police", "reference_no": "1", "days": "90"} | wrong
        refused = await desk.send("/namings", page="/namings?agency=police", **said)
        assert refused.error_code == "NAM-02", wrong


async def watched(desk: Desk, **said: str) -> Page:
    """A person named on a page of its own, and where that leads."""
    key = (await desk.get("/watched-persons"))["form_key"]["value"]
    return await desk.send("/watched-persons", page="/watched-persons", form_key=key, **said)


async def test_a_person_is_watched_over_and_their_number_is_nowhere(portal: PortalHouse) -> None:
    desk, _ = await owner_of(portal)
    watch = await set_watch(portal)
    typed = number(1000).digits
    page = await watched(desk, citizen_id=f"{typed[0]}-{typed[1:]}", reference_no="ลับ 1", days="90")
    (row,) = [one["data-watched"] for one in page.rows("data-watched")]
    assert typed not in page.response.text
    await watch.look_up(1000, flags=frozenset())
    await watch.look_up(70_000, flags=frozenset())
    await watch.noticed()
    async with portal.rooms.ground.storage.reading() as uow:
        kept = [dict(one._mapping) for one in await uow.all(select(watched_person))]
        digests = [bytes(one.digest) for one in await uow.all(select(watched_digest.c.digest))]
        log = "".join(str(one.canonical) for one in await uow.all(select(audit_entry.c.canonical)))
    assert typed not in str(kept)
    assert typed not in log
    assert all(typed.encode() not in one for one in digests)
    supervisor = await watch.sit_down()
    (noticed,) = (await supervisor.get("/supervision")).rows("data-sample")
    shown = await supervisor.get(f"/supervision/look-ups/{noticed['data-sample']}")
    assert "บุคคลที่เฝ้าระวัง" in shown.response.text
    # ended, their look-ups are as anybody's
    ended = await desk.send("/watched-persons/ended", page="/watched-persons", watched=row)
    assert list(ended.rows("data-watched")) == []
    await watch.look_up(1000, flags=frozenset())
    await watch.noticed()
    assert len(list((await supervisor.get("/supervision")).rows("data-sample"))) == 1
    again = await posted(desk, "/watched-persons/ended", ended.csrf, watched=row)
    assert (again.status, again.error_code) == (404, "WAT-03")
    assert Flag.WATCHED.value == "watched"


async def test_what_cannot_be_watched(portal: PortalHouse) -> None:
    desk, _ = await owner_of(portal)
    for wrong, code in (
        ({"citizen_id": "1234567890123"}, "WAT-04"),
        ({"citizen_id": "x"}, "WAT-04"),
        ({"reference_no": ""}, "WAT-02"),
        ({"reference_no": f"ลับ {number(1000).digits}"}, "WAT-02"),
        ({"days": "731"}, "WAT-02"),
    ):
        said = {"citizen_id": number(1000).digits, "reference_no": "1", "days": "90"} | wrong
        page = await watched(desk, **said)
        assert (page.status, page.error_code) == (422, code), wrong
        assert number(1000).digits not in page.response.text


async def test_a_form_that_is_sent_twice_names_a_person_once(portal: PortalHouse) -> None:
    desk, _ = await owner_of(portal)
    page = await desk.get("/watched-persons")
    said = {"form_key": page["form_key"]["value"], "citizen_id": number(1000).digits, "reference_no": "1", "days": "90"}
    sent = await asyncio.gather(*(posted(desk, "/watched-persons", page.csrf, **said) for _ in range(3)))
    assert [one.status for one in sent] == [303, 303, 303]
    assert len(list((await desk.get("/watched-persons")).rows("data-watched"))) == 1
    # what was changed meanwhile is meant, also from a page that was gone back to
    await posted(desk, "/watched-persons", page.csrf, **said | {"citizen_id": number(2000).digits})
    assert len(list((await desk.get("/watched-persons")).rows("data-watched"))) == 2
    assert len(await entries_of(portal, "oversight.person_watched")) == 2
    # and a fresh page names anybody, so that nobody learns who is named already
    await watched(desk, **{name: value for name, value in said.items() if name != "form_key"})
    assert len(list((await desk.get("/watched-persons")).rows("data-watched"))) == 3


async def test_a_form_without_a_key_of_a_page_names_nobody(portal: PortalHouse) -> None:
    desk, _ = await owner_of(portal)
    page, now = await desk.get("/watched-persons"), portal.house.clock.now()
    said = {"citizen_id": number(1000).digits, "reference_no": "1", "days": "90"}
    old, early = (new_id("frm", now=now + timedelta(hours=hours), randomness=system_randomness) for hours in (-12, 1))
    for key in ("", "x", f"frm_{'U' * 26}", f"frm_{'Z' * 26}", old, early):
        refused = await posted(desk, "/watched-persons", page.csrf, form_key=key, **said)
        assert (refused.status, refused.error_code) == (403, "WEB-04"), key
    assert list((await desk.get("/watched-persons")).rows("data-watched")) == []
