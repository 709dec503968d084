"""What a report of accesses is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from idp.kernel.ids import AuditEntryId
from idp.oversight.model import Entry

ReportId = NewType("ReportId", str)


class ReportProblem(StrEnum):
    """Why there is no report; texts in `idp/web/problems/OVS.toml`."""

    NOT_MADE = "OVS-06"


class Period(StrEnum):
    """How far back a report goes."""

    ALL = "all"
    YEAR = "year"
    MONTH = "month"


@dataclass(frozen=True, slots=True, repr=False)
class AccessReport:
    """The entries of one person, newest first, from the first moment of a day in Bangkok (`since`; None: from the
    beginning) to `until`. `is_cut`: there were more, older ones.
    """

    id: ReportId
    period: Period
    since: datetime | None
    until: datetime
    entries: tuple[Entry, ...]
    is_cut: bool
    audit_entry_id: AuditEntryId
