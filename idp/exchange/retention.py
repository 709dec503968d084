"""What a counter or a paper leaves behind, and how long it stays: by worker, in batches, safe on any node.

What an access report needs stays as long as the disclosure it belongs to: the station and the officer of a card
session, whether it was by number, and the keyed digest by which the person finds it. The disclosure has its case under
the person's own key; the copies beside it go. Rules: Personal Data Protection Act B.E. 2562, section 37 (3); the
periods and their laws stand in `idp.settings`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Table, delete, select, update

from idp.exchange.bases.store import basis_evidence, forget_evidence
from idp.exchange.counter.person_store import counter_person
from idp.exchange.counter.store import citizen_ref, counter_session
from idp.exchange.document.store import forget_printed_values
from idp.exchange.photo.store import forget_requests
from idp.exchange.pull.store import disclosure
from idp.exchange.waiting.store import forget_over
from idp.storage.storage import Storage, UnitOfWork

BATCH: Final = 500
MOST_BATCHES: Final = 20
"""One run leaves the store to others after this many; the next one goes on."""

COPIES: Final[dict[str, dict[str, Any]]] = {
    counter_session.name: {"sealed_case": None, "card_verdict": None, "card_session_id": None},
    citizen_ref.name: {"sealed_case": None, "sealed_number": None},
}
"""What goes from a row that a disclosure names; the slip can be had until then."""


@dataclass(frozen=True, slots=True)
class KeptFor:
    """How long: `openings` that nothing came of and the copies in those that something did, `grounds` that were stated,
    `pulls` that are over, `printed_values` by which a paper can be compared.
    """

    openings: timedelta
    grounds: timedelta
    pulls: timedelta
    printed_values: timedelta


class Retention:
    """Opens a unit of work for each batch: nobody waits for a long one."""

    def __init__(self, *, storage: Storage, kept_for: KeptFor) -> None:
        self._storage = storage
        self._kept_for = kept_for

    async def run(self) -> int:
        """Forget what is due; gives how many rows were dropped or emptied."""
        kept_for = self._kept_for
        steps: tuple[Callable[[UnitOfWork], Awaitable[int]], ...] = (
            *(
                partial(_forget_openings, table=table, age=kept_for.openings)
                for table in (counter_session, citizen_ref)
            ),
            lambda uow: forget_requests(uow, before=uow.now - kept_for.openings, limit=BATCH),
            lambda uow: forget_evidence(uow, before=uow.now - kept_for.grounds, limit=BATCH),
            lambda uow: forget_over(uow, before=uow.now - kept_for.pulls, limit=BATCH),
            lambda uow: forget_printed_values(uow, before=uow.now - kept_for.printed_values, limit=BATCH),
        )
        return sum([await self._all_of(step) for step in steps])

    async def _all_of(self, step: Callable[[UnitOfWork], Awaitable[int]]) -> int:
        done = 0
        for _ in range(MOST_BATCHES):
            async with self._storage.unit_of_work() as uow:
                batch = await step(uow)
            done += batch
            if batch < BATCH:
                break
        return done


async def _forget_openings(uow: UnitOfWork, *, table: Table, age: timedelta) -> int:
    """Drop card sessions or handles of which nothing came, with the ground stated for them and whom they were about;
    empty those that a disclosure names. Each row is met once: an emptied one has no case any more.
    """
    due = select(table.c.id).where(table.c.expires_at <= uow.now - age, table.c.sealed_case.is_not(None))
    ids = [row.id for row in await uow.all(due.order_by(table.c.expires_at).limit(BATCH))]
    named = select(disclosure.c.counter_id).where(disclosure.c.counter_id.in_(ids)).distinct()
    used = {row.counter_id for row in await uow.all(named)}
    unused = [one for one in ids if one not in used]
    for beside in (basis_evidence, counter_person):
        await uow.execute(delete(beside).where(beside.c.anchor.in_(unused)))
    await uow.execute(delete(table).where(table.c.id.in_(unused)))
    await uow.execute(update(table).where(table.c.id.in_(used)).values(COPIES[table.name]))
    return len(ids)
