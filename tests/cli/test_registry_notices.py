"""`idp registry notices`: a file of the register is taken once, line by line; what is printed names nobody."""

import json
import subprocess
from pathlib import Path

from connectors.fictitious.personas import PERSONAS
from tests.commands import idp

NUMBER = PERSONAS["somchai"].person.citizen_id.digits


def take(home: Path, lines: str) -> subprocess.CompletedProcess[str]:
    arguments = ("registry", "notices", "-", "--home", str(home))
    return idp(*arguments, environment={"IDP_PROFILE": "conformance"}, text=lines)


def test_a_file_is_taken_once_and_a_bad_line_holds_no_other_one_up(tmp_path: Path) -> None:
    good = json.dumps({"number": "2569-1", "event": "died", "citizen_id": NUMBER, "on": "2026-11-20"})
    bad = [
        json.dumps({"number": "2569-2", "event": "married", "citizen_id": NUMBER, "on": "2026-11-20"}),
        "[]",
        "{",
        "[" * 100_000,
    ]
    # what has no number of its own would be taken for whichever had none before it
    for number in (None, "", 7, "2569 1", "2569\x001", "9" * 101):
        bad.append(json.dumps({"number": number, "event": "died", "citizen_id": NUMBER, "on": "2026-11-20"}))
    first = take(tmp_path / "home", "\n".join([*bad, "", good]))
    assert (first.returncode, json.loads(first.stdout)) == (1, {"not_a_subscriber": 1})
    assert "1, 2, 3, 4, 5, 6, 7, 8, 9, 10\n" in first.stderr
    again = take(tmp_path / "home", good)
    assert (again.returncode, json.loads(again.stdout)) == (0, {"taken_before": 1})
    assert NUMBER not in first.stdout + first.stderr + again.stdout + again.stderr
