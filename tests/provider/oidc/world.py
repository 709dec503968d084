"""An issuer of our own rooms with one agency, one citizen and two clients, spoken to over HTTP."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
from joserfc.jwk import ECKey
from sqlalchemy import select, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from connectors.outbound.client_addresses import CheckedAddresses
from idp.agencies.service import Agencies
from idp.app.account_door import acting_pages
from idp.app.further_rooms import FurtherRooms, build_further_rooms
from idp.app.representation_room import RepresentationRoom, build_representation_room
from idp.app.token_room import TokenGround, build_token_room
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.security_log import SecurityLog
from idp.audit.store import audit_entry
from idp.authentication.known_devices import KnownDevices
from idp.authentication.sessions import Sessions
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.registration import Registration
from idp.authorization.client_registration.service import ClientAuthentication, Clients
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.management import GrantManagement
from idp.authorization.grants.sealed import GrantSeals
from idp.authorization.grants.service import Grants
from idp.authorization.requests.answers import ClientAnswers
from idp.authorization.requests.intake import RequestIntake
from idp.authorization.requests.sealed import PendingRequests
from idp.authorization.requests.service import AuthorizationRequests
from idp.authorization.tokens.proofs import DpopProofs
from idp.consent.sealed import ConsentSeals
from idp.consent.service import Consents
from idp.enrolment.model import Evidence
from idp.enrolment.provisional import Provisionals
from idp.enrolment.store import evidence_of_subscriber
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import TuatonError
from idp.kernel.ids import AgencyId, AgreementId, ServiceId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.encryption import REQUEST_OBJECTS, ServerEncryptionKey
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.client_registration import CERTIFICATE_METHODS
from idp.protocol.discovery import provider_metadata
from idp.protocol.dpop import DpopNonces, only_proof
from idp.protocol.errors import OAuth2Error
from idp.protocol.request_object import OBJECT_ENCRYPTION_METHODS
from idp.provider.account.apps import AppPages
from idp.provider.account.company_requests import CompanyRequestPages
from idp.provider.account.waiting import WaitingPages
from idp.provider.oidc.authorize import AuthorizeEndpoint
from idp.provider.oidc.backchannel import BackchannelEndpoint
from idp.provider.oidc.callers import Callers
from idp.provider.oidc.clients import ClientEndpoints
from idp.provider.oidc.device import DeviceEndpoints
from idp.provider.oidc.grants import GrantEndpoints
from idp.provider.oidc.introspection import IntrospectionEndpoint
from idp.provider.oidc.logout import LogoutPages
from idp.provider.oidc.metadata import MetadataEndpoints
from idp.provider.oidc.registration import RegistrationEndpoints
from idp.provider.oidc.userinfo import UserinfoEndpoint
from idp.provider.oidc.wire import oauth_error
from idp.provider.pages.choose_actor import ChooseActorPages
from idp.provider.pages.flows import Flows
from idp.provider.pages.session_cookie import Citizens, DeviceCookie, SessionCookie
from idp.provider.pages.sign_out import SignOutPages
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.browsers import BrowserIds
from idp.web.client_certificates import CertificateHeader, ClientCertificates
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.pages import Brand, Pages
from idp.web.routes import build_routes
from tests.clock import FrozenClock
from tests.gateway.door import bare_assets
from tests.provider.oidc.certificates import AUTHORITY
from tests.representation.world import AnsweringRegistry

ISSUER = "http://id.localhost:8000"
GATEWAY = "http://data.localhost:8001"
CALLBACK = "http://jobs.localhost:8010/callback"
PREFIX = "urn:tuaton"
TRUST_FRAMEWORK = "urn:tuaton:demo"
SERVICE = ServiceId("jobseeker-registration")
DUTY_SERVICE = ServiceId("employer-check")


class EvidenceInStore:
    """Reads evidence as the enrolment room keeps it."""

    async def evidence_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Evidence]:
        return await evidence_of_subscriber(uow, subscriber_id)


class MemoryOfSecurityLog(SecurityLog):
    """The security log, which also remembers its lines for a test to read."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock)
        self.events: list[str] = []

    def note(self, event: str, **fields: str | int) -> None:
        self.events.append(event)
        super().note(event, **fields)


@dataclass(frozen=True)
class Seed:
    """Who and what is in a seeded store."""

    agency_id: AgencyId
    agreement_id: AgreementId
    subscriber_id: SubscriberId
    citizen_id: str
    jobs_key: ECKey
    other_key: ECKey


@dataclass
class World:
    """The issuer and what a test needs to move it."""

    app: Starlette
    storage: Storage
    clock: FrozenClock
    requests: AuthorizationRequests
    sessions: Sessions
    subscribers: Subscribers
    agencies: Agencies
    consents: Consents
    clients: Clients
    registration: Registration
    key_sets: ClientKeySets
    further: FurtherRooms
    keys: SigningKeys
    security_log: MemoryOfSecurityLog
    seed: Seed | None
    registry: AnsweringRegistry
    representation: RepresentationRoom

    @property
    def sown(self) -> Seed:
        """Who and what is in the store."""
        assert self.seed is not None
        return self.seed

    def browser(self) -> httpx2.AsyncClient:
        """A browser that follows no redirect by itself."""
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=ISSUER)

    async def sign_in(
        self, browser: httpx2.AsyncClient, aal: Aal = Aal.AAL2_2, *, person: SubscriberId | None = None
    ) -> None:
        """Put a fresh session of the citizen, or of another person, into the browser."""
        who = person or self.sown.subscriber_id
        async with self.storage.unit_of_work() as uow:
            started = await self.sessions.start(uow, who, aal=aal, amr=("hwk", "user", "mfa"))
        browser.cookies.set("id-session", started.cookie_value, domain="id.localhost")

    async def entries(self) -> list[dict[str, Any]]:
        """Every audit entry, oldest first."""
        async with self.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical).order_by(text("rowid")))
        return [json.loads(row.canonical) for row in rows]

    async def last_entry(self) -> dict[str, Any]:
        return (await self.entries())[-1]


def pages_of(browsers: BrowserIds) -> Pages:
    """The issuer's pages, for answers that travel in a form."""
    with tempfile.TemporaryDirectory() as folder:
        assets = bare_assets(Path(folder))
    return Pages(
        template_packages=(("idp.provider", "templates"),),
        assets=assets,
        brand=Brand(name_th="ตัวตน", name_en="Tuaton", help_th="-", help_en="-"),
        csrf=Csrf(key=b"c" * 32, browsers=browsers, origin=ISSUER),
        https=False,
    )


def build(storage: Storage, clock: FrozenClock, seed: "Seed | None") -> World:
    """The rooms and doors on a store, whatever is in it."""
    root_keys = RootKeys({1: b"\x07" * 32})
    pairwise = PairwiseSubjects(root_keys)
    sealer = TokenSealer(root_keys)
    keys = SigningKeys(storage=storage, root_keys=root_keys, clock=clock)
    audit = AuditLog(mac=lambda entry: entry[:8], pseudonym=pairwise.pseudonym, randomness=system_randomness)
    security_log = MemoryOfSecurityLog(clock)
    agencies = Agencies(audit=audit, randomness=system_randomness)
    subscribers = Subscribers(personal=PersonalData(root_keys), blind_index=BlindIndex(root_keys), audit=audit)
    seals = ConsentSeals(personal=PersonalData(root_keys), blind_index=BlindIndex(root_keys))
    consents = Consents(seals=seals, audit=audit, randomness=system_randomness)
    sessions = Sessions(audit=audit)
    metadata = provider_metadata(
        issuer=ISSUER,
        certificate_methods=CERTIFICATE_METHODS,
        acr_values=[Acr(ial, aal).text(PREFIX) for ial in Ial for aal in Aal],
        authorization_details_types=["gdx"],
        id_token_algorithms=["ES256", "RS256"],
    )
    clients = Clients(audit=audit, server_metadata=metadata, loopback_redirects_allowed=True)
    addresses = CheckedAddresses(allowed=[ip_network("127.0.0.0/8")])
    key_sets = ClientKeySets(storage=storage, addresses=addresses, clock=clock, security_log=security_log)
    authentication = ClientAuthentication(
        clients=clients,
        issuer=ISSUER,
        security_log=security_log,
        key_sets=key_sets,
        token_endpoint=f"{ISSUER}/token",
        authorities=[AUTHORITY.certificate],
    )
    registration = Registration(
        storage=storage,
        clients=clients,
        agencies=agencies,
        addresses=addresses,
        sealer=sealer,
        audit=audit,
        security_log=security_log,
    )
    proxy = CertificateHeader("client-cert", [ip_network("127.0.0.1/32")])
    certificates = ClientCertificates(security_log=security_log, header=proxy)
    callers = Callers(key_sets=key_sets, certificates=certificates)
    proofs = DpopProofs(DpopNonces(b"n" * 32))
    codes, grants = Codes(sealer), Grants(seals=GrantSeals(sealer), audit=audit)
    registry = AnsweringRegistry(clock)
    personal = PersonalData(root_keys)
    representation = build_representation_room(
        storage=storage,
        personal=personal,
        blind_index=BlindIndex(root_keys),
        audit=audit,
        randomness=system_randomness,
        registry=registry,
        subscribers=subscribers,
        agencies=agencies,
        approvals=Approvals(personal=personal, audit=audit, randomness=system_randomness),
        counter_first=False,
    )
    token_ground = TokenGround(
        issuer=ISSUER,
        gateway=GATEWAY,
        acr_prefix=PREFIX,
        trust_framework=TRUST_FRAMEWORK,
        storage=storage,
        keys=keys,
        sealer=sealer,
        pairwise=pairwise,
        audit=audit,
        security_log=security_log,
        agencies=agencies,
        subscribers=subscribers,
        evidence=EvidenceInStore(),
        clients=clients,
        key_sets=key_sets,
        authentication=authentication,
        proofs=proofs,
        codes=codes,
        grants=grants,
        acting=representation.acting,
    )
    encryption = ServerEncryptionKey(root_keys, purpose=REQUEST_OBJECTS, methods=OBJECT_ENCRYPTION_METHODS)
    further = build_further_rooms(
        token_ground,
        consents=consents,
        sessions=sessions,
        addresses=addresses,
        encryption=encryption,
        representation=representation,
    )
    token_room = build_token_room(token_ground, further_grants=(further.device, further.backchannel))
    access_tokens = token_room.access_tokens
    pending_requests = PendingRequests(sealer)
    answers = ClientAnswers(storage=storage, issuer=ISSUER, keys=keys, clients=clients, key_sets=key_sets)
    intake = RequestIntake(
        storage=storage,
        issuer=ISSUER,
        par_url=f"{ISSUER}/par",
        gateway=GATEWAY,
        acr_prefix=PREFIX,
        answers=answers,
        keys=keys,
        clients=clients,
        authentication=authentication,
        proofs=proofs,
        agencies=agencies,
        pending_requests=pending_requests,
        audit=audit,
        security_log=security_log,
        encryption=encryption,
        key_sets=key_sets,
    )
    requests = AuthorizationRequests(
        storage=storage,
        answers=answers,
        pairwise=pairwise,
        clients=clients,
        agencies=agencies,
        subscribers=subscribers,
        consents=consents,
        codes=codes,
        grants=grants,
        pending_requests=pending_requests,
        representing=representation.representing,
        provisionals=Provisionals(audit=audit),
        audit=audit,
    )
    citizens = Citizens(
        storage=storage,
        sessions=sessions,
        known_devices=KnownDevices(audit=audit),
        cookie=SessionCookie(https=False),
        device_cookie=DeviceCookie(https=False),
    )
    browsers = BrowserIds(door="id", https=False)
    pages, csrf = pages_of(browsers), Csrf(key=b"c" * 32, browsers=browsers, origin=ISSUER)
    common: dict[str, Any] = {"pages": pages, "csrf": csrf, "citizens": citizens}
    doors = (
        LogoutPages(**common, logouts=further.logouts),
        SignOutPages(**common, storage=storage, sessions=sessions, logouts=further.logouts),
        DeviceEndpoints(callers=callers, device=further.device),
        BackchannelEndpoint(callers=callers, backchannel=further.backchannel),
        WaitingPages(
            **common,
            storage=storage,
            agencies=agencies,
            consents=consents,
            deferred=further.deferred,
            device=further.device,
        ),
        CompanyRequestPages(
            **common,
            problems=ProblemCatalogue(),
            storage=storage,
            agencies=agencies,
            consents=consents,
            deferred=further.deferred,
            requests=further.company_requests,
        ),
        *acting_pages(
            representation,
            **common,
            problems=ProblemCatalogue(),
            storage=storage,
            subscribers=subscribers,
            agencies=agencies,
            clients=clients,
        ),
        AppPages(**common, storage=storage, clients=clients, agencies=agencies, grants=grants),
        MetadataEndpoints(metadata=metadata, keys=keys, encryption=encryption),
        ClientEndpoints(
            callers=callers,
            intake=intake,
            tokens=token_room.endpoint,
            revocation=token_room.revocation,
            nonces=proofs.nonces,
            clock=clock,
        ),
        IntrospectionEndpoint(callers=callers, introspection=token_room.introspection),
        GrantEndpoints(
            url=f"{ISSUER}/grants",
            storage=storage,
            callers=callers,
            access_tokens=access_tokens,
            management=GrantManagement(clients=clients, grants=grants),
            clock=clock,
        ),
        RegistrationEndpoints(url=f"{ISSUER}/register", registration=registration),
        UserinfoEndpoint(
            url=f"{ISSUER}/userinfo", callers=callers, userinfo=token_room.userinfo, nonces=proofs.nonces, clock=clock
        ),
        ChooseActorPages(
            **common,
            storage=storage,
            problems=ProblemCatalogue(),
            requests=requests,
            flows=Flows(storage=storage, requests=requests, clients=clients, agencies=agencies),
            subscribers=subscribers,
            agencies=agencies,
            security_log=security_log,
        ),
        AuthorizeEndpoint(
            pages=pages,
            intake=intake,
            requests=requests,
            citizens=citizens,
            browsers=browsers,
        ),
    )

    async def resource(request: Request) -> Response:
        """What the gateway does with a token before anything else."""
        try:
            certificate = certificates.of(request.scope)
            verified = await access_tokens.verify(
                authorization=request.headers.get("authorization"),
                dpop=only_proof(request.headers.getlist("dpop")),
                method=request.method,
                url=f"{GATEWAY}/pulls",
                expected_audience=GATEWAY,
                now=clock.now(),
                certificate=None if certificate is None else certificate.thumbprint,
            )
        except OAuth2Error as error:
            return oauth_error(error, nonce=None)
        return JSONResponse(
            {
                "sub": verified.sub,
                "client_id": verified.client_id,
                "datasets": [detail.dataset for detail in verified.details],
                "grant": verified.grant_id is not None,
                "consent": verified.consent_id is not None,
            }
        )

    async def problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, TuatonError)
        return PlainTextResponse(error.code.value, 400)

    app = Starlette(
        routes=[
            *build_routes([entry for door in doors for entry in door.entries()]),
            Route("/pulls", resource, methods=["POST"]),
        ],
        exception_handlers={TuatonError: problem},
    )
    return World(
        app=app,
        storage=storage,
        clock=clock,
        requests=requests,
        sessions=sessions,
        subscribers=subscribers,
        agencies=agencies,
        consents=consents,
        clients=clients,
        registration=registration,
        key_sets=key_sets,
        further=further,
        keys=keys,
        security_log=security_log,
        seed=seed,
        registry=registry,
        representation=representation,
    )
