"""Presenting an access token, and the challenge when that fails: RFC 6750 §2.1 and §3, RFC 9449 §7.1 and §7.2."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from idp.protocol.errors import (
    CredentialsMissing,
    InvalidDpopProof,
    InvalidRequestError,
    InvalidTokenError,
    OAuth2Error,
    UseDpopNonce,
)
from idp.protocol.jose import SIGNING_ALGORITHMS

CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z]+) +(?P<token>[A-Za-z0-9._~+/=-]{1,8192})")


class TokenScheme(StrEnum):
    """The two schemes; compared without regard to case (RFC 9110 §11.1)."""

    BEARER = "bearer"
    DPOP = "dpop"


_SCHEMES = {scheme.value: scheme for scheme in TokenScheme}


@dataclass(frozen=True, slots=True, repr=False)
class PresentedToken:
    """An access token and the scheme it came under."""

    scheme: TokenScheme
    access_token: str


def parse_authorization(authorization: str | None) -> PresentedToken:
    """The token of an Authorization header; raises CredentialsMissing or InvalidTokenError."""
    if authorization is None:
        raise CredentialsMissing()
    match = CREDENTIALS.fullmatch(authorization)
    scheme = None if match is None else _SCHEMES.get(match["scheme"].lower())
    if match is None or scheme is None:
        raise InvalidTokenError("the Authorization header cannot be read")
    return PresentedToken(scheme, match["token"])


def only_authorization(header_values: Sequence[str]) -> str | None:
    """The one Authorization header, None without; raises InvalidRequestError when there are several."""
    # RFC 6750 §2: "Clients MUST NOT use more than one method to transmit the token in each request."
    if len(header_values) > 1:
        raise InvalidRequestError("more than one Authorization header")
    return header_values[0] if header_values else None


def validate_scheme(*, scheme: TokenScheme, bound_to_key: bool) -> None:
    """A key-bound token comes under DPoP, another under Bearer; raises InvalidTokenError."""
    # RFC 9449 §7.2: "such a protected resource MUST reject a DPoP-bound access token received as a bearer token"
    if bound_to_key != (scheme is TokenScheme.DPOP):
        raise InvalidTokenError("the token is presented under the wrong scheme")


def challenge(error: OAuth2Error) -> str:
    """The WWW-Authenticate value for an error at a protected resource, for both schemes that it takes.

    RFC 6750 §3, RFC 9449 §7.1.
    """
    algorithms = f'algs="{" ".join(SIGNING_ALGORITHMS)}"'
    # RFC 6750 §3.1: "If the request lacks any authentication information … the resource server SHOULD NOT include an
    # error code or other error information."
    if isinstance(error, CredentialsMissing):
        return f"DPoP {algorithms}, Bearer"
    said = f'error="{error.error}", error_description="{error.get_error_description()}"'
    # What is wrong with a proof is nothing that a bearer could mend.
    bearer = "Bearer" if isinstance(error, InvalidDpopProof | UseDpopNonce) else f"Bearer {said}"
    return f"DPoP {algorithms}, {said}, {bearer}"
