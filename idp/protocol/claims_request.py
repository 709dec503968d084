"""The `claims` parameter: OpenID Connect Core §5.5. Which claims exist, and who may have them, is judged elsewhere."""

from collections.abc import Mapping
from typing import Any

from idp.protocol.errors import InvalidRequestError
from idp.protocol.strict_json import JsonRefused, parse_json
from idp.protocol.verified_claims import names_requested, parse_verified_claims

LONGEST_CLAIMS = 4096
MOST_CLAIMS = 100
USERINFO = "userinfo"
ID_TOKEN = "id_token"
VERIFIED_CLAIMS = "verified_claims"
"""OpenID Connect for Identity Assurance §6: its value has a form of its own, a list of alternatives included."""

ClaimsRequest = dict[str, dict[str, Any]]
"""`userinfo` and `id_token`, each from claim name to null or an object with `essential`, `value`, `values`."""


def parse_claims_request(claims: str | None) -> ClaimsRequest:
    """The members we know, each claim checked for form; raises InvalidRequestError."""
    if claims is None:
        return {}
    if len(claims.encode()) > LONGEST_CLAIMS:
        raise InvalidRequestError("claims is too long")
    try:
        value = parse_json(claims)
    except JsonRefused as error:
        raise InvalidRequestError("claims is not JSON") from error
    if not isinstance(value, dict):
        raise InvalidRequestError("claims must be an object")
    # §5.5: "Other members MAY be present. Any members used that are not understood MUST be ignored."
    return {place: _claims_of(value[place]) for place in (USERINFO, ID_TOKEN) if value.get(place) is not None}


def claim_names(request: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Every claim that is asked for by name, for either place, each once."""
    return tuple(dict.fromkeys(name for claims in request.values() for name in claims))


def verified_claim_names(request: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Every claim that is asked for as a verified one, for either place, each once."""
    wanted = (claims[VERIFIED_CLAIMS] for claims in request.values() if VERIFIED_CLAIMS in claims)
    return tuple(dict.fromkeys(name for value in wanted for name in names_requested(parse_verified_claims(value))))


def as_verified(name: str) -> str:
    """How a consent spells a claim given with the evidence behind it, so that a plain consent never covers it."""
    return f"{VERIFIED_CLAIMS}/{name}"


def requested_value(request: Mapping[str, Mapping[str, Any]], name: str) -> str | None:
    """The one value that claim `name` must have, None when any will do."""
    for claims in request.values():
        wanted = claims.get(name)
        if isinstance(wanted, dict) and isinstance(wanted.get("value"), str):
            return str(wanted["value"])
    return None


def essential_values(request: Mapping[str, Mapping[str, Any]], name: str) -> tuple[str, ...]:
    """The values of which claim `name` of the ID token must have one; none when it is voluntary or free (§5.5.1.1)."""
    wanted = request.get(ID_TOKEN, {}).get(name)
    if not isinstance(wanted, dict) or not wanted.get("essential"):
        return ()
    value, values = wanted.get("value"), wanted.get("values", [])
    return (value,) if isinstance(value, str) else tuple(values)


def _claims_of(claims: Any) -> dict[str, Any]:
    if not isinstance(claims, dict) or len(claims) > MOST_CLAIMS:
        raise InvalidRequestError("a member of claims must be an object of bounded size")
    for name, wanted in claims.items():
        if name.partition("#")[0] == VERIFIED_CLAIMS:
            parse_verified_claims(wanted)
        else:
            _judge(wanted)
    return claims


def _judge(wanted: Any) -> None:
    # §5.5.1: the value is null, or a JSON object with members essential, value, values
    if wanted is None:
        return
    if not isinstance(wanted, dict):
        raise InvalidRequestError("a claim must be null or an object")
    if not isinstance(wanted.get("essential", False), bool):
        raise InvalidRequestError("essential must be true or false")
    values = wanted.get("values", [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidRequestError("values must be a list of strings")
