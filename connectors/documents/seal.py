"""Seals a PDF: a PAdES certification signature with a time-stamp (ETSI EN 319 142-1, level B-T) in an invisible field.

Two halves, with the time-stamp authority's answer between them, so that no thread waits on the network:

1. `prepare_seal` appends the signature field, digests the file and signs;
2. the caller has `PendingSeal.signature_digest` time-stamped, now or later;
3. `complete_seal` writes the finished CMS (RFC 5652) into the room that was kept for it.

What does not change in the CMS from document to document is encoded once, in `SealKey` (facts/secured-pdf, section 3).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Self

import msgspec
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import cms_embedder
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from connectors.contracts.documents import Delivery
from connectors.contracts.errors import DocumentError
from connectors.documents import der
from connectors.documents.appending import AppendingWriter

FIELD_NAME = "Seal"
BYTES_RESERVED = 16384  # hexadecimal digits, so 8 KB of CMS; a B-T seal of three certificates takes about 3 KB
# P=2, not P=1: viewers are reported to take later validation data for a breach of P=1 (pdf-association/pdf-issues#766)
PERMISSIONS = MDPPerm.FILL_FORMS

ID_DATA = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
ID_CONTENT_TYPE = "1.2.840.113549.1.9.3"
ID_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
ID_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
ID_SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
CMS_VERSION_1 = der.integer(1)
DIGEST_ALGORITHM = der.sequence(der.oid(der.SHA256))
# RFC 6979: the same content and key give the same signature, and a bad source of randomness cannot give the key away
SOFTWARE_ALGORITHM = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class SealKey:
    """The key a seal is made with, its certificates (leaf first, root left out) and what can be encoded ahead.

    `sign` gives the DER ECDSA-with-SHA-256 signature of its argument: a key in memory, or a security module.
    Raises DocumentError when the chain is empty or its leaf holds no P-256 key.
    """

    def __init__(self, *, sign: Callable[[bytes], bytes], chain: Sequence[x509.Certificate]) -> None:
        if not chain:
            raise DocumentError("the seal has no certificate")
        public_key = chain[0].public_key()
        if not isinstance(public_key, ec.EllipticCurvePublicKey) or public_key.curve.name != "secp256r1":
            raise DocumentError("the seal's certificate holds no P-256 key")
        self.sign = sign
        self.name = _common_name(chain[0])
        certificates = [certificate.public_bytes(Encoding.DER) for certificate in chain]
        leaf = asn1_x509.Certificate.load(certificates[0])
        issuer, serial = leaf.issuer.dump(), der.integer(leaf.serial_number)
        self.certificates = der.value(0xA0, b"".join(sorted(certificates)))
        self.leaf_digest = der.sha256(certificates[0])
        self._signer_identifier = der.sequence(issuer, serial)
        self._content_type = der.attribute(ID_CONTENT_TYPE, der.oid(ID_DATA))
        # RFC 5035 section 3: SigningCertificateV2 binds the certificate to the signature; its default digest is SHA-256
        issuer_serial = der.sequence(der.sequence(der.value(0xA4, issuer)), serial)
        ess_cert_id = der.sequence(der.octet_string(self.leaf_digest), issuer_serial)
        self._signing_certificate = der.attribute(ID_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(ess_cert_id)))

    def signed_attributes(self, document_digest: bytes) -> bytes:
        """The attributes that are signed, as SET OF. No signing-time (EN 319 142-1 section 6.3): /M tells the time."""
        message_digest = der.attribute(ID_MESSAGE_DIGEST, der.octet_string(document_digest))
        return der.set_of(self._content_type, message_digest, self._signing_certificate)

    def signer_info(self, *, signed_attributes: bytes, signature: bytes) -> bytes:
        """The content of the CMS SignerInfo, but for the time-stamp token that will end it."""
        return b"".join((
            CMS_VERSION_1,
            self._signer_identifier,
            DIGEST_ALGORITHM,
            b"\xa0" + signed_attributes[1:],  # RFC 5652 section 5.4: IMPLICIT [0] in place, SET OF when signed
            der.sequence(der.oid(ECDSA_WITH_SHA256)),
            der.octet_string(signature),
        ))  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class PendingSeal:
    """A file that is signed but not yet time-stamped. It needs no key any more: whoever has it can complete it.

    `room_start` and `room_end` are where the CMS will stand in `file`; `signature_digest` is what the time-stamp
    authority is asked to stamp: SHA-256 of the signature value (RFC 3161, appendix A).
    """

    file: bytes
    room_start: int
    room_end: int
    certificates: bytes
    signer_info: bytes
    signature_digest: bytes
    delivery: Delivery
    pages: int

    def to_bytes(self) -> bytes:
        """All of it, for another process or another day."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, held: bytes) -> Self:
        """Raises DocumentError for what `to_bytes` did not write."""
        try:
            return msgspec.msgpack.decode(held, type=cls)
        except msgspec.MsgspecError:
            raise DocumentError("a held document cannot be read") from None


def software_key(private_key: ec.EllipticCurvePrivateKey, chain: Sequence[x509.Certificate]) -> SealKey:
    """A seal key held in memory. Raises DocumentError when it is not the key of the first certificate."""
    key = SealKey(sign=lambda content: private_key.sign(content, SOFTWARE_ALGORITHM), chain=chain)
    if private_key.public_key() != chain[0].public_key():
        raise DocumentError("the seal's key and certificate do not belong together")
    return key


def require_own_key(key: SealKey, leaf: x509.Certificate) -> None:
    """A key that is not seen, only asked: raises DocumentError when it is not that of the certificate."""
    public_key, content = leaf.public_key(), b"whose key is this"
    assert isinstance(public_key, ec.EllipticCurvePublicKey), "the seal's certificate holds a P-256 key"
    try:
        public_key.verify(key.sign(content), content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise DocumentError("the seal's key and certificate do not belong together") from None


def prepare_seal(
    pdf: bytes, *, key: SealKey, claimed_time: datetime, password: str | None, delivery: Delivery, pages: int
) -> PendingSeal:
    """Append the signature field and sign. `password` opens a file that is encrypted already: sealing comes last."""
    writer: IncrementalPdfFileWriter = AppendingWriter(BytesIO(pdf))
    if password is not None:
        writer.encrypt(password)
    embedding = cms_embedder.PdfCMSEmbedder().write_cms(field_name=FIELD_NAME, writer=writer)
    next(embedding)
    placeholder = SignatureObject(
        timestamp=claimed_time, subfilter=SigSeedSubFilter.PADES, bytes_reserved=BYTES_RESERVED
    )
    certification = cms_embedder.SigMDPSetup(md_algorithm="sha256", certify=True, docmdp_perms=PERMISSIONS)
    embedding.send(cms_embedder.SigObjSetup(sig_placeholder=placeholder, mdp_setup=certification))
    room, file = embedding.send(cms_embedder.SigIOSetup(md_algorithm="sha256"))
    signed_attributes = key.signed_attributes(room.document_digest)
    signature = key.sign(signed_attributes)
    return PendingSeal(
        file=file.getvalue(),
        room_start=room.reserved_region_start,
        room_end=room.reserved_region_end,
        certificates=key.certificates,
        signer_info=key.signer_info(signed_attributes=signed_attributes, signature=signature),
        signature_digest=der.sha256(signature),
        delivery=delivery,
        pages=pages,
    )


def complete_seal(pending: PendingSeal, *, time_stamp_token: bytes) -> bytes:
    """The sealed file. Raises DocumentError when the token does not fit into the room kept for it."""
    signer_info = der.sequence(
        pending.signer_info, der.value(0xA1, der.attribute(ID_SIGNATURE_TIME_STAMP, time_stamp_token))
    )
    signed_data = der.sequence(
        CMS_VERSION_1,
        der.set_of(DIGEST_ALGORITHM),
        der.sequence(der.oid(ID_DATA)),
        pending.certificates,
        der.set_of(signer_info),
    )
    content_info = der.sequence(der.oid(ID_SIGNED_DATA), der.value(0xA0, signed_data))
    return with_cms(pending.file, pending.room_start, pending.room_end, content_info)


def with_cms(file: bytes, room_start: int, room_end: int, content_info: bytes) -> bytes:
    """The file with the CMS in its room, from `<` to `>`. Raises DocumentError when it does not fit."""
    digits = content_info.hex().upper().encode()
    if len(digits) > room_end - room_start - 2:
        raise DocumentError("the time-stamp token is larger than the room kept for it")
    return file[: room_start + 1] + digits + file[room_start + 1 + len(digits) :]


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()
