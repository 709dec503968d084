"""`python -m tests.bench.log`: how long an entry of the audit log waits for a signed checkpoint (goal: 60 s at 500 a
second).

Entries are appended at a steady rate while the worker's own jobs sequence and sign in their own rhythm. Store:
PostgreSQL.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import func, select

from idp.app.rooms import Rooms
from idp.app.serving import Part, open_house
from idp.audit.model import SYSTEM, AuditEvent
from idp.audit.store import audit_entry, newest_checkpoint
from idp.settings import Settings
from idp.storage.storage import Storage
from idp.worker.jobs import AuditJobs
from tests.postgresql import Cluster, find_binaries

ENTRIES_A_SECOND: Final = 500
FIELDS: Final = ("juristic_id", "name_th")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.log", description=__doc__)
    parser.add_argument("--seconds", type=int, default=45, help="how long entries are appended")
    options = parser.parse_args()
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("needs a PostgreSQL server (initdb, pg_ctl)")
    with tempfile.TemporaryDirectory(prefix="tuaton-bench-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o711)
        with Cluster.started(binaries, durable=True) as cluster:
            database_url = cluster.create_database(f"log_{secrets.token_hex(4)}")
            asyncio.run(measure(database_url, folder, options.seconds))
    return 0


async def measure(database_url: str, folder: Path, seconds: int) -> None:
    """Append at a steady rate while the worker's own jobs run in their own rhythm; how long did entries wait?"""
    async with open_house(Settings(home=folder / "log", database_url=database_url), [Part.PROVIDER]) as rooms:
        ground, stop = rooms.ground, asyncio.Event()
        jobs = AuditJobs(storage=ground.storage, holder="bench", signer=ground.checkpoint_signer)
        seen: list[tuple[float, int]] = []
        work = [
            asyncio.create_task(_every(1.0, jobs.sequence, stop)),
            asyncio.create_task(_every(30.0, jobs.checkpoint, stop)),
            asyncio.create_task(_every(0.2, lambda: _look(ground.storage, seen), stop)),
        ]
        written = await _append(rooms, seconds)
        for _ in range(600):
            if seen and seen[-1][1] >= written[-1][1]:
                break
            await asyncio.sleep(0.2)
        stop.set()
        await asyncio.gather(*work)
        waits = [next(at for at, size in seen if size >= count) - when for when, count in written]
        _say(f"the log: {written[-1][1] / (written[-1][0] - written[0][0]):.0f} entries a second for {seconds} s")
        _say(f"its wait for a signed checkpoint: median {median(waits):.1f} s, longest {max(waits):.1f} s (goal 60)")


async def _append(rooms: Rooms, seconds: int) -> list[tuple[float, int]]:
    """Entries in bunches, each at its time; gives when how many were there."""
    written, began = [], time.monotonic()
    event = AuditEvent(event="bench.happened", actor=SYSTEM, details={"fields": list(FIELDS)})
    bunch = ENTRIES_A_SECOND // 10
    async with rooms.ground.storage.reading() as uow:
        row = await uow.first(select(func.count()).select_from(audit_entry))
    there = 0 if row is None else int(row[0])
    for number in range(seconds * 10):
        await asyncio.sleep(max(0.0, began + number / 10 - time.monotonic()))
        async with rooms.ground.storage.unit_of_work() as uow:
            for _ in range(bunch):
                await rooms.ground.audit.append(uow, event)
        there += bunch
        written.append((time.monotonic(), there))
    return written


async def _look(storage: Storage, seen: list[tuple[float, int]]) -> None:
    async with storage.reading() as uow:
        newest = await newest_checkpoint(uow)
    if newest is not None and (not seen or seen[-1][1] < newest.size):
        seen.append((time.monotonic(), int(newest.size)))


async def _every(seconds: float, run: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    while not stop.is_set():
        await run()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
