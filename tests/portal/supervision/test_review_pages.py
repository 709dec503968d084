"""The supervisor's pages: one look-up after the other, never a value; what the officer answers; evidence."""

import io
import json
import zipfile
from importlib import resources

import pytest
from sqlalchemy import update

from idp.agencies.member_store import member
from idp.agencies.model import Role
from idp.exchange.counter.model import Supervision
from idp.exchange.counter.store import citizen_ref
from idp.exchange.counter.supervision import supervision_of
from idp.exchange.pull.counting import HANDLES_AN_HOUR
from idp.oversight.followup.model import Flag, Result, Verdict, Why
from idp.oversight.followup.store import oversight_sample
from idp.subscribers.life_store import wipe
from tests.portal.auditing.house import Desk, PortalHouse
from tests.portal.auditing.test_log_pages import entries_of
from tests.portal.office import PORTAL, Page
from tests.portal.supervision.watch import Watch, number, set_watch

pytestmark = pytest.mark.anyio

WHY = "ตรวจตามข้อร้องเรียน 3/2569"


async def first_row(desk: Desk) -> str:
    page = await desk.get("/supervision")
    (row,) = page.rows("data-sample")
    return f"/supervision/look-ups/{row['data-sample']}"


async def own_form(watch: Watch, desk: Desk) -> str:
    """The token of a form that this supervisor has."""
    await watch.look_up(9000)
    await watch.noticed()
    return (await desk.get(await first_row(desk))).csrf


async def posted(desk: Desk, path: str, token: str, **said: str) -> Page:
    return Page(await desk.http.post(path, data={"csrf": token, **said}, headers={"origin": PORTAL}))


async def judged(desk: Desk, path: str, verdict: str, reason: str = "มีเรื่องจริง") -> Page:
    return await desk.send(path, page=path, verdict=verdict, reason=reason)


async def test_the_front_page_leads_to_what_waits(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk = await watch.sit_down()
    home = await desk.get("/")
    empty = await desk.get(home["supervise"]["href"])
    assert list(empty.rows("data-sample")) == []
    ref = await watch.look_up()
    await watch.disclosed(ref)
    await watch.noticed()
    path = await first_row(desk)
    page = await desk.get(path)
    assert page.text("case") == "ทส 7/2569"
    for never in (number(1000).digits, ref.id):
        assert never not in page.response.text
    assert len(list(page.rows("data-disclosure"))) == 1


async def test_the_look_ups_of_an_officer_whose_digital_id_is_closed_can_be_reviewed_still(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk = await watch.sit_down()
    await watch.look_up()
    await watch.noticed()
    ground = portal.rooms.ground
    async with ground.storage.unit_of_work() as uow:
        await wipe(uow, watch.officer.subscriber_id)
        await ground.personal.destroy(uow, watch.officer.subscriber_id)
    path = await first_row(desk)
    page = await desk.get(path)
    assert "Name no longer kept" in page.response.text or "ไม่เก็บชื่อไว้แล้ว" in page.response.text
    assert "looked_up_by" in page
    await judged(desk, path, "fine")
    assert list((await desk.get("/supervision")).rows("data-sample")) == []
    assert await standing(watch) is Supervision.LIVE


async def test_a_look_up_whose_case_somebody_spoiled_can_be_reviewed_still(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk = await watch.sit_down()
    ref = await watch.look_up()
    await watch.noticed()
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await uow.execute(update(citizen_ref).where(citizen_ref.c.id == ref.id).values(sealed_case=b"spoiled"))
    path = await first_row(desk)
    assert (await desk.get(path)).status == 200
    await judged(desk, path, "fine")
    assert list((await desk.get("/supervision")).rows("data-sample")) == []


async def test_fine_is_the_last_word_and_a_second_click_changes_nothing(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk = await watch.sit_down()
    await watch.look_up()
    await watch.noticed()
    path = await first_row(desk)
    token = (await desk.get(path)).csrf
    said = {"csrf": token, "verdict": "fine", "reason": "มีเรื่องจริง"}
    origin = {"origin": PORTAL}
    first = await desk.http.post(path, data=said, headers=origin)
    again = await desk.http.post(path, data=said | {"verdict": "misuse"}, headers=origin)
    assert (first.status_code, again.status_code) == (303, 409)
    assert Page(again).error_code == "OVS-05"
    assert list((await desk.get("/supervision")).rows("data-sample")) == []
    reviewed = await desk.get("/supervision/reviewed")
    assert len(list(reviewed.rows("data-sample"))) == 1
    assert (await desk.get(path))["look_up"]["data-verdict"] == "fine"


async def test_what_says_nothing_is_not_kept(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk = await watch.sit_down()
    await watch.look_up()
    await watch.noticed()
    path = await first_row(desk)
    for verdict, reason in (("fine", ""), ("good", "x")):
        page = await judged(desk, path, verdict, reason)
        assert (page.status, page.error_code) == (422, "OVS-04")
    refused = await entries_of(portal, "portal.refused")
    assert [one["details"]["code"] for one in refused] == ["OVS-04", "OVS-04"]


async def test_the_officer_is_asked_and_answers(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk, officer = await watch.sit_down(), await portal.signed_in(watch.officer)
    assert list((await officer.get("/look-up-questions")).rows("data-question")) == []
    await watch.look_up()
    await watch.noticed()
    path = await first_row(desk)
    assert (await judged(desk, path, "question", "เรื่องนี้คือเรื่องใด")).status == 200
    home = await officer.get("/")
    page = await officer.get(home["look_up_questions"]["href"])
    (asked,) = page.rows("data-question")
    assert "เรื่องนี้คือเรื่องใด" in page.response.text
    to = f"/look-up-questions/{asked['data-question']}"
    place = {"as": watch.officer.id}
    empty = await officer.send(to, page="/look-up-questions", answer=" ", **place)
    assert empty.error_code == "OVS-04"
    token = empty.csrf
    await officer.send(to, page="/look-up-questions", answer="คำขอเลขที่ 1", **place)
    twice = await officer.http.post(to, data={"csrf": token, "answer": "อีกครั้ง", **place}, headers={"origin": PORTAL})
    assert Page(twice).error_code == "OVS-08"
    seen = await desk.get(path)
    assert [row["data-remark"] for row in seen.rows("data-remark")] == ["question", "answer"]
    assert "คำขอเลขที่ 1" in seen.response.text


async def test_evidence_of_one_disclosure_in_one_click(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk = await watch.sit_down()
    ref = await watch.look_up()
    disclosure = await watch.disclosed(ref)
    await watch.noticed()
    path = await first_row(desk)
    nothing = await desk.send(f"{path}/evidence", page=path, disclosure=disclosure, reason="")
    assert (nothing.status, nothing.error_code) == (422, "OVS-13")
    assert await entries_of(portal, "exchange.evidence_exported") == []
    answer = await desk.sent(f"{path}/evidence", page=path, disclosure=disclosure, reason=WHY)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        names = set(bundle.namelist())
        assert {"manifest.jwt", "disclosure.json", "service.json", "README.txt"} <= names
        assert json.loads(bundle.read("disclosure.json"))["id"] == disclosure
        assert number(1000).digits.encode() not in b"".join(bundle.read(name) for name in names)
    (entry,) = await entries_of(portal, "exchange.evidence_exported")
    assert (entry["actor"]["id"], entry["details"]["reason"]) == (watch.supervisor.id, WHY)
    # of this look-up, and of no other one
    other = await watch.disclosed(await watch.look_up(5000, flags=frozenset()))
    wrong = await desk.send(f"{path}/evidence", page=path, disclosure=other, reason=WHY)
    assert (wrong.status, wrong.error_code) == (404, "OVS-02")


async def test_auditors_take_evidence_by_its_number_each_of_the_own_agency(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    disclosure = await watch.disclosed(await watch.look_up())
    own = await portal.signed_in(await portal.hire("employment-2", Role.AUDITOR))
    platform = await portal.signed_in(await portal.hire_platform(Role.AUDITOR))
    stranger = await portal.signed_in(await portal.hire("elsewhere", Role.AUDITOR))
    for desk in (own, platform):
        home = await desk.get("/")
        answer = await desk.sent("/evidence", page=home["evidence"]["href"], disclosure=disclosure, reason=WHY)
        assert answer.headers["content-type"] == "application/zip"
    for number_of_it in (disclosure, "dis_" + "0" * 26, "x"):
        page = await stranger.send("/evidence", page="/evidence", disclosure=number_of_it, reason=WHY)
        assert (page.status, page.error_code) == (404, "OVS-12")
    assert len(await entries_of(portal, "exchange.evidence_exported")) == 2


async def test_an_auditor_takes_no_evidence_of_what_they_looked_up_or_agreed_to(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    looked = await watch.disclosed(await watch.look_up())
    storage = portal.rooms.ground.storage
    async with storage.reading() as uow:
        code = (await portal.rooms.agencies.agency(uow, watch.officer.agency_id)).code
    auditor = await portal.hire(code, Role.AUDITOR)
    desk = await portal.signed_in(auditor)
    async with storage.unit_of_work() as uow:
        # of two places, both theirs
        same = {"subscriber_id": auditor.subscriber_id}
        await uow.execute(update(member).where(member.c.id == watch.officer.id).values(same))
    page = await desk.send("/evidence", page="/evidence", disclosure=looked, reason=WHY)
    assert (page.status, page.error_code) == (404, "OVS-12")
    second = await set_watch(portal, "elsewhere")
    agreed = await second.disclosed(await second.look_up())
    await second.noticed()
    other = await portal.hire("elsewhere", Role.AUDITOR)
    async with storage.unit_of_work() as uow:
        said = {"about": agreed, "second_person": other.subscriber_id}
        await uow.execute(update(oversight_sample).where(oversight_sample.c.agency_id == other.agency_id).values(said))
    page = await (await portal.signed_in(other)).send("/evidence", page="/evidence", disclosure=agreed, reason=WHY)
    assert (page.status, page.error_code) == (404, "OVS-12")
    assert await entries_of(portal, "exchange.evidence_exported") == []


async def test_another_agencys_supervisor_finds_nothing(portal: PortalHouse) -> None:
    watch, other = await set_watch(portal), await set_watch(portal, "elsewhere")
    disclosure = await watch.disclosed(await watch.look_up())
    await watch.noticed()
    path = await first_row(await watch.sit_down())
    stranger = await other.sit_down()
    token = await own_form(other, stranger)
    absent = f"/supervision/look-ups/ovs_{'0' * 26}"
    for where in (path, absent, "/supervision/look-ups/x"):
        assert (await stranger.get(where)).error_code == "OVS-02"
        for to, said in (
            (where, {"verdict": "fine", "reason": "x"}),
            (f"{where}/evidence", {"disclosure": disclosure, "reason": WHY}),
        ):
            page = await posted(stranger, to, token, **said)
            assert (page.status, page.error_code) == (404, "OVS-02")
    assert len(list((await stranger.get("/supervision")).rows("data-sample"))) == 1  # the own one


async def test_another_officer_answers_nothing(portal: PortalHouse) -> None:
    watch, other = await set_watch(portal), await set_watch(portal, "elsewhere")
    asked = []
    for one in (watch, other):
        desk = await one.sit_down()
        await one.look_up()
        await one.noticed()
        path = await first_row(desk)
        await judged(desk, path, "question", "เรื่องใด")
        asked.append(path.replace("/supervision/look-ups", "/look-up-questions"))
    officer = await portal.signed_in(other.officer)
    token = (await officer.get("/look-up-questions")).csrf
    for place in (watch.officer.id, other.officer.id):
        page = await posted(officer, asked[0], token, answer="ตอบแทน", **{"as": place})
        assert (page.status, page.error_code) == (404, "OVS-08")


async def test_whoever_looks_people_up_there_supervises_nothing(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    await watch.look_up()
    await watch.noticed()
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        both = update(member).where(member.c.id == watch.supervisor.id)
        await uow.execute(both.values(roles=[Role.LOOKUP_OFFICER.value, Role.SUPERVISOR.value]))
    page = await (await watch.sit_down()).get("/supervision")
    assert (page.status, page.error_code) == (403, "OVS-07")
    stranger = await portal.signed_in(watch.officer)
    assert (await stranger.get("/supervision")).error_code == "POR-03"


async def test_overdue_reviews_stop_the_agency_and_the_page_says_so(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    await watch.look_up()
    await watch.noticed()
    desk = await watch.sit_down()
    assert "next_due" in await desk.get("/supervision")
    portal.house.clock.advance(7 * 86_400)
    desk = await watch.sit_down()
    page = await desk.get("/supervision")
    assert "overdue" in page
    assert await standing(watch) is Supervision.OVERDUE
    await judged(desk, await first_row(desk), "fine")
    assert "overdue" not in await desk.get("/supervision")
    assert await standing(watch) is Supervision.LIVE


async def standing(watch: Watch) -> Supervision:
    async with watch.portal.rooms.ground.storage.reading() as uow:
        return await supervision_of(uow, watch.officer.agency_id)


async def test_an_officer_at_the_limit_of_an_hour_goes_on_once(portal: PortalHouse) -> None:
    watch, other = await set_watch(portal), await set_watch(portal, "elsewhere")
    who = watch.officer.id
    desk = await watch.sit_down()
    assert list((await desk.get("/supervision")).rows("data-stopped")) == []
    assert await watch.name_all() == HANDLES_AN_HOUR
    page = await desk.get("/supervision")
    assert [row["data-stopped"] for row in page.rows("data-stopped")] == [who]
    stranger = await other.sit_down()
    denied = await posted(stranger, "/supervision/let-go", await own_form(other, stranger), officer=who)
    assert (denied.status, denied.error_code) == (404, "OVS-02")
    token = page.csrf
    done = await desk.send("/supervision/let-go", page="/supervision", officer=who)
    assert done.status == 200
    assert list(done.rows("data-stopped")) == []
    assert await watch.name_all() == HANDLES_AN_HOUR
    # stopped again: nobody lets them go on a second time today
    page = await desk.get("/supervision")
    assert [row["data-stopped"] for row in page.rows("data-stopped")] == [who]
    twice = await posted(desk, "/supervision/let-go", token, officer=who)
    assert (twice.status, twice.error_code) == (409, "OVS-09")
    assert len(await entries_of(portal, "oversight.officer_let_go_on")) == 1
    portal.house.clock.advance(3600)
    assert await watch.name_all() == HANDLES_AN_HOUR


async def test_a_stopped_officer_whose_digital_id_is_closed_stops_no_page(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    desk = await watch.sit_down()
    await watch.look_up()
    await watch.noticed()
    ground = portal.rooms.ground
    await watch.name_all()
    async with ground.storage.unit_of_work() as uow:
        await wipe(uow, watch.officer.subscriber_id)
        await ground.personal.destroy(uow, watch.officer.subscriber_id)
    page = await desk.get("/supervision")
    assert [row["data-stopped"] for row in page.rows("data-stopped")] == [watch.officer.id]
    assert len(list(page.rows("data-sample"))) == 1


def test_each_flag_has_words() -> None:
    text = (resources.files("idp.portal.supervision") / "templates/supervision/supervision_words.html").read_text()
    for said in (*Flag, *Result, *Verdict, *Why):
        assert f'"{said.value}": ' in text
