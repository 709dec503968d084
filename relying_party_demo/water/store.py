"""The waterworks' own table: a SQLite file nobody else reads. It holds what a new meter needs, and nobody's number."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

_TABLES = """
CREATE TABLE IF NOT EXISTS request
    (id INTEGER PRIMARY KEY, officer INTEGER REFERENCES person, form TEXT, station TEXT, proxy_paper TEXT,
    opened_at REAL, session TEXT DEFAULT '', kept TEXT, closed_at REAL, UNIQUE (officer, form));
"""


@dataclass(frozen=True, slots=True, repr=False)
class MeterRequest:
    """One request for a meter. `session` is the card session of the visit; `kept` what was saved, None before.

    `proxy_paper` names the power of attorney under which somebody else came; "" when the person came.
    """

    id: int
    station: str
    proxy_paper: str
    opened_at: float
    session: str
    kept: Mapping[str, str] | None
    closed_at: float | None

    @property
    def case(self) -> str:
        """The number on papers and in the log of who saw the data."""
        return f"WM-{self.id:06d}"

    @property
    def state(self) -> str:
        """How it stands: `open`, `saved` or `ended`."""
        return "saved" if self.kept is not None else "open" if self.closed_at is None else "ended"


class Store:
    """Requests by the officer who took them, named by the row of `People`; a request is its officer's alone."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_TABLES)

    def begin(self, officer: int, *, form: str, station: str, proxy_paper: str, now: float) -> MeterRequest:
        """A new request, or the one that the same form made before."""
        self._db.execute(
            "INSERT INTO request (officer, form, station, proxy_paper, opened_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (officer, form) DO NOTHING",
            (officer, form, station, proxy_paper, now),
        )
        return self._find("form = ? AND officer = ?", form, officer)[0]

    def attach(self, request: MeterRequest, session: str) -> None:
        """The card session in which this request is filled in."""
        self._db.execute("UPDATE request SET session = ? WHERE id = ?", (session, request.id))

    def drop(self, request: MeterRequest) -> None:
        """Forget a request for which no card session was opened."""
        self._db.execute("DELETE FROM request WHERE id = ? AND session = ''", (request.id,))

    def close(self, request: MeterRequest, kept: Mapping[str, str] | None, *, now: float) -> None:
        """Keep the form, or None when the visit ended without one; what was closed before stays as it is."""
        text = None if kept is None else json.dumps(dict(kept), ensure_ascii=False)
        query = "UPDATE request SET kept = ?, closed_at = ? WHERE id = ? AND closed_at IS NULL"
        self._db.execute(query, (text, now, request.id))

    def request(self, officer: int, request_id: int) -> MeterRequest | None:
        """One of this officer's requests; None for anybody else's."""
        return next(iter(self._find("id = ? AND officer = ?", request_id, officer)), None)

    def requests(self, officer: int, *, at_most: int) -> list[MeterRequest]:
        """This officer's requests, the newest first."""
        return self._find("officer = ? ORDER BY id DESC LIMIT ?", officer, at_most)

    def _find(self, condition: str, *values: object) -> list[MeterRequest]:
        columns = "id, station, proxy_paper, opened_at, session, kept, closed_at"
        # both are texts of this module
        found = self._db.execute(f"SELECT {columns} FROM request WHERE {condition}", values)  # noqa: S608
        return [
            MeterRequest(number, station, paper, opened_at, session, kept and json.loads(kept), closed_at)
            for number, station, paper, opened_at, session, kept, closed_at in found
        ]
