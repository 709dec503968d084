"""Asking the registries: one way for every data set, under a deadline, never about anyone else."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import assert_never

from connectors.contracts.errors import RegistryUnavailable, WrongPerson
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry import PersonRecord, RegistryAnswer
from connectors.contracts.registry_desk import Asker, DeskOf
from idp.catalogue.datasets import DATASETS
from idp.catalogue.population import PERSON
from idp.exchange.health.model import Watch
from idp.exchange.mapping.model import Fetched, PresentedCard, Question, RegistrySubject, Terms
from idp.exchange.mapping.readers import CARD_READERS, COMPANY_READERS, PERSON_READERS

SYSTEM = Asker()


class Registries:
    """The registries behind the catalogue's data sets. `clock` gives aware moments; `watch` stands around every
    question, where there is one.
    """

    def __init__(self, *, desk_of: DeskOf, clock: Callable[[], datetime], watch: Watch | None = None) -> None:
        self._desk_of = desk_of
        self._clock = clock
        self._watch = watch

    def watched_as(self, other: "Registries") -> "Registries":
        """These registries under the watch that stands around the questions to the other ones."""
        return Registries(desk_of=self._desk_of, clock=self._clock, watch=other._watch)

    def _question(self, dataset: str) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._watch is None else self._watch.question(DATASETS[dataset].service)

    async def fetch(
        self,
        dataset: str,
        subject: RegistrySubject,
        *,
        deadline_seconds: float,
        idempotency_key: str | None = None,
        asker: Asker = SYSTEM,
        wanted: Iterable[str] | None = None,
    ) -> Fetched:
        """One data set about one subject, asked as `asker`; `idempotency_key` is the pull's id.

        `wanted` are the fields that may leave, None for all: services that only others need are not asked.

        Raises the RegistryError tree; RegistryUnavailable also when the deadline passes, WrongPerson when the answer
        is about somebody else, whatever the connector thought of it.
        """
        if isinstance(subject, PresentedCard):
            return CARD_READERS[dataset](subject)
        question = Question(
            self._clock(),
            Terms(deadline_seconds=deadline_seconds, idempotency_key=idempotency_key),
            frozenset(DATASETS[dataset].field_names if wanted is None else wanted),
        )
        async with self._question(dataset):
            try:
                async with asyncio.timeout(deadline_seconds):
                    fetched = await self._read(dataset, subject, question, asker)
            except TimeoutError as error:
                raise RegistryUnavailable("no whole answer within the deadline") from error
        # nevers, 4: "an answer about someone else passed on"
        if fetched.about != subject:
            raise WrongPerson("the registry answered about somebody else")
        return fetched

    async def person(self, citizen_id: CitizenId, *, deadline_seconds: float) -> RegistryAnswer[PersonRecord]:
        """The person's record, from which several data sets can be mapped. Raises as `fetch` does."""
        async with self._question(PERSON.id):
            try:
                async with asyncio.timeout(deadline_seconds):
                    desk = self._desk_of(SYSTEM)
                    answer = await desk.population.person(citizen_id, deadline_seconds=deadline_seconds)
            except TimeoutError as error:
                raise RegistryUnavailable("no whole answer within the deadline") from error
        if answer.record.citizen_id != citizen_id:
            raise WrongPerson("the registry answered about somebody else")
        return answer

    async def _read(self, dataset: str, subject: CitizenId | JuristicId, question: Question, asker: Asker) -> Fetched:
        desk = self._desk_of(asker)
        match subject:
            case CitizenId():
                return await PERSON_READERS[dataset](desk, subject, question)
            case JuristicId():
                return await COMPANY_READERS[dataset](desk, subject, question)
            case never:
                assert_never(never)
