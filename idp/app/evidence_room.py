"""The evidence of one deployment, for whoever operates it."""

from idp.agencies.service import Agencies
from idp.app.ground import Ground
from idp.app.receipts_room import build_receipts
from idp.authorization.client_registration.service import Clients
from idp.consent.sealed import ConsentSeals
from idp.consent.service import Consents
from idp.exchange.bases.service import Bases
from idp.exchange.evidence import EvidenceBundles
from idp.settings import Settings


def build_evidence(settings: Settings, ground: Ground) -> EvidenceBundles:
    """Put it together from the ground alone: no registry and no door is needed to show what happened."""
    audit, randomness = ground.audit, ground.randomness
    agencies = Agencies(audit=audit, randomness=randomness)
    seals = ConsentSeals(personal=ground.personal, blind_index=ground.blind_index)
    consents = Consents(seals=seals, audit=audit, randomness=randomness)
    clients = Clients(audit=audit, server_metadata={})
    receipts = build_receipts(ground, issuer=settings.issuer, agencies=agencies, clients=clients, consents=consents)
    return EvidenceBundles(
        storage=ground.storage,
        agencies=agencies,
        consents=consents,
        receipts=receipts,
        bases=Bases(agencies=agencies, personal=ground.personal, audit=audit, randomness=randomness),
        personal=ground.personal,
        audit=audit,
        keys=ground.signing_keys,
        log_key=ground.checkpoint_signer.verifier_key,
    )
