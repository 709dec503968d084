"""Which look-ups of a day are looked at: all that are flagged, and max(3, 5 %) by chance."""

import secrets
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.agencies.model import Role
from idp.approvals.model import Decider
from idp.kernel.ids import AgencyId, MemberId, ServiceId, SubscriberId
from idp.oversight.followup.model import Flag, LookUp, OversightProblem, Result, Sample, SampleId, Verdict, Why
from idp.oversight.followup.rules import (
    MANY_IN_AN_HOUR,
    MANY_OF_A_CASE,
    choose,
    due_after,
    flags_of,
    in_bulk,
    is_at_night,
    is_supervisor,
    reviewing_problem,
    sample_size,
)

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def look_up(number: int, **changes: object) -> LookUp:
    one = LookUp(
        anchor=f"ctr_{number:026d}",
        officer_id=MemberId(f"mem_{number}"),
        service_id=ServiceId("counter-check"),
        case=str(number),
        person=f"{number:016x}",
        flags=frozenset(),
        result=Result.RELEASED,
        at=NOON,
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # names of a look-up


def drawn_from(look_ups: list[LookUp]) -> dict[str, bytes]:
    return {one.anchor: secrets.token_bytes(8) for one in look_ups}


@pytest.mark.parametrize(
    ("look_ups", "size"), [(0, 0), (2, 2), (3, 3), (59, 3), (60, 3), (61, 4), (100, 5), (1001, 51)]
)
def test_how_many_are_drawn(look_ups: int, size: int) -> None:
    assert sample_size(look_ups) == size


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (0, True), (5, True), (6, False), (12, False)])
def test_night_is_from_ten_to_six_in_bangkok(hour: int, night: bool) -> None:
    midnight = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    assert is_at_night(midnight + timedelta(hours=hour, minutes=59)) is night


def test_many_within_an_hour_and_many_persons_of_one_case_are_bulk() -> None:
    officer = MemberId("mem_busy")
    busy = [look_up(number, officer_id=officer) for number in range(MANY_IN_AN_HOUR + 1)]
    assert in_bulk(busy) == {one.anchor for one in busy}
    assert in_bulk(busy[1:]) == frozenset()
    one_case = [look_up(number, officer_id=officer, case="1") for number in range(MANY_OF_A_CASE + 1)]
    assert in_bulk(one_case) == {one.anchor for one in one_case}
    # across the full hour of a clock as well
    across = [replace(one, at=NOON - timedelta(minutes=29) + timedelta(minutes=2 * at)) for at, one in enumerate(busy)]
    assert in_bulk(across) == frozenset()
    across = [replace(one, at=NOON - timedelta(minutes=25) + timedelta(minutes=at)) for at, one in enumerate(busy)]
    assert in_bulk(across) == {one.anchor for one in busy}
    # the same person again and again is one person
    assert in_bulk([replace(one, person="same") for one in one_case]) == frozenset()


@given(st.integers(0, 90), st.sets(st.integers(0, 89)))
def test_every_flagged_one_is_chosen_and_enough_of_the_others(count: int, flagged: set[int]) -> None:
    look_ups = [
        look_up(number, flags=frozenset({Flag.SEQUENCE}) if number in flagged else frozenset())
        for number in range(count)
    ]
    chosen = choose(look_ups, draws=drawn_from(look_ups))
    why = Counter(one.why for one in chosen.values())
    with_flag = sum(bool(one.flags) for one in look_ups)
    assert why[Why.FLAGGED] == with_flag
    assert why[Why.DRAWN] == min(sample_size(count), count - with_flag)
    assert all(chosen[one.anchor].flags == one.flags for one in look_ups if one.flags)


@settings(max_examples=50)
@given(st.integers(0, 70), st.integers(0, 70))
def test_cards_and_numbers_are_drawn_apart(cards: int, numbers: int) -> None:
    with_card = [look_up(serial, anchor=f"cds_{serial:026d}", with_card=True) for serial in range(cards)]
    by_number = [look_up(serial) for serial in range(numbers)]
    every = [*with_card, *by_number]
    chosen = choose(every, draws=drawn_from(every))
    assert len({one.anchor for one in with_card} & set(chosen)) == sample_size(cards)
    assert len({one.anchor for one in by_number} & set(chosen)) == sample_size(numbers)


def test_a_card_at_night_or_one_after_the_other_is_nothing_to_notice_but_a_watched_owner_is() -> None:
    at_night = NOON + timedelta(hours=12)
    busy = [look_up(serial, officer_id=MemberId("mem_1"), with_card=True, at=at_night) for serial in range(40)]
    watched = look_up(99, with_card=True, at=at_night, flags=frozenset({Flag.WATCHED}))
    flags = flags_of([*busy, watched])
    assert {found for anchor, found in flags.items() if anchor != watched.anchor} == {frozenset()}
    assert flags[watched.anchor] == {Flag.WATCHED}


def test_chance_alone_decides_who_of_the_others() -> None:
    look_ups = [look_up(number) for number in range(10)]
    draws = {one.anchor: bytes([9 - number]) for number, one in enumerate(look_ups)}
    assert set(choose(look_ups, draws=draws)) == {one.anchor for one in look_ups[-3:]}


def sample(**changes: object) -> Sample:
    one = Sample(
        id=SampleId("ovs_1"),
        agency_id=AgencyId("agc_1"),
        day=NOON.date(),
        anchor="ctr_1",
        disclosure_id=None,
        officer_id=MemberId("mem_1"),
        officer_person=SubscriberId("sub_1"),
        second_person=SubscriberId("sub_2"),
        service_id=ServiceId("counter-check"),
        person="",
        result=Result.RELEASED,
        flags=frozenset(),
        why=Why.DRAWN,
        at=NOON,
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # names of a sample


def decider(person: str, *, agency: str = "agc_1", role: Role = Role.SUPERVISOR) -> Decider:
    return Decider(MemberId("mem_9"), SubscriberId(person), AgencyId(agency), frozenset({role.value}))


def test_who_looked_or_agreed_never_judges_it() -> None:
    for person in ("sub_1", "sub_2"):
        assert reviewing_problem(sample(), by=decider(person), reason="r") is OversightProblem.OWN_LOOK_UP
    assert reviewing_problem(sample(), by=decider("sub_3"), reason="r") is None


@pytest.mark.parametrize(("verdict", "problem"), [
    (None, None), (Verdict.QUESTION, None),
    (Verdict.FINE, OversightProblem.DECIDED), (Verdict.MISUSE, OversightProblem.DECIDED),
])  # fmt: skip
def test_the_last_word_is_the_last(verdict: Verdict | None, problem: OversightProblem | None) -> None:
    assert reviewing_problem(sample(verdict=verdict), by=decider("sub_3"), reason="r") is problem


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_finding_has_a_reason(reason: str) -> None:
    assert reviewing_problem(sample(), by=decider("sub_3"), reason=reason) is OversightProblem.REASON


def test_supervisors_of_this_agency_alone() -> None:
    assert is_supervisor(decider("sub_3"), AgencyId("agc_1"))
    assert not is_supervisor(decider("sub_3", agency="agc_2"), AgencyId("agc_1"))
    assert not is_supervisor(decider("sub_3", role=Role.LOOKUP_OFFICER), AgencyId("agc_1"))


@pytest.mark.parametrize(("said", "due"), [
    ("2026-11-23T10:00", "2026-11-27T00:00"),  # Monday: until Thursday is over
    ("2026-11-25T23:59", "2026-12-01T00:00"),  # Wednesday: Thursday, Friday, Monday
    ("2026-11-27T00:00", "2026-12-03T00:00"),  # Friday
    ("2026-11-28T12:00", "2026-12-03T00:00"),  # Saturday
    ("2026-11-29T12:00", "2026-12-03T00:00"),  # Sunday
])  # fmt: skip
def test_three_working_days_are_over_at_midnight_in_bangkok(said: str, due: str) -> None:
    assert due_after(datetime.fromisoformat(f"{said}+07:00")) == datetime.fromisoformat(f"{due}+07:00")
