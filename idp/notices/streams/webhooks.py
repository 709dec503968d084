"""Webhooks of agencies' programs: one endpoint a client, its keys shown once, two generations while it changes over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import ClientId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.notices.streams import delivery_store, rules, store
from idp.notices.streams.model import (
    OLD_SECRET_GOOD_FOR,
    Form,
    Method,
    Receiver,
    Stream,
    StreamId,
    StreamProblem,
    StreamStatus,
)
from idp.notices.streams.service import Streams
from idp.protocol.standard_webhooks import SECRET_BYTES, WebhookKeys
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True, repr=False)
class _Generation:
    """Keys, and until when they sign: None for the present ones."""

    keys: WebhookKeys
    until: datetime | None


class Webhooks:
    """The webhook of a client, kept as a stream of its own form. Each method joins the caller's unit of work."""

    def __init__(self, *, streams: Streams, randomness: Randomness = system_randomness) -> None:
        self._streams = streams
        self._randomness = randomness

    async def put(
        self, uow: UnitOfWork, receiver: Receiver, *, url: str, types: Sequence[str] | None
    ) -> tuple[Stream, WebhookKeys | None]:
        """The endpoint from now on; `types` None: everything. Its keys are given when it is new, and never again.

        An endpoint that was held or ended goes on. `url` was judged by the caller. Raises Refused (MALFORMED) for a
        type that is none.
        """
        if types is not None and not set(types) <= set(rules.WEBHOOK_TYPES):
            raise Refused(StreamProblem.MALFORMED, "unknown type")
        events = None if types is None else tuple(dict.fromkeys(types))
        present = await store.stream_of(uow, receiver.client_id, Form.WEBHOOK, hold=True)
        if present is not None:
            changed = replace(present, endpoint_url=url, events=events, status=StreamStatus.ENABLED, reason=None)
            await store.save_stream(uow, changed)
            await self._streams.note(uow, "webhook.changed", changed)
            return changed, None
        stream_id = StreamId(new_id("whk", now=uow.now, randomness=self._randomness))
        blank = Stream(
            id=stream_id,
            client_id=receiver.client_id,
            agency_id=receiver.agency_id,
            form=Form.WEBHOOK,
            method=Method.WEBHOOK,
            endpoint_url=url,
            events=events,
            description=None,
        )
        keys = self._new_keys()
        stream = await self._with_keys(uow, blank, [_Generation(keys, None)])
        if not await store.insert_stream(uow, stream):
            raise Refused(StreamProblem.EXISTS)
        await self._streams.note(uow, "webhook.created", stream)
        return stream, keys

    async def own(self, uow: UnitOfWork, client_id: ClientId, *, hold: bool = False) -> Stream:
        """The client's endpoint; with `hold` as it is until this unit ends. Raises NotFound (UNKNOWN)."""
        stream = await store.stream_of(uow, client_id, Form.WEBHOOK, hold=hold)
        if stream is None:
            raise NotFound(StreamProblem.UNKNOWN)
        return stream

    async def rotate(self, uow: UnitOfWork, stream: Stream) -> WebhookKeys:
        """New keys; the present ones sign as well for a day, earlier ones no more."""
        stream = await self.own(uow, stream.client_id, hold=True)
        keys, until = self._new_keys(), uow.now + OLD_SECRET_GOOD_FOR
        present = [one for one in await self._generations(uow, stream) if one.until is None]
        kept = [_Generation(keys, None), *(replace(one, until=until) for one in present)]
        await store.save_stream(uow, await self._with_keys(uow, stream, kept))
        await self._streams.note(uow, "webhook.keys_changed", stream)
        return keys

    async def live_keys(self, uow: UnitOfWork, stream: Stream) -> Sequence[WebhookKeys]:
        """The generations that sign at present, the newest first."""
        generations = await self._generations(uow, stream)
        return [one.keys for one in generations if one.until is None or one.until > uow.now]

    async def end_gone(self, uow: UnitOfWork, stream: Stream) -> None:
        """The receiver said that it is gone (410): nothing more is sent until its client sets it up again."""
        reason = "the endpoint answered 410"
        if await store.disable_at(uow, stream.id, endpoint_url=stream.endpoint_url, reason=reason):
            await delivery_store.drop_waiting(uow, stream.id)
            await self._streams.note(uow, "webhook.gone", stream)

    def _new_keys(self) -> WebhookKeys:
        return WebhookKeys(secret=self._randomness(SECRET_BYTES), seed=self._randomness(32))

    async def _with_keys(self, uow: UnitOfWork, stream: Stream, generations: Sequence[_Generation]) -> Stream:
        written = [
            {"secret": one.keys.secret, "seed": one.keys.seed, "until": one.until and int(one.until.timestamp())}
            for one in generations
        ]
        return replace(stream, sealed=await self._streams.sealed(uow, stream, msgspec.json.encode(written)))

    async def _generations(self, uow: UnitOfWork, stream: Stream) -> Sequence[_Generation]:
        opened = await self._streams.unsealed(uow, stream)
        return [_generation(one) for one in msgspec.json.decode(opened or b"[]", type=list[dict[str, Any]])]


def _generation(written: dict[str, Any]) -> _Generation:
    secret, seed = (msgspec.convert(written[name], bytes) for name in ("secret", "seed"))
    until = written["until"]
    return _Generation(WebhookKeys(secret, seed), None if until is None else datetime.fromtimestamp(until, UTC))
