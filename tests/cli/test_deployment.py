"""Settings that cannot be used are no verdict: exit code 2, and no value of theirs is printed."""

from pathlib import Path

import pytest

from tests.commands import idp


@pytest.mark.parametrize("command", [("audit", "verify"), ("audit", "checkpoint"), ("db", "status"), ("keys", "list")])
def test_settings_that_cannot_be_used_are_said_without_their_values(tmp_path: Path, command: tuple[str, str]) -> None:
    settings = {"IDP_ISSUER": "https://hidden.example/with/a/path"}
    ended = idp(*command, "--home", str(tmp_path), environment=settings)
    assert ended.returncode == 2
    assert "issuer" in ended.stderr
    assert "hidden.example" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
