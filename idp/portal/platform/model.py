"""What the platform's pages show that other parts of the house know, and where what waits is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from idp.approvals.model import Decider, Proposal
from idp.storage.storage import UnitOfWork

DECIDED_AT: Final[Mapping[str, str]] = {
    "agencies.agreement": "/proposals/{id}",
    "agencies.seats": "/proposals/{id}",
    "configuration.draft": "/proposals/{id}",
    "configuration.change": "/proposals/{id}",
    "subscribers.status": "/subscribers/{target}",
    "representation.mandate": "/mandates",
    "onboarding.application": "/onboarding/{target}",
    "namings.security_agency": "/namings",
}
"""The page on which a proposal of each kind is decided; what is of none of these is shown without a link."""
DECIDED_WITHIN: Final = timedelta(days=3)
"""What waits longer is marked: whoever asked has waited three days."""


def way_to(proposal: Proposal) -> str | None:
    """Where the proposal is decided."""
    path = DECIDED_AT.get(proposal.change.kind)
    return None if path is None else path.format(id=proposal.id, target=proposal.change.target)


class KeyState(StrEnum):
    """Where a key stands in its life."""

    COMING = "coming"
    SIGNS = "signs"
    RETIRED = "retired"
    UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key or a group of keys as the calendar shows it. `due_at`: when something has to be done; None for no day.

    `kind` names what it is for, `name` which one; `count` how many of them there are.
    """

    kind: str
    name: str
    state: KeyState
    since: datetime | None
    due_at: datetime | None
    count: int = 1

    def is_overdue(self, now: datetime) -> bool:
        """True when its day has passed."""
        return self.due_at is not None and self.due_at <= now and self.state is not KeyState.RETIRED


class KeyCalendar(Protocol):
    """Every key of the deployment with its dates, and nothing of the keys themselves."""

    async def rows(self) -> Sequence[KeyRow]:
        """Those that need something first on top."""


class ServiceState(StrEnum):
    """How a registry's service does, by what the nodes saw in the last minutes."""

    SHUT = "shut"
    RESTING = "resting"
    FAILING = "failing"
    ANSWERS = "answers"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class ServiceMinute:
    """One minute of a service: how many questions were answered, turned away by its hours or quota, failed."""

    at: datetime
    answered: int
    turned_away: int
    failed: int


@dataclass(frozen=True, slots=True)
class Shutter:
    """Nobody asks this service: since when, by whom, why."""

    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """A registry's service. `datasets` are the ids of what comes from it, `waiting` the pulls that wait for it."""

    service: str
    datasets: tuple[str, ...]
    state: ServiceState
    last_answer: datetime | None
    minutes: tuple[ServiceMinute, ...]
    waiting: int
    shutter: Shutter | None


class RegistriesHealth(Protocol):
    """What the nodes saw of the registries, and whether they ask them."""

    async def services(self, uow: UnitOfWork) -> Sequence[ServiceHealth]:
        """Every service of the catalogue, with the last hour minute by minute."""

    async def shut(self, uow: UnitOfWork, service: str, *, reason: str, by: Decider) -> None:
        """Ask this service nothing more, on every node within seconds. Raises Refused, Conflict, NotFound."""

    async def open(self, uow: UnitOfWork, service: str, *, by: Decider) -> None:
        """Ask it again. Raises Conflict, NotFound."""
