"""What lies outside one deployment: the shape of it, and the parts that a process does without.

The connectors themselves are opened by `idp.app.registries` and `idp.app.documents`, which only those processes load
that use them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from connectors.contracts.card import PassportAuthority
from connectors.contracts.documents import Delivery, DocumentRequest, DocumentWorks, HeldDocument, SealedDocument
from connectors.contracts.errors import DocumentError, RegistryRefused
from connectors.contracts.face import FaceComparison
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.notices import MailPort
from connectors.contracts.officer_sessions import OfficerSessionPort
from connectors.contracts.outbound import ClientAddresses
from connectors.contracts.registry import CardStatusPort, CompanyRegistry, RegistryAnswer
from connectors.contracts.registry_desk import Asker, DeskOf, DeskOfSource
from connectors.contracts.registry_photo import PhotoRegistry, PhotosOf, RegistryPhoto
from connectors.contracts.thaid import ThaidPort
from connectors.contracts.verdicts import DocumentReport, Reason
from connectors.outbound.client_addresses import CheckedAddresses
from idp.settings import Settings

Verify = Callable[[bytes, str | None], Awaitable[DocumentReport]]
"""Judges a document: its bytes and the password it may need."""


class NoPhotos:
    """Gives none: for processes that are connected to no registry with the right to them."""

    async def photo(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[RegistryPhoto]:
        """No photo."""
        raise RegistryRefused("no right to photos")


def no_photos(_asker: Asker) -> PhotoRegistry:
    """Of nobody."""
    return NoPhotos()


@dataclass(frozen=True, slots=True)
class Outside:
    """What fulfils the rooms' ports. `trust`: the two root certificates, all that an outside verifier needs.

    `desk_of_source` is None where no bridge is served, `thaid` where nobody enrols by ThaiD, `mail` where no letters
    are sent, `faces` where none are compared, `passports` where no states are trusted.
    """

    card_status: CardStatusPort
    desk_of: DeskOf
    companies: CompanyRegistry
    sealer: DocumentWorks
    verify: Verify
    trust: Path
    thaid: ThaidPort | None = None
    officer_sessions: OfficerSessionPort | None = None
    mail: MailPort | None = None
    faces: FaceComparison | None = None
    passports: PassportAuthority | None = None
    desk_of_source: DeskOfSource | None = None
    photos_of: PhotosOf = no_photos


class NoSeal:
    """Seals nothing: for processes that make no documents."""

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        """No document."""
        raise DocumentError("this process seals no documents")

    async def seal_or_hold(
        self, request: DocumentRequest, *, delivery: Delivery, password: str | None
    ) -> SealedDocument | HeldDocument:
        """No document."""
        raise DocumentError("this process seals no documents")

    async def stamp(self, held: bytes) -> SealedDocument:
        """No document."""
        raise DocumentError("this process seals no documents")

    async def archive(self, pdf: bytes) -> bytes:
        """No document."""
        raise DocumentError("this process seals no documents")


async def verify_nothing(pdf: bytes, password: str | None) -> DocumentReport:
    """No trust, no verdict."""
    return DocumentReport(Reason.NO_AUTHORITIES)


def published_seals(trust: Path) -> bytes:
    """The certificates of this deployment's seals, present and past, in PEM."""
    return b"".join(path.read_bytes() for path in sorted((trust / "seals").glob("*.pem")))


def published_root(trust: Path, name: str) -> bytes:
    """A root certificate that an outside verifier needs, in PEM; nothing where it was not put there."""
    path = trust / name
    return path.read_bytes() if path.is_file() else b""


def client_addresses(settings: Settings) -> ClientAddresses:
    """What asks addresses that clients registered; a demonstration's clients live on the own machine."""
    own_machine = [ip_network("127.0.0.0/8"), ip_network("::1/128")] if settings.is_demo else []
    return CheckedAddresses(allowed=[*own_machine, *settings.client_networks])
