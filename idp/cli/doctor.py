"""`idp doctor …`: what is wrong with this machine, and the cure."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from connectors.card.doctor import diagnose, try_cards
from connectors.contracts.errors import CardError, CardFault
from idp.web.errors import ProblemCatalogue

commands = typer.Typer(
    help="What is wrong with this machine, and the cure.", no_args_is_help=True, add_completion=False
)


@commands.callback()
def _doctor() -> None:
    """What is wrong with this machine, and the cure."""


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
    table = Table("code", "what is wrong", "what to do")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    raise typer.Exit(1)


def _rows_of_cards() -> list[tuple[str, str, str]]:
    try:
        tried = try_cards()
    except CardError:
        return []  # the stack itself is at fault, and named already
    return [_row(reader, fault) for reader, fault in tried.items() if fault is not None]


def _row(reader: str, fault: CardFault) -> tuple[str, str, str]:
    text = ProblemCatalogue().text(fault)
    return fault.value, f"{reader}\n{text.text_th}\n{text.text_en}", f"{text.next_th}\n{text.next_en}"
