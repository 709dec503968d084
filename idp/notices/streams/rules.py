"""Which events there are, which of them a stream carries, and what an answer means. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, Final

from idp.notices.streams.model import FIRST_RETRY, LONGEST_RETRY, Form, Signal, SignalKind, Stream
from idp.protocol.security_event import CAEP_EVENTS, RISC_EVENTS, VERIFICATION

OWN_EVENTS: Final = "urn:tuaton:event-type:"

EVENT_TYPES: Final[Mapping[SignalKind, str]] = {
    SignalKind.SESSION_REVOKED: f"{CAEP_EVENTS}session-revoked",
    SignalKind.CLAIMS_CHANGED: f"{CAEP_EVENTS}token-claims-change",
    SignalKind.ASSURANCE_CHANGED: f"{CAEP_EVENTS}assurance-level-change",
    SignalKind.IDENTITY_DISABLED: f"{RISC_EVENTS}account-disabled",
    SignalKind.IDENTITY_ENABLED: f"{RISC_EVENTS}account-enabled",
    SignalKind.IDENTITY_PURGED: f"{RISC_EVENTS}account-purged",
    SignalKind.CONSENT_WITHDRAWN: f"{OWN_EVENTS}consent-withdrawn",
    SignalKind.MANDATE_ENDED: f"{OWN_EVENTS}mandate-ended",
    SignalKind.PULL_READY: f"{OWN_EVENTS}pull-ready",
    SignalKind.PULL_ENDED: f"{OWN_EVENTS}pull-ended",
    SignalKind.AGREEMENT_CHANGED: f"{OWN_EVENTS}agreement-changed",
    SignalKind.AGREEMENT_EXPIRING: f"{OWN_EVENTS}agreement-expiring",
    SignalKind.VERIFICATION: VERIFICATION,
}
"""The event type URI of each kind. What a person does with their authenticators (CAEP credential-change) is nobody's
business but theirs: there is no kind for it.
"""

OF_THE_STREAM: Final = frozenset({SignalKind.VERIFICATION})
"""Sent whether asked for or not (SSF §8.1.4). No stream-updated (§8.1.5): a stream's status is its receiver's alone."""

SUPPORTED: Final = tuple(uri for kind, uri in EVENT_TYPES.items() if kind not in OF_THE_STREAM)
WEBHOOK_TYPES: Final = tuple(kind.value for kind in SignalKind if kind not in OF_THE_STREAM)

SET_ERRORS: Final = frozenset(
    {
        "invalid_request",
        "invalid_key",
        "invalid_issuer",
        "invalid_audience",
        "authentication_failed",
        "access_denied",
        "invalid_state",
    }
)
"""The codes of RFC 8935 §2.4 and SSF §8.1.4.1; another one is kept as `other`: no text of a receiver is stored."""


class Answered(Enum):
    """What an attempt came to."""

    TAKEN = auto()
    REFUSED = auto()
    """The receiver will not take this one, now or later."""
    GONE = auto()
    """The receiver wants nothing any more (Standard Webhooks)."""
    LATER = auto()


def carries(stream: Stream, kind: SignalKind) -> bool:
    """True when the stream's receiver asked for this kind; a webhook that named none gets all, an event stream none."""
    if kind in OF_THE_STREAM:
        return True
    named = EVENT_TYPES[kind] if stream.form is Form.SSF else kind.value
    if stream.events is None:
        return stream.form is Form.WEBHOOK
    return named in stream.events


def delivered_types(stream: Stream) -> tuple[str, ...]:
    """`events_delivered`: what is both supported and asked for (SSF §8.1.1)."""
    return tuple(uri for kind, uri in EVENT_TYPES.items() if kind not in OF_THE_STREAM and carries(stream, kind))


def judge_push(status: int | None) -> Answered:
    """RFC 8935 §2.2 and §2.3; None: nobody answered.

    §2.2: "the SET Recipient SHALL acknowledge successful transmission by responding with HTTP Response status code
    202". 200 and 204 are of receivers that say the same less exactly. §2.3: 400 is about this very token.
    """
    match status:
        case 200 | 202 | 204:
            return Answered.TAKEN
        case 400:
            return Answered.REFUSED
        case _:
            return Answered.LATER


def judge_webhook(status: int | None) -> Answered:
    """Standard Webhooks, operational considerations: 2xx is success, 410 ends the endpoint, all else is tried again."""
    if status is None:
        return Answered.LATER
    if status == 410:
        return Answered.GONE
    return Answered.TAKEN if 200 <= status < 300 else Answered.LATER


def error_code(said: Any) -> str:
    """The code of a refusal, as far as it is one that we know."""
    code = said.get("err") if isinstance(said, dict) else None
    return code if isinstance(code, str) and code in SET_ERRORS else "other"


def rest_after(failures: int) -> timedelta:
    """How long a stream rests after so many attempts in a row that came to nothing."""
    doublings: int = 2 ** min(failures - 1, 20)
    return min(FIRST_RETRY * doublings, LONGEST_RETRY)


def event_of(signal: Signal) -> dict[str, Any]:
    """The event object of a token; CAEP §2: `event_timestamp` in seconds."""
    if signal.kind in OF_THE_STREAM or signal.kind.value.startswith("identity."):
        return dict(signal.facts)
    return {"event_timestamp": int(signal.at.timestamp()), **signal.facts}


def rfc3339(moment: datetime) -> str:
    """A moment as programs read it: `2026-11-22T12:00:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def webhook_body(signal: Signal, *, sub: str | None) -> dict[str, Any]:
    """Standard Webhooks, payload structure: type, timestamp, data; thin: ids and kinds, the rest is to be asked for."""
    data = {"id": signal.about, "sub": sub, **signal.facts}
    return {
        "type": signal.kind.value,
        "timestamp": rfc3339(signal.at),
        "data": {name: value for name, value in data.items() if value is not None},
    }
