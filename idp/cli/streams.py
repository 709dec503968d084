"""`idp streams …`: what agencies' programs are told, and what is stuck on its way."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from idp.app.ground import open_ground
from idp.cli.deployment import settings_of
from idp.kernel.errors import TuatonError
from idp.notices.streams.delivery_store import stuck
from idp.notices.streams.rules import rfc3339
from idp.settings import Settings
from idp.storage.profile import OtherProfile

SOME_STUCK, UNUSABLE = 1, 2

commands = typer.Typer(help="What agencies' programs are told.", no_args_is_help=True, add_completion=False)


@commands.callback()
def streams() -> None:
    """What agencies' programs are told."""


@commands.command("list")
def list_stuck(
    minutes: Annotated[int, typer.Option("--stuck", help="Streams where something waits for more minutes.", min=0)],
    home: Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")] = None,
) -> None:
    """One JSON object a line: stream, client, method, status, failures in a row, how much waits and since when.

    Nothing of whom it is about. Exit 1 when there is any, 2 when the store cannot be used.
    """
    settings = settings_of(home)
    try:
        found = asyncio.run(_stuck(settings, timedelta(minutes=minutes)))
    except (OtherProfile, TuatonError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNUSABLE) from error
    except (SQLAlchemyError, OSError) as error:
        typer.echo(f"the store cannot be used: {type(error).__name__}", err=True)
        raise typer.Exit(UNUSABLE) from error
    for line in found:
        typer.echo(json.dumps(line))
    raise typer.Exit(SOME_STUCK if found else 0)


async def _stuck(settings: Settings, longer_than: timedelta) -> Sequence[dict[str, Any]]:
    async with open_ground(settings) as ground, ground.storage.reading() as uow:
        rows = await stuck(uow, since=uow.now - longer_than)
    return [
        {
            "stream": row.id,
            "client": row.client_id,
            "method": row.method,
            "status": row.status,
            "failures": row.failures,
            "waiting": row.waiting,
            "since": rfc3339(row.oldest),
        }
        for row in rows
    ]
