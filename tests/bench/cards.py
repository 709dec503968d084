"""`python -m tests.bench.cards`: reading an emulated Thai card through pyscard, pcsc-lite and pcscd (goal: 50 ms).

All fields, with and without the photo; median and p95 of many reads. A real card takes its own time on top: the
emulator answers at once, so that this is what the software costs.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from connectors.card.virtual.card_stack import StackUnavailable, start_card_stack
from connectors.card.virtual.desk_socket import desk_command
from tests.patience import until


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cards", description=__doc__)
    parser.add_argument("--reads", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tuaton-cards-") as folder:
        try:
            stack = start_card_stack(desk_socket=Path(folder) / "desk.sock", choice="pcsc")
        except StackUnavailable as reason:
            raise SystemExit(f"needs the PC/SC stack: {reason}") from reason
        with stack:
            desk_command(stack.desk_socket, "insert citizen somchai")
            reader = stack.readers["citizen"]
            until(reader.is_card_present)
            for with_photo in (False, True):
                took = []
                for _ in range(options.reads + 3):  # the first ones start what is kept ready
                    began = time.perf_counter()
                    reader.read(deadline_seconds=30, with_photo=with_photo)
                    took.append(1000 * (time.perf_counter() - began))
                _say("fields and photo" if with_photo else "fields", took[3:])
    return 0


def _say(what: str, took: list[float]) -> None:
    sys.stdout.write(f"{what:18}median {median(took):6.1f} ms   p95 {quantiles(took, n=20)[18]:6.1f} ms\n")


if __name__ == "__main__":
    sys.exit(main())
