"""The ID token: OpenID Connect Core §2, §3.1.3.6 and §3.1.3.7."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.protocol.jose import seconds

HASHES = {"ES256": hashlib.sha256, "PS256": hashlib.sha256, "RS256": hashlib.sha256, "EdDSA": hashlib.sha512}


def at_hash(access_token: str, *, algorithm: str) -> str:
    """§3.1.3.6: left half of the hash of the access token, by the hash that `algorithm` uses."""
    digest = HASHES[algorithm](access_token.encode("ascii")).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def id_token_claims(
    *,
    issuer: str,
    sub: str,
    client_id: str,
    now: datetime,
    lifetime: timedelta,
    auth_time: datetime,
    acr: str,
    ial: str,
    aal: str,
    amr: tuple[str, ...],
    nonce: str | None,
    access_token: str,
    algorithm: str,
    sid: str,
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    """The claims to sign with typ `JWT`. `ial` and `aal` repeat what `acr` says, for those who compare levels.

    `sid` is what the client will be told of when the session ends (Back-Channel Logout 1.0 §2.1).
    """
    claims: dict[str, Any] = {
        **extra,
        "iss": issuer,
        "sub": sub,
        "aud": client_id,
        "iat": seconds(now),
        "exp": seconds(now + lifetime),
        "auth_time": seconds(auth_time),
        "acr": acr,
        "ial": ial,
        "aal": aal,
        "amr": list(amr),
        "sid": sid,
        "at_hash": at_hash(access_token, algorithm=algorithm),
    }
    # §2: "If present in the Authentication Request, Authorization Servers MUST include a nonce Claim in the ID Token"
    if nonce is not None:
        claims["nonce"] = nonce
    return claims
