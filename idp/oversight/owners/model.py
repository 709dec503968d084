"""What the owner of data is told of their use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from idp.kernel.ids import AgencyId


class OwnerProblem(StrEnum):
    """Why nothing is told; texts in `idp/web/problems/OWN.toml`."""

    NOT_THE_OWNER = "OWN-01"
    NO_SUCH_PERIOD = "OWN-02"


@dataclass(frozen=True, slots=True)
class UsedOnADay:
    """What one agency asked of one data set on one day in Bangkok; `officers` is how many of its officers asked."""

    day: date
    agency_id: AgencyId
    dataset: str
    released: int
    refused: int
    officers: int


@dataclass(frozen=True, slots=True)
class UsedByAgency:
    """The same over all the days; `officers` is how many asked on the busiest of them."""

    agency_id: AgencyId
    dataset: str
    released: int
    refused: int
    officers: int


@dataclass(frozen=True, slots=True)
class OwnersUse:
    """The days from the first to the last, both in Bangkok: what was released on each, also on those without any, and
    by agency and data set, those that asked the most first.
    """

    first: date
    last: date
    released: Mapping[date, int]
    by_agency: tuple[UsedByAgency, ...]
