"""The secret that a station shares with the issuer beside its own key: by it the issuer proves its later keys.

Signing keys change by the calendar and a station may be switched off for weeks; what was pinned at the pairing would
be out of date. The link key is made of a root key, the station and the station's own key: it needs no table, and a
station that is paired anew has another one.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from connectors.contracts.pairing_wire import ISSUER_KEYS_TYP, LINK_ALGORITHM
from idp.kernel.clock import Clock
from idp.kernel.ids import StationId
from idp.keys.signing import SigningKeys
from idp.stations.model import Station

STATEMENT_LIFE: Final = timedelta(seconds=120)


class LinkKeys:
    """Makes link keys, and signs the issuer's key set with them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, station_id: StationId, public_jwk: Mapping[str, Any]) -> bytes:
        """The link key of this station as long as it has this key."""
        said = f"{station_id} {ECKey.import_key(dict(public_jwk)).thumbprint()}"
        return hmac.new(self._secret, said.encode(), hashlib.sha256).digest()

    async def statement(self, station: Station, *, issuer: str, signing: SigningKeys, clock: Clock) -> str:
        """The issuer's public keys as they are now, for this station alone (JWS, HS256 under its link key)."""
        now = clock.now()
        claims = {
            "iss": issuer,
            "aud": station.id,
            "iat": int(now.timestamp()),
            "exp": int((now + STATEMENT_LIFE).timestamp()),
            "jwks": await signing.public_jwks(),
        }
        key = OctKey.import_key(self.of(station.id, station.public_jwk))
        header = {"alg": LINK_ALGORITHM, "typ": ISSUER_KEYS_TYP}
        return jwt.encode(header, claims, key, algorithms=[LINK_ALGORITHM])
