"""`idp registry …`: what the population register says of its own accord."""

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry_notices import RegistryEvent, RegistryNotice
from idp.app.ground import open_ground
from idp.cli.deployment import settings_of
from idp.kernel.errors import TuatonError
from idp.settings import Settings
from idp.storage.profile import OtherProfile
from idp.subscribers.registry_notices import NoticeIntake
from idp.subscribers.service import Subscribers

SOME_UNREADABLE, UNUSABLE = 1, 2
TAKEN_BEFORE = "taken_before"
_NUMBER = re.compile(r"[!-~]{1,100}")

commands = typer.Typer(help="What the population register says.", no_args_is_help=True, add_completion=False)


@commands.callback()
def registry() -> None:
    """What the population register says of its own accord."""


@commands.command()
def notices(
    file: Annotated[Path, typer.Argument(help="One JSON object a line: number, event, citizen_id, on. - for stdin.")],
    home: Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")] = None,
) -> None:
    """Take notices of deaths and cancelled numbers: each suspends an identity, once, whatever is sent again.

    Prints how many did what, and no data. Exit 1 when a line could not be read (its number is said; the others are
    taken), 2 when the file or the store cannot be used.
    """
    settings = settings_of(home)
    try:
        lines = (sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")).splitlines()
        read = [(number, _notice(line)) for number, line in enumerate(lines, 1) if line.strip()]
        outcomes = asyncio.run(_take(settings, [notice for _, notice in read if notice is not None]))
    except OtherProfile as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNUSABLE) from error
    except TuatonError as error:
        # the store went away in the middle: what was taken is taken, and the same file again does the rest
        typer.echo(str(error), err=True)
        raise typer.Exit(UNUSABLE) from error
    except (SQLAlchemyError, OSError, UnicodeDecodeError) as error:
        typer.echo(f"the file or the store cannot be used: {type(error).__name__}", err=True)
        raise typer.Exit(UNUSABLE) from error
    typer.echo(json.dumps(outcomes, sort_keys=True))
    unreadable = [number for number, notice in read if notice is None]
    if unreadable:
        typer.echo(f"lines that cannot be read: {', '.join(map(str, unreadable))}", err=True)
        raise typer.Exit(SOME_UNREADABLE)


async def _take(settings: Settings, waiting: Sequence[RegistryNotice]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    async with open_ground(settings) as ground:
        subscribers = Subscribers(personal=ground.personal, blind_index=ground.blind_index, audit=ground.audit)
        intake = NoticeIntake(storage=ground.storage, subscribers=subscribers, audit=ground.audit)
        for notice in waiting:
            outcome = await intake.take(notice)
            counted[TAKEN_BEFORE if outcome is None else outcome.value] += 1
    return dict(counted)


def _notice(line: str) -> RegistryNotice | None:
    try:
        said = json.loads(line)
        number = said["number"]
        # by its number a notice is known: one without would be taken for another one, and stop nobody
        if not isinstance(number, str) or _NUMBER.fullmatch(number) is None:
            return None
        return RegistryNotice(
            number=number,
            event=RegistryEvent(said["event"]),
            citizen_id=CitizenId.parse(said["citizen_id"]),
            on=date.fromisoformat(said["on"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
