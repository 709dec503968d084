"""The tamper-evident log: sound as it is, and a single changed byte in a copy is found and named."""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from relying_party_demo.journey.browser import JourneyFault
from relying_party_demo.journey.story import Story, require, run

SQLITE_MAGIC = b"SQLite format 3\x00"
SOUND, TAMPERED = 0, 1
# these would lead the command away from the copy it is told to verify
ELSEWHERE = ("IDP_HOME", "IDP_DATABASE_URL")


def log_is_sound(story: Story) -> None:
    """Every entry of the running demonstration verifies."""
    verdict = _verify(story, story.endpoints.home, expected=SOUND, env=os.environ)
    require(verdict["verdict"] == "sound" and int(verdict["entries"]) > 0, "the log is not sound, or is empty")


def changed_byte_is_named(story: Story) -> None:
    """In a copy of the store one byte of one entry is changed: the verifier finds it and names the entry."""
    with tempfile.TemporaryDirectory(prefix="tuaton-log-") as folder:
        copy = Path(folder) / "home"
        changed_entry = _change_one_byte(_copy_home(story.endpoints.home, copy))
        env = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        verdict = _verify(story, copy, expected=TAMPERED, env=env)
    require(verdict.get("entry") == changed_entry, "the verifier names another entry than the changed one")


def _verify(story: Story, home: Path, *, expected: int, env: Mapping[str, str]) -> Mapping[str, Any]:
    answer = run([*story.endpoints.audit_command, "verify", "--home", str(home), "--json"], expected=expected, env=env)
    verdict: Mapping[str, Any] = json.loads(answer)
    return verdict


def _copy_home(home: Path, copy: Path) -> Path:
    """Copy the folder, databases in a consistent state; returns the copied file that holds the log."""
    log_file = None
    for file in sorted(path for path in home.rglob("*") if path.is_file()):
        target = copy / file.relative_to(home)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.name.endswith(("-wal", "-shm")):
            continue
        if not _is_database(file):
            shutil.copy2(file, target)
            continue
        with (
            closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as database,
        ):
            source.backup(database)
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_entry'").fetchone():
                log_file = target
    if log_file is None:
        raise JourneyFault("the home folder holds no SQLite store with a log")
    return log_file


def _is_database(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC


def _change_one_byte(log_file: Path) -> str:
    """Flip one bit in the middle of an entry in the middle of the log; returns the entry's id."""
    with closing(sqlite3.connect(log_file)) as database, database:
        (count,) = database.execute("SELECT count(*) FROM audit_entry").fetchone()
        entry_id, canonical = database.execute(
            "SELECT id, canonical FROM audit_entry ORDER BY id LIMIT 1 OFFSET ?", (count // 2,)
        ).fetchone()
        changed = bytearray(canonical)
        changed[len(changed) // 2] ^= 1
        database.execute("UPDATE audit_entry SET canonical = ? WHERE id = ?", (bytes(changed), entry_id))
    return str(entry_id)
