"""`idp card insert|eject|state`: emulated cards in the slots of the virtual reader."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from idp.app.places import desk_socket_of
from idp.cli.deployment import settings_of

Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")]

commands = typer.Typer(help="The virtual reader's slots.", no_args_is_help=True, add_completion=False)


@commands.command()
def insert(
    slot: Annotated[str, typer.Argument(help="officer or citizen")],
    persona: Annotated[str, typer.Argument(help="whose card: see `idp personas`")],
    fault: Annotated[str | None, typer.Argument(help="a fault to show, for example mute")] = None,
    home: Home = None,
) -> None:
    """Put a persona's card into a slot."""
    _command(home, " ".join(word for word in ("insert", slot, persona, fault) if word))


@commands.command()
def eject(slot: Annotated[str, typer.Argument(help="officer or citizen")], home: Home = None) -> None:
    """Take the card out of a slot."""
    _command(home, f"eject {slot}")


@commands.command()
def state(home: Home = None) -> None:
    """Say which cards are in."""
    _command(home, "state")


def _command(home: Path | None, command: str) -> None:
    settings = settings_of(home)
    try:
        answer: dict[str, Any] = desk_command(desk_socket_of(settings.home), command)
    except DeskUnavailable as error:
        typer.echo("there is no virtual reader: is `make demo` running with this home folder?", err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(answer, ensure_ascii=False))
    if not answer.get("ok", False):
        raise typer.Exit(1)
