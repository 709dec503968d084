"""What a month of look-ups is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NewType

from idp.kernel.ids import AgencyId, AuditEntryId
from idp.oversight.followup.model import Flag, Standing, Verdict

MonthReportId = NewType("MonthReportId", str)


class MonthProblem(StrEnum):
    """Why there is no report; texts in `idp/web/problems/OVS.toml`."""

    NO_SUCH_MONTH = "OVS-10"
    NOT_SEALED = "OVS-11"


@dataclass(frozen=True, slots=True)
class DayOfLookUps:
    """One day in Bangkok: persons named by number, and what officers' requests came to."""

    day: date
    named: int
    released: int
    refused: int


@dataclass(frozen=True, slots=True)
class Month:
    """`first` and `last` are days in Bangkok. `officers` is how many named somebody; `findings` are last words of
    supervisors, `asked` how often an officer was asked, `standing` how reviews stand now.
    """

    agency_id: AgencyId
    first: date
    last: date
    days: tuple[DayOfLookUps, ...]
    officers: int
    reviewed: int
    flags: Mapping[Flag, int]
    findings: Mapping[Verdict, int]
    asked: int
    standing: Standing

    @property
    def named(self) -> int:
        """How many persons were named by number in all."""
        return sum(one.named for one in self.days)

    @property
    def released(self) -> int:
        """How many of the officers' requests were answered with data."""
        return sum(one.released for one in self.days)

    @property
    def refused(self) -> int:
        """How many were not."""
        return sum(one.refused for one in self.days)


@dataclass(frozen=True, slots=True)
class MonthReport:
    """A month that was taken out, with the entry of the log that says by whom."""

    id: MonthReportId
    month: Month
    audit_entry_id: AuditEntryId
