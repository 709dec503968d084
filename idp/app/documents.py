"""The document sealer and the document verifier of one deployment."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from cryptography import x509

from connectors.contracts.documents import DocumentWorks
from connectors.documents.certificates import (
    ROOT_FILE,
    SEALS_FOLDER,
    TSA_ROOT_FILE,
    load_certificates,
    publish_seal,
    published_seals,
)
from connectors.documents.judging import Judges
from connectors.documents.revocation_lists import RevocationLists
from connectors.documents.seal_key import CHAIN_FILE, KEY_FILE, ensure_seal_key
from connectors.documents.seal_module import ModuleKey
from connectors.documents.sealer import PdfSealer, usual_processes
from idp.app.outside import Verify
from idp.kernel.clock import Clock
from idp.settings import SMALL_PROFILES, Settings

AUTHORITY_TIMEOUT_SECONDS = 10.0


@asynccontextmanager
async def open_documents(settings: Settings, clock: Clock, trust: Path) -> AsyncIterator[tuple[DocumentWorks, Verify]]:
    """Both, while the block lasts; `trust` holds the roots.

    Raises DocumentError when the seal's key or certificates cannot be had.
    """
    if settings.profile in SMALL_PROFILES:
        await asyncio.to_thread(_trust_demonstration_authorities, settings, trust)
    key, chain = await asyncio.to_thread(_seal_of, settings)
    await asyncio.to_thread(publish_seal, trust / SEALS_FOLDER, chain[0])
    roots, tsa_roots = load_certificates(trust / ROOT_FILE), load_certificates(trust / TSA_ROOT_FILE)
    # one core is for whoever signs in, however many processes are asked for
    asked = settings.document_processes
    processes = usual_processes() if asked is None else min(asked, usual_processes())
    sealer = PdfSealer(
        fonts_dir=settings.assets / "fonts",
        seal_key=key,
        seal_chain=chain,
        seal_roots=roots,
        tsa_url=settings.tsa_url,
        tsa_roots=tsa_roots,
        now=clock.now,
        paper_roots=paper_roots(settings, roots),
        processes=processes,
    )

    seals = await asyncio.to_thread(published_seals, trust / SEALS_FOLDER)
    lists = RevocationLists(certificates=(*chain, *seals), issuers=(*chain[1:], *roots), now=clock.now)
    judges = Judges(
        trust_roots=roots,
        tsa_roots=tsa_roots,
        now=clock.now,
        revocation_lists=lists.current,
        paper_roots=paper_roots(settings, roots),
    )
    try:
        yield sealer, judges.verify
    finally:
        await judges.aclose()
        await lists.aclose()
        await sealer.aclose()


def paper_roots(settings: Settings, demonstration_roots: Sequence[x509.Certificate]) -> Sequence[x509.Certificate]:
    """The roots of the data owners' own papers; the simulated owners' are the demonstration's. Raises DocumentError."""
    if settings.paper_roots is not None:
        return load_certificates(settings.paper_roots)
    return demonstration_roots if settings.profile in SMALL_PROFILES else ()


def _seal_of(settings: Settings) -> tuple[Path | ModuleKey, Sequence[x509.Certificate]]:
    """Where the seal's key is, and its certificates. A key in the module has its chain in the same place as others."""
    folder = settings.home / "seal"
    if not settings.seal_key_label:
        seal = ensure_seal_key(folder, settings.certificate_authority_url, settings.seal_common_name)
        return folder / KEY_FILE, seal.chain
    assert settings.pkcs11_module is not None, "settings refuse a label without a module"
    assert settings.pkcs11_pin_file is not None, "settings refuse a module without the file of its PIN"
    key = ModuleKey(
        settings.pkcs11_module, settings.pkcs11_token_label, settings.pkcs11_pin_file, settings.seal_key_label
    )
    return key, load_certificates(folder / CHAIN_FILE)


def _trust_demonstration_authorities(settings: Settings, trust: Path) -> None:
    """Take the demonstration authorities' root certificates at first start; production's are put there by hand."""
    trust.mkdir(mode=0o755, parents=True, exist_ok=True)
    origin = settings.tsa_url.removesuffix("/tsa")
    for name, path in ((ROOT_FILE, "/ca/root.pem"), (TSA_ROOT_FILE, "/tsa/root.pem")):
        if not (trust / name).exists():
            response = httpx2.get(origin + path, timeout=AUTHORITY_TIMEOUT_SECONDS, trust_env=False)
            (trust / name).write_bytes(response.raise_for_status().content)
