"""`idp card insert|eject`: put an emulated card into a slot of the virtual reader; `idp doctor card`: what is wrong here."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from connectors.card.doctor import diagnose
from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from idp.app.places import desk_socket_of
from idp.settings import Settings

Slot = Literal["officer", "citizen"]
Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")]

commands = typer.Typer(help="The virtual reader's slots.", no_args_is_help=True)
doctor_commands = typer.Typer(help="What is wrong with this machine, and the cure.", no_args_is_help=True)


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


@doctor_commands.callback()
def _doctor() -> None:
    """What is wrong with this machine, and the cure."""


@doctor_commands.command("card")
def doctor_card() -> None:
    """Look at the smart card reader's stack. Exit 0 when nothing is wrong."""
    findings = diagnose()
    if not findings:
        typer.echo("the card reader's stack is in order")
        return
    table = Table("code", "what is wrong", "what to do")
    for finding in findings:
        table.add_row(str(finding.code), finding.problem, finding.cure)
    Console().print(table)
    raise typer.Exit(1)


def _command(home: Path | None, command: str) -> None:
    settings = Settings() if home is None else Settings(home=home)
    try:
        answer: dict[str, Any] = desk_command(desk_socket_of(settings.home), command)
    except DeskUnavailable as error:
        typer.echo("there is no virtual reader: is `make demo` running with this home folder?", err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(answer, ensure_ascii=False))
    if not answer.get("ok", False):
        raise typer.Exit(1)
