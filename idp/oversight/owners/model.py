"""What the owner of data is told of their use."""

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
    """The days from the first to the last, both in Bangkok."""

    first: date
    last: date
    rows: tuple[UsedOnADay, ...]

    @property
    def by_agency(self) -> tuple[UsedByAgency, ...]:
        """Those that had the most first."""
        keys = dict.fromkeys((one.agency_id, one.dataset) for one in self.rows)
        sums = []
        for agency_id, dataset in keys:
            own = [one for one in self.rows if (one.agency_id, one.dataset) == (agency_id, dataset)]
            sums.append(
                UsedByAgency(
                    agency_id,
                    dataset,
                    released=sum(one.released for one in own),
                    refused=sum(one.refused for one in own),
                    officers=max(one.officers for one in own),
                )
            )
        return tuple(sorted(sums, key=lambda one: (-one.released - one.refused, one.agency_id, one.dataset)))
