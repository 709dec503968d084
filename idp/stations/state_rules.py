"""Red, yellow, green: what a counter can do at this moment and what its officer has to do next; pure.

Source: design, section 2 (Officer look-up); facts/thai-registries, section 3.4 (two-card flow).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from idp.stations.model import OfficerProblem, OfficerSession, Presence, Station, StationMode, StationNeed, StationState

CITIZEN_WITHIN: Final = timedelta(seconds=60)
"""One slot: so soon after the officer's card was taken out the citizen's must be in."""

_RED, _YELLOW, _GREEN = StationState.AGENT_NOT_AVAILABLE, StationState.AGENT_AVAILABLE, StationState.CITIZEN_AVAILABLE
_ONE, _TWO = StationMode.ONE_SLOT, StationMode.TWO_SLOT


@dataclass(frozen=True, slots=True)
class StationView:
    """The light of a counter, and what it waits for; `trouble` is what the registry says is wrong."""

    state: StationState
    need: StationNeed
    trouble: OfficerProblem | None = None


# mode, officer's session open, officer's card in, citizen's card in
_WITH_OFFICER: Final[Mapping[tuple[StationMode, bool, bool, bool], StationView]] = {
    (_ONE, False, False, False): StationView(_RED, StationNeed.OFFICER_CARD),
    (_ONE, False, False, True): StationView(_RED, StationNeed.OFFICER_CARD),
    (_ONE, False, True, False): StationView(_RED, StationNeed.OFFICER_PIN),
    (_ONE, False, True, True): StationView(_RED, StationNeed.OFFICER_PIN),
    (_ONE, True, False, False): StationView(_YELLOW, StationNeed.CITIZEN_CARD),
    (_ONE, True, False, True): StationView(_GREEN, StationNeed.NOTHING),
    (_ONE, True, True, False): StationView(_YELLOW, StationNeed.OFFICER_CARD_OUT),
    (_ONE, True, True, True): StationView(_YELLOW, StationNeed.OFFICER_CARD_OUT),
    (_TWO, False, False, False): StationView(_RED, StationNeed.OFFICER_CARD),
    (_TWO, False, False, True): StationView(_RED, StationNeed.OFFICER_CARD),
    (_TWO, False, True, False): StationView(_RED, StationNeed.OFFICER_PIN),
    (_TWO, False, True, True): StationView(_RED, StationNeed.OFFICER_PIN),
    # "officer's card stays; pulled = locked"
    (_TWO, True, False, False): StationView(_RED, StationNeed.OFFICER_CARD_BACK),
    (_TWO, True, False, True): StationView(_RED, StationNeed.OFFICER_CARD_BACK),
    (_TWO, True, True, False): StationView(_YELLOW, StationNeed.CITIZEN_CARD),
    (_TWO, True, True, True): StationView(_GREEN, StationNeed.NOTHING),
}

# agencies that read cards alone have no session with the registry
_WITHOUT_OFFICER: Final[Mapping[bool, StationView]] = {
    False: StationView(_YELLOW, StationNeed.CITIZEN_CARD),
    True: StationView(_GREEN, StationNeed.NOTHING),
}


def view_of(
    station: Station, *, officer_session: OfficerSession | None, officer_is_needed: bool, now: datetime
) -> StationView:
    """The light of this station. `officer_session` is that of the officer who asks; None when there is none."""
    # 1. an agent that is there, and fit to serve
    presence = station.presence
    if presence is None or not station.is_present_at(now):
        return StationView(_RED, StationNeed.NEWER_AGENT if station.is_too_old else StationNeed.AGENT)
    # 2. the cards in it
    if not officer_is_needed or station.mode is StationMode.KIOSK:
        return _WITHOUT_OFFICER[presence.is_filled("citizen")]
    # 3. whose they are, and whether the officer's session counts
    is_open = officer_session is not None and not _is_too_late(station, presence, officer_session, now)
    officer_is_in, citizen_is_in = _cards_in(station, presence, officer_session if is_open else None)
    return _WITH_OFFICER[station.mode, is_open, officer_is_in, citizen_is_in]


def _cards_in(station: Station, presence: Presence, session: OfficerSession | None) -> tuple[bool, bool]:
    if station.mode is StationMode.TWO_SLOT:
        return presence.is_filled("officer"), presence.is_filled("citizen")
    # one reader: the card that was in when the session began is the officer's, one that came later is not
    since = presence.filled_since()
    is_officers = since is not None and (session is None or since <= session.opened_at)
    return is_officers, since is not None and not is_officers


def _is_too_late(station: Station, presence: Presence, session: OfficerSession, now: datetime) -> bool:
    if station.mode is StationMode.TWO_SLOT or presence.filled_since() is not None:
        return False
    emptied_at = presence.emptied_at()
    has_served = emptied_at > session.opened_at and session.first_citizen_at is not None
    return not has_served and now - max(emptied_at, session.opened_at) > CITIZEN_WITHIN
