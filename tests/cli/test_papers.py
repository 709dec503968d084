"""`idp papers`: the counts of services that are registered, and nothing of an unreadable store."""

import asyncio
import json
from pathlib import Path

from sqlalchemy import insert
from typer.testing import CliRunner

from idp.agencies.service import Agencies
from idp.agencies.store import find_all_services
from idp.app.ground import open_ground
from idp.app.issuer_agency import ensure_issuer_agency
from idp.cli.papers import commands
from idp.exchange.papers import paper_count
from idp.settings import Settings


async def counted(home: Path) -> str:
    """A store in which one registered service and an unknown one have counts; gives the registered one."""
    async with open_ground(Settings(home=home)) as ground:
        await ensure_issuer_agency(ground.storage, Agencies(audit=ground.audit, randomness=ground.randomness))
        async with ground.storage.unit_of_work() as uow:
            service_id = str((await find_all_services(uow))[0].id)
            rows = [
                {"service_id": name, "month": "2026-11", "dataset": "dopa.person", "releases": 2, "papers": 4}
                for name in (service_id, "unknown")
            ]
            await uow.execute(insert(paper_count), rows)
    return service_id


def test_the_operator_reads_the_counts_of_registered_services(tmp_path: Path) -> None:
    service_id = asyncio.run(counted(tmp_path / "home"))
    ended = CliRunner().invoke(commands, ["--json", "--home", str(tmp_path / "home")])
    (count,) = json.loads(ended.output)
    assert (count["service_id"], count["papers"], count["releases"]) == (service_id, 4, 2)
    said = CliRunner().invoke(commands, ["--service", service_id, "--home", str(tmp_path / "home")])
    assert "4 papers that nobody was asked for" in said.output


def test_an_unreadable_store_is_said_to_be_one(tmp_path: Path) -> None:
    assert CliRunner().invoke(commands, ["--home", str(tmp_path / "none")]).exit_code == 2
