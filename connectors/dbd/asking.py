"""One question to DBD and the provenance of its answer."""

from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.contracts.registry import Provenance
from connectors.dbd.account import DbdAccount
from connectors.dbd.services import DbdService
from connectors.gdx.fields import Fields
from connectors.gdx.session import GdxSession


class Dbd:
    """Asks DBD under an agency's account, where it has one; the clients of one registry share its session."""

    def __init__(
        self, *, session: GdxSession, clock: Callable[[], datetime], account: DbdAccount | None = None
    ) -> None:
        self._session = session
        self._clock = clock
        self._account = account

    async def ask(
        self,
        service: DbdService,
        about: str,
        *,
        deadline_seconds: float,
        idempotency_key: str | None,
        more: Mapping[str, str] | None = None,
    ) -> tuple[Fields, Provenance]:
        """The answer as it came, and which service gave it when. Raises as GdxSession does."""
        headers = self._account.headers() if self._account is not None else {}
        answer = await self._session.ask(
            service.question(about, more or {}, headers),
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        owner = service.code.partition("-")[0]
        return answer, Provenance(owner, service.code, self._clock())
