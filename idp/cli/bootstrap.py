"""`idp bootstrap`: the first two administrators of an empty deployment."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.thai_dates import PartialDate
from idp.app.bootstrap import LINK_LIFE, FirstAgency, NotEmpty, NotTwoPersons, bootstrap
from idp.app.serving import Part, open_house
from idp.cli.deployment import settings_of
from idp.kernel.errors import TuatonError
from idp.settings import Settings
from idp.storage.profile import OtherProfile
from idp.subscribers.model import Identity

REFUSED, UNUSABLE = 1, 2

commands = typer.Typer(help="The first two administrators of an empty deployment.", add_completion=False)


@commands.command()
def make(
    people: Annotated[
        Path,
        typer.Argument(help="JSON: two of citizen_id, name_th, name_en (4 parts each), birth_date, sex."),
    ],
    code: Annotated[str, typer.Option("--agency", help="Code of their agency, for example registration-office.")],
    name_th: Annotated[str, typer.Option("--name-th", help="Its name in Thai.")],
    name_en: Annotated[str, typer.Option("--name-en", help="Its name in English.")],
    home: Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")] = None,
) -> None:
    """Print a one-use link for each, once. `-` reads the people from standard input, so that no file holds them.

    Exit 1 when the deployment has its first administrators, 2 when the input or the store cannot be used.
    """
    settings = settings_of(home)
    try:
        text = sys.stdin.read() if str(people) == "-" else people.read_text("utf-8")
        persons = [_identity(one) for one in json.loads(text)]
        links = asyncio.run(_bootstrap(settings, FirstAgency(code, name_th, name_en), persons))
    except (NotEmpty, TuatonError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error
    except (NotTwoPersons, OtherProfile) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNUSABLE) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # the class alone: the text would repeat somebody's data
        typer.echo(f"the people cannot be read: {type(error).__name__}", err=True)
        raise typer.Exit(UNUSABLE) from error
    except (SQLAlchemyError, OSError) as error:
        typer.echo(f"the store or the file cannot be used: {type(error).__name__}", err=True)
        raise typer.Exit(UNUSABLE) from error
    for link in links:
        typer.echo(link)
    hours = int(LINK_LIFE.total_seconds() // 3600)
    typer.echo(f"In the order of the people; each good once, for {hours} hours, on the own device.", err=True)


async def _bootstrap(settings: Settings, agency: FirstAgency, people: list[Identity]) -> tuple[str, ...]:
    # no documents are made here: what seals them need not be reachable
    async with open_house(settings, (Part.PORTAL,)) as rooms:
        return await bootstrap(rooms, settings, agency=agency, people=people)


def _identity(one: dict[str, Any]) -> Identity:
    sex = one["sex"]
    if sex not in ("1", "2"):
        raise ValueError("sex")
    return Identity(
        citizen_id=CitizenId.parse(one["citizen_id"]),
        name_th=PersonName(*one["name_th"]),
        name_en=PersonName(*one["name_en"]),
        birth_date=PartialDate.parse_be(one["birth_date"]),
        sex=sex,
    )
