"""The token request: RFC 6749 §4.1.3, §4.4.2, §6; RFC 7521 §4.2; RFC 9396 §6."""

from collections.abc import Mapping
from dataclasses import dataclass

from idp.protocol.authorization_request import LONGEST_AUTHORIZATION_DETAILS
from idp.protocol.client_assertion import ASSERTION_TYPE, claimed_client_id
from idp.protocol.errors import InvalidClientError, InvalidRequestError, UnsupportedGrantType
from idp.protocol.parameters import required, words

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"
CLIENT_CREDENTIALS = "client_credentials"
GRANT_TYPES = (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS)


@dataclass(frozen=True, slots=True, repr=False)
class ClientCredentials:
    """How the client says who it is."""

    client_id: str
    client_assertion: str


@dataclass(frozen=True, slots=True, repr=False)
class CodeRedemption:
    """grant_type=authorization_code."""

    code: str
    redirect_uri: str | None
    code_verifier: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Refresh:
    """grant_type=refresh_token."""

    refresh_token: str
    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class OwnAuthority:
    """grant_type=client_credentials."""

    scope: tuple[str, ...]
    authorization_details: str | None


TokenRequest = CodeRedemption | Refresh | OwnAuthority


def parse_client_credentials(parameters: Mapping[str, str]) -> ClientCredentials:
    """The client's authentication in a body; raises InvalidClientError (HTTP 401) when missing or of another kind."""
    assertion = parameters.get("client_assertion")
    if assertion is None or parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClientError("a client assertion of type jwt-bearer is required", status_code=401)
    # RFC 7523 §2.2 leaves client_id out of the request at will; §3: when present it "MUST identify the same client".
    client_id = claimed_client_id(assertion)
    if parameters.get("client_id", client_id) != client_id:
        raise InvalidClientError("client_id is not the subject of the client assertion", status_code=401)
    return ClientCredentials(client_id, assertion)


def parse_token_request(parameters: Mapping[str, str]) -> TokenRequest:
    """Which grant is used, with its own parameters; raises InvalidRequestError or UnsupportedGrantTypeError."""
    match required(parameters, "grant_type"):
        case "authorization_code":
            return CodeRedemption(
                required(parameters, "code"), parameters.get("redirect_uri"), parameters.get("code_verifier")
            )
        case "refresh_token":
            return Refresh(required(parameters, "refresh_token"), words(parameters.get("scope")))
        case "client_credentials":
            details = parameters.get("authorization_details")
            if details is not None and len(details) > LONGEST_AUTHORIZATION_DETAILS:
                raise InvalidRequestError("authorization_details is too long")
            return OwnAuthority(words(parameters.get("scope")), details)
        case _:
            raise UnsupportedGrantType()
