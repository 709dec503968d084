"""Client certificates, RFC 8705, and secrets, RFC 6749 §2.3.1."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.client_secret import parse_basic, secret_digest, validate_secret
from idp.protocol.errors import InvalidClientError
from idp.protocol.mutual_tls import (
    CertificateUnreadable,
    ClientCertificate,
    read_certificate,
    validate_certified,
    validate_self_signed,
)
from tests.provider.oidc.certificates import AUTHORITY, Authority, header_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DN = {"tls_client_auth_subject_dn": "CN=jobs"}
DNS = {"tls_client_auth_san_dns": "jobs.example"}


def shown(certificate: x509.Certificate) -> ClientCertificate:
    return ClientCertificate(certificate.public_bytes(Encoding.DER))


def certified(certificate: x509.Certificate, subject: Mapping[str, str], *authorities: Authority) -> None:
    validate_certified(
        certificate=shown(certificate),
        expected_subject=subject,
        expected_authorities=[authority.certificate for authority in authorities],
        now=NOW,
    )


def test_both_forms_of_the_header_are_read() -> None:
    certificate = AUTHORITY.certify("jobs")
    pem = quote(certificate.public_bytes(Encoding.PEM).decode())
    assert read_certificate(header_of(certificate)) == read_certificate(pem) == shown(certificate)
    assert len(read_certificate(pem).thumbprint) == 43


@pytest.mark.parametrize("header", ["", "x", ":!!:", ":AAAA:", "%", ":" + "A" * 20_000 + ":"])
def test_an_unreadable_header_is_refused(header: str) -> None:
    with pytest.raises(CertificateUnreadable):
        read_certificate(header)


@given(st.text(max_size=200))
def test_no_header_is_a_fault(header: str) -> None:
    with pytest.raises(CertificateUnreadable):
        read_certificate(header)


def test_a_certificate_of_the_authority_for_the_named_subject_is_good() -> None:
    certified(AUTHORITY.certify("jobs"), DN, AUTHORITY)
    certified(AUTHORITY.certify("x", dns="jobs.example"), DNS, Authority("other"), AUTHORITY)


NAMED = AUTHORITY.certify(
    "x",
    dns="Jobs.example",
    others=[
        x509.UniformResourceIdentifier("urn:jobs"),
        x509.IPAddress(ip_address("2001:db8::1")),
        x509.IPAddress(ip_address("192.0.2.7")),
        x509.RFC822Name("jobs@agency.example"),
    ],
)


@pytest.mark.parametrize(
    ("form", "value", "other"),
    [
        ("dns", "jobs.EXAMPLE", "water.example"),
        ("uri", "urn:jobs", "urn:water"),
        ("ip", "2001:0db8:0:0::1", "2001:db8::2"),
        ("ip", "192.0.2.7", "192.0.2.07"),
        ("email", "jobs@agency.example", "agency.example"),
    ],
)
def test_each_form_of_a_name_beside_the_subject(form: str, value: str, other: str) -> None:
    certified(NAMED, {f"tls_client_auth_san_{form}": value}, AUTHORITY)
    for wrong in (other, "", "x"):
        with pytest.raises(InvalidClientError):
            certified(NAMED, {f"tls_client_auth_san_{form}": wrong}, AUTHORITY)


@pytest.mark.parametrize(
    ("certificate", "subject", "authorities"),
    [
        (AUTHORITY.certify("other"), DN, [AUTHORITY]),
        (AUTHORITY.certify("jobs"), DNS, [AUTHORITY]),
        (AUTHORITY.certify("jobs", dns="other.example"), DNS, [AUTHORITY]),
        (AUTHORITY.certify("jobs"), {"tls_client_auth_subject_dn": "not a name"}, [AUTHORITY]),
        (AUTHORITY.certify("jobs"), {}, [AUTHORITY]),
        (AUTHORITY.certify("jobs"), DN, [Authority("other")]),
        (Authority().certify("jobs"), DN, [AUTHORITY]),
        (AUTHORITY.certify("jobs"), DN, []),
        (AUTHORITY.certify("jobs", usage=ExtendedKeyUsageOID.SERVER_AUTH), DN, [AUTHORITY]),
        (AUTHORITY.certify("jobs", end=datetime(2025, 1, 1, tzinfo=UTC)), DN, [AUTHORITY]),
    ],
)
def test_other_certificates_are_refused(
    certificate: x509.Certificate, subject: dict[str, str], authorities: list[Authority]
) -> None:
    with pytest.raises(InvalidClientError):
        certified(certificate, subject, *authorities)


def test_a_registered_certificate_needs_no_authority() -> None:
    certificate = shown(AUTHORITY.certify("jobs"))
    jwks = {"keys": [{"kty": "EC"}, {"x5c": [b64encode(certificate.der).decode()]}]}
    validate_self_signed(certificate=certificate, expected_jwks=jwks)


@pytest.mark.parametrize("jwks", [{}, {"keys": []}, {"keys": [{"x5c": "x"}]}, {"keys": [{"x5c": [1]}, {"x5c": ["!"]}]}])
def test_a_certificate_that_is_not_registered_is_refused(jwks: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientError):
        validate_self_signed(certificate=shown(AUTHORITY.certify("jobs")), expected_jwks=jwks)


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def test_id_and_secret_of_the_header_are_decoded_one_by_one() -> None:
    assert parse_basic(basic("a%3Ab:c%2Bd+e")) == ("a:b", "c+d e")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !",
        "Bearer YTpi",
        *(basic(text) for text in ("no-colon", ":s", "c:", "c:" + "s" * 300, "c:%ff", "c%00:s", "c:s%0a", "ก:ข")),
    ],
)
def test_an_unreadable_basic_header_is_refused(header: str) -> None:
    with pytest.raises(InvalidClientError):
        parse_basic(header)


def test_a_secret_is_compared_by_its_digest() -> None:
    validate_secret(secret="s", expected_digest=secret_digest("s"))
    for digest in (None, secret_digest("other"), b""):
        with pytest.raises(InvalidClientError):
            validate_secret(secret="s", expected_digest=digest)
