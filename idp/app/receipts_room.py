"""Receipts of one deployment, and what they say of the program that gets the data."""

from dataclasses import dataclass

from connectors.contracts.documents import DocumentSealer
from idp.agencies.service import Agencies
from idp.app.ground import Ground
from idp.authorization.client_registration.service import Clients
from idp.consent.model import ConsentRecord
from idp.consent.receipts.model import Recipient
from idp.consent.receipts.paper import ReceiptPapers
from idp.consent.receipts.service import Receipts
from idp.consent.service import Consents
from idp.keys.pairwise import PairwiseSubjects
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class ClientRecipients:
    """The registered clients, and the name by which each one's sector knows a person."""

    clients: Clients
    pairwise: PairwiseSubjects

    async def of(self, uow: UnitOfWork, record: ConsentRecord) -> Recipient:
        """The recipient named in a consent; of a client that was removed the id alone is known."""
        client = await self.clients.get(uow, record.client_id)
        if client is None:
            principal = self.pairwise.sub(record.client_id, record.subscriber_id)
            return Recipient(record.client_id, record.client_id, None, principal)
        principal = self.pairwise.sub(client.sector, record.subscriber_id)
        return Recipient(client.name_th, client.name_en, client.policy_uri, principal)


@dataclass(frozen=True, slots=True)
class ReceiptRooms:
    """The signed receipt, and the paper made of it."""

    receipts: Receipts
    papers: ReceiptPapers


def build_receipts(
    ground: Ground, *, issuer: str, agencies: Agencies, clients: Clients, consents: Consents
) -> Receipts:
    """The receipts alone; the issuer signs with its own keys."""
    return Receipts(
        storage=ground.storage,
        keys=ground.signing_keys,
        consents=consents,
        agencies=agencies,
        recipients=ClientRecipients(clients, ground.pairwise),
        personal=ground.personal,
        audit=ground.audit,
        randomness=ground.randomness,
        issuer=issuer,
    )


def build_receipt_rooms(
    ground: Ground, *, issuer: str, sealer: DocumentSealer, agencies: Agencies, clients: Clients, consents: Consents
) -> ReceiptRooms:
    """Put them together."""
    receipts = build_receipts(ground, issuer=issuer, agencies=agencies, clients=clients, consents=consents)
    papers = ReceiptPapers(
        storage=ground.storage,
        receipts=receipts,
        consents=consents,
        sealer=sealer,
        issuer=issuer,
    )
    return ReceiptRooms(receipts=receipts, papers=papers)
