"""How a client says who it is, at every endpoint that clients call: RFC 6749 §2.3, RFC 7521 §4.2, RFC 8705 §2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from idp.protocol.client_assertion import ASSERTION_TYPE, claimed_client_id
from idp.protocol.client_secret import parse_basic
from idp.protocol.errors import InvalidClientError
from idp.protocol.mutual_tls import ClientCertificate

LONGEST_CLIENT_ID = 256


@dataclass(frozen=True, slots=True, repr=False)
class SignedAssertion:
    """A JWT signed with the client's key (`private_key_jwt`)."""

    client_assertion: str


@dataclass(frozen=True, slots=True, repr=False)
class SharedSecret:
    """The client's secret, in the header or in the body."""

    secret: str
    method: Literal["client_secret_basic", "client_secret_post"]


@dataclass(frozen=True, slots=True, repr=False)
class NameAlone:
    """No more than the `client_id`: a public client, or one whose certificate speaks for it."""


@dataclass(frozen=True, slots=True, repr=False)
class ClientCredentials:
    """Who the client says it is, and what it shows; `certificate` is there also when it proves nothing."""

    client_id: str
    shown: SignedAssertion | SharedSecret | NameAlone
    certificate: ClientCertificate | None = None

    @property
    def thumbprint(self) -> str | None:
        """`x5t#S256` of the certificate that tokens of this request may be bound to."""
        return None if self.certificate is None else self.certificate.thumbprint


def parse_client_credentials(
    parameters: Mapping[str, str],
    *,
    authorization: str | None = None,
    certificate: ClientCertificate | None = None,
) -> ClientCredentials:
    """The client's authentication in body, `Authorization` header and TLS; raises InvalidClientError (HTTP 401)."""
    assertion, secret = parameters.get("client_assertion"), parameters.get("client_secret")
    # RFC 6749 §2.3: "The client MUST NOT use more than one authentication method in each request."
    if sum(shown is not None for shown in (assertion, secret, authorization)) > 1:
        raise InvalidClientError("more than one way of authentication", status_code=401)
    named = parameters.get("client_id")
    shown: SignedAssertion | SharedSecret | NameAlone
    if authorization is not None:
        client_id, header_secret = parse_basic(authorization)
        shown = SharedSecret(header_secret, "client_secret_basic")
    elif assertion is not None:
        client_id, shown = _of_assertion(parameters, assertion), SignedAssertion(assertion)
    elif named is None:
        raise InvalidClientError("the client does not say who it is", status_code=401)
    else:
        client_id = named
        shown = NameAlone() if secret is None else SharedSecret(secret, "client_secret_post")
    # RFC 7521 §4.2: client_id may be left out; when present it must name the client that the assertion names.
    if named not in (None, client_id) or len(client_id) > LONGEST_CLIENT_ID:
        raise InvalidClientError("client_id is not that of the client authentication", status_code=401)
    return ClientCredentials(client_id, shown, certificate)


def _of_assertion(parameters: Mapping[str, str], assertion: str) -> str:
    if parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClientError("a client assertion of type jwt-bearer is required", status_code=401)
    return claimed_client_id(assertion)
