"""`idp card …`: the hands of whoever explores the demonstration: cards in virtual readers, faces before a camera."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from connectors.fictitious.film import film_of
from connectors.fictitious.personas import PERSONAS
from idp.app.demo.stations import FIRST, KIOSK, STATIONS, agent_file_of
from idp.app.places import desk_socket_of

Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")]
AT_HOME = "home"
"""The reader of somebody at home; it is there while `idp card home` runs."""
READERS = (*(station.id for station in STATIONS), AT_HOME)
Station = Annotated[str, typer.Option("--station", help=f"Whose reader: {', '.join(READERS)}.")]

commands = typer.Typer(help="The virtual readers' slots.", no_args_is_help=True, add_completion=False)


@commands.command()
def insert(
    slot: Annotated[str, typer.Argument(help="officer or citizen")],
    persona: Annotated[str, typer.Argument(help="whose card: see `idp personas`")],
    fault: Annotated[str | None, typer.Argument(help="a fault to show, for example mute")] = None,
    station: Station = FIRST,
    home: Home = None,
) -> None:
    """Put a persona's card, or passport, into a slot."""
    _command(home, station, " ".join(word for word in ("insert", slot, persona, fault) if word))


@commands.command()
def eject(
    slot: Annotated[str, typer.Argument(help="officer or citizen")], station: Station = FIRST, home: Home = None
) -> None:
    """Take the card out of a slot."""
    _command(home, station, f"eject {slot}")


@commands.command()
def state(station: Station = FIRST, home: Home = None) -> None:
    """Say which cards are in."""
    _command(home, station, "state")


@commands.command()
def camera(persona: Annotated[str, typer.Argument(help="who stands before it")], home: Home = None) -> None:
    """Make a film of a persona, and say how Chromium takes it for its camera: for the kiosk."""
    if persona not in PERSONAS:
        typer.echo("there is no such persona; `idp personas` lists them", err=True)
        raise typer.Exit(1)
    film = _folder(home).resolve() / f"camera-{persona}.y4m"
    film.write_bytes(film_of(PERSONAS[persona].person))
    typer.echo(
        "chromium --user-data-dir=$(mktemp -d) --use-fake-ui-for-media-stream --use-fake-device-for-media-stream "
        f"--use-file-for-fake-video-capture={film}"
    )


@commands.command()
def kiosk(home: Home = None) -> None:
    """Show the code by which a browser becomes the kiosk's screen, at /kiosk."""
    _agent("--config", str(agent_file_of(_folder(home), KIOSK)), "kiosk")


@commands.command("home")
def at_home(code: Annotated[str, typer.Argument(help="as the page /enrol/reader shows it")], home: Home = None) -> None:
    """Read a card at home: waits for `idp card insert citizen PERSONA --station home`."""
    folder = _folder(home)
    try:
        issuer = str(json.loads(agent_file_of(folder, FIRST).read_bytes())["issuer"])
    except OSError as error:
        typer.echo("there is no demonstration: is `make demo` running with this home folder?", err=True)
        raise typer.Exit(2) from error
    _agent("home", code, "--issuer", issuer, "--desk-socket", str(desk_socket_of(folder, AT_HOME)), "--yes")


def _folder(home: Path | None) -> Path:
    if home is not None:
        return home
    # only here: reading the settings takes longer than putting a card in
    from idp.cli.deployment import settings_of

    return settings_of(None).home


def _agent(*arguments: str) -> None:
    """The card program itself, in this command's place: it is slow to load, and the other commands do without it."""
    agent = [sys.executable, "-m", "connectors.card.agent", *arguments]
    raise typer.Exit(subprocess.run(agent, check=False).returncode)  # noqa: S603 - our own module, our own interpreter


def _command(home: Path | None, station: str, command: str) -> None:
    if station not in READERS:
        typer.echo(f"there is no such station; there are: {', '.join(READERS)}", err=True)
        raise typer.Exit(1)
    folder = _folder(home)
    try:
        answer: dict[str, Any] = desk_command(desk_socket_of(folder, station), command)
    except DeskUnavailable as error:
        typer.echo("there is no virtual reader: is `make demo` running with this home folder?", err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(answer, ensure_ascii=False))
    if not answer.get("ok", False):
        raise typer.Exit(1)
