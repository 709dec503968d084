"""Use cases of streams: set one up, change, stop and verify it, and tell it of what happened.

Every method joins the caller's unit of work; a stream of another client is as unknown as none.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, ClientId, is_id, new_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.envelope import PersonalData
from idp.keys.pairwise import PairwiseSubjects
from idp.notices.streams import delivery_store, rules, store
from idp.notices.streams.model import (
    MOST_MUTED,
    VERIFIED_EVERY,
    Delivery,
    DeliveryId,
    Form,
    Method,
    Receiver,
    Signal,
    SignalKind,
    Stream,
    StreamId,
    StreamProblem,
    StreamStatus,
)
from idp.protocol.shared_signals import POLL, PUSH, Polled, PushTo, StreamWish
from idp.storage.storage import UnitOfWork

SEALED_TABLE: Final = "signal_stream"
SEALED_COLUMN: Final = "sealed"


@dataclass(frozen=True, slots=True)
class StreamAddresses:
    """How streams are named outside: the issuer of their tokens, and where each is polled."""

    issuer: str
    poll_url: Callable[[StreamId], str]


class Streams:
    """Event streams of clients, and what is to be told on them."""

    def __init__(
        self,
        *,
        addresses: StreamAddresses,
        personal: PersonalData,
        pairwise: PairwiseSubjects,
        audit: AuditLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._addresses = addresses
        self._personal = personal
        self._pairwise = pairwise
        self._audit = audit
        self._randomness = randomness

    async def create(self, uow: UnitOfWork, receiver: Receiver, wish: StreamWish) -> Stream:
        """The client's event stream. Raises Conflict (EXISTS), Refused (OTHER_VALUES)."""
        stream_id = StreamId(new_id("str", now=uow.now, randomness=self._randomness))
        # SSF §8.1.1.1: without `delivery` "the Transmitter MUST assume that the method is "urn:ietf:rfc:8936" (poll)"
        blank = Stream(
            id=stream_id,
            client_id=receiver.client_id,
            agency_id=receiver.agency_id,
            form=Form.SSF,
            method=Method.POLL,
            endpoint_url=None,
            events=wish.events_requested,
            description=wish.description,
        )
        stream = await self._delivered_as_wished(uow, blank, wish.delivery)
        if not await store.insert_stream(uow, stream):
            raise Conflict(StreamProblem.EXISTS)
        await self.note(uow, "stream.created", stream, method=stream.method.value)
        return stream

    async def own(self, uow: UnitOfWork, client_id: ClientId, stream_id: str, *, hold: bool = False) -> Stream:
        """The client's event stream by its id; with `hold` nobody else changes it. Raises NotFound (UNKNOWN)."""
        stream = await store.stream_of(uow, client_id, Form.SSF, hold=hold)
        if stream is None or stream.id != stream_id:
            raise NotFound(StreamProblem.UNKNOWN)
        return stream

    async def list_of(self, uow: UnitOfWork, client_id: ClientId) -> Sequence[Stream]:
        """The client's event stream, if there is one."""
        stream = await store.stream_of(uow, client_id, Form.SSF)
        return [] if stream is None else [stream]

    async def change(self, uow: UnitOfWork, client_id: ClientId, wish: StreamWish, *, whole: bool) -> Stream:
        """Change what the wish names; with `whole` what it does not name goes back to what it is without.

        Raises NotFound (UNKNOWN), Refused (OTHER_VALUES): the receiver repeats our part in other words.
        """
        present = await self.own(uow, client_id, wish.stream_id or "", hold=True)
        shown = self.configuration(present)
        # SSF §8.1.1.3: "Transmitter-Supplied properties … MAY be present, but they MUST match the expected value."
        if any(shown.get(name) != value for name, value in wish.supplied.items()):
            raise Refused(StreamProblem.OTHER_VALUES)
        if whole:
            present = replace(present, events=None, description=None)
        changed = replace(
            present,
            events=present.events if wish.events_requested is None else wish.events_requested,
            description=present.description if wish.description is None else wish.description,
        )
        if whole or wish.delivery is not None:
            changed = await self._delivered_as_wished(uow, changed, wish.delivery)
        await store.save_stream(uow, changed)
        await self.note(uow, "stream.changed", changed, method=changed.method.value)
        return changed

    async def set_status(self, uow: UnitOfWork, stream: Stream, status: StreamStatus, *, reason: str | None) -> Stream:
        """Hold, stop or go on, as the receiver wishes. What waits for a stream that is disabled is dropped."""
        changed = replace(await self.own(uow, stream.client_id, stream.id, hold=True), status=status, reason=reason)
        await store.save_stream(uow, changed)
        dropped = 0 if status is not StreamStatus.DISABLED else await delivery_store.drop_waiting(uow, stream.id)
        await self.note(uow, "stream.status_changed", changed, status=status.value, dropped=dropped)
        return changed

    async def delete(self, uow: UnitOfWork, stream: Stream) -> None:
        """End a stream; what waited for it is told to nobody."""
        await delivery_store.drop_waiting(uow, stream.id)
        await store.delete_stream(uow, stream.id)
        await self.note(uow, "stream.deleted", stream)

    async def verify(self, uow: UnitOfWork, stream: Stream, *, state: str | None) -> None:
        """Send a verification event over the stream. Raises Refused (TOO_SOON)."""
        if not await store.may_verify(uow, stream.id):
            raise Refused(StreamProblem.TOO_SOON)
        cause = random_text(self._randomness, bits=128)
        facts = {} if state is None else {"state": state}
        await self._queue(
            uow, stream, Signal(kind=SignalKind.VERIFICATION, cause=cause, at=uow.now, about=stream.id, facts=facts)
        )

    async def mute(self, uow: UnitOfWork, stream: Stream, sub: str) -> None:
        """Tell the stream no more of a person, by the receiver's identifier; says nothing of whether we know them.

        Raises Refused (TOO_MANY_SUBJECTS).
        """
        if not await store.mute(uow, stream.id, _digest(sub), most=MOST_MUTED):
            raise Refused(StreamProblem.TOO_MANY_SUBJECTS)

    async def unmute(self, uow: UnitOfWork, stream: Stream, sub: str) -> None:
        """Tell the stream of a person again; whom its agency has nothing to do with it is told nothing of."""
        await store.unmute(uow, stream.id, _digest(sub))

    async def listening(self, uow: UnitOfWork, *, agency_id: AgencyId | None = None) -> frozenset[ClientId]:
        """Clients that have a stream of any form (of one agency)."""
        return await store.clients_with_streams(uow, agency_id=agency_id)

    async def tell(self, uow: UnitOfWork, receiver: Receiver, signal: Signal) -> int:
        """Tell every stream of the receiver that asked for it; gives how many. That it may be told is the caller's."""
        told = 0
        for stream in await store.streams_of(uow, receiver.client_id):
            if rules.carries(stream, signal.kind) and not await self._is_muted(uow, stream, receiver, signal):
                told += await self._queue(uow, stream, signal)
        return told

    async def deliveries(
        self, uow: UnitOfWork, client_id: ClientId, *, before: DeliveryId | None, limit: int
    ) -> Sequence[Delivery]:
        """What a client was told and how that went, newest first."""
        return await delivery_store.deliveries_of(uow, client_id, before=before, limit=limit)

    async def retry(self, uow: UnitOfWork, client_id: ClientId, delivery_id: DeliveryId) -> None:
        """Tell once more what came to nothing. Raises NotFound (DELIVERY_UNKNOWN), also for what is under way."""
        found = await delivery_store.find_delivery(uow, delivery_id) if is_id("set", delivery_id) else None
        own = {stream.id for stream in await store.streams_of(uow, client_id)}
        if found is None or found.stream_id not in own or not await delivery_store.retry(uow, delivery_id):
            raise NotFound(StreamProblem.DELIVERY_UNKNOWN)

    def configuration(self, stream: Stream) -> dict[str, Any]:
        """The stream as SSF §8.1.1 shows it; the receiver's header is written, never read."""
        shown: dict[str, Any] = {
            "stream_id": stream.id,
            "iss": self._addresses.issuer,
            "aud": stream.client_id,
            "events_supported": list(rules.SUPPORTED),
            "events_requested": list(stream.events or ()),
            "events_delivered": list(rules.delivered_types(stream)),
            "delivery": self._delivery(stream),
            "min_verification_interval": int(VERIFIED_EVERY.total_seconds()),
        }
        return shown if stream.description is None else shown | {"description": stream.description}

    async def note(self, uow: UnitOfWork, event: str, stream: Stream, **details: Any) -> None:
        """An entry about a stream, by its client."""
        entry = AuditEvent(
            event,
            actor=Actor(ActorKind.CLIENT, stream.client_id),
            agency_id=stream.agency_id,
            client_id=stream.client_id,
            details={"stream": stream.id, "form": stream.form.value, **details},
        )
        await self._audit.append(uow, entry)

    def _delivery(self, stream: Stream) -> dict[str, str]:
        if stream.method is Method.PUSH:
            return {"method": PUSH, "endpoint_url": stream.endpoint_url or ""}
        return {"method": POLL, "endpoint_url": self._addresses.poll_url(stream.id)}

    async def _delivered_as_wished(self, uow: UnitOfWork, stream: Stream, wished: PushTo | Polled | None) -> Stream:
        if isinstance(wished, PushTo):
            header = wished.authorization_header
            sealed = None if header is None else await self.sealed(uow, stream, header.encode())
            return replace(stream, method=Method.PUSH, endpoint_url=wished.endpoint_url, sealed=sealed)
        if wished is not None and wished.endpoint_url not in (None, self._addresses.poll_url(stream.id)):
            raise Refused(StreamProblem.OTHER_VALUES)
        return replace(stream, method=Method.POLL, endpoint_url=None, sealed=None)

    async def sealed(self, uow: UnitOfWork, stream: Stream, value: bytes) -> bytes:
        """A secret of a stream, under its agency's key and for this row alone."""
        return await self._personal.seal(
            uow, stream.agency_id, table=SEALED_TABLE, column=SEALED_COLUMN, row=stream.id, value=value
        )

    async def unsealed(self, uow: UnitOfWork, stream: Stream) -> bytes | None:
        """The secret of a stream, where it has one."""
        if stream.sealed is None:
            return None
        return await self._personal.open(
            uow, stream.agency_id, table=SEALED_TABLE, column=SEALED_COLUMN, row=stream.id, sealed=stream.sealed
        )

    async def _is_muted(self, uow: UnitOfWork, stream: Stream, receiver: Receiver, signal: Signal) -> bool:
        if signal.subscriber_id is None:
            return False
        return await store.is_muted(uow, stream.id, _digest(self._pairwise.sub(receiver.sector, signal.subscriber_id)))

    async def _queue(self, uow: UnitOfWork, stream: Stream, signal: Signal) -> bool:
        if stream.status is StreamStatus.DISABLED:
            return False
        delivery_id = DeliveryId(new_id("set", now=uow.now, randomness=self._randomness))
        return await delivery_store.insert_delivery(uow, delivery_id, stream, signal)


def _digest(sub: str) -> bytes:
    return hashlib.sha256(sub.encode()).digest()
