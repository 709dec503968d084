"""The webhook of an agency's program, and what the program was told and how that went."""

from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.gateway.own_tokens import OwnTokens
from idp.kernel.errors import Refused
from idp.kernel.ids import is_id
from idp.notices.streams.model import Delivery, DeliveryId, Receivers, Stream, StreamProblem
from idp.notices.streams.rules import WEBHOOK_TYPES, rfc3339
from idp.notices.streams.service import Streams
from idp.notices.streams.webhooks import Webhooks
from idp.protocol.errors import InvalidTokenError
from idp.protocol.scopes import SIGNALS_SCOPES, SSF_MANAGE
from idp.protocol.shared_signals import AddressRefused, validate_endpoint
from idp.protocol.standard_webhooks import WebhookKeys
from idp.storage.storage import Storage
from idp.web.routes import Access, Entry

PAGE: Final = 50


class WebhookRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `PUT /webhook`; without `types` the endpoint gets every type."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    types: Annotated[list[str], msgspec.Meta(max_length=64)] | None = None


class WebhookEndpoints:
    """`/webhook` and `/signals`: a client sees its own alone."""

    def __init__(
        self,
        *,
        storage: Storage,
        tokens: OwnTokens,
        streams: Streams,
        webhooks: Webhooks,
        receivers: Receivers,
        loopback_allowed: bool,
    ) -> None:
        self._storage = storage
        self._tokens = tokens
        self._streams = streams
        self._webhooks = webhooks
        self._receivers = receivers
        self._loopback_allowed = loopback_allowed

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        token = Access.ACCESS_TOKEN
        return (
            Entry("/webhook", ("GET",), self.read, token, "webhook"),
            Entry("/webhook", ("PUT",), self.put, token, "webhook_put"),
            Entry("/webhook", ("DELETE",), self.delete, token, "webhook_deleted"),
            Entry("/webhook/keys", ("POST",), self.rotate, token, "webhook_keys_changed"),
            Entry("/webhook/test", ("POST",), self.test, token, "webhook_tested"),
            Entry("/signals", ("GET",), self.signals, token, "signals"),
            Entry("/signals/{delivery_id}/retry", ("POST",), self.retry, token, "signal_retried"),
        )

    async def read(self, request: Request) -> Response:
        """The endpoint, without its keys."""
        client = await self._tokens.client(request, scopes=SIGNALS_SCOPES)
        async with self._storage.reading() as uow:
            return self._answer(_described(await self._webhooks.own(uow, client.client_id)))

    async def put(self, request: Request) -> Response:
        """Set the endpoint up or change it. The answer to the first one shows its keys, this once."""
        client = await self._tokens.client(request, scopes=(SSF_MANAGE,))
        wish = await self._parsed(request)
        async with self._storage.unit_of_work() as uow:
            receiver = await self._receivers.receiver(uow, client.client_id)
            if receiver is None:
                raise InvalidTokenError("the client is suspended")
            stream, keys = await self._webhooks.put(uow, receiver, url=wish.url, types=wish.types)
        shown = _described(stream)
        return self._answer(shown if keys is None else shown | _shown(keys), status=200 if keys is None else 201)

    async def delete(self, request: Request) -> Response:
        """End the endpoint."""
        client = await self._tokens.client(request, scopes=(SSF_MANAGE,))
        async with self._storage.unit_of_work() as uow:
            await self._streams.delete(uow, await self._webhooks.own(uow, client.client_id))
        return Response(status_code=204, headers=self._tokens.nonce())

    async def rotate(self, request: Request) -> Response:
        """New keys, shown once; the present ones sign beside them for a day."""
        client = await self._tokens.client(request, scopes=(SSF_MANAGE,))
        async with self._storage.unit_of_work() as uow:
            keys = await self._webhooks.rotate(uow, await self._webhooks.own(uow, client.client_id))
        return self._answer(_shown(keys))

    async def test(self, request: Request) -> Response:
        """Send `stream.verification` to the endpoint."""
        client = await self._tokens.client(request, scopes=(SSF_MANAGE,))
        async with self._storage.unit_of_work() as uow:
            await self._streams.verify(uow, await self._webhooks.own(uow, client.client_id), state=None)
        return Response(status_code=204, headers=self._tokens.nonce())

    async def signals(self, request: Request) -> Response:
        """What this client was told, newest first; `next` is the `before` of the page after this one."""
        client = await self._tokens.client(request, scopes=SIGNALS_SCOPES)
        before = request.query_params.get("before")
        if before is not None and not is_id("set", before):
            raise Refused(StreamProblem.MALFORMED, "before")
        cursor = None if before is None else DeliveryId(before)
        async with self._storage.reading() as uow:
            page = await self._streams.deliveries(uow, client.client_id, before=cursor, limit=PAGE)
        following = page[-1].id if len(page) == PAGE else None
        return self._answer({"signals": [_told(one) for one in page], "next": following})

    async def retry(self, request: Request) -> Response:
        """Tell once more what was given up or refused."""
        client = await self._tokens.client(request, scopes=(SSF_MANAGE,))
        async with self._storage.unit_of_work() as uow:
            await self._streams.retry(uow, client.client_id, DeliveryId(request.path_params["delivery_id"]))
        return Response(status_code=202, headers=self._tokens.nonce())

    async def _parsed(self, request: Request) -> WebhookRequest:
        try:
            wish = msgspec.json.decode(await request.body(), type=WebhookRequest)
            validate_endpoint(wish.url, loopback_allowed=self._loopback_allowed)
        except AddressRefused as error:
            raise Refused(StreamProblem.ADDRESS) from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Refused(StreamProblem.MALFORMED, "body") from error
        return wish

    def _answer(self, said: Any, *, status: int = 200) -> Response:
        return JSONResponse(said, status, headers=self._tokens.nonce())


def _described(stream: Stream) -> dict[str, Any]:
    types = list(WEBHOOK_TYPES if stream.events is None else stream.events)
    said = {"id": stream.id, "url": stream.endpoint_url, "types": types, "status": stream.status.value}
    return said if stream.reason is None else said | {"reason": stream.reason}


def _shown(keys: WebhookKeys) -> dict[str, str]:
    return {"secret": keys.shared, "public_key": keys.public}


def _told(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "stream_id": one.stream_id,
        "type": one.kind.value,
        "state": one.state.value,
        "attempts": one.attempts,
        "answer": one.outcome,
        "created_at": rfc3339(one.created_at),
        "settled_at": None if one.settled_at is None else rfc3339(one.settled_at),
    }
