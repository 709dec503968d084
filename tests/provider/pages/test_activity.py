"""Who has seen my data: filters, the list as a file, and a case about what its owner does not recognise."""

import asyncio
import csv
import io
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from idp.audit.model import SYSTEM
from idp.enrolment.reviews.model import CaseId, CaseKind, CaseState, Outcome, Reviewer
from idp.enrolment.reviews.store import review_case
from idp.kernel.assurance import Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import MemberId, SubscriberId
from idp.provider.account.activity import chosen_of, filter_of
from tests.exchange.world import pull
from tests.provider.pages.house import Fields, House, Visitor
from tests.subscribers.test_subscribers import identity_of

pytestmark = pytest.mark.anyio


async def entries_of_three_kinds(citizen: Visitor) -> tuple[str, str]:
    """A release, a refusal and a sign-in; gives the disclosures, the refusal first as the page has them."""
    world = citizen.house.world
    record, token = await world.consented()
    await world.exchange().pull(pull(token))
    citizen.house.clock.advance(1)  # of one millisecond, which is newer is left to chance
    async with world.storage.unit_of_work() as uow:
        await world.consents.withdraw(uow, record.id, subscriber_id=world.somchai)
    with pytest.raises(Refused):
        await world.exchange().pull(pull(token))
    await world.signed_in(claims=("name",), scope=("openid", "name"))
    refused, released = Fields((await citizen.http.get("/account/activity")).text).data["data-disclosure"]
    return refused, released


def reviewer_of(house: House) -> Reviewer:
    """Somebody of the issuer who reviews cases."""
    return Reviewer(MemberId("mem_r"), SubscriberId("sub_r"), house.world.issuer.id, frozenset({"enrolment_admin"}))


def case_page(answer_location: str) -> str:
    assert answer_location.startswith("/account/cases/rev_"), answer_location
    return answer_location


@pytest.mark.parametrize(
    ("query", "disclosures", "sign_ins"),
    [
        ({}, 2, 1),
        ({"became": "received"}, 1, 0),
        ({"became": "refused"}, 1, 0),
        ({"became": "told"}, 0, 1),
        ({"became": "looked"}, 0, 0),
        ({"dataset": "dopa.person"}, 2, 0),
        ({"dataset": "dbd.company"}, 0, 0),
        ({"agency": "own"}, 2, 1),
        ({"agency": "agc_" + "0" * 26}, 0, 0),
        ({"when": "30d"}, 2, 1),
        ({"when": "this month"}, 2, 1),
        ({"when": "2001-02"}, 0, 0),
        ({"when": "9999-12"}, 0, 0),
        # what is no choice of ours chooses nothing
        ({"when": "2026-99", "became": "x", "agency": "' OR 1=1"}, 2, 1),
        ({"when": "0001-01"}, 2, 1),
        ({"dataset": "dopa.person\x00"}, 2, 1),
    ],
)
async def test_entries_are_chosen(citizen: Visitor, query: dict[str, str], disclosures: int, sign_ins: int) -> None:
    await entries_of_three_kinds(citizen)
    filled = {"own": citizen.house.world.agency.id, "this month": f"{citizen.house.clock.now():%Y-%m}"}
    answer = await citizen.http.get(
        "/account/activity", params={name: filled.get(value, value) for name, value in query.items()}
    )
    fields = Fields(answer.text)
    assert answer.status_code == 200
    assert len(fields.data.get("data-disclosure", [])) == disclosures
    assert len(fields.data.get("data-sign-in", [])) == sign_ins
    if disclosures + sign_ins == 0:
        assert {"nothing", "show_all"} <= fields.ids, "an empty list has a way on"


async def test_a_choice_goes_along_to_older_entries(citizen: Visitor) -> None:
    world = citizen.house.world
    for _ in range(22):
        await world.signed_in(claims=("name",), scope=("openid", "name"))
    page = (await citizen.http.get("/account/activity?became=told")).text
    assert "/account/activity?became=told&amp;before=" in page
    assert "/account/activity/list.csv?became=told" in page


def test_months_are_those_of_bangkok() -> None:
    chosen = chosen_of({"when": "2026-12"})
    which = filter_of(chosen, datetime(2026, 12, 24, tzinfo=UTC))
    assert which.since is not None
    assert which.until is not None
    assert (which.since.isoformat(), which.until.isoformat()) == (
        "2026-12-01T00:00:00+07:00",
        "2027-01-01T00:00:00+07:00",
    )


async def test_the_list_is_a_file_without_values(citizen: Visitor) -> None:
    refused, released = await entries_of_three_kinds(citizen)
    table = await citizen.http.get("/account/activity/list.csv?lang=en")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"].startswith("attachment;")
    lines = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert lines[0][0] == "When"
    assert len(lines) == 4
    document = (await citizen.http.get("/account/activity/list.json?became=refused")).json()
    assert [entry["id"] for entry in document["entries"]] == [refused]
    everything = (await citizen.http.get("/account/activity/list.json")).json()
    assert {refused, released} <= {entry["id"] for entry in everything["entries"]}
    assert document["older_entries_left_out"] is False
    for text in (table.text, str(everything)):
        assert "สมชาย" not in text
    assert len(await citizen.house.world.entries("oversight.list_exported")) == 3


async def test_what_is_not_recognised_is_a_case_that_is_followed_to_its_answer(citizen: Visitor) -> None:
    refused, _ = await entries_of_three_kinds(citizen)
    form = await citizen.http.get(f"/account/activity/{refused}/doubt")
    assert "หน่วยงานจัดหางานสาธิต" in form.text
    sent = {**Fields(form.text).hidden, "text": "วันนั้นฉันไม่ได้ติดต่อ <b>ใคร</b>"}
    answers = await asyncio.gather(
        *(citizen.http.post(f"/account/activity/{refused}/doubt", data=sent) for _ in range(3))
    )
    where = {case_page(answer.headers["location"]) for answer in answers}
    assert len(where) == 1, "however often a form is sent, there is one case"
    (page,) = where
    case_id = CaseId(page.rpartition("/")[2])
    # the entry leads to the case from now on
    assert (await citizen.http.get(f"/account/activity/{refused}/doubt")).headers["location"] == page
    shown = (await citizen.http.get(page)).text
    assert "วันนั้นฉันไม่ได้ติดต่อ" in shown
    assert "<b>ใคร</b>" not in shown
    assert "หน่วยงานจัดหางานสาธิต" in shown, "the reviewer reads which access it is about"
    # a reviewer of the issuer asks back, the person answers, the reviewer decides
    house = citizen.house
    by = reviewer_of(house)
    async with house.storage.unit_of_work() as uow:
        case = await house.reviews.claim(uow, case_id, by=by)
        assert (case.kind, case.topic) == (CaseKind.DOUBT, refused)
        await house.reviews.ask_back(uow, case_id, by=by, question="วันไหน")
    assert "ตอบคำถามเกี่ยวกับเรื่องที่ท่านแจ้ง" in (await citizen.http.get("/account")).text
    listed = Fields((await citizen.http.get("/account/cases")).text)
    assert (listed.data["data-case"], listed.data["data-state"]) == ([case_id], ["asked_back"])
    asked = await citizen.http.get(page)
    answered = await citizen.http.post(f"{page}/answer", data={**Fields(asked.text).hidden, "answer": "วันจันทร์"})
    assert answered.headers["location"] == page
    async with house.storage.unit_of_work() as uow:
        await house.reviews.claim(uow, case_id, by=by)
        done = await house.reviews.decide(uow, case_id, by=by, outcome=Outcome.TAKEN_UP, reason="หน่วยงานจะชี้แจง")
    assert done.state is CaseState.DECIDED
    assert "หน่วยงานจะชี้แจง" in (await citizen.http.get(page)).text


async def test_words_are_marked_as_thai_where_they_are(citizen: Visitor) -> None:
    house, entry_id = citizen.house, "dis_" + "1" * 26
    async with house.storage.unit_of_work() as uow:
        case = await house.reviews.open_for_person(
            uow, house.world.somchai, CaseKind.DOUBT, entry_id, "I was not there"
        )
    house.clock.advance(1)  # of one millisecond, which was written first is left to chance
    async with house.storage.unit_of_work() as uow:
        await house.reviews.claim(uow, case.id, by=reviewer_of(house))
        await house.reviews.ask_back(uow, case.id, by=reviewer_of(house), question="วันไหน")
    marked = re.compile(r'class="app-written"( lang="th")?>')
    assert marked.findall((await citizen.http.get(f"/account/cases/{case.id}?lang=en")).text) == ["", ' lang="th"']


async def test_the_words_stay_where_they_cannot_be_taken(citizen: Visitor) -> None:
    refused, _ = await entries_of_three_kinds(citizen)
    form = await citizen.http.get(f"/account/activity/{refused}/doubt")
    answer = await citizen.http.post(
        f"/account/activity/{refused}/doubt", data={**Fields(form.text).hidden, "text": "ก" * 1_001}
    )
    assert answer.status_code == 422
    assert "REV-06" in answer.text
    assert "ก" * 1_001 in answer.text


async def test_only_the_own_entries_are_asked_about(citizen: Visitor) -> None:
    refused, _ = await entries_of_three_kinds(citizen)
    form = Fields((await citizen.http.get(f"/account/activity/{refused}/doubt")).text).hidden
    for entry_id in ("dis_" + "0" * 26, "gra_" + "0" * 26, "rev_" + "0" * 26, "dis_%00"):
        assert (await citizen.http.get(f"/account/activity/{entry_id}/doubt")).status_code == 404
        refusal = await citizen.http.post(f"/account/activity/{entry_id}/doubt", data={**form, "text": "x"})
        assert refusal.status_code == 404
    without = await citizen.http.post(f"/account/activity/{refused}/doubt", data={"text": "x"})
    assert without.status_code == 403
    async with citizen.house.storage.reading() as uow:
        row = await uow.first(select(func.count()).select_from(review_case))
    assert row is not None
    assert row[0] == 0


async def test_somebody_elses_case_does_not_exist(citizen: Visitor) -> None:
    house = citizen.house
    async with house.storage.unit_of_work() as uow:
        other = await house.world.subscribers.create(uow, identity=identity_of("malee"), ial=Ial.IAL2_2, by=SYSTEM)
        case = await house.reviews.open_for_person(uow, other, CaseKind.DOUBT, "dis_" + "0" * 26, "not Somchai's")
    assert (await citizen.http.get(f"/account/cases/{case.id}")).status_code == 404
    assert case.id not in (await citizen.http.get("/account/cases")).text


async def test_home_says_what_to_do_and_where_the_last_sign_in_was(citizen: Visitor) -> None:
    before = (await citizen.http.get("/account")).text
    assert "เพิ่มพาสคีย์ที่สองในอุปกรณ์อื่น" in before
    assert "สร้างรหัสกู้คืน" in before
    assert "เข้าสู่ระบบครั้งก่อนหน้า" not in before
    other = citizen.house.visitor()
    other.device = citizen.device
    other.http.headers["user-agent"] = "Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari"
    citizen.house.clock.advance(60)
    await other.sign_in()
    html = (await other.http.get("/account")).text
    assert "เข้าสู่ระบบครั้งก่อนหน้า" in html
    assert "Chrome, Android" in html
    await other.http.aclose()


async def test_every_page_has_the_help_line_with_a_case_id(citizen: Visitor) -> None:
    for path in ("/sign-in?again", "/account", "/levels", "/no-such-page"):
        answer = await citizen.http.get(path)
        fields = Fields(answer.text)
        assert {"help", "support_reference"} <= fields.ids, path
        assert f'id="support_reference">{answer.headers["x-request-id"]}<' in answer.text, path
