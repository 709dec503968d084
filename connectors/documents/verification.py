"""Judges a file somebody brings: is it sealed by us, whole, and was the seal good when it was made?

A file is valid when all of this holds (ETSI EN 319 102-1 in short):

1. it is a PDF with one certification signature over the entire file, or over all but validation data added later;
2. the signature is intact;
3. a trusted authority time-stamped it, and that authority's certificate is still good now, or was when the file was
   made to last by an archive time-stamp that is good now;
4. the signer's certificate leads to a trusted root and was good at the time of the time-stamp.

Whatever cannot be shown is not assumed: every fault on the way ends in a verdict other than valid.
"""

import asyncio
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Literal, assert_never

from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
    read_certification_data,
)
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel, SignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import ValidationError

from connectors.contracts.documents import SealLevel
from connectors.contracts.errors import DocumentError
from connectors.contracts.verdicts import DocumentReport, Reason
from connectors.documents.additions import PROOFS_ALONE, require_proofs_alone
from connectors.documents.certificates import to_asn1
from connectors.documents.seal_container import Unfit, byte_range, validate_container

# The library logs a traceback for every path it cannot build; the verdict says it better. (Configured logging sees it.)
logging.getLogger("pyhanko").addHandler(logging.NullHandler())

TIME_STAMP_STEP = timedelta(seconds=1)
SEAL_TRACE = b"/ByteRange"  # what only a signed PDF holds, readable even in a file that is broken elsewhere
OUT_OF_VALIDITY = (AdESIndeterminate.OUT_OF_BOUNDS_NO_POE, AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED)


@dataclass(frozen=True, slots=True)
class _Trust:
    """Whom the judge believes. `crls` are revocation lists of either authority."""

    roots: Sequence[x509.Certificate]
    tsa_roots: Sequence[x509.Certificate]
    crls: Sequence[asn1_crl.CertificateList]


def verify_pdf(
    pdf: bytes,
    *,
    trust_roots: Sequence[x509.Certificate],
    tsa_roots: Sequence[x509.Certificate],
    now: datetime,
    crls: Sequence[bytes] = (),
    password: str | None = None,
) -> DocumentReport:
    """The verdict on one file, whatever the file is. Runs an event loop of its own: call it from a worker thread.

    `now` has a time zone; `crls` are revocation lists in DER; `password` opens an encrypted file.
    Raises DocumentError when a revocation list cannot be read: that is no fault of the file.
    """
    trust = _Trust(trust_roots, tsa_roots, [revocation_list(crl) for crl in crls])
    try:
        return asyncio.run(_judge(pdf, trust=trust, now=now, password=password))
    except Unfit as unfit:
        return DocumentReport(unfit.reason)
    # What readers raise over a file that is broken or made to break them; asn1crypto uses built-in exceptions.
    except (PdfError, SigningError, SignatureValidationError, ValidationError, UnsupportedAlgorithm, zlib.error,
            ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, RecursionError,
            OSError, NotImplementedError):  # fmt: skip
        if SEAL_TRACE in pdf:
            return DocumentReport(Reason.DAMAGED)
        return DocumentReport(Reason.NO_PDF)


async def _judge(pdf: bytes, *, trust: _Trust, now: datetime, password: str | None) -> DocumentReport:
    # 1. one certification signature in a readable file
    reader = _open(pdf, password)
    seal = _only_seal(pdf, reader)
    for signed in reader.embedded_signatures:
        validate_container(pdf, signed)
    _, _, second_start, second_length = byte_range(seal)
    require_proofs_alone(pdf, reader, sealed_end=second_start + second_length)
    proven_at = await _validate_additions(pdf, reader, trust=trust, now=now)
    # 2. intact and over the whole file; 3. the time-stamp, judged now, or when the file was made to last
    stamped = await _validate(seal, trust=trust, moment=proven_at)
    _validate_integrity(stamped, reader, seal)
    signed_at = _validate_time_stamp(stamped)
    # 4. the signer, judged when the time-stamp was given, at the end of the second that it tells
    signer = await _validate(seal, trust=trust, moment=signed_at + TIME_STAMP_STEP)
    return DocumentReport(
        reason=_signer_reason(signer),
        signer=str(seal.signer_cert.subject.human_friendly),
        signed_at=signed_at,
        level=SealLevel.B_LTA if reader.embedded_timestamp_signatures else SealLevel.B_T,
        document_id=_document_id(reader),
    )


def _open(pdf: bytes, password: str | None) -> PdfFileReader:
    reader = PdfFileReader(BytesIO(pdf))
    if reader.encrypted:
        if password is None:
            raise Unfit(Reason.PASSWORD_NEEDED)
        if reader.decrypt(password).status.name == "FAILED":
            raise Unfit(Reason.PASSWORD_WRONG)
    return reader


def _only_seal(pdf: bytes, reader: PdfFileReader) -> EmbeddedPdfSignature:
    seals = reader.embedded_regular_signatures
    if not seals and SEAL_TRACE in pdf:
        raise Unfit(Reason.NOT_TIED)
    if not seals:
        raise Unfit(Reason.NO_SEAL)
    if len(seals) > 1:
        raise Unfit(Reason.SIGNATURE_ADDED)
    seal: EmbeddedPdfSignature = seals[0]
    return seal


async def _validate_additions(pdf: bytes, reader: PdfFileReader, *, trust: _Trust, now: datetime) -> datetime:
    """Nothing may follow the last seal or archive time-stamp, and archive time-stamps must be trusted too: the last one
    now, each earlier one when the next was given (EN 319 102-1 section 5.6.3). Gives the moment at which what lies
    before all of them was proven to be there.
    """
    ranges = [byte_range(signed) for signed in reader.embedded_signatures]
    if max(second_start + second_length for _, _, second_start, second_length in ranges) != len(pdf):
        raise Unfit(Reason.SOMETHING_ADDED)
    moment = now
    for time_stamp in reversed(reader.embedded_timestamp_signatures):
        status = await async_validate_pdf_timestamp(time_stamp, _context(trust.tsa_roots, trust.crls, moment))
        if status.intact and status.valid and _standing(status) == "expired":
            raise Unfit(Reason.ARCHIVE_EXPIRED)
        if not status.trusted:
            raise Unfit(Reason.TIME_STAMP_ADDED)
        moment = status.timestamp + TIME_STAMP_STEP
    return moment


async def _validate(seal: EmbeddedPdfSignature, *, trust: _Trust, moment: datetime) -> PdfSignatureStatus:
    return await async_validate_pdf_signature(
        seal,
        signer_validation_context=_context(trust.roots, trust.crls, moment),
        ts_validation_context=_context(trust.tsa_roots, trust.crls, moment),
        diff_policy=PROOFS_ALONE,
    )


def revocation_list(crl: bytes) -> asn1_crl.CertificateList:
    """A list out of its DER. Raises DocumentError when it cannot be read."""
    try:
        parsed: asn1_crl.CertificateList = asn1_crl.CertificateList.load(crl, strict=True)
        _ = parsed.native  # asn1crypto decodes lazily: reading it once finds what is malformed
    except (ValueError, TypeError, LookupError) as fault:
        raise DocumentError("a revocation list cannot be read") from fault
    return parsed


def _context(
    roots: Sequence[x509.Certificate], crls: Sequence[asn1_crl.CertificateList], moment: datetime
) -> ValidationContext:
    """Trust in `roots` at `moment`. A root's own revocation list, where it was brought, must clear every certificate.

    Without one, a list is consulted where a certificate names it and it is there: who verifies offline may have none.
    """
    trust_roots = [to_asn1(root) for root in roots]
    has_own_list = any(revocations.issuer == root.subject for revocations in crls for root in trust_roots)
    return ValidationContext(
        trust_roots=trust_roots,
        crls=list(crls),
        moment=moment,
        allow_fetching=False,
        revocation_mode="require" if has_own_list else "soft-fail",
        retroactive_revinfo=True,
    )


def _validate_integrity(status: PdfSignatureStatus, reader: PdfFileReader, seal: EmbeddedPdfSignature) -> None:
    if not (status.intact and status.valid):
        raise Unfit(Reason.CONTENT_CHANGED)
    is_untouched = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    only_validation_data = (
        status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
        and status.docmdp_ok is True
        and status.modification_level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
    )
    if not (is_untouched or only_validation_data):
        raise Unfit(Reason.SOMETHING_ADDED)
    # ISO 32000-2 section 12.8.2.2: the certification signature is the one that DocMDP in /Perms refers to
    certification = read_certification_data(reader)
    if certification is None or certification.author_sig != seal.sig_object:
        raise Unfit(Reason.NOT_CERTIFIED)


def _validate_time_stamp(status: PdfSignatureStatus) -> datetime:
    time_stamp = status.timestamp_validity
    if time_stamp is None:
        raise Unfit(Reason.EXPIRED_UNSTAMPED if _standing(status) == "expired" else Reason.NO_TIME_STAMP)
    if not (time_stamp.intact and time_stamp.valid):
        raise Unfit(Reason.TIME_STAMP_CHANGED)
    match _standing(time_stamp):
        case "good":
            return time_stamp.timestamp
        case "expired":
            raise Unfit(Reason.AUTHORITY_EXPIRED)
        case "revoked":
            raise Unfit(Reason.AUTHORITY_REVOKED)
        case "unknown":
            raise Unfit(Reason.FOREIGN_AUTHORITY)
        case other:
            assert_never(other)


def _signer_reason(status: PdfSignatureStatus) -> Reason:
    match _standing(status):
        case "good" if status.bottom_line:
            return Reason.WHOLE
        case "expired":
            return Reason.SIGNER_EXPIRED
        case "revoked":
            return Reason.SIGNER_REVOKED
        case "good" | "unknown":
            return Reason.FOREIGN_SIGNER
        case other:
            assert_never(other)


def _standing(status: SignatureStatus) -> Literal["good", "expired", "revoked", "unknown"]:
    """What path validation says of a certificate, at the moment it was asked about."""
    if status.trusted:
        return "good"
    if status.revoked:
        return "revoked"
    if status.trust_problem_indic in OUT_OF_VALIDITY:
        return "expired"
    return "unknown"


def _document_id(reader: PdfFileReader) -> str | None:
    """The number the renderer writes into the document's keywords."""
    if "/Info" not in reader.trailer_view:
        return None
    information = reader.trailer["/Info"]
    return str(information["/Keywords"]) if "/Keywords" in information else None
