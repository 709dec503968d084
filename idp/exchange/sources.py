"""Asking the registries: one fetch for every data set, under a deadline, never about anyone else."""

import asyncio
from dataclasses import dataclass
from typing import Any, assert_never

from connectors.contracts.errors import RegistryUnavailable, WrongPerson
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry import (
    CompanyRecord,
    CompanyRegistry,
    PersonRecord,
    PopulationRegistry,
    Provenance,
    RegistryAnswer,
)
from connectors.contracts.thai_dates import PartialDate
from idp.exchange.mapping import COMPANY_DATASETS, PERSON_DATASETS

RegistrySubject = CitizenId | JuristicId


@dataclass(frozen=True, slots=True, repr=False)
class Fetched:
    """Every field of a data set as the registry gave it; only granted ones go further."""

    fields: dict[str, Any]
    dates: dict[str, PartialDate | None]
    provenance: Provenance


class Registries:
    """The registries behind the catalogue's data sets."""

    def __init__(self, *, population: PopulationRegistry, companies: CompanyRegistry) -> None:
        self._population = population
        self._companies = companies

    async def fetch(self, dataset: str, subject: RegistrySubject, *, deadline_seconds: float) -> Fetched:
        """One data set about one subject.

        Raises the RegistryError tree; RegistryUnavailable also when the deadline passes, WrongPerson when the answer
        is about somebody else, whatever the connector thought of it.
        """
        match subject:
            case CitizenId():
                return map_person(dataset, await self.person(subject, deadline_seconds=deadline_seconds))
            case JuristicId():
                return map_company(dataset, await self._company(subject, deadline_seconds=deadline_seconds))
            case never:
                assert_never(never)

    async def person(self, citizen_id: CitizenId, *, deadline_seconds: float) -> RegistryAnswer[PersonRecord]:
        """The person's record, from which several data sets can be mapped. Raises as `fetch` does."""
        try:
            async with asyncio.timeout(deadline_seconds):
                answer = await self._population.person(citizen_id, deadline_seconds=deadline_seconds)
        except TimeoutError as error:
            raise RegistryUnavailable("population registry: deadline passed") from error
        # nevers, 4: "an answer about someone else passed on"
        if answer.record.citizen_id != citizen_id:
            raise WrongPerson("population registry answered about somebody else")
        return answer

    async def _company(self, juristic_id: JuristicId, *, deadline_seconds: float) -> RegistryAnswer[CompanyRecord]:
        try:
            async with asyncio.timeout(deadline_seconds):
                answer = await self._companies.company(juristic_id, deadline_seconds=deadline_seconds)
        except TimeoutError as error:
            raise RegistryUnavailable("company registry: deadline passed") from error
        if answer.record.juristic_id != juristic_id:
            raise WrongPerson("company registry answered about another company")
        return answer


def map_person(dataset: str, answer: RegistryAnswer[PersonRecord]) -> Fetched:
    """One data set out of a person's record."""
    fields, dates = PERSON_DATASETS[dataset]
    return Fetched(fields(answer.record), dates(answer.record), answer.provenance)


def map_company(dataset: str, answer: RegistryAnswer[CompanyRecord]) -> Fetched:
    """One data set out of a company's record."""
    fields, dates = COMPANY_DATASETS[dataset]
    return Fetched(fields(answer.record), dates(answer.record), answer.provenance)
