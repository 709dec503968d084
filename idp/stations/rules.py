"""What is believed of an agent's message: pure checks of its signature, its claims and its place in the session."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode

from connectors.contracts.card_wire import (
    ANSWER_TYP,
    HELLO_SECONDS,
    HELLO_TYP,
    PROGRESS_TYP,
    SIGNING_ALGORITHM,
    AnswerClaims,
    HelloClaims,
    ProgressClaims,
    wire_to_claims,
)
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
    VerifiedProgress,
)

CLOCK_SKEW_SECONDS: Final = 30
MAX_MESSAGE_LENGTH: Final = 128_000
MAX_ID_LENGTH: Final = 100
KNOWN_FAULTS: Final = frozenset(fault.value for fault in CardFault)

Claims = TypeVar("Claims", HelloClaims, AnswerClaims, ProgressClaims)

PURPOSE_TEXTS: Final[Mapping[CardPurpose, Mapping[str, str]]] = {
    CardPurpose.ENROLMENT: {
        "th": "ลงทะเบียนดิจิทัลไอดี โดยตรวจสอบสถานะบัตรกับกรมการปกครอง",
        "en": "Enrol for a digital ID; the card's status is checked with the Department of Provincial Administration",
    },
    CardPurpose.KIOSK: {
        "th": "ลงทะเบียนดิจิทัลไอดีที่ตู้บริการ ตามที่ท่านยินยอมบนหน้าจอ โดยตรวจสอบสถานะบัตรกับกรมการปกครองและเปรียบเทียบใบหน้า",
        "en": "Enrol for a digital ID at a kiosk, as agreed on its screen; the card's status is checked with the "
        "Department of Provincial Administration and the face compared with the photo",
    },
    CardPurpose.PASSPORT_ENROLMENT: {
        "th": "ลงทะเบียนดิจิทัลไอดีด้วยหนังสือเดินทาง โดยตรวจสอบลายมือชื่อของรัฐผู้ออกในชิป",
        "en": "Enrol for a digital ID with a passport; the issuing state's signature on its chip is checked",
    },
    CardPurpose.SIGN_IN: {
        "th": "เข้าสู่ระบบด้วยบัตรและรหัส PIN ของท่าน โดยตรวจสอบสถานะบัตรกับกรมการปกครอง",
        "en": "Sign in with your card and your own PIN; the card's status is checked with the Department of Provincial "
        "Administration",
    },
    CardPurpose.LOOK_UP: {
        "th": "ให้หน่วยงานนี้ตรวจสอบข้อมูลของท่านเพื่อให้บริการตามที่เจ้าหน้าที่แจ้ง โดยตรวจสอบสถานะบัตรกับกรมการปกครอง",
        "en": "Let this agency look up your data for the service the officer told you of; the card's status is checked "
        "with the Department of Provincial Administration",
    },
}


def station_named_in(message: str) -> StationId:
    """Whose message this claims to be; nothing is verified yet. Raises Refused (BAD_MESSAGE)."""
    if len(message) > MAX_MESSAGE_LENGTH or message.count(".") != 2:
        raise Refused(StationProblem.BAD_MESSAGE, "not a compact JWS")
    try:
        claims = json.loads(urlsafe_b64decode(message.split(".")[1].encode("ascii")))
    except (ValueError, RecursionError) as error:
        raise Refused(StationProblem.BAD_MESSAGE, "payload is not JSON") from error
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str) or not 0 < len(issuer) <= MAX_ID_LENGTH:
        raise Refused(StationProblem.BAD_MESSAGE, "iss")
    return StationId(issuer)


def verify_hello(*, message: str, expected_station: Station, expected_audience: str, now: datetime) -> VerifiedHello:
    """Check a poll. Raises Refused (BAD_MESSAGE)."""
    claims = _verify(message, HELLO_TYP, HelloClaims, expected_station, expected_audience, now)
    return VerifiedHello(
        token_id=claims.jti,
        expires_at=datetime.fromtimestamp(claims.exp, UTC),
        agent_version=claims.version,
        card_stack=claims.card_stack,
        is_virtual=claims.virtual,
        slots={str(slot): str(fill) for slot, fill in claims.slots.items()},
    )


def verify_answer(*, message: str, expected_station: Station, expected_audience: str, now: datetime) -> VerifiedAnswer:
    """Check an answer. Raises Refused (BAD_MESSAGE)."""
    claims = _verify(message, ANSWER_TYP, AnswerClaims, expected_station, expected_audience, now)
    outcome = Outcome(claims.outcome)
    if (outcome is Outcome.READ) != (claims.card is not None) or (outcome is Outcome.FAULT) != (
        claims.fault is not None
    ):
        raise Refused(StationProblem.BAD_MESSAGE, "outcome and content do not agree")
    if claims.fault is not None and claims.fault not in KNOWN_FAULTS:
        raise Refused(StationProblem.BAD_MESSAGE, "fault")
    return VerifiedAnswer(
        token_id=claims.jti,
        expires_at=datetime.fromtimestamp(claims.exp, UTC),
        card_session_id=CardSessionId(claims.sid),
        nonce=claims.nonce,
        outcome=outcome,
        fault=CardFault(claims.fault) if claims.fault else None,
        card=claims.card,
        photo=claims.photo,
        is_virtual=claims.virtual,
        agent_version=claims.agent_version,
    )


def verify_progress(
    *, message: str, expected_station: Station, expected_audience: str, now: datetime
) -> VerifiedProgress:
    """Check a word of progress. Raises Refused (BAD_MESSAGE)."""
    claims = _verify(message, PROGRESS_TYP, ProgressClaims, expected_station, expected_audience, now)
    if not 0 <= claims.percent <= 100:
        raise Refused(StationProblem.BAD_MESSAGE, "percent")
    return VerifiedProgress(CardSessionId(claims.sid), claims.nonce, claims.percent)


def validate_station(*, station: Station, agency_is_live: bool) -> None:
    """Is this station believed at present? Raises Refused (NOT_ACTIVE)."""
    if station.status is not StationStatus.ACTIVE or not agency_is_live:
        raise Refused(StationProblem.NOT_ACTIVE)


def validate_agent(*, station: Station, is_virtual: bool, agent_version: str, minimum_version: str) -> None:
    """May an agent like this serve the station? Raises Refused (VIRTUAL_REFUSED, AGENT_TOO_OLD)."""
    # facts/smart-card, section 4: "`virtual` rejected outside demo, version >= minimum"
    if is_virtual and not station.allow_virtual:
        raise Refused(StationProblem.VIRTUAL_REFUSED)
    validate_version(agent_version=agent_version, minimum_version=minimum_version)


def validate_version(*, agent_version: str, minimum_version: str) -> None:
    """Is the agent's program new enough? Raises Refused (AGENT_TOO_OLD)."""
    if _version(agent_version) < _version(minimum_version):
        raise Refused(StationProblem.AGENT_TOO_OLD, f"{minimum_version} is the oldest that is served")


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
    message: str, expected_typ: str, kind: type[Claims], station: Station, expected_audience: str, now: datetime
) -> Claims:
    key = ECKey.import_key(dict(station.public_jwk))
    try:
        verified = jws.deserialize_compact(message, key, algorithms=[SIGNING_ALGORITHM])
        claims = wire_to_claims(json.loads(verified.payload), kind)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise Refused(StationProblem.BAD_MESSAGE, "signature or claims") from error
    header = verified.headers()
    # RFC 8725, section 3.11: explicit typing, so that a message of one kind is never taken as another
    if header.get("typ") != expected_typ or header.get("kid") != key.thumbprint():
        raise Refused(StationProblem.BAD_MESSAGE, "typ or kid")
    if claims.iss != station.id or claims.aud != expected_audience:
        raise Refused(StationProblem.BAD_MESSAGE, "iss or aud")
    if not is_in_time(issued_at=claims.iat, expires_at=claims.exp, now=int(now.timestamp())):
        raise Refused(StationProblem.BAD_MESSAGE, "outside its time; is the clock of the station right?")
    return claims


def is_in_time(*, issued_at: int, expires_at: int, now: int) -> bool:
    """True between issue and expiry of a message that is good for a minute at most; clocks may differ a little."""
    is_short_lived = 0 < expires_at - issued_at <= HELLO_SECONDS
    return is_short_lived and issued_at - CLOCK_SKEW_SECONDS <= now < expires_at


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")[:3]
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise Refused(StationProblem.AGENT_TOO_OLD)
    return tuple(int(part) for part in [*parts, "0", "0"][:3])
