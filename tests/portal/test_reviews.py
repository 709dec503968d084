"""The review queue over HTTP: found by number only, one hand at a time, two for an override, seen by the person."""

from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pytest

from connectors.fictitious.personas import PERSONAS
from idp.agencies.model import Role
from idp.agencies.store import insert_agency
from idp.audit.model import SYSTEM
from idp.enrolment.model import EnrolmentFlag, EvidenceKind, EvidenceResult
from idp.enrolment.reviews.model import CaseKind, CaseState, CorrectionTopic, Involved, Outcome, RemarkKind, Reviewer
from idp.kernel.ids import AgencyId, EnrolmentId, MemberId, SubscriberId
from idp.keys.envelope import PersonalData
from idp.oversight.model import LookRecord
from idp.oversight.service import AccessHistory
from tests.enrolment.world import ISSUER_AGENCY, World
from tests.portal.office import Browser, Office
from tests.portal.test_pages import enrolled, signed_in

pytestmark = pytest.mark.anyio


async def open_flag(office: Office, world: World, person: str | None = None) -> str:
    officer = world.members["officer"]
    involved = Involved(
        subscriber_id=None if person is None else SubscriberId(person),
        enrolment_id=EnrolmentId("enr_1"),
        agency_id=officer.agency_id,
        officer=officer.id,
        officer_person=officer.subscriber_id,
    )
    async with world.storage.unit_of_work() as uow:
        case = await office.reviews.open_case(uow, CaseKind.FLAG, "same_surname", involved)
    assert case is not None
    return str(case.id)


async def form_token(office: Office, world: World, browser: Browser) -> str:
    """What the form of another case holds: one token is good for every case."""
    async with world.storage.unit_of_work() as uow:
        other = await office.reviews.open_case(uow, CaseKind.PENDING, "registry", Involved(agency_id=world.agency_id))
    assert other is not None
    token = (await browser.get(f"/reviews/{other.id}")).csrf
    async with world.storage.unit_of_work() as uow:
        by = Reviewer(MemberId("mem_x"), SubscriberId("sub_x"), world.agency_id, frozenset())
        await office.reviews.claim(uow, other.id, by=by)
        await office.reviews.decide(uow, other.id, by=by, outcome=Outcome.GO_ON_WAITING, reason="x")
    return token


async def test_a_flag_is_claimed_asked_about_and_decided(office: Office, world: World) -> None:
    person = await enrolled(world)
    case_id = await open_flag(office, world, person)
    first, second, officer = [await signed_in(office, who) for who in ("admin1", "admin2", "officer")]
    queue = await first.get("/reviews")
    assert [row["data-case"] for row in queue.rows("data-case")] == [case_id]
    path = f"/reviews/{case_id}"
    page = await first.get(path)
    page = await first.post(f"{path}/claim", csrf=page.csrf)
    assert "decide_form" in page
    other = await second.get(path)
    assert "claim_form" not in other
    token = await form_token(office, world, second)
    assert (await second.post(f"{path}/claim", csrf=token)).error_code == "REV-02"
    page = await first.post(f"{path}/ask", csrf=page.csrf, question="ญาติกันหรือไม่")
    assert page["state"]["data-state"] == "asked_back"
    asked = await officer.get("/questions")
    assert "ญาติกันหรือไม่" in asked.response.text
    await officer.post(f"/questions/{case_id}/answer", csrf=asked.csrf, answer="ไม่ใช่ญาติ")
    page = await second.get(path)
    page = await second.post(f"{path}/claim", csrf=page.csrf)
    assert "ไม่ใช่ญาติ" in page.response.text
    assert (await second.post(f"{path}/decide", csrf=page.csrf, outcome="accepted", reason="x")).error_code == "REV-07"
    page = await second.post(f"{path}/decide", csrf=page.csrf, outcome="no_objection", reason="ไม่เกี่ยวข้องกัน")
    assert page["state"]["data-state"] == "decided"
    assert not list((await first.get("/reviews")).rows("data-case"))


async def test_an_officer_does_not_open_the_queue(office: Office, world: World) -> None:
    officer = await signed_in(office, "officer")
    assert (await officer.get("/reviews")).error_code == "POR-03"


@pytest.mark.parametrize(
    "path",
    [
        "/reviews?after=x",
        "/reviews?state=nothing",
        "/reviews?age=3",
        "/reviews?kind=x",
        "/reviews?site=x%00",
        "/reviews/rev_1",
    ],
)
async def test_addresses_that_nobody_made_are_not_there(office: Office, world: World, path: str) -> None:
    admin = await signed_in(office, "admin1")
    assert (await admin.get(path)).status == 404


async def test_a_case_is_found_by_its_number_and_a_look_is_seen_by_the_person(office: Office, world: World) -> None:
    person = await enrolled(world)
    case_id = await open_flag(office, world, person)
    admin = await signed_in(office, "admin1")
    form = await admin.get("/subscribers")
    number = f"R-{case_id[-10:-5]}-{case_id[-5:]}"
    page = await admin.post("/subscribers", csrf=form.csrf, query=number.lower())
    assert page.text("number") == number
    await admin.get(f"/subscribers/{person}")
    await admin.get(f"/subscribers/{person}")
    await admin.get(f"/subscribers/{person}/history")
    history = AccessHistory(personal=PersonalData(world.root_keys))
    async with world.storage.reading() as uow:
        seen = await history.of(uow, SubscriberId(person))
    looks = [entry.what.value for entry in seen if isinstance(entry, LookRecord)]
    assert sorted(looks) == ["case", "history", "record"]
    assert PERSONAS["somchai"].person.citizen_id.digits not in page.response.text


async def test_two_admins_close_an_identity_for_ever(office: Office, world: World) -> None:
    person = await enrolled(world)
    first, second = await signed_in(office, "admin1"), await signed_in(office, "admin2")
    path = f"/subscribers/{person}"
    page = await first.get(path)
    refused = await first.post(f"{path}/propose", csrf=page.csrf, wish="closed", why="duplicate")
    assert refused.error_code == "SUB-13"
    assert (await first.post(f"{path}/propose", csrf=page.csrf, wish="gone", why="")).error_code == "WEB-05"
    await first.post(f"{path}/suspend", csrf=page.csrf, reason="ลงทะเบียนซ้ำ")
    page = await first.post(f"{path}/propose", csrf=page.csrf, wish="closed", why="duplicate")
    assert page["proposal"]["data-wish"] == "closed"
    assert "approve_form" not in page
    page = await second.get(path)
    fields = {attributes["name"]: attributes.get("value", "") for attributes in page.rows("name")}
    page = await second.post(f"{path}/approve", csrf=page.csrf, proposal=fields["proposal"])
    assert page["status"]["data-status"] == "closed"
    form = await first.get("/subscribers")
    query = PERSONAS["somchai"].person.citizen_id.digits
    assert (await first.post("/subscribers", csrf=form.csrf, query=query)).status == 404


async def test_a_page_says_whose_session_it_is(office: Office, world: World) -> None:
    browser = await signed_in(office, "admin1")
    page = await browser.get("/reviews", lang="th")
    assert PERSONAS["admin1"].person.name_th.full() in page.response.text
    assert "signed_in_as" in page


async def test_a_correction_is_answered_by_somebody_else_than_the_person(office: Office, world: World) -> None:
    own = world.people["admin1"]
    async with world.storage.unit_of_work() as uow:
        case = await office.reviews.ask_correction(uow, own, CorrectionTopic.NAME_EN, "spelled wrong")
    admin = office.browser()
    await admin.sign_in("admin1", members=await for_both(world))
    page = await admin.get(f"/reviews/{case.id}")
    assert "claim_form" not in page
    token = await form_token(office, world, admin)
    assert (await admin.post(f"/reviews/{case.id}/claim", csrf=token)).error_code == "REV-05"


async def for_both(world: World) -> list[dict[str, object]]:
    """An administrator of the office reviews for the issuer as well: what the issuer then says at sign-in."""
    async with world.storage.unit_of_work() as uow:
        issuer = replace(await world.agencies.agency(uow, world.agency_id), id=ISSUER_AGENCY, code="issuer")
        await insert_agency(uow, issuer)
        member = await world.agencies.add_member(
            uow,
            agency_id=ISSUER_AGENCY,
            subscriber_id=world.people["admin1"],
            position_th="ผู้ตรวจ",
            position_en="Reviewer",
            roles=(Role.ENROLMENT_ADMIN,),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
    return [
        {"member_id": one.id, "agency_id": one.agency_id, "roles": [role.value for role in one.roles]}
        for one in (world.members["admin1"], member)
    ]


async def test_who_reviews_for_two_agencies_sees_the_cases_of_both_and_nobody_else_does(
    office: Office, world: World
) -> None:
    async with world.storage.unit_of_work() as uow:
        case = await office.reviews.ask_correction(
            uow, world.people["officer"], CorrectionTopic.NAME_EN, "spelled wrong"
        )
    agencys = await open_flag(office, world)
    office_only = await signed_in(office, "admin2")
    assert [row["data-case"] for row in (await office_only.get("/reviews")).rows("data-case")] == [agencys]
    assert (await office_only.get(f"/reviews/{case.id}")).status == 404
    form = await office_only.get("/subscribers")
    assert (await office_only.post("/subscribers", csrf=form.csrf, query=case.number)).status == 404
    both = office.browser()
    await both.sign_in("admin1", members=await for_both(world))
    queue = await both.get("/reviews")
    assert {row["data-case"] for row in queue.rows("data-case")} == {case.id, agencys}
    for case_id in (case.id, agencys):
        page = await both.get(f"/reviews/{case_id}")
        page = await both.post(f"/reviews/{case_id}/claim", csrf=page.csrf)
        assert "decide_form" in page
    form = await both.get("/subscribers")
    assert (await both.post("/subscribers", csrf=form.csrf, query=case.number)).text("number") == case.number


def test_every_evidence_flag_and_decision_has_words() -> None:
    templates = resources.files("idp.portal") / "templates"
    evidence = (templates / "evidence_words.html").read_text("utf-8")
    review = (templates / "review_words.html").read_text("utf-8")
    for code in (*EvidenceKind, *EvidenceResult):
        assert f'"{code.value}": ' in evidence
    for said in (*CaseKind, *CaseState, *Outcome, *CorrectionTopic, *RemarkKind, *EnrolmentFlag):
        assert f'"{said.value}": ' in review


async def test_another_agencys_cases_are_not_there(office: Office, world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        elsewhere = Involved(agency_id=AgencyId("agc_elsewhere"), enrolment_id=EnrolmentId("enr_2"))
        other = await office.reviews.open_case(uow, CaseKind.FLAG, "same_surname", elsewhere)
    own = await open_flag(office, world)
    assert other is not None
    admin = await signed_in(office, "admin1")
    assert [row["data-case"] for row in (await admin.get("/reviews")).rows("data-case")] == [own]
    assert (await admin.get(f"/reviews/{other.id}")).status == 404
    token = await form_token(office, world, admin)
    for act in ("claim", "release", "ask", "decide", "agree", "disagree"):
        fields = {"question": "x", "outcome": "objection", "reason": "x"}
        assert (await admin.post(f"/reviews/{other.id}/{act}", csrf=token, **fields)).status == 404, act
    async with world.storage.reading() as uow:
        assert (await office.reviews.get(uow, other.id)).state is CaseState.OPEN
        assert await office.reviews.find_by_number(uow, other.number, seen_by=[AgencyId("agc_x")]) is None
