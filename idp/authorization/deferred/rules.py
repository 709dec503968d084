"""Pure decisions: what a client may ask for without a browser, and what the answer to a poll is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.authorization.client_registration.model import Client
from idp.authorization.deferred.model import Deferred, DeferredState
from idp.catalogue.gdx import GdxDetail, InvalidGdxDetail, SelfSubject, parse_authorization_details
from idp.catalogue.model import Basis
from idp.kernel.assurance import Acr
from idp.protocol.errors import InvalidAuthorizationDetails, InvalidScopeError, UnauthorizedClientError
from idp.protocol.scopes import OPENID, OWN_AUTHORITY_SCOPES


@dataclass(frozen=True, slots=True)
class StillPending:
    """The citizen has not decided."""


@dataclass(frozen=True, slots=True)
class TooSoon:
    """The client must wait longer from now on."""


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody decided in time."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The citizen said no."""


@dataclass(frozen=True, slots=True)
class Redeemable:
    """The citizen said yes, and the client has not had its tokens."""


@dataclass(frozen=True, slots=True)
class Used:
    """The client had its tokens."""


PollAnswer = StillPending | TooSoon | Expired | Denied | Redeemable | Used


def judge_poll(request: Deferred, *, now: datetime) -> PollAnswer:
    """The answer to a poll at `now` (RFC 8628 §3.5; CIBA §11 has the same)."""
    if request.state is DeferredState.REDEEMED:
        return Used()
    # RFC 8628 §3.2: expires_in is "the lifetime in seconds of the device_code": also what was allowed expires.
    if request.expires_at <= now:
        return Expired()
    # §3.5: slow_down: "polling should continue, but the interval MUST be increased by 5 seconds for this and all
    # subsequent requests". A decision that is there is not held back.
    match request.state:
        case DeferredState.ALLOWED:
            return Redeemable()
        case DeferredState.DENIED:
            return Denied()
        case DeferredState.WAITING:
            polled = request.last_polled_at
            return TooSoon() if polled is not None and now - polled < request.interval else StillPending()


def validate_client_may_defer(client: Client, *, grant_type: str, scope: Sequence[str], has_details: bool) -> None:
    """Whether this client may ask this way at all; raises the OAuth error for it."""
    if grant_type not in client.grant_types:
        raise UnauthorizedClientError("the client may not use this grant")
    if not set(scope) <= set(client.scopes) - OWN_AUTHORITY_SCOPES:
        raise InvalidScopeError("the scope is not one of this client")
    if OPENID not in scope and not has_details:
        raise InvalidScopeError("nothing is asked for: neither openid nor authorization details")


def deferred_details(client: Client, text: str | None) -> tuple[GdxDetail, ...]:
    """The details a person can let this client have; raises InvalidAuthorizationDetails."""
    if text is None:
        return ()
    try:
        details = parse_authorization_details(text)
    except InvalidGdxDetail as error:
        raise InvalidAuthorizationDetails(str(error)) from error
    if len({detail.purpose for detail in details}) != 1 or details[0].purpose not in client.services:
        raise InvalidAuthorizationDetails("the details must have one purpose, and it one of this client")
    if any(detail.basis is not Basis.CONSENT or not isinstance(detail.subject, SelfSubject) for detail in details):
        raise InvalidAuthorizationDetails("here a person consents to data of their own")
    return details


def required_acr(*, asked: Sequence[str], prefix: str, minimum: Acr | None) -> Acr | None:
    """What must be reached in both parts: the service's minimum and the first asked value that is ours."""
    ours = next((acr for value in asked if (acr := Acr.parse(value, prefix)) is not None), None)
    if ours is None or minimum is None:
        return ours or minimum
    return Acr(max(ours.ial, minimum.ial), max(ours.aal, minimum.aal))
