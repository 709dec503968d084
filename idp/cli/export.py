"""`idp export`: agencies, services, agreements and programs as a file that `idp apply` reads."""

from pathlib import Path
from typing import Annotated

import typer

from idp.app.configuration.standing import present_document
from idp.app.configuration.writing import write_configuration
from idp.cli.configuration import opened, run
from idp.settings import Settings

commands = typer.Typer(help="Agencies, services, agreements and programs as a file.", add_completion=False)


@commands.command()
def export(home: Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")] = None) -> None:
    """Print what stands, as YAML. No secret is in it, nor a digest of one.

    Exit 3 when the deployment cannot be used.
    """

    async def act(settings: Settings) -> str:
        async with opened(settings) as house, house.ground.storage.reading() as uow:
            return write_configuration(await present_document(uow))

    typer.echo(run(home, act), nl=False)
