import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from connectors.contracts.documents import Delivery, DocumentRequest, SealedDocument
from connectors.documents.fonts import prepare_fonts
from connectors.documents.seal_key import SealIdentity, ensure_seal_key
from connectors.documents.sealer import PdfSealer
from connectors.simulators.authority.routes import Authority, authority_routes
from tests.connectors.authority.serving import address_of, free_listener, served, wall_clock
from tests.connectors.documents.examples import PERSON, document_request

PASSWORD = "ลับ-1234-ยาว"


@dataclass(frozen=True)
class RunningAuthority:
    """The demonstration authorities, served at `url`, and the root certificates that lead to them."""

    authority: Authority
    url: str
    root: x509.Certificate
    tsa_root: x509.Certificate


@pytest.fixture(scope="package")
def fonts_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fonts") / "documents"
    prepare_fonts(folder)
    return folder


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAuthority]:
    listener = free_listener()
    folder = tmp_path_factory.mktemp("authority") / "pki"
    authority = Authority(folder, clock=wall_clock, reached_at=address_of(listener))
    with served(authority_routes(authority), listener) as url:
        root, tsa_root = (x509.load_pem_x509_certificate(pem) for pem in (authority.root_pem, authority.tsa_root_pem))
        yield RunningAuthority(authority, url, root, tsa_root)


@pytest.fixture(scope="package")
def identity(running: RunningAuthority, tmp_path_factory: pytest.TempPathFactory) -> SealIdentity:
    return ensure_seal_key(tmp_path_factory.mktemp("seal") / "key", f"{running.url}/ca", "ตราประทับ (สาธิต)")


Seal = Callable[..., SealedDocument]


@pytest.fixture(scope="package")
def seal(fonts_dir: Path, running: RunningAuthority, identity: SealIdentity) -> Seal:
    """Seals one document with a sealer of its own; keyword arguments replace the sealer's."""

    def make(request: DocumentRequest, password: str | None = None, **changes: object) -> SealedDocument:
        settings: dict[str, object] = {
            "fonts_dir": fonts_dir,
            "seal_key": identity.key,
            "seal_chain": identity.chain,
            "tsa_url": f"{running.url}/tsa",
            "seal_roots": [running.root],
            "tsa_roots": [running.tsa_root],
            "now": wall_clock,
        }

        async def run() -> SealedDocument:
            sealer = PdfSealer(**{**settings, **changes})
            try:
                delivery = Delivery.SEALED if password is None else Delivery.PASSWORD
                return await sealer.seal(request, delivery=delivery, password=password)
            finally:
                await sealer.aclose()

        return asyncio.run(run())

    return make


@pytest.fixture(scope="package")
def sealed(seal: Seal) -> SealedDocument:
    return seal(document_request("person", PERSON))


@pytest.fixture(scope="package")
def locked(seal: Seal) -> SealedDocument:
    return seal(document_request("person", PERSON), password=PASSWORD)
