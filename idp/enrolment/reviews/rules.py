"""Decisions about reviews, pure."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Final

from idp.enrolment.reviews.model import (
    BY_TWO,
    MAX_TEXT,
    OUTCOMES,
    CaseId,
    CaseState,
    Decided,
    Involved,
    Outcome,
    ReviewCase,
    Reviewer,
    ReviewProblem,
    Settled,
    WaitsForSecond,
)
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import AgencyId, SubscriberId

_NUMBER: Final = re.compile(r"R([0-9A-HJKMNP-TV-Z]{5})([0-9A-HJKMNP-TV-Z]{5})", re.ASCII)
_READS_LIKE: Final = str.maketrans("OIL", "011", "- ")


def number_of(case_id: CaseId) -> str:
    """What people say for a case: the drawn end of its id."""
    return f"R-{case_id[-10:-5]}-{case_id[-5:]}"


def parse_number(typed: str) -> str | None:
    """What somebody typed as a case number, None when it is none. Letters that no number has are read as they look."""
    match = _NUMBER.fullmatch(typed.upper().translate(_READS_LIKE))
    return None if match is None else f"R-{match[1]}-{match[2]}"


def key_owner(case: ReviewCase) -> str:
    """Whose data key seals what is written: with a person's identity goes what was written about it."""
    return case.involved.subscriber_id or case.id


def validate_text(text: str) -> str:
    """The words without the space around them. Raises Refused (TEXT_NOT_POSSIBLE)."""
    words = text.strip()
    if not 0 < len(words) <= MAX_TEXT:
        raise Refused(ReviewProblem.TEXT_NOT_POSSIBLE)
    return words


def is_seen_by(case: ReviewCase, agencies: Collection[AgencyId]) -> bool:
    """An agency's reviewers see its own cases and no others, under whichever of these memberships."""
    return case.involved.agency_id in agencies


def validate_reviewer(*, involved: Involved, person: SubscriberId) -> None:
    """Nobody reviews the own record or the own work, under whichever membership. Raises Refused (OWN_CASE)."""
    # "assign to a peer, not self" (facts/screens-and-ecosystem, section 2)
    if person in (involved.subscriber_id, involved.officer_person):
        raise Refused(ReviewProblem.OWN_CASE)


def validate_in_hand(*, case: ReviewCase, by: Reviewer, now: datetime) -> None:
    """Whoever decides or asks has the case in hand, and it waits for a reviewer.

    Raises Refused (OWN_CASE), Conflict (OTHER_STATE, IN_OTHER_HANDS, NOT_IN_HAND).
    """
    validate_reviewer(involved=case.involved, person=by.person)
    if case.state is not CaseState.OPEN:
        raise Conflict(ReviewProblem.OTHER_STATE)
    if case.is_in_other_hands(by.member_id, now):
        raise Conflict(ReviewProblem.IN_OTHER_HANDS)
    if not case.is_in_hand_of(by.member_id, now):
        raise Conflict(ReviewProblem.NOT_IN_HAND)


def settle(*, case: ReviewCase, outcome: Outcome) -> Settled:
    """What an outcome asks for. Raises Refused (OUTCOME_NOT_POSSIBLE)."""
    if outcome not in OUTCOMES[case.kind]:
        raise Refused(ReviewProblem.OUTCOME_NOT_POSSIBLE)
    return WaitsForSecond() if outcome in BY_TWO else Decided()
