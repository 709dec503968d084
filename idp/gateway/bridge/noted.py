"""The registries of one call, whose records are kept at hand until it is answered in the registry's own wire.

One question is asked once: the data sets of one call are pulled one after the other, each with its own decision and its
own record, from the same answer. Nothing outlives the call.
"""

from connectors.contracts.civil_records import HouseRecord, NameHistory, RegistryExtract
from connectors.contracts.company_records import (
    FinancialStatement,
    OwnerDocument,
    Paper,
    Scan,
    ScannedDocument,
    ShareholderList,
)
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry import CompanyRecord, PersonRecord, RegistryAnswer
from connectors.contracts.registry_desk import RegistryDesk


class Noted:
    """What the registries said to this call; None where they were not asked."""

    def __init__(self) -> None:
        self.person: RegistryAnswer[PersonRecord] | None = None
        self.house: HouseRecord | None = None
        self.names: NameHistory | None = None
        self.extract: RegistryExtract | None = None
        self.company: CompanyRecord | None = None
        self.shareholders: ShareholderList | None = None
        self.statements: dict[int, FinancialStatement] = {}
        self.papers: dict[Paper, OwnerDocument] = {}


def noting_desk(desk: RegistryDesk, noted: Noted) -> RegistryDesk:
    """The same registries, which note what they answer."""
    noting = _Noting(desk, noted)
    return RegistryDesk(
        population=noting, houses=noting, names=noting, extracts=noting, companies=noting, papers=noting
    )


class _Noting:
    """Every port at once; asks the one behind."""

    def __init__(self, desk: RegistryDesk, noted: Noted) -> None:
        self._desk = desk
        self._noted = noted

    async def person(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[PersonRecord]:
        """As PopulationRegistry; asked once a call."""
        known = self._noted.person
        if known is None or known.record.citizen_id != citizen_id:
            known = self._noted.person = await self._desk.population.person(
                citizen_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
            )
        return known

    async def house_of(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[HouseRecord]:
        """As HouseRegistry."""
        answer = await self._desk.houses.house_of(
            citizen_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        self._noted.house = answer.record
        return answer

    async def name_changes(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[NameHistory]:
        """As NameRegistry."""
        answer = await self._desk.names.name_changes(
            citizen_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        self._noted.names = answer.record
        return answer

    async def extract(
        self, service: str, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[RegistryExtract]:
        """As ExtractRegistry."""
        answer = await self._desk.extracts.extract(
            service, citizen_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        self._noted.extract = answer.record
        return answer

    async def company(
        self, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[CompanyRecord]:
        """As CompanyRegistry."""
        answer = await self._desk.companies.company(
            juristic_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        self._noted.company = answer.record
        return answer

    async def shareholders(
        self,
        juristic_id: JuristicId,
        *,
        expected_name: str,
        deadline_seconds: float,
        idempotency_key: str | None = None,
    ) -> RegistryAnswer[ShareholderList]:
        """As CompanyPapers."""
        answer = await self._desk.papers.shareholders(
            juristic_id,
            expected_name=expected_name,
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        self._noted.shareholders = answer.record
        return answer

    async def financial_statement(
        self, juristic_id: JuristicId, *, year_be: int, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[FinancialStatement]:
        """As CompanyPapers."""
        answer = await self._desk.papers.financial_statement(
            juristic_id, year_be=year_be, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        self._noted.statements[answer.record.year_be] = answer.record
        return answer

    async def pdf(
        self, paper: Paper, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[OwnerDocument]:
        """As CompanyPapers."""
        answer = await self._desk.papers.pdf(
            paper, juristic_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        self._noted.papers[paper] = answer.record
        return answer

    async def scan(
        self, scan: Scan, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[ScannedDocument]:
        """As CompanyPapers; no service of the bridge answers with page images, so that they are not noted."""
        return await self._desk.papers.scan(
            scan, juristic_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
