"""`idp diff FILE`: what `idp apply FILE` would change."""

import json
from pathlib import Path
from typing import Annotated

import typer

from idp.app.configuration.model import Change
from idp.app.configuration.writing import changes_to_json, write_changes
from idp.cli.configuration import CHANGED, opened, run, text_of
from idp.settings import Settings

commands = typer.Typer(
    help="What a file of agencies, services, agreements and programs would change.", add_completion=False
)


@commands.command()
def diff(
    file: Annotated[Path, typer.Argument(help="YAML, as `idp export` writes it. - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    home: Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")] = None,
) -> None:
    """Say what would change; nothing does.

    Exit 0 when nothing would, 2 when something would, 1 when the file is wrong, 3 when the deployment or the file
    cannot be used.
    """

    async def act(settings: Settings) -> tuple[Change, ...]:
        text = text_of(file)
        async with opened(settings) as house, house.ground.storage.reading() as uow:
            return await house.configurations.changes(uow, house.configurations.read(text))

    changes = run(home, act)
    if as_json:
        typer.echo(json.dumps(changes_to_json(changes), ensure_ascii=False, indent=2))
    else:
        typer.echo(write_changes(changes) or "no change")
    if changes:
        raise typer.Exit(CHANGED)
