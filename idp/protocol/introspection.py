"""Token introspection: RFC 7662, and signed answers, RFC 9701."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.protocol.jose import seconds
from idp.protocol.parameters import required

SIGNED_MEDIA_TYPE = "application/token-introspection+jwt"
TYP = "token-introspection+jwt"
INACTIVE: Mapping[str, Any] = {"active": False}
"""§2.2: nothing else is said of a token that is not active, or not the caller's."""


def parse_introspection_request(parameters: Mapping[str, str]) -> str:
    """The token asked about; raises InvalidRequestError without one.

    The hint is not used: our tokens say their kind.
    """
    return required(parameters, "token")


def wants_signed_answer(accept: str | None) -> bool:
    """True when the Accept header names the media type of signed answers (RFC 9701 §4)."""
    named = (part.partition(";")[0].strip().lower() for part in (accept or "").split(","))
    return SIGNED_MEDIA_TYPE in named


def active_members(
    *,
    issuer: str,
    client_id: str,
    expires_at: datetime,
    optional: Mapping[str, Any],
) -> dict[str, Any]:
    """The members of an active token (§2.2); those of `optional` that are None or empty are left out."""
    told = {name: value for name, value in optional.items() if value not in (None, "", [], {})}
    return {"active": True, "iss": issuer, "client_id": client_id, "exp": seconds(expires_at), **told}


def signed_answer_claims(
    *, issuer: str, audience: str, now: datetime, introspection: Mapping[str, Any]
) -> dict[str, Any]:
    """The claims to sign with typ `token-introspection+jwt` (RFC 9701 §5)."""
    # §5: the JWT should not have sub and exp itself, so that nobody takes it for a token: they are inside.
    return {"iss": issuer, "aud": audience, "iat": seconds(now), "token_introspection": dict(introspection)}
