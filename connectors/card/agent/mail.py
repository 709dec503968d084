"""The agent's way to the provider: POST requests, nothing listens here."""

from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, assert_never
from urllib.parse import urlsplit

import httpx2

from connectors.card.agent import AGENT_VERSION
from connectors.contracts.card_wire import MESSAGE_CONTENT_TYPE

POLL_SECONDS: Final = 30.0
"""The provider holds a poll up to 20 seconds."""

_CONNECT_SECONDS: Final = 5.0
_STOPPING: Final = frozenset({401, 403, 426})
_OVER: Final = frozenset({409, 410})


class ProviderUnreachable(Exception):
    """No usable answer: the network, or the provider is down. Try again."""


class AgentRejected(Exception):
    """The provider does not want this agent: the key, the station or the version. The message is for the person."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The provider has taken the message. `request` is its signed card request, when it gave one."""

    request: str | None


@dataclass(frozen=True, slots=True)
class SessionOver:
    """The card session has ended meanwhile; nobody wants the answer."""


@dataclass(frozen=True, slots=True)
class AnswerRefused:
    """The provider refused this one message; `reason` is its own text."""

    reason: str


AnswerResult = Delivered | SessionOver | AnswerRefused


class ProviderMail:
    """The provider at `address`, which is called `issuer`."""

    def __init__(self, *, issuer: str, address: str) -> None:
        self._address = address.rstrip("/")
        is_direct = address != issuer
        self._client = httpx2.AsyncClient(
            # *.localhost need not resolve here: connect to the address, say the issuer's name
            headers={
                "Host": urlsplit(issuer).netloc,
                "Content-Type": MESSAGE_CONTENT_TYPE,
                "User-Agent": f"idp-agent/{AGENT_VERSION}",
            },
            timeout=httpx2.Timeout(POLL_SECONDS, connect=_CONNECT_SECONDS, pool=None),
            trust_env=not is_direct,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def poll(self, hello: str) -> str | None:
        """Ask for work; a signed card request, or None when there is none.

        Raises ProviderUnreachable, AgentRejected.
        """
        match await self._post("/agent/poll", hello):
            case Delivered(request):
                return request
            case SessionOver():
                raise ProviderUnreachable("it takes a poll for an answer")
            case AnswerRefused(reason):
                raise ProviderUnreachable(reason)
            case _ as unreachable:
                assert_never(unreachable)

    async def answer(self, message: str) -> AnswerResult:
        """Hand over the answer of a card session. Raises ProviderUnreachable, AgentRejected."""
        return await self._post("/agent/answer", message)

    async def progress(self, message: str) -> None:
        """Say how far a read has come. Raises ProviderUnreachable, AgentRejected."""
        await self._post("/agent/progress", message)

    async def issuer_keys(self, hello: str) -> str:
        """The provider's statement of its present keys. Raises ProviderUnreachable, AgentRejected."""
        match await self._post("/agent/keys", hello):
            case Delivered(str(statement)):
                return statement
            case _:
                raise ProviderUnreachable("it does not say its keys")

    async def _post(self, path: str, message: str) -> AnswerResult:
        try:
            response = await self._client.post(f"{self._address}{path}", content=message.encode("ascii"))
        except httpx2.HTTPError as error:
            raise ProviderUnreachable(type(error).__name__) from error
        if response.status_code == 200 and _media_type(response) == MESSAGE_CONTENT_TYPE:
            return Delivered(response.text)
        return result_of(response.status_code, _body(response))


def result_of(status: int, said: object) -> AnswerResult:
    """What a status means, with the provider's own words for it. Raises ProviderUnreachable, AgentRejected."""
    if status == 204:
        return Delivered(None)
    if status in _STOPPING:
        raise AgentRejected(_reason(status, said))
    if status in _OVER:
        return SessionOver()
    if 400 <= status < 500 and status not in (408, 429):
        return AnswerRefused(_reason(status, said))
    raise ProviderUnreachable(f"status {status}")


def _media_type(response: httpx2.Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0]


def _body(response: httpx2.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _reason(status: int, said: object) -> str:
    """The provider's own words (`error`, `error_description`), else the status."""
    if isinstance(said, dict) and isinstance(said.get("error"), str):
        return ": ".join(str(said[name]) for name in ("error", "error_description") if said.get(name))
    return f"status {status}"
