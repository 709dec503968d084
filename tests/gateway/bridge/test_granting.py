"""Accesses are made by a file or a command, approved as programs are, and hold no secret that anybody could read."""

import asyncio
import json
from pathlib import Path
from typing import Final

import pytest
import typer
from sqlalchemy import select
from typer.testing import CliRunner, Result

from idp.app.ground import open_ground
from idp.audit.store import audit_entry
from idp.cli.apply import commands as apply
from idp.cli.bridge import commands as bridge
from idp.cli.configuration import opened
from idp.cli.diff import commands as diff
from idp.cli.export import commands as export
from idp.settings import Settings
from tests.app.configuration.sample import KEY

BRIDGE: Final = """\
    bridges:
      - program: gdx-counter
        service: registration
        case: "GDX {day}"
        ends_at: 2027-01-01
        addresses: [203.0.113.0/29]
        agents:
          - {name: gdx-system}
"""
AGENCY: Final = f"""\
format: 1
agencies:
  - code: employment
    name_th: สำนักงานจัดหางานตัวอย่าง
    name_en: Sample Employment Office
    kind: state
    services:
      - id: registration
        title_th: ขึ้นทะเบียน
        title_en: Registration
        purpose_th: เพื่อขึ้นทะเบียน
        purpose_en: To register you.
        law_th: มาตรา 1
        law_en: Section 1
        refusal_route_th: ที่สำนักงาน
        refusal_route_en: At the office
        retention_th: 1 ปี
        retention_en: 1 year
        minimum_ial: "2.1"
        minimum_aal: "2.1"
        consent_days: 365
        uses: 12
    programs:
      - id: gdx-counter
        name_th: โปรแกรมเดิม
        name_en: The old program
        grant_types: [client_credentials]
        scope: openid
        jwks:
          keys:
            - {{kty: EC, crv: P-256, x: {KEY["x"]}, y: {KEY["y"]}, kid: k1}}
        services: [registration]
"""
GRANT: Final = (
    "grant", "employment", "gdx-counter", "--service", "registration", "--case", "GDX {day}", "--until", "2026-12-31",
)  # fmt: skip


def idp(commands: typer.Typer, home: Path, *arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(commands, [*arguments, "--home", str(home)], input=text)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with the agency and its program."""
    home = tmp_path_factory.mktemp("bridge") / "home"

    async def make() -> None:
        async with open_ground(Settings(home=home)):
            pass

    asyncio.run(make())
    done = idp(apply, home, "-", text=AGENCY)
    assert done.exit_code == 0, done.stderr
    return home


def listed(home: Path) -> dict[str, object]:
    (line,) = idp(bridge, home, "list").stdout.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


async def entries(home: Path) -> str:
    async with open_ground(Settings(home=home)) as ground, ground.storage.reading() as uow:
        return "\n".join(bytes(row.canonical).decode() for row in await uow.all(select(audit_entry.c.canonical)))


def test_a_file_grants_and_a_command_issues_the_key(made: Path) -> None:
    whole = AGENCY + BRIDGE
    compared = idp(diff, made, "-", text=whole)
    assert compared.exit_code == 2, compared.stderr
    assert "+ bridge/gdx-counter" in compared.stdout
    assert idp(apply, made, "-", text=whole).exit_code == 0
    assert idp(apply, made, "-", text=whole).stdout == "no change\n"
    assert listed(made)["has_key"] is False
    issued = idp(bridge, made, "key", "gdx-counter").stdout
    lines = dict(line.split(": ") for line in issued.splitlines())
    assert set(lines) == {"Consumer-Key", "ConsumerSecret"}
    # told once: in no list, no file, no entry and not in the store
    exported = idp(export, made).stdout
    assert idp(diff, made, "-", text=exported).exit_code == 0
    store = b"".join(path.read_bytes() for path in made.iterdir() if path.name.startswith("store.db"))
    for secret in lines.values():
        assert secret not in exported + json.dumps(listed(made)) + asyncio.run(entries(made))
        assert secret.encode() not in store
    assert listed(made) | {"has_key": True} == listed(made)
    # another is another, and changed terms keep the key
    assert idp(bridge, made, "key", "gdx-counter").stdout != issued
    assert idp(apply, made, "-", text=whole.replace("203.0.113.0/29", "203.0.113.8/29")).exit_code == 0
    assert listed(made)["has_key"] is True


def test_a_command_grants_and_ends(made: Path) -> None:
    granted = idp(bridge, made, *GRANT, "--address", "203.0.113.7/32", "--agent", "gdx-system")
    assert granted.exit_code == 0, granted.stderr
    assert "ConsumerSecret: " in granted.stdout
    assert listed(made)["agents"] == [{"name": "gdx-system", "member": None}]
    assert idp(bridge, made, "end", "gdx-counter").stdout == "ended\n"
    assert idp(bridge, made, "end", "gdx-counter").exit_code == 1
    assert idp(bridge, made, "key", "gdx-counter").exit_code == 1
    again = idp(bridge, made, *GRANT, "--address", "203.0.113.7/32")
    assert (again.exit_code, "BRG-03" in again.stderr) == (1, True)
    # what is over is no part of another store
    assert "gdx-counter" not in idp(export, made).stdout.partition("bridges:")[2]
    said = asyncio.run(entries(made))
    for event in ("bridge.access_set", "bridge.key_issued", "bridge.access_ended"):
        assert event in said


@pytest.mark.parametrize(
    ("term", "other", "text"),
    [
        ("addresses: [203.0.113.0/29]", "addresses: []", "neither a certificate nor an address"),
        ("203.0.113.0/29", "0.0.0.0/0", "more than 65536 addresses"),
        ("203.0.113.0/29", "nowhere", "not a network"),
        ("name: gdx-system", 'name: "1234567890121"', "citizen number"),
        ("GDX {day}", "1-2345-67890-12-1", "the case"),
        ("case:", "cases:", "unknown key"),
        ("addresses: [203.0.113.0/29]", "certificate: short", "thumbprint"),
        ("- {name: gdx-system}", "- {name: gdx-system}\n          - {name: gdx-system}", "named twice"),
    ],
)
def test_what_no_access_can_say(made: Path, term: str, other: str, text: str) -> None:
    wrong = idp(apply, made, "-", text=AGENCY + BRIDGE.replace(term, other))
    assert wrong.exit_code == 1
    assert text in wrong.stderr
    assert wrong.stderr.startswith("line ")


def test_a_command_proposes_no_number(made: Path) -> None:
    """A proposal is kept in clear: what could be somebody's number is refused before there is one, and not repeated."""
    for number, arguments in (("1234567890121", ("--agent", "1234567890121")), ("1-2345-67890-12-1", ())):
        case = number if not arguments else "GDX"
        refused = idp(bridge, made, *GRANT, *arguments, "--address", "203.0.113.7/32", "--case", case)
        assert (refused.exit_code, "BRG-02" in refused.stderr) == (1, True)
        assert number not in refused.stderr


def test_where_two_people_decide_a_command_only_proposes(made: Path) -> None:
    async def propose() -> tuple[bool, bool]:
        async with opened(Settings(home=made)) as house, house.ground.storage.unit_of_work() as uow:
            desired = house.configurations.read(AGENCY + BRIDGE.replace("203.0.113.0/29", "203.0.113.64/29"))
            proposal = await house.configurations.propose_from_command_line(uow, desired)
            standing = {one.addresses for one in await house.bridges.all(uow)}
            return proposal is not None, ("203.0.113.64/29",) in standing

    assert asyncio.run(propose()) == (True, False)


def test_whose_program_and_service_and_for_how_long(made: Path) -> None:
    for term, other in (
        ("program: gdx-counter", "program: nobody"), ("service: registration", "service: nothing"),
        ("2027-01-01", "2031-01-01"),
    ):  # fmt: skip
        refused = idp(apply, made, "-", text=AGENCY + BRIDGE.replace(term, other))
        assert refused.exit_code == 1
        assert "BRG-02" in refused.stderr
