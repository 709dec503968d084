"""Who may name somebody, and in which terms; pure."""

from datetime import datetime

from idp.agencies.agreements.rules import is_owners
from idp.agencies.model import Agency
from idp.approvals.model import Decider
from idp.oversight.watched.model import LONGEST, MAX_REFERENCE, WatchedProblem


def why_not(
    *, by: Decider, owner: Agency | None, reference_no: str, valid_until: datetime, now: datetime
) -> WatchedProblem | None:
    """Why `by` cannot name a person in these terms; None when they can."""
    if not is_owners(by, owner):
        return WatchedProblem.NOT_THE_OWNER
    is_text = 0 < len(reference_no.strip()) <= MAX_REFERENCE and reference_no.isprintable()
    in_time = now < valid_until <= now + LONGEST
    return None if is_text and in_time else WatchedProblem.NOT_POSSIBLE
