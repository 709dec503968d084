"""`idp papers`: how many papers each service did not ask for, by month."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from idp.agencies.store import find_all_services
from idp.cli.deployment import settings_of
from idp.exchange.papers import PaperCount, papers_counted
from idp.kernel.clock import SystemClock
from idp.settings import Settings
from idp.storage.storage import Storage, open_engine

UNREADABLE = 2

commands = typer.Typer(help="Papers that services did not ask for.", add_completion=False)


@commands.command()
def papers(
    service: Annotated[str | None, typer.Option("--service", help="One service alone.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
    home: Annotated[Path | None, typer.Option("--home", help="Home folder (default: IDP_HOME).")] = None,
) -> None:
    """Print the counts, the newest month first. Exit 2 when the store cannot be read."""
    try:
        counts = asyncio.run(_counts(settings_of(home), service))
    except (SQLAlchemyError, OSError, ValueError) as error:
        typer.echo(f"unreadable: {type(error).__name__}", err=True)
        raise typer.Exit(UNREADABLE) from error
    if as_json:
        typer.echo(json.dumps([asdict(count) for count in counts]))
        return
    for count in counts:
        typer.echo(f"{count.month}  {count.service_id:30} {count.dataset:20} {count.papers:8} papers")
    typer.echo(f"{sum(count.papers for count in counts)} papers that nobody was asked for")


async def _counts(settings: Settings, service: str | None) -> tuple[PaperCount, ...]:
    if not settings.home.is_dir():
        raise FileNotFoundError("there is no deployment")
    storage = Storage(open_engine(settings.store_url), SystemClock())
    try:
        async with storage.reading() as uow:
            known = [one.id for one in await find_all_services(uow) if service in (None, one.id)]
            return await papers_counted(uow, known)
    finally:
        await storage.close()
