"""Streams, signals and their deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType, Protocol

from idp.kernel.ids import AgencyId, ClientId, SsoSessionId, SubscriberId
from idp.storage.storage import UnitOfWork

StreamId = NewType("StreamId", str)
DeliveryId = NewType("DeliveryId", str)
"""Also the `jti` of a token and the `webhook-id`: the same for every attempt."""

LEASE: Final = timedelta(seconds=15)
"""How long one worker has a stream to itself; longer than a turn and the last attempt in it."""

LONGEST_TURN: Final = timedelta(seconds=1)
"""No more is begun after this: a receiver that is slow holds the others up by one attempt at most."""

FIRST_RETRY: Final = timedelta(seconds=5)
LONGEST_RETRY: Final = timedelta(hours=1)
UNANSWERED_REST: Final = timedelta(seconds=5)
"""How often a stream is looked at whose client is not answered at present: what waits leaves as soon as it is again."""

GIVEN_UP_AFTER: Final = timedelta(days=7)
KEPT_IN_FULL: Final = timedelta(days=30)
KEPT_AT_ALL: Final = timedelta(days=365)
VERIFIED_EVERY: Final = timedelta(seconds=10)
OLD_SECRET_GOOD_FOR: Final = timedelta(hours=24)
MOST_MUTED: Final = 10_000


class StreamProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/SIG.toml`."""

    MALFORMED = "SIG-01"
    UNKNOWN = "SIG-02"
    EXISTS = "SIG-03"
    ADDRESS = "SIG-04"
    TOO_SOON = "SIG-05"
    SUBJECT = "SIG-06"
    DELIVERY_UNKNOWN = "SIG-07"
    TOO_MANY_SUBJECTS = "SIG-08"
    OTHER_VALUES = "SIG-09"


class SignalKind(StrEnum):
    """What agencies are told of; the value is the `type` of a webhook."""

    SESSION_REVOKED = "session.revoked"
    CLAIMS_CHANGED = "claims.changed"
    ASSURANCE_CHANGED = "assurance.changed"
    IDENTITY_DISABLED = "identity.disabled"
    IDENTITY_ENABLED = "identity.enabled"
    IDENTITY_PURGED = "identity.purged"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    MANDATE_ENDED = "mandate.ended"
    PULL_READY = "pull.ready"
    PULL_ENDED = "pull.ended"
    AGREEMENT_CHANGED = "agreement.changed"
    AGREEMENT_EXPIRING = "agreement.expiring"
    VERIFICATION = "stream.verification"


class Form(StrEnum):
    """A client has at most one of each."""

    SSF = "ssf"
    WEBHOOK = "webhook"


class Method(StrEnum):
    """How a stream reaches its receiver."""

    PUSH = "push"
    POLL = "poll"
    WEBHOOK = "webhook"


class StreamStatus(StrEnum):
    """SSF §8.1.2.1: `paused` holds what happens meanwhile, `disabled` drops it."""

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """`refused`: the receiver will never take it. `dead`: given up after a week. `dropped`: the stream was stopped."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"
    DEAD = "dead"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A client as far as telling it goes: its agency, the sector of its identifiers, the algorithm of its tokens."""

    client_id: ClientId
    agency_id: AgencyId
    sector: str
    alg: str


class Receivers(Protocol):
    """Tells who a client is; `authorization.client_registration` does."""

    async def receiver(self, uow: UnitOfWork, client_id: ClientId) -> Receiver | None:
        """The client while it is answered, None otherwise: then nothing leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Where one client is told. `events` are the types it asked for, as it named them; `sealed` what it or we keep
    secret: the receiver's header, or the keys of a webhook.
    """

    id: StreamId
    client_id: ClientId
    agency_id: AgencyId
    form: Form
    method: Method
    endpoint_url: str | None
    sealed: bytes | None = field(default=None, repr=False)
    events: tuple[str, ...] | None
    description: str | None
    status: StreamStatus = StreamStatus.ENABLED
    reason: str | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """That a stream is one worker's, by its `number`: whoever took it later, or changed the stream, ended this one.

    `failures`: how often in a row the turns before came to nothing.
    """

    stream_id: StreamId
    number: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something an agency is told. `cause` names the act: a stream is told of one cause once, whatever is said again.

    It is about a person (`subscriber_id`, and perhaps one `session_id`), or about the thing with the id `about`.
    `facts` are ids, kinds and names of fields.
    """

    kind: SignalKind
    cause: str
    at: datetime
    subscriber_id: SubscriberId | None = None
    session_id: SsoSessionId | None = None
    about: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One signal on its way to one stream. `signal` is None once it was forgotten; `outcome` is the last answer's code,
    never its text.
    """

    id: DeliveryId
    stream_id: StreamId
    kind: SignalKind
    state: DeliveryState
    attempts: int
    outcome: str | None
    created_at: datetime
    settled_at: datetime | None
    signal: Signal | None = field(default=None, repr=False)
