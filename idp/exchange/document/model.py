"""What is kept of a sealed document."""

from dataclasses import dataclass
from datetime import datetime

from connectors.contracts.documents import Delivery, SealedDocument, SealLevel
from idp.catalogue.model import Basis
from idp.kernel.ids import AgencyId, AgreementId, ClientId, ConsentId, DisclosureId, DocumentId, ServiceId, SubscriberId


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document's record, without the file. `expires_at` is when the kept file is dropped; the record stays."""

    id: DocumentId
    disclosure_id: DisclosureId
    subscriber_id: SubscriberId | None
    agency_id: AgencyId
    client_id: ClientId
    consent_id: ConsentId | None
    service_id: ServiceId
    dataset: str
    delivery: Delivery
    level: SealLevel
    sha256: str
    created_at: datetime
    expires_at: datetime

    @property
    def key_owner(self) -> str:
        """Under whose data key the file is sealed: the person's, or the agency's for a company's data."""
        return self.subscriber_id or self.agency_id


@dataclass(frozen=True, slots=True, repr=False)
class MadeDocument:
    """A finished file that nobody has yet; `password` exactly for password delivery."""

    id: DocumentId
    sealed: SealedDocument
    password: str | None


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
    """The file for its client."""

    record: DocumentRecord
    pdf: bytes
