"""The service's own table of monthly reports, and of whose consent stands: a SQLite file nobody else reads."""

import sqlite3
from typing import Final

from relying_party_demo.national_id.events import Event
from relying_party_demo.people import Person

WITHDRAWN: Final = "urn:tuaton:event-type:consent-withdrawn"
"""The one type of event that this service acts on."""

_TABLES = """
CREATE TABLE IF NOT EXISTS report (applicant INTEGER PRIMARY KEY REFERENCES person, form TEXT, reported_at REAL);
CREATE TABLE IF NOT EXISTS standing (sub TEXT PRIMARY KEY, given_at INTEGER, ended_at INTEGER);
"""


def case_of(applicant: Person) -> str:
    """The application number printed on papers."""
    return f"JS-{applicant.id:06d}"


class Store:
    """Reports and consents of applicants, who are the people that signed in."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_TABLES)

    def note_consent(self, applicant: Person, *, now: float) -> None:
        """Somebody came with a consent of their own; what a proxy brings is not."""
        if not applicant.by_proxy:
            self._db.execute(
                "INSERT INTO standing (sub, given_at) VALUES (?, ?) "
                "ON CONFLICT (sub) DO UPDATE SET given_at = excluded.given_at",
                (applicant.sub, int(now)),
            )

    def note_withdrawal(self, event: Event) -> None:
        """Somebody took a consent back; heard of twice it is the same."""
        if event.type == WITHDRAWN:
            query = "UPDATE standing SET ended_at = max(coalesce(ended_at, 0), ?) WHERE sub = ?"
            self._db.execute(query, (event.at, event.sub))

    def withdrawn_at(self, applicant: Person) -> int | None:
        """When the applicant took the consent back that they last came with; None while it stands.

        A proxy is not told what the principal took back: the event does not say which of the two had given it.
        """
        if applicant.by_proxy:
            return None
        query = "SELECT ended_at FROM standing WHERE sub = ? AND ended_at >= given_at"
        row = self._db.execute(query, (applicant.sub,)).fetchone()
        return row and int(row[0])

    def begin_report(self, applicant: Person, form: str) -> bool:
        """Take this form for a report; False when it was taken before: a button pressed twice is one report."""
        query = (
            "INSERT INTO report (applicant, form) VALUES (?, ?) "
            "ON CONFLICT (applicant) DO UPDATE SET form = excluded.form WHERE form <> excluded.form"
        )
        return self._db.execute(query, (applicant.id, form)).rowcount == 1

    def note_report(self, applicant: Person, *, now: float) -> None:
        """A monthly report was made."""
        self._db.execute("UPDATE report SET reported_at = ? WHERE applicant = ?", (now, applicant.id))

    def reported_at(self, applicant: Person) -> float | None:
        """When the last monthly report was made; None before the first."""
        query = "SELECT reported_at FROM report WHERE applicant = ? AND reported_at IS NOT NULL"
        row = self._db.execute(query, (applicant.id,)).fetchone()
        return None if row is None else float(row[0])
