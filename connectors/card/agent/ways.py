"""Both ways to the provider: the open line where the network lets it through, else the long poll."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from connectors.card.agent.mail import AnswerResult, ProviderMail, ProviderUnreachable
from connectors.card.agent.socket_mail import LineBlocked, SocketMail

FIRST_REST_SECONDS: Final = 60.0
LONGEST_REST_SECONDS: Final = 600.0
"""How long no line is tried after one was blocked: a minute, then twice as long each time."""


class Mail(Protocol):
    """The way to the provider, whichever it is."""

    async def poll(self, hello: str) -> str | None:
        """Ask for work; a signed card request, or None. Raises ProviderUnreachable, AgentRejected."""

    async def answer(self, message: str) -> AnswerResult:
        """Hand over the answer of a card session. Raises ProviderUnreachable, AgentRejected."""

    async def progress(self, message: str) -> None:
        """Say how far a read has come. Raises ProviderUnreachable, AgentRejected."""

    async def issuer_keys(self, hello: str) -> str:
        """The provider's statement of its present keys. Raises ProviderUnreachable, AgentRejected."""


class EitherWay:
    """Mail over the line while there is one. `clock` gives seconds that never go back."""

    def __init__(self, *, line: SocketMail, posts: ProviderMail, clock: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._posts = posts
        self._clock = clock
        self._rest = 0.0
        self._not_before = 0.0

    async def __aenter__(self) -> Self:
        await self._posts.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._line.close()
        await self._posts.__aexit__(kind, error, traceback)

    async def poll(self, hello: str) -> str | None:
        """Over the line; where none can be opened, by post, and after a while the line is tried again."""
        if self._line.is_open or self._clock() >= self._not_before:
            try:
                request = await self._line.poll(hello)
            except LineBlocked:
                self._rest = min(max(FIRST_REST_SECONDS, self._rest * 2), LONGEST_REST_SECONDS)
                self._not_before = self._clock() + self._rest
            else:
                self._rest = 0.0
                return request
        try:
            return await self._posts.poll(hello)
        except ProviderUnreachable:
            # nothing is known of the line while nobody answers at all
            self._rest = self._not_before = 0.0
            raise

    async def answer(self, message: str) -> AnswerResult:
        """Over the line if there is one."""
        try:
            return await self._line.answer(message)
        except LineBlocked:
            return await self._posts.answer(message)

    async def progress(self, message: str) -> None:
        """Over the line if there is one."""
        try:
            await self._line.progress(message)
        except LineBlocked:
            await self._posts.progress(message)

    async def issuer_keys(self, hello: str) -> str:
        """By post: it is asked for once in months."""
        return await self._posts.issuer_keys(hello)
