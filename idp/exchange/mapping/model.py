"""What a registry's answer becomes before anybody decides which of it leaves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypedDict

from connectors.contracts.card import ThaiCardData
from connectors.contracts.documents import Exhibit
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry import Provenance
from connectors.contracts.registry_desk import RegistryDesk
from connectors.contracts.thai_dates import BANGKOK, PartialDate

Fields = dict[str, Any]
"""Field name to value: text, a list of texts, an object of texts, or a list of such objects."""

Dates = Mapping[str, "PartialDate | tuple[Mapping[str, PartialDate | None], ...] | None"]
"""Field name to date, or to the dates in its rows."""


@dataclass(frozen=True, slots=True, repr=False)
class PresentedCard:
    """What a card in a reader said, and when: the subject of data sets that ask no registry."""

    data: ThaiCardData
    read_at: datetime


RegistrySubject = CitizenId | JuristicId | PresentedCard


class Terms(TypedDict):
    """On which terms a registry is asked: by when it has to answer, and for which pull."""

    deadline_seconds: float
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader needs beside the subject. `wanted` are the fields that may leave.

    A reader spares the registry what only other fields need; that other fields are there all the same does no harm.
    """

    asked_at: datetime
    terms: Terms
    wanted: frozenset[str]

    @property
    def today(self) -> date:
        """The day in Bangkok."""
        return self.asked_at.astimezone(BANGKOK).date()


@dataclass(frozen=True, slots=True, repr=False)
class Fetched:
    """Every field of a data set as the registry gave it; only granted ones go further.

    `about` is whom the record itself says it is about. `field_sources` names the fields that came by another service
    than `provenance`. `exhibits` are the owner's own papers, byte for byte, by the field that describes them.
    `others_named` are the numbers of other persons in the record by field: they see that it was read.
    """

    about: CitizenId | JuristicId
    fields: Fields
    dates: Dates
    provenance: Provenance
    field_sources: Mapping[str, Provenance] = field(default_factory=dict)
    exhibits: Mapping[str, tuple[Exhibit, ...]] = field(default_factory=dict)
    others_named: Mapping[str, tuple[CitizenId, ...]] = field(default_factory=dict)

    def source_of(self, name: str) -> Provenance:
        """Which service said this field, and when."""
        return self.field_sources.get(name, self.provenance)


PersonReader = Callable[[RegistryDesk, CitizenId, Question], Awaitable[Fetched]]
CompanyReader = Callable[[RegistryDesk, JuristicId, Question], Awaitable[Fetched]]
CardReader = Callable[[PresentedCard], Fetched]


def thai_day(day: PartialDate | None) -> str:
    """The date as it is written; empty where nobody knows it."""
    return "" if day is None else day.thai()


def machine_dates(dates: Dates, names: tuple[str, ...]) -> dict[str, Any]:
    """The granted dates in two machine forms:

    `be` is YYYYMMDD in the Buddhist era with 00 for unknown parts, `iso` needs the day. Dates in rows are told row by
    row.
    """
    return {name: _told(day) for name, day in dates.items() if day is not None and name in names}


def _told(day: "PartialDate | tuple[Mapping[str, PartialDate | None], ...]") -> Any:
    match day:
        case PartialDate():
            return {"be": day.to_be_text(), "iso": day.iso()}
        case rows:
            return [{name: _told(each) for name, each in row.items() if each is not None} for row in rows]
