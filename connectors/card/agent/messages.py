"""What the agent signs, verifies and encrypts; pure. Claims are those of `connectors.contracts.card_wire`."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from connectors.contracts.card import CardRead, PassportKey, PassportRead
from connectors.contracts.card_wire import (
    CONTENT_ENCRYPTION,
    KEY_AGREEMENT,
    REQUEST_TYP,
    SIGNING_ALGORITHM,
    AnswerClaims,
    BilingualText,
    HelloClaims,
    MalformedMessage,
    ProgressClaims,
    RequestClaims,
    SlotName,
    card_to_wire,
    claims_to_wire,
    passport_to_wire,
    wire_to_claims,
    wire_to_passport_key,
)

_CLOCK_SKEW_SECONDS: Final = 30
_LONGEST_REQUEST: Final = 32_768
_SIGNATURES: Final = jws.JWSRegistry(algorithms=[SIGNING_ALGORITHM])
_SIGNATURES.max_header_length = 4096


class RequestRefused(Exception):
    """A message that the agent does not obey; the text is ASCII and says which check failed."""


class UnknownIssuerKey(RequestRefused):
    """Signed by a key that is not pinned: the issuer's keys have changed, or somebody else signed."""


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A verified request to read a card."""

    session_id: str
    nonce: str
    purpose: BilingualText
    requested_by: str
    slot: SlotName
    with_photo: bool
    data_key: ECKey
    photo_key: ECKey
    expires_at: datetime
    passport_key: PassportKey | None = None


@dataclass(frozen=True, slots=True)
class EndRequest:
    """A verified notice that a card session is over."""

    session_id: str


CardRequest = ReadRequest | EndRequest


def sign(claims: HelloClaims | AnswerClaims | ProgressClaims, *, typ: str, station_key: ECKey) -> str:
    """A compact JWS by the station's key; `kid` is the key's thumbprint (RFC 7638)."""
    header = {"alg": SIGNING_ALGORITHM, "typ": typ, "kid": station_key.thumbprint()}
    return jws.serialize_compact(header, json.dumps(claims_to_wire(claims)), station_key, registry=_SIGNATURES)


def verify_request(
    message: str, *, expected_issuer: str, expected_station: str, issuer_keys: KeySet, now: datetime
) -> CardRequest:
    """Is this the pinned issuer's word to this station, now?

    Raises RequestRefused, UnknownIssuerKey among them.
    """
    # 1. signed by a pinned key, with the one algorithm, as this kind of message
    claims = _verified_claims(message, issuer_keys)
    # 2. RFC 7519 section 4.1.3: "If the principal processing the claim does not identify itself with a value in the
    #    "aud" claim when this claim is present, then the JWT MUST be rejected."
    if claims.iss != expected_issuer or claims.aud != expected_station:
        raise RequestRefused("the request is from another issuer or for another station")
    # 3. RFC 7519, 4.1.4: "the current date/time MUST be before the expiration date/time listed in the "exp" claim"
    seconds = now.timestamp()
    if not claims.iat - _CLOCK_SKEW_SECONDS <= seconds < claims.exp:
        raise RequestRefused("the request has expired or is from the future; is the clock right?")
    # 4. complete
    match claims.kind:
        case "end":
            return EndRequest(claims.jti)
        case "read":
            return _read_request(claims)


def encrypt_card(card: CardRead, *, data_key: ECKey) -> str:
    """The card's data, without the photo, as a compact JWE to the server."""
    return _encrypt(json.dumps(card_to_wire(card), ensure_ascii=False).encode(), data_key)


def encrypt_read(read: CardRead | PassportRead, request: ReadRequest) -> str:
    """What was read, to whom it may be shown: a card's data to the server, a passport to the process that asked."""
    if isinstance(read, PassportRead):
        return encrypt_passport(read, photo_key=request.photo_key)
    return encrypt_card(read, data_key=request.data_key)


def encrypt_passport(read: PassportRead, *, photo_key: ECKey) -> str:
    """A passport's signed files, the portrait among them, as a compact JWE to the one-time key."""
    return _encrypt(json.dumps(passport_to_wire(read.files)).encode(), photo_key)


def encrypt_photo(card: CardRead, *, photo_key: ECKey) -> str:
    """The photo's JPEG bytes as a compact JWE to the one-time key of the process that asked."""
    return _encrypt(card.photo, photo_key)


def _encrypt(plaintext: bytes, key: ECKey) -> str:
    header = {"alg": KEY_AGREEMENT, "enc": CONTENT_ENCRYPTION}
    if key.kid is not None:
        header["kid"] = key.kid
    return jwe.encrypt_compact(header, plaintext, key, algorithms=[KEY_AGREEMENT, CONTENT_ENCRYPTION])


def _verified_claims(message: str, issuer_keys: KeySet) -> RequestClaims:
    if len(message) > _LONGEST_REQUEST:
        raise RequestRefused("the message is too long")
    try:
        signed = jws.extract_compact(message.encode("ascii"), registry=_SIGNATURES)
        header = signed.headers()
        key = _pinned_key(header.get("kid"), issuer_keys)
        # RFC 8725 section 3.11: explicit typing, so that no other token of the issuer passes for a request
        if header.get("typ") != REQUEST_TYP:
            raise RequestRefused("not a card request")
        payload = jws.deserialize_compact(message, key, registry=_SIGNATURES).payload
        return wire_to_claims(_object(json.loads(payload)), RequestClaims)
    except (JoseError, MalformedMessage, ValueError, RecursionError):
        raise RequestRefused("not a message of the pinned issuer") from None


def _pinned_key(kid: object, issuer_keys: KeySet) -> ECKey:
    for key in issuer_keys.keys:
        if isinstance(key, ECKey) and kid is not None and kid in (key.kid, key.thumbprint()):
            return key
    raise UnknownIssuerKey("signed by a key that is not pinned; enrol the station again")


def _read_request(claims: RequestClaims) -> ReadRequest:
    if claims.nonce is None or claims.purpose is None or claims.requested_by is None or claims.slot is None:
        raise RequestRefused("the request is incomplete")
    return ReadRequest(
        session_id=claims.jti,
        nonce=claims.nonce,
        purpose=claims.purpose,
        requested_by=claims.requested_by,
        slot=claims.slot,
        with_photo=claims.with_photo,
        data_key=_public_key(claims.data_key),
        photo_key=_public_key(claims.photo_key),
        expires_at=datetime.fromtimestamp(claims.exp, UTC),
        passport_key=_passport_key(claims.passport_key),
    )


def _passport_key(wire: dict[str, str] | None) -> PassportKey | None:
    try:
        return None if wire is None else wire_to_passport_key(wire)
    except MalformedMessage:
        raise RequestRefused("what opens the passport is missing or wrong") from None


def _public_key(jwk: dict[str, Any] | None) -> ECKey:
    try:
        key = ECKey.import_key(jwk or {})
    except (JoseError, ValueError, KeyError, TypeError):
        raise RequestRefused("an encryption key is missing or wrong") from None
    if key.curve_name != "P-256" or key.is_private:
        raise RequestRefused("an encryption key is not a public P-256 key")
    return key


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedMessage("not an object")
    return value
