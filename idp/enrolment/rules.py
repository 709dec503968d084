"""Decisions of the counter journey, pure: the table of steps, what a card passes, which IAL evidence reaches."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from connectors.contracts.face import FaceScore
from connectors.contracts.registry import CardStatus
from idp.enrolment import journeys
from idp.enrolment.journeys import HolderRule
from idp.enrolment.model import (
    ENDS,
    CardDecision,
    CardFacts,
    CardPassed,
    CardPending,
    CardRefused,
    CheckCard,
    End,
    Enrolment,
    EnrolmentFlag,
    EnrolmentProblem,
    EnrolmentState,
    Evidence,
    EvidenceKind,
    EvidenceResult,
    JourneyKey,
    Stay,
    Step,
)
from idp.kernel.assurance import Ial
from idp.stations.model import CardSessionState
from idp.subscribers.model import Identity

THAI_CARD_TYPE: Final = "01"
"""What the chip of a Thai national's card says (facts/thai-registries, section 1.3); every other type is another's."""

KIND_OF_CARD: Final[Mapping[JourneyKey, bool]] = {JourneyKey.COUNTER: True, JourneyKey.NON_THAI_CARD: False}
"""Journeys that are for cards of Thai nationals alone, or for all others; the rest take either."""

AT_LEAST_FOR_A_LINK: Final = Ial.IAL2_2
"""How well a person is proofed before a way to sign in is added to a well-known identity: as a counter can."""

STATUS_LIFE: Final = timedelta(seconds=60)
"""How old the registry's word about a card may be when it counts (facts/security-and-reliability, row 81)."""

WHILE_WAITING: Final[Mapping[CardSessionState, Step]] = {
    CardSessionState.WAITING: Stay(),
    CardSessionState.TAKEN: Stay(),
    CardSessionState.READ: CheckCard(),
    CardSessionState.FAULT: End(EnrolmentProblem.CARD_NOT_READ),
    CardSessionState.DECLINED: End(EnrolmentProblem.DECLINED),
    CardSessionState.REMOVED: End(EnrolmentProblem.CARD_REMOVED),
    CardSessionState.ENDED: End(EnrolmentProblem.CARD_REMOVED),
    CardSessionState.EXPIRED: End(EnrolmentProblem.NO_CARD_IN_TIME),
}
"""The journey until the card is read: the card session decides."""


WAITING_LIFE: Final = timedelta(hours=72)
"""How long what was read waits, sealed, for a registry that does not answer."""

SECOND_OFFICER_LIFE: Final = timedelta(hours=1)
"""How long a journey waits for a second officer, from its start."""

TYPED_LIFE: Final = timedelta(minutes=30)
"""How long a journey may take in which no card in the reader keeps it alive."""


def next_step(*, enrolment: Enrolment, card_session: CardSessionState, now: datetime) -> Step:
    """What the journey does by itself now. Past the read it lives exactly as long as the card stays."""
    if enrolment.state in ENDS:
        return Stay()
    if enrolment.state is EnrolmentState.WAITING_FOR_CARD:
        return WHILE_WAITING[card_session]
    if enrolment.state is EnrolmentState.AWAITING_REGISTRY:
        return End(EnrolmentProblem.REGISTRY_UNAVAILABLE) if now - enrolment.started_at >= WAITING_LIFE else Stay()
    if enrolment.state is EnrolmentState.SECOND_OFFICER:
        return End(EnrolmentProblem.NO_SECOND_OFFICER) if now - enrolment.started_at >= SECOND_OFFICER_LIFE else Stay()
    if enrolment.is_typed or enrolment.state is EnrolmentState.TYPING_CARD:
        if now - enrolment.started_at >= TYPED_LIFE:
            return End(EnrolmentProblem.NO_CARD_IN_TIME)
    elif card_session is not CardSessionState.READ:
        return End(EnrolmentProblem.CARD_REMOVED)
    # a node that died while it asked the registry leaves a claim behind; when that is over any node may ask again
    is_abandoned = enrolment.claimed_until is not None and now >= enrolment.claimed_until
    if enrolment.state is EnrolmentState.CHECKING_CARD and is_abandoned:
        return CheckCard()
    return Stay()


MAY_BE_OVERRIDDEN: Final = frozenset(
    {EnrolmentProblem.CARD_EXPIRED, EnrolmentProblem.CHIP_OF_ANOTHER_PERSON, EnrolmentProblem.FACE_NOT_CONFIRMED}
)
"""What two reviewers may let pass: a decree prolonged expired cards, a number was corrected and the chip kept, a
machine did not know an aged face again.

Nothing else: never an own enrolment, a face that differs to the officer's eye, a card that differs, a registry's "no",
or an identity that was stopped.
"""


def find_obstacle(facts: CardFacts) -> EnrolmentProblem | None:
    """What stands in the way before any registry is asked, None when nothing does."""
    passes = facts.allowed & MAY_BE_OVERRIDDEN
    return next((obstacle for obstacle in _obstacles(facts) if obstacle not in passes), None)


def _obstacles(facts: CardFacts) -> Iterator[EnrolmentProblem]:
    # "officer CID != citizen CID" (facts/smart-card, section 3)
    if facts.holder is not None and facts.holder.id == facts.officer_person:
        yield EnrolmentProblem.OWN_ENROLMENT
    if facts.expiry_date is not None and facts.expiry_date.is_before(facts.today):
        yield EnrolmentProblem.CARD_EXPIRED
    # "one enrolment per chip no." (facts/security-and-reliability, row 81): the same person may come again with it
    if facts.chip_holder is not None and (facts.holder is None or facts.chip_holder != facts.holder.id):
        yield EnrolmentProblem.CHIP_OF_ANOTHER_PERSON
    if facts.face_differed:
        yield EnrolmentProblem.FACE_NOT_CONFIRMED
    if facts.is_replaced:
        yield EnrolmentProblem.PASSPORT_REPLACED
    if facts.holder is not None and not facts.holder.is_live:
        yield EnrolmentProblem.IDENTITY_NOT_ACTIVE
    misplaced = _not_for_this_journey(facts)
    if misplaced is not None:
        yield misplaced


def _not_for_this_journey(facts: CardFacts) -> EnrolmentProblem | None:
    # "by nationality code / card type, never by first digit": the chip's own word decides whose card it is
    is_thai = facts.card_type == THAI_CARD_TYPE
    if facts.card_type and facts.journey in KIND_OF_CARD and KIND_OF_CARD[facts.journey] is not is_thai:
        return EnrolmentProblem.OTHER_KIND_OF_CARD
    match journeys.JOURNEYS[facts.journey].holder:
        case HolderRule.ANYBODY:
            return None
        case HolderRule.KNOWN:
            return None if facts.holder is not None else EnrolmentProblem.NOT_ENROLLED_YET
        case HolderRule.NOT_YET:
            return None if facts.holder is None else EnrolmentProblem.PASSPORT_KNOWN
        case HolderRule.PROVISIONAL:
            return None if facts.is_provisional else EnrolmentProblem.NOT_PROVISIONAL
        case _ as unreachable:
            assert_never(unreachable)


STATUS_PROBLEMS: Final[Mapping[CardStatus, EnrolmentProblem]] = {
    CardStatus.CANCELLED: EnrolmentProblem.CARD_CANCELLED,
    CardStatus.MISMATCH: EnrolmentProblem.CARD_MISMATCH,
    CardStatus.NOT_FOUND: EnrolmentProblem.CARD_NOT_FOUND,
    CardStatus.INCOMPLETE: EnrolmentProblem.CARD_INCOMPLETE,
}


def decide_card(*, answers: Iterable[CardStatus | None]) -> CardDecision:
    """Judge the registry's answers to every check that was asked; None is a check that got no answer.

    One refusal refuses; short of that one missing answer keeps everything pending. Passing needs at least one answer,
    and each normal.
    """
    known = list(answers)
    for answer in known:
        if answer is not None and answer is not CardStatus.NORMAL:
            return CardRefused(STATUS_PROBLEMS[answer])
    if not known or None in known:
        return CardPending()
    return CardPassed()


def state_after(decision: CardDecision) -> tuple[EnrolmentState, EnrolmentProblem | None]:
    """Where a judged card leaves the journey, and the code to show."""
    match decision:
        case CardPassed():
            return EnrolmentState.COMPARE_FACE, None
        case CardPending():
            return EnrolmentState.PENDING_REGISTRY, EnrolmentProblem.REGISTRY_UNAVAILABLE
        case CardRefused(problem):
            return EnrolmentState.REFUSED, problem
        case _ as unreachable:
            assert_never(unreachable)


def is_status_fresh(*, enrolment: Enrolment, now: datetime) -> bool:
    """True while the registry's last word may still be relied on."""
    return enrolment.checked_at is not None and now - enrolment.checked_at <= STATUS_LIFE


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """Evidence that together reaches a level.

    `is_recalled`: the cell was written from memory of ETDA's standard, not from its text.
    """

    ial: Ial
    needs: Mapping[EvidenceKind, EvidenceResult]
    is_recalled: bool


_K, _R = EvidenceKind, EvidenceResult

IAL_POLICY: Final = (
    PolicyRow(
        Ial.IAL2_3,
        {_K.CARD_READ: _R.READ, _K.CARD_STATUS_CHIP: _R.NORMAL, _K.FACE_BY_COMPARISON: _R.MATCHES},
        is_recalled=True,
    ),
    PolicyRow(
        Ial.IAL2_2,
        {_K.CARD_READ: _R.READ, _K.CARD_STATUS_CHIP: _R.NORMAL, _K.FACE_BY_OFFICER: _R.MATCHES},
        is_recalled=True,
    ),
    PolicyRow(
        Ial.IAL2_2,
        {_K.PASSPORT_READ: _R.READ, _K.PASSPORT_DATA: _R.GENUINE, _K.FACE_BY_OFFICER: _R.MATCHES},
        is_recalled=True,
    ),
    # nobody holds the card in a hand at a kiosk: a copy with another photo on it compares well with who made it
    PolicyRow(
        Ial.IAL2_1,
        {_K.CARD_READ_AT_KIOSK: _R.READ, _K.CARD_STATUS_CHIP: _R.NORMAL, _K.FACE_BY_COMPARISON: _R.MATCHES},
        is_recalled=True,
    ),
    PolicyRow(
        Ial.IAL2_1,
        {_K.CARD_TYPED: _R.GIVEN, _K.CARD_STATUS_LASER: _R.NORMAL, _K.FACE_BY_OFFICER: _R.MATCHES},
        is_recalled=True,
    ),
    PolicyRow(Ial.IAL1_3, {_K.CARD_READ: _R.READ, _K.CARD_STATUS_LASER: _R.NORMAL}, is_recalled=False),
    PolicyRow(Ial.IAL1_3, {_K.CARD_READ_AT_KIOSK: _R.READ, _K.CARD_STATUS_LASER: _R.NORMAL}, is_recalled=False),
    PolicyRow(Ial.IAL1_3, {_K.CARD_READ_UNATTENDED: _R.READ, _K.CARD_STATUS_LASER: _R.NORMAL}, is_recalled=False),
    PolicyRow(Ial.IAL1_3, {_K.CARD_READ_UNATTENDED: _R.READ, _K.CARD_STATUS_CHIP: _R.NORMAL}, is_recalled=True),
)
"""The one table from evidence to IAL, highest first (design, section 4; facts/thai-registries, section 7.3)."""

SAME_FACE: Final = 0.75
"""From which similarity on a comparison says "the same person"; every service has its own scale, and this is ours."""


_JPEG_START: Final = b"\xff\xd8\xff"
MAX_PICTURE_BYTES: Final = 512 * 1024


def is_picture(content: bytes) -> bool:
    """True for what a camera's page sends: a JPEG of at most half a megabyte. Whether it shows a face is not asked."""
    return content.startswith(_JPEG_START) and len(content) <= MAX_PICTURE_BYTES


def face_result(score: FaceScore) -> EvidenceResult:
    """What a comparison of faces is worth as evidence: a picture of a picture is nobody."""
    return EvidenceResult.MATCHES if score.is_live and score.similarity >= SAME_FACE else EvidenceResult.DIFFERS


_STATUS_KINDS: Final = frozenset({EvidenceKind.CARD_STATUS_CHIP, EvidenceKind.CARD_STATUS_LASER})


def ial_of(evidence: Iterable[Evidence]) -> Ial:
    """The level that the latest evidence of each kind reaches; a registry's "no" outweighs everything else."""
    latest = journeys.held_of(evidence)
    if any(latest.get(kind, EvidenceResult.NORMAL) is not EvidenceResult.NORMAL for kind in _STATUS_KINDS):
        return Ial.IAL1_1
    for row in IAL_POLICY:
        if all(latest.get(kind) is result for kind, result in row.needs.items()):
            return row.ial
    return Ial.IAL1_1


def takes_over(*, before: Ial, reached: Ial) -> bool:
    """True when an officer sees for the first time whose identity this is.

    What was bound to it before was bound by whoever had the card, at home or at ThaiD: it must not rise with the level.
    """
    return before < Ial.IAL2_1 <= reached


def suffices_for_link(*, reached: Ial, held: Ial) -> bool:
    """Is this proof good enough to add a way to sign in to an identity of level `held`?

    An authenticator speaks for the whole identity. Nothing at a counter proves more than an officer and a card do, so
    that nobody whose level came from elsewhere is shut out for ever.
    """
    return reached >= min(held, AT_LEAST_FOR_A_LINK)


def flags_of(*, applicant: Identity, officer: Identity, same_address: bool) -> frozenset[EnrolmentFlag]:
    """What looks like a relation between officer and applicant, in data that were read anyway."""
    surname = applicant.name_th.last or applicant.name_en.last
    own = officer.name_th.last if applicant.name_th.last else officer.name_en.last
    flags = {EnrolmentFlag.SAME_SURNAME} if surname and surname.casefold() == own.casefold() else set()
    return frozenset(flags | ({EnrolmentFlag.SAME_HOUSE} if same_address else set()))
