"""What became of a program's last requests, for the administrators of its agency: why one failed, in its own words.

No audit and no security log, which are written beside it: a diary that helps to mend a program. It costs a request no
write: each process counts in memory, like outcomes of one minute together, and writes what it counted once a second;
what a process had not written when it died is lost. Nobody can fill it: of one program so many outcomes a minute are
kept, and rows go after a week. There is nobody in it, and nothing that the program sent.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Row, Table, Text, delete, select, text

from idp.authorization.client_registration.store import client
from idp.kernel.clock import Clock
from idp.kernel.ids import AgencyId, ClientId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import Storage, UnitOfWork

KEPT_FOR: Final = timedelta(days=7)
MOST_OF_A_CLIENT: Final = 20
"""Different outcomes of one program in one minute, on one node."""
MOST_AT_ONCE: Final = 5_000
"""Different outcomes that a process remembers until it writes them."""
LONGEST: Final = 200
"""Characters of a reason; ours are shorter."""

_FAILED: Final = text("error <> ''")

client_request = Table(
    "client_request",
    metadata,
    Column("client_id", Text, nullable=False),
    # its agency then: an agency's list is one stretch of an index, however many programs it has
    Column("agency_id", Text, nullable=False),
    Column("minute", Instant, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("correlation_id", Text, nullable=False),
    PrimaryKeyConstraint("client_id", "minute", "endpoint", "error", "reason"),
    # by the minute, which stays: counting on changes no index
    Index("ix_client_request_minute", "minute"),
    Index("ix_client_request_agency_id", "agency_id", "minute"),
    Index("ix_client_request_failed", "agency_id", "minute", sqlite_where=_FAILED, postgresql_where=_FAILED),
)


class Outcome(NamedTuple):
    """What became of a request at an endpoint: `error` is a code, empty where all was well, `reason` our own ASCII."""

    endpoint: str
    error: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SeenRequests:
    """Like requests of one program in one minute; `correlation_id` is the last one's."""

    client_id: ClientId
    outcome: Outcome
    times: int
    last_at: datetime
    correlation_id: str


class RequestLog:
    """Counts in memory what `write` puts into the store."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._times: Counter[tuple[str, int, Outcome]] = Counter()
        self._last: dict[tuple[str, int, Outcome], tuple[datetime, str]] = {}
        self._different: Counter[tuple[str, int]] = Counter()

    def note(self, client_id: str, outcome: Outcome, *, correlation_id: str) -> None:
        """A request that names this program was answered; who sent it may have proven nothing."""
        now = self._clock.now()
        minute = int(now.timestamp()) // 60
        key = (client_id, minute, outcome)
        if key not in self._times:
            if len(self._times) >= MOST_AT_ONCE or self._different[client_id, minute] >= MOST_OF_A_CLIENT:
                return
            self._different[client_id, minute] += 1
        self._times[key] += 1
        self._last[key] = (now, correlation_id)

    async def write(self, storage: Storage) -> None:
        """Put what was counted since the last time into the store; made-up programs are left out."""
        if not self._times:
            return
        times, last = self._times, self._last
        self._times, self._last = Counter(), {}
        present = int(self._clock.now().timestamp()) // 60
        different, self._different = self._different, Counter()
        async with storage.unit_of_work() as uow:
            known = await _agencies(uow, {client_id for client_id, _, _ in times} | {name for name, _ in different})
            # what was different in the minute under way counts on; made-up names are not remembered
            self._different.update({key: n for key, n in different.items() if key[1] >= present and key[0] in known})
            # in one order on every node: two that write at once do not wait for each other for ever
            for key, count in sorted(times.items()):
                if key[0] in known:
                    await _add(uow, known[key[0]], key, count, *last[key])


async def last_requests(
    uow: UnitOfWork, agency_id: AgencyId, *, client_id: ClientId | None, failed_only: bool, limit: int
) -> tuple[SeenRequests, ...]:
    """The last requests of an agency's programs, or of one of them, the newest first."""
    statement = select(client_request).where(client_request.c.agency_id == agency_id)
    if client_id is not None:
        statement = statement.where(client_request.c.client_id == client_id)
    if failed_only:
        statement = statement.where(client_request.c.error != "")
    # `last_at` lies in its minute
    newest = (client_request.c.minute.desc(), client_request.c.last_at.desc())
    rows = await uow.all(statement.order_by(*newest).limit(limit))
    return tuple(_seen(row) for row in rows)


async def forget_old_requests(uow: UnitOfWork) -> int:
    """Drop what is older than a week; the worker's job. Gives how many."""
    return await uow.changed(delete(client_request).where(client_request.c.minute <= uow.now - KEPT_FOR))


async def _agencies(uow: UnitOfWork, named: set[str]) -> dict[str, str]:
    rows: Sequence[Row[Any]] = await uow.all(select(client.c.id, client.c.agency_id).where(client.c.id.in_(named)))
    return {row.id: row.agency_id for row in rows}


async def _add(
    uow: UnitOfWork, agency_id: str, key: tuple[str, int, Outcome], times: int, at: datetime, correlation_id: str
) -> None:
    client_id, minute, outcome = key
    statement = insert_on_conflict(client_request, uow.dialect).values(
        client_id=client_id,
        agency_id=agency_id,
        minute=datetime.fromtimestamp(minute * 60, UTC),
        endpoint=outcome.endpoint,
        error=outcome.error,
        reason=outcome.reason[:LONGEST],
        times=times,
        last_at=at,
        correlation_id=correlation_id,
    )
    await uow.execute(
        statement.on_conflict_do_update(
            index_elements=["client_id", "minute", "endpoint", "error", "reason"],
            set_={
                "times": client_request.c.times + times,
                "last_at": statement.excluded.last_at,
                "correlation_id": statement.excluded.correlation_id,
            },
        )
    )


def _seen(row: Row[Any]) -> SeenRequests:
    outcome = Outcome(row.endpoint, row.error, row.reason)
    return SeenRequests(ClientId(row.client_id), outcome, int(row.times), row.last_at, row.correlation_id)
