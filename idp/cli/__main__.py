"""`idp`: the table of all commands. A command is imported when it is called, so that small ones start at once."""

import importlib
import logging
import sys

import typer

COMMANDS = {
    "apply": "Make agencies, seats, services, agreements and programs as a file says.",
    "audit": "The tamper-evident log: verify, checkpoint; key, prove, export, check.",
    "bootstrap": "The first two administrators of an empty deployment.",
    "bridge": "Programs written for GDX: grant, key, list, end.",
    "bench-seed": "A store to measure speed on, and the sessions for it.",
    "card": "The virtual readers: insert, eject, state; kiosk, camera, home.",
    "client": "The programs of agencies: invite.",
    "db": "The schema of the store: upgrade, status.",
    "demo": "Everything on this machine, and the whole journey.",
    "diff": "What a file of agencies, services, agreements and programs would change.",
    "doctor": "What is wrong with this machine, and the cure.",
    "document": "Sealed documents: verify.",
    "evidence": "Everything that stands for one disclosure, as one signed bundle.",
    "export": "Agencies, services, agreements and programs as a file.",
    "fido-metadata": "The catalogue of authenticator models: check and install.",
    "keys": "Signing keys and root keys: list, replace, next root.",
    "member": "The members of agencies: invite.",
    "onboarding": "Applications of agencies: export one for the archive.",
    "papers": "Papers that services did not ask for: counts by month.",
    "personas": "The fictitious people of the demonstration.",
    "pull": "One data set from the exchange, for programs without DPoP.",
    "registry": "What the population register says of its own accord: notices.",
    "serve": "Open doors and run the worker.",
    "streams": "What agencies' programs are told: list what is stuck.",
}
"""Name to summary; each is the module `idp.cli.NAME` (`_` for `-`), whose `commands` is a typer application."""

USAGE_ERROR = 2


def main() -> None:
    """Run one command. HTTP client libraries stay silent: their lines would hold addresses with numbers in them."""
    for library in ("httpx2", "httpcore2"):
        logging.getLogger(library).setLevel(logging.ERROR)
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in COMMANDS:
        commands: typer.Typer = importlib.import_module(f"idp.cli.{name.replace('-', '_')}").commands
        commands(args=sys.argv[2:], prog_name=f"idp {name}")
        return
    asked = name in ("--help", "-h", "help")
    table = "\n".join(f"  {known:10} {summary}" for known, summary in COMMANDS.items())
    typer.echo(f"Usage: idp COMMAND …   (idp COMMAND --help)\n\n{table}", err=not asked)
    sys.exit(0 if asked else USAGE_ERROR)


if __name__ == "__main__":
    main()
