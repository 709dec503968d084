"""The decisions of the counter journey, as tables and as properties."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.registry import CardStatus
from connectors.contracts.thai_dates import PartialDate
from idp.enrolment import rules
from idp.enrolment.case_numbers import CaseNumber
from idp.enrolment.model import (
    ENDS,
    CardFacts,
    CardPassed,
    CardPending,
    CardRefused,
    CheckCard,
    End,
    Enrolment,
    EnrolmentProblem,
    EnrolmentState,
    Evidence,
    EvidenceKind,
    EvidenceResult,
    JourneyKey,
    Stay,
)
from idp.kernel.assurance import Ial
from idp.kernel.ids import (
    AgencyId,
    CardSessionId,
    EnrolmentId,
    EvidenceId,
    MemberId,
    StationId,
    SubscriberId,
)
from idp.stations.model import CardSessionState
from idp.subscribers.model import Subscriber, SubscriberStatus

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OFFICER = SubscriberId("sub_officer")
HOLDER = Subscriber(SubscriberId("sub_holder"), SubscriberStatus.ACTIVE, Ial.IAL1_3, NOW, None)


def enrolment_at(state: EnrolmentState, *, claimed_until: datetime | None = None) -> Enrolment:
    return Enrolment(
        EnrolmentId("enr_1"), CaseNumber("E-2569-0000-0001-0"), JourneyKey.COUNTER,
        AgencyId("agc_1"), StationId("st_1"), MemberId("mem_1"), OFFICER, CardSessionId("crd_1"),
        state, None, None, None, None, NOW, None, claimed_until,
    )  # fmt: skip


def piece(kind: EvidenceKind, result: EvidenceResult, *, after: int = 0) -> Evidence:
    at = NOW + timedelta(seconds=after)
    return Evidence(EvidenceId("evd_1"), EnrolmentId("enr_1"), kind, result, "test", "", at, MemberId("mem_1"))


@pytest.mark.parametrize("session", list(CardSessionState))
@pytest.mark.parametrize("state", list(EnrolmentState))
def test_every_pair_of_states_has_a_step(state: EnrolmentState, session: CardSessionState) -> None:
    step = rules.next_step(enrolment=enrolment_at(state), card_session=session, now=NOW)
    if state in (*ENDS, EnrolmentState.TYPING_CARD, EnrolmentState.AWAITING_REGISTRY, EnrolmentState.SECOND_OFFICER):
        assert step == Stay()
    elif state is not EnrolmentState.WAITING_FOR_CARD and session is not CardSessionState.READ:
        assert step == End(EnrolmentProblem.CARD_REMOVED)


def test_an_abandoned_check_is_taken_over() -> None:
    claimed = enrolment_at(EnrolmentState.CHECKING_CARD, claimed_until=NOW + timedelta(seconds=30))
    for seconds, step in ((29, Stay()), (30, CheckCard())):
        later = NOW + timedelta(seconds=seconds)
        assert rules.next_step(enrolment=claimed, card_session=CardSessionState.READ, now=later) == step


@given(st.lists(st.sampled_from([*CardStatus, None]), max_size=3))
def test_only_normal_everywhere_passes(answers: list[CardStatus | None]) -> None:
    decision = rules.decide_card(answers=answers)
    bad = [answer for answer in answers if answer is not None and answer is not CardStatus.NORMAL]
    if bad:
        assert decision == CardRefused(rules.STATUS_PROBLEMS[bad[0]])
    elif not answers or None in answers:
        assert decision == CardPending()
    else:
        assert decision == CardPassed()


def test_what_the_card_alone_is_judged_by() -> None:
    facts = CardFacts(
        JourneyKey.COUNTER, PartialDate(2569, 11, 22), "01", HOLDER, False, HOLDER.id, OFFICER, date(2026, 11, 22)
    )
    assert rules.find_obstacle(facts) is None
    assert rules.find_obstacle(replace(facts, holder=None, chip_holder=None)) is None
    expired = replace(facts, expiry_date=PartialDate(2569, 11, 21))
    assert rules.find_obstacle(expired) is EnrolmentProblem.CARD_EXPIRED
    assert rules.find_obstacle(replace(facts, expiry_date=None)) is None
    assert rules.find_obstacle(replace(facts, officer_person=HOLDER.id)) is EnrolmentProblem.OWN_ENROLMENT
    assert rules.find_obstacle(replace(facts, chip_holder=OFFICER)) is EnrolmentProblem.CHIP_OF_ANOTHER_PERSON
    assert rules.find_obstacle(replace(facts, holder=None)) is EnrolmentProblem.CHIP_OF_ANOTHER_PERSON
    # whatever two reviewers let pass, only the closed table counts
    everything = frozenset(EnrolmentProblem)
    assert rules.find_obstacle(replace(facts, chip_holder=OFFICER, allowed=everything)) is None
    own = replace(facts, officer_person=HOLDER.id, allowed=everything)
    assert rules.find_obstacle(own) is EnrolmentProblem.OWN_ENROLMENT
    closed = replace(HOLDER, status=SubscriberStatus.CLOSED)
    assert rules.find_obstacle(replace(facts, holder=closed)) is EnrolmentProblem.IDENTITY_NOT_ACTIVE


@pytest.mark.parametrize(
    ("journey", "card_type", "holder", "is_provisional", "problem"),
    [
        (JourneyKey.COUNTER, "02", None, False, EnrolmentProblem.OTHER_KIND_OF_CARD),
        (JourneyKey.NON_THAI_CARD, "01", None, False, EnrolmentProblem.OTHER_KIND_OF_CARD),
        (JourneyKey.NON_THAI_CARD, "02", None, False, None),
        (JourneyKey.NON_THAI_CARD, "", None, False, None),
        (JourneyKey.RENEWAL, "02", HOLDER, False, None),
        (JourneyKey.RENEWAL, "01", None, False, EnrolmentProblem.NOT_ENROLLED_YET),
        (JourneyKey.RECOVERY, "01", None, False, EnrolmentProblem.NOT_ENROLLED_YET),
        (JourneyKey.PROVISIONAL_COMPLETION, "01", HOLDER, False, EnrolmentProblem.NOT_PROVISIONAL),
        (JourneyKey.PROVISIONAL_COMPLETION, "01", HOLDER, True, None),
        (JourneyKey.FOREIGNER_COUNTER, "", None, False, None),
    ],
)
def test_whom_a_journey_is_for(
    journey: JourneyKey,
    card_type: str,
    holder: Subscriber | None,
    is_provisional: bool,
    problem: EnrolmentProblem | None,
) -> None:
    facts = CardFacts(journey, None, card_type, holder, is_provisional, None, OFFICER, date(2026, 11, 22))
    assert rules.find_obstacle(facts) is problem


def test_a_new_way_to_sign_in_needs_a_proof_as_good_as_a_counter_can_make() -> None:
    assert rules.suffices_for_link(reached=Ial.IAL1_3, held=Ial.IAL1_3)
    assert not rules.suffices_for_link(reached=Ial.IAL2_1, held=Ial.IAL2_2)
    assert rules.suffices_for_link(reached=Ial.IAL2_2, held=Ial.IAL2_3)
    assert not rules.suffices_for_link(reached=Ial.IAL2_1, held=Ial.IAL2_3)


FULL = (
    piece(EvidenceKind.CARD_READ, EvidenceResult.READ),
    piece(EvidenceKind.CARD_STATUS_CHIP, EvidenceResult.NORMAL),
    piece(EvidenceKind.CARD_STATUS_LASER, EvidenceResult.NORMAL),
    piece(EvidenceKind.FACE_BY_OFFICER, EvidenceResult.MATCHES),
)


@pytest.mark.parametrize(
    ("evidence", "ial"),
    [
        (FULL, Ial.IAL2_2),
        ((FULL[0], FULL[1], FULL[3]), Ial.IAL2_2),
        ((FULL[0], FULL[2]), Ial.IAL1_3),
        ((FULL[0], FULL[3]), Ial.IAL1_1),
        ((FULL[0],), Ial.IAL1_1),
        ((), Ial.IAL1_1),
        ((*FULL, piece(EvidenceKind.CARD_STATUS_LASER, EvidenceResult.MISMATCH, after=1)), Ial.IAL1_1),
        ((*FULL, piece(EvidenceKind.CARD_STATUS_CHIP, EvidenceResult.UNAVAILABLE, after=1)), Ial.IAL1_1),
        ((*FULL, piece(EvidenceKind.CARD_STATUS_CHIP, EvidenceResult.UNAVAILABLE, after=-1)), Ial.IAL2_2),
        ((*FULL, piece(EvidenceKind.FACE_BY_OFFICER, EvidenceResult.DIFFERS, after=1)), Ial.IAL1_3),
    ],
)
def test_evidence_reaches_its_level(evidence: tuple[Evidence, ...], ial: Ial) -> None:
    assert rules.ial_of(evidence) is ial


@given(st.lists(st.builds(piece, st.sampled_from(EvidenceKind), st.sampled_from(EvidenceResult)), max_size=6))
def test_no_face_no_second_level(evidence: list[Evidence]) -> None:
    has_face = any(found.result is EvidenceResult.MATCHES for found in evidence)
    assert has_face or rules.ial_of(evidence) < Ial.IAL2_1


def test_the_registrys_word_counts_for_a_minute() -> None:
    checked = replace(enrolment_at(EnrolmentState.COMPARE_FACE), checked_at=NOW)
    assert rules.is_status_fresh(enrolment=checked, now=NOW + timedelta(seconds=60))
    assert not rules.is_status_fresh(enrolment=checked, now=NOW + timedelta(seconds=61))
    assert not rules.is_status_fresh(enrolment=enrolment_at(EnrolmentState.COMPARE_FACE), now=NOW)
