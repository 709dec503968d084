"""`idp personas`: the fictitious people of the demonstration."""

import typer
from rich.console import Console
from rich.table import Table

from connectors.fictitious.personas import PERSONAS

commands = typer.Typer(add_completion=False)


@commands.command()
def personas() -> None:
    """List the fictitious people whose cards the virtual reader knows."""
    table = Table("key", "name", "who")
    for persona in PERSONAS.values():
        table.add_row(persona.key, persona.person.name_th.full(), f"{persona.label_th}\n{persona.label_en}")
    Console().print(table)
