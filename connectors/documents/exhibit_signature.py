"""What can be said of the signature on a paper of the data's owner, for the cover that it is attached to.

The paper is passed on byte for byte whatever is found: this is a reader's note, not a condition. Whose certificate it
is was not asked of anybody unless the owner's root is trusted here; the note says which of both holds.
"""

import asyncio
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import ValidationError

from connectors.documents.certificates import to_asn1

# the library writes whose certificate leads nowhere: a person's name has no place in the log of a press
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


class PaperStanding(StrEnum):
    """How the paper stands with its own signature."""

    UNSIGNED = "unsigned"
    WHOLE = "whole"
    WHOLE_AND_TRUSTED = "whole_and_trusted"
    CHANGED = "changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class PaperSignature:
    """`signer` is the common name of the last signature's certificate; empty where there is none to be read."""

    standing: PaperStanding
    signer: str

    def said(self) -> tuple[str, str]:
        """The note in Thai and in English."""
        match self.standing:
            case PaperStanding.UNSIGNED:
                return "ไม่มีลายมือชื่อดิจิทัลในไฟล์", "the file carries no digital signature"
            case PaperStanding.WHOLE:
                return (
                    f"ลงลายมือชื่อดิจิทัลโดย {self.signer} ไม่มีการเปลี่ยนแปลงหลังลงลายมือชื่อ (มิได้ตรวจสอบผู้ออกใบรับรอง)",
                    f"signed by {self.signer}, unchanged since (issuer of the certificate not checked)",
                )
            case PaperStanding.WHOLE_AND_TRUSTED:
                return (
                    f"ลงลายมือชื่อดิจิทัลโดย {self.signer} ไม่มีการเปลี่ยนแปลงหลังลงลายมือชื่อ และใบรับรองเชื่อถือได้",
                    f"signed by {self.signer}, unchanged since, certificate trusted",
                )
            case PaperStanding.CHANGED:
                return "ไฟล์ถูกเปลี่ยนแปลงหลังลงลายมือชื่อ", "the file was changed after it was signed"
            case PaperStanding.UNREADABLE:
                return "ไม่สามารถอ่านลายมือชื่อในไฟล์ได้", "the signature in the file cannot be read"


def judge_paper(pdf: bytes, *, roots: Sequence[x509.Certificate] = ()) -> PaperSignature:
    """How a paper stands; `roots` are the owner's. Runs an event loop of its own: call it from a worker."""
    try:
        return asyncio.run(_judge(pdf, roots))
    # what readers raise over a file that is broken or made to break them; asn1crypto uses built-in exceptions
    except (PdfError, SigningError, SignatureValidationError, ValidationError, UnsupportedAlgorithm, zlib.error,
            ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, RecursionError,
            OSError, NotImplementedError):  # fmt: skip
        return PaperSignature(PaperStanding.UNREADABLE, "")


async def _judge(pdf: bytes, roots: Sequence[x509.Certificate]) -> PaperSignature:
    reader = PdfFileReader(BytesIO(pdf))
    signatures = reader.embedded_regular_signatures
    if not signatures:
        return PaperSignature(PaperStanding.UNSIGNED, "")
    context = ValidationContext(trust_roots=[to_asn1(root) for root in roots], allow_fetching=False)
    statuses = [await async_validate_pdf_signature(one, signer_validation_context=context) for one in signatures]
    for status in statuses:
        covers = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION and status.docmdp_ok is not False
        if not (status.intact and status.valid and covers):
            return PaperSignature(PaperStanding.CHANGED, "")
    # what stands behind the last signature is covered by none; proofs and archive time-stamps change nothing
    last = statuses[-1]
    lasts = reader.embedded_timestamp_signatures and last.modification_level is ModificationLevel.LTA_UPDATES
    if last.coverage is not SignatureCoverageLevel.ENTIRE_FILE and not lasts:
        return PaperSignature(PaperStanding.CHANGED, "")
    are_trusted = bool(roots) and all(status.trusted for status in statuses)
    standing = PaperStanding.WHOLE_AND_TRUSTED if are_trusted else PaperStanding.WHOLE
    return PaperSignature(standing, _signer(signatures[-1]))


def _signer(signature: EmbeddedPdfSignature) -> str:
    named = signature.signer_cert.subject.native
    name = named.get("common_name") or named.get("organization_name") or ""
    return " ".join(str(name).split())
