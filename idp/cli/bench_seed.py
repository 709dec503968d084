"""`idp bench-seed`: a store to measure on, and the files with which a load generator signs in."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from idp.app.bench.story import AlreadySeeded, Seeded, seed
from idp.app.serving import open_house
from idp.settings import Settings, said_of
from idp.storage.profile import OtherProfile, Profile

commands = typer.Typer(add_completion=False)


@commands.command()
def bench_seed(
    out: Annotated[Path, typer.Option(help="Folder for client.json and cookies.json; made if it is not there.")],
    home: Annotated[Path | None, typer.Option(help="Home folder (default: IDP_HOME).")] = None,
) -> None:
    """Fill an empty store of the bench profile: schema, a client, 64 people signed in who have consented.

    The store is that of IDP_DATABASE_URL, or a SQLite file in the home folder; `idp serve --profile bench` must be
    given the same two. client.json holds the client's secret, cookies.json the sessions: nobody else may read them.
    """
    given: dict[str, Any] = {"profile": Profile.BENCH} | ({} if home is None else {"home": home})
    try:
        settings = Settings(**given)
        seeded = asyncio.run(_seed(settings))
        _write(out, seeded)
    except ValidationError as error:
        typer.echo(said_of(error), err=True)
        raise typer.Exit(2) from error
    except (OtherProfile, AlreadySeeded, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


async def _seed(settings: Settings) -> Seeded:
    async with open_house(settings) as rooms:
        return await seed(rooms, gateway=settings.gateway_url)


def _write(out: Path, seeded: Seeded) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, content in (("client.json", seeded.client), ("cookies.json", seeded.cookies)):
        path = out / name
        path.unlink(missing_ok=True)  # an older one may be readable to others
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=1), "utf-8")
