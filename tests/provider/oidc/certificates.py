"""Client certificates of an authority made for these tests, as a TLS proxy would hand them on."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A root that certifies clients."""

    def __init__(self, title: str = "Authority of tests") -> None:
        self._key, self._title = ec.generate_private_key(ec.SECP256R1()), name(title)
        public = self._key.public_key()
        self.certificate = (
            self._builder(self._title, public, END)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def certify(
        self,
        common_name: str,
        *,
        dns: str | None = None,
        others: Sequence[x509.GeneralName] = (),
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
        end: datetime = END,
    ) -> x509.Certificate:
        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        builder = self._builder(name(common_name), public, end).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=False
        )
        names = [*([] if dns is None else [x509.DNSName(dns)]), *others]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _builder(self, subject: x509.Name, public: ec.EllipticCurvePublicKey, end: datetime) -> x509.CertificateBuilder:
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._title)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGIN)
            .not_valid_after(end)
            .add_extension(authority_key, critical=False)
        )


AUTHORITY = Authority()


def header_of(certificate: x509.Certificate) -> str:
    """RFC 9440's form."""
    return f":{b64encode(certificate.public_bytes(Encoding.DER)).decode()}:"
