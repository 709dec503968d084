"""Event streams of agencies' programs: the management API of the Shared Signals Framework, and polling (RFC 8936)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.authorization.tokens.model import VerifiedAccessToken
from idp.gateway.open_places import OpenPlaces
from idp.gateway.own_tokens import OwnTokens
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import ClientId
from idp.notices.streams.delivering import Deliveries
from idp.notices.streams.model import Receiver, Receivers, Stream, StreamId, StreamProblem, StreamStatus
from idp.notices.streams.service import Streams
from idp.protocol.errors import InvalidTokenError
from idp.protocol.scopes import SIGNALS_SCOPES, SSF_MANAGE
from idp.protocol.shared_signals import (
    AddressRefused,
    PollCall,
    SignalsRequestRefused,
    StreamWish,
    SubjectRefused,
    SubjectWish,
    parse_poll,
    parse_status,
    parse_stream,
    parse_subject,
    parse_verification,
)
from idp.storage.storage import Storage, UnitOfWork
from idp.web.routes import Access, Entry

LONGEST_POLL_SECONDS: Final = 25.0
LOOKS_EVERY_SECONDS: Final = 0.5
POLLS_HELD_OF_CLIENT: Final = 2
POLLS_HELD: Final = 200
"""How many polls one process holds open; one more is answered at once, as if it had asked for that."""

Wish = TypeVar("Wish")


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """`issuer` is whom subjects must name; `loopback_allowed` lets receivers on the own machine be told by http."""

    issuer: str
    loopback_allowed: bool
    longest_poll_seconds: float = LONGEST_POLL_SECONDS


class StreamEndpoints:
    """`/ssf/…`: every path takes the client's own token, and shows a client its own stream alone."""

    def __init__(
        self,
        *,
        storage: Storage,
        tokens: OwnTokens,
        streams: Streams,
        deliveries: Deliveries,
        receivers: Receivers,
        settings: StreamSettings,
    ) -> None:
        self._storage = storage
        self._tokens = tokens
        self._streams = streams
        self._deliveries = deliveries
        self._receivers = receivers
        self._settings = settings
        self._places = OpenPlaces(of_client=POLLS_HELD_OF_CLIENT, of_all=POLLS_HELD)

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        token = Access.ACCESS_TOKEN
        return (
            Entry("/ssf/streams", ("GET",), self.read, token, "streams"),
            Entry("/ssf/streams", ("POST",), self.create, token, "stream_created"),
            Entry("/ssf/streams", ("PATCH",), self.update, token, "stream_updated"),
            Entry("/ssf/streams", ("PUT",), self.replace, token, "stream_replaced"),
            Entry("/ssf/streams", ("DELETE",), self.delete, token, "stream_deleted"),
            Entry("/ssf/status", ("GET",), self.status, token, "stream_status"),
            Entry("/ssf/status", ("POST",), self.set_status, token, "stream_status_changed"),
            Entry("/ssf/subjects/add", ("POST",), self.add_subject, token, "stream_subject_added"),
            Entry("/ssf/subjects/remove", ("POST",), self.remove_subject, token, "stream_subject_removed"),
            Entry("/ssf/verify", ("POST",), self.verify, token, "stream_verified"),
            Entry("/ssf/poll/{stream_id}", ("POST",), self.poll, token, "stream_polled"),
        )

    async def create(self, request: Request) -> Response:
        """SSF §8.1.1.1."""
        client = await self._managing(request)
        wish = await self._parsed(request, self._parse_stream)
        async with self._storage.unit_of_work() as uow:
            stream = await self._streams.create(uow, await self._receiver(uow, client), wish)
        return self._answer(self._streams.configuration(stream), status=201)

    async def read(self, request: Request) -> Response:
        """SSF §8.1.1.2: one stream, or the list of them."""
        client = await self._reading(request)
        named = request.query_params.get("stream_id")
        async with self._storage.reading() as uow:
            if named is None:
                streams = await self._streams.list_of(uow, client.client_id)
                return self._answer([self._streams.configuration(stream) for stream in streams])
            stream = await self._streams.own(uow, client.client_id, named)
        return self._answer(self._streams.configuration(stream))

    async def update(self, request: Request) -> Response:
        """SSF §8.1.1.3: what is not named stays."""
        return await self._changed(request, whole=False)

    async def replace(self, request: Request) -> Response:
        """SSF §8.1.1.4: what is not named goes."""
        return await self._changed(request, whole=True)

    async def delete(self, request: Request) -> Response:
        """SSF §8.1.1.5."""
        client = await self._managing(request)
        async with self._storage.unit_of_work() as uow:
            await self._streams.delete(uow, await self._named(uow, client, request.query_params.get("stream_id")))
        return Response(status_code=204, headers=self._tokens.nonce())

    async def status(self, request: Request) -> Response:
        """SSF §8.1.2.1."""
        client = await self._reading(request)
        async with self._storage.reading() as uow:
            stream = await self._named(uow, client, request.query_params.get("stream_id"))
        return self._answer(_status(stream))

    async def set_status(self, request: Request) -> Response:
        """SSF §8.1.2.2."""
        client = await self._managing(request)
        wish = await self._parsed(request, parse_status)
        async with self._storage.unit_of_work() as uow:
            stream = await self._named(uow, client, wish.stream_id)
            changed = await self._streams.set_status(uow, stream, StreamStatus(wish.status), reason=wish.reason)
        return self._answer(_status(changed))

    async def add_subject(self, request: Request) -> Response:
        """SSF §8.1.3.2: a person who was removed is told of again; the answer says nothing of whether we know them."""
        client = await self._managing(request)
        wish = await self._parsed(request, self._parse_subject)
        async with self._storage.unit_of_work() as uow:
            await self._streams.unmute(uow, await self._named(uow, client, wish.stream_id), wish.sub)
        return Response(status_code=200, headers=self._tokens.nonce())

    async def remove_subject(self, request: Request) -> Response:
        """SSF §8.1.3.3."""
        client = await self._managing(request)
        wish = await self._parsed(request, self._parse_subject)
        async with self._storage.unit_of_work() as uow:
            await self._streams.mute(uow, await self._named(uow, client, wish.stream_id), wish.sub)
        return Response(status_code=204, headers=self._tokens.nonce())

    async def verify(self, request: Request) -> Response:
        """SSF §8.1.4.2."""
        client = await self._managing(request)
        wish = await self._parsed(request, parse_verification)
        async with self._storage.unit_of_work() as uow:
            await self._streams.verify(uow, await self._named(uow, client, wish.stream_id), state=wish.state)
        return Response(status_code=204, headers=self._tokens.nonce())

    async def poll(self, request: Request) -> Response:
        """RFC 8936 §2.2: take note of what was received, then give what waits, or wait for it for a while."""
        client = await self._reading(request)
        call = await self._parsed(request, parse_poll)
        async with self._storage.unit_of_work() as uow:
            stream = await self._named(uow, client, request.path_params["stream_id"])
            # SSF §6.1.2: the address is the one of a polled stream
            if stream.endpoint_url is not None:
                raise NotFound(StreamProblem.UNKNOWN)
            await self._deliveries.acknowledge(uow, stream, call)
        sets, has_more = await self._waited(request, client.client_id, stream.id, call)
        # RFC 8936 §2.3: "sets" is there also when it is empty
        return self._answer({"sets": sets, "moreAvailable": has_more})

    async def _waited(
        self, request: Request, client_id: ClientId, stream_id: StreamId, call: PollCall
    ) -> tuple[dict[str, str], bool]:
        found = await self._deliveries.offered(client_id, stream_id, most=call.max_events)
        is_crowded = not self._places.has_one_for(client_id)
        if found[0] or call.return_immediately or not call.max_events or is_crowded:
            return found
        with self._places.taken_by(client_id):
            try:
                async with asyncio.timeout(self._settings.longest_poll_seconds):
                    while not found[0] and not await request.is_disconnected():
                        await asyncio.sleep(LOOKS_EVERY_SECONDS)
                        found = await self._deliveries.offered(client_id, stream_id, most=call.max_events)
            except TimeoutError:
                return {}, False
        return found

    async def _changed(self, request: Request, *, whole: bool) -> Response:
        client = await self._managing(request)
        wish = await self._parsed(request, self._parse_stream)
        async with self._storage.unit_of_work() as uow:
            stream = await self._streams.change(uow, client.client_id, wish, whole=whole)
        return self._answer(self._streams.configuration(stream))

    async def _managing(self, request: Request) -> VerifiedAccessToken:
        return await self._tokens.client(request, scopes=(SSF_MANAGE,))

    async def _reading(self, request: Request) -> VerifiedAccessToken:
        return await self._tokens.client(request, scopes=SIGNALS_SCOPES)

    async def _receiver(self, uow: UnitOfWork, client: VerifiedAccessToken) -> Receiver:
        receiver = await self._receivers.receiver(uow, client.client_id)
        if receiver is None:
            raise InvalidTokenError("the client is suspended")
        return receiver

    async def _named(self, uow: UnitOfWork, client: VerifiedAccessToken, stream_id: str | None) -> Stream:
        """The client's own stream; another one's is as unknown as none."""
        if stream_id is None:
            raise Refused(StreamProblem.MALFORMED, "stream_id")
        return await self._streams.own(uow, client.client_id, stream_id)

    async def _parsed(self, request: Request, parse: Callable[[bytes], Wish]) -> Wish:
        try:
            return parse(await request.body())
        except AddressRefused as error:
            raise Refused(StreamProblem.ADDRESS, str(error)) from error
        except SubjectRefused as error:
            raise Refused(StreamProblem.SUBJECT, str(error)) from error
        except SignalsRequestRefused as error:
            raise Refused(StreamProblem.MALFORMED, str(error)) from error

    def _parse_stream(self, body: bytes) -> StreamWish:
        return parse_stream(body, loopback_allowed=self._settings.loopback_allowed)

    def _parse_subject(self, body: bytes) -> SubjectWish:
        return parse_subject(body, expected_issuer=self._settings.issuer)

    def _answer(self, said: Any, *, status: int = 200) -> Response:
        return JSONResponse(said, status, headers=self._tokens.nonce())


def _status(stream: Stream) -> dict[str, str]:
    said = {"stream_id": stream.id, "status": stream.status.value}
    return said if stream.reason is None else said | {"reason": stream.reason}
