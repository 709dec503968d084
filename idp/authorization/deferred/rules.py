"""Pure decisions: what a client may ask for without a browser, and what the answer to a poll is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.contracts.identifiers import InvalidIdentifier, JuristicId
from idp.authorization.client_registration.model import Client
from idp.authorization.deferred.model import Deferred, DeferredState
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import (
    GdxDetail,
    InvalidGdxDetail,
    JuristicSubject,
    SelfSubject,
    parse_authorization_details,
)
from idp.catalogue.model import Basis, SubjectKind
from idp.kernel.assurance import Acr
from idp.protocol.errors import InvalidAuthorizationDetails, InvalidScopeError, UnauthorizedClientError
from idp.protocol.scopes import OPENID, OWN_AUTHORITY_SCOPES
from idp.representation.companies.rules import NEEDED


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
        case DeferredState.WAITING | DeferredState.SIGNED:
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


def deferred_details(client: Client, text: str | None, *, of_companies: bool) -> tuple[GdxDetail, ...]:
    """The details a person can let this client have; raises InvalidAuthorizationDetails.

    `of_companies`: they may be about one company instead, for which the person signs.
    """
    if text is None:
        return ()
    try:
        details = parse_authorization_details(text)
    except InvalidGdxDetail as error:
        raise InvalidAuthorizationDetails(str(error)) from error
    if len({detail.purpose for detail in details}) != 1 or details[0].purpose not in client.services:
        raise InvalidAuthorizationDetails("the details must have one purpose, and it one of this client")
    if any(detail.basis is not Basis.CONSENT for detail in details):
        raise InvalidAuthorizationDetails("here a person consents")
    # "A company's consent never opens a person's record": one request is about one person or one company.
    subjects = {detail.subject for detail in details}
    askable = SelfSubject | JuristicSubject if of_companies and not client.first_party else SelfSubject
    if len(subjects) != 1 or not isinstance(details[0].subject, askable):
        raise InvalidAuthorizationDetails("here a person consents to data of their own")
    if isinstance(details[0].subject, JuristicSubject):
        _validate_of_company(details, details[0].subject)
    return details


def _validate_of_company(details: Sequence[GdxDetail], named: JuristicSubject) -> None:
    try:
        JuristicId.parse(named.juristic_id)
    except InvalidIdentifier as error:
        raise InvalidAuthorizationDetails("juristic_id is no registration number") from error
    if any(DATASETS[detail.dataset].subject is not SubjectKind.COMPANY for detail in details):
        raise InvalidAuthorizationDetails("of a company only data sets about companies")


def required_acr(*, asked: Sequence[str], prefix: str, minimum: Acr | None, of_company: bool = False) -> Acr | None:
    """What must be reached in both parts: the service's minimum, the first asked value that is ours, and for a company
    what whoever signs for another has to reach.
    """
    ours = next((acr for value in asked if (acr := Acr.parse(value, prefix)) is not None), None)
    wanted = [acr for acr in (ours, minimum, NEEDED if of_company else None) if acr is not None]
    return Acr(max(acr.ial for acr in wanted), max(acr.aal for acr in wanted)) if wanted else None
