"""Client certificates: RFC 8705. The TLS proxy proves possession of the key; here the certificate is judged."""

import hashlib
import re
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hmac import compare_digest
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from idp.protocol.errors import InvalidClientError

LONGEST_HEADER: Final = 16_384
STRUCTURED_BYTES = re.compile(r":([A-Za-z0-9+/=]+):")


class CertificateUnreadable(ValueError):
    """The proxy's header holds no certificate that can be read."""


@dataclass(frozen=True, repr=False)
class ClientCertificate:
    """The certificate whose key the client proved in the TLS handshake, in DER."""

    der: bytes

    @cached_property
    def parsed(self) -> x509.Certificate:
        """The certificate as cryptography reads it."""
        return x509.load_der_x509_certificate(self.der)

    @cached_property
    def thumbprint(self) -> str:
        """What tokens are bound to: "the base64url-encoded SHA-256 hash … of the DER encoding" (§3.1, `x5t#S256`)."""
        return urlsafe_b64encode(hashlib.sha256(self.der).digest()).rstrip(b"=").decode("ascii")


def read_certificate(header: str) -> ClientCertificate:
    """The certificate in a proxy's header: RFC 9440 (`:base64 DER:`) or a URL-encoded PEM, as nginx writes it.

    Raises CertificateUnreadable.
    """
    try:
        if len(header) > LONGEST_HEADER:
            raise ValueError("too long")
        # RFC 9440 §2.1: the DER of the certificate as a Byte Sequence of Structured Fields.
        if structured := STRUCTURED_BYTES.fullmatch(header.strip()):
            certificate = x509.load_der_x509_certificate(b64decode(structured[1], validate=True))
        else:
            certificate = x509.load_pem_x509_certificate(unquote_to_bytes(header))
        return ClientCertificate(certificate.public_bytes(Encoding.DER))
    except (Base64Error, ValueError) as error:
        raise CertificateUnreadable("the client certificate cannot be read") from error


def validate_self_signed(*, certificate: ClientCertificate, expected_jwks: Mapping[str, Any]) -> None:
    """Check a certificate that the client registered itself; raises InvalidClientError (HTTP 401)."""
    # §2.2: "the client is successfully authenticated if the certificate that it presented during the handshake matches
    # one of the certificates configured or registered for that particular client."
    registered = [jwk["x5c"][0] for jwk in expected_jwks.get("keys", ()) if _has_certificate(jwk)]
    if not any(compare_digest(_der(text), certificate.der) for text in registered):
        raise InvalidClientError("the certificate is not one that the client registered", status_code=401)


def validate_certified(
    *,
    certificate: ClientCertificate,
    expected_subject: Mapping[str, str],
    expected_authorities: Sequence[x509.Certificate],
    now: datetime,
) -> None:
    """Check a certificate of an authority for the one name in `expected_subject` (metadata name to value).

    Raises InvalidClientError (HTTP 401).
    """
    # §2.1: "It relies on a validated certificate chain … and a single subject distinguished name (DN) or a single
    # subject alternative name (SAN) to authenticate the client."
    try:
        if not expected_authorities:
            raise VerificationError("no authority is trusted")
        _verifier(expected_authorities, now).verify(certificate.parsed, [])
    except (VerificationError, ValueError) as error:
        raise InvalidClientError("the certificate is not one of a trusted authority", status_code=401) from error
    # §2.1.2: the client metadata "indicate the certificate subject value that the authorization server is to expect"
    if not any(_is_named(certificate.parsed, name, value) for name, value in expected_subject.items()):
        raise InvalidClientError("the certificate is for another subject", status_code=401)


def _verifier(authorities: Sequence[x509.Certificate], now: datetime) -> Any:
    # A client's subject may stand in its distinguished name alone, which the web's rules for servers do not allow.
    subject_rules = ExtensionPolicy.permit_all().may_be_present(
        x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _is_for_clients
    )
    builder = PolicyBuilder().store(Store(list(authorities))).time(now)
    return builder.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=subject_rules
    ).build_client_verifier()


def _is_for_clients(_policy: Policy, _certificate: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    if usage is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise ValueError("the certificate is not for clients")


def _is_named(certificate: x509.Certificate, name: str, value: str) -> bool:
    if name == "tls_client_auth_subject_dn":
        try:
            return x509.Name.from_rfc4514_string(value) == certificate.subject
        except ValueError:
            return False
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    match name:
        case "tls_client_auth_san_dns":
            # RFC 4343: names of the DNS are compared without regard to case.
            return value.lower() in [name.lower() for name in names.get_values_for_type(x509.DNSName)]
        case "tls_client_auth_san_uri":
            return value in names.get_values_for_type(x509.UniformResourceIdentifier)
        case "tls_client_auth_san_ip":
            # §2.1.2: "the IP address comparison of the value in this parameter and the SAN entry in the certificate is
            # to be done in binary format."
            return _address(value) in names.get_values_for_type(x509.IPAddress)
        case "tls_client_auth_san_email":
            return value in names.get_values_for_type(x509.RFC822Name)
        case _:
            return False


def _address(value: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(value)
    except ValueError:
        return None


def _has_certificate(jwk: Mapping[str, Any]) -> bool:
    chain = jwk.get("x5c")
    return isinstance(chain, list) and bool(chain) and isinstance(chain[0], str)


def _der(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except Base64Error:
        return b""
