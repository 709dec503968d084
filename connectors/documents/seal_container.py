"""The part of a sealed file that no signature covers: the room of a signature and the frame of the CMS in it.

Readers are lenient there, so that bytes could be changed or hidden without breaking the seal. Here they may not.
"""

from asn1crypto import cms
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from connectors.contracts.verdicts import Reason
from connectors.documents import der


class Unfit(Exception):
    """The verdict is reached before every check was made."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.said_en)
        self.reason = reason


def byte_range(signed: EmbeddedPdfSignature) -> tuple[int, int, int, int]:
    """Start and length of the part before the signature, then of the part after it. Raises ValueError."""
    first_start, first_length, second_start, second_length = (int(number) for number in signed.byte_range)
    return first_start, first_length, second_start, second_length


def validate_container(pdf: bytes, seal: EmbeddedPdfSignature) -> None:
    """The room of a seal or archive time-stamp holds one CMS in DER, then zeros, nothing else; its frame is as it must.

    Raises Unfit, and ValueError, TypeError or LookupError for what cannot be decoded.
    """
    first_start, first_length, second_start, _ = byte_range(seal)
    room = pdf[first_start + first_length : second_start]
    content_info = cms.ContentInfo.load(seal.pkcs7_content)
    # put together from its parts, so that no length may claim some of the zeros behind
    content = der.sequence(content_info["content_type"].dump(), content_info["content"].dump())
    expected = b"<" + content.hex().upper().encode().ljust(len(room) - 2, b"0") + b">"
    if first_start != 0 or room != expected:
        raise Unfit(Reason.HIDDEN_BESIDE)
    _validate_frame(content_info["content"])
    for attribute in seal.signer_info["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            for token in attribute["values"]:
                _validate_frame(token["content"])


def _validate_frame(signed_data: cms.SignedData) -> None:
    """Versions, algorithms and the name of the signer stand outside of what is signed (RFC 5652 section 5.4)."""
    (signer,) = signed_data["signer_infos"]
    # RFC 5652 section 5.1: version 1 for id-data, 3 for any other content; section 5.3: version 1 with
    # issuerAndSerialNumber, 3 with subjectKeyIdentifier
    data_version = "v1" if signed_data["encap_content_info"]["content_type"].native == "data" else "v3"
    signer_version = "v1" if signer["sid"].name == "issuer_and_serial_number" else "v3"
    if (signed_data["version"].native, signer["version"].native) != (data_version, signer_version):
        raise Unfit(Reason.FRAME_CHANGED)
    # section 5.1: "Implementations MAY fail to validate signatures that use a digest algorithm that is not included in
    # this set."
    if signer["digest_algorithm"].native not in signed_data["digest_algorithms"].native:
        raise Unfit(Reason.FRAME_CHANGED)
    if signer["sid"].name == "issuer_and_serial_number" and not _names_a_certificate(signer["sid"].chosen, signed_data):
        raise Unfit(Reason.FRAME_CHANGED)


def _names_a_certificate(identifier: cms.IssuerAndSerialNumber, signed_data: cms.SignedData) -> bool:
    """Whether a certificate that came along is named letter by letter; readers do not mind the case of letters."""
    named = identifier["issuer"].dump(), identifier["serial_number"].native
    certificates = (choice.chosen for choice in signed_data["certificates"] if choice.name == "certificate")
    return any((certificate.issuer.dump(), certificate.serial_number) == named for certificate in certificates)
