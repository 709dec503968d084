"""What the desktop agent and the provider say to each other about a card: shared by both sides, so that they agree.

Three signed messages (JWS compact, ES256), each a record of its claims here: `HelloClaims` (agent, polling),
`RequestClaims` (provider: read a card, or the session is over) and `AnswerClaims` (agent: what came of it). Times are
seconds since 1970. The card's data travel as a JWE inside the answer; its plaintext is `card_to_wire` in JSON.

Signing, verifying and encrypting are the two sides' own business.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeVar

import msgspec

from connectors.contracts.card import CardRead, PassportFiles, PassportKey, ThaiCardData
from connectors.contracts.errors import CardError, CardFault

HELLO_TYP: Final = "agent-hello+jwt"
REQUEST_TYP: Final = "card-request+jwt"
ANSWER_TYP: Final = "card-answer+jwt"
PROGRESS_TYP: Final = "card-progress+jwt"
SOCKET_PROTOCOL: Final = "tuaton-agent.1"
SIGNING_ALGORITHM: Final = "ES256"
KEY_AGREEMENT: Final = "ECDH-ES"
CONTENT_ENCRYPTION: Final = "A256GCM"
MESSAGE_CONTENT_TYPE: Final = "application/jwt"
HELLO_SECONDS: Final = 60
"""How long a hello and an answer are good for."""

SlotName = Literal["officer", "citizen"]
SlotFill = Literal["empty", "present"]
StackName = Literal["pcsc", "memory"]
Outcome = Literal["read", "fault", "declined", "removed"]
Claims = TypeVar("Claims")


class MalformedMessage(ValueError):
    """The claims are not those of the message; the text names no value."""


@dataclass(frozen=True, slots=True)
class HelloClaims:
    """The agent asks for work: who it is (`iss` = station id), what it is, what lies in its slots."""

    iss: str
    aud: str
    iat: int
    exp: int
    jti: str
    version: str
    card_stack: StackName
    virtual: bool
    slots: dict[SlotName, SlotFill]


@dataclass(frozen=True, slots=True)
class BilingualText:
    """The same sentence in Thai and English."""

    th: str
    en: str


@dataclass(frozen=True, slots=True)
class RequestClaims:
    """The provider wants a card read (`kind` read: everything is given) or says that the session is over (`end`).

    `jti` is the card session's id. `data_key` and `photo_key` are public P-256 keys (JWK). With `passport_key` a
    passport is wanted, and that opens its chip; all of it then travels as `card`, encrypted to the `photo_key`.
    """

    iss: str
    aud: str
    iat: int
    exp: int
    jti: str
    kind: Literal["read", "end"]
    nonce: str | None = None
    purpose: BilingualText | None = None
    requested_by: str | None = None
    slot: SlotName | None = None
    with_photo: bool = False
    data_key: dict[str, Any] | None = None
    photo_key: dict[str, Any] | None = None
    passport_key: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class AnswerClaims:
    """What came of a card session `sid`. `card` and `photo` are JWEs (compact); `fault` a CardFault value."""

    iss: str
    aud: str
    iat: int
    exp: int
    jti: str
    sid: str
    nonce: str
    outcome: Outcome
    fault: str | None
    card: str | None
    photo: str | None
    atr: str | None
    reader: str | None
    virtual: bool
    card_stack: StackName
    agent_version: str
    started_at: int
    finished_at: int


@dataclass(frozen=True, slots=True)
class ProgressClaims:
    """How much of the read of card session `sid` is done, in percent."""

    iss: str
    aud: str
    iat: int
    exp: int
    jti: str
    sid: str
    nonce: str
    percent: int


def claims_to_wire(claims: HelloClaims | RequestClaims | AnswerClaims | ProgressClaims) -> dict[str, Any]:
    """The claims as a JSON object; members that are None are sent as null."""
    return asdict(claims)


def wire_to_claims(wire: Mapping[str, Any], kind: type[Claims]) -> Claims:
    """A JSON object as claims of that kind; members nobody knows are ignored. Raises MalformedMessage."""
    try:
        return msgspec.convert(dict(wire), kind)
    except msgspec.ValidationError:
        raise MalformedMessage(f"not the claims of {kind.__name__}") from None


def card_to_wire(card: CardRead) -> dict[str, Any]:
    """The card's data, JSON-ready, without the photo."""
    return card_data_to_wire(card.data)


def card_data_to_wire(data: ThaiCardData) -> dict[str, Any]:
    """What a card said, JSON-ready."""
    wire: dict[str, Any] = msgspec.to_builtins(data)
    return wire


def passport_to_wire(files: PassportFiles) -> dict[str, Any]:
    """A passport's signed files, JSON-ready, bytes in base64. The portrait is among them: as secret as a photo."""
    wire: dict[str, Any] = msgspec.to_builtins(files)
    return wire


def passport_key_to_wire(key: PassportKey) -> dict[str, Any]:
    """What opens a passport, JSON-ready."""
    wire: dict[str, Any] = msgspec.to_builtins(key)
    return wire


def wire_to_passport_key(wire: Mapping[str, Any]) -> PassportKey:
    """The inverse of `passport_key_to_wire`. Raises MalformedMessage."""
    try:
        return msgspec.convert(dict(wire), PassportKey)
    except msgspec.ValidationError:
        raise MalformedMessage("not what opens a passport") from None


def wire_to_passport(wire: Mapping[str, Any]) -> PassportFiles:
    """The inverse of `passport_to_wire`; what the files prove is judged after. Raises CardError MALFORMED_DATA."""
    try:
        return msgspec.convert(dict(wire), PassportFiles)
    except msgspec.ValidationError:
        raise CardError(CardFault.MALFORMED_DATA) from None


def wire_to_card(wire: Mapping[str, Any]) -> ThaiCardData:
    """The inverse of `card_to_wire`, checked as strictly as a card is. Raises CardError MALFORMED_DATA."""
    try:
        return msgspec.convert(dict(wire), ThaiCardData)
    except msgspec.ValidationError:
        raise CardError(CardFault.MALFORMED_DATA) from None
