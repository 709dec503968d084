"""Which deployment a command speaks of."""

from pathlib import Path

import typer
from pydantic import ValidationError

from idp.settings import Settings, said_of

UNREADABLE = 2


def settings_of(home: Path | None) -> Settings:
    """The settings of the deployment at `home`, None for `IDP_HOME`.

    What is wrong with them is said without their values, and ends the command with exit code 2: never with 1, by which
    commands say that the log was tampered with or the schema is behind.
    """
    try:
        return Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        typer.echo(said_of(error), err=True)
        raise typer.Exit(UNREADABLE) from error
