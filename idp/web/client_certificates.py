"""The client certificate of a connection (RFC 8705): from the TLS handshake itself, or as a proxy hands it on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idp.audit.security_log import SecurityLog
from idp.protocol.errors import InvalidRequestError
from idp.protocol.mutual_tls import CertificateUnreadable, ClientCertificate, read_certificate
from idp.web.addresses import Networks, lies_in


@dataclass(frozen=True, slots=True)
class CertificateHeader:
    """Where a TLS proxy writes the client's certificate, and the addresses from which that is believed."""

    name: str
    trusted_proxies: Networks

    def is_believed_from(self, host: str) -> bool:
        """True for the configured proxies alone: anybody else could write what they like."""
        return lies_in(host, self.trusted_proxies)


class ClientCertificates:
    """Finds the certificate. `header` is None where no proxy hands certificates on."""

    def __init__(self, *, security_log: SecurityLog, header: CertificateHeader | None = None) -> None:
        self._security_log = security_log
        self._header = header
        self._name = b"" if header is None else header.name.lower().encode("ascii")

    def of(self, scope: Mapping[str, Any]) -> ClientCertificate | None:
        """The certificate whose key the client proved, by the ASGI scope of its request.

        Raises InvalidRequestError when there is one that cannot be read.
        """
        values = [] if self._header is None else _values(scope["headers"], self._name)
        if self._header is None or not self._header.is_believed_from((scope.get("client") or ("",))[0]):
            # RFC 9440 §4: whoever reaches us past the proxy could write the header: it counts from the proxy alone.
            if any(values):
                self._security_log.note("certificate.header_not_from_proxy")
            return _of_handshake(scope)
        # The handshake on this side is the proxy's own: what it shows there says nothing of the client.
        return _of_header(values)


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _of_header(values: Sequence[bytes]) -> ClientCertificate | None:
    if len(values) > 1:
        raise InvalidRequestError("the certificate header is repeated")
    return _read(values[0].decode("latin-1")) if any(values) else None


def _of_handshake(scope: Mapping[str, Any]) -> ClientCertificate | None:
    """ASGI's TLS extension: "client_cert_chain" holds PEM texts, the client's own certificate first."""
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
    return _read(chain[0]) if chain else None


def _read(text: str) -> ClientCertificate:
    try:
        return read_certificate(text)
    except CertificateUnreadable as error:
        raise InvalidRequestError(str(error)) from error
