"""Requests that wait for a decision made elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from connectors.contracts.identifiers import JuristicId
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import AuthorizationCode
from idp.catalogue.gdx import GdxDetail, JuristicSubject
from idp.kernel.assurance import Acr
from idp.kernel.errors import Refused
from idp.kernel.ids import ClientId, SubscriberId
from idp.protocol.errors import DescribedError
from idp.representation.model import JointActId

DeferredId = NewType("DeferredId", str)

POLL_INTERVAL = timedelta(seconds=5)
SLOWER_BY = timedelta(seconds=5)
REDEEMED_WITHIN = timedelta(hours=1)
"""How long what a company allowed may be redeemed; its registry is read again when it is."""
POLL_INTERVAL_OF_COMPANIES = timedelta(seconds=30)
"""What several have to sign may take days: its client rests longer between polls."""


class DeferredProblem(StrEnum):
    """What citizens see when a request cannot be decided."""

    NOTHING_WAITING = "OID-08"
    TOO_MANY_TRIES = "OID-09"
    NOT_STRONG_ENOUGH = "OID-10"


class DeferredKind(StrEnum):
    """Which flow a request belongs to."""

    DEVICE = "device"
    BACKCHANNEL = "backchannel"


class DeferredState(StrEnum):
    """`waiting` until the citizen decides; `signed` while others have to sign for the company as well; `redeemed` once
    the client had its tokens.
    """

    WAITING = "waiting"
    SIGNED = "signed"
    ALLOWED = "allowed"
    DENIED = "denied"
    REDEEMED = "redeemed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A request that waits. `subscriber_id` is who is asked; None when whoever holds the user code may decide.

    `decision` is what redeeming needs, there once the citizen has allowed it; while others have to sign for a company
    as well (`joint_act_id`), what it will be made of. `interval` is how long the client rests between two polls.
    """

    id: DeferredId
    kind: DeferredKind
    client_id: ClientId
    subscriber_id: SubscriberId | None
    scope: tuple[str, ...]
    details: tuple[GdxDetail, ...]
    required: Acr | None
    state: DeferredState
    interval: timedelta
    last_polled_at: datetime | None
    created_at: datetime
    expires_at: datetime
    decision: AuthorizationCode | None
    sealed_note: str | None
    joint_act_id: JointActId | None = None

    @property
    def company(self) -> JuristicId | None:
        """The company whose data are asked for; None where the person answers for themselves."""
        return company_of(self.details)


def company_of(details: Sequence[GdxDetail]) -> JuristicId | None:
    """The one company that all details of a request are about; None where they are about a person, or are none."""
    named = details[0].subject if details else None
    return JuristicId.parse(named.juristic_id) if isinstance(named, JuristicSubject) else None


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A request as its citizen sees it; `message` is the binding message that the other screen shows as well."""

    request: Deferred
    client: Client
    message: str | None

    @property
    def asked(self) -> SubscriberId:
        """Who is asked. Raises Refused(NOTHING_WAITING) when that is nobody in particular."""
        if self.request.subscriber_id is None:
            raise Refused(DeferredProblem.NOTHING_WAITING)
        return self.request.subscriber_id


class AuthorizationPending(DescribedError):
    """RFC 8628 §3.5: the citizen has not decided yet."""

    error = "authorization_pending"
    description = "the citizen has not decided yet"


class SlowDown(DescribedError):
    """RFC 8628 §3.5: polled too soon; the interval grows by five seconds."""

    error = "slow_down"
    description = "polled too soon: wait five seconds longer from now on"


class ExpiredToken(DescribedError):
    """RFC 8628 §3.5: nobody decided in time."""

    error = "expired_token"
    description = "nobody decided in time"
