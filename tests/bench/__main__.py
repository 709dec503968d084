"""Measure the issuer alone with this folder's own load, or beside a peer with the harness in the peer's folder."""

import argparse
import asyncio
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from statistics import median

from tests.bench.issuer import IDP, ROOT, Deployment, free_port, serving
from tests.bench.load import Target, discover, drive
from tests.bench.machine import LOAD_CORE, SERVER_CORE, cpu_seconds, pin, resident_megabytes
from tests.bench.operations import OPERATIONS, side_by_side
from tests.postgresql import Cluster, find_binaries

MICROSECONDS = 1_000_000
LOOK_EVERY_SECONDS = 3.0


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tuaton-bench-") as scratch:
        folder = Path(scratch)
        if options.peer is not None:
            return _beside_a_peer(options, folder)
        return _alone(options, folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--ops", type=lambda text: text.split(","), default=list(OPERATIONS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="measured seconds for each operation and round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--peer", type=Path, help="folder of a peer's harness with a run.py: measure both by turns")
    parser.add_argument("--check", action="store_true", help="with --peer: its correctness checks, nothing measured")
    options = parser.parse_args()
    if unknown := set(options.ops) - set(OPERATIONS):
        parser.error(f"no such operation: {', '.join(sorted(unknown))}; there are {', '.join(OPERATIONS)}")
    return options


def _alone(options: argparse.Namespace, folder: Path) -> int:
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("needs a PostgreSQL server (initdb, pg_ctl)")
    folder.chmod(0o711)
    with Cluster.started(binaries, durable=True) as cluster:
        name = f"bench_{secrets.token_hex(4)}"
        deployment = Deployment(folder, free_port(), cluster.create_database(name))
        seeded = deployment.seed()
        if seeded.returncode:
            raise SystemExit(seeded.stderr)
        with serving(deployment) as pid:
            if not (pin(pid, SERVER_CORE) and pin(os.getpid(), LOAD_CORE)):
                _say("fewer than two cores: server and load share what there is")
            target = discover(deployment.issuer, deployment.client(), deployment.cookie_headers())
            postmaster = int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0])
            bad = _measure(options, target, pid, postmaster)
            _say(f"RSS of a worker: {_highest(resident_megabytes(deployment.serve_mark)):.0f} MB")
    return 1 if bad else 0


def _measure(options: argparse.Namespace, target: Target, server: int, postmaster: int) -> int:
    _say(f"{'operation':11}{'us/op':>8}{'PG us/op':>10}{'op/s':>8}{'p99 ms':>8}{'bad':>5}")
    all_bad = 0
    for name in options.ops:
        rounds = []
        operations = side_by_side(name, target, connections=options.connections)
        for number in range(-1, options.rounds):  # the first one warms up, and signs in where tokens are needed
            before = cpu_seconds(server), cpu_seconds(postmaster)
            tally = asyncio.run(drive(target, operations, seconds=options.seconds if number >= 0 else 1))
            after = cpu_seconds(server), cpu_seconds(postmaster)
            all_bad += tally.bad
            if number >= 0 and tally.good:
                used = [(now - then) / tally.good * MICROSECONDS for then, now in zip(before, after, strict=True)]
                rounds.append((*used, tally.good / tally.seconds, tally.p99_ms, tally.bad))
        own, stored, rate, p99, bad = (median(column) for column in zip(*rounds, strict=True)) if rounds else [0] * 5
        _say(f"{name:11}{own:8.0f}{stored:10.0f}{rate:8.0f}{p99:8.1f}{bad:5.0f}")
    return all_bad


def _beside_a_peer(options: argparse.Namespace, folder: Path) -> int:
    """Its run.py makes the PostgreSQL cluster, starts both servers by turns and prints the table."""
    deployment = Deployment(folder, free_port())
    home = shlex.quote(str(folder / "home"))
    # the harness hands the address of its database on in DATABASE_URL
    given = f'IDP_HOME={home} IDP_DATABASE_URL="$DATABASE_URL"'
    command = [
        *(sys.executable, str(options.peer / "run.py"), "--rounds", str(options.rounds)),
        *("--seconds", str(options.seconds), "--connections", str(options.connections), "--ops", ",".join(options.ops)),
        *("--ours", f"{given} exec {shlex.join([*IDP, *deployment.serve_arguments])}"),
        *("--ours-seed", f"rm -rf {home}; {given} {shlex.join([*IDP, *deployment.seed_arguments])}"),
        *("--ours-base", deployment.issuer),
        *("--ours-client", str(deployment.client_file), "--ours-cookies", str(deployment.cookies_file)),
        *(["--check"] if options.check else []),
    ]
    running = subprocess.Popen(command, cwd=ROOT)
    highest = 0.0
    while running.poll() is None:
        highest = max(highest, _highest(resident_megabytes(deployment.serve_mark)))
        with suppress(subprocess.TimeoutExpired):
            running.wait(LOOK_EVERY_SECONDS)
    _say(f"RSS of our worker, highest seen: {highest:.0f} MB")
    return running.returncode


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _highest(values: list[float]) -> float:
    return max(values, default=0.0)


if __name__ == "__main__":
    sys.exit(main())
