"""Cases that somebody looks at, on either engine: one hand at a time, a reason for every decision, two for an override,
nothing about oneself, nothing left of a person whose identity was closed.
"""

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from idp.approvals.model import ApprovalProblem
from idp.approvals.service import Approvals
from idp.audit.model import SYSTEM
from idp.enrolment.reviews import rules
from idp.enrolment.reviews.model import (
    ANSWERED_WITHIN,
    LEASE,
    MOST_CORRECTIONS,
    UNANSWERED_AFTER,
    CaseFilter,
    CaseId,
    CaseKind,
    CaseState,
    CorrectionTopic,
    Involved,
    Outcome,
    RemarkKind,
    ReviewCase,
    Reviewer,
    ReviewProblem,
)
from idp.enrolment.reviews.service import CASE_ASKED, CASE_DECIDED, CASE_OPENED, SECOND_WITHIN, Reviews
from idp.enrolment.reviews.store import review_case, review_remark
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import AgencyId, EnrolmentId, MemberId, StationId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.audit_seals import audit_log_of
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.outbox import outbox
from idp.storage.storage import Storage, open_engine
from idp.subscribers.closing import Closings
from idp.subscribers.model import ClosingReason, SubscriberStatus
from idp.subscribers.service import Subscribers
from tests.clock import FrozenClock
from tests.subscribers.test_subscribers import identity_of

pytestmark = pytest.mark.anyio

ROLES = frozenset({"enrolment_admin"})
ANNA = Reviewer(MemberId("mem_a"), SubscriberId("sub_anna"), AgencyId("agc_1"), ROLES)
BOON = Reviewer(MemberId("mem_b"), SubscriberId("sub_boon"), AgencyId("agc_1"), ROLES)
ANNA_AGAIN = replace(ANNA, member_id=MemberId("mem_c"))
ELSEWHERE = replace(ANNA, member_id=MemberId("mem_d"), person=SubscriberId("sub_d"), agency_id=AgencyId("agc_2"))
ENROLMENT = Involved(
    enrolment_id=EnrolmentId("enr_1"),
    agency_id=AgencyId("agc_1"),
    site=StationId("counter-1"),
    officer=MemberId("mem_o"),
    officer_person=SubscriberId("sub_officer"),
)


class Desk:
    """The room over one store."""

    def __init__(self, storage: Storage) -> None:
        root_keys = RootKeys({1: secrets.token_bytes(32)})
        personal, audit = PersonalData(root_keys), audit_log_of(root_keys, randomness=system_randomness)
        self.storage, self.personal, self.audit = storage, personal, audit
        self.subscribers = Subscribers(personal=personal, blind_index=BlindIndex(root_keys), audit=audit)
        approvals = Approvals(personal=personal, audit=audit, randomness=system_randomness)
        self.reviews = Reviews(
            subscribers=self.subscribers,
            approvals=approvals,
            personal=personal,
            audit=audit,
            issuer_agency=ANNA.agency_id,
        )

    async def person(self, persona: str = "somchai") -> SubscriberId:
        async with self.storage.unit_of_work() as uow:
            return await self.subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_2, by=SYSTEM)

    async def opened(
        self, kind: CaseKind = CaseKind.FLAG, topic: str = "same_surname", involved: Involved = ENROLMENT
    ) -> CaseId:
        async with self.storage.unit_of_work() as uow:
            case = await self.reviews.open_case(uow, kind, topic, involved)
        assert case is not None
        return case.id

    async def in_hand(self, case_id: CaseId, by: Reviewer = ANNA) -> ReviewCase:
        async with self.storage.unit_of_work() as uow:
            return await self.reviews.claim(uow, case_id, by=by)

    async def decide(self, case_id: CaseId, outcome: Outcome, by: Reviewer = ANNA) -> ReviewCase:
        async with self.storage.unit_of_work() as uow:
            return await self.reviews.decide(uow, case_id, by=by, outcome=outcome, reason="looked at it")

    async def case(self, case_id: CaseId) -> ReviewCase:
        async with self.storage.reading() as uow:
            return await self.reviews.get(uow, case_id)

    async def topics(self) -> list[str]:
        async with self.storage.reading() as uow:
            return [row.topic for row in await uow.all(select(outbox.c.topic).order_by(outbox.c.id))]


@pytest.fixture
def desk(storage: Storage) -> Desk:
    return Desk(storage)


async def test_a_cause_is_one_case_however_often_it_is_told(desk: Desk) -> None:
    await desk.opened()
    async with desk.storage.unit_of_work() as uow:
        assert await desk.reviews.open_case(uow, CaseKind.FLAG, "same_surname", ENROLMENT) is None
        assert await desk.reviews.open_case(uow, CaseKind.FLAG, "same_house", ENROLMENT) is not None


async def test_one_reviewer_has_a_case_in_hand_until_the_lease_is_over(desk: Desk, clock: FrozenClock) -> None:
    case_id = await desk.opened()
    await desk.in_hand(case_id)
    with pytest.raises(Conflict) as refused:
        await desk.in_hand(case_id, BOON)
    assert refused.value.code is ReviewProblem.IN_OTHER_HANDS
    clock.advance(LEASE.total_seconds() - 1)
    assert (await desk.in_hand(case_id)).is_in_hand_of(ANNA.member_id, clock.now() + timedelta(minutes=14))
    clock.advance(LEASE.total_seconds())
    await desk.in_hand(case_id, BOON)
    with pytest.raises(Conflict) as late:
        await desk.decide(case_id, Outcome.NO_OBJECTION)
    assert late.value.code is ReviewProblem.IN_OTHER_HANDS


async def test_over_two_nodes_one_claim_counts(desk: Desk, database_url: str, clock: FrozenClock) -> None:
    case_id = await desk.opened()
    second = Storage(open_engine(database_url), clock)
    try:

        async def claim(storage: Storage, by: Reviewer) -> bool:
            try:
                async with storage.unit_of_work() as uow:
                    await desk.reviews.claim(uow, case_id, by=by)
            except Conflict:
                return False
            return True

        won = await asyncio.gather(claim(desk.storage, ANNA), claim(second, BOON))
    finally:
        await second.close()
    assert sorted(won) == [False, True]


async def test_what_people_ask_of_their_own_accord_is_the_issuers_alone(desk: Desk) -> None:
    person = await desk.person()
    async with desk.storage.unit_of_work() as uow:
        case = await desk.reviews.ask_correction(uow, person, CorrectionTopic.SEX, "wrong")
    elsewhere = CaseFilter(seen_by=frozenset({ELSEWHERE.agency_id}))
    issuers = CaseFilter(seen_by=frozenset({ANNA.agency_id}))
    async with desk.storage.reading() as uow:
        assert await desk.reviews.page(uow, elsewhere, after=None, limit=9) == []
        assert await desk.reviews.count_up_to(uow, elsewhere, most=9) == 0
        assert await desk.reviews.find_by_number(uow, case.number, seen_by=[ELSEWHERE.agency_id]) is None
        assert [one.id for one in await desk.reviews.page(uow, issuers, after=None, limit=9)] == [case.id]
        with pytest.raises(NotFound):
            await desk.reviews.seen_by(uow, case.id, ELSEWHERE.agency_id)
    with pytest.raises(NotFound):
        await desk.in_hand(case.id, ELSEWHERE)
    await desk.in_hand(case.id)


async def test_nobody_decides_what_is_not_in_hand(desk: Desk, clock: FrozenClock) -> None:
    case_id = await desk.opened()
    with pytest.raises(Conflict) as never:
        await desk.decide(case_id, Outcome.NO_OBJECTION)
    await desk.in_hand(case_id)
    clock.advance(LEASE.total_seconds())
    with pytest.raises(Conflict) as late:
        await desk.decide(case_id, Outcome.NO_OBJECTION)
    assert never.value.code is late.value.code is ReviewProblem.NOT_IN_HAND


@pytest.mark.parametrize(
    "involved",
    [replace(ENROLMENT, officer_person=ANNA.person), replace(ENROLMENT, subscriber_id=ANNA.person)],
)
async def test_nobody_reviews_the_own_work_or_record(desk: Desk, involved: Involved) -> None:
    for by in (ANNA, ANNA_AGAIN):
        with pytest.raises(Refused) as refused:
            rules.validate_reviewer(involved=involved, person=by.person)
        assert refused.value.code is ReviewProblem.OWN_CASE


async def test_an_objection_stops_the_identity(desk: Desk) -> None:
    person = await desk.person()
    case_id = await desk.opened(involved=replace(ENROLMENT, subscriber_id=person))
    await desk.in_hand(case_id)
    decided = await desk.decide(case_id, Outcome.OBJECTION)
    assert (decided.state, decided.outcome) == (CaseState.DECIDED, Outcome.OBJECTION)
    async with desk.storage.reading() as uow:
        assert (await desk.subscribers.get(uow, person)).status is SubscriberStatus.SUSPENDED
        assert await desk.subscribers.suspension_reason(uow, person) == "looked at it"
    with pytest.raises(Conflict) as again:
        await desk.in_hand(case_id)
    assert again.value.code is ReviewProblem.OTHER_STATE


async def test_a_decision_of_another_kind_is_refused(desk: Desk) -> None:
    case_id = await desk.opened()
    await desk.in_hand(case_id)
    with pytest.raises(Refused) as refused:
        await desk.decide(case_id, Outcome.ACCEPTED)
    assert refused.value.code is ReviewProblem.OUTCOME_NOT_POSSIBLE


async def test_a_check_is_passed_over_by_two_persons_only(desk: Desk) -> None:
    case_id = await desk.opened(CaseKind.OVERRIDE, "ENR-09")
    await desk.in_hand(case_id)
    assert (await desk.decide(case_id, Outcome.ALLOWED)).state is CaseState.PROPOSED
    async with desk.storage.reading() as uow:
        assert await desk.reviews.allowed(uow, EnrolmentId("enr_1")) == frozenset()
    for same in (ANNA, ANNA_AGAIN):
        with pytest.raises(Refused) as refused:
            async with desk.storage.unit_of_work() as uow:
                await desk.reviews.agree(uow, case_id, by=same)
        assert refused.value.code is ApprovalProblem.SAME_PERSON
    # what another agency has before it is not there for a reviewer of this one
    with pytest.raises(NotFound):
        async with desk.storage.unit_of_work() as uow:
            await desk.reviews.agree(uow, case_id, by=ELSEWHERE)
    async with desk.storage.unit_of_work() as uow:
        decided = await desk.reviews.agree(uow, case_id, by=BOON)
    assert decided.outcome is Outcome.ALLOWED
    async with desk.storage.reading() as uow:
        assert await desk.reviews.allowed(uow, EnrolmentId("enr_1")) == {"ENR-09"}
        assert await desk.reviews.allowed(uow, EnrolmentId("enr_2")) == frozenset()


async def test_the_second_reviewer_says_no_or_never_comes(desk: Desk, clock: FrozenClock) -> None:
    case_id = await desk.opened(CaseKind.OVERRIDE, "ENR-09")
    await desk.in_hand(case_id)
    await desk.decide(case_id, Outcome.ALLOWED)
    async with desk.storage.unit_of_work() as uow:
        assert (await desk.reviews.disagree(uow, case_id, by=BOON, reason="not the same chip")).state is CaseState.OPEN
    await desk.in_hand(case_id)
    await desk.decide(case_id, Outcome.ALLOWED)
    async with desk.storage.unit_of_work() as uow:
        assert await desk.reviews.reopen_expired(uow) == 0
    clock.advance(SECOND_WITHIN.total_seconds())
    async with desk.storage.unit_of_work() as uow:
        assert await desk.reviews.reopen_expired(uow) == 1
    assert (await desk.case(case_id)).state is CaseState.OPEN


async def test_the_officer_of_an_enrolment_answers_and_nobody_else(desk: Desk, clock: FrozenClock) -> None:
    case_id = await desk.opened()
    await desk.in_hand(case_id)
    async with desk.storage.unit_of_work() as uow:
        await desk.reviews.ask_back(uow, case_id, by=ANNA, question="Are you related?")
    clock.advance(60)
    with pytest.raises(NotFound):
        async with desk.storage.unit_of_work() as uow:
            await desk.reviews.answer_as_officer(uow, case_id, officer=MemberId("mem_x"), text="no")
    async with desk.storage.unit_of_work() as uow:
        assert [case.id for case in await desk.reviews.asked_of_officer(uow, MemberId("mem_o"))] == [case_id]
        await desk.reviews.answer_as_officer(uow, case_id, officer=MemberId("mem_o"), text="no, a common name")
    async with desk.storage.reading() as uow:
        case = await desk.reviews.get(uow, case_id)
        remarks = await desk.reviews.remarks(uow, case)
        assert await desk.reviews.asked_of_officer(uow, MemberId("mem_o")) == []
    assert case.state is CaseState.OPEN
    assert [(remark.kind, remark.by_member) for remark in remarks] == [
        (RemarkKind.QUESTION, ANNA.member_id),
        (RemarkKind.ANSWER, MemberId("mem_o")),
    ]


async def test_a_correction_has_a_number_a_state_and_an_answer(desk: Desk, clock: FrozenClock) -> None:
    person = await desk.person()
    async with desk.storage.unit_of_work() as uow:
        case = await desk.reviews.ask_correction(uow, person, CorrectionTopic.NAME_EN, " It is Somchay ")
    assert (case.due_at - clock.now(), case.number) == (ANSWERED_WITHIN, rules.number_of(case.id))
    clock.advance(60)
    await desk.in_hand(case.id)
    async with desk.storage.unit_of_work() as uow:
        await desk.reviews.ask_back(uow, case.id, by=ANNA, question="Since when?")
    clock.advance(60)
    async with desk.storage.unit_of_work() as uow:
        await desk.reviews.answer_as_person(uow, case.id, subscriber_id=person, text="Since birth")
    clock.advance(60)
    await desk.in_hand(case.id)
    await desk.decide(case.id, Outcome.ACCEPTED)
    async with desk.storage.reading() as uow:
        (mine,) = await desk.reviews.corrections_of(uow, person)
        written = [remark.text for remark in await desk.reviews.remarks(uow, mine)]
        stored = await uow.all(text("SELECT sealed_text FROM review_remark"))
    assert (mine.state, mine.outcome) == (CaseState.DECIDED, Outcome.ACCEPTED)
    assert written == ["It is Somchay", "Since when?", "Since birth", "looked at it"]
    assert not any(b"Somchay" in bytes(row.sealed_text) for row in stored)
    assert [topic for topic in await desk.topics() if topic.startswith("review")] == [
        CASE_OPENED,
        CASE_ASKED,
        CASE_DECIDED,
    ]


@pytest.mark.parametrize("outcome", [Outcome.OBJECTION, Outcome.NO_OBJECTION])
async def test_a_case_about_somebody_stopped_or_closed_meanwhile_can_be_decided(desk: Desk, outcome: Outcome) -> None:
    closings = Closings(personal=desk.personal, audit=desk.audit)
    for persona, is_closed in (("somchai", False), ("malee", True)):
        person = await desk.person(persona)
        involved = replace(ENROLMENT, enrolment_id=EnrolmentId(f"enr_{persona}"), subscriber_id=person)
        case_id = await desk.opened(involved=involved)
        async with desk.storage.unit_of_work() as uow:
            await desk.subscribers.suspend_by_registry(uow, person, reason="died")
            if is_closed:
                await closings.close(uow, person, why=ClosingReason.DEATH, by=SYSTEM)
        await desk.in_hand(case_id)
        decided = await desk.decide(case_id, outcome)
        assert (decided.state, decided.outcome) == (CaseState.DECIDED, outcome)
        async with desk.storage.reading() as uow:
            written = await uow.all(select(review_remark.c.id).where(review_remark.c.case_id == case_id))
            status = (await desk.subscribers.get(uow, person)).status
        assert len(written) == (not is_closed)
        assert status is (SubscriberStatus.CLOSED if is_closed else SubscriberStatus.SUSPENDED)


async def test_what_nobody_answers_ends_or_goes_back_to_the_reviewers(desk: Desk, clock: FrozenClock) -> None:
    person, flagged = await desk.person(), await desk.opened()
    async with desk.storage.unit_of_work() as uow:
        case = await desk.reviews.ask_correction(uow, person, CorrectionTopic.NAME_EN, "It is Somchay")
    clock.advance(3600)
    for case_id in (case.id, flagged):
        await desk.in_hand(case_id)
        async with desk.storage.unit_of_work() as uow:
            await desk.reviews.ask_back(uow, case_id, by=ANNA, question="Since when?")
    clock.advance(UNANSWERED_AFTER.total_seconds() - 1)
    async with desk.storage.unit_of_work() as uow:
        assert await desk.reviews.end_unanswered(uow) == 0
    clock.advance(1)
    async with desk.storage.unit_of_work() as uow:
        assert await desk.reviews.end_unanswered(uow) == 2
        assert await desk.reviews.end_unanswered(uow) == 0
    ended, again = await desk.case(case.id), await desk.case(flagged)
    assert (ended.state, ended.outcome) == (CaseState.DECIDED, Outcome.UNANSWERED)
    assert (again.state, again.outcome) == (CaseState.OPEN, None)
    async with desk.storage.unit_of_work() as uow:
        told = [row.payload for row in await uow.all(select(outbox).where(outbox.c.topic == CASE_DECIDED))]
        assert [one["case_id"] for one in told] == [case.id]
        # a late answer finds it over; the person may ask anew
        with pytest.raises(Conflict):
            await desk.reviews.answer_as_person(uow, case.id, subscriber_id=person, text="Since birth")
        await desk.reviews.ask_correction(uow, person, CorrectionTopic.NAME_EN, "It is Somchay, since birth")


async def test_somebody_elses_correction_is_not_there(desk: Desk) -> None:
    person, other = await desk.person(), await desk.person("malee")
    async with desk.storage.unit_of_work() as uow:
        case = await desk.reviews.ask_correction(uow, person, CorrectionTopic.SEX, "wrong")
    flagged = await desk.opened(involved=replace(ENROLMENT, subscriber_id=person))
    for case_id, asker in ((case.id, other), (flagged, person), (CaseId("rev_unknown"), person)):
        with pytest.raises(NotFound):
            async with desk.storage.reading() as uow:
                await desk.reviews.own(uow, case_id, subscriber_id=asker)


@pytest.mark.parametrize("words", ["", "   ", "x" * 1_001])
async def test_a_text_that_cannot_be_kept_is_refused(desk: Desk, words: str) -> None:
    person = await desk.person()
    with pytest.raises(Refused) as refused:
        async with desk.storage.unit_of_work() as uow:
            await desk.reviews.ask_correction(uow, person, CorrectionTopic.SEX, words)
    assert refused.value.code is ReviewProblem.TEXT_NOT_POSSIBLE


async def test_few_corrections_of_one_person_are_open_at_a_time(desk: Desk) -> None:
    person = await desk.person()

    async def ask() -> TuatonError | None:
        try:
            async with desk.storage.unit_of_work() as uow:
                await desk.reviews.ask_correction(uow, person, CorrectionTopic.OTHER, "wrong")
        except TuatonError as error:
            return error
        return None

    refusals = [error for error in await asyncio.gather(*(ask() for _ in range(MOST_CORRECTIONS + 3))) if error]
    assert [error.code for error in refusals] == [ReviewProblem.TOO_MANY_OPEN] * 3


async def test_lists_are_filtered_paged_and_counted_without_a_name(desk: Desk, clock: FrozenClock) -> None:
    made = []
    for number in range(5):
        clock.advance(60)
        involved = replace(ENROLMENT, enrolment_id=EnrolmentId(f"enr_{number}"), site=StationId(f"s{number % 2}"))
        made.append(await desk.opened(CaseKind.FLAG if number < 4 else CaseKind.OVERRIDE, "x", involved))
    async with desk.storage.reading() as uow:
        first = await desk.reviews.page(uow, CaseFilter(), after=None, limit=2)
        second = await desk.reviews.page(uow, CaseFilter(), after=first[-1].id, limit=9)
        site = await desk.reviews.page(uow, CaseFilter(site=StationId("s1")), after=None, limit=9)
        kind = await desk.reviews.page(uow, CaseFilter(kind=CaseKind.OVERRIDE), after=None, limit=9)
        old = CaseFilter(opened_before=uow.now - timedelta(seconds=120))
        aged = await desk.reviews.page(uow, old, after=None, limit=9)
        counted = [await desk.reviews.count_up_to(uow, CaseFilter(), most=most) for most in (3, 100)]
        by_number = await desk.reviews.find_by_number(
            uow, first[0].number.replace("-", " ").lower(), seen_by=[ANNA.agency_id]
        )
    assert [case.id for case in (*first, *second)] == made
    assert [case.id for case in site] == [made[1], made[3]]
    assert [case.id for case in kind] == [made[4]]
    assert [case.id for case in aged] == made[:3]
    assert counted == [3, 5]
    assert by_number == first[0]


async def test_a_case_that_is_put_back_is_free(desk: Desk) -> None:
    case_id = await desk.opened()
    await desk.in_hand(case_id)
    async with desk.storage.unit_of_work() as uow:
        assert [case.id for case in await desk.reviews.in_hand_of(uow, ANNA.member_id)] == [case_id]
        await desk.reviews.release(uow, case_id, by=ANNA)
    await desk.in_hand(case_id, BOON)
    with pytest.raises(Conflict):
        async with desk.storage.unit_of_work() as uow:
            await desk.reviews.release(uow, case_id, by=ANNA)


async def test_what_was_written_goes_with_the_persons_key(desk: Desk) -> None:
    person = await desk.person()
    async with desk.storage.unit_of_work() as uow:
        case = await desk.reviews.ask_correction(uow, person, CorrectionTopic.SEX, "wrong")
        await desk.personal.destroy(uow, person)
    with pytest.raises(ValueError, match="data_key"):
        async with desk.storage.reading() as uow:
            await desk.reviews.remarks(uow, case)
    async with desk.storage.reading() as uow:
        assert await uow.first(select(review_case.c.id)) is not None


@given(st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26))
def test_a_number_is_read_as_it_is_spelled(drawn: str) -> None:
    number = rules.number_of(CaseId(f"rev_{drawn}"))
    sloppy = number.replace("0", "o").replace("1", "l").lower().replace("-", " ")
    assert rules.parse_number(number) == rules.parse_number(sloppy) == number


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_number_or_nothing(typed: str) -> None:
    parsed = rules.parse_number(typed)
    assert parsed is None or rules.parse_number(parsed) == parsed
