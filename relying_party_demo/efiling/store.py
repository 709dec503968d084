"""The service's own tables of filings and what was said of their papers: a SQLite file nobody else reads."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relying_party_demo.national_id.client import SignedIn

_TABLES = """
CREATE TABLE IF NOT EXISTS filing
    (id INTEGER PRIMARY KEY, sub TEXT, juristic_id TEXT, company TEXT, token TEXT, form TEXT, filed_at REAL);
CREATE TABLE IF NOT EXISTS judged
    (filing INTEGER REFERENCES filing, dataset TEXT, verdict TEXT, PRIMARY KEY (filing, dataset));
"""


@dataclass(frozen=True, slots=True, repr=False)
class Filing:
    """One company's filing by one person; `form` is "" and `filed_at` None until it is filed."""

    id: int
    juristic_id: str
    company: str
    token: Mapping[str, Any]
    form: str
    filed_at: float | None

    @property
    def number(self) -> str:
        """The number of the receipt."""
        return f"EF-{self.id:06d}"


class Store:
    """Filings by company and person: who files for two companies has two, who files again another one."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_TABLES)

    def register(self, person: SignedIn, organisation: Mapping[str, Any]) -> int:
        """Write down who signed in for which company. Returns the filing's id.

        One that was begun and not filed goes on.
        """
        who, token = (person.sub, organisation["juristic_id"]), json.dumps(dict(person.token))
        query = "SELECT id FROM filing WHERE sub = ? AND juristic_id = ? AND filed_at IS NULL"
        begun = self._db.execute(query, who).fetchone()
        if begun is None:
            row = (*who, organisation["name"], token)
            query = "INSERT INTO filing (sub, juristic_id, company, token, form) VALUES (?, ?, ?, ?, '') RETURNING id"
            return int(self._db.execute(query, row).fetchone()[0])
        self._db.execute("DELETE FROM judged WHERE filing = ?", begun)
        self._db.execute("UPDATE filing SET company = ?, token = ? WHERE id = ?", (organisation["name"], token, *begun))
        return int(begun[0])

    def filing(self, filing_id: int) -> Filing:
        """The filing with this id; it exists, for sessions are opened for registered ones."""
        query = "SELECT id, juristic_id, company, token, form, filed_at FROM filing WHERE id = ?"
        found, juristic_id, company, token, form, filed_at = self._db.execute(query, (filing_id,)).fetchone()
        return Filing(found, juristic_id, company, json.loads(token), form, filed_at)

    def keep_token(self, filing: Filing, token: Mapping[str, Any]) -> None:
        """Replace the filing's token by a renewed one: the one before is used up."""
        self._db.execute("UPDATE filing SET token = ? WHERE id = ?", (json.dumps(dict(token)), filing.id))

    def judge(self, filing: Filing, verdicts: Mapping[str, str]) -> None:
        """Write down what the public verification says of the papers, by data set."""
        rows = [(filing.id, dataset, verdict) for dataset, verdict in verdicts.items()]
        self._db.executemany("INSERT OR REPLACE INTO judged VALUES (?, ?, ?)", rows)

    def verdicts(self, filing: Filing) -> dict[str, str]:
        """What the public verification said of the papers when it was last asked."""
        return dict(self._db.execute("SELECT dataset, verdict FROM judged WHERE filing = ?", (filing.id,)).fetchall())

    def file(self, filing: Filing, form: str, *, now: float) -> None:
        """File it, once."""
        query = "UPDATE filing SET form = ?, filed_at = ? WHERE id = ? AND filed_at IS NULL"
        self._db.execute(query, (form, now, filing.id))
