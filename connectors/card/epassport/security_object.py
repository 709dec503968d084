"""The document security object: the state's signature over the hash of every file (ICAO Doc 9303-10, 4.6.2; RFC 5652).

The same form, with other contents, signs a master list.
"""

import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final

from asn1crypto import algos, cms, core, x509

from connectors.card.epassport import asn1
from connectors.card.epassport.public_keys import UnusableKey, hash_named, is_signed, load_public_key

SECURITY_OBJECT_CONTENT: Final = "2.23.136.1.1.1"

_SIGNED_ATTRIBUTES_AS_SET: Final = b"\x31"


class DataGroupHash(core.Sequence):
    """The hash of one data group."""

    _fields = [("number", core.Integer), ("hash", core.OctetString)]  # noqa: RUF012 - asn1crypto reads it so


class DataGroupHashes(core.SequenceOf):
    """All of them."""

    _child_spec = DataGroupHash


class LdsVersion(core.Sequence):
    """Versions, from version 1 of the object on."""

    _fields = [("lds", core.PrintableString), ("unicode", core.PrintableString)]  # noqa: RUF012 - asn1crypto reads it so


class LdsSecurityObject(core.Sequence):
    """What is signed."""

    _fields = [  # noqa: RUF012 - asn1crypto reads it so
        ("version", core.Integer),
        ("hash_algorithm", algos.DigestAlgorithm),
        ("hashes", DataGroupHashes),
        ("lds_version", LdsVersion, {"optional": True}),
    ]


class NotSigned(ValueError):
    """No signature that proves anything; the message says why and names nobody."""


@dataclass(frozen=True, slots=True)
class SignedContent:
    """Content whose signature is the one of `signer`; whether to trust the signer is another question."""

    content: bytes
    signer: x509.Certificate
    certificates: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class SecurityObject:
    """The hashes by number of data group, and whose signature they bear."""

    hashes: dict[int, bytes]
    hash_name: str
    signer: x509.Certificate

    def has_hash_of(self, number: int, file: bytes) -> bool:
        """True when the file is, byte for byte, the one that was signed under that number."""
        expected = self.hashes.get(number)
        return expected is not None and compare_digest(expected, hashlib.new(self.hash_name, file).digest())


def open_security_object(signed: bytes) -> SecurityObject:
    """Raises NotSigned."""
    opened = open_signed(signed, expected_content=SECURITY_OBJECT_CONTENT)
    try:
        content = asn1.load(LdsSecurityObject, opened.content)
        hash_name = content["hash_algorithm"]["algorithm"].native
        hash_named(hash_name)
        hashes = {entry["number"].native: entry["hash"].native for entry in content["hashes"]}
    except (*asn1.MALFORMED, UnusableKey) as error:
        raise NotSigned("the security object cannot be read") from error
    return SecurityObject(hashes, hash_name, opened.signer)


def open_signed(signed: bytes, *, expected_content: str) -> SignedContent:
    """A signed message of one signer that carries the signer's certificate. Raises NotSigned."""
    try:
        return _open_signed(signed, expected_content)
    except NotSigned:
        raise
    except (*asn1.MALFORMED, UnusableKey) as error:
        raise NotSigned("the signed message cannot be read") from error


def _open_signed(signed: bytes, expected_content: str) -> SignedContent:
    # 1. the form: one signer, whose certificate lies within
    message = asn1.load(cms.ContentInfo, signed)
    if message["content_type"].native != "signed_data":
        raise NotSigned("not a signed message")
    data = message["content"]
    encapsulated = data["encap_content_info"]
    content = bytes(encapsulated["content"])
    if encapsulated["content_type"].dotted != expected_content or len(data["signer_infos"]) != 1:
        raise NotSigned("other contents, or not one signer")
    signer_info = data["signer_infos"][0]
    certificates = tuple(asn1.whole(choice.chosen) for choice in data["certificates"])
    signer = _signer(signer_info["sid"], certificates)
    # 2. the signed attributes name these contents and their digest (RFC 5652 section 11.1, 11.2)
    digest_name = signer_info["digest_algorithm"]["algorithm"].native
    hash_named(digest_name)
    attributes = {attribute["type"].native: attribute["values"] for attribute in signer_info["signed_attrs"]}
    if attributes["content_type"][0].dotted != expected_content:
        raise NotSigned("the signature is of other contents")
    if not compare_digest(attributes["message_digest"][0].native, hashlib.new(digest_name, content).digest()):
        raise NotSigned("the contents were changed")
    # 3. RFC 5652 section 5.4: "the IMPLICIT [0] tag … is not used …, rather an EXPLICIT SET OF tag is used"
    message_bytes = _SIGNED_ATTRIBUTES_AS_SET + signer_info["signed_attrs"].dump()[1:]
    if not is_signed(
        load_public_key(signer.public_key),
        algorithm=signer_info["signature_algorithm"],
        message=message_bytes,
        signature=signer_info["signature"].native,
        default_hash=digest_name,
    ):
        raise NotSigned("the signature is wrong")
    return SignedContent(content, signer, certificates)


def _signer(identifier: Any, certificates: tuple[x509.Certificate, ...]) -> x509.Certificate:
    for certificate in certificates:
        if identifier.name == "issuer_and_serial_number":
            named = identifier.chosen
            if (named["issuer"], named["serial_number"].native) == (certificate.issuer, certificate.serial_number):
                return certificate
        elif identifier.chosen.native == certificate.key_identifier:
            return certificate
    raise NotSigned("the signer's certificate is missing")
