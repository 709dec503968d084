"""`idp`: the table of all commands."""

import logging

import typer

from idp.cli import audit, card, demo, document, personas, serve

commands = typer.Typer(
    name="idp",
    help="Tuaton: a National Digital ID. Identity provider, data exchange, secured documents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
commands.command("serve")(serve.serve)
commands.command("demo")(demo.demo)
commands.command("personas")(personas.personas)
commands.add_typer(audit.commands, name="audit")
commands.add_typer(card.commands, name="card")
commands.add_typer(card.doctor_commands, name="doctor")
commands.add_typer(document.commands, name="document")


def main() -> None:
    """Run one command. HTTP client libraries stay silent: their lines would hold addresses with numbers in them."""
    for library in ("httpx2", "httpcore2"):
        logging.getLogger(library).setLevel(logging.ERROR)
    commands()


if __name__ == "__main__":
    main()
