"""Records and ports of the registries: one inner model for every wire (facts/thai-registries, sections 3, 4, 10.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.identifiers import CitizenId, JuristicId, LaserCode
from connectors.contracts.thai_dates import PartialDate


class CardStatus(StrEnum):
    """What DOPA says of a card (CheckCardService codes 0, 2, 4, 5); code 4 tells two things apart in its text."""

    NORMAL = "normal"
    CANCELLED = "cancelled"
    MISMATCH = "mismatch"
    NOT_FOUND = "not_found"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, repr=False)
class CardStatusAnswer:
    """A card's status with the service that said so; `wire_code` and `wire_text` as they came."""

    status: CardStatus
    wire_code: str
    wire_text: str
    source: str
    checked_at: datetime


class CardStatusPort(Protocol):
    """DOPA's card-status service. Raises RegistryUnavailable: nothing is known, the check is pending, never passed."""

    async def check_by_chip(self, *, citizen_id: CitizenId, chip_no: str, request_no: str) -> CardStatusAnswer:
        """Status by citizen number, chip number (16 hex) and card-request number (12 digits)."""

    async def check_by_laser(
        self, *, citizen_id: CitizenId, name: PersonName, birth_date: PartialDate, laser_code: LaserCode
    ) -> CardStatusAnswer:
        """Status by citizen number, name, birth date and the laser code on the back."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a record came from: owner of the data, wire service, moment of retrieval."""

    source: str
    service: str
    retrieved_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Parent:
    """A parent as the population registry prints it."""

    citizen_id: str
    first_name: str
    nationality: str


@dataclass(frozen=True, slots=True, repr=False)
class CardIssue:
    """The card the registry issued last. `expires_on` is None when `is_lifelong`."""

    issued_on: PartialDate | None
    expires_on: PartialDate | None
    is_lifelong: bool
    issuer_code: str
    issuer_place: str
    issuer_agency: str


@dataclass(frozen=True, slots=True, repr=False)
class PersonRecord:
    """A person in the population registry. `age` in years as the registry counts; `person_status` in its words."""

    citizen_id: CitizenId
    name_th: PersonName
    name_en: PersonName
    sex: str
    birth_date: PartialDate
    age: int
    person_status: str
    is_alive: bool
    nationality: str
    father: Parent
    mother: Parent
    house_id: str
    domicile_type: str
    domicile_date: PartialDate | None
    address: CardAddress
    former_nationality: str = ""
    nationality_changed_on: PartialDate | None = None
    domicile_status: str = ""
    card: CardIssue | None = None


@dataclass(frozen=True, slots=True, repr=False)
class CompanyOfficer:
    """A director, partner or managing partner, in the registry's order and words."""

    sequence: int
    role: str
    name: str


@dataclass(frozen=True, slots=True, repr=False)
class CompanyRecord:
    """A juristic person in the company registry. Money in baht.

    `signing_rule` is the registry's own text; `powers` and `limits` are its rows, by what the registry says they are.
    """

    juristic_id: JuristicId
    former_id: str
    juristic_type: str
    name_th: str
    name_en: str
    registered_on: PartialDate
    status: str
    registered_capital: Decimal
    paid_up_capital: Decimal
    directors: tuple[CompanyOfficer, ...]
    signing_rule: str
    powers: tuple[str, ...]
    limits: tuple[str, ...]
    remarks: tuple[str, ...]
    objectives: tuple[str, ...]
    objective_count: int
    objective_pages: int
    address: str


Record = TypeVar("Record", covariant=True)


@dataclass(frozen=True, slots=True, repr=False)
class RegistryAnswer(Generic[Record]):
    """A record and where it came from; `field_sources` names the fields that came by another service."""

    record: Record
    provenance: Provenance
    field_sources: Mapping[str, Provenance] = field(default_factory=dict)

    def source_of(self, field_name: str) -> Provenance:
        """Which service said this field of the record, and when."""
        return self.field_sources.get(field_name, self.provenance)


class PopulationRegistry(Protocol):
    """DOPA's population registry.

    Equal questions with one `idempotency_key` (the pull's id) at the same moment are asked once.
    Raises RegistryUnavailable, RegistryClosed, RegistryBusy, RegistryRefused, RecordNotFound, WrongPerson.
    """

    async def person(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[PersonRecord]:
        """The person with this number; an answer about anyone else raises WrongPerson."""


class CompanyRegistry(Protocol):
    """DBD's company registry. Raises as PopulationRegistry does."""

    async def company(
        self, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[CompanyRecord]:
        """The juristic person with this number."""
