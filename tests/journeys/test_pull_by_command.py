"""`idp pull` against the running demonstration, as a program that cannot speak DPoP would use it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.fictitious.personas import COMPANY_PERSONAS
from tests.journeys.conftest import Demonstration

pytestmark = pytest.mark.timeout(600)

COMPANY = COMPANY_PERSONAS["thongdee"].juristic_id.digits


def pull(demonstration: Demonstration, *more: str, **changes: str) -> subprocess.CompletedProcess[str]:
    told, program = demonstration.endpoints, demonstration.endpoints["agencies"]["jobs"]
    options = {
        "client-id": program["client_id"],
        "client-key": program["client_key_file"],
        "issuer": told["issuer"],
        "gateway": told["gateway"],
        "purpose": "employer-check",
        "juristic-id": COMPANY,
        "case": "EMP-1",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "idp.cli", "pull", "dbd.company", *words, *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_data_come_to_standard_output_and_once_for_one_key(demonstration: Demonstration) -> None:
    first = pull(demonstration, idempotency_key="once-and-again")
    assert first.returncode == 0, first.stderr
    answer = json.loads(first.stdout)
    assert answer["dataset"] == "dbd.company"
    assert answer["fields"]["juristic_id"] == COMPANY
    again = pull(demonstration, idempotency_key="once-and-again")
    assert json.loads(again.stdout) == answer


def test_the_document_and_its_data_are_for_the_own_account_alone(demonstration: Demonstration, tmp_path: Path) -> None:
    file = tmp_path / "company.pdf"
    both = pull(demonstration, "--format", "both", "--out", str(file), "--field", "juristic_id", "--field", "name_th")
    assert both.returncode == 0, both.stderr
    assert both.stdout == ""
    data = tmp_path / "company.pdf.json"
    assert file.read_bytes().startswith(b"%PDF-")
    assert set(json.loads(data.read_text("utf-8"))["fields"]) == {"juristic_id", "name_th"}
    assert {path.stat().st_mode & 0o777 for path in (file, data)} == {0o600}
    # what is there already is not written over, and nothing was asked for
    assert pull(demonstration, "--format", "both", "--out", str(file)).returncode == 2


def test_a_refusal_says_its_code_and_what_to_do(demonstration: Demonstration) -> None:
    beyond = pull(demonstration, purpose="jobseeker-registration")
    assert (beyond.returncode, beyond.stdout) == (1, "")
    assert "refused: " in beyond.stderr
    stranger = pull(demonstration, client_id="nobody")
    assert (stranger.returncode, stranger.stdout) == (1, "")
    assert "invalid_client" in stranger.stderr
