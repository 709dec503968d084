"""The tables of journeys: every one can be finished, none lets anybody past what it needs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.enrolment import journeys, rules
from idp.enrolment.case_numbers import CaseNumber, InvalidCaseNumber
from idp.enrolment.journeys import JOURNEYS, Held, Journey
from idp.enrolment.model import ENDS, EnrolmentState, EvidenceKind, EvidenceResult, JourneyKey
from idp.kernel.assurance import Ial
from tests.enrolment.test_rules import piece

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
every_journey = pytest.mark.parametrize("journey", JOURNEYS.values(), ids=lambda journey: journey.key.value)
held = st.dictionaries(st.sampled_from(EvidenceKind), st.sampled_from(EvidenceResult))


@every_journey
def test_a_table_names_its_own_steps_once_and_every_end(journey: Journey) -> None:
    keys = [row.key for row in journey.steps]
    assert len(set(keys)) == len(keys)
    assert set(keys) >= ENDS
    for row in journey.steps:
        assert row.next <= set(keys)
        assert row.undo is None or keys.index(row.undo) < keys.index(row.key)
        assert (row.key in ENDS) == (not row.next)


@every_journey
def test_every_journey_can_be_finished(journey: Journey) -> None:
    """With the evidence of its own completion one path leads there, and no step is out of reach."""
    reached = {journey.first}
    while new := {step for at in reached for step in _row_next(journey, at)} - reached:
        reached |= new
    assert reached == {row.key for row in journey.steps}


def _row_next(journey: Journey, at: EnrolmentState) -> frozenset[EnrolmentState]:
    row = journey.row(at)
    assert row is not None
    return row.next


@every_journey
@given(held=held)
def test_nobody_is_completed_without_what_it_needs(journey: Journey, held: Held) -> None:
    last = journey.row(EnrolmentState.COMPLETED)
    assert last is not None
    for state in EnrolmentState:
        if journeys.may_enter(journey, at=state, to=EnrolmentState.COMPLETED, held=held):
            assert any(needed.items() <= held.items() for needed in last.needs)
            assert any(needed for needed in last.needs)


@every_journey
@given(held=held)
def test_an_end_leads_nowhere_and_has_no_way_back(journey: Journey, held: Held) -> None:
    for state in ENDS:
        assert journeys.possible_next(journey, at=state, held=held) == frozenset()
        assert journeys.undone(journey, at=state) is None


@every_journey
def test_going_back_withdraws_all_that_came_after(journey: Journey) -> None:
    for row in journey.steps:
        undone = journeys.undone(journey, at=row.key)
        if row.undo is not None:
            assert undone is not None
            assert row.gathers <= undone.withdraws
            there = journey.row(undone.to)
            assert there is not None
            assert there.gathers <= undone.withdraws


def test_at_a_counter_an_officer_declares_and_agrees_before_anybody_is_asked() -> None:
    for key in journeys.AT_COUNTER:
        completed = JOURNEYS[key].row(EnrolmentState.COMPLETED)
        checking = JOURNEYS[key].row(EnrolmentState.CHECKING_CARD)
        assert completed is not None
        assert checking is not None
        for needed in completed.needs:
            assert needed[EvidenceKind.NO_RELATION] is EvidenceResult.DECLARED
            assert needed[EvidenceKind.FACE_BY_OFFICER] is EvidenceResult.MATCHES
        assert all(EvidenceKind.CARD_HANDED_OVER in needed for needed in checking.needs)


@pytest.mark.parametrize(
    ("key", "highest"),
    [
        (JourneyKey.COUNTER, Ial.IAL2_3),
        (JourneyKey.FOREIGNER_COUNTER, Ial.IAL2_2),
        (JourneyKey.KIOSK, Ial.IAL2_1),
        (JourneyKey.HOME_READER, Ial.IAL1_3),
    ],
)
def test_no_way_reaches_more_than_its_evidence(key: JourneyKey, highest: Ial) -> None:
    good = {
        EvidenceResult.READ, EvidenceResult.GIVEN, EvidenceResult.NORMAL, EvidenceResult.MATCHES,
        EvidenceResult.GENUINE, EvidenceResult.PROVEN, EvidenceResult.DECLARED,
    }  # fmt: skip
    gathered = {kind for row in JOURNEYS[key].steps for kind in row.gathers}
    levels = {rules.ial_of([piece(kind, result) for kind in gathered]) for result in good}
    best = [row.ial for row in rules.IAL_POLICY if row.needs.keys() <= gathered]
    assert max(best) is highest
    assert max(levels) <= highest


def test_withdrawn_evidence_counts_for_nothing() -> None:
    read = piece(EvidenceKind.CARD_READ, EvidenceResult.READ)
    assert journeys.held_of([read]) == {EvidenceKind.CARD_READ: EvidenceResult.READ}
    assert journeys.held_of([replace(read, withdrawn_at=NOW + timedelta(seconds=1))]) == {}


def test_a_case_number_is_read_back_however_it_is_written() -> None:
    drawn = CaseNumber.draw(now=NOW, randomness=lambda size: bytes(range(size)))
    assert drawn.text.startswith("E-2569-")
    thai = drawn.text.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    for typed in (drawn.text, drawn.text.replace("-", ""), f" {drawn.text.lower()} ", thai):
        assert CaseNumber.parse(typed) == drawn


@given(st.integers(min_value=7, max_value=17), st.sampled_from("0123456789"))
def test_a_wrong_digit_in_a_case_number_is_noticed(place: int, digit: str) -> None:
    drawn = CaseNumber.draw(now=NOW, randomness=lambda size: bytes(range(size))).text
    wrong = drawn[:place] + digit + drawn[place + 1 :]
    if drawn[place] != "-" and wrong != drawn:
        with pytest.raises(InvalidCaseNumber):
            CaseNumber.parse(wrong)


@pytest.mark.parametrize("typed", ["", "E", "E-2569-1234-5678", "enr_01", "E-2569-1234-5678-99", "E-๒๕๖๙"])
def test_what_is_no_case_number(typed: str) -> None:
    with pytest.raises(InvalidCaseNumber):
        CaseNumber.parse(typed)
