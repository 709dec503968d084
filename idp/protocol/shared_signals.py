"""What receivers ask of a transmitter: OpenID Shared Signals Framework 1.0 §7 and §8, RFC 8935, RFC 8936."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import msgspec

from idp.protocol.redirection import RedirectUriRefused, validate_registered_redirect_uri
from idp.protocol.strict_json import JsonRefused, parse_json

WELL_KNOWN: Final = "/.well-known/ssf-configuration"
PUSH: Final = "urn:ietf:rfc:8935"
POLL: Final = "urn:ietf:rfc:8936"
MOST_EVENT_TYPES: Final = 64
LONGEST_EVENT_TYPE: Final = 256
LONGEST_DESCRIPTION: Final = 200
LONGEST_STATE: Final = 1024
LONGEST_SECRET: Final = 2048
MOST_SETS: Final = 100
"""The most tokens one poll gives, and the most it acknowledges at once."""

SUPPLIED_BY_US: Final = ("iss", "aud", "events_supported", "events_delivered", "min_verification_interval")


Shape = TypeVar("Shape", bound=msgspec.Struct)


class SignalsRequestRefused(ValueError):
    """A request that cannot be read or is not in order; the message is ASCII and quotes nothing."""


class AddressRefused(SignalsRequestRefused):
    """The receiver's address is none to deliver to."""


class SubjectRefused(SignalsRequestRefused):
    """A person is named in another way than by the receiver's own identifier."""


@dataclass(frozen=True, slots=True, repr=False)
class PushTo:
    """Delivery by RFC 8935; `authorization_header` is sent along with every token."""

    endpoint_url: str
    authorization_header: str | None


@dataclass(frozen=True, slots=True)
class Polled:
    """Delivery by RFC 8936; `endpoint_url` is ours, repeated by the receiver or left out."""

    endpoint_url: str | None


@dataclass(frozen=True, slots=True)
class StreamWish:
    """The receiver's part of a stream's configuration, and what it repeats of ours (`supplied`).

    None: not in the request.
    """

    stream_id: str | None
    events_requested: tuple[str, ...] | None
    delivery: PushTo | Polled | None
    description: str | None
    supplied: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StatusWish:
    """What a stream's status shall be."""

    stream_id: str
    status: Literal["enabled", "paused", "disabled"]
    reason: str | None


@dataclass(frozen=True, slots=True, repr=False)
class SubjectWish:
    """A person, by the receiver's own identifier, whose events it wants or does not want."""

    stream_id: str
    sub: str


@dataclass(frozen=True, slots=True)
class VerificationWish:
    """A verification event is asked for; `state` comes back in it."""

    stream_id: str
    state: str | None


@dataclass(frozen=True, slots=True)
class PollCall:
    """One poll (RFC 8936 §2.2): what was received before (`ack`), what was refused (`errors`: id to code), how much is
    wanted.
    """

    max_events: int
    return_immediately: bool
    ack: tuple[str, ...]
    errors: Mapping[str, str]


class _Delivery(msgspec.Struct, frozen=True):
    method: str
    endpoint_url: str | None = None
    authorization_header: str | None = None


class _Stream(msgspec.Struct, frozen=True):
    stream_id: str | None = None
    events_requested: list[str] | None = None
    delivery: _Delivery | None = None
    description: str | None = None


class _Status(msgspec.Struct, frozen=True):
    stream_id: str
    status: Literal["enabled", "paused", "disabled"]
    reason: str | None = None


class _Verification(msgspec.Struct, frozen=True):
    stream_id: str
    state: str | None = None


class _SubjectCall(msgspec.Struct, frozen=True):
    stream_id: str
    subject: dict[str, Any]


class _SetError(msgspec.Struct, frozen=True):
    err: str
    description: str | None = None


class _Poll(msgspec.Struct, frozen=True, rename="camel"):
    max_events: int | None = None
    return_immediately: bool = False
    ack: list[str] = []
    set_errs: dict[str, _SetError] = {}


def transmitter_metadata(*, issuer: str, jwks_uri: str, gateway: str) -> dict[str, Any]:
    """The document at `/.well-known/ssf-configuration` (§7.1); streams are managed at the data exchange."""
    return {
        "spec_version": "1_0",
        # §7.1: "This MUST be identical to the iss claim value in Security Event Tokens issued from this Transmitter."
        "issuer": issuer,
        "jwks_uri": jwks_uri,
        "delivery_methods_supported": [PUSH, POLL],
        "configuration_endpoint": f"{gateway}/ssf/streams",
        "status_endpoint": f"{gateway}/ssf/status",
        "add_subject_endpoint": f"{gateway}/ssf/subjects/add",
        "remove_subject_endpoint": f"{gateway}/ssf/subjects/remove",
        "verification_endpoint": f"{gateway}/ssf/verify",
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}, {"spec_urn": "urn:ietf:rfc:9449"}],
        "default_subjects": "ALL",
    }


def parse_stream(body: bytes, *, loopback_allowed: bool) -> StreamWish:
    """The body of a request to the configuration endpoint. Raises SignalsRequestRefused, AddressRefused.

    `loopback_allowed` lets http addresses of the own machine pass.
    """
    said = _object(body)
    asked = _converted(said, _Stream)
    return StreamWish(
        stream_id=asked.stream_id,
        events_requested=None if asked.events_requested is None else _event_types(asked.events_requested),
        delivery=None if asked.delivery is None else _delivery(asked.delivery, loopback_allowed),
        description=_short_text(asked.description),
        supplied={name: said[name] for name in SUPPLIED_BY_US if name in said},
    )


def parse_status(body: bytes) -> StatusWish:
    """The body of a request to the status endpoint (§8.1.2.2). Raises SignalsRequestRefused."""
    asked = _converted(_object(body), _Status)
    return StatusWish(asked.stream_id, asked.status, _short_text(asked.reason))


def parse_verification(body: bytes) -> VerificationWish:
    """The body of a request to the verification endpoint (§8.1.4.2). Raises SignalsRequestRefused."""
    asked = _converted(_object(body), _Verification)
    if asked.state is not None and len(asked.state) > LONGEST_STATE:
        raise SignalsRequestRefused("the state is too long")
    return VerificationWish(asked.stream_id, asked.state)


def parse_subject(body: bytes, *, expected_issuer: str) -> SubjectWish:
    """The body of a request to add or remove a subject (§8.1.3): a person by `iss_sub`, in our own name.

    Raises SubjectRefused for every other subject: no other one is ever sent; SignalsRequestRefused.
    """
    asked = _converted(_object(body), _SubjectCall)
    sub = asked.subject.get("sub")
    if asked.subject.get("format") != "iss_sub" or asked.subject.get("iss") != expected_issuer:
        raise SubjectRefused("the subject must be of format iss_sub, and of this issuer")
    if not isinstance(sub, str) or not 1 <= len(sub) <= 256:
        raise SubjectRefused("the subject has no sub")
    return SubjectWish(asked.stream_id, sub)


def parse_poll(body: bytes) -> PollCall:
    """The body of a poll (RFC 8936 §2.2). Raises SignalsRequestRefused."""
    asked = _converted(_object(body), _Poll)
    most = MOST_SETS if asked.max_events is None else asked.max_events
    if most < 0 or len(asked.ack) > MOST_SETS or len(asked.set_errs) > MOST_SETS:
        raise SignalsRequestRefused("maxEvents is negative, or more is acknowledged than was ever given at once")
    errors = {jti: error.err for jti, error in asked.set_errs.items()}
    return PollCall(min(most, MOST_SETS), asked.return_immediately, tuple(asked.ack), errors)


def validate_endpoint(url: str, *, loopback_allowed: bool) -> None:
    """An address that may be delivered to: what may be registered to redirect to. Raises AddressRefused."""
    try:
        validate_registered_redirect_uri(url, loopback_allowed=loopback_allowed)
    except RedirectUriRefused as error:
        raise AddressRefused("the address must be https with a host name, in plain form") from error


def _delivery(asked: _Delivery, loopback_allowed: bool) -> PushTo | Polled:
    if asked.method == POLL:
        return Polled(asked.endpoint_url)
    if asked.method != PUSH or asked.endpoint_url is None:
        raise SignalsRequestRefused("delivery must be push with an endpoint_url, or poll")
    validate_endpoint(asked.endpoint_url, loopback_allowed=loopback_allowed)
    header = asked.authorization_header
    # a field value of RFC 9110 §5.5, so that nothing else can be written into the request
    if header is not None and not (
        0 < len(header) <= LONGEST_SECRET and header.isascii() and header.isprintable() and header == header.strip()
    ):
        raise SignalsRequestRefused("the authorization_header is no header value")
    return PushTo(asked.endpoint_url, header)


def _event_types(named: Sequence[str]) -> tuple[str, ...]:
    if len(named) > MOST_EVENT_TYPES or any(not 0 < len(name) <= LONGEST_EVENT_TYPE for name in named):
        raise SignalsRequestRefused("events_requested is too long")
    return tuple(dict.fromkeys(named))


def _short_text(text: str | None) -> str | None:
    # no store takes NUL in a text
    if text is not None and (len(text) > LONGEST_DESCRIPTION or "\x00" in text):
        raise SignalsRequestRefused("a description or reason is too long or holds NUL")
    return text


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = parse_json(body or b"{}")
    except JsonRefused as error:
        raise SignalsRequestRefused("the body is not JSON") from error
    if not isinstance(value, dict):
        raise SignalsRequestRefused("the body is not an object")
    return value


def _converted(value: Mapping[str, Any], shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise SignalsRequestRefused("a member is missing or of the wrong kind") from error
