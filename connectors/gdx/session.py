"""A session with the gateway: a token for a consumer and an agent, renewed when it has gone stale (section 3.2)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

import httpx2

from connectors.contracts.errors import RegistryError, RegistryOutcome, RegistryUnavailable
from connectors.gdx.exchange import WireAnswer
from connectors.gdx.faults import fault_of
from connectors.gdx.fields import Fields, garbage, json_listing, json_object, text
from connectors.gdx.line import Line
from connectors.gdx.question import Question

_TOKEN_PATH: Final = "/ws/auth/validate"
_IDLE_EXPIRY: Final = timedelta(minutes=55)
"""The gateway forgets a token after 60 idle minutes."""
_MOST_AGENTS: Final = 500


@dataclass(frozen=True, slots=True, repr=False)
class GdxCredentials:
    """What the gateway gave the agency. `agent_id`: a system's name, or the number of the officer whose card is in."""

    consumer_key: str
    consumer_secret: str
    agent_id: str


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    value: str
    last_used: datetime


class GdxSession:
    """Asks the gateway as one agent; the sessions of one registry share its line, so that a slow one takes no other's.

    `idempotency_header` names the header that carries a pull's key to the gateway. The published wire has none: by
    default the key stays here, where it joins equal questions of one pull. `is_officers`: the agent signs in and out.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credentials: GdxCredentials,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        line: Line | None = None,
        idempotency_header: str | None = None,
        is_officers: bool = False,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._line = line or Line(http=http, clock=clock)
        self._clock = clock
        self._idempotency_header = idempotency_header
        self._is_officers = is_officers
        self._login = asyncio.Lock()
        self._token: _Token | None = None
        self._agents: dict[str, Self] = {}

    def for_agent(self, agent_id: str) -> Self:
        """The session of another agent on the same line: at a counter, the officer whose card is signed in."""
        known = self._agents.pop(agent_id, None)
        if known is None:
            known = type(self)(
                base_url=self._base_url,
                credentials=replace(self._credentials, agent_id=agent_id),
                http=self._line.http,
                clock=self._clock,
                line=self._line,
                idempotency_header=self._idempotency_header,
                is_officers=True,
            )
        # the one used longest ago makes room: it only has to log in again
        while len(self._agents) >= _MOST_AGENTS:
            del self._agents[next(iter(self._agents))]
        self._agents[agent_id] = known
        return known

    async def get(self, path: str, parameters: Mapping[str, str], *, deadline_seconds: float) -> Fields:
        """The JSON object at `path`. Raises as `ask` does."""
        return await self.ask(Question(path, parameters), deadline_seconds=deadline_seconds)

    async def ask(self, question: Question, *, deadline_seconds: float, idempotency_key: str | None = None) -> Fields:
        """The JSON that answers the question; the deadline covers queue, log-in, request, retry and whole answer.

        Equal questions with one `idempotency_key` at the same moment are asked once.
        Raises RegistryUnavailable, RegistryClosed, RegistryBusy, RegistryRefused, RecordNotFound.
        """
        if idempotency_key is None:
            return await self._converse(question, None, deadline_seconds)
        # who has less time than the first does not wait for their flight
        flight = (idempotency_key, self._credentials.agent_id, deadline_seconds, question.sameness())
        return await self._line.flights.join(
            flight, lambda: self._converse(question, idempotency_key, deadline_seconds)
        )

    async def _converse(self, question: Question, key: str | None, deadline_seconds: float) -> Fields:
        async with self._line.conversation(service=question.service, deadline_seconds=deadline_seconds):
            # 1. a token that should still live
            token = await self._live_token()
            answer = await self._carry(question, key, token)
            # 2. the gateway forgot it: log in once more, ask once more
            if answer.status == 401:
                token = await self._live_token(refused=token)
                answer = await self._carry(question, key, token)
            # 3. judge the answer
            try:
                record = _record_in(answer, question.listing)
            except RegistryError as error:
                self._keep_or_drop(token, error, answer.status)
                raise
            self._touch(token)
            return record

    async def _carry(self, question: Question, key: str | None, token: str) -> WireAnswer:
        headers = {
            "Consumer-Key": self._credentials.consumer_key,
            "Token": token,
            "Content-Type": "application/json" if question.json is not None else "application/x-www-form-urlencoded",
            **question.headers,
        }
        if key is not None and self._idempotency_header is not None:
            headers[self._idempotency_header] = key
        http = self._line.http
        # as `http.build_request` does it, without merging address, defaults and time limits anew for each question: the
        # address is whole, and the time is the deadline's
        request = httpx2.Request(
            question.method,
            self._base_url + question.path,
            params=dict(question.parameters) or None,
            data=None if question.form is None else dict(question.form),
            json=None if question.json is None else dict(question.json),
            headers={**http.headers, **headers},
            cookies=http.cookies or None,
        )
        return await self._line.carry(request, largest=question.largest_answer)

    async def _live_token(self, *, refused: str | None = None) -> str:
        async with self._login:
            known = self._token
            if known is not None and known.value != refused and self._clock() - known.last_used < _IDLE_EXPIRY:
                return known.value
            value = await self._log_in()
            self._token = _Token(value, self._clock())
            return value

    async def _log_in(self) -> str:
        request = self._line.http.build_request(
            "GET",
            self._base_url + _TOKEN_PATH,
            params={"ConsumerSecret": self._credentials.consumer_secret, "AgentID": self._credentials.agent_id},
            headers={"Consumer-Key": self._credentials.consumer_key},
        )
        value = text(_record_in(await self._line.carry(request)), "Result")
        if not value:
            raise garbage("the gateway gave no token")
        return value

    def _keep_or_drop(self, token: str, error: RegistryError, status: int) -> None:
        """Whether a token outlives the officer's session that it was made in is not published: one of a session that is
        over is not used again, so that whoever signs in anew is not refused by the old one. After a 401 it is new.
        """
        if not self._is_officers or error.outcome is not RegistryOutcome.NO_SESSION or status == 401:
            self._touch(token)
        elif self._token is not None and self._token.value == token:
            self._token = None

    def _touch(self, token: str) -> None:
        if self._token is not None and self._token.value == token:
            self._token = _Token(token, self._clock())


def _record_in(answer: WireAnswer, listing: str = "") -> Fields:
    """The record of a plain 200; anything else raises what it means."""
    record = _object_or_nothing(answer, listing)
    # Linkage and AMI put the code beside the message, IKNO into it; a record that has no message has no fault
    code = text(record, "Code") if "Message" in record else ""
    fault = fault_of(answer.status, text(record, "Message"), code=code)
    if fault is not None:
        raise fault
    return record


def _object_or_nothing(answer: WireAnswer, listing: str) -> Fields:
    """Errors need no readable body: a proxy's HTML page with 503 is a 503."""
    if answer.status == 200:
        return json_listing(answer.body, named=listing) if listing else json_object(answer.body)
    try:
        return json_object(answer.body)
    except RegistryUnavailable:
        return {}
