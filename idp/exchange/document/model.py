"""What is kept of a sealed document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from connectors.contracts.documents import Delivery, HeldDocument, SealedDocument, SealLevel
from idp.catalogue.model import Basis
from idp.kernel.ids import AgencyId, AgreementId, ClientId, ConsentId, DisclosureId, DocumentId, ServiceId, SubscriberId


class DocumentState(StrEnum):
    """Whether a document is one yet: without a time-stamp it is nobody's to have, and never passed off as less."""

    AWAITING_TIMESTAMP = "awaiting_timestamp"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document's record, without the file. `expires_at` is when the kept file is dropped; the record stays.

    `level`, hashes and size are None as long as it awaits its time-stamp. `issued_sha256` is of the file as it was
    issued, `sha256` of the one that is fetched now, which may have more appended behind its first `issued_size` bytes:
    both are recognised.
    """

    id: DocumentId
    disclosure_id: DisclosureId
    subscriber_id: SubscriberId | None
    agency_id: AgencyId
    client_id: ClientId
    consent_id: ConsentId | None
    service_id: ServiceId
    dataset: str
    delivery: Delivery
    level: SealLevel | None
    sha256: str | None
    issued_sha256: str | None
    issued_size: int | None
    created_at: datetime
    expires_at: datetime

    @property
    def state(self) -> DocumentState:
        """Whether it may be fetched."""
        return DocumentState.AWAITING_TIMESTAMP if self.level is None else DocumentState.SEALED

    @property
    def key_owner(self) -> str:
        """Under whose data key the file is sealed: the person's, or the agency's for a company's data."""
        return self.subscriber_id or self.agency_id


@dataclass(frozen=True, slots=True, repr=False)
class MadeDocument:
    """A document that nobody has yet; held where no time-stamp was to be had. `password` exactly for that delivery.

    `printed_values` are the keyed digests of the values on it.
    """

    id: DocumentId
    made: SealedDocument | HeldDocument
    password: str | None
    printed_values: bytes

    @property
    def delivery(self) -> Delivery:
        """How it leaves."""
        return self.made.delivery

    @property
    def level(self) -> SealLevel | None:
        """The level reached; None while it is held."""
        return self.made.level if isinstance(self.made, SealedDocument) else None

    @property
    def sha256(self) -> str | None:
        """Of the file; None while it is held."""
        return self.made.sha256 if isinstance(self.made, SealedDocument) else None

    @property
    def size(self) -> int | None:
        """Of the file in bytes; None while it is held."""
        return len(self.made.pdf) if isinstance(self.made, SealedDocument) else None

    @property
    def content(self) -> bytes:
        """What is kept: the file, or what becomes one with a time-stamp."""
        return self.made.pdf if isinstance(self.made, SealedDocument) else self.made.held


@dataclass(frozen=True, slots=True, repr=False)
class Unfinished:
    """A kept document that is taken to be worked on. `attempt` is which time: a later one makes this one void."""

    record: DocumentRecord
    attempt: int
    content: bytes


class RecipientKeys(Protocol):
    """The keys that programs registered for what is encrypted to them."""

    async def of(self, client_id: ClientId) -> Mapping[str, Any] | None:
        """The program's key set as it stands; None for a program that is not there."""


@dataclass(frozen=True, slots=True, repr=False)
class Fetchable:
    """A kept document that may be fetched now, with what its disclosure said about it.

    `owner_id` is whose data it is, also where an officer named them and no token of theirs was there.
    """

    record: DocumentRecord
    owner_id: SubscriberId | None
    fields: tuple[str, ...]
    basis: Basis
    juristic_id: str | None
    agreement_id: AgreementId | None
    sealed_pdf: bytes


@dataclass(frozen=True, slots=True, repr=False)
class FetchedDocument:
    """What its client gets: the sealed PDF, or the JWE around it where it was made for a recipient."""

    record: DocumentRecord
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class AwaitedDocument:
    """It awaits its time-stamp: nothing left."""

    record: DocumentRecord
