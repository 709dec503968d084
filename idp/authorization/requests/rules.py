"""Pure decisions: whether a client may ask this at all, and what must happen before it is granted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.authentication.model import SsoSession
from idp.authorization.client_registration.model import Client, ClientProfile
from idp.authorization.requests.model import AskConsent, Issue, PendingRequest, Refuse, SignIn, Step, StepUp
from idp.catalogue.gdx import Basis, GdxDetail, InvalidGdxDetail, SelfSubject, parse_authorization_details
from idp.consent.model import ConsentRecord
from idp.kernel.assurance import Acr
from idp.protocol.authorization_request import AuthorizationRequest
from idp.protocol.errors import (
    ConsentRequiredError,
    InteractionRequiredError,
    InvalidAuthorizationDetails,
    InvalidRequestError,
    InvalidScopeError,
    InvalidTarget,
    LoginRequiredError,
    UnauthorizedClientError,
    UnmetAuthenticationRequirements,
)
from idp.protocol.scopes import OPENID, releases_personal_data
from idp.protocol.token_request import AUTHORIZATION_CODE
from idp.subscribers.model import Subscriber


def validate_client_may_ask(client: Client, request: AuthorizationRequest, *, pushed: bool, gateway: str) -> None:
    """Whether this client may send this request this way; raises the OAuth error for it."""
    if AUTHORIZATION_CODE not in client.grant_types:
        raise UnauthorizedClientError("the client may not use the authorization code grant")
    # FAPI 2.0 §5.3.2.2: "shall reject authorization requests sent without" PAR
    if client.profile is ClientProfile.FAPI2 and not pushed:
        raise InvalidRequestError("this client must push its authorization requests")
    if not set(request.scope) <= set(client.scopes):
        raise InvalidScopeError("the scope is not one of this client")
    if OPENID not in request.scope and request.authorization_details is None:
        raise InvalidScopeError("nothing is asked for: neither openid nor authorization details")
    # RFC 8707 §2: "If the … requested resource is invalid, missing, unknown, or malformed … invalid_target"
    if request.resource is not None and (request.resource != gateway or request.authorization_details is None):
        raise InvalidTarget("the only resource is the data exchange, with authorization details")


def requested_details(client: Client, request: AuthorizationRequest) -> tuple[GdxDetail, ...]:
    """The details a person can let this client have; raises InvalidAuthorizationDetails."""
    if request.authorization_details is None:
        return ()
    try:
        details = parse_authorization_details(request.authorization_details)
    except InvalidGdxDetail as error:
        raise InvalidAuthorizationDetails(str(error)) from error
    if len({detail.purpose for detail in details}) != 1 or details[0].purpose not in client.services:
        raise InvalidAuthorizationDetails("the details must have one purpose, and it one of this client")
    if any(detail.basis is not Basis.CONSENT or not isinstance(detail.subject, SelfSubject) for detail in details):
        raise InvalidAuthorizationDetails("here a person consents to data of their own")
    return details


def required_acr(*, acr_values: Sequence[str], prefix: str, minimum: Acr | None) -> Acr | None:
    """What must be reached in both parts: the service's minimum and the first `acr_values` entry that is ours."""
    asked = next((acr for value in acr_values if (acr := Acr.parse(value, prefix)) is not None), None)
    if asked is None or minimum is None:
        return asked or minimum
    return Acr(max(asked.ial, minimum.ial), max(asked.aal, minimum.aal))


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the dispatcher looks at. `session` is None as well when its subscriber is not live."""

    pending: PendingRequest
    client: Client
    session: SsoSession | None
    subscriber: Subscriber | None
    covering: ConsentRecord | None
    now: datetime


def decide_step(facts: Facts) -> Step:
    """What comes next: the one place that says so; no step calls another."""
    request = facts.pending.request
    silent = "none" in request.prompt
    if facts.session is None or facts.subscriber is None or not _is_fresh(facts.session, facts.pending, facts.now):
        # OpenID Connect Core §3.1.2.6: login_required when prompt is none and "the Authentication Request cannot be
        # completed without displaying a user interface for End-User authentication"
        return Refuse(LoginRequiredError()) if silent else SignIn()
    required = facts.pending.required
    if required is not None and facts.session.aal < required.aal:
        return Refuse(InteractionRequiredError()) if silent else StepUp(required)
    if required is not None and facts.subscriber.ial < required.ial:
        return Refuse(UnmetAuthenticationRequirements("the identity is not proofed to the level that is required"))
    if _must_ask(facts):
        asked = AskConsent(facts.client, facts.pending.details, request.scope)
        return Refuse(ConsentRequiredError()) if silent else asked
    return Issue(facts.covering)


def grant_end(consent: ConsentRecord | None, *, now: datetime, longest: timedelta, without: timedelta) -> datetime:
    """When the grant ends: with its consent, at most `longest` from now; `without` from now where there is none."""
    return now + without if consent is None else min(consent.valid_until, now + longest)


def _is_fresh(session: SsoSession, pending: PendingRequest, now: datetime) -> bool:
    request = pending.request
    signed_in_for_this = session.auth_time >= pending.started_at
    # §3.1.2.1: prompt login: "The Authorization Server SHOULD prompt the End-User for reauthentication."
    if "login" in request.prompt and not signed_in_for_this:
        return False
    # §3.1.2.1: "If the elapsed time is greater than this value, the OP MUST attempt to actively re-authenticate"
    # What was done in answer to this very request stays good while the person reads; else max_age 0 would never end.
    if request.max_age is None or signed_in_for_this:
        return True
    return session.auth_time >= now - timedelta(seconds=request.max_age)


def _must_ask(facts: Facts) -> bool:
    request = facts.pending.request
    if facts.client.first_party:
        return False
    if facts.pending.details:
        return facts.covering is None or "consent" in request.prompt or releases_personal_data(request.scope)
    return releases_personal_data(request.scope)
