"""Identity assurance: OpenID Connect for Identity Assurance 1.0, the request (§6) and the answer (§5) it calls for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.protocol.errors import InvalidRequestError

VERIFIED_CLAIMS = "verified_claims"
SHORTEST_PURPOSE, LONGEST_PURPOSE = 3, 300
CONSTRAINTS = frozenset({"value", "values", "max_age", "essential", "purpose"})

EVIDENCE_TYPES = ("document", "electronic_record")
DOCUMENT_TYPES = ("idcard",)
RECORD_TYPES = ("population_register",)
CHECK_METHODS = ("vpip", "data", "pvp", "auth")
"""How evidence was checked: the card held in the hand, its data with the registry, the person beside the card, or by
the person's own sign-in at the register's digital ID.
"""
CLAIMS = (
    "name",
    "given_name",
    "middle_name",
    "family_name",
    "name#en",
    "given_name#en",
    "middle_name#en",
    "family_name#en",
    "birthdate",
    "gender",
    "citizen_id",
)
"""Claims that evidence stands behind."""


@dataclass(frozen=True, slots=True)
class VerifiedClaimsRequest:
    """One `verified_claims` element: what to say of the verification, and which claims."""

    verification: Mapping[str, Any]
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Assured:
    """Everything that could be answered: the whole verification, and the claims it stands behind."""

    verification: Mapping[str, Any]
    claims: Mapping[str, Any]


class _Unmet(Exception):
    """A restriction in the request is not met by what there is."""


def parse_verified_claims(value: Any) -> tuple[VerifiedClaimsRequest, ...]:
    """The elements of a `verified_claims` member: one object, or a list of alternatives. Raises InvalidRequestError."""
    elements = value if isinstance(value, list) else [value]
    if not elements:
        raise InvalidRequestError("verified_claims is empty")
    return tuple(_parse_element(element) for element in elements)


def names_requested(requests: Sequence[VerifiedClaimsRequest]) -> tuple[str, ...]:
    """The claims that are asked for, each once."""
    return tuple(dict.fromkeys(name for request in requests for name in request.claims))


def answer_verified_claims(
    requests: Sequence[VerifiedClaimsRequest], *, assured: Assured, now: datetime
) -> dict[str, Any] | list[dict[str, Any]] | None:
    """What to put under `verified_claims`; None when it must be left out.

    §5.7.2: what cannot be fulfilled is left out: a claim that is unknown or has another value; the whole element when
    its verification does not meet a restriction, or when no claim would be in it.
    """
    answers = [answer for request in requests if (answer := _answer(request, assured, now)) is not None]
    if not answers:
        return None
    return answers[0] if len(requests) == 1 else answers


def verified_claims_metadata(*, trust_framework: str) -> dict[str, Any]:
    """The members of provider metadata (§9)."""
    return {
        "verified_claims_supported": True,
        "trust_frameworks_supported": [trust_framework],
        "evidence_supported": list(EVIDENCE_TYPES),
        "documents_supported": list(DOCUMENT_TYPES),
        "documents_check_methods_supported": list(CHECK_METHODS),
        "electronic_records_supported": list(RECORD_TYPES),
        "claims_in_verified_claims_supported": list(CLAIMS),
    }


def _parse_element(element: Any) -> VerifiedClaimsRequest:
    if not isinstance(element, dict):
        raise InvalidRequestError("verified_claims must be an object")
    verification, claims = element.get("verification"), element.get("claims")
    # §6.2: verification is required, and trust_framework within it.
    if not isinstance(verification, dict) or "trust_framework" not in verification:
        raise InvalidRequestError("verified_claims needs verification with trust_framework")
    # §6.1: "If the claims sub-element is empty … the OP will abort the transaction with an invalid_request error."
    if not isinstance(claims, dict) or not claims:
        raise InvalidRequestError("verified_claims needs claims")
    for wanted in claims.values():
        if wanted is not None and not isinstance(wanted, dict):
            raise InvalidRequestError("a verified claim must be null or an object")
        _judge_purpose(wanted)
    _judge_purpose(element)
    return VerifiedClaimsRequest(verification, claims)


def _judge_purpose(members: Mapping[str, Any] | None) -> None:
    # §6: a purpose has 3 to 300 characters; a request with another one fails as invalid_request.
    if members is None or "purpose" not in members:
        return
    purpose = members["purpose"]
    if not isinstance(purpose, str) or not SHORTEST_PURPOSE <= len(purpose) <= LONGEST_PURPOSE:
        raise InvalidRequestError("purpose must have 3 to 300 characters")


def _answer(request: VerifiedClaimsRequest, assured: Assured, now: datetime) -> dict[str, Any] | None:
    try:
        verification = _select_members(request.verification, assured.verification, now)
    except _Unmet:
        return None
    claims: dict[str, Any] = {}
    for name, wanted in request.claims.items():
        try:
            if name in assured.claims:
                claims[name] = _select(wanted, assured.claims[name], now)
        except _Unmet:
            continue
    return {"verification": verification, "claims": claims} if claims else None


def _select(wanted: Any, present: Any, now: datetime) -> Any:
    """The part of `present` that is asked for; raises _Unmet when a restriction excludes it."""
    if isinstance(wanted, list):
        return _select_listed(wanted, present, now)
    if not isinstance(wanted, dict) or not wanted:
        return present
    if wanted.keys() <= CONSTRAINTS:
        _judge_restrictions(wanted, present, now)
        return present
    if not isinstance(present, Mapping):
        raise _Unmet
    return _select_members(wanted, present, now)


def _select_members(wanted: Mapping[str, Any], present: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    selected: dict[str, Any] = {}
    for name, inner in wanted.items():
        if name in present:
            selected[name] = _select(inner, present[name], now)
        elif _is_restricted(inner):
            raise _Unmet
    return selected


def _select_listed(wanted: Sequence[Any], present: Any, now: datetime) -> list[Any]:
    """Every present element that one of the wanted ones fits, in the order of what is present."""
    if not isinstance(present, list):
        raise _Unmet
    selected = []
    for element in present:
        for inner in wanted:
            try:
                selected.append(_select(inner, element, now))
                break
            except _Unmet:
                continue
    if not selected:
        raise _Unmet
    return selected


def _is_restricted(wanted: Any) -> bool:
    if isinstance(wanted, list):
        return any(_is_restricted(inner) for inner in wanted)
    if not isinstance(wanted, dict):
        return False
    return bool(wanted.keys() & {"value", "values", "max_age"}) or any(_is_restricted(v) for v in wanted.values())


def _judge_restrictions(wanted: Mapping[str, Any], present: Any, now: datetime) -> None:
    if "value" in wanted and present != wanted["value"]:
        raise _Unmet
    values = wanted.get("values")
    if values is not None and (not isinstance(values, list) or present not in values):
        raise _Unmet
    if "max_age" in wanted and not _is_recent(present, wanted["max_age"], now):
        raise _Unmet


def _is_recent(present: Any, max_age: Any, now: datetime) -> bool:
    # §6.3.1: max_age is the most seconds that may have passed since the moment in the element.
    if isinstance(max_age, bool) or not isinstance(max_age, int | float) or not isinstance(present, str):
        return False
    try:
        moment = datetime.fromisoformat(present)
    except ValueError:
        return False
    return moment.tzinfo is not None and (now - moment).total_seconds() <= max_age
