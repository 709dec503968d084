"""One question to DBD and the provenance of its answer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from connectors.contracts.errors import RegistryOutcome, RegistryRefused
from connectors.contracts.registry import Provenance
from connectors.dbd.account import DbdAccount
from connectors.dbd.services import DbdService
from connectors.gdx.fields import Fields
from connectors.gdx.session import GdxSession

_UNAUTHORIZED: Final = "401"


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
        try:
            answer = await self._session.ask(
                service.question(about, more or {}, headers),
                deadline_seconds=deadline_seconds,
                idempotency_key=idempotency_key,
            )
        except RegistryRefused as refused:
            if refused.wire_code != _UNAUTHORIZED:
                raise
            # no officer signs in here: what a new token does not mend is the account (RFC 7617, section 2)
            raise RegistryRefused(
                "the account is not accepted", wire_code=_UNAUTHORIZED, outcome=RegistryOutcome.ACCOUNT_REFUSED
            ) from None
        owner = service.code.partition("-")[0]
        return answer, Provenance(owner, service.code, self._clock())
