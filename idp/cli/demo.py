"""`idp demo`: everything on this machine, then the whole journey, then open doors to explore by hand."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from connectors.fictitious.personas import PERSONAS
from idp.app.demo.people import CITIZENS, STAFF, passkey_link
from idp.app.demo.story import STATION, Addresses, link_url, prepare_story, told_to_strangers
from idp.app.serving import open_house
from idp.cli.audit import newest_checkpoint_of
from idp.cli.processes import Child, ChildFailed, PortInUse, Processes, check_ports
from idp.settings import DEFAULT_HOME, Settings
from idp.storage.profile import Profile

commands = typer.Typer(add_completion=False)

MARK = ".tuaton-demonstration"
AGENT_SECONDS = 30.0

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where this demonstration keeps things and where it listens."""

    out: Path
    home: Path
    port_base: int
    card: str

    @property
    def addresses(self) -> Addresses:
        """The programs beside the doors."""
        return Addresses(
            simulators=f"http://127.0.0.1:{self.port_base + 3}", jobs=f"http://jobs.localhost:{self.port_base + 10}"
        )

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port that must be free."""
        return tuple(self.port_base + offset for offset in (0, 1, 2, 3, 10))

    @property
    def settings(self) -> Settings:
        """The deployment, in the embedded profile."""
        simulators = self.addresses.simulators
        return Settings(
            profile=Profile.EMBEDDED,
            home=self.home,
            issuer=f"http://id.localhost:{self.port_base}",
            gateway_url=f"http://data.localhost:{self.port_base + 1}",
            portal_url=f"http://portal.localhost:{self.port_base + 2}",
            card_status_url=simulators,
            gdx_url=simulators,
            certificate_authority_url=f"{simulators}/ca",
            tsa_url=f"{simulators}/tsa",
        )


@commands.command()
def demo(
    port_base: Annotated[int, typer.Option(help="First port: provider; gateway, portal, simulators follow.")] = 8000,
    out: Annotated[Path | None, typer.Option(help="Folder for what the journey brings home.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the journey.")] = False,
    card: Annotated[str, typer.Option(help="auto, memory, or real for this machine's own reader.")] = "auto",
) -> None:
    """Run the demonstration. Exit 0 only if every step of the journey held."""
    signal.signal(signal.SIGTERM, _interrupt)
    plan = _plan(out, port_base, card)
    try:
        check_ports(plan.ports)
    except PortInUse as busy:
        _stop(
            f"port {busy.port} is in use.", "end the program that uses it, or choose others: make demo PORT_BASE=9000"
        )
    _empty_home(plan.home)
    try:
        with Processes(logs=plan.home / "logs") as processes:
            held = _run(plan, processes)
            if not once:
                asyncio.run(_show_doors(plan))
                _wait_for_interrupt(processes)
    except ChildFailed as failed:
        _stop(f"{failed.name} ended by itself.", f"read {failed.log}\n{failed.last_lines}")
    # the worker signs what is left when it is told to stop: only now is the newest checkpoint the last one
    _bring_home(plan)
    raise typer.Exit(0 if held else 1)


def _run(plan: Plan, processes: Processes) -> bool:
    """Start everything in order, then let the personas walk; True when every step held."""
    settings = plan.settings
    python = sys.executable
    with console.status("กำลังเริ่มระบบ · starting") as status:
        status.update("ทะเบียนจำลอง · simulated registries")
        simulators = [python, "-m", "connectors.simulators", "--port", str(plan.port_base + 3)]
        home = str(plan.home / "simulators")
        processes.start(Child("simulators", [*simulators, "--home", home], {}, plan.port_base + 3))
        status.update("หน่วยงานและบุคคลสมมติ · fictitious agencies and people")
        asyncio.run(_prepare(plan))
        status.update("ผู้ให้บริการ เกตเวย์ ระบบงานเจ้าหน้าที่ · provider, gateway, portal, worker")
        environment = _environment(settings)
        processes.start(Child("house", [python, "-m", "idp.cli", "serve"], environment, plan.port_base))
        status.update("เครื่องอ่านบัตร · card reader")
        agent = [python, "-m", "connectors.card.agent", "--config", str(plan.home / "agent" / "station.json")]
        processes.start(Child("agent", agent, {}, None))
        status.update("บริการของหน่วยงาน · the agency's program")
        jobs = [python, "-m", "relying_party_demo.jobs", "--config", str(plan.home / "agencies" / "jobs.json")]
        processes.start(Child("jobs", [*jobs, "--port", str(plan.port_base + 10)], {}, plan.port_base + 10))
        endpoints = asyncio.run(_wait_for_agent(plan, processes))
    plan.out.mkdir(parents=True, exist_ok=True)
    (plan.out / "endpoints.json").write_text(json.dumps(endpoints, ensure_ascii=False, indent=2) + "\n", "utf-8")
    console.print(f"เครื่องอ่านบัตร · card reader: [bold]{endpoints['card_stack']}[/bold]")
    journey = [python, "-m", "relying_party_demo.journey", "--endpoints", str(plan.out / "endpoints.json")]
    walked = subprocess.run([*journey, "--out", str(plan.out)], check=False, env={**os.environ, **environment})  # noqa: S603
    processes.check()
    return walked.returncode == 0


async def _prepare(plan: Plan) -> None:
    async with open_house(plan.settings) as rooms:
        await prepare_story(plan.settings, rooms, plan.addresses, card=plan.card)


async def _wait_for_agent(plan: Plan, processes: Processes) -> dict[str, Any]:
    """Until the station's agent has called; then all is there that strangers are told of."""
    ends_at = time.monotonic() + AGENT_SECONDS
    async with open_house(plan.settings) as rooms:
        while True:
            processes.check()
            async with rooms.ground.storage.reading() as uow:
                presence = (await rooms.stations.get(uow, STATION)).presence
            if presence is not None:
                break
            if time.monotonic() > ends_at:
                _stop("the card agent did not call.", f"read {plan.home / 'logs' / 'agent.log'}")
            await asyncio.sleep(0.1)
        return await told_to_strangers(plan.settings, rooms, plan.addresses, card_stack=presence.card_stack)


def _bring_home(plan: Plan) -> None:
    """Trust anchors for outside verifiers, and the newest checkpoint of the log."""
    trust = plan.out / "trust"
    trust.mkdir(parents=True, exist_ok=True)
    for certificate in (plan.home / "trust").glob("*.pem"):
        shutil.copy(certificate, trust / certificate.name)
    note = asyncio.run(newest_checkpoint_of(plan.settings))
    if note is None:
        _stop("no checkpoint of the log was signed.", f"read {plan.home / 'logs' / 'house.log'}")
    (plan.out / "checkpoint.txt").write_text(note, "utf-8")


async def _show_doors(plan: Plan) -> None:
    settings = plan.settings
    doors = Table("ที่อยู่ · address", "อะไร · what", title="เปิดดูได้ด้วยตนเอง · explore by hand", title_justify="left")
    doors.add_row(plan.addresses.jobs, "บริการขึ้นทะเบียนหางาน · the job-seeker service")
    doors.add_row(f"{settings.issuer}/account", "บัญชีของฉัน ใครดูข้อมูลของฉัน · my account, who saw my data")
    doors.add_row(settings.portal_url, "ระบบงานเจ้าหน้าที่ · the staff portal")
    doors.add_row(f"{settings.gateway_url}/verify", "ตรวจสอบเอกสาร · verify a document")
    console.print(doors)
    people = Table("ใคร · who", "ลิงก์เพิ่มพาสคีย์ ใช้ได้ครั้งเดียว · one-use link that adds a passkey", title_justify="left")
    async with open_house(settings) as rooms, rooms.ground.storage.unit_of_work() as uow:
        for key in (*(post.persona for post in STAFF), *CITIZENS):
            persona = PERSONAS[key]
            token = await passkey_link(uow, rooms, key)
            link = link_url(settings, token) if token else f"ยังไม่ลงทะเบียน · not enrolled: idp card insert citizen {key}"
            people.add_row(f"{key}\n{persona.label_th}\n{persona.label_en}", link)
    console.print(people)
    console.print(f"IDP_HOME={plan.home}   Ctrl-C หยุด · stops")


def _wait_for_interrupt(processes: Processes) -> None:
    try:
        while True:
            time.sleep(1)
            processes.check()
    except KeyboardInterrupt:
        console.print("\nกำลังหยุด · stopping")


def _plan(out: Path | None, port_base: int, card: str) -> Plan:
    if card not in ("auto", "memory", "pcsc", "real"):
        _stop(f"CARD={card} is not known.", "choose auto, memory or real")
    home = Path(os.environ.get("IDP_HOME", DEFAULT_HOME)).resolve()
    if out is not None:
        return Plan(out=out.resolve(), home=out.resolve() / "store", port_base=port_base, card=card)
    return Plan(out=home / "out", home=home, port_base=port_base, card=card)


def _empty_home(home: Path) -> None:
    """Each demonstration starts from an empty store; a folder that is not a demonstration's is left alone."""
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        _stop(f"{home} holds something that is not a demonstration.", "choose another folder with OUT=… or IDP_HOME=…")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700, parents=True)
    (home / MARK).touch()


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as a child process reads them."""
    names = (
        "profile", "home", "issuer", "gateway_url", "portal_url", "card_status_url", "gdx_url",
        "certificate_authority_url", "tsa_url",
    )  # fmt: skip
    return {f"IDP_{name.upper()}": str(getattr(settings, name)) for name in names}


def _stop(problem: str, cure: str) -> NoReturn:
    console.print(f"[bold red]หยุด · stopped:[/bold red] {problem}\n  ทำอย่างไร · what to do: {cure}")
    raise typer.Exit(2)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
