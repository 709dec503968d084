"""The token request: RFC 6749 §4.1.3, §4.4.2, §6; RFC 8693 §2.1; RFC 8707 §2; RFC 9396 §6."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from idp.protocol.authorization_request import LONGEST_AUTHORIZATION_DETAILS
from idp.protocol.errors import InvalidRequestError, UnsupportedGrantType
from idp.protocol.parameters import required, words
from idp.protocol.token_exchange import TOKEN_EXCHANGE, TokenExchange, parse_token_exchange

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"
CLIENT_CREDENTIALS = "client_credentials"
GRANT_TYPES = (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, TOKEN_EXCHANGE)


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
    resource: str | None


@dataclass(frozen=True, slots=True, repr=False)
class FurtherRequest:
    """Another grant type that this server was told of: its parameters are for the room of that grant to judge."""

    grant_type: str
    parameters: Mapping[str, str]


TokenRequest = CodeRedemption | Refresh | OwnAuthority | TokenExchange | FurtherRequest


def parse_token_request(parameters: Mapping[str, str], *, further_grant_types: Collection[str] = ()) -> TokenRequest:
    """Which grant is used, with its own parameters; raises InvalidRequestError or UnsupportedGrantType."""
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
            return OwnAuthority(words(parameters.get("scope")), details, parameters.get("resource"))
        case "urn:ietf:params:oauth:grant-type:token-exchange":
            return parse_token_exchange(parameters)
        case grant_type if grant_type in further_grant_types:
            return FurtherRequest(grant_type, parameters)
        case _:
            raise UnsupportedGrantType()
