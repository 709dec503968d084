"""Makes a sealed file last: what proves its certificates, and an archive time-stamp over all of it (PAdES B-LTA).

ETSI EN 319 142-1 section 6.3: the document security store (DSS) holds the certificates and what their authorities said
of them; a document time-stamp then covers file and store. Both stand in one revision that is appended: every byte of
the sealed file stays where it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import cms_embedder
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

from connectors.contracts.errors import DocumentError
from connectors.documents.appending import AppendingWriter
from connectors.documents.seal import BYTES_RESERVED

FIELD_NAME = "ArchiveTimeStamp"


@dataclass(frozen=True, slots=True)
class SealFacts:
    """What is to be proven of a seal: certificates in DER, leaf first, and when it was time-stamped."""

    certificates: tuple[bytes, ...]
    tsa_certificates: tuple[bytes, ...]
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class Proofs:
    """Certificates, OCSP responses and revocation lists in DER."""

    certificates: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    crls: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, repr=False)
class PendingArchive:
    """A file whose archive time-stamp is still to come: it covers `digest`, and will stand in the room kept for it."""

    file: bytes
    room_start: int
    room_end: int
    digest: bytes


def seal_facts(pdf: bytes) -> SealFacts:
    """Raises DocumentError for a file that is not sealed at level B-T, or carries an archive time-stamp already."""
    try:
        reader = PdfFileReader(BytesIO(pdf))
        if reader.encrypted or reader.embedded_timestamp_signatures:
            raise DocumentError("the file is encrypted, or was made to last before")
        (seal,) = reader.embedded_regular_signatures
        (time_stamp,) = (
            token["content"]
            for attribute in seal.signer_info["unsigned_attrs"]
            if attribute["type"].native == "signature_time_stamp_token"
            for token in attribute["values"]
        )
        tsa_certificates = [choice.chosen for choice in time_stamp["certificates"] if choice.name == "certificate"]
        return SealFacts(
            certificates=_leaf_first([seal.signer_cert, *seal.other_embedded_certs]),
            tsa_certificates=_leaf_first(tsa_certificates),
            stamped_at=time_stamp["encap_content_info"]["content"].parsed["gen_time"].native,
        )
    except (PdfError, SigningError, ValueError, TypeError, LookupError, AttributeError) as fault:
        raise DocumentError("the file carries no seal that can be read") from fault


def prepare_archive(pdf: bytes, proofs: Proofs) -> PendingArchive:
    """Append the store and the room of the archive time-stamp."""
    writer = AppendingWriter(BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        sig_contents=None,  # ISO 32000-2 section 12.8.4.4: VRI is optional; readers search the whole store
        certs=[asn1_x509.Certificate.load(one) for one in proofs.certificates],
        ocsps=[asn1_ocsp.OCSPResponse.load(one) for one in proofs.ocsps],
        crls=[asn1_crl.CertificateList.load(one) for one in proofs.crls],
    )
    embedding = cms_embedder.PdfCMSEmbedder().write_cms(field_name=FIELD_NAME, writer=writer)
    next(embedding)
    embedding.send(cms_embedder.SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=BYTES_RESERVED)))
    room, file = embedding.send(cms_embedder.SigIOSetup(md_algorithm="sha256"))
    content = file.getvalue()
    if not content.startswith(pdf):
        raise DocumentError("making a file last would change it")
    return PendingArchive(content, room.reserved_region_start, room.reserved_region_end, room.document_digest)


def _leaf_first(certificates: Iterable[asn1_x509.Certificate]) -> tuple[bytes, ...]:
    """A chain in order; ValueError when the certificates make none."""
    left = list(certificates)
    (current,) = (one for one in left if not any(other.issuer == one.subject for other in left if other != one))
    chain = [current]
    while following := [one for one in left if one not in chain and one.subject == chain[-1].issuer]:
        chain.append(following[0])
    return tuple(one.dump() for one in chain)
