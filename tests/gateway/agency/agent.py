"""What the card program of a counter says when somebody types a code into it."""

import json
import secrets
from dataclasses import asdict
from datetime import datetime

from joserfc import jws
from joserfc.jwk import ECKey

from connectors.contracts.pairing_wire import PAIRING_TYP, PairingClaims
from tests.provider.oidc.world import ISSUER


def asking(code: str, key: ECKey, now: datetime) -> str:
    """The message by which a computer with this key asks to be the station of the code."""
    issued_at = int(now.timestamp())
    claims = PairingClaims(
        aud=ISSUER,
        iat=issued_at,
        exp=issued_at + 60,
        jti=secrets.token_hex(8),
        code=code,
        version="0.1.0",
        confirms=True,
    )
    header = {"alg": "ES256", "typ": PAIRING_TYP, "jwk": key.as_dict(private=False)}
    return jws.serialize_compact(header, json.dumps(asdict(claims)), key, algorithms=["ES256"])
