"""Utopia (UTO), a state that does not exist, and the passports it issues to people who do not exist either.

Its keys are made from a fixed text, so that every process of a demonstration knows the same state without sharing a
file; anyone can make them, so nothing but a demonstration may ever trust them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from connectors.card.epassport import asn1
from connectors.card.epassport.security_object import (
    SECURITY_OBJECT_CONTENT,
    LdsSecurityObject,
)
from connectors.card.epassport.trust import MASTER_LIST_CONTENT, MASTER_LIST_SIGNING, MasterList

UTOPIA: Final = "UTO"
FOUNDED: Final = datetime(2020, 1, 1, tzinfo=UTC)

_COUNTRY: Final = "UT"
_CURVE: Final = ec.BrainpoolP256R1()
_SCALAR_BITS: Final = 255
_AUTHORITY_YEARS: Final = 30
_SIGNER_YEARS: Final = 20
_DAYS: Final = 365


@dataclass(frozen=True, slots=True, repr=False)
class KeyHolder:
    """A private key and the certificate that goes with it."""

    secret: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.public_bytes(Encoding.DER)


def fixed_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The same key for the same name, everywhere."""
    digest = int.from_bytes(hashlib.sha256(f"utopia {name}".encode()).digest(), "big")
    return ec.derive_private_key(digest % 2**_SCALAR_BITS + 1, _CURVE)


def authority(name: str = "CSCA", *, state: str = UTOPIA, linked_by: KeyHolder | None = None) -> KeyHolder:
    """A country signing authority; `linked_by` makes it the new key of that one, its certificate a link."""
    secret = fixed_key(name)
    issuer_secret = secret if linked_by is None else linked_by.secret
    certificate = (
        _certificate(name, secret, issuer_name=_name(name) if linked_by is None else linked_by.certificate.subject)
        .not_valid_after(FOUNDED + timedelta(days=_DAYS * _AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_state_name(state), critical=False)
        .sign(issuer_secret, hashes.SHA256())
    )
    return KeyHolder(secret, certificate)


def document_signer(
    issuer: KeyHolder, name: str = "DS", *, ends_at: datetime | None = None, for_master_lists: bool = False
) -> KeyHolder:
    """A signer of passports, or of master lists, certified by the authority."""
    secret = fixed_key(name)
    builder = (
        _certificate(name, secret, issuer_name=issuer.certificate.subject)
        .not_valid_after(ends_at or FOUNDED + timedelta(days=_DAYS * _SIGNER_YEARS))
        .add_extension(_usage(signs_certificates=False), critical=True)
    )
    if for_master_lists:
        usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(MASTER_LIST_SIGNING)])
        builder = builder.add_extension(usage, critical=True)
    return KeyHolder(secret, builder.sign(issuer.secret, hashes.SHA256()))


def revocation_list(
    issuer: KeyHolder, *revoked: KeyHolder, made_at: datetime = FOUNDED, days: int = _DAYS * _AUTHORITY_YEARS
) -> bytes:
    """The authority's revocation list (DER)."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(made_at)
        .next_update(made_at + timedelta(days=days))
    )
    for holder in revoked:
        entry = (
            x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number).revocation_date(made_at)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.secret, hashes.SHA256()).public_bytes(Encoding.DER)


def master_list(signer: KeyHolder, certificates: list[bytes]) -> bytes:
    """A signed list of authorities (DER)."""
    listed = [asn1_x509.Certificate.load(certificate) for certificate in certificates]
    content = asn1.dump(MasterList, {"version": 0, "certificates": listed})
    return sign_content(signer, MASTER_LIST_CONTENT, content)


def security_object(signer: KeyHolder, groups: Mapping[int, bytes]) -> bytes:
    """The signature over the hash of every data group, without the tag of its file (DER)."""
    content = asn1.dump(
        LdsSecurityObject,
        {
            "version": 0,
            "hash_algorithm": {"algorithm": "sha256"},
            "hashes": [
                {"number": number, "hash": hashlib.sha256(group).digest()} for number, group in sorted(groups.items())
            ],
        },
    )
    return sign_content(signer, SECURITY_OBJECT_CONTENT, content)


def sign_content(signer: KeyHolder, content_type: str, content: bytes) -> bytes:
    """A signed message (RFC 5652) with the signer's certificate in it."""
    certificate = asn1_x509.Certificate.load(signer.der)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [content_type]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
        ]
    )
    issuer_and_serial = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    signer_info = {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", issuer_and_serial),
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signer.secret.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
    }
    data = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": content_type, "content": core.ParsableOctetString(content)},
            "certificates": [certificate],
            "signer_infos": [signer_info],
        }
    )
    signed: bytes = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
    return signed


def _certificate(name: str, secret: ec.EllipticCurvePrivateKey, *, issuer_name: x509.Name) -> x509.CertificateBuilder:
    serial = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1 | 1
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer_name)
        .public_key(secret.public_key())
        .serial_number(serial)
        .not_valid_before(FOUNDED)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, _COUNTRY), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def _state_name(state: str) -> x509.SubjectAlternativeName:
    name = x509.Name([x509.NameAttribute(NameOID.LOCALITY_NAME, state)])
    return x509.SubjectAlternativeName([x509.DirectoryName(name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
