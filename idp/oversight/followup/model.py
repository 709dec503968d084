"""What a supervisor looks at, and what they may find."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from idp.kernel.ids import AgencyId, DisclosureId, MemberId, ServiceId, SubscriberId

SampleId = NewType("SampleId", str)


class OversightProblem(StrEnum):
    """Why nothing is shown or decided; texts in `idp/web/problems/OVS.toml`."""

    NOT_A_SUPERVISOR = "OVS-01"
    UNKNOWN = "OVS-02"
    OWN_LOOK_UP = "OVS-03"
    REASON = "OVS-04"
    DECIDED = "OVS-05"


class Flag(StrEnum):
    """What was noticed about a look-up by number."""

    OWN_NAME = "own_name"
    HOUSE_MATE = "house_mate"
    SEQUENCE = "sequence"
    NIGHT = "night"
    BULK = "bulk"


class Why(StrEnum):
    """Why it is looked at: by chance, because of a flag, or because each of its kind is."""

    DRAWN = "drawn"
    FLAGGED = "flagged"
    ALWAYS = "always"


class Verdict(StrEnum):
    """What the supervisor found; a question is not the last word."""

    FINE = "fine"
    QUESTION = "question"
    MISUSE = "misuse"


class Result(StrEnum):
    """What became of a look-up: something left, something was refused, or nothing was asked for at all."""

    RELEASED = "released"
    REFUSED = "refused"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True, repr=False)
class LookUp:
    """Somebody was named by number: by whom, for what and which case; the person by a pseudonym alone."""

    anchor: str
    officer_id: MemberId
    service_id: ServiceId
    case: str
    person: str
    flags: frozenset[Flag]
    result: Result
    at: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """A look-up of a day that is looked at."""

    why: Why
    flags: frozenset[Flag]


Choice = Mapping[str, Chosen]
"""By the anchor of the look-up."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One row for the supervisor of `agency_id`. `person` is a pseudonym that only this agency's rows share.

    `anchor` is the handle that was looked up by, `disclosure_id` the photo that was shown; `second_person` who agreed.
    """

    id: SampleId
    agency_id: AgencyId
    day: date
    anchor: str
    disclosure_id: DisclosureId | None
    officer_id: MemberId
    officer_person: SubscriberId
    second_person: SubscriberId | None
    service_id: ServiceId
    person: str
    result: Result
    flags: frozenset[Flag]
    why: Why
    at: datetime
    verdict: Verdict | None = None
    reviewed_by: MemberId | None = None
    reviewed_at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SampleView:
    """A row with what the agency itself wrote: the case, where it is known still, and the reason of the finding."""

    sample: Sample
    case: str | None
    reason: str | None
