"""The service's own table of applicants: a SQLite file nobody else reads."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relying_party_demo.national_id.client import SignedIn
from relying_party_demo.national_id.events import Event
from relying_party_demo.national_id.gateway import Pulled

WITHDRAWN: Final = "urn:tuaton:event-type:consent-withdrawn"
"""The one type of event that this service acts on."""

_TABLES = """
CREATE TABLE IF NOT EXISTS applicant
    (id INTEGER PRIMARY KEY, sub TEXT, actor TEXT, acr TEXT, ial TEXT, aal TEXT, token TEXT, UNIQUE (sub, actor));
CREATE TABLE IF NOT EXISTS record
    (applicant INTEGER REFERENCES applicant, name TEXT, payload TEXT, previous TEXT, pdf BLOB, password TEXT,
    PRIMARY KEY (applicant, name));
CREATE TABLE IF NOT EXISTS standing (sub TEXT PRIMARY KEY, given_at INTEGER, ended_at INTEGER);
"""


@dataclass(frozen=True, slots=True, repr=False)
class Applicant:
    """Somebody who signed in; `token` reaches what they agreed to. `by_proxy`: another person acts for them here."""

    id: int
    by_proxy: bool
    acr: str
    ial: str
    aal: str
    token: Mapping[str, Any]

    @property
    def case(self) -> str:
        """The application number printed on papers."""
        return f"JS-{self.id:06d}"


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """A data set as last pulled; `changed` names the fields that differ from the time before, None the first time."""

    payload: Mapping[str, Any]
    pdf: bytes
    password: str | None
    changed: tuple[str, ...] | None


class Store:
    """Applicants and what was released about them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_TABLES)

    def register(self, person: SignedIn, *, now: float) -> int:
        """Write down who signed in; the same person is the same applicant. Returns the applicant's id.

        What a proxy brings is an application of its own: a power of attorney shows nothing that the principal gave.
        """
        (applicant_id,) = self._db.execute(
            "INSERT INTO applicant (sub, actor, acr, ial, aal, token) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (sub, actor) DO UPDATE "
            "SET acr = excluded.acr, ial = excluded.ial, aal = excluded.aal, token = excluded.token RETURNING id",
            (person.sub, person.actor or "", person.acr, person.ial, person.aal, json.dumps(dict(person.token))),
        ).fetchone()
        if person.actor is None:
            self._db.execute(
                "INSERT INTO standing (sub, given_at) VALUES (?, ?) "
                "ON CONFLICT (sub) DO UPDATE SET given_at = excluded.given_at",
                (person.sub, int(now)),
            )
        return int(applicant_id)

    def note_withdrawal(self, event: Event) -> None:
        """Somebody took a consent back; heard of twice it is the same."""
        if event.type == WITHDRAWN:
            query = "UPDATE standing SET ended_at = max(coalesce(ended_at, 0), ?) WHERE sub = ?"
            self._db.execute(query, (event.at, event.sub))

    def withdrawn_at(self, applicant: Applicant) -> int | None:
        """When the applicant took the consent back that they last came with; None while it stands.

        A proxy is not told what the principal took back: the event does not say which of the two had given it.
        """
        query = (
            "SELECT ended_at FROM standing JOIN applicant USING (sub) "
            "WHERE applicant.id = ? AND actor = '' AND ended_at >= given_at"
        )
        row = self._db.execute(query, (applicant.id,)).fetchone()
        return None if row is None else int(row[0])

    def applicant(self, applicant_id: int) -> Applicant:
        """The applicant with this id; it exists, for sessions are opened for registered applicants."""
        query = "SELECT id, actor, acr, ial, aal, token FROM applicant WHERE id = ?"
        found, actor, acr, ial, aal, token = self._db.execute(query, (applicant_id,)).fetchone()
        return Applicant(found, bool(actor), acr, ial, aal, json.loads(token))

    def keep_token(self, applicant: Applicant, token: Mapping[str, Any]) -> None:
        """Replace the applicant's token by a renewed one."""
        self._db.execute("UPDATE applicant SET token = ? WHERE id = ?", (json.dumps(dict(token)), applicant.id))

    def keep_record(self, applicant: Applicant, name: str, pulled: Pulled) -> None:
        """Put a release beside the applicant; the one before stays as `previous`, to tell what changed."""
        self._db.execute(
            "INSERT INTO record VALUES (?, ?, ?, NULL, ?, ?) ON CONFLICT (applicant, name) DO UPDATE SET "
            "previous = payload, payload = excluded.payload, pdf = excluded.pdf, password = excluded.password",
            (applicant.id, name, json.dumps(dict(pulled.payload), ensure_ascii=False), pulled.pdf, pulled.password),
        )

    def record(self, applicant: Applicant, name: str) -> Record | None:
        """What is kept of the applicant under this name."""
        query = "SELECT payload, previous, pdf, password FROM record WHERE applicant = ? AND name = ?"
        row = self._db.execute(query, (applicant.id, name)).fetchone()
        if row is None:
            return None
        payload, previous, pdf, password = row
        payload, previous = json.loads(payload), previous and json.loads(previous)
        return Record(payload=payload, pdf=pdf, password=password, changed=_changed(payload, previous))


def _changed(payload: Mapping[str, Any], previous: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    # another subject (the employer changed) is not a change of the same data
    if previous is None or payload.get("subject") != previous.get("subject"):
        return None
    now, before = payload["fields"], previous["fields"]
    return tuple(name for name in now if now[name] != before.get(name))
