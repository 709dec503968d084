"""`idp personas`: the fictitious people of the demonstration."""

from rich.console import Console
from rich.table import Table

from connectors.fictitious.personas import PERSONAS


def personas() -> None:
    """List the fictitious people whose cards the virtual reader knows."""
    table = Table("key", "name", "who")
    for persona in PERSONAS.values():
        table.add_row(persona.key, persona.person.name_th.full(), f"{persona.label_th}\n{persona.label_en}")
    Console().print(table)


