"""The journeys of enrolment as tables, pure: where a person stands and what is possible next is read here alone.

A journey is its rows; a row says what must be proven to stand there (`needs`: any one of the sets), what is gathered
there, where it may lead, and where going back leads to. Steps never call steps: whoever serves a step asks
`may_enter` before it moves on, and `undone` before it goes back. `refused` may follow every step.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from idp.enrolment.model import ENDS, EnrolmentState, Evidence, EvidenceKind, EvidenceResult, JourneyKey

Held = Mapping[EvidenceKind, EvidenceResult]
"""What the latest evidence of each kind says; what was withdrawn is not in it."""

NOTHING: Final[tuple[Held, ...]] = ({},)


class HolderRule(StrEnum):
    """Whether a journey is for somebody known."""

    ANYBODY = "anybody"
    KNOWN = "known"
    PROVISIONAL = "provisional"
    NOT_YET = "not_yet"


class Outcome(StrEnum):
    """What a journey leads to."""

    ENROLLED = "enrolled"
    RENEWED = "renewed"
    RECOVERED = "recovered"
    MET = "met"
    NEW_PASSPORT = "new_passport"


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step. `undo` is the step that going back leads to, None where there is no way back."""

    key: EnrolmentState
    next: frozenset[EnrolmentState]
    needs: tuple[Held, ...] = NOTHING
    gathers: frozenset[EvidenceKind] = frozenset()
    undo: EnrolmentState | None = None


@dataclass(frozen=True, slots=True)
class Journey:
    """A journey. `attended`: an officer stands by, and the person is before the officer."""

    key: JourneyKey
    attended: bool
    holder: HolderRule
    outcome: Outcome
    steps: tuple[StepRow, ...]

    @property
    def first(self) -> EnrolmentState:
        """Where it begins."""
        return self.steps[0].key

    def row(self, step: EnrolmentState) -> StepRow | None:
        """The row of a step; None when this journey has no such step."""
        return next((row for row in self.steps if row.key is step), None)


@dataclass(frozen=True, slots=True)
class Undone:
    """Going back: the step that comes up again, and the kinds of evidence that are withdrawn with it."""

    to: EnrolmentState
    withdraws: frozenset[EvidenceKind]


_S, _K, _R = EnrolmentState, EvidenceKind, EvidenceResult

STATUS_NORMAL: Final[tuple[Held, ...]] = (
    {_K.CARD_STATUS_CHIP: _R.NORMAL},
    {_K.CARD_STATUS_LASER: _R.NORMAL},
)
PASSPORT_GENUINE: Final[tuple[Held, ...]] = ({_K.PASSPORT_DATA: _R.GENUINE},)


def _all_of(alternatives: tuple[Held, ...], more: Held) -> tuple[Held, ...]:
    return tuple({**one, **more} for one in alternatives)


def _step(
    key: EnrolmentState,
    *following: EnrolmentState,
    needs: tuple[Held, ...] = NOTHING,
    gathers: Iterable[EvidenceKind] = (),
    undo: EnrolmentState | None = None,
) -> StepRow:
    return StepRow(key, frozenset({*following, _S.REFUSED}), needs, frozenset(gathers), undo)


_BY_OFFICER: Final[Held] = {_K.FACE_BY_OFFICER: _R.MATCHES, _K.NO_RELATION: _R.DECLARED}
_OFFICER_GATHERS: Final = (_K.FACE_BY_OFFICER, _K.FACE_BY_COMPARISON, _K.NO_RELATION)

_BEFORE_THE_FACE: Final = (
    # the card is handed over: the person was told what is asked of whom, and that is the consent to it
    _step(
        _S.WAITING_FOR_CARD,
        _S.CHECKING_CARD,
        _S.TYPING_CARD,
        gathers=(_K.CARD_HANDED_OVER, _K.CARD_READ, _K.CARD_TYPED),
    ),
    # the chip cannot be read: what is printed is typed, the code on the back with it
    _step(_S.TYPING_CARD, _S.CHECKING_CARD, undo=_S.WAITING_FOR_CARD, gathers=(_K.CARD_HANDED_OVER, _K.CARD_TYPED)),
    _step(
        _S.CHECKING_CARD,
        _S.COMPARE_FACE,
        _S.PENDING_REGISTRY,
        gathers=(_K.CARD_STATUS_CHIP, _K.CARD_STATUS_LASER),
        needs=_all_of(
            ({_K.CARD_READ: _R.READ}, {_K.CARD_TYPED: _R.GIVEN}),
            {_K.CARD_HANDED_OVER: _R.GIVEN},
        ),
        undo=_S.WAITING_FOR_CARD,
    ),
)
_FACE_AND_ENDS: Final = (
    _step(
        _S.COMPARE_FACE,
        _S.COMPLETED,
        _S.CHECKING_CARD,
        needs=STATUS_NORMAL,
        gathers=_OFFICER_GATHERS,
        undo=_S.WAITING_FOR_CARD,
    ),
    StepRow(_S.COMPLETED, frozenset(), _all_of(STATUS_NORMAL, _BY_OFFICER)),
    StepRow(_S.REFUSED, frozenset()),
)

_CARD_AT_COUNTER: Final = (
    *_BEFORE_THE_FACE,
    # the registry is silent: the officer compares the face now, and the registry's word comes when the person left
    _step(_S.PENDING_REGISTRY, _S.CHECKING_CARD, _S.AWAITING_REGISTRY, undo=_S.WAITING_FOR_CARD),
    _step(
        _S.AWAITING_REGISTRY,
        _S.COMPLETED,
        needs=(_BY_OFFICER,),
        gathers=(*_OFFICER_GATHERS, _K.CARD_STATUS_CHIP, _K.CARD_STATUS_LASER),
    ),
    *_FACE_AND_ENDS,
)
_RECOVERY_AT_COUNTER: Final = (
    *_BEFORE_THE_FACE,
    # whoever gets a new way to sign in stands there when every old one goes
    _step(_S.PENDING_REGISTRY, _S.CHECKING_CARD, undo=_S.WAITING_FOR_CARD),
    *_FACE_AND_ENDS,
)

_PASSPORT_AT_COUNTER: Final = (
    _step(_S.WAITING_FOR_CARD, _S.CHECKING_CARD, gathers=(_K.CARD_HANDED_OVER, _K.PASSPORT_READ)),
    _step(
        _S.CHECKING_CARD,
        _S.COMPARE_FACE,
        needs=({_K.CARD_HANDED_OVER: _R.GIVEN, _K.PASSPORT_READ: _R.READ},),
        gathers=(_K.PASSPORT_DATA, _K.PASSPORT_CHIP),
        undo=_S.WAITING_FOR_CARD,
    ),
    _step(_S.COMPARE_FACE, _S.COMPLETED, needs=PASSPORT_GENUINE, gathers=_OFFICER_GATHERS, undo=_S.WAITING_FOR_CARD),
    StepRow(_S.COMPLETED, frozenset(), _all_of(PASSPORT_GENUINE, _BY_OFFICER)),
    StepRow(_S.REFUSED, frozenset()),
)

_LINKABLE: Final[tuple[Held, ...]] = (
    {_K.OLD_PASSPORT: _R.SHOWN, _K.HOLDER_NAME: _R.MATCHES},
    {_K.OLD_PASSPORT: _R.SHOWN, _K.HOLDER_NAME: _R.DIFFERS},
    {_K.OLD_PASSPORT: _R.LOST, _K.HOLDER_NAME: _R.MATCHES},
)
_LINKED_BY_ONE: Final = _all_of(_LINKABLE, {_K.PASSPORT_DATA: _R.GENUINE, **_BY_OFFICER})
_NEW_PASSPORT: Final = (
    *_PASSPORT_AT_COUNTER[:2],
    _step(
        _S.COMPARE_FACE,
        _S.SECOND_OFFICER,
        needs=PASSPORT_GENUINE,
        gathers=(_K.FACE_BY_OFFICER, _K.NO_RELATION, _K.OLD_PASSPORT, _K.HOLDER_NAME),
        undo=_S.WAITING_FOR_CARD,
    ),
    _step(_S.SECOND_OFFICER, _S.COMPLETED, needs=_LINKED_BY_ONE, gathers=(_K.FACE_BY_SECOND_OFFICER,)),
    StepRow(_S.COMPLETED, frozenset(), _all_of(_LINKED_BY_ONE, {_K.FACE_BY_SECOND_OFFICER: _R.MATCHES})),
    StepRow(_S.REFUSED, frozenset()),
)

_AT_KIOSK: Final = (
    _step(_S.AGREE, _S.WAITING_FOR_CARD, gathers=(_K.AGREED_ON_SCREEN,)),
    _step(
        _S.WAITING_FOR_CARD,
        _S.CHECKING_CARD,
        needs=({_K.AGREED_ON_SCREEN: _R.GIVEN},),
        gathers=(_K.CARD_READ_AT_KIOSK,),
        undo=_S.AGREE,
    ),
    _step(
        _S.CHECKING_CARD,
        _S.LIVE_PHOTO,
        _S.PENDING_REGISTRY,
        needs=({_K.AGREED_ON_SCREEN: _R.GIVEN, _K.CARD_READ_AT_KIOSK: _R.READ},),
        gathers=(_K.CARD_STATUS_CHIP, _K.CARD_STATUS_LASER),
        undo=_S.WAITING_FOR_CARD,
    ),
    _step(_S.PENDING_REGISTRY, _S.CHECKING_CARD, undo=_S.AGREE),
    _step(
        _S.LIVE_PHOTO,
        _S.COMPLETED,
        _S.CHECKING_CARD,
        needs=STATUS_NORMAL,
        gathers=(_K.FACE_BY_COMPARISON,),
        undo=_S.WAITING_FOR_CARD,
    ),
    StepRow(_S.COMPLETED, frozenset(), _all_of(STATUS_NORMAL, {_K.FACE_BY_COMPARISON: _R.MATCHES})),
    StepRow(_S.REFUSED, frozenset()),
)

_AT_HOME: Final = (
    _step(_S.AGREE, _S.WAITING_FOR_CARD, gathers=(_K.AGREED_ON_SCREEN,)),
    _step(
        _S.WAITING_FOR_CARD,
        _S.TYPING_CARD,
        _S.CHECKING_CARD,
        needs=({_K.AGREED_ON_SCREEN: _R.GIVEN},),
        gathers=(_K.CARD_READ_UNATTENDED,),
        undo=_S.AGREE,
    ),
    # the code on the back, where the chip does not give it
    _step(
        _S.TYPING_CARD,
        _S.CHECKING_CARD,
        needs=({_K.CARD_READ_UNATTENDED: _R.READ},),
        gathers=(_K.CARD_TYPED,),
        undo=_S.WAITING_FOR_CARD,
    ),
    _step(
        _S.CHECKING_CARD,
        _S.COMPLETED,
        _S.PENDING_REGISTRY,
        needs=({_K.AGREED_ON_SCREEN: _R.GIVEN, _K.CARD_READ_UNATTENDED: _R.READ},),
        gathers=(_K.CARD_STATUS_CHIP, _K.CARD_STATUS_LASER),
        undo=_S.WAITING_FOR_CARD,
    ),
    _step(_S.PENDING_REGISTRY, _S.CHECKING_CARD, undo=_S.AGREE),
    StepRow(_S.COMPLETED, frozenset(), _all_of(STATUS_NORMAL, {_K.CARD_READ_UNATTENDED: _R.READ})),
    StepRow(_S.REFUSED, frozenset()),
)

_AT_THAID: Final = (
    _step(_S.AGREE, _S.AT_THAID, gathers=(_K.AGREED_ON_SCREEN,)),
    _step(_S.AT_THAID, _S.COMPLETED, needs=({_K.AGREED_ON_SCREEN: _R.GIVEN},), gathers=(_K.THAID,), undo=_S.AGREE),
    StepRow(_S.COMPLETED, frozenset(), ({_K.THAID: _R.STATED},)),
    StepRow(_S.REFUSED, frozenset()),
)

JOURNEYS: Final[Mapping[JourneyKey, Journey]] = {
    journey.key: journey
    for journey in (
        Journey(JourneyKey.COUNTER, True, HolderRule.ANYBODY, Outcome.ENROLLED, _CARD_AT_COUNTER),
        Journey(JourneyKey.NON_THAI_CARD, True, HolderRule.ANYBODY, Outcome.ENROLLED, _CARD_AT_COUNTER),
        Journey(JourneyKey.FOREIGNER_COUNTER, True, HolderRule.ANYBODY, Outcome.ENROLLED, _PASSPORT_AT_COUNTER),
        Journey(JourneyKey.FOREIGNER_RECOVERY, True, HolderRule.KNOWN, Outcome.RECOVERED, _PASSPORT_AT_COUNTER),
        Journey(JourneyKey.NEW_PASSPORT, True, HolderRule.NOT_YET, Outcome.NEW_PASSPORT, _NEW_PASSPORT),
        Journey(JourneyKey.RENEWAL, True, HolderRule.KNOWN, Outcome.RENEWED, _CARD_AT_COUNTER),
        Journey(JourneyKey.RECOVERY, True, HolderRule.KNOWN, Outcome.RECOVERED, _RECOVERY_AT_COUNTER),
        Journey(JourneyKey.PROVISIONAL_COMPLETION, True, HolderRule.PROVISIONAL, Outcome.MET, _CARD_AT_COUNTER),
        Journey(JourneyKey.KIOSK, False, HolderRule.ANYBODY, Outcome.ENROLLED, _AT_KIOSK),
        Journey(JourneyKey.HOME_READER, False, HolderRule.ANYBODY, Outcome.ENROLLED, _AT_HOME),
        Journey(JourneyKey.THAID, False, HolderRule.ANYBODY, Outcome.ENROLLED, _AT_THAID),
    )
}
"""Every way to an identity or a better one. The journey by ThaiD keeps its own attempts (`by_thaid`)."""

BY_PASSPORT: Final = frozenset({JourneyKey.FOREIGNER_COUNTER, JourneyKey.FOREIGNER_RECOVERY, JourneyKey.NEW_PASSPORT})
"""Journeys for which a passport is read; no registry of ours knows the person."""

AT_COUNTER: Final = tuple(journey.key for journey in JOURNEYS.values() if journey.attended)
"""What an officer may begin, in the order in which it is offered."""


def held_of(evidence: Iterable[Evidence]) -> Held:
    """The latest result of each kind, without what was withdrawn."""
    in_order = sorted(evidence, key=lambda piece: (piece.checked_at, piece.id))
    return {piece.kind: piece.result for piece in in_order if piece.withdrawn_at is None}


def is_met(needs: tuple[Held, ...], held: Held) -> bool:
    """True when one of the sets is wholly there."""
    return any(all(held.get(kind) is result for kind, result in needed.items()) for needed in needs)


def may_enter(journey: Journey, *, at: EnrolmentState, to: EnrolmentState, held: Held) -> bool:
    """May somebody who stands `at` and holds this stand at `to` now?"""
    here, there = journey.row(at), journey.row(to)
    return here is not None and there is not None and to in here.next and is_met(there.needs, held)


def possible_next(journey: Journey, *, at: EnrolmentState, held: Held) -> frozenset[EnrolmentState]:
    """Every step that may follow now."""
    return frozenset(row.key for row in journey.steps if may_enter(journey, at=at, to=row.key, held=held))


def undone(journey: Journey, *, at: EnrolmentState) -> Undone | None:
    """What going back from `at` means: everything gathered from the earlier step on is withdrawn. None: no way back."""
    row = journey.row(at)
    if at in ENDS or row is None or row.undo is None:
        return None
    order = [step.key for step in journey.steps]
    again = journey.steps[order.index(row.undo) : order.index(at) + 1]
    return Undone(row.undo, frozenset[EvidenceKind]().union(*(step.gathers for step in again)))
