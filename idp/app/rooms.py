"""The rooms of one deployment, built once from the ground and what fulfils their ports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.contracts.outbound import ClientAddresses
from idp.agencies.service import Agencies
from idp.app.authenticator_models import authenticator_models, offered_sign_in_levels
from idp.app.authenticators import build_authenticators
from idp.app.enrolment_room import build_enrolment_room
from idp.app.further_rooms import build_further_rooms
from idp.app.ground import Ground
from idp.app.issuer_agency import PREVIEW_SERVICE, ensure_issuer_agency
from idp.app.life import LifeRooms, build_life_rooms
from idp.app.outside import Outside, client_addresses
from idp.app.representation_room import RepresentationRoom, build_representation_room
from idp.app.tls import client_certificate_authorities
from idp.app.token_room import TokenGround, build_token_room
from idp.app.unattended_room import UnattendedRooms, build_unattended_rooms
from idp.approvals.service import Approvals
from idp.authentication.attestation import StaffModels
from idp.authentication.card_sign_in import CardSignIns
from idp.authentication.freezing import Freezing
from idp.authentication.known_devices import KnownDevices
from idp.authentication.model import RelyingParty
from idp.authentication.own_passkeys import OwnPasskeys
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.passkeys import Passkeys
from idp.authentication.pin_hashing import PinHashing
from idp.authentication.pins import Pins
from idp.authentication.recovery_codes import RecoveryCodes
from idp.authentication.revoking import Revoking
from idp.authentication.sessions import Sessions
from idp.authorization.backchannel.service import BackchannelAuthentication
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.registration import Registration
from idp.authorization.client_registration.service import ClientAuthentication, Clients
from idp.authorization.deferred.service import DeferredRequests
from idp.authorization.device.service import DeviceFlow
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.service import Grants
from idp.authorization.logout.service import Logouts
from idp.authorization.requests.answers import ClientAnswers
from idp.authorization.requests.intake import RequestIntake
from idp.authorization.requests.sealed import PendingRequests
from idp.authorization.requests.service import AuthorizationRequests
from idp.authorization.tokens.access import AccessTokens
from idp.authorization.tokens.introspection import Introspection
from idp.authorization.tokens.proofs import DpopProofs
from idp.authorization.tokens.revocation import Revocation
from idp.authorization.tokens.service import TokenEndpoint
from idp.authorization.tokens.userinfo import Userinfo
from idp.catalogue.gdx import GDX
from idp.consent.service import Consents
from idp.enrolment.by_thaid.service import ThaidEnrolments
from idp.enrolment.provisional import Provisionals
from idp.enrolment.service import Enrolments
from idp.exchange.document.service import Documents
from idp.exchange.preview import Previews
from idp.exchange.pull.facts import FactsReader
from idp.exchange.pull.ledger import DisclosureLedger
from idp.exchange.pull.service import Pulls
from idp.exchange.service import Exchange
from idp.exchange.sources import Registries
from idp.kernel.assurance import Acr, Ial
from idp.keys.files import FIRST_VERSION
from idp.keys.model import ALGORITHMS
from idp.notices.service import Notices
from idp.oversight.service import AccessHistory
from idp.protocol.client_registration import SELF_SIGNED, TLS_CLIENT_AUTH
from idp.protocol.discovery import provider_metadata
from idp.protocol.dpop import DpopNonces
from idp.settings import Settings
from idp.stations.desk import Desk
from idp.stations.link_keys import LinkKeys
from idp.stations.mail_slots import MailSlots
from idp.stations.officer_sessions import AmiSessions
from idp.stations.pairing import Pairings
from idp.stations.photos import PhotoVault
from idp.stations.service import Stations
from idp.storage.profile import Profile
from idp.subscribers.service import Subscribers

CONFORMANCE_AGENCY = "conformance"


@dataclass(frozen=True, slots=True)
class Rooms:
    """Every use case of the house. Doors take from here what they need."""

    ground: Ground
    outside: Outside
    metadata: Mapping[str, Any]
    nonces: DpopNonces
    agencies: Agencies
    subscribers: Subscribers
    life: LifeRooms
    sessions: Sessions
    known_devices: KnownDevices
    passkeys: Passkeys
    passkey_links: PasskeyLinks
    own_passkeys: OwnPasskeys
    pins: Pins
    recovery_codes: RecoveryCodes
    freezing: Freezing
    card_sign_ins: CardSignIns
    revoking: Revoking
    stations: Stations
    mail_slots: MailSlots
    pairings: Pairings
    officer_sessions: AmiSessions | None
    desk: Desk
    enrolments: Enrolments
    provisionals: Provisionals
    thaid_enrolments: ThaidEnrolments | None
    unattended: UnattendedRooms
    notices: Notices
    consents: Consents
    clients: Clients
    addresses: ClientAddresses
    key_sets: ClientKeySets
    registration: Registration
    grants: Grants
    intake: RequestIntake
    requests: AuthorizationRequests
    representation: RepresentationRoom
    deferred: DeferredRequests
    device: DeviceFlow
    backchannel: BackchannelAuthentication
    logouts: Logouts
    tokens: TokenEndpoint
    revocation: Revocation
    introspection: Introspection
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
    approvals = Approvals(personal=ground.personal, audit=audit, randomness=randomness)
    issuer_agency = await ensure_issuer_agency(storage, agencies)
    # 2. stations, authentication, consent, enrolment
    stations = Stations(audit=audit, encryption=ground.encryption_key, photos=PhotoVault())
    officer_sessions = None
    if outside.officer_sessions is not None:
        officer_sessions = AmiSessions(
            storage=storage,
            subscribers=subscribers,
            registry=outside.officer_sessions,
            sealer=ground.sealer,
            audit=audit,
        )
    mail_slots = MailSlots(
        storage=storage,
        agencies=agencies,
        signing=ground.signing_keys,
        encryption=ground.encryption_key,
        audit=audit,
        security_log=security_log,
        clock=ground.clock,
        issuer=settings.issuer,
        minimum_agent_version=settings.minimum_agent_version,
    )
    pairings = Pairings(
        storage=storage,
        stations=stations,
        agencies=agencies,
        signing=ground.signing_keys,
        link_keys=LinkKeys(ground.root_keys.derive("station-link", version=FIRST_VERSION)),
        audit=audit,
        security_log=security_log,
        clock=ground.clock,
        issuer=settings.issuer,
        code_key=ground.root_keys.derive("pairing-code", version=FIRST_VERSION),
        allow_virtual=settings.is_demo,
        minimum_agent_version=settings.minimum_agent_version,
    )
    authenticators = build_authenticators(
        storage=storage,
        relying_party=RelyingParty(id=urlsplit(settings.issuer).hostname or "", name="Tuaton", origin=settings.issuer),
        subscribers=subscribers,
        personal=ground.personal,
        sealer=ground.sealer,
        audit=audit,
        security_log=security_log,
        hashing=PinHashing(pepper=ground.root_keys.derive("pin", version=FIRST_VERSION)),
        recovery_pepper=ground.root_keys.derive("recovery-code", version=FIRST_VERSION),
        recovery_cooling=timedelta(hours=settings.recovery_cooling_hours),
        staff_models=StaffModels(authenticator_models(settings), allowed=frozenset(settings.staff_passkey_models)),
    )
    card_sign_ins = CardSignIns(
        storage=storage,
        stations=stations,
        subscribers=subscribers,
        pins=authenticators.pins,
        card_status=outside.card_status,
        audit=audit,
        security_log=security_log,
    )
    passkey_links, sessions = authenticators.links, authenticators.sessions
    notices = Notices(
        storage=storage,
        subscribers=subscribers,
        mail=outside.mail,
        account_url=f"{settings.issuer}/account/notices",
        freeze_url=lambda notice: (
            settings.issuer + authenticators.freeze_links.page_of(notice.subscriber_id, cause=notice.id, now=notice.at)
        ),
        randomness=randomness,
    )
    consents = Consents(audit=audit, randomness=randomness)
    enrolment = build_enrolment_room(
        ground,
        stations=stations,
        subscribers=subscribers,
        card_status=outside.card_status,
        links=passkey_links,
        revoking=authenticators.revoking,
        notices=notices,
        passports=outside.passports,
    )
    enrolments = enrolment.enrolments
    representation = build_representation_room(
        storage=storage,
        personal=ground.personal,
        blind_index=ground.blind_index,
        audit=audit,
        randomness=randomness,
        registry=outside.companies,
        subscribers=subscribers,
        agencies=agencies,
        approvals=approvals,
        counter_first=settings.counter_first is not False,
    )
    # 3. authorization
    metadata = _metadata(settings)
    nonces = DpopNonces(ground.root_keys.derive("dpop-nonce", version=FIRST_VERSION))
    proofs = DpopProofs(nonces, second=(settings.issuer, settings.mtls_url) if settings.mtls_url else None)
    clients = Clients(audit=audit, server_metadata=metadata, loopback_redirects_allowed=settings.is_demo)
    addresses = client_addresses(settings)
    key_sets = ClientKeySets(storage=storage, addresses=addresses, clock=ground.clock, security_log=security_log)
    client_authentication = ClientAuthentication(
        clients=clients,
        issuer=settings.issuer,
        security_log=security_log,
        key_sets=key_sets,
        token_endpoint=metadata["token_endpoint"],
        authorities=client_certificate_authorities(settings.client_certificate_authorities),
    )
    registration = Registration(
        storage=storage,
        clients=clients,
        agencies=agencies,
        addresses=addresses,
        sealer=ground.sealer,
        audit=audit,
        security_log=security_log,
        newcomers=CONFORMANCE_AGENCY if settings.profile is Profile.CONFORMANCE else None,
    )
    grants, codes = Grants(audit=audit), Codes(ground.sealer)
    pending_requests = PendingRequests(ground.sealer)
    answers = ClientAnswers(
        storage=storage, issuer=settings.issuer, keys=ground.signing_keys, clients=clients, key_sets=key_sets
    )
    token_ground = TokenGround(
        issuer=settings.issuer,
        gateway=settings.gateway_url,
        acr_prefix=settings.acr_prefix,
        trust_framework=settings.trust_framework,
        storage=storage,
        keys=ground.signing_keys,
        sealer=ground.sealer,
        pairwise=ground.pairwise,
        audit=audit,
        security_log=security_log,
        agencies=agencies,
        subscribers=subscribers,
        evidence=enrolments,
        clients=clients,
        key_sets=key_sets,
        authentication=client_authentication,
        proofs=proofs,
        codes=codes,
        grants=grants,
        acting=representation.acting,
    )
    further = build_further_rooms(
        token_ground,
        consents=consents,
        sessions=sessions,
        addresses=addresses,
        encryption=ground.request_object_key,
    )
    token_room = build_token_room(token_ground, further_grants=(further.device, further.backchannel))
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
        facts=FactsReader(
            agencies=agencies, consents=consents, subscribers=subscribers, acting=representation.acting
        ),
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
        life=build_life_rooms(ground, subscribers=subscribers),
        sessions=sessions,
        passkeys=authenticators.passkeys,
        passkey_links=passkey_links,
        known_devices=authenticators.known_devices,
        own_passkeys=authenticators.own_passkeys,
        pins=authenticators.pins,
        recovery_codes=authenticators.recovery_codes,
        freezing=authenticators.freezing,
        card_sign_ins=card_sign_ins,
        revoking=authenticators.revoking,
        stations=stations,
        mail_slots=mail_slots,
        pairings=pairings,
        officer_sessions=officer_sessions,
        desk=Desk(storage=storage, stations=stations, officers=officer_sessions),
        enrolments=enrolments,
        provisionals=enrolment.provisionals,
        thaid_enrolments=None
        if outside.thaid is None
        else ThaidEnrolments(
            storage=storage,
            thaid=outside.thaid,
            subscribers=subscribers,
            invitations=passkey_links,
            sealer=ground.sealer,
            notices=notices,
            audit=audit,
            security_log=security_log,
            alone_suffices=settings.thaid_alone_adds_passkeys,
        ),
        unattended=build_unattended_rooms(
            settings,
            ground,
            outside,
            stations=stations,
            subscribers=subscribers,
            invitations=passkey_links,
            notices=notices,
        ),
        notices=notices,
        consents=consents,
        clients=clients,
        addresses=addresses,
        key_sets=key_sets,
        registration=registration,
        grants=grants,
        intake=RequestIntake(
            storage=storage,
            issuer=settings.issuer,
            par_url=metadata["pushed_authorization_request_endpoint"],
            gateway=settings.gateway_url,
            acr_prefix=settings.acr_prefix,
            answers=answers,
            keys=ground.signing_keys,
            clients=clients,
            authentication=client_authentication,
            proofs=proofs,
            agencies=agencies,
            pending_requests=pending_requests,
            audit=audit,
            security_log=security_log,
            encryption=ground.request_object_key,
            key_sets=key_sets,
        ),
        requests=AuthorizationRequests(
            storage=storage,
            answers=answers,
            pairwise=ground.pairwise,
            clients=clients,
            agencies=agencies,
            subscribers=subscribers,
            consents=consents,
            codes=codes,
            pending_requests=pending_requests,
            representing=representation.representing,
            audit=audit,
        ),
        representation=representation,
        deferred=further.deferred,
        device=further.device,
        backchannel=further.backchannel,
        logouts=further.logouts,
        tokens=token_room.endpoint,
        revocation=token_room.revocation,
        introspection=token_room.introspection,
        access_tokens=token_room.access_tokens,
        userinfo=token_room.userinfo,
        documents=documents,
        previews=previews,
        exchange=Exchange(pulls=pulls, documents=documents, previews=previews),
        access_history=AccessHistory(personal=ground.personal),
    )


def _metadata(settings: Settings) -> Mapping[str, Any]:
    return provider_metadata(
        issuer=settings.issuer,
        acr_values=[Acr(ial, aal).text(settings.acr_prefix) for ial in Ial for aal in offered_sign_in_levels(settings)],
        authorization_details_types=[GDX],
        id_token_algorithms=ALGORITHMS,
        certificate_methods=_certificate_methods(settings),
        mtls_url=settings.mtls_url or None,
        trust_framework=settings.trust_framework,
    )


def _certificate_methods(settings: Settings) -> tuple[str, ...]:
    behind_proxy = bool(settings.client_certificate_header or settings.mtls_url)
    is_asked_for = behind_proxy or settings.tls_certificate is not None
    works = {
        TLS_CLIENT_AUTH: is_asked_for and settings.client_certificate_authorities is not None,
        SELF_SIGNED: behind_proxy or settings.self_signed_client_certificates is not None,
    }
    return tuple(method for method, does in works.items() if does)
