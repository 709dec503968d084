"""`idp serve --only bridge`: a process and TLS of its own, a client certificate, both engines; and what it writes.

Numbers and secrets stand in the addresses of this wire. Afterwards none is found in what the process wrote.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from connectors.contracts.errors import RecordNotFound, RegistryRefused
from connectors.contracts.identifiers import JuristicId
from connectors.dbd.juristic import DbdClient
from connectors.dbd.papers import DbdPapersClient
from connectors.dopa.ikno import IknoClient
from connectors.fictitious.population import create_population
from connectors.gdx.session import GdxCredentials, GdxSession
from connectors.simulators.app import create_simulators
from connectors.simulators.gdx import DEMO_CREDENTIALS
from idp.app.ground import open_ground
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.cli.configuration import opened
from idp.gateway.bridge.model import IssuedKey
from idp.kernel.ids import ClientId
from idp.protocol.mutual_tls import read_certificate
from idp.settings import Settings
from tests.commands import started
from tests.conformance.certificates import Authority
from tests.connectors.authority.serving import served, wall_clock
from tests.exchange.world import SOMCHAI, THONGDEE
from tests.gateway.bridge.test_granting import AGENCY
from tests.patience import PATIENCE_SECONDS
from tests.provider.pages.browser import free_port
from tests.web.prepared import prepared_assets

pytestmark = pytest.mark.anyio

AUTHORITY = Authority()
SOON = 30.0
AGREEMENTS = "".join(
    f"""
          - dataset: {dataset}
            channel: online
            fields: [{fields}]
            bases: [duty]
            kind: dbd_letter
            reference_no: DBD 1/{dataset}
            granted_by: Department of Business Development
            valid_from: 2026-01-01
            valid_until: 2099-01-01
            daily_quota: 300"""
    for dataset, fields in (
        ("dbd.company", "juristic_id, juristic_type, name_th, name_en, registered_on, status, directors, address"),
        ("dbd.shareholders", "juristic_id, name_th, holders"),
    )
)


@dataclass(frozen=True)
class Served:
    """The process of the bridge, what it wrote, and what its program was given."""

    url: str
    home: Path
    settings: Settings
    key: IssuedKey
    log: Path
    pair: tuple[Path, Path]

    def http(self, *, shows: bool = True) -> httpx2.AsyncClient:
        context = ssl.create_default_context(cadata=AUTHORITY.pem)
        if shows:
            context.load_cert_chain(*self.pair)
        return httpx2.AsyncClient(verify=context, trust_env=False, timeout=PATIENCE_SECONDS)

    def session(self, http: httpx2.AsyncClient) -> GdxSession:
        credentials = GdxCredentials(self.key.consumer_key, self.key.consumer_secret, "gdx-system")
        return GdxSession(base_url=self.url, credentials=credentials, http=http, clock=wall_clock)


@pytest.fixture
def registries() -> Iterator[str]:
    simulators = create_simulators(population=create_population(houses=1, companies=2), clock=wall_clock)
    with served(simulators.routes) as url:
        yield url


@pytest.fixture
def bridge(tmp_path: Path, empty_database_url: str, registries: str) -> Iterator[Served]:
    home, port = tmp_path / "home", free_port()
    number = port.getsockname()[1]
    files = written(tmp_path)
    prepared_assets(tmp_path / "assets" / "web")
    values: dict[str, Any] = {
        "home": str(home),
        "database_url": empty_database_url,
        "gdx_url": registries,
        "card_status_url": registries,
        "assets": str(tmp_path / "assets"),
        "bridge_url": f"https://localhost:{number}",
        "bridge_tls_certificate": str(files["server.pem"]),
        "bridge_tls_key": str(files["server.key"]),
        "bridge_client_certificates": str(files["ca.pem"]),
    }
    settings = Settings(**values)
    key = asyncio.run(prepare(settings, read_certificate(files["client.pem"].read_text()).thumbprint))
    log = tmp_path / "log"
    port.close()
    with served_by(values, log):
        yield Served(values["bridge_url"], home, settings, key, log, (files["client.pem"], files["client.key"]))


def written(folder: Path) -> dict[str, Path]:
    server, program = AUTHORITY.certify("localhost", "localhost", server=True), AUTHORITY.certify("gdx-counter")
    texts = {
        "server.pem": server.pem, "server.key": server.key_pem, "ca.pem": AUTHORITY.pem, "client.pem": program.pem,
        "client.key": program.key_pem,
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text)
    return {name: folder / name for name in texts}


async def prepare(settings: Settings, thumbprint: str) -> IssuedKey:
    """The agency, its rights, its program and the program's access."""
    ends_at = (wall_clock() + timedelta(days=30)).replace(microsecond=0).isoformat()
    access = f"""\
    bridges:
      - {{program: gdx-counter, service: registration, case: "GDX {{day}}", ends_at: "{ends_at}",
         certificate: {thumbprint}, addresses: [127.0.0.1/32], agents: [{{name: gdx-system}}]}}
"""
    whole = AGENCY.replace("        uses: 12\n", f"        uses: 12\n        agreements:{AGREEMENTS}\n") + access
    async with open_ground(settings):
        pass
    async with opened(settings) as house, house.ground.storage.unit_of_work() as uow:
        await house.configurations.apply(uow, house.configurations.read(whole), by=SYSTEM)
        return await house.bridges.issue_key(uow, ClientId("gdx-counter"), by=SYSTEM)


@contextmanager
def served_by(values: dict[str, Any], log: Path) -> Iterator[None]:
    environment = {f"IDP_{name.upper()}": value for name, value in values.items()}
    process = started("serve", "--only", "bridge", log=log, environment=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


async def answering(bridge: Served) -> None:
    """The process takes its time to start."""
    async with bridge.http() as http:
        for _ in range(int(PATIENCE_SECONDS / 0.2)):
            try:
                await http.get(f"{bridge.url}/ws/")
            except httpx2.TransportError:
                await asyncio.sleep(0.2)
            else:
                return
    pytest.fail(bridge.log.read_text())


async def test_a_program_over_tls_with_its_certificate(bridge: Served, registries: str) -> None:
    await answering(bridge)
    async with bridge.http() as http, httpx2.AsyncClient(trust_env=False) as plain:
        over = bridge.session(http)
        direct = GdxSession(base_url=registries, credentials=DEMO_CREDENTIALS, http=plain, clock=wall_clock)
        told, said = [
            (await DbdClient(session=one, clock=wall_clock).company(THONGDEE.juristic_id, deadline_seconds=SOON)).record
            for one in (over, direct)
        ]
        assert (told.name_th, told.directors, told.address) == (said.name_th, said.directors, said.address)
        # what was not agreed is null on the wire, and nothing in the record
        assert (told.signing_rule, told.objectives) == ("", ())
        holders = await DbdPapersClient(session=over, clock=wall_clock).shareholders(
            THONGDEE.juristic_id, expected_name=THONGDEE.name_th, deadline_seconds=SOON
        )
        assert holders.record.holders
        with pytest.raises(RegistryRefused):
            await IknoClient(session=over, clock=wall_clock).person(SOMCHAI.citizen_id, deadline_seconds=SOON)
        with pytest.raises(RecordNotFound):
            unknown = JuristicId.parse("0105554001954")
            await DbdClient(session=over, clock=wall_clock).company(unknown, deadline_seconds=SOON)
    async with bridge.http(shows=False) as nobody:
        with pytest.raises(RegistryRefused):
            await DbdClient(session=bridge.session(nobody), clock=wall_clock).company(
                THONGDEE.juristic_id, deadline_seconds=SOON
            )
    await roam(bridge)
    await expect_nothing_left(bridge)


async def roam(bridge: Served) -> None:
    """Addresses with a citizen's number and the secret in them: wrong ones, malformed ones, unknown ones."""
    number, secret = SOMCHAI.citizen_id.digits, bridge.key.consumer_secret
    async with bridge.http() as http:
        for path in (
            f"/ws/auth/validate?ConsumerSecret={secret}&AgentID={number}",
            f"/ws/dopa/personal/profile/photo?CitizenID={number}",
            f"/ws/dopa/{number}",
            f"/ws/dopa/house/profile?AddressID={number}&CitizenID={number}",
            f"/{number}?CitizenID={number}%FF&x={'y' * 3000}",
            f"/ws/dopa/linkage/v1/agent/permission?Consumer=x&CitizenID={number}",
        ):
            answer = await http.get(
                bridge.url + path, headers={"Consumer-Key": bridge.key.consumer_key, "Token": number}
            )
            assert number not in answer.text
            assert secret not in answer.text
        await http.post(f"{bridge.url}/ws/dopa/linkage/v1/link?CitizenID={number}", content=b"x" * 9000)


async def expect_nothing_left(bridge: Served) -> None:
    """Neither log lines nor the store nor the audit log hold what stood in the addresses."""
    texts = [SOMCHAI.citizen_id.digits, bridge.key.consumer_secret, bridge.key.consumer_key]
    canaries = [*(text.encode() for text in texts), hashlib.sha256(texts[0].encode()).hexdigest().encode()]
    written_by_it = [
        bridge.log,
        *(path for path in bridge.home.rglob("*") if path.is_file() and "keys" not in path.parts),
    ]
    assert bridge.log.read_bytes(), "the refusals of nobody proven stand in the node's log"
    for path in written_by_it:
        assert [canary for canary in canaries if canary in path.read_bytes()] == [], path
    async with open_ground(bridge.settings) as ground, ground.storage.reading() as uow:
        entries = [bytes(row.canonical) for row in await uow.all(select(audit_entry.c.canonical))]
    assert [canary for canary in canaries for entry in entries if canary in entry] == []
    events = b"\n".join(entries)
    assert b"exchange.released" in events
    assert b"bridge.refused" in events
