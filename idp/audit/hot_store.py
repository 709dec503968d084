"""The steps by which a hot write puts its entry into the log: in the same statement as the act, or not at all."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, LargeBinary, Text

from idp.audit.model import Entry
from idp.audit.store import audit_entry, audit_pending
from idp.storage.hot.operations import Gate, Given, Insert, Step, Takes

ENTRY_TAKES: Takes = {
    "entry_id": Text(),
    "canonical": LargeBinary(),
    "leaf_hash": LargeBinary(),
    "mac": LargeBinary(),
}
"""What a hot write takes for its entry; `entry_values` gives it."""


def entry_steps(*, when: Callable[[Given], ColumnElement[bool]] | None = None) -> tuple[Step, ...]:
    """Write the entry and queue it for the sequencer. `when` makes a gate of it, for acts that write nothing else."""
    gate = None if when is None else Gate("entry_id", audit_entry.c.id)
    return (
        Insert(
            audit_entry,
            lambda given: {
                "id": given.c.entry_id,
                "canonical": given.c.canonical,
                "leaf_hash": given.c.leaf_hash,
                "mac": given.c.mac,
            },
            gate,
            when,
        ),
        Insert(audit_pending, lambda given: {"entry_id": given.c.entry_id}),
    )


def entry_values(entry: Entry) -> dict[str, str | bytes]:
    """An entry as a hot write takes it."""
    return {"entry_id": entry.id, "canonical": entry.canonical, "leaf_hash": entry.leaf_hash, "mac": entry.mac}
