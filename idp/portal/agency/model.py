"""What the agency's pages ask of rooms that the portal does not import, and the records of their answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from idp.approvals.model import Decider, Proposal, ProposalId
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Pulls of one day, service and data set with one outcome; `gave`: something was handed out."""

    day: date
    service_id: ServiceId
    dataset: str
    outcome: str
    pulls: int
    gave: bool


@dataclass(frozen=True, slots=True)
class OfficerCount:
    """How often one officer looked something up in the days asked for, and how much of it was refused."""

    member_id: MemberId
    look_ups: int
    refused: int


@dataclass(frozen=True, slots=True)
class AlertCount:
    """How many look-ups of these days were noticed for one thing (`own_name`, `night` …)."""

    flag: str
    look_ups: int


@dataclass(frozen=True, slots=True)
class PaperRow:
    """How many papers of a service one data set stood for in a month (YYYY-MM), by how many releases."""

    service_id: ServiceId
    month: str
    dataset: str
    releases: int
    papers: int


class UsageBook(Protocol):
    """Counts of an agency, of nobody's data."""

    async def usage(self, uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> Sequence[UsageRow]:
        """What was asked for, by day."""

    async def officers(
        self, uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date
    ) -> Sequence[OfficerCount]:
        """Who asked how often, the most first."""

    async def alerts(self, uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> Sequence[AlertCount]:
        """What was noticed how often; which look-ups those are is the supervisor's to see."""

    async def papers(self, uow: UnitOfWork, service_ids: Sequence[ServiceId]) -> Sequence[PaperRow]:
        """Papers that nobody was asked for, the newest month first."""


@dataclass(frozen=True, slots=True)
class NewProgram:
    """The program's id, and the proposal that waits for a second administrator; None where the program stands."""

    client_id: ClientId
    proposal_id: ProposalId | None


class NewPrograms(Protocol):
    """New programs and places of an agency, which two persons give."""

    async def propose_program(
        self, uow: UnitOfWork, agency_id: AgencyId, wishes: Mapping[str, Any], *, by: Decider
    ) -> NewProgram:
        """Propose a program. Raises Refused (NOT_POSSIBLE, TOO_MANY_WAITING)."""

    async def waiting(self, uow: UnitOfWork, by: Decider) -> Sequence[Proposal]:
        """Proposals about the agency's programs and places that this administrator may decide or made."""
