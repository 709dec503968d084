"""The bridge for programs written for GDX as one ASGI application; it has no page and speaks that wire alone."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from connectors.gdx.faults import FAULT_WORDS
from idp.app.door_kit import client_certificates
from idp.app.rooms import Rooms
from idp.gateway.bridge.accesses import BridgeAccesses
from idp.gateway.bridge.answers import WireAnswers
from idp.gateway.bridge.asking import BridgePulls
from idp.gateway.bridge.callers import Callers
from idp.gateway.bridge.endpoints import LARGEST_BODY, LINK, V7, BridgeEndpoints
from idp.gateway.bridge.limits import BridgeLimits
from idp.gateway.bridge.open_now import OpenAtCounters
from idp.gateway.bridge.refusals import BridgeRefusals
from idp.settings import Settings
from idp.web.addresses import CallerAddresses
from idp.web.middleware import door_middleware
from idp.web.routes import Entry, build_routes


def bridge_door(settings: Settings, rooms: Rooms) -> Starlette:
    """The door at `bridge_url`. Raises ValueError where no registries are connected."""
    ground, desk_of = rooms.ground, rooms.outside.desk_of_source
    if desk_of is None:
        raise ValueError("the bridge needs registries, which this profile has none of")
    addresses = CallerAddresses(trusted_proxies=settings.trusted_proxies, header=settings.client_address_header)
    answers = WireAnswers(FAULT_WORDS)
    open_now = OpenAtCounters(
        storage=ground.storage, counters=rooms.counters, bases=rooms.bases, personal=ground.personal
    )
    endpoints = BridgeEndpoints(
        callers=Callers(
            storage=ground.storage,
            accesses=BridgeAccesses(
                agencies=rooms.agencies, clients=rooms.clients, audit=ground.audit, randomness=ground.randomness
            ),
            agencies=rooms.agencies,
            subscribers=rooms.subscribers,
            sealer=ground.sealer,
            certificates=client_certificates(settings, rooms),
            addresses=addresses,
        ),
        pulls=BridgePulls(
            storage=ground.storage,
            exchange=rooms.exchange,
            agencies=rooms.agencies,
            clients=rooms.clients,
            open_now=open_now,
            desk_of=desk_of,
            randomness=ground.randomness,
        ),
        open_now=open_now,
        refusals=BridgeRefusals(
            storage=ground.storage,
            subscribers=rooms.subscribers,
            audit=ground.audit,
            security_log=ground.security_log,
        ),
        answers=answers,
    )
    limits = BridgeLimits(
        security_log=ground.security_log,
        addresses=addresses,
        requests_a_minute=settings.bridge_requests_a_minute,
        refusals_a_minute=settings.bridge_refusals_a_minute,
    )
    return bridge_application(
        limits.before(endpoints.entries(), too_many=answers.too_many), answers, origin=settings.bridge_url
    )


def bridge_application(entries: Sequence[Entry], answers: WireAnswers, *, origin: str) -> Starlette:
    """The entries behind the threshold that every door has."""
    url = urlsplit(origin)
    handlers = {HTTPException: answers.on_http}
    application = Starlette(
        routes=build_routes(entries),
        middleware=door_middleware(
            hosts=[url.hostname or ""],
            https=url.scheme == "https",
            last_resort=answers,
            larger_bodies={LINK: LARGEST_BODY, V7: LARGEST_BODY},
            handlers=handlers,
        ),
        exception_handlers=handlers,
    )
    # a redirect would say number and secret once more, in a field that others on the way may keep
    application.router.redirect_slashes = False
    return application
