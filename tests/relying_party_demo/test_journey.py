"""The journey's own behaviour: what it reports when nothing answers, and how it changes a byte of a log."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from httpx2 import URL

from relying_party_demo.journey import log
from relying_party_demo.journey.browser import JourneyFault, Page
from relying_party_demo.journey.endpoints import Endpoints
from relying_party_demo.journey.steps import STEPS
from relying_party_demo.journey.story import Story, run, wait_for
from tests.relying_party_demo.serving import free_socket

VERIFIER = """
import hashlib, json, sqlite3, sys
home = sys.argv[sys.argv.index("--home") + 1]
db = sqlite3.connect(home + "/store/log.sqlite")
bad = [row[0] for row in db.execute("SELECT id, canonical, leaf_hash FROM audit_entry")
       if hashlib.sha256(row[1]).digest() != row[2]]
count = db.execute("SELECT count(*) FROM audit_entry").fetchone()[0]
print(json.dumps({"verdict": "tampered", "entry": bad[0]} if bad else {"verdict": "sound", "entries": count}))
sys.exit(1 if bad else 0)
"""


def home_with_log(folder: Path, *, entries: int) -> Path:
    home = folder / "home"
    (home / "store").mkdir(parents=True)
    (home / "keys").mkdir()
    (home / "keys" / "root").write_bytes(b"key")
    with closing(sqlite3.connect(home / "store" / "log.sqlite")) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE audit_entry (id TEXT PRIMARY KEY, canonical BLOB, leaf_hash BLOB)")
        for number in range(entries):
            entry = json.dumps({"id": number}).encode()
            database.execute("INSERT INTO audit_entry VALUES (?, ?, ?)", (f"aud_{number}", entry, sha256(entry)))
    return home


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def told(folder: Path, **changes: Any) -> dict[str, Any]:
    with free_socket() as closed:
        nowhere = f"http://id.localhost:{closed.getsockname()[1]}"
    verifier = folder / "verify.py"
    verifier.write_text(VERIFIER)
    people = [("officer1", "enrolment_officer"), ("admin1", "enrolment_admin"), ("somchai", "citizen")]
    return {
        "issuer": nowhere,
        "portal": nowhere,
        "jobs": nowhere,
        "simulators": nowhere,
        "water": {"url": nowhere, "officer": "officer1", "visitor": "somchai", "station_id": "water-1"},
        "personas": [
            {"key": key, "role": role, "name_th": key, "name_en": key, "passkey_link": f"{nowhere}/passkeys/new?link=x"}
            for key, role in people
        ],
        "station_id": "counter-1",
        "card_command": [sys.executable, "-c", "raise SystemExit(3)"],
        "card_stack": "memory",
        "gateway": nowhere,
        "evidence_command": [sys.executable, "-c", "raise SystemExit(3)"],
        "audit_command": [sys.executable, str(verifier)],
        "home": str(folder / "home"),
        "store": "sqlite",
        "agencies": {
            "jobs": {"name_th": "หน่วยงานสาธิต", "name_en": "Demonstration agency"},
            "papers": {"client_id": "papers", "client_key_file": "papers.json", "redirect_uri": "http://127.0.0.1/x"},
        },
        "company": {"juristic_id": "0105500000001"},
    } | changes


@pytest.fixture
def story(tmp_path: Path) -> Story:
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps(told(tmp_path)))
    return Story(endpoints=Endpoints.read(file), out=tmp_path, language="th")


def test_a_journey_where_nothing_answers_fails_and_says_where(tmp_path: Path) -> None:
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(told(tmp_path)))
    home_with_log(tmp_path, entries=3)
    command = [
        sys.executable,
        "-m",
        "relying_party_demo.journey",
        "--endpoints",
        str(endpoints),
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    report = json.loads((tmp_path / "journey.json").read_text())
    assert report["ok"] is False
    assert report["card_stack"] == "memory"
    assert [step["id"] for step in report["steps"]] == [step.id for step in STEPS]
    outcomes = {step["id"]: (step["outcome"], step["error"]) for step in report["steps"]}
    assert outcomes["officer_sign_in"] == ("failed", "ConnectError in officer_sign_in")
    assert outcomes["card_read"] == ("failed", "not reached: officer_sign_in did not hold")
    assert outcomes["audit_verify"] == ("ok", None)
    assert outcomes["audit_tamper"] == ("ok", None)
    assert "Not complete" in done.stdout


def test_every_step_needs_only_steps_before_it() -> None:
    seen: set[str] = set()
    for step in STEPS:
        assert seen.issuperset(step.needs)
        assert step.id not in seen
        seen.add(step.id)


def test_endpoints_that_miss_something_name_it(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    incomplete = told(tmp_path)
    del incomplete["station_id"]
    file.write_text(json.dumps(incomplete))
    with pytest.raises(KeyError, match="station_id"):
        Endpoints.read(file)


def test_a_role_nobody_has_is_said(story: Story) -> None:
    with pytest.raises(KeyError, match="no persona number 2 in the role enrolment_admin"):
        story.endpoints.persona("enrolment_admin", 1)


def test_a_changed_byte_is_found_in_the_copy_and_the_store_stays_as_it_is(story: Story, tmp_path: Path) -> None:
    home_with_log(tmp_path, entries=9)
    log.changed_byte_is_named(story)
    log.log_is_sound(story)


def test_a_home_without_a_log_is_said(story: Story, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with pytest.raises(JourneyFault, match="no SQLite store"):
        log.changed_byte_is_named(story)


def test_a_command_that_fails_or_is_missing_is_a_fault(story: Story) -> None:
    with pytest.raises(JourneyFault, match="ended with 3, expected 0"):
        story.card("insert", "citizen", "somchai")
    with pytest.raises(JourneyFault, match="nowhere did not run"):
        run(["/nowhere"])


def test_waiting_ends() -> None:
    page = Page(url=URL("http://id.localhost/"), status=200, content=b"", tree=None)
    assert wait_for(lambda: page, arrived=lambda _: True, seconds=0, what="it") is page
    with pytest.raises(JourneyFault, match="in vain for it"):
        wait_for(lambda: page, arrived=lambda _: False, seconds=0.1, what="it")
