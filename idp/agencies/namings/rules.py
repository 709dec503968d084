"""Who may name a security agency, and which one can be; pure."""

from datetime import datetime

from idp.agencies.agreements.rules import is_owners
from idp.agencies.model import Agency, AgencyKind, Standing
from idp.agencies.namings.model import LONGEST, MAX_REFERENCE, NamingProblem
from idp.approvals.model import Decider


def why_not(
    agency: Agency, *, by: Decider, owner: Agency | None, reference_no: str, valid_until: datetime, now: datetime
) -> NamingProblem | None:
    """Why `by` cannot name the agency in these terms; None when they can."""
    if not is_owners(by, owner):
        return NamingProblem.NOT_THE_OWNER
    # nobody names themselves: whoever keeps the photos is not who looks at them
    is_other = owner is not None and owner.id != agency.id
    is_state = agency.kind is AgencyKind.STATE and agency.status is Standing.ACTIVE
    is_text = 0 < len(reference_no.strip()) <= MAX_REFERENCE and reference_no.isprintable()
    in_time = now < valid_until <= now + LONGEST
    return None if is_other and is_state and is_text and in_time else NamingProblem.NOT_POSSIBLE
