"""The three doors as ASGI applications, each with its own pages, form keys, cookies and route table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from starlette.applications import Starlette

from connectors.outbound.client import outbound_transport
from idp.app.account_door import PageFamily, account_pages
from idp.app.conformance.door import TesterEndpoints
from idp.app.limits import DoorLimits
from idp.app.readiness import Check, Readiness, store_takes_writes
from idp.app.rooms import Rooms
from idp.app.unattended_door import unattended_pages
from idp.authorization.grants.management import GrantManagement
from idp.gateway.pulls import PullEndpoints
from idp.gateway.tokens import GatewayTokens
from idp.gateway.verification import VERIFY_LIMIT, VerificationPages
from idp.keys.derived import derive_p256_key
from idp.keys.files import FIRST_VERSION
from idp.portal import (
    card_sign_in_pages,
    enrolment_pages,
    home,
    mandate_pages,
    review_pages,
    station_pages,
    subscriber_pages,
)
from idp.portal import sign_in as portal_sign_in
from idp.portal.openid import WITH_A_PASSKEY, WITH_A_SECURITY_KEY, Issuer, PortalClient
from idp.portal.sessions import StaffSessions
from idp.portal.staff import StaffGate
from idp.provider.agent.endpoints import AgentEndpoints
from idp.provider.agent.pairing import PairingEndpoints
from idp.provider.agent.socket import AgentSocket
from idp.provider.oidc.authorize import AuthorizeEndpoint
from idp.provider.oidc.backchannel import AutomatedDecisions, BackchannelEndpoint
from idp.provider.oidc.callers import Callers
from idp.provider.oidc.clients import ClientEndpoints
from idp.provider.oidc.device import DeviceEndpoints
from idp.provider.oidc.grants import GrantEndpoints
from idp.provider.oidc.initiate_login import InitiateLogin
from idp.provider.oidc.introspection import IntrospectionEndpoint
from idp.provider.oidc.logout import LogoutPages
from idp.provider.oidc.metadata import MetadataEndpoints
from idp.provider.oidc.registration import RegistrationEndpoints
from idp.provider.oidc.userinfo import UserinfoEndpoint
from idp.provider.pages.card_pin import CardPinPages
from idp.provider.pages.choose_actor import ChooseActorPages
from idp.provider.pages.consent import ConsentPages
from idp.provider.pages.flows import Flows
from idp.provider.pages.levels import LevelPages
from idp.provider.pages.passkeys import PasskeyPages
from idp.provider.pages.pin import PinPages
from idp.provider.pages.session_cookie import Citizens, DeviceCookie, SessionCookie
from idp.provider.pages.sign_in import SignInPages
from idp.provider.pages.sign_out import SignOutPages
from idp.provider.pages.thaid import ThaidPages
from idp.settings import Settings
from idp.storage.profile import Profile
from idp.web.addresses import CallerAddresses
from idp.web.assets import Assets
from idp.web.browsers import BrowserIds
from idp.web.client_certificates import CertificateHeader, ClientCertificates
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.middleware import door_middleware
from idp.web.pages import Brand, Pages
from idp.web.programs import answered_in_oauth
from idp.web.routes import Entry, SocketEntry, build_routes, build_socket_routes

PORTAL_CLIENT_ID = "portal"


@dataclass(frozen=True, slots=True)
class DoorKit:
    """What every door has of its own."""

    hosts: Sequence[str]
    https: bool
    assets: Assets
    browsers: BrowserIds
    csrf: Csrf
    pages: Pages
    errors: ErrorAnswers
    problems: ProblemCatalogue

    def application(
        self,
        entries: Sequence[Entry],
        *,
        handlers: Mapping[Any, Any] | None = None,
        larger_bodies: Mapping[str, int] | None = None,
        sockets: Sequence[SocketEntry] = (),
    ) -> Starlette:
        """The door, with the assets beside its own entries."""
        rows, answers = [*entries, *self.assets.entries()], {**self.errors.handlers(), **(handlers or {})}
        return Starlette(
            routes=[*build_routes(rows), *build_socket_routes(sockets)],
            middleware=door_middleware(
                hosts=self.hosts,
                https=self.https,
                last_resort=self.errors,
                larger_bodies=larger_bodies,
                hot=rows,
                handlers=answers,
            ),
            exception_handlers=answers,
        )


def provider_door(settings: Settings, rooms: Rooms) -> Starlette:
    """The issuer: OpenID endpoints, citizens' pages, the card agents' mail slots."""
    kit = _kit(
        settings,
        rooms,
        door="id",
        origin=settings.issuer,
        other_origin=settings.mtls_url,
        templates=[("idp.provider", "templates")],
        usual="page",
    )
    ground, storage = rooms.ground, rooms.ground.storage
    citizens = Citizens(
        storage=storage,
        sessions=rooms.sessions,
        known_devices=rooms.known_devices,
        cookie=SessionCookie(https=kit.https),
        device_cookie=DeviceCookie(https=kit.https),
    )
    flows = Flows(storage=storage, requests=rooms.requests, clients=rooms.clients, agencies=rooms.agencies)
    callers = Callers(key_sets=rooms.key_sets, certificates=_client_certificates(settings, rooms))
    page_families: tuple[PageFamily, ...] = (
        MetadataEndpoints(metadata=rooms.metadata, keys=ground.signing_keys, encryption=ground.request_object_key),
        ClientEndpoints(
            callers=callers,
            intake=rooms.intake,
            tokens=rooms.tokens,
            revocation=rooms.revocation,
            nonces=rooms.nonces,
            clock=ground.clock,
        ),
        RegistrationEndpoints(url=rooms.metadata["registration_endpoint"], registration=rooms.registration),
        InitiateLogin(storage=storage, clients=rooms.clients, issuer=settings.issuer),
        AuthorizeEndpoint(
            pages=kit.pages,
            intake=rooms.intake,
            requests=rooms.requests,
            citizens=citizens,
            browsers=kit.browsers,
        ),
        UserinfoEndpoint(
            url=rooms.metadata["userinfo_endpoint"],
            callers=callers,
            userinfo=rooms.userinfo,
            nonces=rooms.nonces,
            clock=ground.clock,
        ),
        IntrospectionEndpoint(callers=callers, introspection=rooms.introspection),
        GrantEndpoints(
            url=rooms.metadata["grant_management_endpoint"],
            storage=storage,
            callers=callers,
            access_tokens=rooms.access_tokens,
            management=GrantManagement(clients=rooms.clients, grants=rooms.grants),
            clock=ground.clock,
        ),
        SignInPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            passkeys=rooms.passkeys,
            citizens=citizens,
            flows=flows,
            pin_first=settings.profile is Profile.CONFORMANCE,
            offers_thaid=rooms.thaid_enrolments is not None,
        ),
        PinPages(
            pages=kit.pages, csrf=kit.csrf, problems=kit.problems, pins=rooms.pins, citizens=citizens, flows=flows
        ),
        CardPinPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            card_sign_ins=rooms.card_sign_ins,
            citizens=citizens,
            flows=flows,
        ),
        LevelPages(pages=kit.pages, csrf=kit.csrf, citizens=citizens, flows=flows),
        PasskeyPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            passkeys=rooms.passkeys,
            links=rooms.passkey_links,
            subscribers=rooms.subscribers,
        ),
        ThaidPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            citizens=citizens,
            enrolments=rooms.thaid_enrolments,
            security_log=ground.security_log,
            https=kit.https,
        ),
        ChooseActorPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            citizens=citizens,
            requests=rooms.requests,
            flows=flows,
            subscribers=rooms.subscribers,
            agencies=rooms.agencies,
            security_log=ground.security_log,
        ),
        *unattended_pages(settings, rooms, pages=kit.pages, csrf=kit.csrf, problems=kit.problems, citizens=citizens),
        ConsentPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            citizens=citizens,
            requests=rooms.requests,
            agencies=rooms.agencies,
            consents=rooms.consents,
            subscribers=rooms.subscribers,
            previews=rooms.previews,
            security_log=ground.security_log,
        ),
        *account_pages(
            rooms, pages=kit.pages, csrf=kit.csrf, problems=kit.problems, citizens=citizens, storage=storage
        ),
        SignOutPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            sessions=rooms.sessions,
            citizens=citizens,
            logouts=rooms.logouts,
        ),
        LogoutPages(pages=kit.pages, csrf=kit.csrf, citizens=citizens, logouts=rooms.logouts),
        DeviceEndpoints(callers=callers, device=rooms.device),
        BackchannelEndpoint(callers=callers, backchannel=rooms.backchannel),
        AgentEndpoints(mail_slots=rooms.mail_slots),
        PairingEndpoints(pairings=rooms.pairings, mail_slots=rooms.mail_slots),
    )
    entries = [entry for family in page_families for entry in family.entries()]
    entries += _readiness(rooms, ground.signing_keys.check)
    if settings.profile is Profile.CONFORMANCE:
        entries += AutomatedDecisions(
            storage=storage, deferred=rooms.deferred, sessions=rooms.sessions, subscribers=rooms.subscribers
        ).entries()
        entries += TesterEndpoints(keys=ground.signing_keys, clock=ground.clock).entries()
    entries = [*_limits(settings, rooms, kit).provider(answered_in_oauth(entries, kit.problems))]
    agents = AgentSocket(
        mail_slots=rooms.mail_slots,
        security_log=ground.security_log,
        host=urlsplit(settings.issuer).hostname or "",
        addresses=CallerAddresses(trusted_proxies=settings.trusted_proxies, header=settings.client_address_header),
        refusals_a_minute=settings.agent_refusals_a_minute,
    )
    return kit.application(entries, sockets=agents.entries())


def gateway_door(settings: Settings, rooms: Rooms) -> Starlette:
    """The data exchange: token in, JSON or sealed PDF out; public verification of documents."""
    kit = _kit(
        settings,
        rooms,
        door="data",
        origin=settings.gateway_url,
        templates=[("idp.gateway", "templates")],
        usual="json",
    )
    storage = rooms.ground.storage
    tokens = GatewayTokens(
        access_tokens=rooms.access_tokens,
        storage=storage,
        base_url=settings.gateway_url,
        certificates=_client_certificates(settings, rooms),
    )
    pulls = PullEndpoints(exchange=rooms.exchange, tokens=tokens, base_url=settings.gateway_url)
    verification = VerificationPages(
        pages=kit.pages,
        storage=storage,
        documents=rooms.documents,
        agencies=rooms.agencies,
        verify=rooms.outside.verify,
    )
    return kit.application(
        _limits(settings, rooms, kit).gateway([*pulls.entries(), *verification.entries(), *_readiness(rooms)]),
        handlers=tokens.handlers(),
        larger_bodies={"/verify": VERIFY_LIMIT},
    )


def portal_door(settings: Settings, rooms: Rooms) -> Starlette:
    """The staff's pages; the portal is an OpenID client of the issuer like any other."""
    kit = _kit(
        settings,
        rooms,
        door="portal",
        origin=settings.portal_url,
        templates=[("idp.portal", "templates")],
        usual="page",
    )
    ground, storage = rooms.ground, rooms.ground.storage
    sessions = StaffSessions(https=kit.https)
    gate = StaffGate(
        storage=storage,
        sessions=sessions,
        agencies=rooms.agencies,
        subscribers=rooms.subscribers,
        audit=ground.audit,
    )
    issuer = Issuer(
        issuer=settings.issuer,
        client=portal_client(settings, rooms),
        acr_prefix=settings.acr_prefix,
        required=WITH_A_SECURITY_KEY if settings.staff_passkeys == "attested" else WITH_A_PASSKEY,
        clock=ground.clock,
        transport=outbound_transport,
    )
    page_families = (
        home.HomePage(pages=kit.pages, gate=gate),
        portal_sign_in.SignInPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            issuer=issuer,
            expected_issuer=settings.issuer,
            sealer=ground.sealer,
            sessions=sessions,
            gate=gate,
            audit=ground.audit,
            security_log=ground.security_log,
            https=kit.https,
        ),
        enrolment_pages.EnrolmentPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            stations=rooms.stations,
            enrolments=rooms.enrolments,
            issuer=settings.issuer,
        ),
        card_sign_in_pages.CardSignInPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            gate=gate,
            stations=rooms.stations,
            card_sign_ins=rooms.card_sign_ins,
            issuer=settings.issuer,
        ),
        station_pages.StationPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            gate=gate,
            stations=rooms.stations,
            pairings=rooms.pairings,
            desk=rooms.desk,
            issuer=settings.issuer,
        ),
        mandate_pages.MandatePages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            papers=rooms.representation.papers,
            mandates=rooms.representation.mandates,
            approvals=rooms.representation.approvals,
            agencies=rooms.agencies,
            subscribers=rooms.subscribers,
        ),
        subscriber_pages.SubscriberPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            gate=gate,
            subscribers=rooms.subscribers,
            enrolments=rooms.enrolments,
            reviews=rooms.life.reviews,
            two_persons=rooms.life.two_persons,
            audit=ground.audit,
        ),
        review_pages.ReviewPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            gate=gate,
            reviews=rooms.life.reviews,
            subscribers=rooms.subscribers,
            stations=rooms.stations,
        ),
    )
    entries = [entry for family in page_families for entry in family.entries()]
    return kit.application([*entries, *_readiness(rooms)])


def portal_client(settings: Settings, rooms: Rooms) -> PortalClient:
    """The portal's registration at the issuer; its key is the same on every node."""
    return PortalClient(
        client_id=PORTAL_CLIENT_ID,
        key=derive_p256_key(rooms.ground.root_keys, "portal-client", version=FIRST_VERSION),
        redirect_uri=f"{settings.portal_url}/callback",
    )


def _kit(
    settings: Settings,
    rooms: Rooms,
    *,
    door: str,
    origin: str,
    templates: Sequence[tuple[str, str]],
    usual: Literal["page", "json"],
    other_origin: str = "",
) -> DoorKit:
    https = origin.startswith("https://")
    assets = Assets(settings.assets / "web")
    browsers = BrowserIds(door=door, https=https)
    form_key = rooms.ground.root_keys.derive(f"forms/{door}", version=FIRST_VERSION)
    csrf = Csrf(key=form_key, browsers=browsers, origin=origin, refusals=rooms.ground.security_log)
    brand = Brand(
        name_th="ตัวตน",
        name_en="Tuaton",
        help_th=f"สอบถาม โทร. {settings.help_phone} หรือ {settings.help_mail}",
        help_en=f"Help: phone {settings.help_phone} or {settings.help_mail}",
        demonstration=settings.is_demo,
    )
    pages = Pages(template_packages=templates, assets=assets, brand=brand, csrf=csrf, https=https)
    problems = ProblemCatalogue()
    errors = ErrorAnswers(catalogue=problems, pages=pages, usual=usual)
    hosts = [urlsplit(url).hostname or "" for url in (origin, other_origin) if url]
    return DoorKit(hosts, https, assets, browsers, csrf, pages, errors, problems)


def _client_certificates(settings: Settings, rooms: Rooms) -> ClientCertificates:
    header = None
    if settings.client_certificate_header:
        header = CertificateHeader(settings.client_certificate_header, settings.trusted_proxies)
    return ClientCertificates(security_log=rooms.ground.security_log, header=header)


def _limits(settings: Settings, rooms: Rooms, kit: DoorKit) -> DoorLimits:
    return DoorLimits(settings, security_log=rooms.ground.security_log, browsers=kit.browsers, errors=kit.errors)


def _readiness(rooms: Rooms, *further: Check) -> tuple[Entry, ...]:
    """A node whose store takes no writes is of no use at any door."""
    ground = rooms.ground
    return Readiness(checks=(store_takes_writes(ground.storage), *further), clock=ground.clock).entries()
