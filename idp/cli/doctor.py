"""`idp doctor …`: what is wrong with this machine, and the cure."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from connectors.card.doctor import diagnose, try_cards
from connectors.contracts.errors import CardError, CardFault
from idp.audit.store import TIMESTAMP, testimony_owed_since
from idp.cli.deployment import UNREADABLE, settings_of
from idp.kernel.clock import SystemClock
from idp.keys.audit_seals import WitnessKey
from idp.settings import Settings
from idp.storage.storage import Storage, open_engine
from idp.web.errors import ProblemCatalogue

TESTIMONY_MAY_TAKE: Final = timedelta(minutes=5)
"""Those outside are asked every half minute; one that is away for a moment is no finding."""

commands = typer.Typer(
    help="What is wrong with this machine or its deployment, and the cure.", no_args_is_help=True, add_completion=False
)


@commands.callback()
def _doctor() -> None:
    """What is wrong with this machine or its deployment, and the cure."""


@commands.command("audit")
def doctor_audit(
    home: Annotated[
        Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")
    ] = None,
) -> None:
    """Look whether those outside testify to the log's checkpoints. Exit 0 when they do, 1 when not, 2 without a log."""
    settings = settings_of(home)
    outside = _outside_of(settings)
    if not outside:
        typer.echo("the settings name nobody outside who testifies to the log")
        return
    try:
        owed = asyncio.run(_owed(settings, tuple(outside)))
    except (SQLAlchemyError, OSError) as error:
        typer.echo(f"there is no log that can be read: {type(error).__name__}", err=True)
        raise typer.Exit(UNREADABLE) from error
    rows = [(f"{by}: nothing since {since:%Y-%m-%d %H:%M} UTC", outside[by]) for by, since in owed.items()]
    if not rows:
        typer.echo("those outside testify to the log: " + ", ".join(outside))
        return
    _say("what is wrong", "what to do", rows=rows)


def _outside_of(settings: Settings) -> Mapping[str, str]:
    """Who testifies, and what to look at when one does not."""
    look = "See that the worker runs and gets an answer from {url}; its log says why not (job audit.testify)."
    outside = {}
    if settings.audit_timestamps:
        outside[TIMESTAMP] = look.format(url=settings.tsa_url)
    if settings.audit_witness_url:
        ahead = " `audit.witness_ahead` there: this store is older than what the witness saw, find out why first."
        outside[WitnessKey(settings.audit_witness_key).name] = look.format(url=settings.audit_witness_url) + ahead
    return outside


async def _owed(settings: Settings, outside: tuple[str, ...]) -> Mapping[str, datetime]:
    """Who owes a word for longer than it may take, and since when."""
    clock = SystemClock()
    storage = Storage(open_engine(settings.store_url), clock)
    try:
        async with storage.reading() as uow:
            owed = {by: await testimony_owed_since(uow, by) for by in outside}
    finally:
        await storage.close()
    latest = clock.now() - TESTIMONY_MAY_TAKE
    return {by: since for by, since in owed.items() if since is not None and since < latest}


@commands.command("card")
def doctor_card(
    *, read: Annotated[bool, typer.Option(help="read the cards that are in, and keep nothing of them")] = False
) -> None:
    """Look at the smart card reader's stack, and with --read at the cards in it. Exit 0 when nothing is wrong."""
    rows = [(str(finding.code), finding.problem, finding.cure) for finding in diagnose()]
    if read:
        rows += _rows_of_cards()
    if not rows:
        typer.echo("the card reader's stack is in order")
        return
    _say("code", "what is wrong", "what to do", rows=rows)


def _rows_of_cards() -> list[tuple[str, str, str]]:
    try:
        tried = try_cards()
    except CardError:
        return []  # the stack itself is at fault, and named already
    return [_row(reader, fault) for reader, fault in tried.items() if fault is not None]


def _row(reader: str, fault: CardFault) -> tuple[str, str, str]:
    text = ProblemCatalogue().text(fault)
    return fault.value, f"{reader}\n{text.text_th}\n{text.text_en}", f"{text.next_th}\n{text.next_en}"


def _say(*headings: str, rows: Sequence[tuple[str, ...]]) -> NoReturn:
    table = Table(*headings)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    raise typer.Exit(1)
