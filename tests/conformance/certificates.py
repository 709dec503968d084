"""Certificates with their keys, as PEM: self-signed ones, and an authority's."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

START = datetime(2026, 1, 1, tzinfo=UTC)
LIFE = timedelta(days=3650)


@dataclass(frozen=True)
class Certified:
    """A certificate and the private key to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def make_certificate(name: str) -> tuple[str, str]:
    """A client program's own certificate and its private key."""
    made = _signed(name)
    return made.pem, made.key_pem


class Authority:
    """A root that certifies clients and servers; its key is kept nowhere."""

    def __init__(self, name: str = "Conformance authority (example)") -> None:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self._root = _signed(name, (x509.BasicConstraints(True, None), True), (usage, True))
        self.pem = self._root.pem

    def certify(self, name: str, *dns: str, server: bool = False) -> Certified:
        """A certificate for a client, or for a server on this machine; `dns` are further names of it."""
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        names: list[x509.GeneralName] = [x509.DNSName(each) for each in dns]
        if server:
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        extensions: list[tuple[x509.ExtensionType, bool]] = [(x509.ExtendedKeyUsage([usage]), False)]
        if names:
            extensions.append((x509.SubjectAlternativeName(names), False))
        return _signed(name, *extensions, issuer=self._root)


def _signed(name: str, *extensions: tuple[x509.ExtensionType, bool], issuer: Certified | None = None) -> Certified:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = ec.generate_private_key(ec.SECP256R1())
    signer = key if issuer is None else issuer.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Certified(builder.sign(signer, hashes.SHA256()), key)
