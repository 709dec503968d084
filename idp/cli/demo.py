"""`idp demo`: everything on this machine, then the whole journey, then open doors to explore by hand."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from idp.cli.demo_guide import show_doors
from idp.cli.demo_home import FolderRefused, taken
from idp.cli.demo_stack import Plan, bring_home, start_everything, start_other_stations
from idp.cli.processes import ChildFailed, PortInUse, Processes, check_ports
from idp.settings import DEFAULT_HOME, said_of

commands = typer.Typer(add_completion=False)

INTERRUPTED = 130

console = Console(highlight=False)


@commands.command()
def demo(
    port_base: Annotated[
        int, typer.Option(min=1, max=65_525, help="First port: provider; gateway, portal, simulators follow.")
    ] = 8000,
    out: Annotated[Path | None, typer.Option(help="Folder for what the journey brings home.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the journey.")] = False,
    card: Annotated[str, typer.Option(help="auto, memory, pcsc, or real for this machine's own reader.")] = "auto",
) -> None:
    """Run the demonstration. Exit 0 only if every step of the journey held."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        plan = _plan(out, port_base, card)
        check_ports(plan.ports)
        with taken(plan.home, plan.out):
            held = _demonstrate(plan, once=once)
    except PortInUse as busy:
        _stop(str(busy), f"{busy.cure}: make demo PORT_BASE=9000 OUT=another-folder")
    except FolderRefused as refused:
        _stop(refused.problem, refused.cure)
    except ChildFailed as failed:
        _stop(f"{failed.name} ended by itself.", f"read {failed.log}\n{failed.last_lines}")
    except ValidationError as error:
        _stop(f"a setting cannot be used: {said_of(error)}", "take it out of the environment (IDP_…), or mend it")
    except KeyboardInterrupt:
        console.print("\nหยุดแล้ว · stopped")
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(0 if held else 1)


def _demonstrate(plan: Plan, *, once: bool) -> bool:
    with Processes(logs=plan.home / "logs") as processes:
        held = _run(plan, processes)
        if not once:
            start_other_stations(plan, processes)
            asyncio.run(show_doors(plan, console))
            _wait_for_interrupt(processes)
    # the worker signs what is left when it is told to stop: only now is the newest checkpoint the last one
    if not bring_home(plan):
        _stop("no checkpoint of the log was signed.", f"read {plan.home / 'logs' / 'house.log'}")
    return held


def _run(plan: Plan, processes: Processes) -> bool:
    """Start everything in order, then let the personas walk; True when every step held."""
    with console.status("กำลังเริ่มระบบ · starting") as status:
        endpoints = start_everything(plan, processes, say=status.update)
    console.print(f"เครื่องอ่านบัตร · card reader: [bold]{endpoints['card_stack']}[/bold]")
    journey = [sys.executable, "-m", "relying_party_demo.journey", "--endpoints", str(plan.out / "endpoints.json")]
    walked = subprocess.run(  # noqa: S603 - our own module under our own interpreter
        [*journey, "--out", str(plan.out)], check=False, env={**os.environ, **plan.environment}
    )
    processes.check()
    return walked.returncode == 0


def _wait_for_interrupt(processes: Processes) -> None:
    try:
        while True:
            time.sleep(1)
            processes.check()
    except KeyboardInterrupt:
        console.print("\nกำลังหยุด · stopping")


def _plan(out: Path | None, port_base: int, card: str) -> Plan:
    if card not in ("auto", "memory", "pcsc", "real"):
        _stop(f"CARD={card} is not known.", "choose auto, memory, pcsc or real")
    home = Path(os.environ.get("IDP_HOME", DEFAULT_HOME)).resolve()
    if out is not None:
        return Plan(out=out.resolve(), home=out.resolve() / "store", port_base=port_base, card=card)
    return Plan(out=home / "out", home=home, port_base=port_base, card=card)


def _stop(problem: str, cure: str) -> NoReturn:
    console.print(f"[bold red]หยุด · stopped:[/bold red] {problem}\n  ทำอย่างไร · what to do: {cure}")
    raise typer.Exit(2)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
