"""The document sealer: request in, sealed file out. Typesetting and signing run at the presses."""

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.contracts.documents import Delivery, DocumentRequest, HeldDocument, SealedDocument, SealLevel
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from connectors.documents.presses import Equipment, Presses
from connectors.documents.render import TEMPLATES
from connectors.documents.revocation import ProofSource
from connectors.documents.seal import PendingSeal, complete_seal, with_cms
from connectors.documents.seal_module import ModuleKey
from connectors.documents.timestamp import TimestampClient

OWNER_PASSWORD_BYTES = 32


class PdfSealer:
    """Renders, encrypts where asked, signs and time-stamps (fulfils `connectors.contracts.documents.DocumentWorks`).

    `seal_key` is a P-256 key, the path of its PEM file, or its place in a module; `seal_chain` its certificates, leaf
    first, root left out; `seal_roots` and `tsa_roots` are trusted, and `paper_roots` for the papers of the data's
    owners; `connect_to` maps the host names of authorities to
    the addresses really called. With `processes`, as many make documents; else a thread does. Use one sealer per event
    loop and `aclose` it. Raises DocumentError when key, certificates or typeface cannot be used.
    """

    def __init__(
        self,
        *,
        fonts_dir: Path,
        seal_key: ec.EllipticCurvePrivateKey | Path | ModuleKey,
        seal_chain: Sequence[x509.Certificate],
        seal_roots: Sequence[x509.Certificate],
        tsa_url: str,
        tsa_roots: Sequence[x509.Certificate],
        now: Callable[[], datetime],
        templates_dir: Path = TEMPLATES,
        paper_roots: Sequence[x509.Certificate] = (),
        connect_to: Mapping[str, str] | None = None,
        processes: int = 0,
        random_token: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        chain, owners = (
            tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)
            for certificates in (seal_chain, paper_roots)
        )
        equipment = Equipment(templates_dir, fonts_dir, seal_key, chain, owners)
        equipment.check()  # what is missing is found at start, not at the first document
        self._presses = Presses(equipment, processes=processes)
        self._timestamps = TimestampClient(url=tsa_url, trust_roots=tsa_roots, connect_to=connect_to)
        self._proofs = ProofSource(roots=seal_roots, tsa_roots=tsa_roots, now=now, connect_to=connect_to)
        self._random_token = random_token

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        """One sealed document, or none: raises DocumentError, TimestampUnavailable.

        `password` is given exactly when `delivery` is PASSWORD.
        """
        return await self._stamped(await self._signed(request, delivery, password))

    async def seal_or_hold(
        self, request: DocumentRequest, *, delivery: Delivery, password: str | None
    ) -> SealedDocument | HeldDocument:
        """As `seal`, but held where no time-stamp can be had now. Raises DocumentError."""
        pending = await self._signed(request, delivery, password)
        try:
            return await self._stamped(pending)
        except TimestampUnavailable:
            return HeldDocument(pending.to_bytes(), delivery, pending.pages)

    async def stamp(self, held: bytes) -> SealedDocument:
        """A held document, time-stamped now. Raises TimestampUnavailable, DocumentError."""
        return await self._stamped(PendingSeal.from_bytes(held))

    async def archive(self, pdf: bytes) -> bytes:
        """A sealed file with its proofs and an archive time-stamp appended: level B-LTA.

        Raises AuthorityUnavailable, and DocumentError also where a certificate of the seal was revoked.
        """
        # 1. whose certificates; 2. what their authorities say of them now; 3. both into the file, time-stamped
        facts = await self._presses.seal_facts(pdf)
        proofs = await self._proofs.proofs(facts)
        pending = await self._presses.prepare_archive(pdf, proofs)
        token = await self._timestamps.timestamp(pending.digest)
        return with_cms(pending.file, pending.room_start, pending.room_end, token)

    async def aclose(self) -> None:
        """End the presses and close the connections that are kept open."""
        self._presses.close()
        await self._timestamps.aclose()
        await self._proofs.aclose()

    async def _signed(self, request: DocumentRequest, delivery: Delivery, password: str | None) -> PendingSeal:
        if (delivery is Delivery.PASSWORD) != (password is not None):
            raise DocumentError("a password belongs to the password delivery, and only there")
        owner_password = self._random_token(OWNER_PASSWORD_BYTES)
        return await self._presses.make(request, delivery=delivery, password=password, owner_password=owner_password)

    async def _stamped(self, pending: PendingSeal) -> SealedDocument:
        token = await self._timestamps.timestamp(pending.signature_digest)
        pdf = complete_seal(pending, time_stamp_token=token)
        return SealedDocument(
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
            level=SealLevel.B_T,
            delivery=pending.delivery,
            pages=pending.pages,
        )


def usual_processes() -> int:
    """All cores but one, so that there is always one for whoever signs in."""
    return max(1, len(os.sched_getaffinity(0)) - 1)
