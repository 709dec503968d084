"""`idp personas`: the fictitious people of the demonstration."""

import typer
from rich.console import Console
from rich.table import Table

from connectors.card.epassport.mrz import LINE
from connectors.card.virtual.passports import mrz_lines
from connectors.fictitious.personas import PASSPORT_PERSONAS, PERSONAS

commands = typer.Typer(add_completion=False)


@commands.command()
def personas() -> None:
    """List the fictitious people whose cards the virtual reader knows; of passports, the line that opens the chip."""
    table = Table("key", "name", "who")
    for persona in PERSONAS.values():
        table.add_row(persona.key, persona.person.name_th.full(), f"{persona.label_th}\n{persona.label_en}")
    for foreigner in PASSPORT_PERSONAS.values():
        name = f"{foreigner.data.given_names} {foreigner.data.surname}".title()
        printed = mrz_lines(foreigner.data)[LINE:]
        table.add_row(foreigner.key, name, f"{foreigner.label_th}\n{foreigner.label_en}\n{printed}")
    Console().print(table)
