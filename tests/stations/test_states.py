"""The light of a counter: every row of both modes, and the minute of the one-slot station."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.ids import AgencyId, StationId
from idp.stations.model import OfficerSession, Presence, Station, StationMode, StationNeed, StationState, StationStatus
from idp.stations.state_rules import StationView, view_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
RED, YELLOW, GREEN = StationState.AGENT_NOT_AVAILABLE, StationState.AGENT_AVAILABLE, StationState.CITIZEN_AVAILABLE
ONE, TWO = StationMode.ONE_SLOT, StationMode.TWO_SLOT


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def station(
    mode: StationMode, *, officer: float | None = None, citizen: float | None = None, **bent: object
) -> Station:
    """Cards in since so many seconds; a negative number: out since then; None: never in."""
    times = {"officer": officer, "citizen": citizen}
    presence = Presence(
        seen_at=ago(1),
        agent_version="0.1.0",
        card_stack="pcsc",
        is_virtual=False,
        slots={slot: "present" if seconds is not None and seconds >= 0 else "empty" for slot, seconds in times.items()},
        changed_at={slot: ago(3600 if seconds is None else abs(seconds)) for slot, seconds in times.items()},
    )
    made = Station(StationId("s"), AgencyId("a"), "ก", "a", {}, False, StationStatus.ACTIVE, presence, "", mode)
    return replace(made, **bent)  # type: ignore[arg-type]


def session(seconds: float, *, served: bool = False) -> OfficerSession:
    return OfficerSession(ago(seconds), ago(1), ago(1) if served else None)


def seen(of: Station, officer: OfficerSession | None) -> tuple[StationState, StationNeed]:
    view = view_of(of, officer_session=officer, officer_is_needed=True, now=NOW)
    return view.state, view.need


@pytest.mark.parametrize(
    ("of", "officer", "expected"),
    [
        # one slot: officer's card, PIN, card out, citizen's card
        (station(ONE), None, (RED, StationNeed.OFFICER_CARD)),
        (station(ONE, officer=9, citizen=9), None, (RED, StationNeed.OFFICER_PIN)),
        (station(ONE, officer=9, citizen=9), session(5), (YELLOW, StationNeed.OFFICER_CARD_OUT)),
        (station(ONE, officer=-59, citizen=-59), session(90), (YELLOW, StationNeed.CITIZEN_CARD)),
        (station(ONE, officer=-61, citizen=-61), session(90), (RED, StationNeed.OFFICER_CARD)),
        (station(ONE, officer=3, citizen=3), session(90), (GREEN, StationNeed.NOTHING)),
        # the citizen's card out is yellow again, and the next citizen need not hurry
        (station(ONE, officer=-5, citizen=-5), session(90, served=True), (YELLOW, StationNeed.CITIZEN_CARD)),
        (station(ONE, officer=-500, citizen=-500), session(900, served=True), (YELLOW, StationNeed.CITIZEN_CARD)),
        # two slots: the officer's card stays
        (station(TWO), None, (RED, StationNeed.OFFICER_CARD)),
        (station(TWO, citizen=5), None, (RED, StationNeed.OFFICER_CARD)),
        (station(TWO, officer=5), None, (RED, StationNeed.OFFICER_PIN)),
        (station(TWO, officer=90), session(60), (YELLOW, StationNeed.CITIZEN_CARD)),
        (station(TWO, officer=90, citizen=5), session(60), (GREEN, StationNeed.NOTHING)),
        # pulled is locked, whoever's card lies beside it
        (station(TWO, officer=-1, citizen=5), session(60), (RED, StationNeed.OFFICER_CARD_BACK)),
        (station(TWO, officer=-1), session(60), (RED, StationNeed.OFFICER_CARD_BACK)),
    ],
)
def test_the_rows_of_the_table(
    of: Station, officer: OfficerSession | None, expected: tuple[StationState, StationNeed]
) -> None:
    assert seen(of, officer) == expected


@pytest.mark.parametrize("mode", list(StationMode))
def test_an_agent_that_is_away_is_red_whatever_else(mode: StationMode) -> None:
    gone = station(mode, officer=90, citizen=5)
    assert gone.presence is not None
    silent = replace(gone, presence=replace(gone.presence, seen_at=ago(46)))
    assert seen(silent, session(60)) == (RED, StationNeed.AGENT)
    assert seen(replace(gone, presence=None), session(60)) == (RED, StationNeed.AGENT)
    assert seen(replace(gone, presence=None, is_too_old=True), session(60)) == (RED, StationNeed.NEWER_AGENT)


@pytest.mark.parametrize(("card", "expected"), [(-1.0, YELLOW), (5.0, GREEN)])
def test_without_registry_data_no_officer_signs_in(card: float, expected: StationState) -> None:
    view = view_of(station(ONE, citizen=card), officer_session=None, officer_is_needed=False, now=NOW)
    assert view.state is expected


@given(
    st.sampled_from([ONE, TWO]),
    st.one_of(st.none(), st.floats(-300, 300)),
    st.one_of(st.none(), st.floats(-300, 300)),
    st.one_of(st.none(), st.floats(0, 600)),
    st.booleans(),
)
def test_green_needs_a_session_and_a_card_that_came_after_it_began(
    mode: StationMode, officer: float | None, citizen: float | None, opened: float | None, served: bool
) -> None:
    made = station(mode, officer=officer, citizen=citizen)
    open_session = None if opened is None else session(opened, served=served)
    state, _ = seen(made, open_session)
    if state is GREEN:
        assert open_session is not None
        assert made.presence is not None
        assert "present" in made.presence.slots.values()
        if mode is TWO:
            assert made.presence.is_filled("officer")
        else:
            since = made.presence.filled_since()
            assert since is not None
            assert since > open_session.opened_at


def test_every_combination_has_a_row() -> None:
    for mode, officer, citizen, is_open in product(StationMode, (5.0, -5.0), (5.0, -5.0), (True, False)):
        view = view_of(
            station(mode, officer=officer, citizen=citizen),
            officer_session=session(60) if is_open else None,
            officer_is_needed=True,
            now=NOW,
        )
        assert isinstance(view, StationView)
