"""Keys and certificates of the demonstration authorities: made once into a folder, then only read."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

ORGANISATION = "Demonstration only"
ROOT_NAME = "Tuaton Demonstration Root CA"
TSA_ROOT_NAME = "Tuaton Demonstration TSA Root CA"
TSA_NAME = "Tuaton Demonstration Time-Stamp Authority"
RESPONDER_NAME = "Tuaton Demonstration OCSP Responder"
ROOT_LIFETIME = timedelta(days=3650)
TSA_LIFETIME = timedelta(days=1825)
SEAL_LIFETIME = timedelta(days=365)
OCSP_LIFETIME = timedelta(hours=1)
CA_PATH, TSA_PATH = "/ca", "/tsa"
OCSP_PATH, CRL_PATH = "/ocsp", "/root.crl"
BACKDATED = timedelta(minutes=5)  # clocks of the relying side may be behind
KEY_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


class InvalidRequest(ValueError):
    """A certificate request that is not fit to be answered; the text is ASCII and safe to show."""


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """A private key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True, repr=False)
class DemoPki:
    """What the authorities sign with: a root for seals; for time-stamps a root of its own with one certificate; and
    for each root who answers for it (OCSP), with a key of this process.
    """

    root: Identity
    tsa_root: Identity
    tsa: Identity
    responder: Identity
    tsa_responder: Identity


def open_pki(folder: Path, *, now: datetime, reached_at: str = "") -> DemoPki:
    """Read the authorities' keys from `folder`, making them first when the folder is not there.

    `reached_at` is where the authorities are served: their certificates name it for who asks whether they hold.

    The folder appears whole or not at all: `root.pem`, `tsa-root.pem`, `tsa.pem` and their `.key` files (mode 0600).
    """
    if not folder.is_dir():
        _make_pki(folder, now=now, reached_at=reached_at)
    root, tsa_root = _read(folder, "root"), _read(folder, "tsa-root")
    return DemoPki(
        root=root,
        tsa_root=tsa_root,
        tsa=_read(folder, "tsa"),
        responder=_responder(root, now=now),
        tsa_responder=_responder(tsa_root, now=now),
    )


def issue_seal_certificate(
    root: Identity, request_pem: bytes, *, now: datetime, reached_at: str = ""
) -> x509.Certificate:
    """Answer a PKCS#10 request with a certificate for sealing documents: its common name, signatures and nothing else.

    Raises InvalidRequest when the request cannot be read, does not prove its key, or holds another key than P-256.
    """
    try:
        request = x509.load_pem_x509_csr(request_pem)
    except ValueError:
        raise InvalidRequest("the certificate request is not PKCS#10 in PEM") from None
    if not request.is_signature_valid:
        raise InvalidRequest("the certificate request is not signed with its own key")
    public_key = request.public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or public_key.curve.name != "secp256r1":
        raise InvalidRequest("the certificate request holds no P-256 key")
    names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(names) != 1:
        raise InvalidRequest("the certificate request must name exactly one common name")
    return _certificate(
        subject=_name(str(names[0].value)),
        public_key=public_key,
        issuer=root,
        lifetime=SEAL_LIFETIME,
        now=now,
        key_usages=("digital_signature", "content_commitment"),
        told_at=f"{reached_at}{CA_PATH}" if reached_at else "",
    )


def issue_registrar(root: Identity, common_name: str, *, now: datetime) -> Identity:
    """A key, and a certificate under the root, for a registry that signs its own papers; new in each process."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(
        subject=_name(common_name),
        public_key=key.public_key(),
        issuer=root,
        lifetime=SEAL_LIFETIME,
        now=now,
        key_usages=("digital_signature", "content_commitment"),
    )
    return Identity(key, certificate)


def revocation_list(
    root: Identity, revoked: Sequence[tuple[int, datetime]], *, now: datetime, lifetime: timedelta = timedelta(days=7)
) -> bytes:
    """A signed list (DER) of serial numbers and the moments they were revoked."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(now)
        .next_update(now + lifetime)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(_key_identifier(root), critical=False)
    )
    for serial, moment in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(root.key, hashes.SHA256()).public_bytes(Encoding.DER)


def ocsp_answer(
    root: Identity, responder: Identity, request_der: bytes, *, revoked: Mapping[int, datetime], now: datetime
) -> bytes:
    """What the authority says of one certificate of its own (RFC 6960), DER; a refusal for what it cannot answer."""
    try:
        request = ocsp.load_der_ocsp_request(request_der)
        algorithm = request.hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        refused = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
        return ocsp.OCSPResponseBuilder.build_unsuccessful(refused).public_bytes(Encoding.DER)
    if request.issuer_key_hash != _key_hash(root.certificate, algorithm):
        unknown = ocsp.OCSPResponseStatus.UNAUTHORIZED
        return ocsp.OCSPResponseBuilder.build_unsuccessful(unknown).public_bytes(Encoding.DER)
    ended_at = revoked.get(request.serial_number)
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=request.issuer_name_hash,
        issuer_key_hash=request.issuer_key_hash,
        serial_number=request.serial_number,
        algorithm=algorithm,
        cert_status=ocsp.OCSPCertStatus.GOOD if ended_at is None else ocsp.OCSPCertStatus.REVOKED,
        this_update=now,
        next_update=now + OCSP_LIFETIME,
        revocation_time=ended_at,
        revocation_reason=None,
    )
    answered = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    signed = answered.certificates([responder.certificate]).sign(responder.key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def _key_hash(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bytes:
    """RFC 6960 section 4.1.1: the hash of the issuer's key, "excluding the tag and length"."""
    digest = hashes.Hash(algorithm)
    digest.update(certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return digest.finalize()


def _responder(root: Identity, *, now: datetime) -> Identity:
    """Who answers for a root: RFC 6960 section 4.2.2.2, with a certificate that nobody needs to ask about."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(
        subject=_name(RESPONDER_NAME),
        public_key=key.public_key(),
        issuer=root,
        lifetime=TSA_LIFETIME,
        now=now,
        key_usages=("digital_signature",),
        extended_key_usage=ExtendedKeyUsageOID.OCSP_SIGNING,
    )
    return Identity(key, certificate)


def _make_pki(folder: Path, *, now: datetime, reached_at: str) -> None:
    root = _self_signed(ROOT_NAME, now=now)
    tsa_root = _self_signed(TSA_ROOT_NAME, now=now)
    tsa_key = ec.generate_private_key(ec.SECP256R1())
    tsa_certificate = _certificate(
        subject=_name(TSA_NAME),
        public_key=tsa_key.public_key(),
        issuer=tsa_root,
        lifetime=TSA_LIFETIME,
        now=now,
        key_usages=("digital_signature",),
        # RFC 3161 section 2.3: the certificate "MUST contain only one instance of the extended key usage field
        # extension ... with KeyPurposeID having value id-kp-timeStamping. This extension MUST be critical."
        extended_key_usage=ExtendedKeyUsageOID.TIME_STAMPING,
        told_at=f"{reached_at}{TSA_PATH}" if reached_at else "",
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir(mode=0o700)
        for name, identity in (("root", root), ("tsa-root", tsa_root), ("tsa", Identity(tsa_key, tsa_certificate))):
            _write(made, name, identity)
        made.rename(folder)


def _self_signed(common_name: str, *, now: datetime) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(
        subject=_name(common_name),
        public_key=key.public_key(),
        issuer=key,
        lifetime=ROOT_LIFETIME,
        now=now,
        key_usages=("key_cert_sign", "crl_sign"),
    )
    return Identity(key, certificate)


def _certificate(
    *,
    subject: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer: Identity | ec.EllipticCurvePrivateKey,
    lifetime: timedelta,
    now: datetime,
    key_usages: Sequence[str],
    extended_key_usage: x509.ObjectIdentifier | None = None,
    told_at: str = "",
) -> x509.Certificate:
    """One certificate; an `issuer` that is only a key signs for itself. `told_at` is where its authority is asked."""
    is_self_signed = not isinstance(issuer, Identity)
    signing_key = issuer.key if isinstance(issuer, Identity) else issuer
    started = now.astimezone(UTC).replace(microsecond=0) - BACKDATED
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if isinstance(issuer, Identity) else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(started)
        .not_valid_after(started + lifetime)
        .add_extension(x509.BasicConstraints(ca=is_self_signed, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{usage: usage in key_usages for usage in KEY_USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    if isinstance(issuer, Identity):
        builder = builder.add_extension(_key_identifier(issuer), critical=False)
    if told_at:
        builder = builder.add_extension(_asked_at(f"{told_at}{OCSP_PATH}"), critical=False)
        builder = builder.add_extension(_listed_at(f"{told_at}{CRL_PATH}"), critical=False)
    if extended_key_usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended_key_usage]), critical=True)
    if extended_key_usage == ExtendedKeyUsageOID.OCSP_SIGNING:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def _asked_at(address: str) -> x509.AuthorityInformationAccess:
    location = x509.UniformResourceIdentifier(address)
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)])


def _listed_at(address: str) -> x509.CRLDistributionPoints:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)
    return x509.CRLDistributionPoints([point])


def _key_identifier(issuer: Identity) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _name(common_name: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "TH"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ])  # fmt: skip


def _write(folder: Path, name: str, identity: Identity) -> None:
    (folder / f"{name}.pem").write_bytes(identity.certificate.public_bytes(Encoding.PEM))
    pem = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)


def _read(folder: Path, name: str) -> Identity:
    key = load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{name}.key is no P-256 key")
    return Identity(key, x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()))
