"""What the gateway released, in an agency's own SQLite file: data, sealed papers, and what is accepted for later."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relying_party_demo.national_id.gateway import Pulled, Waiting

_TABLES = """
CREATE TABLE IF NOT EXISTS release
    (owner INTEGER, name TEXT, payload TEXT, previous TEXT, pdf BLOB, password TEXT, PRIMARY KEY (owner, name));
CREATE TABLE IF NOT EXISTS awaited
    (owner INTEGER, name TEXT, address TEXT, words TEXT, deadline TEXT, PRIMARY KEY (owner, name));
"""


@dataclass(frozen=True, slots=True, repr=False)
class Release:
    """A data set as last pulled; `changed` holds the fields that differ, each as it was before, None the first time."""

    payload: Mapping[str, Any]
    pdf: bytes
    password: str | None
    changed: Mapping[str, Any] | None


class Releases:
    """Releases by name, beside the row (`owner`) of the agency's own table to which they belong."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_TABLES)

    def keep(self, owner: int, name: str, outcome: Pulled | Waiting) -> None:
        """Put down a release, or that it waits; the one before stays, to tell what changed."""
        self.stop_waiting(owner, name)
        if isinstance(outcome, Waiting):
            words = json.dumps(dict(outcome.words), ensure_ascii=False)
            row = (owner, name, outcome.address, words, outcome.deadline)
            self._db.execute("INSERT INTO awaited VALUES (?, ?, ?, ?, ?)", row)
            return
        self._db.execute(
            "INSERT INTO release VALUES (?, ?, ?, NULL, ?, ?) ON CONFLICT (owner, name) DO UPDATE SET "
            "previous = payload, payload = excluded.payload, pdf = excluded.pdf, password = excluded.password",
            (owner, name, json.dumps(dict(outcome.payload), ensure_ascii=False), outcome.pdf, outcome.password),
        )

    def all(self, owner: int) -> dict[str, Release]:
        """What was released for this row, by name."""
        query = "SELECT name, payload, previous, pdf, password FROM release WHERE owner = ? ORDER BY name"
        found: dict[str, Release] = {}
        for name, text, before, pdf, password in self._db.execute(query, (owner,)):
            payload = json.loads(text)
            found[name] = Release(payload, pdf, password, _changed(payload, before and json.loads(before)))
        return found

    def waiting(self, owner: int) -> dict[str, Waiting]:
        """What the gateway accepted for later, by name."""
        query = "SELECT name, address, words, deadline FROM awaited WHERE owner = ?"
        found = self._db.execute(query, (owner,))
        return {name: Waiting(address, json.loads(words), deadline) for name, address, words, deadline in found}

    def stop_waiting(self, owner: int, name: str) -> None:
        """It came, or it came to nothing."""
        self._db.execute("DELETE FROM awaited WHERE owner = ? AND name = ?", (owner, name))

    def drop(self, owner: int) -> None:
        """Throw everything of this row away."""
        self._db.execute("DELETE FROM release WHERE owner = ?", (owner,))


def _changed(payload: Mapping[str, Any], previous: Mapping[str, Any] | None) -> dict[str, Any] | None:
    # another subject (the employer changed) is not a change of the same data
    if previous is None or payload.get("subject") != previous.get("subject"):
        return None
    now, before = payload["fields"], previous["fields"]
    return {name: before.get(name) for name in now if now[name] != before.get(name)}
