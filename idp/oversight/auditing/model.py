"""The records of auditing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType, Protocol

from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.storage.storage import UnitOfWork

InquiryId = NewType("InquiryId", str)

PAGE_LENGTH: Final = 25
MOST_EXTRACTED: Final = 500
"""Entries of one extract: who needs more takes several, or exports the log from the command line."""
SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 500
A_SEARCH_LASTS: Final = timedelta(hours=8)
"""As long as the staff's sessions at most: after that the reason is asked for again."""


class AuditingProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/ADT.toml`."""

    UNKNOWN = "ADT-01"
    REASON_NEEDED = "ADT-02"
    NOTHING_THERE = "ADT-03"
    NOT_A_CHECKPOINT = "ADT-04"


class InquiryKind(StrEnum):
    """What an auditor did that needs a reason."""

    SEARCH = "search"
    EXTRACT = "extract"


@dataclass(frozen=True, slots=True)
class Auditor:
    """Who looks into the log. `sees_all`: for the platform, else for their agency alone."""

    member_id: MemberId
    agency_id: AgencyId
    sees_all: bool


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A search for a person, or an extract. `subject` is the log's pseudonym of the person, or of nobody."""

    id: InquiryId
    kind: InquiryKind
    by: MemberId
    agency_id: AgencyId
    at: datetime
    subject: str | None
    entries: int | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry as auditors read it: ids, codes and pseudonyms. `event` is `unreadable` where its bytes are no entry."""

    leaf_index: int
    id: str
    at: datetime | None
    event: str
    refused: bool
    actor_kind: str
    actor: str
    agency: str | None
    client: str | None
    subject: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries, the newest first; `goes_on_at` and `is_partial` as `idp.audit.facets.FoundPage` has them."""

    entries: tuple[LogEntry, ...]
    goes_on_at: int | None
    is_partial: bool


@dataclass(frozen=True, slots=True)
class Holds:
    """Each of `entries` stands in the tree of `size` entries that was signed at `signed_at`, and that tree goes on from
    the one of `since_size` entries. `waiting` entries are newer than the signature.
    """

    entries: int
    waiting: int
    size: int
    signed_at: datetime
    since_size: int
    since_at: datetime | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The log is not what was signed; `entry` is where, if it is one entry."""

    reason: str
    entry: str | None


@dataclass(frozen=True, slots=True)
class NothingSigned:
    """No checkpoint covers any of it so far: within a minute one will."""


Verdict = Holds | Broken | NothingSigned


@dataclass(frozen=True, slots=True, repr=False)
class Extract:
    """The file that is handed out: what it holds, and the signature over it."""

    inquiry: Inquiry
    content: Mapping[str, Any]
    signature: str


class People(Protocol):
    """Who is meant by an exact number: a citizen's, an application's or a case's."""

    async def find(self, uow: UnitOfWork, typed: str) -> SubscriberId | None:
        """The person, None where there is none."""
