"""Bringing signals to their receivers: push and webhooks by the worker, poll at the data exchange's door.

At least once: a delivery is settled after the receiver took it, never before. A stream is one worker's at a time
(`delivery_store.take_due_streams`); whoever dies in between leaves its deliveries waiting, and the next worker sends
the same again under the same id.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec

from connectors.contracts.outbound import AddressUnreachable, ClientAddresses, OutboundAnswer
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, AuditEvent
from idp.kernel.ids import ClientId, is_id
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import SealBroken
from idp.keys.signing import SigningKeys
from idp.notices.streams import delivery_store, rules, store
from idp.notices.streams.model import (
    GIVEN_UP_AFTER,
    LONGEST_TURN,
    UNANSWERED_REST,
    Delivery,
    DeliveryId,
    DeliveryState,
    Method,
    Receiver,
    Receivers,
    Signal,
    SignalKind,
    Stream,
    StreamId,
    Turn,
)
from idp.notices.streams.rules import Answered
from idp.notices.streams.service import Streams
from idp.notices.streams.webhooks import Webhooks
from idp.protocol.security_event import SET_TYP, Subject, iss_sub, opaque, session_of, set_claims
from idp.protocol.shared_signals import PollCall
from idp.protocol.standard_webhooks import signed_headers
from idp.storage.storage import Storage, UnitOfWork

STREAMS_AT_ONCE: Final = 50
UNREACHABLE: Final = "unreachable"
UNSIGNED: Final = "unsigned"


class Deliveries:
    """The way from the queue to the receivers."""

    def __init__(
        self,
        *,
        storage: Storage,
        issuer: str,
        streams: Streams,
        webhooks: Webhooks,
        receivers: Receivers,
        keys: SigningKeys,
        pairwise: PairwiseSubjects,
        addresses: ClientAddresses,
        audit: AuditLog,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._streams = streams
        self._webhooks = webhooks
        self._receivers = receivers
        self._keys = keys
        self._pairwise = pairwise
        self._addresses = addresses
        self._audit = audit

    async def send_due(self) -> int:
        """One turn for each stream that has something to be sent; gives how many had one. For the worker."""
        async with self._storage.reading() as uow:
            if not await delivery_store.has_due_streams(uow):
                return 0
        async with self._storage.unit_of_work() as uow:
            due = await delivery_store.take_due_streams(uow, limit=STREAMS_AT_ONCE)
        # one that fails keeps no other one from its end; the job hears of it and is tried again
        ended = await asyncio.gather(*map(self._turn, due), return_exceptions=True)
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure
        return len(due)

    async def give_up(self) -> None:
        """What waited for a week is dead, what was settled long ago forgotten. For the worker."""
        async with self._storage.unit_of_work() as uow:
            await delivery_store.give_up_before(uow, uow.now - GIVEN_UP_AFTER)
            await delivery_store.forget(uow)

    async def acknowledge(self, uow: UnitOfWork, stream: Stream, call: PollCall) -> None:
        """What the receiver says of tokens it was given before (RFC 8936 §2.4); ids it was not given mean nothing."""
        # what is no id of ours cannot have been given, and need not be looked for
        received = [jti for jti in call.ack if is_id("set", jti)]
        await self._settled(uow, stream, received, DeliveryState.DELIVERED, "ack")
        for jti, code in call.errors.items():
            if not is_id("set", jti):
                continue
            outcome = rules.error_code({"err": code})
            await self._settled(uow, stream, [jti], DeliveryState.REFUSED, outcome)

    async def offered(self, client_id: ClientId, stream_id: StreamId, *, most: int) -> tuple[dict[str, str], bool]:
        """The tokens that wait for a polled stream, by id, at most so many, and whether there are more.

        Nothing for a client that is not answered any more, or a stream that was stopped: looked up at each call.
        """
        await self._keys.refresh()
        async with self._storage.reading() as uow:
            receiver = await self._receivers.receiver(uow, client_id)
            found = [] if receiver is None else await delivery_store.waiting(uow, stream_id, limit=most + 1)
        if receiver is None or not found or not most:
            return {}, bool(found)
        # what waits was never forgotten
        told = [(str(one.id), one, one.signal) for one in found[:most] if one.signal is not None]
        sets = {jti: await self._token(receiver, one, signal) for jti, one, signal in told}
        async with self._storage.unit_of_work() as uow:
            await delivery_store.note_attempt(uow, [DeliveryId(jti) for jti in sets], outcome="offered")
        return sets, len(found) > most

    async def _turn(self, turn: Turn) -> None:
        """One turn of a stream.

        One that breaks off by a failure of ours has to rest like any other: whatever is wrong with a stream, it is met
        less and less often, and the others go on.
        """
        after, rest = turn.failures + 1, rules.rest_after(turn.failures + 1)
        try:
            after, rest = await self._sent(turn)
        finally:
            async with self._storage.unit_of_work() as uow:
                await store.release(uow, turn, failures=after, due_at=uow.now + rest)

    async def _sent(self, turn: Turn) -> tuple[int, timedelta]:
        """Send what waits, in order, until all is sent, the turn is over, or the receiver does not take one.

        Who lost the turn sends no more: what comes next is another worker's, and would come out of order.
        Gives how often in a row it came to nothing, and how long the stream rests.
        """
        clock = self._storage.clock
        ends_at = clock.now() + LONGEST_TURN
        while clock.now() < ends_at:
            async with self._storage.reading() as uow:
                stream = await store.find_in_turn(uow, turn)
                next_due = await delivery_store.waiting(uow, turn.stream_id, limit=1)
                receiver = None if stream is None else await self._receivers.receiver(uow, stream.client_id)
            if stream is None or not next_due:
                break
            if receiver is None:
                return stream.failures, UNANSWERED_REST
            if not await self._delivered(stream, receiver, next_due[0]):
                return stream.failures + 1, rules.rest_after(stream.failures + 1)
        return 0, timedelta(0)

    async def _delivered(self, stream: Stream, receiver: Receiver, delivery: Delivery) -> bool:
        """Send one; False when the stream has to rest now."""
        assert delivery.signal is not None  # what waits was never forgotten
        try:
            if stream.method is Method.PUSH:
                answer = await self._pushed(stream, receiver, delivery, delivery.signal)
                answered = rules.judge_push(None if answer is None else answer.status)
            else:
                answer = await self._hooked(stream, receiver, delivery, delivery.signal)
                answered = rules.judge_webhook(None if answer is None else answer.status)
            outcome = UNREACHABLE if answer is None else str(answer.status)
        except (SealBroken, LookupError):
            # its secret cannot be read any more, or no key of its algorithm signs: nothing goes out unsigned or without
            # its header, and no other stream waits for this one
            answer, answered, outcome = None, Answered.LATER, UNSIGNED
        async with self._storage.unit_of_work() as uow:
            match answered:
                case Answered.TAKEN:
                    await self._settled(uow, stream, [delivery.id], DeliveryState.DELIVERED, outcome)
                case Answered.REFUSED:
                    code = rules.error_code(_json(answer))
                    await self._settled(uow, stream, [delivery.id], DeliveryState.REFUSED, code)
                case Answered.GONE:
                    await self._settled(uow, stream, [delivery.id], DeliveryState.REFUSED, outcome)
                    await self._webhooks.end_gone(uow, stream)
                case Answered.LATER:
                    await delivery_store.note_attempt(uow, [delivery.id], outcome=outcome)
        return answered in (Answered.TAKEN, Answered.REFUSED)

    async def _pushed(
        self, stream: Stream, receiver: Receiver, delivery: Delivery, signal: Signal
    ) -> OutboundAnswer | None:
        """RFC 8935 §2.1: the token is the body of a POST of type application/secevent+jwt."""
        await self._keys.refresh()
        token = await self._token(receiver, delivery, signal)
        async with self._storage.reading() as uow:
            header = await self._streams.unsealed(uow, stream)
        headers = {"content-type": "application/secevent+jwt", "accept": "application/json"}
        if header is not None:
            headers["authorization"] = header.decode()
        return await self._posted(stream, token.encode(), headers)

    async def _hooked(
        self, stream: Stream, receiver: Receiver, delivery: Delivery, signal: Signal
    ) -> OutboundAnswer | None:
        body = msgspec.json.encode(rules.webhook_body(signal, sub=self._sub(receiver, signal)))
        async with self._storage.reading() as uow:
            keys = await self._webhooks.live_keys(uow, stream)
        now = self._storage.clock.now()
        headers = signed_headers(message_id=delivery.id, now=now, body=body, keys=keys)
        return await self._posted(stream, body, {"content-type": "application/json", **headers})

    async def _posted(self, stream: Stream, body: bytes, headers: Mapping[str, str]) -> OutboundAnswer | None:
        try:
            return await self._addresses.post(stream.endpoint_url or "", body=body, headers=headers)
        except AddressUnreachable:
            return None

    async def _token(self, receiver: Receiver, delivery: Delivery, signal: Signal) -> str:
        claims = set_claims(
            issuer=self._issuer,
            audience=receiver.client_id,
            jti=delivery.id,
            issued_at=delivery.created_at,
            txn=None if signal.kind in rules.OF_THE_STREAM else _txn(receiver, signal),
            sub_id=self._subject(receiver, signal),
            event_type=rules.EVENT_TYPES[signal.kind],
            event=rules.event_of(signal),
        )
        return await self._keys.sign_jwt(claims, typ=SET_TYP, alg=receiver.alg)

    def _subject(self, receiver: Receiver, signal: Signal) -> Subject:
        sub = self._sub(receiver, signal)
        if sub is None:
            return opaque(signal.about or "")
        user = iss_sub(issuer=self._issuer, sub=sub)
        if signal.session_id is None:
            return user
        return session_of(user, sid=self._pairwise.sid(receiver.sector, signal.session_id))

    def _sub(self, receiver: Receiver, signal: Signal) -> str | None:
        return None if signal.subscriber_id is None else self._pairwise.sub(receiver.sector, signal.subscriber_id)

    async def _settled(
        self, uow: UnitOfWork, stream: Stream, ids: Sequence[str], state: DeliveryState, outcome: str
    ) -> None:
        """End deliveries, and write down that the agency was told, or refused to hear."""
        said: Literal["ok", "refused"] = "ok" if state is DeliveryState.DELIVERED else "refused"
        for ended in await delivery_store.settle(uow, stream.id, ids, state, outcome=outcome):
            if ended.kind is SignalKind.VERIFICATION:
                continue
            event = AuditEvent(
                "signal.settled",
                actor=SYSTEM,
                outcome=said,
                subject=None if ended.signal is None else ended.signal.subscriber_id,
                agency_id=stream.agency_id,
                client_id=stream.client_id,
                details={"delivery": ended.id, "kind": ended.kind.value, "stream": stream.id, "answer": outcome},
            )
            await self._audit.append(uow, event)


def _txn(receiver: Receiver, signal: Signal) -> str:
    """One for one cause and agency: two agencies that compare theirs learn nothing (SSF §4.1.8)."""
    digest = hashlib.sha256(f"txn\x1f{receiver.sector}\x1f{signal.cause}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def _json(answer: OutboundAnswer | None) -> Any:
    try:
        return None if answer is None else msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
