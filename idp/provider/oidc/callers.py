"""Who calls: the credentials of a client from body, header and TLS, with the keys to judge them at hand."""

from collections.abc import Mapping

from starlette.requests import Request

from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.protocol.authorization_header import only_authorization
from idp.protocol.client_credentials import ClientCredentials, parse_client_credentials
from idp.protocol.mutual_tls import ClientCertificate
from idp.web.client_certificates import ClientCertificates
from idp.web.forms import field_values


class Callers:
    """Reads who calls."""

    def __init__(self, *, key_sets: ClientKeySets, certificates: ClientCertificates) -> None:
        self._key_sets = key_sets
        self._certificates = certificates

    async def credentials(self, request: Request, parameters: Mapping[str, str]) -> ClientCredentials:
        """What the client shows of itself; not yet judged. Raises InvalidClientError or InvalidRequestError."""
        credentials = parse_client_credentials(
            parameters,
            authorization=only_authorization(field_values(request, b"authorization")),
            certificate=self.certificate(request),
        )
        # for who keeps a diary of requests: they need not be read once more
        request.state.asking_client = credentials.client_id
        await self._key_sets.prepare_for(credentials)
        return credentials

    def certificate(self, request: Request) -> ClientCertificate | None:
        """The client's TLS certificate (RFC 8705); raises InvalidRequestError when it cannot be read."""
        return self._certificates.of(request.scope)
