"""The service's own table of filings: a SQLite file nobody else reads."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relying_party_demo.national_id.client import SignedIn
from relying_party_demo.national_id.gateway import Pulled

_TABLES = """
CREATE TABLE IF NOT EXISTS filing
    (id INTEGER PRIMARY KEY, sub TEXT, juristic_id TEXT, company TEXT, token TEXT, payload TEXT, pdf BLOB,
    UNIQUE (sub, juristic_id));
"""


@dataclass(frozen=True, slots=True, repr=False)
class Filing:
    """One company's filing by one person; `payload` and `pdf` are None until the registry's data were pulled."""

    id: int
    juristic_id: str
    company: str
    token: Mapping[str, Any]
    payload: Mapping[str, Any] | None
    pdf: bytes | None


class Store:
    """Filings by company and person: who files for two companies has two."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_TABLES)

    def register(self, person: SignedIn, organisation: Mapping[str, Any]) -> int:
        """Write down who signed in for which company. Returns the filing's id."""
        (filing_id,) = self._db.execute(
            "INSERT INTO filing (sub, juristic_id, company, token) VALUES (?, ?, ?, ?) ON CONFLICT (sub, juristic_id) "
            "DO UPDATE SET company = excluded.company, token = excluded.token RETURNING id",
            (person.sub, organisation["juristic_id"], organisation["name"], json.dumps(dict(person.token))),
        ).fetchone()
        return int(filing_id)

    def filing(self, filing_id: int) -> Filing:
        """The filing with this id; it exists, for sessions are opened for registered ones."""
        query = "SELECT id, juristic_id, company, token, payload, pdf FROM filing WHERE id = ?"
        found, juristic_id, company, token, payload, pdf = self._db.execute(query, (filing_id,)).fetchone()
        return Filing(found, juristic_id, company, json.loads(token), payload and json.loads(payload), pdf)

    def keep_token(self, filing: Filing, token: Mapping[str, Any]) -> None:
        """Replace the filing's token by a renewed one: the one before is used up."""
        self._db.execute("UPDATE filing SET token = ? WHERE id = ?", (json.dumps(dict(token)), filing.id))

    def keep(self, filing: Filing, pulled: Pulled) -> None:
        """Put the registry's data beside the filing."""
        self._db.execute(
            "UPDATE filing SET payload = ?, pdf = ? WHERE id = ?",
            (json.dumps(dict(pulled.payload), ensure_ascii=False), pulled.pdf, filing.id),
        )
