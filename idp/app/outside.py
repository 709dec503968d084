"""The concrete connectors of one deployment: registries, the document sealer, the document verifier."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import httpx2

from connectors.contracts.documents import DocumentReport, DocumentSealer
from connectors.contracts.outbound import ClientAddresses
from connectors.contracts.registry import CardStatusPort, CompanyRegistry, PopulationRegistry
from connectors.dbd.juristic import DbdClient
from connectors.documents.certificates import load_certificates
from connectors.documents.seal_key import ensure_seal_key
from connectors.documents.sealer import PdfSealer
from connectors.documents.verification import verify_pdf
from connectors.dopa.card_status import CardStatusClient
from connectors.dopa.ikno import IknoClient, Profile
from connectors.gdx import URL_LOGGERS
from connectors.gdx.session import GdxCredentials
from connectors.outbound.client_addresses import CheckedAddresses
from idp.kernel.clock import Clock
from idp.settings import SMALL_PROFILES, Settings

# an idle connection is given up before any registry closes it, so that no question is lost on a closing one
REGISTRY_CONNECTIONS = httpx2.Limits(max_connections=20, max_keepalive_connections=20, keepalive_expiry=2.0)
SEAL_ROOT, TSA_ROOT = "root.pem", "tsa-root.pem"
AUTHORITY_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Outside:
    """What fulfils the rooms' ports. `trust`: the two root certificates, all that an outside verifier needs."""

    card_status: CardStatusPort
    population: PopulationRegistry
    companies: CompanyRegistry
    sealer: DocumentSealer
    verify: Callable[[bytes, str | None], Awaitable[DocumentReport]]
    trust: Path


def client_addresses(settings: Settings) -> ClientAddresses:
    """What asks addresses that clients registered; a demonstration's clients live on the own machine."""
    own_machine = [ip_network("127.0.0.0/8"), ip_network("::1/128")] if settings.is_demo else []
    return CheckedAddresses(allowed=[*own_machine, *settings.client_networks])


@asynccontextmanager
async def open_outside(settings: Settings, clock: Clock) -> AsyncIterator[Outside]:
    """Open the connectors; each registry has its own connections, so that a slow one takes nobody else's.

    Raises DocumentError when the seal's key or certificates cannot be had.
    """
    for name in URL_LOGGERS:  # their lines would hold addresses with citizen numbers in them
        logging.getLogger(name).setLevel(logging.WARNING)
    trust = settings.home / "trust"
    if settings.profile in SMALL_PROFILES:
        await asyncio.to_thread(_trust_demonstration_authorities, settings, trust)
    seal = await asyncio.to_thread(
        ensure_seal_key, settings.home / "seal", settings.certificate_authority_url, settings.seal_common_name
    )
    roots, tsa_roots = load_certificates(trust / SEAL_ROOT), load_certificates(trust / TSA_ROOT)
    async with AsyncExitStack() as stack:

        async def connections() -> httpx2.AsyncClient:
            client = httpx2.AsyncClient(limits=REGISTRY_CONNECTIONS, trust_env=False)
            return await stack.enter_async_context(client)

        credentials = GdxCredentials(
            consumer_key=settings.gdx_consumer_key.get_secret_value(),
            consumer_secret=settings.gdx_consumer_secret.get_secret_value(),
            agent_id=settings.gdx_agent_id,
        )
        sealer = PdfSealer(
            fonts_dir=settings.assets / "fonts",
            seal_key=seal.key,
            seal_chain=seal.chain,
            tsa_url=settings.tsa_url,
            tsa_root=tsa_roots[0],
        )
        stack.push_async_callback(sealer.aclose)

        async def verify(pdf: bytes, password: str | None) -> DocumentReport:
            return await asyncio.to_thread(
                verify_pdf, pdf, trust_roots=roots, tsa_roots=tsa_roots, now=clock.now(), password=password
            )

        yield Outside(
            card_status=CardStatusClient(base_url=settings.card_status_url, http=await connections(), clock=clock.now),
            population=IknoClient(
                base_url=settings.gdx_url,
                credentials=credentials,
                http=await connections(),
                clock=clock.now,
                profile=Profile.EXTRA,
            ),
            companies=DbdClient(
                base_url=settings.gdx_url, credentials=credentials, http=await connections(), clock=clock.now
            ),
            sealer=sealer,
            verify=verify,
            trust=trust,
        )


def _trust_demonstration_authorities(settings: Settings, trust: Path) -> None:
    """Take the demonstration authorities' root certificates at first start; production's are put there by hand."""
    trust.mkdir(mode=0o755, parents=True, exist_ok=True)
    origin = settings.tsa_url.removesuffix("/tsa")
    for name, path in ((SEAL_ROOT, "/ca/root.pem"), (TSA_ROOT, "/tsa/root.pem")):
        if not (trust / name).exists():
            response = httpx2.get(origin + path, timeout=AUTHORITY_TIMEOUT_SECONDS, trust_env=False)
            (trust / name).write_bytes(response.raise_for_status().content)
