"""The UserInfo request and answer: OpenID Connect Core §5.3, RFC 6750 §2.2."""

from collections.abc import Mapping
from typing import Any

from idp.protocol.errors import InvalidRequestError

JWT_MEDIA_TYPE = "application/jwt"


def authorization_of(header: str | None, *, body: Mapping[str, str]) -> tuple[str | None, bool]:
    """The credentials of a request, and whether they came in its body. Raises InvalidRequestError when in both places.

    RFC 6750 §2.2 lets a token come as the form parameter `access_token`; whether its client may do so is judged later.
    """
    token = body.get("access_token")
    if token is None:
        return header, False
    # RFC 6750 §2: "Clients MUST NOT use more than one method to transmit the token in each request."
    if header is not None:
        raise InvalidRequestError("the access token comes in two places")
    return f"Bearer {token}", True


def signed_userinfo_claims(claims: Mapping[str, Any], *, issuer: str, client_id: str) -> dict[str, Any]:
    """The claims to sign (§5.3.2)."""
    # §5.3.2: "If signed, the UserInfo Response MUST contain the Claims iss (issuer) and aud (audience) as members."
    return {**claims, "iss": issuer, "aud": client_id}
