"""What it is to be named as a security agency."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType

from idp.agencies.model import Standing
from idp.kernel.ids import AgencyId, MemberId

NamingId = NewType("NamingId", str)

KIND: Final = "namings.security_agency"
LASTING: Final = timedelta(days=30)
"""How long the second person has."""
LONGEST: Final = timedelta(days=731)
"""A naming is looked at again every second year."""
MAX_REFERENCE: Final = 64


class NamingProblem(StrEnum):
    """Why nothing is named; texts in `idp/web/problems/NAM.toml`."""

    NOT_THE_OWNER = "NAM-01"
    NOT_POSSIBLE = "NAM-02"
    UNKNOWN = "NAM-03"


@dataclass(frozen=True, slots=True)
class SecurityNaming:
    """The owner of the photos named this agency, by two of its staff, under the number of a paper.

    Counts while `valid_from <= now < valid_until` and `status` is active.
    """

    id: NamingId
    agency_id: AgencyId
    reference_no: str
    named_by: MemberId
    confirmed_by: MemberId
    valid_from: datetime
    valid_until: datetime
    status: Standing = Standing.ACTIVE


def terms_of(naming: SecurityNaming | None) -> dict[str, Any]:
    """What two persons look at; nothing where the agency is not named."""
    if naming is None:
        return {}
    return {"reference_no": naming.reference_no, "valid_until": naming.valid_until.isoformat()}
