"""Who calls: the credentials of a client from body, header and TLS, with the keys to judge them at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import Request

from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.protocol.client_credentials import ClientCredentials, parse_client_credentials
from idp.protocol.errors import InvalidRequestError
from idp.protocol.mutual_tls import CertificateUnreadable, ClientCertificate, read_certificate


@dataclass(frozen=True, slots=True)
class CertificateHeader:
    """Where a TLS proxy writes the client's certificate, and the addresses from which that is believed."""

    name: str
    trusted_proxies: Sequence[IPv4Network | IPv6Network]

    def is_believed_from(self, host: str) -> bool:
        """True for the configured proxies alone: anybody else could write what they like."""
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.trusted_proxies)


class Callers:
    """Reads who calls. `certificate_header` is None where no proxy hands certificates on."""

    def __init__(
        self,
        *,
        key_sets: ClientKeySets,
        security_log: SecurityLog,
        certificate_header: CertificateHeader | None = None,
    ) -> None:
        self._key_sets = key_sets
        self._security_log = security_log
        self._certificate_header = certificate_header

    async def credentials(self, request: Request, parameters: Mapping[str, str]) -> ClientCredentials:
        """What the client shows of itself; not yet judged. Raises InvalidClientError or InvalidRequestError."""
        credentials = parse_client_credentials(
            parameters,
            authorization=request.headers.get("authorization"),
            certificate=self.certificate(request),
        )
        await self._key_sets.prepare_for(credentials)
        return credentials

    def certificate(self, request: Request) -> ClientCertificate | None:
        """The client's TLS certificate as the proxy says it (RFC 8705 §6.2); raises InvalidRequestError."""
        header = self._certificate_header
        values = [] if header is None else request.headers.getlist(header.name)
        if header is None or not any(values):
            return None
        # RFC 9440 §4: whoever reaches us past the proxy could write the header, so that it counts from the proxy alone.
        if request.client is None or not header.is_believed_from(request.client.host):
            self._security_log.note("certificate.header_not_from_proxy")
            return None
        if len(values) > 1:
            raise InvalidRequestError("the certificate header is repeated")
        try:
            return read_certificate(values[0])
        except CertificateUnreadable as error:
            raise InvalidRequestError(str(error)) from error
