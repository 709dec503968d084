"""The Linkage Center behind the gateway (facts/thai-registries, section 3.4)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from connectors.contracts.civil_records import HouseRecord, NameHistory, RegisteredAddress, RegistryExtract
from connectors.contracts.errors import RecordNotFound, RegistryOutcome, WrongPerson
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import PersonRecord, Provenance, RegistryAnswer
from connectors.contracts.year_rule import YearRule
from connectors.dopa.linkage_reading import (
    read_addresses,
    read_changes,
    read_extract,
    read_house,
    read_members,
    read_person,
)
from connectors.dopa.linkage_services import (
    ADDRESSES,
    HOUSE,
    HOUSE_MEMBERS,
    NAME_CHANGES,
    PERSON,
    LinkageService,
    LinkageWire,
    service_of,
)
from connectors.dopa.subject import require_subject
from connectors.gdx.fields import Fields, rows, text
from connectors.gdx.question import Question
from connectors.gdx.session import GdxSession

LINK_PATH: Final = "/ws/dopa/linkage/v1/link"
_OFFICES: Final = {"00023": "DOPA", "00212": "DLT"}


class LinkageClient:
    """Asks the Linkage Center; implements PopulationRegistry, HouseRegistry, NameRegistry, ExtractRegistry.

    At a counter `session` is the officer's (`GdxSession.for_agent`); with both cards the query runs on the citizen's
    right. Every answer that holds a number is checked against the one asked for.
    """

    def __init__(
        self,
        *,
        session: GdxSession,
        clock: Callable[[], datetime],
        wire: LinkageWire | None = None,
        year_rule: YearRule = YearRule.ALWAYS_543,
    ) -> None:
        self._session = session
        self._clock = clock
        self._wire = wire or LinkageWire()
        self._year_rule = year_rule

    async def person(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[PersonRecord]:
        """The person by 001; house and address, which 001 does not have, by 008."""
        (answer, source), (house, house_source) = await asyncio.gather(
            self._ask(PERSON, citizen_id, deadline_seconds, idempotency_key),
            self._ask(HOUSE, citizen_id, deadline_seconds, idempotency_key),
        )
        require_subject(answer, *self._wire.number_fields, expected_citizen_id=citizen_id)
        home = read_house(house)
        if text(answer, "houseID") not in ("", home.house_id.digits):
            raise WrongPerson("the registry answered about a house in which the person does not live")
        record = read_person(answer, citizen_id, home, source.retrieved_at, year_rule=self._year_rule)
        return RegistryAnswer(record, source, {"house_id": house_source, "address": house_source})

    async def house_of(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[HouseRecord]:
        """The house by 008 with its members by 007; WrongPerson when the person is not among them."""
        (house, source), (people, people_source) = await asyncio.gather(
            self._ask(HOUSE, citizen_id, deadline_seconds, idempotency_key),
            self._ask(HOUSE_MEMBERS, citizen_id, deadline_seconds, idempotency_key),
        )
        record = replace(read_house(house), members=read_members(people, self._wire))
        if record.member(citizen_id) is None:
            raise WrongPerson("the registry answered about a house in which the person does not live")
        return RegistryAnswer(record, source, {"members": people_source})

    async def addresses(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[tuple[RegisteredAddress, ...]]:
        """Every address of the person, by 027."""
        answer, source = await self._ask(ADDRESSES, citizen_id, deadline_seconds, idempotency_key)
        require_subject(answer, *self._wire.number_fields, expected_citizen_id=citizen_id)
        return RegistryAnswer(read_addresses(answer, self._wire), source)

    async def name_changes(
        self,
        citizen_id: CitizenId,
        *,
        deadline_seconds: float,
        idempotency_key: str | None = None,
        service: LinkageService = NAME_CHANGES,
    ) -> RegistryAnswer[NameHistory]:
        """Every change of name by 039, or of one kind by 013 or 017; none is an empty history."""
        try:
            answer, source = await self._ask(service, citizen_id, deadline_seconds, idempotency_key)
        except RecordNotFound as absent:
            if absent.outcome is not RegistryOutcome.NO_CHANGE:
                raise
            return RegistryAnswer(NameHistory(citizen_id, ()), self._source(service))
        for row in rows(answer, "allName"):
            require_subject(row, *self._wire.number_fields, expected_citizen_id=citizen_id)
        return RegistryAnswer(NameHistory(citizen_id, read_changes(answer, service)), source)

    async def extract(
        self, service: str, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[RegistryExtract]:
        """A service by its code whose record is not published (marriage, driving licence), as named texts about this
        person.
        """
        answer, source = await self._ask(service_of(service), citizen_id, deadline_seconds, idempotency_key)
        require_subject(answer, *self._wire.number_fields, expected_citizen_id=citizen_id)
        return RegistryAnswer(read_extract(answer, citizen_id), source)

    async def _ask(
        self, service: LinkageService, citizen_id: CitizenId, deadline_seconds: float, idempotency_key: str | None
    ) -> tuple[Fields, Provenance]:
        named = {"OfficeID": service.office, "ServiceID": service.service, "Version": service.version}
        asked = {"CitizenID": citizen_id.digits}
        question = (
            Question(LINK_PATH, named, form=asked, family=service.code)
            if self._wire.by_post
            else Question(LINK_PATH, named | asked, family=service.code)
        )
        answer = await self._session.ask(question, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key)
        return answer, self._source(service)

    def _source(self, service: LinkageService) -> Provenance:
        return Provenance(_OFFICES.get(service.office, service.office), service.code, self._clock())
