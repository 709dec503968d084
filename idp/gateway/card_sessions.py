"""Card sessions for agencies' programs, and handles of people who are named by number.

An officer's token opens them; the officer's program follows and ends them, with that token or its own. What is released
through them needs a token that names them (RFC 9396), so that the subject is the token's here as well.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import MAX_CASE_LENGTH
from idp.exchange.counter.model import CounterProblem, CounterSessionId, CounterView
from idp.exchange.counter.service import Counters
from idp.exchange.decision.model import NotReady
from idp.gateway.bodies import read_json
from idp.gateway.grounds import CardBasis, DutyBasis, FormBasis, Text, ground_of, handed_over
from idp.gateway.open_places import OpenPlaces
from idp.gateway.tokens import GatewayTokens
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.kernel.ids import ServiceId, StationId, is_id
from idp.stations.model import StationState
from idp.web.routes import Access, Entry

LOOK_EVERY: Final = 0.5
HEARTBEAT_EVERY: Final = 15.0
STREAM_LASTS: Final = 300.0
STREAMS_PER_CLIENT: Final = 50
"""In one process; a counter follows one session, so that this is a big office."""
STREAMS_OF_ALL: Final = 200
"""In one process: each looks twice a second, and whoever pulls data needs the store as well."""

LIGHTS: Final[Mapping[StationState, str]] = {
    StationState.AGENT_NOT_AVAILABLE: "red",
    StationState.AGENT_AVAILABLE: "yellow",
    StationState.CITIZEN_AVAILABLE: "green",
}

_Case = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CASE_LENGTH)]


class CardSessionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /card-sessions`."""

    purpose: Text
    case: _Case
    station: Text
    basis: CardBasis | FormBasis | DutyBasis


class CitizenRefRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /citizen-refs`: the only place where a citizen's number is sent, and never in an address."""

    citizen_id: Annotated[str, msgspec.Meta(max_length=32)]
    purpose: Text
    case: _Case
    basis: FormBasis | DutyBasis


class CardSessionEndpoints:
    """`POST /card-sessions`, its state, its events, its end; `POST /citizen-refs`."""

    def __init__(self, *, counters: Counters, tokens: GatewayTokens, clock: Clock, base_url: str) -> None:
        self._counters = counters
        self._tokens = tokens
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._places = OpenPlaces(of_client=STREAMS_PER_CLIENT, of_all=STREAMS_OF_ALL)

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        one = "/card-sessions/{session_id}"
        return (
            Entry("/card-sessions", ("POST",), self.open, Access.ACCESS_TOKEN, "card_session_opened"),
            Entry(one, ("GET",), self.show, Access.ACCESS_TOKEN, "card_session"),
            Entry(one, ("DELETE",), self.end, Access.ACCESS_TOKEN, "card_session_ended"),
            Entry(f"{one}/events", ("GET",), self.events, Access.ACCESS_TOKEN, "card_session_events"),
            Entry("/citizen-refs", ("POST",), self.name_by_number, Access.ACCESS_TOKEN, "citizen_ref"),
        )

    async def open(self, request: Request) -> Response:
        """A card session, asked for by an officer for one purpose and case."""
        token = await self._tokens.verified(request)
        body = await read_json(request, CardSessionRequest, malformed=CounterProblem.MALFORMED)
        view = await self._counters.open_session(
            token,
            service_id=ServiceId(body.purpose),
            case=body.case,
            station_id=StationId(body.station),
            ground=handed_over(StationId(body.station), now=self._clock.now())
            if isinstance(body.basis, CardBasis)
            else ground_of(body.basis),
        )
        place = f"{self._base_url}/card-sessions/{view.session.id}"
        return self._json(_described(view), status=201, headers={"location": place})

    async def show(self, request: Request) -> Response:
        """How the session stands now."""
        token = await self._tokens.verified(request)
        return self._json(_described(await self._look(_session_id(request), token)))

    async def end(self, request: Request) -> Response:
        """The program is done; what was read is thrown away."""
        token = await self._tokens.verified(request)
        await self._counters.end(_session_id(request), agency_id=token.agency_id, client_id=token.client_id)
        return Response(status_code=204, headers={"dpop-nonce": self._tokens.nonce()})

    async def events(self, request: Request) -> Response:
        """The session as it changes (server-sent events), until it is over or the stream is old."""
        token = await self._tokens.verified(request)
        session_id = _session_id(request)
        first = await self._look(session_id, token)
        if not self._places.has_one_for(token.client_id):
            raise Refused(CounterProblem.TOO_MANY_STREAMS)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no", "dpop-nonce": self._tokens.nonce()}
        states = self._states(request, first, token)
        return StreamingResponse(states, media_type="text/event-stream", headers=headers)

    async def name_by_number(self, request: Request) -> Response:
        """A handle for a person who is not there, under the right `by_number`."""
        token = await self._tokens.verified(request)
        body = await read_json(request, CitizenRefRequest, malformed=CounterProblem.MALFORMED)
        try:
            citizen_id = CitizenId.parse(body.citizen_id)
        except InvalidIdentifier as error:
            raise Refused(CounterProblem.NOT_A_NUMBER, error.fault.value) from error
        ref = await self._counters.name_by_number(
            token,
            citizen_id=citizen_id,
            service_id=ServiceId(body.purpose),
            case=body.case,
            ground=ground_of(body.basis),
        )
        described = {"id": ref.id, "expires_at": ref.expires_at.isoformat(timespec="seconds")}
        return self._json(described, status=201)

    async def _states(self, request: Request, view: CounterView, token: VerifiedAccessToken) -> AsyncIterator[str]:
        with self._places.taken_by(token.client_id):
            loop, said, said_at = asyncio.get_running_loop(), "", 0.0
            ends_at = loop.time() + STREAM_LASTS
            while True:
                news = json.dumps(_described(view), ensure_ascii=False)
                if news != said:
                    yield f"event: state\ndata: {news}\n\n"
                    said, said_at = news, loop.time()
                elif loop.time() - said_at >= HEARTBEAT_EVERY:
                    yield ": still here\n\n"
                    said_at = loop.time()
                if view.is_over or loop.time() >= ends_at or await request.is_disconnected():
                    return
                await asyncio.sleep(LOOK_EVERY)
                view = await self._look(view.session.id, token)

    async def _look(self, session_id: CounterSessionId, token: VerifiedAccessToken) -> CounterView:
        return await self._counters.look(session_id, agency_id=token.agency_id, client_id=token.client_id)

    def _json(
        self, members: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        return JSONResponse(members, status, headers={"dpop-nonce": self._tokens.nonce(), **(headers or {})})


def _described(view: CounterView) -> dict[str, Any]:
    """The session in JSON: nothing in it says who holds the card."""
    session = view.session
    reason = view.state.reason.value if isinstance(view.state, NotReady) else None
    codes = (view.trouble, view.light.trouble)
    return {
        "id": session.id,
        "purpose": session.opened_for.service_id,
        "case": session.opened_for.case,
        "station": session.station_id,
        "light": LIGHTS[view.light.state],
        "registry_state": view.light.state.value,
        "need": view.light.need.value,
        "card": None if view.card is None else view.card.value,
        "percent": view.percent,
        "fault": None if view.fault is None else view.fault.value,
        "ready": reason is None,
        "reason": reason,
        "codes": [code.value for code in codes if code is not None],
        "over": view.is_over,
        "expires_at": session.expires_at.isoformat(timespec="seconds"),
    }


def _session_id(request: Request) -> CounterSessionId:
    named: str = request.path_params["session_id"]
    return CounterSessionId(named if is_id("cds", named) else "")
