"""The issuer as one ASGI application."""

from urllib.parse import urlsplit

from starlette.applications import Starlette

from idp.app.account_door import PageFamily, account_pages
from idp.app.client_requests import kept_at_the_issuer, kept_where_limited
from idp.app.conformance.door import TesterEndpoints
from idp.app.door_kit import DoorKit, client_certificates, door_kit, door_limits, readiness
from idp.app.rooms import Rooms
from idp.app.unattended_door import unattended_pages
from idp.authorization.grants.management import GrantManagement
from idp.protocol.shared_signals import transmitter_metadata
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
from idp.provider.oidc.signals import TransmitterMetadata
from idp.provider.oidc.userinfo import UserinfoEndpoint
from idp.provider.pages.card_pin import CardPinPages
from idp.provider.pages.choose_actor import ChooseActorPages
from idp.provider.pages.consent import ConsentPages
from idp.provider.pages.consent_report import ConsentReportPages
from idp.provider.pages.flows import Flows
from idp.provider.pages.levels import LevelPages
from idp.provider.pages.on_phone import PhonePages
from idp.provider.pages.other_device import OtherDevicePages
from idp.provider.pages.passkeys import PasskeyPages
from idp.provider.pages.pin import PinPages
from idp.provider.pages.session_cookie import Citizens, DeviceCookie, SessionCookie
from idp.provider.pages.sign_in import SignInPages
from idp.provider.pages.sign_out import SignOutPages
from idp.provider.pages.thaid import ThaidPages
from idp.provider.pages.way_back import LeavePages, WaysBack
from idp.settings import Settings
from idp.storage.profile import Profile
from idp.web.addresses import CallerAddresses
from idp.web.programs import answered_in_oauth
from idp.web.session_watch import SessionPages


def provider_door(settings: Settings, rooms: Rooms) -> Starlette:
    """The issuer: OpenID endpoints, citizens' pages, the card agents' mail slots."""
    ways_back = WaysBack(storage=rooms.ground.storage, requests=rooms.requests, clients=rooms.clients)
    kit = door_kit(
        settings,
        rooms,
        door="id",
        origin=settings.issuer,
        other_origin=settings.mtls_url,
        templates=[("idp.provider", "templates")],
        usual="page",
        ways_back=ways_back,
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
    callers = Callers(key_sets=rooms.key_sets, certificates=client_certificates(settings, rooms))
    page_families: tuple[PageFamily, ...] = (
        MetadataEndpoints(metadata=rooms.metadata, keys=ground.signing_keys, encryption=ground.request_object_key),
        TransmitterMetadata(
            transmitter_metadata(
                issuer=settings.issuer, jwks_uri=rooms.metadata["jwks_uri"], gateway=settings.gateway_url.rstrip("/")
            )
        ),
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
            offers_phone=settings.other_device_seconds > 0,
        ),
        PinPages(
            pages=kit.pages, csrf=kit.csrf, problems=kit.problems, pins=rooms.pins, citizens=citizens, flows=flows
        ),
        *_other_device_pages(settings, rooms, kit=kit, citizens=citizens, flows=flows),
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
            mandates=rooms.representation.mandates,
            previews=rooms.previews,
            security_log=ground.security_log,
        ),
        ConsentReportPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            citizens=citizens,
            requests=rooms.requests,
            flows=flows,
            doubts=rooms.life.doubts,
        ),
        *account_pages(
            rooms, pages=kit.pages, csrf=kit.csrf, problems=kit.problems, citizens=citizens, storage=storage
        ),
        LeavePages(
            pages=kit.pages, storage=storage, requests=rooms.requests, browsers=kit.browsers, ways_back=ways_back
        ),
        SessionPages(pages=kit.pages, csrf=kit.csrf, times=citizens),
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
    entries += readiness(rooms, ground.signing_keys.check)
    if settings.profile is Profile.CONFORMANCE:
        entries += AutomatedDecisions(
            storage=storage, deferred=rooms.deferred, sessions=rooms.sessions, subscribers=rooms.subscribers
        ).entries()
        entries += TesterEndpoints(keys=ground.signing_keys, clock=ground.clock).entries()
    limits = door_limits(settings, rooms, kit)
    kept = answered_in_oauth(kept_at_the_issuer(entries, ground.request_log), kit.problems)
    entries = [*kept_where_limited(limits.provider(kept, person=citizens.person), ground.request_log)]
    agents = AgentSocket(
        mail_slots=rooms.mail_slots,
        security_log=ground.security_log,
        host=urlsplit(settings.issuer).hostname or "",
        addresses=CallerAddresses(trusted_proxies=settings.trusted_proxies, header=settings.client_address_header),
        refusals_a_minute=settings.agent_refusals_a_minute,
    )
    return kit.application(entries, sockets=agents.entries())


def _other_device_pages(
    settings: Settings, rooms: Rooms, *, kit: DoorKit, citizens: Citizens, flows: Flows
) -> tuple[PageFamily, ...]:
    """Both screens of signing in with another device, where it is offered."""
    if not settings.other_device_seconds:
        return ()
    storage, other_device = rooms.ground.storage, rooms.other_device
    return (
        OtherDevicePages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            other_device=other_device,
            citizens=citizens,
            flows=flows,
            origin=settings.issuer,
        ),
        PhonePages(pages=kit.pages, csrf=kit.csrf, problems=kit.problems, storage=storage, other_device=other_device),
    )
