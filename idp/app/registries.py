"""The registries of one deployment, and with them the documents where a process makes any."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2

from connectors.contracts.card import PassportAuthority
from connectors.contracts.documents import DocumentWorks
from connectors.contracts.registry_desk import Asker
from connectors.dopa.ami import AmiClient
from connectors.dopa.card_status import CardStatusClient
from connectors.face.comparison import FaceComparisonClient
from connectors.gdx import URL_LOGGERS
from connectors.gdx.session import GdxCredentials, GdxSession
from connectors.mail.smtp import MailServer, SmtpMail
from connectors.outbound.client import outbound_transport, trusted_authorities
from connectors.thaid.client import ThaidClient, ThaidRegistration
from idp.app.desks import Desks
from idp.app.outside import NoSeal, Outside, Verify, verify_nothing
from idp.app.source_desks import SourceDesks
from idp.kernel.clock import Clock
from idp.kernel.randomness import random_text, system_randomness
from idp.settings import Settings

# an idle connection is given up before any registry closes it, so that no question is lost on a closing one
REGISTRY_CONNECTIONS = httpx2.Limits(max_connections=20, max_keepalive_connections=20, keepalive_expiry=2.0)


@asynccontextmanager
async def open_outside(settings: Settings, clock: Clock, *, with_documents: bool) -> AsyncIterator[Outside]:
    """Open the connectors; each registry has its own connections, so that a slow one takes nobody else's.

    Raises DocumentError when documents are wanted and the seal's key or certificates cannot be had.
    """
    for name in URL_LOGGERS:  # their lines would hold addresses with citizen numbers in them
        logging.getLogger(name).setLevel(logging.WARNING)
    async with AsyncExitStack() as stack:

        async def connections() -> httpx2.AsyncClient:
            trusted = trusted_authorities(trust_env=False)
            client = httpx2.AsyncClient(verify=trusted, limits=REGISTRY_CONNECTIONS, trust_env=False)
            return await stack.enter_async_context(client)

        credentials = GdxCredentials(
            consumer_key=settings.gdx_consumer_key.get_secret_value(),
            consumer_secret=settings.gdx_consumer_secret.get_secret_value(),
            agent_id=settings.gdx_agent_id,
        )

        async def session() -> GdxSession:
            return GdxSession(
                base_url=settings.gdx_url, credentials=credentials, http=await connections(), clock=clock.now
            )

        desks = Desks(population=await session(), linkage=await session(), companies=await session(), clock=clock.now)
        trust = settings.home / "trust"
        documents: tuple[DocumentWorks, Verify] = (NoSeal(), verify_nothing)
        if with_documents:
            # rendering and signing take 40 MB of a process: loaded where documents are made
            from idp.app.documents import open_documents

            documents = await stack.enter_async_context(open_documents(settings, clock, trust))
        yield Outside(
            card_status=CardStatusClient(base_url=settings.card_status_url, http=await connections(), clock=clock.now),
            desk_of=desks.of,
            desk_of_source=SourceDesks(desks).of,
            photos_of=desks.photos_of,
            companies=desks.of(Asker()).companies,
            officer_sessions=AmiClient(consumer=credentials.consumer_key, session=desks.population, clock=clock.now),
            sealer=documents[0],
            verify=documents[1],
            trust=trust,
            thaid=_thaid(settings, clock) if settings.thaid_issuer else None,
            mail=mail_of(settings) if settings.mail_host else None,
            passports=_passports(settings.passport_trust) if settings.passport_trust else None,
            faces=FaceComparisonClient(base_url=settings.face_comparison_url, http=await connections(), clock=clock.now)
            if settings.face_comparison_url
            else None,
        )


def _passports(folder: Path) -> PassportAuthority:
    # ASN.1 and pictures: loaded where passports are taken
    from connectors.card.epassport.authority import Passports, TrustFolder

    return Passports(trust=TrustFolder(folder))


def mail_of(settings: Settings) -> SmtpMail:
    """The mail server of the deployment, where one is named."""
    return SmtpMail(
        MailServer(
            host=settings.mail_host,
            port=settings.mail_port,
            sender=settings.mail_sender,
            starttls=settings.mail_starttls,
            user=settings.mail_user,
            password=settings.mail_password.get_secret_value(),
        )
    )


def _thaid(settings: Settings, clock: Clock) -> ThaidClient:
    return ThaidClient(
        issuer=settings.thaid_issuer,
        registration=ThaidRegistration(
            client_id=settings.thaid_client_id,
            client_secret=settings.thaid_client_secret.get_secret_value(),
            redirect_uri=f"{settings.issuer}/enrol/thaid/callback",
        ),
        clock=clock.now,
        transport=outbound_transport,
        new_secret=lambda: random_text(system_randomness),
    )
