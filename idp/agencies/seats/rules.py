"""Decisions about seats, pure."""

import re
from datetime import datetime
from typing import Final

from idp.agencies.model import Agency, AgencyKind, Member, Role, Standing
from idp.agencies.seats.model import Seat

OVER_OTHERS: Final = frozenset({Role.AUDITOR, Role.DATA_OWNER, Role.PLATFORM_ADMIN})
"""Who watches over an agency, or says what others may have: it neither invites nor sends such a member away."""

NOT_BY_PROGRAMS: Final = OVER_OTHERS | {Role.AGENCY_ADMIN, Role.SUPERVISOR}
"""Whom no program of the agency invites or sends away: administrators decide what it proposes and supervisors review
its look-ups, so that it would choose its judges.
"""

AT_COUNTERS: Final = frozenset({Role.ENROLMENT_OFFICER, Role.LOOKUP_OFFICER})
"""Only who works at a counter works at one place; what the others do concerns the whole agency."""

OF_THE_STATE: Final = frozenset({Role.ENROLMENT_OFFICER, Role.ENROLMENT_ADMIN, Role.PLATFORM_ADMIN})
"""Private agencies give nobody a digital identity."""

MOST_PLACES: Final = 10_000
MOST_DAYS: Final = 1_830
REFERENCE: Final = re.compile(r"[A-Za-z0-9._-]{1,32}")
_THIRTEEN_DIGITS: Final = re.compile(r"\d{13}")


def impossible_seat(seat: Seat, *, agency: Agency) -> str | None:
    """Why there cannot be such a seat, None when there can."""
    possible = {
        "a site the agency has not": seat.site in {"", *(site.code for site in agency.sites)},
        "only who works at a counter has a site": not seat.site or seat.role in AT_COUNTERS,
        "a private agency enrols nobody": agency.kind is not AgencyKind.PRIVATE or seat.role not in OF_THE_STATE,
        "the agency owns no data": seat.role is not Role.DATA_OWNER or bool(agency.owns),
        f"0 to {MOST_PLACES} places": 0 <= seat.places <= MOST_PLACES,
        f"1 to {MOST_DAYS} days": 0 < seat.days <= MOST_DAYS,
    }
    return next((reason for reason, is_possible in possible.items() if not is_possible), None)


def is_reference(text: str) -> bool:
    """True for a name by which an agency may know a member here: short, and no citizen number in disguise."""
    digits = re.sub(r"[._-]", "", text)
    return not text or (REFERENCE.fullmatch(text) is not None and _THIRTEEN_DIGITS.search(digits) is None)


def is_narrower(member: Member, *, roles: frozenset[Role], expires_at: datetime, site: str) -> bool:
    """True for the same or less: nobody is given a role, a longer time or another place without having accepted it."""
    is_within = member.site in ("", site)
    return is_within and bool(roles) and roles <= member.roles and expires_at <= member.expires_at


def is_the_agencys_to_change(member: Member, *, by_program: bool) -> bool:
    """True for members whom the agency may send away: its administrators, or its programs by themselves.

    A program that could send its judges away would need none of them.
    """
    beyond = NOT_BY_PROGRAMS if by_program else OVER_OTHERS
    return member.status is not Standing.ENDED and not member.roles & beyond
