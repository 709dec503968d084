"""What authorities say of certificates now: OCSP (RFC 6960), or a revocation list (RFC 5280) where that is not had.

The addresses are those that the certificates themselves name: of our own seal, and of the time-stamp authority that
the deployment trusts. An answer is used when the whole path, with a statement on every certificate, was checked.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, RevokedError

from connectors.contracts.errors import AuthorityUnavailable, DocumentError
from connectors.documents.archive import Proofs, SealFacts
from connectors.documents.authority_client import AuthorityClient
from connectors.documents.certificates import is_issued_by, to_asn1

PROOFS_SERVE_FOR: Final = timedelta(minutes=10)
LONGEST_ANSWER_SECONDS: Final = 30.0
"""For the whole of an answer, however slowly it comes."""


@dataclass(frozen=True, slots=True)
class _Kept:
    proofs: Proofs
    asked_at: datetime


class ProofSource:
    """Asks the authorities of seals and time-stamps. `connect_to` maps host names to the addresses really called."""

    def __init__(
        self,
        *,
        roots: Sequence[x509.Certificate],
        tsa_roots: Sequence[x509.Certificate],
        now: Callable[[], datetime],
        connect_to: Mapping[str, str] | None = None,
        timeout_seconds: float = 5.0,
        longest_answer_seconds: float = LONGEST_ANSWER_SECONDS,
    ) -> None:
        self._roots, self._tsa_roots = list(roots), list(tsa_roots)
        self._now = now
        self._authorities = AuthorityClient(
            connect_to=connect_to, timeout_seconds=timeout_seconds, longest_answer_seconds=longest_answer_seconds
        )
        self._kept: dict[tuple[tuple[bytes, ...], ...], _Kept] = {}

    async def proofs(self, facts: SealFacts) -> Proofs:
        """What authorities say, asked after the seal was time-stamped: an answer asked for before is not used.

        Raises AuthorityUnavailable when an authority cannot be asked now, DocumentError when a certificate was revoked,
        is not trusted, or names nobody who could be asked.
        """
        place, now = (facts.certificates, facts.tsa_certificates), self._now()
        kept = self._kept.get(place)
        if kept is not None and facts.stamped_at < kept.asked_at and now - kept.asked_at < PROOFS_SERVE_FOR:
            return kept.proofs
        proofs = Proofs((), (), ())
        for chain, roots in ((facts.certificates, self._roots), (facts.tsa_certificates, self._tsa_roots)):
            parsed = [x509.load_der_x509_certificate(one) for one in chain]
            told = await self._asked(parsed, roots)
            await asyncio.to_thread(_validate, chain, told, roots=roots, now=now)
            proofs = Proofs(proofs.certificates + told.certificates, proofs.ocsps + told.ocsps, proofs.crls + told.crls)
        self._kept = {place: _Kept(proofs, now)}
        return proofs

    async def aclose(self) -> None:
        """Close the connections that are kept open."""
        await self._authorities.aclose()

    async def _asked(self, chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> Proofs:
        """One statement for each certificate of the chain; the root that ends it goes along."""
        above = [*chain[1:], *(root for root in roots if is_issued_by(chain[-1], root))]
        # the certificates of a time-stamp are no signed part of it: what leads to no root here names nobody to ask
        if len(above) < len(chain) or not all(map(is_issued_by, chain, above)):
            raise DocumentError("a certificate of the seal leads to no trusted root")
        ocsps: list[bytes] = []
        crls: list[bytes] = []
        for certificate, issuer in zip(chain, above, strict=False):
            statement = await self._by_ocsp(certificate, issuer)
            if statement is not None:
                ocsps.append(statement)
            else:
                crls.append(await self._by_list(certificate))
        certificates = {one.public_bytes(Encoding.DER): None for one in (*chain, *above)}
        return Proofs(tuple(certificates), tuple(ocsps), tuple(crls))

    async def _by_ocsp(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes | None:
        """The response (DER), None where nobody answers by OCSP."""
        address = _ocsp_address(certificate)
        if address is None:
            return None
        question = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
        try:
            answer = await self._authorities.ask("POST", address, question.public_bytes(Encoding.DER))
            is_answered = ocsp.load_der_ocsp_response(answer).response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
        except (AuthorityUnavailable, ValueError):
            return None
        return answer if is_answered else None

    async def _by_list(self, certificate: x509.Certificate) -> bytes:
        address = list_address(certificate)
        if address is None:
            raise DocumentError("a certificate of the seal names nobody who says whether it was revoked")
        return await self._authorities.ask("GET", address)


def _validate(chain: Sequence[bytes], told: Proofs, *, roots: Sequence[x509.Certificate], now: datetime) -> None:
    """The path to a root, with a statement on each certificate of it, as it stands now."""
    leaf, *others = (asn1_x509.Certificate.load(one) for one in chain)
    try:
        context = ValidationContext(
            trust_roots=[to_asn1(root) for root in roots],
            ocsps=[asn1_ocsp.OCSPResponse.load(one) for one in told.ocsps],
            crls=[asn1_crl.CertificateList.load(one) for one in told.crls],
            moment=now,
            allow_fetching=False,
            revocation_mode="require",
        )
        asyncio.run(CertificateValidator(leaf, others, validation_context=context).async_validate_path())
    except RevokedError as fault:
        raise DocumentError("a certificate of the seal was revoked") from fault
    except (PathBuildingError, PathValidationError, ValueError, TypeError, LookupError) as fault:
        raise DocumentError("what the authorities say of the seal's certificates cannot be used") from fault


def _ocsp_address(certificate: x509.Certificate) -> str | None:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return None
    named = (one.access_location for one in access if one.access_method == AuthorityInformationAccessOID.OCSP)
    return _web_address(list(named))


def list_address(certificate: x509.Certificate) -> str | None:
    """Where the list is that would hold this certificate; None when it names no place."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return None
    return _web_address([name for point in points for name in point.full_name or ()])


def _web_address(names: Sequence[x509.GeneralName]) -> str | None:
    addresses = (str(name.value) for name in names if isinstance(name, x509.UniformResourceIdentifier))
    return next((address for address in addresses if address.startswith(("http://", "https://"))), None)
