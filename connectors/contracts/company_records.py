"""What the company registry gives beside the profile: holders, statements, documents, lists (facts, section 4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Protocol

from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import RegistryAnswer
from connectors.contracts.thai_dates import PartialDate


@dataclass(frozen=True, slots=True, repr=False)
class Shareholder:
    """A row of the list of holders. The published wire has no number of shares per holder."""

    name: str
    occupation: str
    nationality: str


@dataclass(frozen=True, slots=True, repr=False)
class ShareholderList:
    """The list of holders (บอจ.5) in the registry's order. `par_value` in baht a share."""

    juristic_id: JuristicId
    company_name: str
    par_value: Decimal | None
    shares: int | None
    received_on: PartialDate | None
    meeting_on: PartialDate | None
    holders: tuple[Shareholder, ...]


@dataclass(frozen=True, slots=True, repr=False)
class FinancialStatement:
    """One year's statement. `amounts` in baht by the registry's meaning, None where it said nothing."""

    juristic_id: JuristicId
    year_be: int
    amounts: Mapping[str, Decimal | None]


class Paper(Enum):
    """A paper that the registry gives as its own PDF."""

    CERTIFICATE = "certificate"
    SHAREHOLDERS = "shareholders"
    SHAREHOLDERS_SCANNED = "shareholders_scanned"
    FINANCIALS_SCANNED = "financials_scanned"
    MEMORANDUM = "memorandum"
    OBJECTIVES = "objectives"


class Scan(Enum):
    """A paper that the registry gives as images of its pages."""

    SHAREHOLDERS = "shareholders"
    FINANCIALS = "financials"
    MEMORANDUM = "memorandum"
    OBJECTIVES = "objectives"


@dataclass(frozen=True, slots=True, repr=False)
class OwnerDocument:
    """A PDF that the registry made and signed itself; an exhibit, passed on byte for byte.

    `names_subject` is False when nothing beside the PDF says whose it is.
    """

    file_name: str
    pages: int
    pdf: bytes
    names_subject: bool


@dataclass(frozen=True, slots=True, repr=False)
class PageImage:
    """A scanned page, numbered from 1; `media_type` by the bytes themselves."""

    page: int
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ScannedDocument:
    """The pages of a paper as the registry scanned them; all of them, in order."""

    kind: str
    pages: tuple[PageImage, ...]


@dataclass(frozen=True, slots=True, repr=False)
class FoundCompany:
    """A row of a search by name."""

    juristic_id: JuristicId
    name_th: str
    status: str


@dataclass(frozen=True, slots=True, repr=False)
class CompanyExtract:
    """A record whose fields are not published: named texts as they came."""

    texts: Mapping[str, str]


class CompanyPapers(Protocol):
    """Everything the company registry has beside the profile. Raises as CompanyRegistry does."""

    async def shareholders(
        self,
        juristic_id: JuristicId,
        *,
        expected_name: str,
        deadline_seconds: float,
        idempotency_key: str | None = None,
    ) -> RegistryAnswer[ShareholderList]:
        """The holders. The wire names the company, not its number: `expected_name` is the profile's Thai name."""

    async def financial_statement(
        self, juristic_id: JuristicId, *, year_be: int, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[FinancialStatement]:
        """The statement of one Buddhist-era year."""

    async def pdf(
        self, paper: Paper, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[OwnerDocument]:
        """This paper as the registry's own PDF, with its own signature on it where it signs."""

    async def scan(
        self, scan: Scan, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[ScannedDocument]:
        """This paper as images of its pages, which name nobody: no WrongPerson."""
