"""Who signed in, in an agency's own SQLite file: the person as the provider names them here, and their token."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relying_party_demo.national_id.client import NationalId, SignedIn

_TABLE = """
CREATE TABLE IF NOT EXISTS person
    (id INTEGER PRIMARY KEY, sub TEXT, actor TEXT, acr TEXT, ial TEXT, aal TEXT, token TEXT, UNIQUE (sub, actor));
"""


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Somebody who signed in; `token` reaches what they agreed to. `by_proxy`: another person acts for them here."""

    id: int
    sub: str
    by_proxy: bool
    acr: str
    ial: str
    aal: str
    token: Mapping[str, Any]


class People:
    """Everybody who signed in; the same person is the same row.

    Whoever comes as a proxy is a row of its own: a power of attorney shows nothing that the principal gave.
    """

    def __init__(self, db: sqlite3.Connection, national_id: NationalId) -> None:
        self._db = db
        self._national_id = national_id
        db.executescript(_TABLE)

    def register(self, who: SignedIn) -> Person:
        """Write down who signed in."""
        (person_id,) = self._db.execute(
            "INSERT INTO person (sub, actor, acr, ial, aal, token) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (sub, actor) DO UPDATE "
            "SET acr = excluded.acr, ial = excluded.ial, aal = excluded.aal, token = excluded.token RETURNING id",
            (who.sub, who.actor or "", who.acr, who.ial, who.aal, json.dumps(dict(who.token))),
        ).fetchone()
        return self.person(int(person_id))

    def person(self, person_id: int) -> Person:
        """The person with this id; it exists, for sessions are opened for registered ones."""
        query = "SELECT id, sub, actor, acr, ial, aal, token FROM person WHERE id = ?"
        found, sub, actor, acr, ial, aal, token = self._db.execute(query, (person_id,)).fetchone()
        return Person(found, sub, bool(actor), acr, ial, aal, json.loads(token))

    async def access_token(self, person: Person) -> str:
        """What opens the gateway for this person: the token they came with, or the one that its renewal brings."""
        token = await self._national_id.fresh(person.token)
        # a refresh token is used up: the renewed one takes its place before anything is done with it
        self._db.execute("UPDATE person SET token = ? WHERE id = ?", (json.dumps(dict(token)), person.id))
        return str(token["access_token"])
