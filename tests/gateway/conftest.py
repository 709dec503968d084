import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from connectors.contracts.documents import DocumentSealer
from connectors.contracts.verdicts import DocumentReport
from connectors.documents.fonts import prepare_fonts
from connectors.documents.seal_key import SealIdentity, ensure_seal_key
from connectors.documents.sealer import PdfSealer
from connectors.documents.verification import verify_pdf
from connectors.simulators.authority.routes import Authority, authority_routes
from connectors.simulators.switchboard import Switchboard
from idp.gateway.verification import PublishedTrust
from idp.keys.files import RootKeys
from idp.keys.signing import SigningKeys
from idp.keys.signing_store import signing_key
from idp.storage.metadata import metadata
from idp.storage.storage import Storage, open_engine
from idp.web.assets import Assets
from tests.clock import FrozenClock
from tests.connectors.authority.serving import address_of, free_listener, served, wall_clock
from tests.exchange.world import NoSealer, World, registries_of
from tests.gateway.door import Door, bare_assets, open_door


@dataclass(frozen=True)
class Sealing:
    """What is made once: typeface, authorities, the seal's key, assets, signing keys."""

    fonts: Path
    authority: Authority
    url: str
    root: x509.Certificate
    tsa_root: x509.Certificate
    identity: SealIdentity
    assets: Assets
    root_keys: RootKeys
    signing_keys: list[dict[str, Any]]

    @property
    def trust(self) -> PublishedTrust:
        """What is published for outsiders."""
        leaf = self.identity.chain[0].public_bytes(Encoding.PEM)
        return PublishedTrust(root=self.authority.root_pem, tsa_root=self.authority.tsa_root_pem, seals=leaf)

    def sealer(self) -> PdfSealer:
        return PdfSealer(
            fonts_dir=self.fonts,
            seal_key=self.identity.key,
            seal_chain=self.identity.chain,
            tsa_url=f"{self.url}/tsa",
            seal_roots=[self.root],
            tsa_roots=[self.tsa_root],
            now=wall_clock,
        )

    async def verify(self, pdf: bytes, password: str | None) -> DocumentReport:
        def judge() -> DocumentReport:
            return verify_pdf(
                pdf, trust_roots=[self.root], tsa_roots=[self.tsa_root], now=wall_clock(), password=password
            )

        return await asyncio.to_thread(judge)


@pytest.fixture(scope="package")
def sealing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealing]:
    fonts = tmp_path_factory.mktemp("fonts") / "documents"
    prepare_fonts(fonts)
    listener = free_listener()
    folder = tmp_path_factory.mktemp("authority") / "pki"
    authority = Authority(folder, clock=wall_clock, reached_at=address_of(listener))
    with served(authority_routes(authority), listener) as url:
        root, tsa_root = (x509.load_pem_x509_certificate(pem) for pem in (authority.root_pem, authority.tsa_root_pem))
        identity = ensure_seal_key(tmp_path_factory.mktemp("seal") / "key", f"{url}/ca", "ตราประทับ (สาธิต)")
        root_keys = RootKeys({1: secrets.token_bytes(32)})
        assets = bare_assets(tmp_path_factory.mktemp("assets"))
        signing_keys = asyncio.run(made_keys(tmp_path_factory.mktemp("keys"), root_keys))
        yield Sealing(fonts, authority, url, root, tsa_root, identity, assets, root_keys, signing_keys)


async def made_keys(folder: Path, root_keys: RootKeys) -> list[dict[str, Any]]:
    """Rows of signing keys, made once: an RSA key takes its time."""
    storage = Storage(open_engine(f"sqlite+aiosqlite:///{folder}/keys.db"), FrozenClock())
    async with storage.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await SigningKeys(storage=storage, root_keys=root_keys, clock=FrozenClock()).ensure()
    async with storage.reading() as uow:
        rows = [dict(row._mapping) for row in await uow.all(select(signing_key))]
    await storage.close()
    return rows


@pytest.fixture
def switchboard() -> Switchboard:
    return Switchboard()


@pytest.fixture
async def sealer(sealing: Sealing) -> AsyncIterator[PdfSealer]:
    sealer = sealing.sealer()
    yield sealer
    await sealer.aclose()


@asynccontextmanager
async def a_door(
    storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing, sealer: DocumentSealer
) -> AsyncIterator[Door]:
    async with registries_of(clock, switchboard) as registries:
        world = World(storage, clock, registries, switchboard, sealer, root_keys=sealing.root_keys)
        await world.settle()
        door = await open_door(
            world,
            signing_keys=sealing.signing_keys,
            verify=sealing.verify,
            assets=sealing.assets,
            trust=sealing.trust,
        )
        async with door.http:
            yield door


@pytest.fixture
async def sealing_door(
    sqlite_storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing, sealer: PdfSealer
) -> AsyncIterator[Door]:
    """The gateway with the real sealer."""
    async with a_door(sqlite_storage, clock, switchboard, sealing, sealer) as opened:
        yield opened


@pytest.fixture
async def door(
    sqlite_storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing
) -> AsyncIterator[Door]:
    """The gateway whose documents cannot be made: quicker, for what needs none."""
    async with a_door(sqlite_storage, clock, switchboard, sealing, NoSealer()) as opened:
        yield opened
