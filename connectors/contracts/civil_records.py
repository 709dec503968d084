"""What the population registry gives beside the person: house, names, checks and others' extracts; ports for them.

One inner record per data set, whichever wire it came by (facts/thai-registries, sections 3.3, 3.4, 10.6). The photo is
apart, in `connectors.contracts.registry_photo`: no record here can hold one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.identifiers import CitizenId, HouseId, LaserCode
from connectors.contracts.registry import RegistryAnswer
from connectors.contracts.thai_dates import PartialDate


@dataclass(frozen=True, slots=True, repr=False)
class HouseMember:
    """A person in a house registration. `citizen_id` is None where the registry has no number for them."""

    citizen_id: CitizenId | None
    name: PersonName
    sex: str
    birth_date: PartialDate | None
    role: str
    """เจ้าบ้าน or ผู้อาศัย; "" where the service does not say (IKNO does not)."""


@dataclass(frozen=True, slots=True, repr=False)
class HouseRecord:
    """A house and who is registered in it, in the registry's order and words."""

    house_id: HouseId
    address: CardAddress
    registry_office: str
    house_type: str
    permitted_on: PartialDate | None
    disposed_on: PartialDate | None
    particulars: Mapping[str, str]
    """Village, building, location, size and the like, by the registry's own field names; empty ones left out."""
    members: tuple[HouseMember, ...]

    def member(self, citizen_id: CitizenId) -> HouseMember | None:
        """The row of this person."""
        return next((row for row in self.members if row.citizen_id == citizen_id), None)


@dataclass(frozen=True, slots=True, repr=False)
class RegisteredAddress:
    """One of a person's addresses; `kind` in the registry's words, "" where it has but one."""

    kind: str
    house_id: str
    address: CardAddress


class ChangedName(StrEnum):
    """Which name an entry changed."""

    FIRST = "first"
    LAST = "last"
    FIRST_AND_LAST = "first_and_last"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, repr=False)
class NameChangeEntry:
    """One entry of the name registers. `document` is the form or number it is recorded under, `cause` the reason."""

    changed_on: PartialDate | None
    changed: ChangedName
    before: str
    after: str
    place: str
    document: str
    cause: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class NameHistory:
    """Every change of name, in the registry's order; no entries means that the name was never changed: an answer."""

    citizen_id: CitizenId
    entries: tuple[NameChangeEntry, ...]


class Verdict(StrEnum):
    """The answer to a check; `unknown` when the registry did not judge."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """A verdict, with the registry's code where it gave one."""

    verdict: Verdict
    wire_code: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class FoundPerson:
    """A row of a search by name."""

    citizen_id: CitizenId
    name: PersonName
    birth_date: PartialDate | None


@dataclass(frozen=True, slots=True, repr=False)
class RegistryExtract:
    """A record of a registry whose fields are not published: named texts as they came, proven to be this person's."""

    citizen_id: CitizenId
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[Mapping[str, str], ...]]


class HouseRegistry(Protocol):
    """Houses and their members. Raises as PopulationRegistry does."""

    async def house_of(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[HouseRecord]:
        """The house in which this person is registered; WrongPerson when they are not among its members."""


class NameRegistry(Protocol):
    """The name registers. Raises as PopulationRegistry does."""

    async def name_changes(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[NameHistory]:
        """Every change of this person's name; a name that was never changed is an empty history."""


class PersonChecks(Protocol):
    """Questions that are answered without any value. Raises as PopulationRegistry does."""

    async def check_by_laser(
        self,
        citizen_id: CitizenId,
        name: PersonName,
        birth_date: PartialDate,
        laser_code: LaserCode,
        *,
        deadline_seconds: float,
        idempotency_key: str | None = None,
    ) -> RegistryAnswer[CheckAnswer]:
        """Whether number, name, birth date and the code on the card's back belong together."""
