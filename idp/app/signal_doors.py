"""What agencies' programs set up at the data exchange to be told of things."""

from idp.app.rooms import Rooms
from idp.gateway.own_tokens import OwnTokens
from idp.gateway.streams import StreamEndpoints, StreamSettings
from idp.gateway.tokens import GatewayTokens
from idp.gateway.webhooks import WebhookEndpoints
from idp.settings import Settings
from idp.web.routes import Entry


def signal_entries(settings: Settings, rooms: Rooms, tokens: GatewayTokens) -> tuple[Entry, ...]:
    """The entries of streams and webhooks."""
    signals, own = rooms.signals, OwnTokens(tokens)
    storage = rooms.ground.storage
    streams = StreamEndpoints(
        storage=storage,
        tokens=own,
        streams=signals.streams,
        deliveries=signals.deliveries,
        receivers=signals.receivers,
        settings=StreamSettings(settings.issuer, loopback_allowed=signals.loopback_allowed),
    )
    webhooks = WebhookEndpoints(
        storage=storage,
        tokens=own,
        streams=signals.streams,
        webhooks=signals.webhooks,
        receivers=signals.receivers,
        loopback_allowed=signals.loopback_allowed,
    )
    return (*streams.entries(), *webhooks.entries())
