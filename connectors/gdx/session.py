"""A session with the gateway: a token for a consumer and an agent, renewed when it has gone stale (section 3.2)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx2

from connectors.contracts.errors import RegistryUnavailable
from connectors.gdx.breaker import Breaker
from connectors.gdx.exchange import WireAnswer, exchange, within
from connectors.gdx.faults import fault_of
from connectors.gdx.fields import Fields, json_object, text

_TOKEN_PATH: Final = "/ws/auth/validate"
_IDLE_EXPIRY: Final = timedelta(minutes=55)
"""The gateway forgets a token after 60 idle minutes."""


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
    """Asks the gateway; one per registry, so that a slow one takes no other's connections."""

    def __init__(
        self,
        *,
        base_url: str,
        credentials: GdxCredentials,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._breaker = Breaker(clock=clock)
        self._login = asyncio.Lock()
        self._token: _Token | None = None

    async def get(self, path: str, parameters: Mapping[str, str], *, deadline_seconds: float) -> Fields:
        """The JSON object at `path`; the deadline covers log-in, request and whole answer.

        Raises RegistryUnavailable, RegistryClosed, RegistryBusy, RegistryRefused, RecordNotFound.
        """
        with self._breaker.attempt():
            async with within(deadline_seconds):
                # 1. a token that should still live
                token = await self._live_token()
                answer = await self._ask(path, parameters, token)
                # 2. the gateway forgot it: log in once more, ask once more
                if answer.status == 401:
                    token = await self._live_token(refused=token)
                    answer = await self._ask(path, parameters, token)
                self._touch(token)
            # 3. judge the answer
            return _record_in(answer)

    async def _ask(self, path: str, parameters: Mapping[str, str], token: str) -> WireAnswer:
        request = self._http.build_request(
            "GET",
            self._base_url + path,
            params=dict(parameters),
            headers={
                "Consumer-Key": self._credentials.consumer_key,
                "Token": token,
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        return await exchange(self._http, request)

    async def _live_token(self, *, refused: str | None = None) -> str:
        async with self._login:
            known = self._token
            if known is not None and known.value != refused and self._clock() - known.last_used < _IDLE_EXPIRY:
                return known.value
            value = await self._log_in()
            self._token = _Token(value, self._clock())
            return value

    async def _log_in(self) -> str:
        request = self._http.build_request(
            "GET",
            self._base_url + _TOKEN_PATH,
            params={"ConsumerSecret": self._credentials.consumer_secret, "AgentID": self._credentials.agent_id},
            headers={"Consumer-Key": self._credentials.consumer_key},
        )
        value = text(_record_in(await exchange(self._http, request)), "Result")
        if not value:
            raise RegistryUnavailable("the gateway gave no token")
        return value

    def _touch(self, token: str) -> None:
        if self._token is not None and self._token.value == token:
            self._token = _Token(token, self._clock())


def _record_in(answer: WireAnswer) -> Fields:
    """The record of a plain 200; anything else raises what it means."""
    record = _object_or_nothing(answer)
    fault = fault_of(answer.status, text(record, "Message"))
    if fault is not None:
        raise fault
    return record


def _object_or_nothing(answer: WireAnswer) -> Fields:
    """Errors need no readable body: a proxy's HTML page with 503 is a 503."""
    if answer.status == 200:
        return json_object(answer.body)
    try:
        return json_object(answer.body)
    except RegistryUnavailable:
        return {}
