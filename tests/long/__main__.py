"""Make the volume, and say how long each list takes: see `python -m tests.long --help`."""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path

from idp.app.serving import spare_collector
from tests.long.lists import LIMIT_MS, ROUNDS, Measured, full_house, lists, measure, table
from tests.postgresql import Cluster, find_binaries


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def run(home: Path, *, officers: int, entries: int, database_url: str, seed_only: bool, rounds: int) -> bool:
    """True when no list reads more than it may."""
    began = time.monotonic()
    async with full_house(home, officers=officers, entries=entries, database_url=database_url) as (portal, volume):
        say(f"{officers} officers, {entries} entries made in {time.monotonic() - began:.0f} s")
        if seed_only:
            return True
        spare_collector()  # as whoever serves does before the first request
        measured: list[Measured] = []
        async for one in measure(portal, await lists(portal, volume), rounds=rounds):
            measured.append(one)
            say(table([one]).splitlines()[-1])
    say(table(measured))
    heavy = [(one.name, plan) for one in measured for plan in one.heavy]
    for name, plan in heavy:
        say(f"{name}: {plan.buffers} buffers, {plan.rows} rows, {plan.took_ms:.0f} ms: {plan.text}")
    say(f"p95 above {LIMIT_MS:.0f} ms: {', '.join(one.name for one in measured if one.p95 > LIMIT_MS) or 'none'}")
    return not heavy


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--officers", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each page is asked for")
    parser.add_argument("--sqlite", action="store_true", help="on SQLite instead of a PostgreSQL of its own")
    parser.add_argument("--seed", metavar="HOME", type=Path, help="make the volume in this new folder and stop")
    parser.add_argument("--database-url", default="", help="with --seed: an empty PostgreSQL database, not SQLite")
    asked = parser.parse_args()
    size = {
        "officers": asked.officers,
        "entries": asked.entries,
        "seed_only": asked.seed is not None,
        "rounds": asked.rounds,
    }
    if asked.seed is not None:
        asyncio.run(run(asked.seed, database_url=asked.database_url, **size))
        return
    with tempfile.TemporaryDirectory(prefix="tuaton-long-") as folder:
        home = Path(folder) / "home"
        if asked.sqlite:
            is_light = asyncio.run(run(home, database_url="", **size))
        else:
            binaries = find_binaries()
            if binaries is None:
                raise SystemExit("no PostgreSQL server on this machine: --sqlite")
            with Cluster.started(binaries) as cluster:
                url = cluster.create_database(f"long_{secrets.token_hex(4)}")
                is_light = asyncio.run(run(home, database_url=url, **size))
    raise SystemExit(0 if is_light else 1)


if __name__ == "__main__":
    main()
