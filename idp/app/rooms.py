"""The rooms of one deployment, built once from the ground and what fulfils their ports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.agencies.service import Agencies
from idp.app.ground import Ground
from idp.app.issuer_agency import PREVIEW_SERVICE, ensure_issuer_agency
from idp.app.outside import Outside
from idp.authentication.model import RelyingParty
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.passkeys import Passkeys
from idp.authentication.sessions import Sessions
from idp.authorization.client_registration.service import ClientAuthentication, Clients
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.service import Grants
from idp.authorization.requests.intake import RequestIntake
from idp.authorization.requests.sealed import PendingRequests
from idp.authorization.requests.service import AuthorizationRequests
from idp.authorization.tokens.access import AccessTokens
from idp.authorization.tokens.minting import Mint
from idp.authorization.tokens.proofs import DpopProofs
from idp.authorization.tokens.revocation import Revocation
from idp.authorization.tokens.service import TokenEndpoint
from idp.authorization.tokens.userinfo import Userinfo
from idp.catalogue.gdx import GDX
from idp.consent.service import Consents
from idp.enrolment.card_check import CardCheck
from idp.enrolment.completion import Completion
from idp.enrolment.journal import Journal
from idp.enrolment.service import Enrolments
from idp.exchange.document.service import Documents
from idp.exchange.preview import Previews
from idp.exchange.pull.facts import FactsReader
from idp.exchange.pull.ledger import DisclosureLedger
from idp.exchange.pull.service import Pulls
from idp.exchange.service import Exchange
from idp.exchange.sources import Registries
from idp.kernel.assurance import Aal, Acr, Ial
from idp.keys.files import FIRST_VERSION
from idp.keys.signing import ALGORITHMS
from idp.oversight.service import AccessHistory
from idp.protocol.discovery import provider_metadata
from idp.protocol.dpop import DpopNonces
from idp.settings import Settings
from idp.stations.mail_slots import MailSlots
from idp.stations.photos import PhotoVault
from idp.stations.service import Stations
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class Rooms:
    """Every use case of the house. Doors take from here what they need."""

    ground: Ground
    outside: Outside
    metadata: Mapping[str, Any]
    nonces: DpopNonces
    agencies: Agencies
    subscribers: Subscribers
    sessions: Sessions
    passkeys: Passkeys
    passkey_links: PasskeyLinks
    stations: Stations
    mail_slots: MailSlots
    enrolments: Enrolments
    consents: Consents
    clients: Clients
    grants: Grants
    intake: RequestIntake
    requests: AuthorizationRequests
    tokens: TokenEndpoint
    revocation: Revocation
    access_tokens: AccessTokens
    userinfo: Userinfo
    documents: Documents
    previews: Previews
    exchange: Exchange
    access_history: AccessHistory


async def build_rooms(settings: Settings, ground: Ground, outside: Outside) -> Rooms:
    """Build bottom up, in the order of the floors."""
    storage, audit, randomness, security_log = ground.storage, ground.audit, ground.randomness, ground.security_log
    # 1. agencies and subscribers; the issuer is an agency itself
    agencies = Agencies(audit=audit, randomness=randomness)
    subscribers = Subscribers(personal=ground.personal, blind_index=ground.blind_index, audit=audit)
    issuer_agency = await ensure_issuer_agency(storage, agencies)
    # 2. stations, authentication, consent, enrolment
    stations = Stations(audit=audit, encryption=ground.encryption_key, photos=PhotoVault())
    mail_slots = MailSlots(
        storage=storage,
        agencies=agencies,
        signing=ground.signing_keys,
        encryption=ground.encryption_key,
        audit=audit,
        security_log=security_log,
        clock=ground.clock,
        issuer=settings.issuer,
    )
    passkey_links = PasskeyLinks(audit=audit)
    passkeys = Passkeys(
        storage=storage,
        relying_party=RelyingParty(id=urlsplit(settings.issuer).hostname or "", name="Tuaton", origin=settings.issuer),
        links=passkey_links,
        sealer=ground.sealer,
        personal=ground.personal,
        audit=audit,
        security_log=security_log,
    )
    consents = Consents(audit=audit, randomness=randomness)
    journal = Journal(audit=audit)
    enrolments = Enrolments(
        storage=storage,
        stations=stations,
        subscribers=subscribers,
        card_check=CardCheck(card_status=outside.card_status),
        completion=Completion(
            subscribers=subscribers,
            invitations=passkey_links,
            personal=ground.personal,
            blind_index=ground.blind_index,
            journal=journal,
        ),
        journal=journal,
    )
    # 3. authorization
    metadata = _metadata(settings)
    nonces = DpopNonces(ground.root_keys.derive("dpop-nonce", version=FIRST_VERSION))
    proofs = DpopProofs(nonces)
    clients = Clients(audit=audit, server_metadata=metadata, loopback_redirects_allowed=settings.is_demo)
    client_authentication = ClientAuthentication(clients=clients, issuer=settings.issuer, security_log=security_log)
    grants, codes = Grants(audit=audit), Codes(ground.sealer)
    pending_requests = PendingRequests(ground.sealer)
    access_tokens = AccessTokens(
        issuer=settings.issuer,
        keys=ground.signing_keys,
        sealer=ground.sealer,
        pairwise=ground.pairwise,
        clients=clients,
        grants=grants,
        proofs=proofs,
        security_log=security_log,
    )
    # 4. exchange
    registries = Registries(population=outside.population, companies=outside.companies)
    documents = Documents(
        storage=storage,
        sealer=outside.sealer,
        personal=ground.personal,
        audit=audit,
        randomness=randomness,
        verify_url=f"{settings.gateway_url}/verify",
    )
    ledger = DisclosureLedger(
        storage=storage,
        consents=consents,
        documents=documents,
        audit=audit,
        personal=ground.personal,
        randomness=randomness,
    )
    pulls = Pulls(
        storage=storage,
        agencies=agencies,
        facts=FactsReader(agencies=agencies, consents=consents, subscribers=subscribers),
        ledger=ledger,
        registries=registries,
        documents=documents,
        audit=audit,
    )
    previews = Previews(
        storage=storage,
        agencies=agencies,
        subscribers=subscribers,
        registries=registries,
        audit=audit,
        randomness=randomness,
        issuer_id=issuer_agency,
        service_id=PREVIEW_SERVICE,
    )
    return Rooms(
        ground=ground,
        outside=outside,
        metadata=metadata,
        nonces=nonces,
        agencies=agencies,
        subscribers=subscribers,
        sessions=Sessions(audit=audit),
        passkeys=passkeys,
        passkey_links=passkey_links,
        stations=stations,
        mail_slots=mail_slots,
        enrolments=enrolments,
        consents=consents,
        clients=clients,
        grants=grants,
        intake=RequestIntake(
            storage=storage,
            issuer=settings.issuer,
            par_url=metadata["pushed_authorization_request_endpoint"],
            gateway=settings.gateway_url,
            acr_prefix=settings.acr_prefix,
            clients=clients,
            authentication=client_authentication,
            proofs=proofs,
            agencies=agencies,
            pending_requests=pending_requests,
            audit=audit,
            security_log=security_log,
        ),
        requests=AuthorizationRequests(
            storage=storage,
            issuer=settings.issuer,
            clients=clients,
            agencies=agencies,
            subscribers=subscribers,
            consents=consents,
            codes=codes,
            pending_requests=pending_requests,
            audit=audit,
        ),
        tokens=TokenEndpoint(
            storage=storage,
            url=metadata["token_endpoint"],
            authentication=client_authentication,
            proofs=proofs,
            codes=codes,
            grants=grants,
            mint=Mint(
                issuer=settings.issuer,
                gateway=settings.gateway_url,
                acr_prefix=settings.acr_prefix,
                keys=ground.signing_keys,
                sealer=ground.sealer,
                pairwise=ground.pairwise,
                agencies=agencies,
            ),
            sealer=ground.sealer,
            agencies=agencies,
            audit=audit,
        ),
        revocation=Revocation(
            storage=storage,
            authentication=client_authentication,
            grants=grants,
            sealer=ground.sealer,
            keys=ground.signing_keys,
        ),
        access_tokens=access_tokens,
        userinfo=Userinfo(
            storage=storage,
            access_tokens=access_tokens,
            subscribers=subscribers,
            agencies=agencies,
            acr_prefix=settings.acr_prefix,
        ),
        documents=documents,
        previews=previews,
        exchange=Exchange(pulls=pulls, documents=documents, previews=previews),
        access_history=AccessHistory(personal=ground.personal),
    )


def _metadata(settings: Settings) -> Mapping[str, Any]:
    return provider_metadata(
        issuer=settings.issuer,
        acr_values=[Acr(ial, aal).text(settings.acr_prefix) for ial in Ial for aal in Aal],
        authorization_details_types=[GDX],
        id_token_algorithms=ALGORITHMS,
    )
