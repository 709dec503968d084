"""Records and ports of secured documents (facts/secured-pdf; design, section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Delivery(StrEnum):
    """How a document leaves: `sealed` is signed PDF/A-3a; `password` is AES-256 encrypted, then signed, no PDF/A;
    `recipient` is the sealed file inside a JWE that only the agency's program opens.
    """

    SEALED = "sealed"
    PASSWORD = "password"
    RECIPIENT = "recipient"


class SealLevel(StrEnum):
    """PAdES baseline level reached (ETSI EN 319 142-1)."""

    B_T = "B-T"
    B_LTA = "B-LTA"


@dataclass(frozen=True, slots=True, repr=False)
class Exhibit:
    """A paper of the data's owner, attached to a document byte for byte; `file_name` is ASCII.

    `said_th` and `said_en` are what was found of its own signature, printed on the cover.
    """

    file_name: str
    media_type: str
    data: bytes
    said_th: str = ""
    said_en: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class PrintedBy:
    """The officer who takes a document out of the system: named at its foot, where they certify it, and across it."""

    name: str
    position: str
    unit: str


@dataclass(frozen=True, slots=True, repr=False)
class DocumentRequest:
    """What to print. `data` is JSON-ready and is attached byte for byte as `data.json`, `exhibits` beside it.

    `template` names a catalogue template (`person`, `company`, `record`); `verify_url` is what the QR code holds.
    `printed_by` makes it an officer's copy. `photo` is the JPEG off the card, printed by the template `card` alone: a
    document that has it is handed over and never kept (design, section 5, never 5).
    """

    template: str
    title_th: str
    title_en: str
    document_id: str
    agency_name: str
    purpose: str
    basis: str
    case_no: str
    source: str
    issued_at: datetime
    data: Mapping[str, Any]
    data_json: bytes
    verify_url: str
    audit_entry_id: str
    exhibits: tuple[Exhibit, ...] = ()
    agency_name_en: str = ""
    purpose_en: str = ""
    printed_by: PrintedBy | None = None
    photo: bytes | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SealedDocument:
    """The finished file and what is said of it. `sha256` is lower-case hex of `pdf`."""

    pdf: bytes
    sha256: str
    level: SealLevel
    delivery: Delivery
    pages: int


@dataclass(frozen=True, slots=True, repr=False)
class HeldDocument:
    """Signed, and waiting for its time-stamp: nobody's to have before. `held` is what `DocumentWorks.stamp` takes."""

    held: bytes
    delivery: Delivery
    pages: int


class DocumentSealer(Protocol):
    """Renders, encrypts where asked, signs and time-stamps. Raises DocumentError, TimestampUnavailable."""

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        """One document. `password` is given exactly when `delivery` is PASSWORD."""


class DocumentWorks(DocumentSealer, Protocol):
    """A sealer whose documents may be finished later, by any process."""

    async def seal_or_hold(
        self, request: DocumentRequest, *, delivery: Delivery, password: str | None
    ) -> SealedDocument | HeldDocument:
        """As `seal`, but held where no time-stamp can be had now. Raises DocumentError."""

    async def stamp(self, held: bytes) -> SealedDocument:
        """A held document, time-stamped now. Raises TimestampUnavailable, DocumentError."""

    async def archive(self, pdf: bytes) -> bytes:
        """A sealed file with everything that proves it in later years, appended to it: level B-LTA.

        Raises AuthorityUnavailable, and DocumentError also where a certificate of the seal was revoked.
        """
