"""Whether a card session can be used at this moment; pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, assert_never

from connectors.contracts.identifiers import CitizenId
from idp.agencies.model import Member, Role
from idp.exchange.counter.model import CounterSession, LookUpFlag, Supervision
from idp.exchange.decision.model import NotReady, Ready, Reason
from idp.stations.model import CardSession, CardSessionState, StationNeed, StationState
from idp.stations.state_rules import StationView
from idp.subscribers.model import Identity

NEAR: Final = 10
"""Numbers so close to each other that somebody may be going through them one by one; the check digit does not count."""

_OF_NEED: Final[Mapping[StationNeed, Reason]] = MappingProxyType(
    {
        StationNeed.AGENT: Reason.STATION_AWAY,
        StationNeed.NEWER_AGENT: Reason.STATION_AWAY,
        StationNeed.OFFICER_CARD: Reason.OFFICER_NOT_SIGNED_IN,
        StationNeed.OFFICER_PIN: Reason.OFFICER_NOT_SIGNED_IN,
        StationNeed.OFFICER_CARD_OUT: Reason.CARD_NOT_READ,
        StationNeed.OFFICER_CARD_BACK: Reason.OFFICER_NOT_SIGNED_IN,
        StationNeed.CITIZEN_CARD: Reason.CARD_NOT_READ,
    }
)
_OF_CARD: Final[Mapping[CardSessionState, Reason]] = MappingProxyType(
    {
        CardSessionState.WAITING: Reason.CARD_NOT_READ,
        CardSessionState.TAKEN: Reason.CARD_NOT_READ,
        CardSessionState.FAULT: Reason.CARD_NOT_READ,
        CardSessionState.DECLINED: Reason.CARD_NOT_READ,
        CardSessionState.REMOVED: Reason.CARD_REMOVED,
        CardSessionState.ENDED: Reason.COUNTER_OVER,
        CardSessionState.EXPIRED: Reason.COUNTER_OVER,
    }
)


def is_over(session: CounterSession, *, now: datetime) -> bool:
    """True when the session was ended, or its time is."""
    return session.ended_at is not None or session.expires_at <= now


def state_of(
    session: CounterSession,
    *,
    card: CardSession | None,
    light: StationView,
    slot_changed_at: datetime | None,
    is_checked: bool,
    now: datetime,
) -> Ready | NotReady:
    """How the session stands. `slot_changed_at`: when a card was last put in or taken out where this one was read;
    `is_checked`: what is asked for needs the registry's word about the card.
    """
    # 1. in its time
    if is_over(session, now=now):
        return NotReady(Reason.COUNTER_OVER)
    # 2. its one card was read, and is in the reader
    if card is None:
        return NotReady(_OF_NEED.get(light.need, Reason.CARD_NOT_READ))
    in_the_way = _OF_CARD.get(card.state_at(now))
    if in_the_way is not None:
        return NotReady(in_the_way)
    if card.read_at is None or (slot_changed_at is not None and slot_changed_at > card.read_at):
        return NotReady(Reason.CARD_REMOVED)  # another card, whatever became of the agent's word that this one went
    # 3. the counter is green at this moment
    if light.state is not StationState.CITIZEN_AVAILABLE:
        without_card = light.need is StationNeed.CITIZEN_CARD
        return NotReady(Reason.CARD_REMOVED if without_card else _OF_NEED.get(light.need, Reason.STATION_AWAY))
    # 4. the card is the person's own and in order: "it proves nothing offline" (nevers, 10)
    return _judged(session.card_verdict) if is_checked or session.card_verdict else Ready()


def _judged(verdict: str | None) -> Ready | NotReady:
    if verdict is None:
        return NotReady(Reason.REGISTRY_UNAVAILABLE)
    return NotReady(Reason(verdict)) if verdict else Ready()


def unsupervised(supervision: Supervision) -> NotReady | None:
    """Why nobody of the agency can be looked up by now; None while its look-ups are supervised."""
    match supervision:
        case Supervision.LIVE:
            return None
        case Supervision.NOBODY:
            return NotReady(Reason.NO_SUPERVISOR)
        case Supervision.OVERDUE:
            return NotReady(Reason.REVIEWS_OVERDUE)
        case never:
            assert_never(never)


def may_look_up(member: Member | None, *, agency_id: str) -> bool:
    """True for a live look-up officer of this agency."""
    return member is not None and member.agency_id == agency_id and Role.LOOKUP_OFFICER in member.roles


def flags_of(
    citizen_id: CitizenId, *, person: Identity | None, officer: Identity, named_before: Iterable[CitizenId]
) -> frozenset[LookUpFlag]:
    """What is noticed: a family name that is the officer's own, or a number beside one that was named a moment ago.

    `person` is known where the one who is named has a digital ID; `named_before` are the officer's last numbers.
    """
    flags = set()
    family = officer.name_th.last
    if person is not None and family and person.name_th.last == family:
        flags.add(LookUpFlag.OWN_NAME)
    near = (abs(_place(citizen_id) - _place(other)) <= NEAR for other in named_before if other != citizen_id)
    if any(near):
        flags.add(LookUpFlag.SEQUENCE)
    return frozenset(flags)


def _place(citizen_id: CitizenId) -> int:
    return int(citizen_id.digits[:-1])
