"""A maker of security keys and a metadata service of one's own, with roots of one's own."""

import base64
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from relying_party_demo.journey.soft_authenticator import SoftAuthenticator

SIGNER = "mds.example"
BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)
MODEL = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
UNIT = "Authenticator Attestation"
AAGUID_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")


@dataclass
class Authority:
    """A root of one's own."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = self._builder(name, self.key.public_key()).issuer_name(name)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        self.certificate = builder.sign(self.key, SHA256())

    def issue(
        self,
        subject: list[x509.NameAttribute[Any]],
        *extensions: tuple[x509.ExtensionType, bool],
        ca: bool = False,
        end: datetime = END,
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """A certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name(subject), key.public_key(), end=end).issuer_name(self.certificate.subject)
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(authority, critical=False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, SHA256()), key

    def _builder(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, *, end: datetime = END
    ) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).public_key(public)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(BEGIN).not_valid_after(end)
        return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)

    @property
    def base64(self) -> str:
        """The root as catalogues hold it."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class MetadataService:
    """Signs catalogues."""

    root: Authority = field(default_factory=lambda: Authority("Metadata root of a test"))

    def blob(
        self,
        models: dict[str, tuple[list[Authority], list[str]]],
        *,
        number: int = 1,
        next_update: str = "2026-12-22",
        signer: str = SIGNER,
        issued_by: Authority | None = None,
        alg: str = "ES256",
        **payload: Any,
    ) -> str:
        """A catalogue of models: roots and status reports by AAGUID."""
        name = [x509.NameAttribute(NameOID.COMMON_NAME, signer)]
        leaf, key = (issued_by or self.root).issue(
            name,
            (x509.SubjectAlternativeName([x509.DNSName(signer)]), False),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (_usage(signs_certificates=False), True),
        )
        entries = [
            {
                "aaguid": aaguid,
                "metadataStatement": {
                    "description": "Key of a test",
                    "attestationRootCertificates": [root.base64 for root in roots],
                },
                "statusReports": [{"status": status, "effectiveDate": "2025-01-01"} for status in statuses],
                "timeOfLastStatusChange": "2025-01-01",
            }
            for aaguid, (roots, statuses) in models.items()
        ]
        entries.append({"aaid": "4e4e#4005", "statusReports": [], "timeOfLastStatusChange": "2025-01-01"})
        x5c = [base64.b64encode(leaf.public_bytes(Encoding.DER)).decode(), self.root.base64]
        content = {"legalHeader": "-", "no": number, "nextUpdate": next_update, "entries": entries, **payload}
        return signed(content, key, {"alg": alg, "typ": "JWT", "x5c": x5c})


def signed(content: Any, key: ec.EllipticCurvePrivateKey, header: dict[str, Any]) -> str:
    """A compact JWS by hand, so that wrong ones can be made too."""
    text = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(content).encode())}"
    first, second = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{_b64(first.to_bytes(32) + second.to_bytes(32))}"


@dataclass
class Maker:
    """A maker of security keys."""

    root: Authority = field(default_factory=lambda: Authority("Attestation root of a test"))

    def attestation(
        self,
        *,
        named: str | None = MODEL,
        critical: bool = False,
        ca: bool = False,
        unit: str = UNIT,
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """The certificate of a batch of keys; `named` is the model it is for."""
        subject = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "TH"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Maker of a test"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, "Batch 1"),
        ]
        extensions: list[tuple[x509.ExtensionType, bool]] = []
        if named is not None:
            value = b"\x04\x10" + uuid.UUID(named).bytes
            extensions.append((x509.UnrecognizedExtension(AAGUID_EXTENSION, value), critical))
        return self.root.issue(subject, *extensions, ca=ca)


class SecurityKey(SoftAuthenticator):
    """A security key that proves its model, or tries to."""

    def __init__(
        self,
        attested_by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
        *,
        aaguid: str = MODEL,
        fmt: str = "packed",
        flags: int = 0,
    ) -> None:
        super().__init__()
        self._attested_by = attested_by
        self._aaguid = aaguid
        self._fmt = fmt
        self._flags = flags

    def create(self, options: Any, *, origin: str) -> dict[str, Any]:
        """A registration with an attestation; without a certificate it attests itself."""
        made = super().create(options, origin=origin)
        held = cbor2.loads(_unb64(made["response"]["attestationObject"]))
        data: bytes = held["authData"]
        data = data[:32] + bytes([data[32] | self._flags]) + data[33:37] + uuid.UUID(self._aaguid).bytes + data[53:]
        said = data + sha256(_unb64(made["response"]["clientDataJSON"])).digest()
        statement: dict[str, Any] = {"alg": -7}
        if self._attested_by is None:
            statement["sig"] = self._credentials[-1].private_key.sign(said, ec.ECDSA(SHA256()))
        else:
            certificate, key = self._attested_by
            statement["sig"] = key.sign(said, ec.ECDSA(SHA256()))
            statement["x5c"] = [certificate.public_bytes(Encoding.DER)]
        if self._fmt == "none":
            statement = {}
        attestation = cbor2.dumps({"fmt": self._fmt, "attStmt": statement, "authData": data})
        made["response"]["attestationObject"] = _b64(attestation)
        return made


def next_day(text: str) -> datetime:
    """The moment at which a catalogue with this `nextUpdate` is over."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
