"""`python -m tests.bench.reviews [--rows N]`: the review queue and the search by number among a million people.

A PostgreSQL of its own with made-up rows: as many people and cases as asked, one case in fifty open. Prints the median
and the 95th percentile of each operation in milliseconds, and how PostgreSQL finds the rows; fails when it reads a
whole table.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from itertools import count

import typer
from sqlalchemy import text

from connectors.fictitious.personas import PERSONAS
from idp.app.schema import all_tables
from idp.approvals.service import Approvals
from idp.enrolment.reviews import store
from idp.enrolment.reviews.model import CaseFilter, CaseId, CaseKind, CaseState, Reviewer
from idp.enrolment.reviews.service import Reviews
from idp.kernel.clock import SystemClock
from idp.kernel.ids import AgencyId, MemberId, StationId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.audit_seals import audit_log_of
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.storage import Storage, open_engine
from idp.subscribers.service import Subscribers
from tests.postgresql import Cluster, find_binaries

AGENCY = AgencyId("agc")
ONE_OPEN_IN = 50
ROUNDS = 300
NOBODY = PERSONAS["somchai"].person.citizen_id
"""Of whom nobody has the number here: what is looked for is not there, as for most that are typed."""
PEOPLE = """
INSERT INTO subscriber (id, status, ial, enrolled_at, sealed_identity)
SELECT 'sub_' || lpad(n::text, 26, '0'), 'active', '2.2', 1790000000000 + n, '\\x00' FROM generate_series(1, :rows) n"""
NUMBERS = """
INSERT INTO subscriber_index (purpose, key_version, digest, subscriber_id)
SELECT 'citizen_id', 1, sha256(n::text::bytea), 'sub_' || lpad(n::text, 26, '0') FROM generate_series(1, :rows) n"""
CASES = """
INSERT INTO review_case
  (id, number, kind, topic, subscriber_id, enrolment_id, agency_id, site, state, opened_at, due_at)
SELECT 'rev_' || lpad(n::text, 26, '0'),
       'R-' || substr(lpad(n::text, 10, '0'), 1, 5) || '-' || substr(lpad(n::text, 10, '0'), 6, 5),
       (ARRAY['flag', 'override', 'correction', 'pending'])[1 + n % 4], 'same_surname',
       'sub_' || lpad(n::text, 26, '0'), 'enr_' || n, 'agc', 'counter-' || n % 900,
       CASE WHEN n % :one_open_in = 0 THEN 'open' ELSE 'decided' END,
       1790000000000 + n, 1790000000000 + n
FROM generate_series(1, :rows) n"""


async def sow(storage: Storage, rows: int) -> None:
    """As many people, numbers and cases as asked."""
    async with storage.engine.begin() as connection:
        await connection.run_sync(all_tables().create_all)
    for statement in (PEOPLE, NUMBERS, CASES):
        async with storage.unit_of_work() as uow:
            given = {"rows": rows} | ({"one_open_in": ONE_OPEN_IN} if statement is CASES else {})
            await uow.execute(text(statement), given)
    async with storage.unit_of_work() as uow:
        await uow.execute(text("ANALYZE"))


def rooms(storage: Storage) -> tuple[Reviews, Subscribers]:
    """Built as a deployment builds them."""
    root_keys = RootKeys({1: secrets.token_bytes(32)})
    personal, audit = PersonalData(root_keys), audit_log_of(root_keys, randomness=system_randomness)
    subscribers = Subscribers(personal=personal, blind_index=BlindIndex(root_keys), audit=audit)
    approvals = Approvals(personal=personal, audit=audit, randomness=system_randomness)
    reviews = Reviews(
        subscribers=subscribers,
        approvals=approvals,
        personal=personal,
        audit=audit,
        issuer_agency=AGENCY,
    )
    return reviews, subscribers


async def timed(name: str, operation: Callable[[], Awaitable[object]]) -> None:
    """Its median and 95th percentile over `ROUNDS`."""
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await operation()
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    typer.echo(f"{name:34} median {statistics.median(took):6.2f} ms   p95 {took[int(ROUNDS * 0.95)]:6.2f} ms")


async def no_whole_table(storage: Storage, name: str, which: CaseFilter, after: CaseId | None) -> None:
    """PostgreSQL's plan of a page; fails for a sequential scan."""
    query = store.page_query(which, after=after, limit=26)
    spelled = query.compile(dialect=storage.engine.dialect, compile_kwargs={"literal_binds": True})
    async with storage.reading() as uow:
        row = await uow.first(text(f"EXPLAIN (FORMAT JSON) {spelled}"))
    assert row is not None
    plan = json.dumps(row[0])
    scans = [part.split('"')[0] for part in plan.split('"Index Name": "')[1:]]
    typer.echo(f"  plan of {name}: {', '.join(scans) or plan}")
    if "Seq Scan" in plan:
        raise SystemExit(f"{name} reads the whole table: {plan}")


async def measure(storage: Storage, rows: int) -> None:
    """Every operation of the queue and the search."""
    reviews, subscribers = rooms(storage)
    by = Reviewer(MemberId("mem_1"), SubscriberId("sub_reviewer"), AGENCY, frozenset({"enrolment_admin"}))
    middle = CaseId(f"rev_{str(rows // 2).zfill(26)}")
    filters = {
        "list, first page": (CaseFilter(), None),
        "list, a page in the middle": (CaseFilter(), middle),
        "list, one kind": (CaseFilter(kind=CaseKind.CORRECTION), None),
        "list, one site": (CaseFilter(site=StationId("counter-450")), None),
        "list, decided": (CaseFilter(state=CaseState.DECIDED), middle),
    }
    numbers, claims = count(ONE_OPEN_IN, ONE_OPEN_IN), count(ONE_OPEN_IN, ONE_OPEN_IN)

    async def page(which: CaseFilter, after: CaseId | None) -> None:
        async with storage.reading() as uow:
            assert await reviews.page(uow, which, after=after, limit=26)

    async def aged() -> None:
        async with storage.reading() as uow:
            await reviews.page(uow, CaseFilter(opened_before=uow.now - timedelta(days=7)), after=None, limit=26)

    async def counted() -> None:
        async with storage.reading() as uow:
            assert await reviews.count_up_to(uow, CaseFilter(), most=100) == 100

    async def claim() -> None:
        async with storage.unit_of_work() as uow:
            await reviews.claim(uow, CaseId(f"rev_{str(next(claims)).zfill(26)}"), by=by)

    async def by_case_number() -> None:
        typed = str(next(numbers) % rows).zfill(10)
        async with storage.reading() as uow:
            assert await reviews.find_by_number(uow, f"r {typed[:5]} {typed[5:]}", seen_by=(AGENCY,)) is not None

    async def by_citizen_number() -> None:
        async with storage.reading() as uow:
            assert await subscribers.find_by_citizen_id(uow, NOBODY) is None

    async def subscribers_page() -> None:
        async with storage.reading() as uow:
            assert await subscribers.page(uow, after=SubscriberId(f"sub_{str(rows // 2).zfill(26)}"), limit=26)

    for name, (which, after) in filters.items():
        await no_whole_table(storage, name, which, after)
        await timed(name, partial(page, which, after))
    await timed("list, older than seven days", aged)
    await timed("count up to 100", counted)
    await timed("claim (durable, with entry)", claim)
    await timed("search by case number", by_case_number)
    await timed("search by citizen number", by_citizen_number)
    await timed("list of people, in the middle", subscribers_page)


def main() -> None:
    """Run it on a cluster of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("needs a PostgreSQL server (initdb, pg_ctl)")

    async def run(url: str) -> None:
        storage = Storage(open_engine(url), SystemClock())
        try:
            begun = time.perf_counter()
            await sow(storage, rows)
            typer.echo(f"{rows} people and cases in {time.perf_counter() - begun:.0f} s")
            await measure(storage, rows)
        finally:
            await storage.close()

    with Cluster.started(binaries, durable=True) as cluster:
        asyncio.run(run(cluster.create_database("reviews")))


if __name__ == "__main__":
    main()
