"""`idp db …`: the schema of the store."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from idp.app.schema import current_revision, newest_revision, upgrade_schema
from idp.cli.deployment import settings_of
from idp.settings import Settings
from idp.storage.storage import open_engine

UP_TO_DATE, BEHIND, UNREADABLE = 0, 1, 2

commands = typer.Typer(help="The schema of the store.", no_args_is_help=True, add_completion=False)
Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")]


@commands.command()
def upgrade(home: Home = None) -> None:
    """Run every migration that has not run yet. Safe to run again. Exit 2 when the store cannot be reached."""
    before, after = _run(settings_of(home), upgrades=True)
    typer.echo(f"schema {before or 'empty'} -> {after}")


@commands.command()
def status(home: Home = None) -> None:
    """Say where the schema stands. Exit 0 up to date, 1 behind, 2 when the store cannot be reached."""
    present, _ = _run(settings_of(home), upgrades=False)
    typer.echo(f"schema {present or 'empty'}, newest {newest_revision()}")
    raise typer.Exit(UP_TO_DATE if present == newest_revision() else BEHIND)


def _run(settings: Settings, *, upgrades: bool) -> tuple[str | None, str | None]:
    try:
        return asyncio.run(_revisions(settings, upgrades=upgrades))
    except (SQLAlchemyError, OSError) as error:
        typer.echo(f"the store cannot be reached: {type(error).__name__}", err=True)
        raise typer.Exit(UNREADABLE) from error


async def _revisions(settings: Settings, *, upgrades: bool) -> tuple[str | None, str | None]:
    engine = open_engine(settings.store_url)
    try:
        async with engine.connect() as connection:
            before = await connection.run_sync(current_revision)
        if upgrades:
            await upgrade_schema(engine)
        async with engine.connect() as connection:
            return before, await connection.run_sync(current_revision)
    finally:
        await engine.dispose()
