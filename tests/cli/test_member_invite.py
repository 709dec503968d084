"""`idp member invite`: one person takes a place that a configuration gave the agency; what is for whom is on record."""

import asyncio
import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from idp.app.ground import open_ground
from idp.audit.store import audit_entry
from idp.cli import apply, member
from idp.settings import Settings
from tests.app.configuration.sample import FILE


def idp(commands: typer.Typer, home: Path, *arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(commands, [*arguments, "--home", str(home)], input=text)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("members") / "home"

    async def make() -> None:
        async with open_ground(Settings(home=folder)):
            pass

    asyncio.run(make())
    assert idp(apply.commands, folder, "-", text=FILE).exit_code == 0
    return folder


def invite(home: Path, *arguments: str) -> Result:
    return idp(member.commands, home, "invite", *arguments)


def test_a_link_is_printed_once_and_its_code_is_nowhere_else(home: Path) -> None:
    made = invite(home, "north", "lookup_officer", "--agency", "employment", "--reference", "HR-1")
    assert made.exit_code == 0, made.stderr
    link, code = made.stdout.strip(), made.stdout.strip().partition("#")[2]
    assert "/account/invitation#" in link
    assert code not in made.stderr
    stored = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert code.encode() not in stored

    async def noted() -> list[dict[str, object]]:
        async with open_ground(Settings(home=home)) as ground, ground.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical))
        entries = [json.loads(row.canonical) for row in rows]
        return [entry["details"] for entry in entries if entry["event"] == "agency.member_invited"]

    assert {"role": "lookup_officer", "site": "north", "named_person": "no"}.items() <= asyncio.run(noted())[0].items()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-", "lookup_officer", "--agency", "employment"), "SEA-01"),
        (("south", "lookup_officer", "--agency", "employment"), "SEA-01"),
        (("-", "auditor", "--agency", "employment"), "SEA-01"),
        (("-", "agency_admin", "--agency", "nobody"), "no agency"),
        (("-", "agency_admin", "--agency", "employment", "--reference", "1101700230708"), "SEA-10"),
        (("-", "agency_admin", "--agency", "employment", "--mail", "a@example.org"), "sends no letters"),
    ],
)
def test_what_no_configuration_gave_is_not_to_be_had(home: Path, arguments: tuple[str, ...], said: str) -> None:
    answer = invite(home, *arguments)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert said in answer.stderr


def test_without_a_deployment_nothing_is_made(tmp_path: Path) -> None:
    assert invite(tmp_path / "none", "-", "agency_admin", "--agency", "employment").exit_code == 2
    assert not (tmp_path / "none").exists()
