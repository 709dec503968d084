"""`idp apply FILE`: make agencies, services, agreements and programs as the file says."""

from pathlib import Path
from typing import Annotated

import typer

from idp.app.configuration.writing import write_changes
from idp.audit.model import SYSTEM
from idp.cli.configuration import opened, run, text_of
from idp.settings import Settings
from idp.storage.profile import Profile

commands = typer.Typer(help="Make agencies, services, agreements and programs as a file says.", add_completion=False)


@commands.command()
def apply(
    file: Annotated[Path, typer.Argument(help="YAML, as `idp export` writes it. - for standard input.")],
    home: Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")] = None,
) -> None:
    """Change what differs, all or nothing; the same file again changes nothing.

    In production nothing changes yet: one administrator of the platform takes the proposal up in the portal, another
    approves it. Exit 0 when it is done or proposed, 1 when it is refused, 3 when deployment or file cannot be used.
    """

    async def act(settings: Settings) -> str:
        text = text_of(file)
        async with opened(settings) as house, house.ground.storage.unit_of_work() as uow:
            desired = house.configurations.read(text)
            if settings.profile is not Profile.PRODUCTION:
                return write_changes(await house.configurations.apply(uow, desired, by=SYSTEM)) or "no change"
            proposal = await house.configurations.propose_from_command_line(uow, desired)
            return "no change" if proposal is None else f"proposed as {proposal.id}; two administrators approve it"

    typer.echo(run(home, act))
