"""Every port to the registries together, as whoever asks (design, section 2: two channels, two rights)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from connectors.contracts.civil_records import HouseRegistry, NameRegistry, RegistryExtract
from connectors.contracts.company_records import CompanyPapers
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import CompanyRegistry, PopulationRegistry, RegistryAnswer


class ExtractRegistry(Protocol):
    """Registers whose records are not published, by their service's code. Raises as PopulationRegistry does."""

    async def extract(
        self, service: str, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[RegistryExtract]:
        """What `service` (`00023/005`) has about this person; an answer about anyone else raises WrongPerson."""


@dataclass(frozen=True, slots=True, repr=False)
class CompanyAccount:
    """The user and password that the company registry issued to an agency; lives in memory for one question."""

    user: str
    password: str


@dataclass(frozen=True, slots=True, repr=False)
class Asker:
    """As whom the registries are asked: nobody in particular is this system, by its own agent.

    `officer` is the officer whose session is open at a counter, `company_account` the asking agency's own.
    """

    officer: CitizenId | None = None
    company_account: CompanyAccount | None = None


@dataclass(frozen=True, slots=True)
class RegistryDesk:
    """The registries as one asker reaches them."""

    population: PopulationRegistry
    houses: HouseRegistry
    names: NameRegistry
    extracts: ExtractRegistry
    companies: CompanyRegistry
    papers: CompanyPapers


DeskOf = Callable[[Asker], RegistryDesk]
"""The desk of an asker; the desks of one process share each registry's line."""


class Source(StrEnum):
    """One of several services that know the same thing, for whoever has to ask that one: IKNO's profiles by how much
    they give, the Linkage Center (its registers of first names and of surnames too), DBD in its versions.
    """

    SIMPLE = "simple"
    NORMAL = "normal"
    FULL = "full"
    EXTRA = "extra"
    LINKAGE = "linkage"
    LINKAGE_FIRST_NAMES = "linkage_first_names"
    LINKAGE_SURNAMES = "linkage_surnames"
    DBD = "dbd"
    DBD_V7 = "dbd_v7"


DeskOfSource = Callable[[Asker, Source], RegistryDesk]
"""The desk of an asker at which this source answers what it can."""
