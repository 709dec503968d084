"""The data exchange as one ASGI application."""

from starlette.applications import Starlette

from idp.app.agency_door import agency_entries
from idp.app.client_requests import kept_at_the_exchange, kept_where_limited
from idp.app.door_kit import client_certificates, door_kit, door_limits, readiness
from idp.app.outside import published_root, published_seals
from idp.app.rooms import Rooms
from idp.app.signal_doors import signal_entries
from idp.gateway.card_sessions import CardSessionEndpoints
from idp.gateway.comparing import ComparingPages
from idp.gateway.on_card import OnCardEndpoints
from idp.gateway.openapi import OpenApi
from idp.gateway.photos import PhotoEndpoints
from idp.gateway.pulls import PullEndpoints
from idp.gateway.refusals import NotedRefusals
from idp.gateway.slips import SlipEndpoints
from idp.gateway.tokens import GatewayTokens
from idp.gateway.verification import VERIFY_LIMIT, PublishedTrust, VerificationPages
from idp.settings import Settings


def gateway_door(settings: Settings, rooms: Rooms) -> Starlette:
    """The data exchange: token in, JSON or sealed PDF out; public verification of documents."""
    kit = door_kit(
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
        certificates=client_certificates(settings, rooms),
    )
    counter = CardSessionEndpoints(
        counters=rooms.counters, tokens=tokens, clock=rooms.ground.clock, base_url=settings.gateway_url
    )
    slips = SlipEndpoints(pages=kit.pages, slips=rooms.slips, tokens=tokens)
    pulls = PullEndpoints(
        exchange=rooms.exchange,
        tokens=tokens,
        problems=kit.problems,
        clock=rooms.ground.clock,
        base_url=settings.gateway_url,
    )
    verification = VerificationPages(
        pages=kit.pages,
        storage=storage,
        documents=rooms.documents,
        agencies=rooms.agencies,
        verify=rooms.outside.verify,
        trust=PublishedTrust(
            root=published_root(rooms.outside.trust, "root.pem"),
            tsa_root=published_root(rooms.outside.trust, "tsa-root.pem"),
            seals=published_seals(rooms.outside.trust),
        ),
    )
    entries = [
        *pulls.entries(),
        *counter.entries(),
        *slips.entries(),
        *OnCardEndpoints(on_card=rooms.on_card, tokens=tokens).entries(),
        *PhotoEndpoints(photos=rooms.photos, tokens=tokens).entries(),
        *ComparingPages(pages=kit.pages, comparing=rooms.comparing).entries(),
        *verification.entries(),
        *signal_entries(settings, rooms, tokens),
        *agency_entries(settings, rooms, tokens),
        *readiness(rooms),
    ]
    noted = NotedRefusals(storage=storage, audit=rooms.ground.audit)
    watched = kept_at_the_exchange(noted.around(entries), rooms.ground.request_log)
    contract = OpenApi(entries, base_url=settings.gateway_url, problems=kit.problems)
    limits = door_limits(settings, rooms, kit)
    limited = limits.gateway(limits.exchange(limits.agency(limits.signals([*watched, *contract.entries()]))))
    return kit.application(
        kept_where_limited(limited, rooms.ground.request_log),
        handlers=tokens.handlers(),
        larger_bodies={"/verify": VERIFY_LIMIT},
    )
