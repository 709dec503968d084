"""The streams of two programs on a store of either engine, without the rest of the house: two workers fit in."""

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from sqlalchemy import insert

from connectors.outbound.client_addresses import CheckedAddresses
from idp.audit.log import AuditLog
from idp.kernel.ids import AgencyId, ClientId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.signing import SigningKeys
from idp.keys.signing_store import signing_key
from idp.notices.streams.delivering import Deliveries
from idp.notices.streams.delivery_store import find_delivery
from idp.notices.streams.model import Delivery, DeliveryId, Receiver, Signal, SignalKind, Stream, StreamId
from idp.notices.streams.rules import EVENT_TYPES
from idp.notices.streams.service import StreamAddresses, Streams
from idp.notices.streams.webhooks import Webhooks
from idp.protocol.shared_signals import Polled, PushTo, StreamWish
from idp.protocol.standard_webhooks import WebhookKeys
from idp.storage.storage import Storage, UnitOfWork
from tests.clock import FrozenClock

ROOTS = RootKeys({1: b"\x05" * 32})
ISSUER = "https://id.example"
SOMEBODY = SubscriberId("sub_somebody")
JOBS = Receiver(ClientId("jobs"), AgencyId("agc_1"), "agc_1", "ES256")
WATER = Receiver(ClientId("water"), AgencyId("agc_2"), "agc_2", "ES256")


@dataclass
class Known:
    """The clients that are answered."""

    live: dict[ClientId, Receiver] = field(default_factory=lambda: {one.client_id: one for one in (JOBS, WATER)})

    async def receiver(self, uow: UnitOfWork, client_id: ClientId) -> Receiver | None:
        return self.live.get(client_id)


@dataclass
class Office:
    """What one node has; a second one on the same store is `node()`."""

    storage: Storage
    clock: FrozenClock
    known: Known = field(default_factory=Known)

    def __post_init__(self) -> None:
        self.pairwise = PairwiseSubjects(ROOTS)
        audit = AuditLog(
            mac=lambda content: content[:8], pseudonym=self.pairwise.pseudonym, randomness=system_randomness
        )
        self.streams = Streams(
            addresses=StreamAddresses(ISSUER, poll_url=lambda stream_id: f"https://data.example/ssf/poll/{stream_id}"),
            personal=PersonalData(ROOTS),
            pairwise=self.pairwise,
            audit=audit,
        )
        self.webhooks = Webhooks(streams=self.streams)
        self.deliveries = Deliveries(
            storage=self.storage,
            issuer=ISSUER,
            streams=self.streams,
            webhooks=self.webhooks,
            receivers=self.known,
            keys=SigningKeys(storage=self.storage, root_keys=ROOTS, clock=self.clock),
            pairwise=self.pairwise,
            addresses=CheckedAddresses(allowed=[ip_network("127.0.0.0/8")]),
            audit=audit,
        )

    def node(self) -> "Office":
        return Office(self.storage, self.clock, self.known)

    async def keys(self, rows: list[dict[str, Any]]) -> None:
        async with self.storage.unit_of_work() as uow:
            await uow.execute(insert(signing_key), rows)

    async def stream(self, url: str | None, *, of: Receiver = JOBS, header: str | None = None) -> Stream:
        delivery = Polled(None) if url is None else PushTo(url, header)
        async with self.storage.unit_of_work() as uow:
            return await self.streams.create(uow, of, StreamWish(None, tuple(EVENT_TYPES.values()), delivery, None, {}))

    async def webhook(self, url: str, *, types: list[str] | None = None) -> tuple[Stream, WebhookKeys]:
        async with self.storage.unit_of_work() as uow:
            stream, keys = await self.webhooks.put(uow, JOBS, url=url, types=types)
        assert keys is not None
        return stream, keys

    async def tell(self, cause: str, *, to: Receiver = JOBS, about: str | None = None) -> int:
        """Something happened: a consent of somebody ended, or a pull is ready."""
        kind = SignalKind.CONSENT_WITHDRAWN if about is None else SignalKind.PULL_READY
        subject = SOMEBODY if about is None else None
        async with self.storage.unit_of_work() as uow:
            signal = Signal(kind=kind, cause=cause, at=uow.now, subscriber_id=subject, about=about)
            return await self.streams.tell(uow, to, signal)

    async def told(self, of: Receiver = JOBS) -> list[Delivery]:
        """What the program was told, oldest first."""
        async with self.storage.reading() as uow:
            page = await self.streams.deliveries(uow, of.client_id, before=None, limit=100)
        return list(reversed(page))

    async def found(self, delivery_id: DeliveryId) -> Delivery:
        async with self.storage.reading() as uow:
            found = await find_delivery(uow, delivery_id)
        assert found is not None
        return found

    async def at_present(self, stream_id: StreamId, *, of: Receiver = JOBS) -> Stream:
        async with self.storage.reading() as uow:
            [stream] = [one for one in await self.streams.list_of(uow, of.client_id) if one.id == stream_id]
        return stream
