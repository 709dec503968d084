"""Settings that cannot be used are no verdict: exit code 2, and no value of theirs is printed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("command", [("audit", "verify"), ("audit", "checkpoint"), ("db", "status"), ("card", "state")])
def test_settings_that_cannot_be_used_are_said_without_their_values(tmp_path: Path, command: tuple[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "idp.cli", *command, "--home", str(tmp_path)],
        env={**os.environ, "IDP_ISSUER": "https://hidden.example/with/a/path"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "issuer" in ended.stderr
    assert "hidden.example" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
