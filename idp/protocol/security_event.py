"""Security event tokens: RFC 8417 as profiled by the Shared Signals Framework 1.0 §4, subjects by RFC 9493."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from idp.protocol.jose import seconds

SET_TYP: Final = "secevent+jwt"
SSF_EVENTS: Final = "https://schemas.openid.net/secevent/ssf/event-type/"
CAEP_EVENTS: Final = "https://schemas.openid.net/secevent/caep/event-type/"
RISC_EVENTS: Final = "https://schemas.openid.net/secevent/risc/event-type/"
VERIFICATION: Final = f"{SSF_EVENTS}verification"

Subject = Mapping[str, Any]
"""A subject identifier: an object with `format` and the members of that format."""


def iss_sub(*, issuer: str, sub: str) -> Subject:
    """A person as one receiver knows them (RFC 9493 §3.2.3)."""
    return {"format": "iss_sub", "iss": issuer, "sub": sub}


def opaque(identifier: str) -> Subject:
    """Anything that has an id of its own: a stream, a pull, an agreement (RFC 9493 §3.2.4)."""
    return {"format": "opaque", "id": identifier}


def session_of(user: Subject, *, sid: str) -> Subject:
    """One session of a person (SSF §3.3, complex subject); `sid` as the receiver's ID tokens have it."""
    return {"format": "complex", "user": user, "session": opaque(sid)}


def set_claims(
    *,
    issuer: str,
    audience: str,
    jti: str,
    issued_at: datetime,
    txn: str | None,
    sub_id: Subject,
    event_type: str,
    event: Mapping[str, Any],
) -> dict[str, Any]:
    """The claims to sign with typ `secevent+jwt`.

    §4.1.2: "The JWT "sub" claim MUST NOT be present"; §4.1.6: "The "exp" claim MUST NOT be used in SETs". §4.2.1: one
    event a token. `issued_at` is when the event was taken up for this stream: the same for every attempt, as `jti` is.
    """
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "jti": jti,
        "iat": seconds(issued_at),
        "sub_id": dict(sub_id),
        "events": {event_type: dict(event)},
    }
    return claims if txn is None else claims | {"txn": txn}
