"""What is believed of a pairing message, and what a planned station may be; pure."""

import json
from datetime import UTC, datetime
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from connectors.contracts.card_wire import SIGNING_ALGORITHM, MalformedMessage, wire_to_claims
from connectors.contracts.pairing_wire import PAIRING_TYP, PairingClaims, normal_code
from idp.kernel.errors import Refused
from idp.stations.model import PlannedStation, StationProblem, VerifiedPairing
from idp.stations.rules import is_in_time

LONGEST_NAME: Final = 80
_LONGEST_MESSAGE: Final = 8192


def validate_planned(planned: PlannedStation) -> None:
    """Names and site are one line each, the names not empty. Raises Refused (BAD_STATION)."""
    for text in (planned.name_th, planned.name_en, planned.site):
        if len(text) > LONGEST_NAME or not text.isprintable():
            raise Refused(StationProblem.BAD_STATION)
    if not planned.name_th.strip() or not planned.name_en.strip():
        raise Refused(StationProblem.BAD_STATION)


def verify_pairing(*, message: str, expected_audience: str, now: datetime) -> VerifiedPairing:
    """Check that the message is signed by the very key it shows. Raises Refused (BAD_MESSAGE, PAIRING_CODE_WRONG)."""
    if len(message) > _LONGEST_MESSAGE or message.count(".") != 2:
        raise Refused(StationProblem.BAD_MESSAGE, "not a compact JWS")
    try:
        shown = jws.extract_compact(message.encode("ascii")).headers()
        key = _shown_key(shown.get("jwk"))
        payload = jws.deserialize_compact(message, key, algorithms=[SIGNING_ALGORITHM]).payload
        claims = wire_to_claims(json.loads(payload), PairingClaims)
    except (JoseError, MalformedMessage, ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused(StationProblem.BAD_MESSAGE, "signature or claims") from error
    # RFC 8725, section 3.11: explicit typing, so that a message of one kind is never taken as another
    if shown.get("typ") != PAIRING_TYP or claims.aud != expected_audience:
        raise Refused(StationProblem.BAD_MESSAGE, "typ or aud")
    if not is_in_time(issued_at=claims.iat, expires_at=claims.exp, now=int(now.timestamp())):
        raise Refused(StationProblem.BAD_MESSAGE, "outside its time; is the clock of the station right?")
    code = normal_code(claims.code)
    if code is None:
        raise Refused(StationProblem.PAIRING_CODE_WRONG)
    return VerifiedPairing(
        token_id=claims.jti,
        expires_at=datetime.fromtimestamp(claims.exp, UTC),
        code=code,
        agent_version=claims.version,
        confirms=claims.confirms,
        public_jwk=key.as_dict(private=False),
    )


def _shown_key(jwk: object) -> ECKey:
    if not isinstance(jwk, dict):
        raise Refused(StationProblem.BAD_MESSAGE, "no key is shown")
    # RFC 7515, section 4.1.3: "the public key that corresponds to the key used to digitally sign the JWS"
    key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    if key.curve_name != "P-256":
        raise Refused(StationProblem.BAD_MESSAGE, "the key is not on P-256")
    return key
