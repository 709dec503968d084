"""Everything DBD has beside the profile, about one company (facts/thai-registries, section 4.1)."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Final

from connectors.contracts.company_records import (
    FinancialStatement,
    OwnerDocument,
    Paper,
    Scan,
    ScannedDocument,
    ShareholderList,
)
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import RegistryAnswer
from connectors.dbd.account import DbdAccount
from connectors.dbd.asking import Dbd
from connectors.dbd.documents import read_pdf, read_scan
from connectors.dbd.holdings import read_shareholders, read_statement
from connectors.dbd.services import DBD_SERVICES, VAT_REGISTRATION, DbdService
from connectors.gdx.session import GdxSession

PAPERS: Final = MappingProxyType(
    {
        Paper.CERTIFICATE: DBD_SERVICES["DBD-002"],
        Paper.SHAREHOLDERS: DBD_SERVICES["DBD-004"],
        Paper.SHAREHOLDERS_SCANNED: DBD_SERVICES["DBD-005"],
        Paper.FINANCIALS_SCANNED: DBD_SERVICES["DBD-009"],
        Paper.MEMORANDUM: DBD_SERVICES["DBD-011"],
        Paper.OBJECTIVES: DBD_SERVICES["DBD-014"],
    }
)
SCANS: Final = MappingProxyType(
    {
        Scan.SHAREHOLDERS: DBD_SERVICES["DBD-006"],
        Scan.FINANCIALS: DBD_SERVICES["DBD-010"],
        Scan.MEMORANDUM: DBD_SERVICES["DBD-012"],
        Scan.OBJECTIVES: DBD_SERVICES["DBD-013"],
    }
)


class DbdPapersClient:
    """Asks DBD for papers and lists; implements CompanyPapers.

    `vat_service` is RD-001 with the address that the deployment's contract gives.
    """

    def __init__(
        self,
        *,
        session: GdxSession,
        clock: Callable[[], datetime],
        account: DbdAccount | None = None,
        vat_service: DbdService = VAT_REGISTRATION,
    ) -> None:
        self._dbd = Dbd(session=session, clock=clock, account=account)
        self._vat_service = vat_service

    async def shareholders(
        self,
        juristic_id: JuristicId,
        *,
        expected_name: str,
        deadline_seconds: float,
        idempotency_key: str | None = None,
    ) -> RegistryAnswer[ShareholderList]:
        """The holders. The wire names the company, not its number: `expected_name` is the profile's Thai name."""
        answer, source = await self._dbd.ask(
            DBD_SERVICES["DBD-003"],
            juristic_id.digits,
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        return RegistryAnswer(read_shareholders(answer, juristic_id, expected_name=expected_name), source)

    async def financial_statement(
        self, juristic_id: JuristicId, *, year_be: int, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[FinancialStatement]:
        """The statement of one Buddhist-era year."""
        answer, source = await self._dbd.ask(
            DBD_SERVICES["DBD-007"],
            juristic_id.digits,
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
            more={"Year": str(year_be)},
        )
        return RegistryAnswer(read_statement(answer, juristic_id, expected_year_be=year_be), source)

    async def vat_registration(
        self, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[OwnerDocument]:
        """ภ.พ.20 (RD-001), read as the other PDFs are: its own form is not published."""
        return await self._document(self._vat_service, juristic_id, deadline_seconds, idempotency_key)

    async def pdf(
        self, paper: Paper, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[OwnerDocument]:
        """This paper as the registry's own PDF. Raises as CompanyRegistry does."""
        return await self._document(PAPERS[paper], juristic_id, deadline_seconds, idempotency_key)

    async def scan(
        self, scan: Scan, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[ScannedDocument]:
        """This paper as page images. Raises as CompanyRegistry does, but for WrongPerson: the pages name nobody."""
        answer, source = await self._dbd.ask(
            SCANS[scan], juristic_id.digits, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        return RegistryAnswer(read_scan(answer), source)

    async def _document(
        self, service: DbdService, juristic_id: JuristicId, deadline_seconds: float, idempotency_key: str | None
    ) -> RegistryAnswer[OwnerDocument]:
        answer, source = await self._dbd.ask(
            service, juristic_id.digits, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        return RegistryAnswer(read_pdf(answer, expected_number=juristic_id.digits), source)
