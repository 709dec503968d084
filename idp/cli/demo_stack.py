"""The demonstration's programs on this machine: where they keep things, where they listen, how they start."""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.card.virtual.passports import write_utopian_trust
from idp.app.demo.stations import FIRST, STATIONS, WATER, agent_file_of
from idp.app.demo.story import Addresses, prepare_story, told_to_strangers
from idp.app.serving import open_house
from idp.cli.audit import newest_checkpoint_of
from idp.cli.processes import Child, ChildFailed, Processes
from idp.kernel.ids import StationId
from idp.settings import Settings
from idp.storage.profile import Profile

AGENT_SECONDS = 30.0
FROM_SETTINGS = (
    "profile", "home", "issuer", "gateway_url", "portal_url", "card_status_url", "gdx_url", "certificate_authority_url",
    "tsa_url", "thaid_issuer", "face_comparison_url", "passport_trust", "mail_host", "mail_port", "mail_starttls",
)  # fmt: skip


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
            simulators=f"http://127.0.0.1:{self.port_base + 3}",
            jobs=f"http://jobs.localhost:{self.port_base + 10}",
            efiling=f"http://efiling.localhost:{self.port_base + 11}",
            water=f"http://water.localhost:{self.port_base + 12}",
        )

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port that must be free."""
        return tuple(self.port_base + offset for offset in (0, 1, 2, 3, 4, 10, 11, 12))

    @property
    def environment(self) -> dict[str, str]:
        """The settings as a child process reads them."""
        return {f"IDP_{name.upper()}": str(getattr(self.settings, name)) for name in FROM_SETTINGS}

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
            face_comparison_url=simulators,
            passport_trust=self.home / "passport-trust",
            thaid_issuer=f"http://thaid.localhost:{self.port_base + 3}",
            mail_host="127.0.0.1",
            mail_port=self.port_base + 4,
            mail_starttls=False,
        )


def start_everything(plan: Plan, processes: Processes, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Start all programs on an empty home folder, and write `endpoints.json`; gives its content.

    `say` is told what is being started. Raises ChildFailed.
    """
    python, base = sys.executable, plan.port_base
    say("ทะเบียนจำลอง · simulated registries")
    simulators = [python, "-m", "connectors.simulators", "--port", str(base + 3)]
    simulators += ["--home", str(plan.home / "simulators"), "--mail-port", str(base + 4)]
    simulators += ["--thaid-for", f"{plan.settings.issuer}/enrol/thaid/callback"]
    processes.start(Child("simulators", simulators, {}, base + 3))
    say("หน่วยงานและบุคคลสมมติ · fictitious agencies and people")
    write_utopian_trust(plan.home / "passport-trust")
    asyncio.run(_prepare(plan))
    say("ผู้ให้บริการ เกตเวย์ ระบบงานเจ้าหน้าที่ · provider, gateway, portal, worker")
    processes.start(Child("house", [python, "-m", "idp.cli", "serve"], plan.environment, base))
    say("เครื่องอ่านบัตร · card reader")
    _start_agent(plan, processes, "agent", FIRST)
    _start_agent(plan, processes, WATER, WATER)
    say("บริการของหน่วยงาน · the agencies' programs")
    jobs = [python, "-m", "relying_party_demo.jobs", "--config", str(plan.home / "agencies" / "jobs.json")]
    processes.start(Child("jobs", [*jobs, "--port", str(base + 10)], {}, base + 10))
    filing = [python, "-m", "relying_party_demo.efiling", "--config", str(plan.home / "agencies" / "efiling.json")]
    processes.start(Child("efiling", [*filing, "--port", str(base + 11)], {}, base + 11))
    water = [python, "-m", "relying_party_demo.water", "--config", str(plan.home / "agencies" / "water.json")]
    processes.start(Child("water", [*water, "--port", str(base + 12)], {}, base + 12))
    say("เครื่องอ่านบัตร · card reader")
    endpoints = asyncio.run(_when_the_agent_has_called(plan, processes))
    plan.out.mkdir(parents=True, exist_ok=True)
    (plan.out / "endpoints.json").write_text(json.dumps(endpoints, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return endpoints


def start_other_stations(plan: Plan, processes: Processes) -> None:
    """The counters and the kiosk in which the story does not play: for whoever explores by hand."""
    for station in STATIONS:
        if station.id not in (FIRST, WATER):
            _start_agent(plan, processes, station.id, station.id)


def bring_home(plan: Plan) -> bool:
    """Trust anchors for outside verifiers, and the newest checkpoint of the log; False when none was signed."""
    trust = plan.out / "trust"
    trust.mkdir(parents=True, exist_ok=True)
    shutil.copytree(plan.home / "trust", trust, dirs_exist_ok=True)
    note = asyncio.run(newest_checkpoint_of(plan.settings))
    if note is not None:
        (plan.out / "checkpoint.txt").write_text(note, "utf-8")
    return note is not None


def _start_agent(plan: Plan, processes: Processes, name: str, station_id: StationId) -> None:
    config = str(agent_file_of(plan.home, station_id))
    processes.start(Child(name, [sys.executable, "-m", "connectors.card.agent", "--config", config], {}, None))


async def _prepare(plan: Plan) -> None:
    async with open_house(plan.settings) as rooms:
        await prepare_story(plan.settings, rooms, plan.addresses, card=plan.card)


async def _when_the_agent_has_called(plan: Plan, processes: Processes) -> dict[str, Any]:
    ends_at = time.monotonic() + AGENT_SECONDS
    async with open_house(plan.settings) as rooms:
        while True:
            processes.check()
            async with rooms.ground.storage.reading() as uow:
                presence = (await rooms.stations.get(uow, FIRST)).presence
            if presence is not None:
                break
            if time.monotonic() > ends_at:
                raise ChildFailed("agent", processes.log_of("agent"))
            await asyncio.sleep(0.1)
        return await told_to_strangers(plan.settings, rooms, plan.addresses, card_stack=presence.card_stack)
