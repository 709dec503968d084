"""One question to DOPA and the provenance of its answer."""

from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.contracts.registry import Provenance
from connectors.dopa.ikno_services import IKNO_SERVICES
from connectors.gdx.fields import Fields
from connectors.gdx.session import GdxSession


class Ikno:
    """Asks the Person API by the code of the service; the clients of one registry share its session."""

    def __init__(self, *, session: GdxSession, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    async def ask(
        self, code: str, parameters: Mapping[str, str], *, deadline_seconds: float, idempotency_key: str | None
    ) -> tuple[Fields, Provenance]:
        """The answer as it came, and which service gave it when. Raises as GdxSession does."""
        answer = await self._session.ask(
            IKNO_SERVICES[code].question(parameters),
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        return answer, Provenance("DOPA", code, self._clock())
