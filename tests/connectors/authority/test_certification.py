"""The demonstration certification authority, over HTTP."""

from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from connectors.simulators.authority.routes import LARGEST_BODY, Authority
from tests.connectors.authority.serving import wall_clock


def certificate_request(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *names: str) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM)


def test_a_seal_certificate_is_for_signing_documents_and_nothing_else(client: httpx2.Client) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    answer = client.post("/ca/issue", content=certificate_request(key, "ตราประทับ (สาธิต)"))
    (certificate,) = x509.load_pem_x509_certificates(answer.content)
    root = x509.load_pem_x509_certificate(client.get("/ca/root.pem").content)
    certificate.verify_directly_issued_by(root)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "ตราประทับ (สาธิต)"
    assert (usage.digital_signature, usage.content_commitment) == (True, True)
    assert not any((usage.key_cert_sign, usage.crl_sign, usage.key_encipherment, usage.key_agreement))
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        certificate_request(rsa.generate_private_key(65537, 2048), "RSA"),
        certificate_request(ec.generate_private_key(ec.SECP384R1()), "P-384"),
        certificate_request(ec.generate_private_key(ec.SECP256R1())),
        certificate_request(ec.generate_private_key(ec.SECP256R1()), "one", "two"),
    ],
    ids=["empty", "not PKCS#10", "RSA", "P-384", "nameless", "two names"],
)
def test_an_unfit_request_is_refused_in_plain_words(client: httpx2.Client, body: bytes) -> None:
    answer = client.post("/ca/issue", content=body)
    assert answer.status_code == 400
    assert answer.text.isascii()
    assert answer.text.startswith("the certificate request")


def test_a_request_signed_with_another_key_is_refused(client: httpx2.Client) -> None:
    """RFC 2986 section 3: the signature proves that the requester holds the key."""
    request = x509.load_pem_x509_csr(certificate_request(ec.generate_private_key(ec.SECP256R1()), "forged"))
    forged = bytearray(request.public_bytes(Encoding.DER))
    forged[-1] ^= 1
    body = x509.load_der_x509_csr(bytes(forged)).public_bytes(Encoding.PEM)
    assert client.post("/ca/issue", content=body).status_code == 400


def test_a_long_body_is_not_read_to_its_end(client: httpx2.Client) -> None:
    assert client.post("/ca/issue", content=b"x" * (LARGEST_BODY + 1)).status_code == 413


def test_a_revoked_certificate_is_on_the_list(client: httpx2.Client, authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issued = client.post("/ca/issue", content=certificate_request(key, "to be revoked")).content
    serial = x509.load_pem_x509_certificate(issued).serial_number
    assert _revocation(client, serial) is None
    authority.revoke(serial)
    assert _revocation(client, serial) is not None


def _revocation(client: httpx2.Client, serial: int) -> x509.RevokedCertificate | None:
    revocations = x509.load_der_x509_crl(client.get("/ca/root.crl").content)
    root = x509.load_pem_x509_certificate(client.get("/ca/root.pem").content)
    key = root.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert revocations.is_signature_valid(key)
    return revocations.get_revoked_certificate_by_serial_number(serial)


def test_the_keys_are_made_once_and_only_their_owner_reads_them(folder: Path, authority: Authority) -> None:
    again = Authority(folder, clock=wall_clock)
    assert (again.root_pem, again.tsa_root_pem) == (authority.root_pem, authority.tsa_root_pem)
    assert {file.name for file in folder.glob("*.pem")} == {"root.pem", "tsa-root.pem", "tsa.pem"}
    assert {oct(file.stat().st_mode & 0o777) for file in folder.glob("*.key")} == {"0o600"}
    assert [path.name for path in folder.parent.iterdir()] == ["pki"]
