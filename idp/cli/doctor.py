"""`idp doctor …`: what is wrong with this machine, and the cure."""

import typer
from rich.console import Console
from rich.table import Table

from connectors.card.doctor import diagnose

commands = typer.Typer(
    help="What is wrong with this machine, and the cure.", no_args_is_help=True, add_completion=False
)


@commands.callback()
def _doctor() -> None:
    """What is wrong with this machine, and the cure."""


@commands.command("card")
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
