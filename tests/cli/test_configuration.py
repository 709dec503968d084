"""`idp apply`, `idp diff`, `idp export` in a deployment of their own: exit codes and words."""

import asyncio
import json
from pathlib import Path

import typer
from click.testing import Result
from typer.testing import CliRunner

from idp.app.ground import open_ground
from idp.cli import apply, diff, export
from idp.settings import Settings
from tests.app.configuration.sample import FILE


def idp(commands: typer.Typer, home: Path, *arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(commands, [*arguments, "--home", str(home)], input=text)


def test_a_file_is_compared_applied_and_written_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert idp(export.commands, home).exit_code == 3
    asyncio.run(_make(home))
    compared = idp(diff.commands, home, "-", text=FILE)
    assert compared.exit_code == 2, compared.stderr
    assert "+ agency/employment" in compared.stdout
    file = tmp_path / "agencies.yaml"
    file.write_text(FILE, "utf-8")
    applied = idp(apply.commands, home, str(file))
    assert applied.exit_code == 0, applied.stderr
    assert "+ service/registration" in applied.stdout
    assert idp(apply.commands, home, str(file)).stdout == "no change\n"
    assert idp(diff.commands, home, str(file)).exit_code == 0
    assert idp(diff.commands, home, str(tmp_path / "none")).exit_code == 3
    exported = idp(export.commands, home)
    assert idp(diff.commands, home, "-", text=exported.stdout).exit_code == 0
    smaller = FILE.replace("daily_quota: 300", "daily_quota: 30")
    changed = idp(diff.commands, home, "-", "--json", text=smaller)
    assert changed.exit_code == 2
    assert [change["changes"] for change in json.loads(changed.stdout)] == [["daily_quota"]]
    wrong = idp(apply.commands, home, "-", text=FILE.replace("uses: 12", "use: 12"))
    assert wrong.exit_code == 1
    assert "line 30, column 9: unknown key" in wrong.stderr


async def _make(home: Path) -> None:
    async with open_ground(Settings(home=home)):
        pass
