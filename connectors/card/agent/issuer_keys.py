"""The issuer's later keys: believed when the station's link key proves them, whatever the line says."""

import json
from datetime import datetime

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from connectors.card.agent.config import InvalidConfig, issuer_keys_of
from connectors.contracts.card_wire import MalformedMessage, wire_to_claims
from connectors.contracts.pairing_wire import ISSUER_KEYS_TYP, LINK_ALGORITHM, IssuerKeysClaims

_LONGEST: int = 65_536
_SKEW_SECONDS: int = 30


class KeysNotProven(Exception):
    """The statement is not the issuer's word to this station, now."""


def proven_keys(
    statement: str, *, link_key: OctKey, expected_issuer: str, expected_station: str, now: datetime
) -> tuple[KeySet, dict[str, object]]:
    """The issuer's keys to pin from now on, and the set as it goes into the file. Raises KeysNotProven."""
    if len(statement) > _LONGEST:
        raise KeysNotProven
    try:
        said = jws.deserialize_compact(statement, link_key, algorithms=[LINK_ALGORITHM])
        claims = wire_to_claims(json.loads(said.payload), IssuerKeysClaims)
        keys = issuer_keys_of(claims.jwks)
    except (JoseError, MalformedMessage, InvalidConfig, ValueError, TypeError, RecursionError):
        raise KeysNotProven from None
    is_ours = claims.iss == expected_issuer and claims.aud == expected_station
    if said.headers().get("typ") != ISSUER_KEYS_TYP or not is_ours:
        raise KeysNotProven
    if not claims.iat - _SKEW_SECONDS <= now.timestamp() < claims.exp:
        raise KeysNotProven
    return keys, claims.jwks
