"""The document sealer and the document verifier of one deployment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from connectors.contracts.documents import DocumentReport, DocumentSealer
from connectors.documents.certificates import load_certificates
from connectors.documents.seal_key import ensure_seal_key
from connectors.documents.sealer import PdfSealer
from connectors.documents.verification import verify_pdf
from idp.app.outside import Verify
from idp.kernel.clock import Clock
from idp.settings import SMALL_PROFILES, Settings

SEAL_ROOT, TSA_ROOT = "root.pem", "tsa-root.pem"
AUTHORITY_TIMEOUT_SECONDS = 10.0


@asynccontextmanager
async def open_documents(settings: Settings, clock: Clock, trust: Path) -> AsyncIterator[tuple[DocumentSealer, Verify]]:
    """Both, while the block lasts; `trust` holds the roots.

    Raises DocumentError when the seal's key or certificates cannot be had.
    """
    if settings.profile in SMALL_PROFILES:
        await asyncio.to_thread(_trust_demonstration_authorities, settings, trust)
    seal = await asyncio.to_thread(
        ensure_seal_key, settings.home / "seal", settings.certificate_authority_url, settings.seal_common_name
    )
    roots, tsa_roots = load_certificates(trust / SEAL_ROOT), load_certificates(trust / TSA_ROOT)
    sealer = PdfSealer(
        fonts_dir=settings.assets / "fonts",
        seal_key=seal.key,
        seal_chain=seal.chain,
        tsa_url=settings.tsa_url,
        tsa_root=tsa_roots[0],
    )

    async def verify(pdf: bytes, password: str | None) -> DocumentReport:
        return await asyncio.to_thread(
            verify_pdf, pdf, trust_roots=roots, tsa_roots=tsa_roots, now=clock.now(), password=password
        )

    try:
        yield sealer, verify
    finally:
        await sealer.aclose()


def _trust_demonstration_authorities(settings: Settings, trust: Path) -> None:
    """Take the demonstration authorities' root certificates at first start; production's are put there by hand."""
    trust.mkdir(mode=0o755, parents=True, exist_ok=True)
    origin = settings.tsa_url.removesuffix("/tsa")
    for name, path in ((SEAL_ROOT, "/ca/root.pem"), (TSA_ROOT, "/tsa/root.pem")):
        if not (trust / name).exists():
            response = httpx2.get(origin + path, timeout=AUTHORITY_TIMEOUT_SECONDS, trust_env=False)
            (trust / name).write_bytes(response.raise_for_status().content)
