"""Clients as the store confirmed them at most two seconds ago: for what is judged before the statement that mints.

That statement looks at the client again (`live_client`), so that nothing is minted for one that has ended (nevers, 11).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.authorization.client_registration.hot_store import LIVE_CLIENT
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.store import client_of
from idp.kernel.ids import ClientId
from idp.storage.storage import Storage

CONFIRMED_FOR = timedelta(seconds=2)
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """A client, the row it was made of, and when the store gave that row."""

    client: Client
    row: Any
    at: datetime


class KnownClients:
    """The clients of this process. Nothing is remembered of names that are no client's."""

    def __init__(self) -> None:
        self._remembered: dict[str, _Confirmed] = {}

    async def live(self, storage: Storage, client_id: ClientId, *, now: datetime) -> Client | None:
        """The client while it is answered. Raises Unavailable when the store does not confirm it."""
        remembered = self._remembered.get(client_id)
        if remembered is not None and abs(now - remembered.at) < CONFIRMED_FOR:
            return remembered.client
        return await self.live_now(storage, client_id, now=now)

    async def live_now(self, storage: Storage, client_id: ClientId, *, now: datetime) -> Client | None:
        """As `live`, by a look at the store: where no statement that gives something looks at this client."""
        remembered = self._remembered.get(client_id)
        row = await storage.hot.first(LIVE_CLIENT, client_id=client_id, now=now)
        if row is None:
            self._remembered.pop(client_id, None)
            return None
        # the same row is the same client, with what was derived from it
        client = remembered.client if remembered is not None and remembered.row == row else client_of(row)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[client_id] = _Confirmed(client, row, now)
        return client

    def forget(self, client_id: ClientId) -> None:
        """The client was changed here: the next look is at the store."""
        self._remembered.pop(client_id, None)
