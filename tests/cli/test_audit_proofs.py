"""`idp audit key | prove | export | check`: what leaves proves itself elsewhere, and a change is not proven."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from idp.app.ground import open_ground
from idp.audit.model import SYSTEM, AuditEvent
from idp.audit.sequencer import newest_checkpoint_note, sequence_pending, sign_checkpoint
from idp.cli.audit import commands
from idp.settings import Settings
from idp.storage.leases import take_lease

Audit = Callable[..., tuple[int, str]]
ENTRIES = 600


@pytest.fixture
def audit() -> Audit:
    def run(*arguments: str) -> tuple[int, str]:
        ended = CliRunner().invoke(commands, arguments)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.exit_code, ended.output

    return run


def go_on(home: Path, count: int) -> tuple[list[str], str]:
    """`count` more entries, sequenced and signed; gives their ids and the note."""
    return asyncio.run(_go_on(home, count))


async def _go_on(home: Path, count: int) -> tuple[list[str], str]:
    """`count` more entries, sequenced and signed; gives their ids and the note."""
    async with open_ground(Settings(home=home)) as ground:
        signer = ground.checkpoint_signer
        async with ground.storage.unit_of_work() as uow:
            event = AuditEvent(event="test.happened", actor=SYSTEM, details={"word": "ตัวตน"})
            ids = [str(await ground.audit.append(uow, event)) for _ in range(count)]
        async with ground.storage.unit_of_work() as uow:
            fence = await take_lease(uow, name="audit.sequencer", holder="test", for_how_long=timedelta(seconds=5))
            assert fence is not None
            while await sequence_pending(uow, fence=fence):
                pass
            await sign_checkpoint(uow, origin=signer.origin, key_id=signer.key_id, sign=signer.sign)
            note = await newest_checkpoint_note(uow)
    assert note is not None
    return ids, note


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_an_entry_is_proven_to_who_has_the_key_alone(home: Path, tmp_path: Path, audit: Audit) -> None:
    ids, _ = go_on(home, 3)
    code, key = audit("key", "--home", str(home))
    assert (code, re.match(r"tuaton\.example/audit\+[0-9a-f]{8}\+\S+\n\Z", key) is not None) == (0, True)
    code, proof = audit("prove", ids[1], "--home", str(home))
    assert code == 0
    file = tmp_path / "proof.json"
    file.write_text(proof)
    assert json.loads(proof)["log_key"] == key.strip()
    assert audit("check", str(file), "--key", key.strip())[0] == 0
    file.write_text(proof.replace("test.happened", "test.happenex"))
    assert audit("check", str(file), "--key", key.strip())[0] == 1
    # another log's key
    file.write_text(proof)
    go_on(tmp_path / "other", 1)
    other = audit("key", "--home", str(tmp_path / "other"))[1].strip()
    assert audit("check", str(file), "--key", other)[0] == 1


def test_the_log_is_proven_to_go_on_from_a_checkpoint_that_was_kept(home: Path, tmp_path: Path, audit: Audit) -> None:
    _, note = go_on(home, 5)
    kept, proof = tmp_path / "kept", tmp_path / "proof"
    kept.write_text(note)
    go_on(home, 6)
    code, text = audit("prove", "--from", str(kept), "--home", str(home))
    assert (code, text.startswith("old ")) == (0, True)
    proof.write_text(text)
    key = audit("key", "--home", str(home))[1].strip()
    assert audit("check", str(proof), "--key", key, "--checkpoint", str(kept))[0] == 0
    first_hash = text.splitlines()[1]
    flipped = ("B" if first_hash[0] == "A" else "A") + first_hash[1:]
    proof.write_text(text.replace(first_hash, flipped))
    assert audit("check", str(proof), "--key", key, "--checkpoint", str(kept))[0] == 1


def test_an_export_stands_for_itself_and_is_an_entry_of_the_log(home: Path, tmp_path: Path, audit: Audit) -> None:
    go_on(home, ENTRIES)
    out = tmp_path / "export"
    assert audit("export", "--out", str(out), "--home", str(home))[0] == 0
    key = (out / "log-key").read_text().strip()
    assert key == audit("key", "--home", str(home))[1].strip()
    code, said = audit("check", str(out), "--key", key)
    lines = (out / "entries.jsonl").read_text("utf-8").splitlines()
    assert (code, len(lines) >= ENTRIES) == (0, True), said
    assert (out / "tile" / "0" / "001").stat().st_size == 256 * 32
    assert (out / "tile" / "1" / "000.p" / "2").stat().st_size == 2 * 32
    # the folder is there: what was exported once is not mixed with something else
    assert audit("export", "--out", str(out), "--home", str(home))[0] == 2
    # a window, and the entry that says so
    go_on(home, 1)
    again = tmp_path / "again"
    assert audit("export", "--out", str(again), "--home", str(home), "--until", "2001-01-01")[0] == 0
    assert (again / "entries.jsonl").read_text() == ""
    assert audit("check", str(again), "--key", key)[0] == 0
    whole = tmp_path / "whole"
    go_on(home, 1)
    audit("export", "--out", str(whole), "--home", str(home))
    entries = [json.loads(json.loads(line)["entry"]) for line in (whole / "entries.jsonl").read_text().splitlines()]
    exported = [entry["details"] for entry in entries if entry["event"] == "audit.exported"]
    assert [details["entries"] for details in exported] == [len(lines), 0]
    assert exported[1]["until"] == "2001-01-01T00:00:00+00:00"


@pytest.mark.parametrize("flaw", ["entry", "leaf", "order", "tile", "checkpoint", "tile cut off"])
def test_an_export_that_was_changed_is_not_proven(home: Path, tmp_path: Path, audit: Audit, flaw: str) -> None:
    go_on(home, 4)
    out = tmp_path / "export"
    audit("export", "--out", str(out), "--home", str(home))
    key = (out / "log-key").read_text().strip()
    entries, (tile,) = out / "entries.jsonl", list((out / "tile" / "0" / "000.p").iterdir())
    lines = entries.read_text("utf-8").splitlines(keepends=True)
    if flaw == "entry":
        entries.write_text("".join(lines).replace("test.happened", "test.happenex", 1))
    elif flaw == "leaf":
        said = json.loads(lines[0])
        entries.write_text(json.dumps(said | {"leaf_index": said["leaf_index"] + 1}) + "\n")
    elif flaw == "order":
        entries.write_text("".join(reversed(lines)))
    elif flaw == "tile":
        tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
    elif flaw == "tile cut off":
        tile.write_bytes(tile.read_bytes()[:-1])
    else:
        note = (out / "checkpoint").read_text()
        size = note.splitlines()[1]
        (out / "checkpoint").write_text(note.replace(f"\n{size}\n", f"\n{int(size) - 1}\n", 1))
    assert audit("check", str(out), "--key", key)[0] == 1


def test_what_is_not_there_is_said_with_exit_code_2(home: Path, tmp_path: Path, audit: Audit) -> None:
    assert audit("key", "--home", str(tmp_path / "nothing"))[0] == 2
    assert audit("prove", "aud_0", "--home", str(tmp_path / "nothing"))[0] == 2
    go_on(home, 1)
    key = audit("key", "--home", str(home))[1].strip()
    assert audit("prove", "--home", str(home))[0] == 2
    assert audit("prove", "aud_0", "--home", str(home))[0] == 2
    assert audit("check", str(tmp_path / "nothing"), "--key", key)[0] == 2
    (tmp_path / "text").write_text("no proof")
    assert audit("check", str(tmp_path / "text"), "--key", key)[0] == 2
    assert audit("check", str(tmp_path / "text"), "--key", "no key")[0] == 2
    assert audit("prove", "--from", str(tmp_path / "text"), "--home", str(home))[0] == 2
