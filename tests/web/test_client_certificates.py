"""Whose word counts for a client certificate: the handshake's, or a proxy's header from a configured address."""

from ipaddress import ip_network
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from idp.audit.security_log import SecurityLog
from idp.protocol.errors import InvalidRequestError
from idp.web.client_certificates import CertificateHeader, ClientCertificates
from tests.clock import FrozenClock
from tests.provider.oidc.certificates import AUTHORITY, header_of

SHOWN, SAID = AUTHORITY.certify("by-handshake"), AUTHORITY.certify("by-header")
PROXY, STRANGER = "10.0.0.7", "203.0.113.5"
HEADER = CertificateHeader("Client-Cert", [ip_network("10.0.0.0/24")])


def found(host: str | None, *, header: CertificateHeader | None = HEADER, said: int = 1, shown: bool = True) -> Any:
    chain = [SHOWN.public_bytes(Encoding.PEM).decode()] if shown else []
    scope = {
        "headers": [(b"client-cert", header_of(SAID).encode())] * said,
        "client": None if host is None else (host, 1),
        "extensions": {"tls": {"client_cert_chain": chain}},
    }
    certificate = ClientCertificates(security_log=SecurityLog(FrozenClock()), header=header).of(scope)
    return None if certificate is None else certificate.parsed


@pytest.mark.parametrize(
    ("host", "options", "expected"),
    [
        (PROXY, {}, SAID),
        (PROXY, {"said": 0}, None),  # the handshake was the proxy's own
        (STRANGER, {}, SHOWN),
        (STRANGER, {"shown": False}, None),
        (STRANGER, {"header": None}, SHOWN),
        ("unix", {}, SHOWN),
        (None, {"shown": False}, None),
        (PROXY, {"header": None, "shown": False}, None),
    ],
)
def test_whose_word_counts(host: str | None, options: dict[str, Any], expected: x509.Certificate | None) -> None:
    assert found(host, **options) == expected


def test_two_headers_are_refused() -> None:
    with pytest.raises(InvalidRequestError):
        found(PROXY, said=2)


def test_a_request_without_extensions_has_no_certificate() -> None:
    assert ClientCertificates(security_log=SecurityLog(FrozenClock())).of({"headers": []}) is None
