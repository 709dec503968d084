"""`python -m tests.bench.pulls`: the data exchange, measured.

Medians of rounds: JSON pulls per CPU-second of the gateway process (goal 200); what a pull takes above the registry's
own time, one caller at a time (p95, goal 50 ms). Store: PostgreSQL. The registries are the simulators, in a process of
their own, on the real wire.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median, quantiles

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

from connectors.contracts.registry_desk import Asker
from idp.app.rooms import Rooms
from idp.app.serving import Part, open_house
from idp.cli.processes import Child, Processes
from idp.settings import Settings
from tests.bench.issuer import free_port
from tests.bench.machine import LOAD_CORE, SERVER_CORE, cpu_seconds, pin
from tests.bench.pull_tokens import ASKED, COMPANY, PERSON, About, Sowing
from tests.postgresql import Cluster, find_binaries


@dataclass
class Caller:
    """The agency's program: a token, its key, and a connection to the gateway's port."""

    origin: str
    url: str
    token: str
    key: ECKey
    http: httpx2.AsyncClient
    asked: Mapping[str, str]

    async def one(self) -> float:
        """One pull; seconds, without the making of its proof. AssertionError for anything but the data."""
        headers = self._headers()
        began = time.perf_counter()
        answer = await self.http.post(f"{self.url}/pulls", json=dict(self.asked), headers=headers)
        took = time.perf_counter() - began
        assert answer.status_code == 200, answer.text
        return took

    async def together(self, count: int, *, at_once: int = 8) -> None:
        """So many pulls, several at once."""
        waiting = iter(range(count))

        async def work() -> None:
            for _ in waiting:
                await self.one()

        await asyncio.gather(*(work() for _ in range(at_once)))

    def _headers(self) -> dict[str, str]:
        claims = {
            "htm": "POST",
            "htu": f"{self.origin}/pulls",
            "iat": int(time.time()),
            "jti": secrets.token_hex(16),
            "ath": urlsafe_b64encode(sha256(self.token.encode()).digest()).rstrip(b"=").decode(),
        }
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}
        proof = jwt.encode(header, claims, self.key, algorithms=["ES256"])
        return {"authorization": f"DPoP {self.token}", "dpop": proof, "idempotency-key": secrets.token_hex(8)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pulls", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pulls", type=int, default=400, help="pulls of each round, at most 800")
    parser.add_argument(
        "--about", choices=tuple(ASKED), default="company", help="a company by duty, or a person by consent"
    )
    options = parser.parse_args()
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("needs a PostgreSQL server (initdb, pg_ctl)")
    with tempfile.TemporaryDirectory(prefix="tuaton-bench-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o711)
        with Cluster.started(binaries, durable=True) as cluster, Processes(logs=folder / "logs") as processes:
            name = f"bench_{secrets.token_hex(4)}"
            settings = _settings(folder, cluster.create_database(name))
            postmaster = int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0])
            _start_simulators(settings, processes, folder)
            asyncio.run(_pulls(settings, options, postmaster, folder))
    return 0


def _settings(folder: Path, database_url: str) -> Settings:
    simulators = f"http://127.0.0.1:{free_port()}"
    return Settings(
        home=folder / "home",
        database_url=database_url,
        issuer=f"http://id.localhost:{free_port()}",
        gateway_url=f"http://data.localhost:{free_port()}",
        card_status_url=simulators,
        gdx_url=simulators,
        certificate_authority_url=f"{simulators}/ca",
        tsa_url=f"{simulators}/tsa",
    )


def _start_simulators(settings: Settings, processes: Processes, folder: Path) -> None:
    port = int(settings.gdx_url.rpartition(":")[2])
    command = [sys.executable, "-m", "connectors.simulators", "--port", str(port)]
    processes.start(Child("simulators", [*command, "--home", str(folder / "simulators")], {}, port))


async def _pulls(settings: Settings, options: argparse.Namespace, postmaster: int, folder: Path) -> None:
    key = ECKey.generate_key("P-256")
    async with open_house(settings, [Part.PROVIDER]) as rooms:
        # a token has so many uses and no more: each round has its own
        about: About = options.about
        tokens = await Sowing(rooms, settings, key).tokens(about, options.rounds + 1)
        registry = await _registry_seconds(rooms, about)
    process = _gateway(settings, folder)
    try:
        url = f"http://127.0.0.1:{settings.gateway_url.rpartition(':')[2]}"
        host = settings.gateway_url.removeprefix("http://")
        async with httpx2.AsyncClient(headers={"host": host}, timeout=30, trust_env=False) as http:
            await _until_it_answers(http, url, process)
            first, *others = (Caller(settings.gateway_url, url, token, key, http, ASKED[about]) for token in tokens)
            await first.together(50)
            _say(f"{'':22}{'per CPU-second':>16}{'PG ms each':>12}{'p50 ms':>9}{'p95 ms':>9}")
            rates, p95s = [], []
            if not (pin(process.pid, SERVER_CORE) and pin(0, LOAD_CORE)):
                _say("fewer than two cores: server and load share what there is")
            for number, sender in enumerate(others):
                before = cpu_seconds(process.pid), cpu_seconds(postmaster)
                await sender.together(options.pulls)
                used = cpu_seconds(process.pid) - before[0]
                database = 1000 * (cpu_seconds(postmaster) - before[1]) / options.pulls
                alone = [await sender.one() for _ in range(100)]
                p50, p95 = median(alone) * 1000, quantiles(alone, n=20)[18] * 1000
                rates.append(options.pulls / used)
                p95s.append(p95 - registry * 1000)
                _say(f"round {number + 1:<16}{rates[-1]:>16.0f}{database:>12.2f}{p50:>9.1f}{p95:>9.1f}")
        _say(f"JSON pulls per CPU-second: {median(rates):.0f} (goal 200)")
        _say(f"the registry's own time: {registry * 1000:.1f} ms; p95 above it: {median(p95s):.1f} ms (goal 50)")
    finally:
        process.terminate()
        process.wait(30)


async def _registry_seconds(rooms: Rooms, about: About) -> float:
    """What the registry takes for one answer, median of fifty."""
    desk, took = rooms.outside.desk_of(Asker()), []
    for _ in range(50):
        began = time.perf_counter()
        if about == "company":
            await desk.companies.company(COMPANY.juristic_id, deadline_seconds=5.0)
        else:
            await desk.population.person(PERSON.citizen_id, deadline_seconds=5.0)
        took.append(time.perf_counter() - began)
    return median(took[5:])


def _gateway(settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    names = ("home", "database_url", "issuer", "gateway_url", "card_status_url", "gdx_url", "tsa_url")
    told = {f"IDP_{name.upper()}": str(getattr(settings, name)) for name in (*names, "certificate_authority_url")}
    with (folder / "gateway.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "idp.cli", "serve", "--only", "gateway"],
            env={**_environment(), **told},
            stdout=log,
            stderr=log,
        )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}


async def _until_it_answers(http: httpx2.AsyncClient, url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("the gateway did not start")
        with suppress(httpx2.HTTPError):
            if (await http.get(f"{url}/ready")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    raise SystemExit("the gateway does not answer")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
