"""The records of the registries' health."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from connectors.contracts.errors import RegistryUnavailable

SNAPSHOT_LIFE: Final = timedelta(seconds=2)
"""So long a node goes by what it last read of the shutters."""
SHOWN_MINUTES: Final = 60
JUDGED_MINUTES: Final = 5
"""How a service does now is judged by its last minutes."""
KEPT: Final = timedelta(days=2)
SHORTEST_REASON: Final = 5
LONGEST_REASON: Final = 300


class HealthProblem(StrEnum):
    """Why a shutter does not move; texts in `idp/web/problems/HLT.toml`."""

    UNKNOWN = "HLT-01"
    AS_IT_IS = "HLT-02"
    REASON_NEEDED = "HLT-03"


class Shut(RegistryUnavailable):
    """Nobody asks this registry's service now: the platform closed the shutter."""


class Heard(StrEnum):
    """What came of a question: a word of the registry, its hours or quota, nothing, or it was not even asked."""

    ANSWERED = "answered"
    TURNED_AWAY = "turned_away"
    FAILED = "failed"
    RESTED = "rested"


@dataclass(frozen=True, slots=True)
class Minute:
    """What the nodes together heard of a service in one minute."""

    at: datetime
    answered: int
    turned_away: int
    failed: int
    rested: int


@dataclass(frozen=True, slots=True, repr=False)
class ClosedShutter:
    """Since when, by whom and why a service is not asked."""

    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class ServiceView:
    """A service with its last hour. `last_answer`: the minute in which it was last heard of, within `KEPT`."""

    service: str
    datasets: tuple[str, ...]
    minutes: tuple[Minute, ...]
    last_answer: datetime | None
    waiting: int
    shutter: ClosedShutter | None


class Watch(Protocol):
    """Stands around every question to a registry."""

    def question(self, service: str) -> AbstractAsyncContextManager[None]:
        """Raises Shut instead of asking; notes what comes of the question. Not to be entered in a unit of work."""
