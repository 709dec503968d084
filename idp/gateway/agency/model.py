"""What the agency's own interface refuses by itself, and what it asks for new programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from idp.approvals.model import ProposalId
from idp.kernel.ids import AgencyId, ClientId
from idp.storage.storage import UnitOfWork


class AgencyApiProblem(StrEnum):
    """Why a call is refused before any room is asked; texts in `idp/web/problems/API.toml`."""

    MALFORMED = "API-01"
    PRECONDITION_MISSING = "API-02"
    CHANGED_MEANWHILE = "API-03"


class ProposalStanding(StrEnum):
    """How far a proposal has come; a program that is asked for stands with `in_force`."""

    WAITS_FOR_TWO = "waits_for_two"
    WAITS_FOR_ONE = "waits_for_one"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class NewProgram:
    """A program that was asked for; it stands unless a proposal waits."""

    client_id: ClientId
    proposal_id: ProposalId | None


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal as its agency's programs see it."""

    id: ProposalId
    client_id: ClientId
    standing: ProposalStanding
    expires_at: datetime


class NewPrograms(Protocol):
    """Where new programs of agencies come from; each method joins the caller's unit of work."""

    async def add(self, uow: UnitOfWork, agency_id: AgencyId, wishes: Mapping[str, Any], *, by: ClientId) -> NewProgram:
        """Register a program, or propose it."""

    async def view(self, uow: UnitOfWork, agency_id: AgencyId, proposal_id: ProposalId) -> ProposalView:
        """How a proposal stands."""

    async def withdraw(self, uow: UnitOfWork, agency_id: AgencyId, proposal_id: ProposalId, *, by: ClientId) -> None:
        """Take a proposal back."""
