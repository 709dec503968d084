"""What the population register says of its own accord: somebody died, a number is void."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from connectors.contracts.identifiers import CitizenId


class RegistryEvent(StrEnum):
    """What happened to the person the register knows under a number."""

    DIED = "died"
    NUMBER_CANCELLED = "number_cancelled"


@dataclass(frozen=True, slots=True, repr=False)
class RegistryNotice:
    """One notice. `number` is the register's own and tells two notices apart; `on` is the day it happened."""

    number: str
    event: RegistryEvent
    citizen_id: CitizenId
    on: date


@dataclass(frozen=True, slots=True, repr=False)
class NoticeBatch:
    """Notices that came together, and those lines of it (by number, from 1) that could not be read."""

    name: str
    notices: tuple[RegistryNotice, ...]
    unreadable: tuple[int, ...]


class RegistryNotices(Protocol):
    """Where notices come in. Each may come more than once."""

    async def waiting(self) -> tuple[NoticeBatch, ...]:
        """The batches that were not finished, oldest first. Raises ConnectorError when they cannot be read."""

    async def finish(self, batch: NoticeBatch) -> None:
        """Everything in this batch was taken: it does not come again."""
