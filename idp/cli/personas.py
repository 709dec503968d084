"""`idp personas`: the fictitious people of the demonstration, and what to try with each."""

import typer
from rich.console import Console

from connectors.card.epassport.mrz import LINE
from connectors.card.virtual.passports import mrz_lines
from connectors.fictitious.personas import PASSPORT_PERSONAS, PERSONAS
from idp.app.demo.tryouts import TRYOUTS

commands = typer.Typer(add_completion=False)


@commands.command()
def personas() -> None:
    """List the fictitious people and what to try with each; of passports, the line that opens the chip."""
    console = Console(highlight=False)
    for key in (*PERSONAS, *PASSPORT_PERSONAS):
        say_persona(console, key)


def say_persona(console: Console, key: str) -> None:
    """Who this is and what to try; lines that are to be typed or read off stay whole."""
    console.print(_who(key), soft_wrap=True)
    tryout = TRYOUTS[key]
    console.print(f"  {tryout.th}\n  {tryout.en}", style="dim", soft_wrap=True)
    for command in tryout.commands:
        console.print(f"  $ {command}", soft_wrap=True)


def _who(key: str) -> str:
    if key in PERSONAS:
        persona = PERSONAS[key]
        return f"[bold]{key}[/bold]  {persona.person.name_th.full()}  {persona.label_th} · {persona.label_en}"
    foreigner = PASSPORT_PERSONAS[key]
    name = f"{foreigner.data.given_names} {foreigner.data.surname}".title()
    printed = mrz_lines(foreigner.data)[LINE:]
    return f"[bold]{key}[/bold]  {name}  {foreigner.label_th} · {foreigner.label_en}\n  {printed}"
