"""`idp serve`: open doors and run the worker, all in one process or each in its own."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from pydantic import ValidationError

from connectors.contracts.errors import ConnectorError
from idp.app.serving import Part
from idp.app.serving import serve as serve_parts
from idp.settings import Settings, said_of
from idp.storage.profile import OtherProfile, Profile

commands = typer.Typer(add_completion=False)


@commands.command()
def serve(
    profile: Annotated[Profile | None, typer.Option(help="How this deployment is set up.")] = None,
    only: Annotated[list[Part] | None, typer.Option(help="Run only this part; may be given more than once.")] = None,
    issuer: Annotated[str | None, typer.Option(help="The issuer's address.")] = None,
    listen: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    home: Annotated[Path | None, typer.Option(help="Home folder (default: IDP_HOME).")] = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are finished first."""
    log_as_json_lines()
    given: dict[str, Any] = {"profile": profile, "issuer": issuer, "listen": listen, "home": home}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        asyncio.run(serve_parts(settings, only or list(Part)))
    except ValidationError as error:
        typer.echo(said_of(error), err=True)
        raise typer.Exit(2) from error
    except (OtherProfile, ConnectorError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def log_as_json_lines() -> None:
    """One JSON object a line, with level and UTC time: for machines to read."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ]
    )
