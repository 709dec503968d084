"""What the population register says of its own accord: somebody died, a number is void."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

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
