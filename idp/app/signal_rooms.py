"""The rooms that tell agencies' programs: streams, webhooks, and the way to them."""

from dataclasses import dataclass

from connectors.contracts.outbound import ClientAddresses
from idp.app.ground import Ground
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.kernel.ids import ClientId
from idp.notices.streams.delivering import Deliveries
from idp.notices.streams.model import Receiver
from idp.notices.streams.service import StreamAddresses, Streams
from idp.notices.streams.webhooks import Webhooks
from idp.protocol.scopes import SIGNALS_SCOPES
from idp.settings import Settings
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class SignalRooms:
    """`loopback_allowed`: receivers on the own machine may be told by http, in the small profiles."""

    streams: Streams
    webhooks: Webhooks
    deliveries: Deliveries
    receivers: "ClientReceivers"
    loopback_allowed: bool
    acr_prefix: str


class ClientReceivers:
    """Fulfils `idp.notices.streams.model.Receivers` from the registered clients."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def receiver(self, uow: UnitOfWork, client_id: ClientId) -> Receiver | None:
        """The client while it is answered and may still have a stream."""
        client = await self._clients.live(uow, client_id)
        if client is None or not SIGNALS_SCOPES & set(client.scopes):
            return None
        return receiver_of(client)


def receiver_of(client: Client) -> Receiver:
    """The client as one that is told of things; its event tokens are signed as its ID tokens are."""
    return Receiver(client.id, client.agency_id, client.sector, client.id_token_signed_response_alg)


def build_signal_rooms(
    settings: Settings, ground: Ground, *, clients: Clients, addresses: ClientAddresses
) -> SignalRooms:
    """Put them together; `addresses` is how receivers are reached."""
    receivers = ClientReceivers(clients)
    gateway = settings.gateway_url.rstrip("/")
    streams = Streams(
        addresses=StreamAddresses(settings.issuer, poll_url=lambda stream_id: f"{gateway}/ssf/poll/{stream_id}"),
        personal=ground.personal,
        pairwise=ground.pairwise,
        audit=ground.audit,
        randomness=ground.randomness,
    )
    webhooks = Webhooks(streams=streams, randomness=ground.randomness)
    deliveries = Deliveries(
        storage=ground.storage,
        issuer=settings.issuer,
        streams=streams,
        webhooks=webhooks,
        receivers=receivers,
        keys=ground.signing_keys,
        pairwise=ground.pairwise,
        addresses=addresses,
        audit=ground.audit,
    )
    return SignalRooms(
        streams, webhooks, deliveries, receivers, loopback_allowed=settings.is_demo, acr_prefix=settings.acr_prefix
    )
