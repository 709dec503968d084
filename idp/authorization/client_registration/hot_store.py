"""The hot operations of clients: who is answered, as the store has it now, and what such a client gets by itself."""

from typing import Any

from sqlalchemy import Select, Text, exists, select

from idp.audit.hot_store import ENTRY_TAKES, entry_steps
from idp.authorization.client_registration.store import client, live_client
from idp.storage.hot.operations import Read, Rows, Takes, Write
from idp.storage.metadata import Instant

_BY_ID: Takes = {"client_id": Text(), "now": Instant()}


def _live(rows: Rows) -> Select[Any]:
    return select(client).join(rows, client.c.id == rows.c.client_id).where(live_client(rows.c.now))


LIVE_CLIENT = Read("live_client", _BY_ID, _live)
"""The client while it is answered."""

NOTE_OF_CLIENT = Write(
    "note_of_client",
    {**_BY_ID, **ENTRY_TAKES},
    entry_steps(when=lambda given: exists().where(client.c.id == given.c.client_id, live_client(given.c.now))),
)
"""An entry about what a client gets on its own authority. Gate: the client is answered."""
