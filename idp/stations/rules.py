"""What is believed of an agent's message: pure checks of its signature, its claims and its place in the session."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode

from connectors.contracts.errors import CardFault
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import CardSessionId, StationId
from idp.stations.model import (
    CardPurpose,
    CardSession,
    CardSessionState,
    Outcome,
    Station,
    StationProblem,
    StationStatus,
    VerifiedAnswer,
    VerifiedHello,
)

HELLO_TYP: Final = "agent-hello+jwt"
ANSWER_TYP: Final = "card-answer+jwt"
REQUEST_TYP: Final = "card-request+jwt"
MESSAGE_LIFE: Final = timedelta(seconds=60)
CLOCK_SKEW: Final = timedelta(seconds=30)
MINIMUM_AGENT_VERSION: Final = (0, 1)
MAX_MESSAGE_LENGTH: Final = 128_000

PURPOSE_TEXTS: Final[Mapping[CardPurpose, Mapping[str, str]]] = {
    CardPurpose.ENROLMENT: {
        "th": "ลงทะเบียนดิจิทัลไอดี โดยตรวจสอบสถานะบัตรกับกรมการปกครอง",
        "en": "Enrol for a digital ID; the card's status is checked with the Department of Provincial Administration",
    }
}


def station_named_in(message: str) -> StationId:
    """Whose message this claims to be; nothing is verified yet. Raises Refused (BAD_MESSAGE)."""
    if len(message) > MAX_MESSAGE_LENGTH or message.count(".") != 2:
        raise Refused(StationProblem.BAD_MESSAGE, "not a compact JWS")
    try:
        claims = json.loads(urlsafe_b64decode(message.split(".")[1].encode("ascii")))
    except (ValueError, RecursionError) as error:
        raise Refused(StationProblem.BAD_MESSAGE, "payload is not JSON") from error
    if not isinstance(claims, dict):
        raise Refused(StationProblem.BAD_MESSAGE, "payload is not an object")
    return StationId(_text(claims, "iss"))


def verify_hello(*, message: str, expected_station: Station, expected_audience: str, now: datetime) -> VerifiedHello:
    """Check a poll (typ `agent-hello+jwt`). Raises Refused (BAD_MESSAGE)."""
    claims, expires_at = _verify(message, HELLO_TYP, expected_station, expected_audience, now)
    slots = claims.get("slots")
    if not isinstance(slots, dict) or not all(value in ("empty", "present") for value in slots.values()):
        raise Refused(StationProblem.BAD_MESSAGE, "slots")
    return VerifiedHello(
        token_id=_text(claims, "jti"),
        expires_at=expires_at,
        agent_version=_text(claims, "version"),
        card_stack=_text(claims, "card_stack"),
        is_virtual=_flag(claims, "virtual"),
        slots={name: slots[name] for name in ("officer", "citizen") if name in slots},
    )


def verify_answer(*, message: str, expected_station: Station, expected_audience: str, now: datetime) -> VerifiedAnswer:
    """Check an answer (typ `card-answer+jwt`). Raises Refused (BAD_MESSAGE)."""
    claims, expires_at = _verify(message, ANSWER_TYP, expected_station, expected_audience, now)
    try:
        outcome = Outcome(_text(claims, "outcome"))
        fault = None if claims.get("fault") is None else CardFault(_text(claims, "fault"))
    except ValueError as error:
        raise Refused(StationProblem.BAD_MESSAGE, "outcome or fault") from error
    card, photo = _optional_text(claims, "card"), _optional_text(claims, "photo")
    if (outcome is Outcome.READ) != (card is not None) or (outcome is Outcome.FAULT) != (fault is not None):
        raise Refused(StationProblem.BAD_MESSAGE, "outcome and content do not agree")
    return VerifiedAnswer(
        token_id=_text(claims, "jti"),
        expires_at=expires_at,
        card_session_id=CardSessionId(_text(claims, "sid")),
        nonce=_text(claims, "nonce"),
        outcome=outcome,
        fault=fault,
        card=card,
        photo=photo,
        is_virtual=_flag(claims, "virtual"),
        agent_version=_text(claims, "agent_version"),
    )


def validate_station(*, station: Station, agency_is_live: bool) -> None:
    """Is this station believed at present? Raises Refused (NOT_ACTIVE)."""
    if station.status is not StationStatus.ACTIVE or not agency_is_live:
        raise Refused(StationProblem.NOT_ACTIVE)


def validate_agent(*, station: Station, is_virtual: bool, agent_version: str) -> None:
    """May an agent like this serve the station? Raises Refused (VIRTUAL_REFUSED, AGENT_TOO_OLD)."""
    # facts/smart-card, section 4: "`virtual` rejected outside demo, version >= minimum"
    if is_virtual and not station.allow_virtual:
        raise Refused(StationProblem.VIRTUAL_REFUSED)
    if _version(agent_version) < MINIMUM_AGENT_VERSION:
        raise Refused(StationProblem.AGENT_TOO_OLD)


def validate_answer_in_session(
    *, answer: VerifiedAnswer, session: CardSession, expected_station: StationId, now: datetime
) -> None:
    """Does the answer belong to this session, now?

    Raises Refused (BAD_MESSAGE) for a foreign session or a wrong nonce, Refused (SESSION_EXPIRED) when it is too late,
    and Conflict (SESSION_OVER) when the session has had its answer.
    """
    if session.station_id != expected_station:
        raise Refused(StationProblem.BAD_MESSAGE, "session of another station")
    if not hmac.compare_digest(answer.nonce.encode(), session.nonce.encode()):
        raise Refused(StationProblem.BAD_MESSAGE, "wrong nonce")
    state = session.state_at(now)
    if state is CardSessionState.EXPIRED:
        raise Refused(StationProblem.SESSION_EXPIRED)
    if state not in answerable_states(answer.outcome):
        raise Conflict(StationProblem.SESSION_OVER)


def answerable_states(outcome: Outcome) -> frozenset[CardSessionState]:
    """In which states an outcome may arrive: a read once, its card's removal also afterwards."""
    if outcome is Outcome.REMOVED:
        return frozenset({CardSessionState.TAKEN, CardSessionState.READ})
    return frozenset({CardSessionState.TAKEN})


def _verify(
    message: str, expected_typ: str, station: Station, expected_audience: str, now: datetime
) -> tuple[dict[str, Any], datetime]:
    key = ECKey.import_key(dict(station.public_jwk))
    try:
        verified = jws.deserialize_compact(message, key, algorithms=["ES256"])
        claims = json.loads(verified.payload)
    except (JoseError, ValueError, RecursionError) as error:
        raise Refused(StationProblem.BAD_MESSAGE, "signature") from error
    header = verified.headers()
    # RFC 8725, section 3.11: explicit typing, so that a message of one kind is never taken as another
    if header.get("typ") != expected_typ or header.get("kid") != key.thumbprint():
        raise Refused(StationProblem.BAD_MESSAGE, "typ or kid")
    if not isinstance(claims, dict) or claims.get("iss") != station.id or claims.get("aud") != expected_audience:
        raise Refused(StationProblem.BAD_MESSAGE, "iss or aud")
    issued_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
    if not issued_at - CLOCK_SKEW <= now < expires_at + CLOCK_SKEW or expires_at - issued_at > MESSAGE_LIFE:
        raise Refused(StationProblem.BAD_MESSAGE, "outside its time; is the clock of the station right?")
    return claims, expires_at


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value or not value.isascii():
        raise Refused(StationProblem.BAD_MESSAGE, name)
    return value


def _optional_text(claims: Mapping[str, Any], name: str) -> str | None:
    return None if claims.get(name) is None else _text(claims, name)


def _flag(claims: Mapping[str, Any], name: str) -> bool:
    value = claims.get(name)
    if not isinstance(value, bool):
        raise Refused(StationProblem.BAD_MESSAGE, name)
    return value


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**33:
        raise Refused(StationProblem.BAD_MESSAGE, name)
    return datetime.fromtimestamp(value, UTC)


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")[:3]
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise Refused(StationProblem.AGENT_TOO_OLD)
    return tuple(int(part) for part in parts)
