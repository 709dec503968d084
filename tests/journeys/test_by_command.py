"""`make demo ONCE=1 OUT=dir`: what it leaves behind holds for tools that nobody here wrote."""

import base64
import hashlib
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from idp.cli.demo_home import FolderRefused, taken
from tests.postgresql import Cluster

pytestmark = pytest.mark.timeout(600)

Idp = Callable[..., tuple[int, dict[str, Any]]]
Run = Callable[..., str]
SEALED = ("dopa.person", "dopa.address", "dbd.company")


def test_every_step_held(brought_home: Path) -> None:
    journey = json.loads((brought_home / "journey.json").read_text("utf-8"))
    assert journey["ok"] is True
    assert journey["card_stack"] in ("pcsc", "memory")
    assert {step["outcome"] for step in journey["steps"]} == {"ok"}
    assert len({step["id"] for step in journey["steps"]}) == len(journey["steps"]) >= 12


@pytest.mark.parametrize("dataset", SEALED)
def test_documents_satisfy_the_tools_of_others(brought_home: Path, dataset: str, run_tool: Run) -> None:
    pdf = str(brought_home / f"{dataset}.pdf")
    assert "Signature is Valid" in run_tool("pdfsig", pdf)
    assert "No syntax or stream encoding errors found" in run_tool("qpdf", "--check", pdf)
    payload = json.loads((brought_home / f"{dataset}.json").read_text("utf-8"))
    text = "".join(run_tool("pdftotext", "-layout", pdf, "-").split())
    values = [value for value in payload["fields"].values() if isinstance(value, str) and value]
    missing = [value for value in values if "".join(value.split()) not in text and not value[0].isdigit()]
    assert missing == []
    with pikepdf.open(pdf) as document:
        attached = document.attachments["data.json"].get_file().read_bytes()
    assert json.loads(attached) == payload


@pytest.mark.parametrize("dataset", SEALED)
def test_documents_verify_with_the_published_certificates_alone(brought_home: Path, dataset: str, idp: Idp) -> None:
    trust = str(brought_home / "trust")
    code, report = idp("document", "verify", str(brought_home / f"{dataset}.pdf"), "--trust", trust)
    assert (code, report["verdict"], report["level"]) == (0, "valid", "B-T")


def test_a_changed_document_is_told(brought_home: Path, tmp_path: Path, idp: Idp) -> None:
    content = bytearray((brought_home / "dopa.person.pdf").read_bytes())
    content[len(content) // 3] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(content)
    code, report = idp("document", "verify", str(changed), "--trust", str(brought_home / "trust"))
    assert (code, report["verdict"]) == (1, "changed")


def test_the_password_document_stays_shut(brought_home: Path) -> None:
    content = (brought_home / "dbd.company-password.pdf").read_bytes()
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(BytesIO(content))
    password = (brought_home / "dbd.company-password.txt").read_text("utf-8").strip()
    with pikepdf.open(BytesIO(content), password=password) as document:
        assert "data.json" in document.attachments


def test_the_log_is_sound_against_the_checkpoint_that_was_kept(brought_home: Path, idp: Idp) -> None:
    checkpoint = str(brought_home / "checkpoint.txt")
    code, verdict = idp("audit", "verify", "--home", str(brought_home / "store"), "--checkpoint", checkpoint)
    assert (code, verdict["verdict"]) == (0, "sound")
    assert verdict["entries"] > 20
    assert verdict["pending"] == 0
    assert verdict["checkpoint_size"] == verdict["entries"]


def test_a_changed_byte_makes_the_log_name_the_entry(brought_home: Path, tmp_path: Path, idp: Idp) -> None:
    home = tmp_path / "store"
    shutil.copytree(brought_home / "store", home)
    with sqlite3.connect(home / "store.db") as store:
        [(entry, canonical)] = store.execute("SELECT id, canonical FROM audit_entry ORDER BY id LIMIT 1 OFFSET 9")
        changed = canonical.replace(b'"outcome":"ok"', b'"outcome":"oK"')
        assert changed != canonical
        store.execute("UPDATE audit_entry SET canonical = ? WHERE id = ?", (changed, entry))
    code, verdict = idp("audit", "verify", "--home", str(home))
    assert (code, verdict["entry"]) == (1, entry)


def test_an_unreadable_store_is_said_to_be_unreadable(tmp_path: Path, idp: Idp) -> None:
    code, verdict = idp("audit", "verify", "--home", str(tmp_path / "nothing"))
    assert (code, verdict["verdict"]) == (2, "unreadable")


def telltales(brought_home: Path) -> list[bytes]:
    """What must be found nowhere: the person's number, names and address, in clear or as a plain hash; the photo."""
    person = json.loads((brought_home / "dopa.person.json").read_text("utf-8"))["fields"]
    address = json.loads((brought_home / "dopa.address.json").read_text("utf-8"))["fields"]
    number = person["citizen_id"]
    texts = [number, *person["name_th"].split(), "ทดสอบดี", "สมชาย", address["address_text"]]
    picture = photo(PERSONAS["somchai"].card)
    return [
        *(form for text in texts for form in (text.encode("utf-8"), text.encode("utf-16-le"), text.encode("tis-620"))),
        hashlib.sha256(number.encode()).hexdigest().encode(),
        hashlib.sha256(number.encode()).digest(),
        picture[200:264],
        base64.b64encode(picture[300:360]),
    ]


def test_the_data_of_the_person_lie_nowhere_in_clear(brought_home: Path) -> None:
    needles = telltales(brought_home)
    # the agency's own store and the registries' keys are not ours; everything else of the house is
    strangers = {"agencies", "simulators"}
    files = [path for path in (brought_home / "store").rglob("*") if path.is_file()]
    ours = [path for path in files if path.relative_to(brought_home / "store").parts[0] not in strangers]
    assert any(path.suffix == ".db" for path in ours)
    assert any(path.suffix == ".log" for path in ours)
    for path in ours:
        content = path.read_bytes()
        assert [needle for needle in needles if needle in content] == [], path


@pytest.mark.postgresql
def test_nor_in_a_postgresql_cluster_or_its_dump(brought_home_from_postgresql: tuple[Path, Cluster, str]) -> None:
    out, cluster, name = brought_home_from_postgresql
    assert json.loads((out / "journey.json").read_text("utf-8"))["ok"] is True
    needles = telltales(out)
    dump = cluster.dump(name)
    # bytea columns are dumped in hexadecimal
    unfolded = b"".join(bytes.fromhex(found.decode()) for found in re.findall(rb"\\\\x((?:[0-9a-f]{2}){8,})", dump))
    assert b'"event":"exchange.decided"' in unfolded
    assert [needle for needle in needles if needle in dump or needle in unfolded] == []
    cluster.checkpoint()
    files = [path for path in cluster.folder.rglob("*") if path.is_file()]
    assert len(files) > 100
    for path in files:
        content = path.read_bytes()
        assert [needle for needle in needles if needle in content] == [], path


def test_what_is_no_document_and_no_checkpoint_is_unreadable(brought_home: Path, idp: Idp) -> None:
    other = str(brought_home / "journey.json")
    code, report = idp("document", "verify", other, "--trust", str(brought_home / "trust"))
    assert (code, report["verdict"]) == (2, "unreadable")
    code, verdict = idp("audit", "verify", "--home", str(brought_home / "store"), "--checkpoint", other)
    assert (code, verdict["verdict"]) == (2, "unreadable")


def test_a_second_run_leaves_a_folder_in_use_alone(tmp_path: Path) -> None:
    out = tmp_path / "it's here"
    with taken(out / "store", out):
        (out / "store" / "kept").touch()
        with pytest.raises(FolderRefused, match="another demonstration"), taken(out / "store", out):
            pass
        assert (out / "store" / "kept").exists()
    (out / "journey.json").touch()
    (out / "mine.pdf").touch()
    with taken(out / "store", out):
        assert not (out / "store" / "kept").exists()
        assert not (out / "journey.json").exists()
    assert (out / "mine.pdf").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").touch()
    with pytest.raises(FolderRefused, match="not a demonstration"), taken(tmp_path, tmp_path / "out"):
        pass
    assert (tmp_path / "letters.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--port-base", "99999"], "65525"), (["--card", "bogus"], "CARD=bogus"), (["--port-base", "{busy}"], "in use")],
)
def test_a_bad_start_is_said_plainly(arguments: list[str], said: str, tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        words = [argument.format(busy=busy.getsockname()[1]) for argument in arguments]
        command = [sys.executable, "-m", "idp.cli", "demo", "--once", "--out", str(tmp_path / "out"), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
