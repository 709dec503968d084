"""The face-comparison service as a client sees it."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

import httpx2
import msgspec

from connectors.contracts.errors import RegistryUnavailable
from connectors.contracts.face import FaceNotFound, FaceScore
from connectors.gdx.breaker import Breaker
from connectors.gdx.exchange import WireAnswer, exchange, within

PATH: Final = "/face/compare"
NO_FACE: Final = 422


class ComparisonAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The question: both pictures (JPEG) in base64."""

    reference: str
    live: str


class ComparisonAnswered(msgspec.Struct):
    """The answer; `engine` names what compared."""

    similarity: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    live: bool
    engine: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class FaceComparisonClient:
    """Asks a face-comparison service; implements FaceComparison."""

    def __init__(
        self,
        *,
        base_url: str,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        deadline_seconds: float = 5.0,
    ) -> None:
        self._url = base_url.rstrip("/") + PATH
        self._http = http
        self._clock = clock
        self._deadline_seconds = deadline_seconds
        self._breaker = Breaker(clock=clock)

    async def compare(self, *, reference_jpeg: bytes, live_jpeg: bytes) -> FaceScore:
        """How alike both faces are. Raises FaceNotFound, RegistryUnavailable."""
        asked = ComparisonAsked(
            reference=base64.b64encode(reference_jpeg).decode(), live=base64.b64encode(live_jpeg).decode()
        )
        request = self._http.build_request(
            "POST", self._url, content=msgspec.json.encode(asked), headers={"Content-Type": "application/json"}
        )
        with self._breaker.attempt(seconds=self._deadline_seconds):
            async with within(self._deadline_seconds):
                answer = await exchange(self._http, request)
            return self._score(answer)

    def _score(self, answer: WireAnswer) -> FaceScore:
        if answer.status == NO_FACE:
            raise FaceNotFound("one of the pictures shows no face")
        if answer.status != 200:
            raise RegistryUnavailable("the face-comparison service gave no answer", wire_code=str(answer.status))
        try:
            said = msgspec.json.decode(answer.body, type=ComparisonAnswered)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RegistryUnavailable("the face-comparison answer cannot be read") from None
        return FaceScore(said.similarity, said.live, said.engine, self._clock())
