"""Sign-ins under way and sessions, in the agency's own SQLite file. A browser is known by a digest of its cookie."""

import secrets
import sqlite3
from hashlib import sha256

from relying_party_demo.national_id.client import Attempt

ATTEMPT_SECONDS = 600
SESSION_SECONDS = 3600

_TABLES = """
CREATE TABLE IF NOT EXISTS attempt (state TEXT PRIMARY KEY, browser TEXT, nonce TEXT, code_verifier TEXT, until REAL);
CREATE TABLE IF NOT EXISTS session (browser TEXT PRIMARY KEY, person INTEGER, until REAL);
"""


class SignIns:
    """Who is signing in and who is signed in. Times are seconds since the epoch."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_TABLES)

    def keep_attempt(self, attempt: Attempt, *, now: float) -> str:
        """Remember a sign-in under way; returns the cookie value of the one browser that may finish it."""
        self._db.execute("DELETE FROM attempt WHERE until < ?", (now,))
        cookie = secrets.token_urlsafe(32)
        row = (attempt.state, _digest(cookie), attempt.nonce, attempt.code_verifier, now + ATTEMPT_SECONDS)
        self._db.execute("INSERT INTO attempt VALUES (?, ?, ?, ?, ?)", row)
        return cookie

    def take_attempt(self, state: str, *, cookie: str, now: float) -> Attempt | None:
        """The attempt an answer belongs to, once; None for another browser's, an old or an unknown one."""
        taken = self._db.execute(
            "DELETE FROM attempt WHERE state = ? AND browser = ? AND until >= ? RETURNING state, nonce, code_verifier",
            (state, _digest(cookie), now),
        ).fetchone()
        return taken and Attempt(*taken)

    def start(self, person: int, *, now: float) -> str:
        """Open a session for a row of the agency's own table; returns the cookie value."""
        cookie = secrets.token_urlsafe(32)
        self._db.execute("INSERT INTO session VALUES (?, ?, ?)", (_digest(cookie), person, now + SESSION_SECONDS))
        return cookie

    def person(self, cookie: str, *, now: float) -> int | None:
        """Whose session this cookie opens."""
        query = "SELECT person FROM session WHERE browser = ? AND until >= ?"
        found = self._db.execute(query, (_digest(cookie), now)).fetchone()
        return found and int(found[0])

    def end(self, cookie: str) -> None:
        """End this browser's session."""
        self._db.execute("DELETE FROM session WHERE browser = ?", (_digest(cookie),))


def _digest(cookie: str) -> str:
    return sha256(cookie.encode()).hexdigest()
