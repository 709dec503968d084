"""Pure decisions: whether a client may ask this at all, and what must happen before it is granted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from idp.agencies.model import Service
from idp.authentication.model import SsoSession
from idp.authorization.client_registration.model import Client, ClientProfile
from idp.authorization.requests.model import (
    AskConsent,
    AwaitCosigners,
    ChooseActor,
    ChosenActor,
    Issue,
    PendingRequest,
    Refuse,
    Represented,
    SignIn,
    Step,
    StepUp,
)
from idp.authorization.tokens.claims import REGISTERED_CLAIMS
from idp.catalogue.gdx import (
    CardSessionSubject,
    CitizenRefSubject,
    GdxDetail,
    InvalidGdxDetail,
    SelfSubject,
    parse_authorization_details,
)
from idp.catalogue.model import Basis
from idp.consent.model import ConsentRecord
from idp.enrolment.provisional import Meeting
from idp.kernel.assurance import Aal, Acr, Ial
from idp.protocol.authorization_request import AuthorizationRequest
from idp.protocol.claims_request import (
    VERIFIED_CLAIMS,
    ClaimsRequest,
    as_verified,
    claim_names,
    essential_values,
    requested_value,
    verified_claim_names,
)
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
from idp.protocol.jose import SIGNING_ALGORITHMS
from idp.protocol.prompt import Prompt
from idp.protocol.request_object import verify_request_object
from idp.protocol.scopes import (
    LOOK_UP,
    OFFLINE_ACCESS,
    OPENID,
    OWN_AUTHORITY_SCOPES,
    claims_within,
    consent_names,
    personal_claims,
)
from idp.protocol.token_request import AUTHORIZATION_CODE
from idp.representation.companies.rules import NEEDED
from idp.representation.model import ForPerson
from idp.subscribers.model import Subscriber


def request_parameters(
    client: Client, parameters: Mapping[str, str], *, issuer: str, jwks: Mapping[str, Any], now: datetime
) -> Mapping[str, str]:
    """The parameters that count: those inside the request object where there is one; raises the OAuth error for it."""
    request_object = parameters.get("request")
    if request_object is None:
        # RFC 9101 §10.5: with require_signed_request_object "the server MUST reject the authorization request from the
        # client that does not conform to this specification."
        if client.require_signed_request_object or client.profile is ClientProfile.FAPI2_MESSAGE_SIGNING:
            raise InvalidRequestError("this client must sign its authorization requests")
        return parameters
    # RFC 9101 §5: "the authorization server … MUST only use the parameters included in the Request Object."
    return verify_request_object(
        request_object=request_object,
        expected_client_id=client.id,
        expected_issuer=issuer,
        expected_jwks=jwks,
        expected_algorithms=_request_object_algorithms(client),
        strict=client.is_fapi,
        now=now,
    )


def _request_object_algorithms(client: Client) -> tuple[str, ...]:
    # FAPI 2.0 §5.4.1: PS256, ES256 or EdDSA; plain OpenID Connect Core §6.1 has RS256 too.
    known = SIGNING_ALGORITHMS if client.is_fapi else (*SIGNING_ALGORITHMS, "RS256")
    registered = client.request_object_signing_alg
    return known if registered is None else tuple(algorithm for algorithm in known if algorithm == registered)


def with_client_defaults(client: Client, request: AuthorizationRequest) -> AuthorizationRequest:
    """The request with what the client registered for the case that it asks for nothing else, and without the claims
    that it may not have (§5.5: what is not understood is left out).
    """
    askable = set(claims_within(claim_names(request.claims), client_scopes=client.scopes))
    return replace(
        request,
        max_age=client.default_max_age if request.max_age is None else request.max_age,
        acr_values=request.acr_values or client.default_acr_values,
        claims={
            place: {name: wanted for name, wanted in claims.items() if name in askable or _is_verified(name)}
            for place, claims in request.claims.items()
        },
        id_token_hint=None,  # looked at once, when the request comes in
    )


def validate_client_may_ask(client: Client, request: AuthorizationRequest, *, pushed: bool, gateway: str) -> None:
    """Whether this client may send this request this way; raises the OAuth error for it."""
    if AUTHORIZATION_CODE not in client.grant_types:
        raise UnauthorizedClientError("the client may not use the authorization code grant")
    # FAPI 2.0 §5.3.2.2: "shall reject authorization requests sent without" PAR; RFC 9126 §6: others may register that.
    if (client.is_fapi or client.require_pushed_authorization_requests) and not pushed:
        raise InvalidRequestError("this client must push its authorization requests")
    # Grant Management §5.1: "Grant management is restricted to confidential only clients due to security reasons."
    if request.managed is not None and client.is_public:
        raise UnauthorizedClientError("a public client may not manage grants")
    if not set(request.scope) <= set(client.scopes) - OWN_AUTHORITY_SCOPES:
        raise InvalidScopeError("the scope is not one of this client")
    if OPENID not in request.scope and request.authorization_details is None:
        raise InvalidScopeError("nothing is asked for: neither openid nor authorization details")
    # RFC 8707 §2: invalid_target: "The requested resource is invalid, missing, unknown, or malformed."
    for_exchange = request.authorization_details is not None or LOOK_UP in request.scope
    if request.resource is not None and (request.resource != gateway or not for_exchange):
        raise InvalidTarget("the only resource is the data exchange, with authorization details or for look-ups")


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
    if any(detail.basis is not Basis.CONSENT for detail in details):
        raise InvalidAuthorizationDetails("here a person consents")
    if any(isinstance(detail.subject, CardSessionSubject | CitizenRefSubject) for detail in details):
        raise InvalidAuthorizationDetails("what an officer opened is named by the client itself")
    # "A company's consent never opens a person's record": one request is about one person or one company.
    if len({detail.subject for detail in details}) != 1:
        raise InvalidAuthorizationDetails("the details must have one subject")
    if client.first_party and not isinstance(details[0].subject, SelfSubject):
        raise InvalidAuthorizationDetails("this client asks for nobody but who signed in")
    return details


def required_acr(
    *, acr_values: Sequence[str], prefix: str, minimum: Acr | None, essential: Sequence[str] = ()
) -> Acr | None:
    """What must be reached in both parts: the service's minimum and the first entry that is ours, of the values of an
    essential `acr` claim or else of `acr_values`.

    Raises UnmetAuthenticationRequirements when an essential `acr` has no value that we know.
    """
    asked = next((acr for value in essential or acr_values if (acr := Acr.parse(value, prefix)) is not None), None)
    # OpenID Connect Core §5.5.1.1: "If this is an Essential Claim and the requirement cannot be met, then the
    # Authorization Server MUST treat that outcome as a failed authentication attempt."
    if essential and asked is None:
        raise UnmetAuthenticationRequirements("the required acr is not known here")
    if asked is None or minimum is None:
        return asked or minimum
    return Acr(max(asked.ial, minimum.ial), max(asked.aal, minimum.aal))


def provisional_ial(
    client: Client,
    service: Service | None,
    request: AuthorizationRequest,
    details: Sequence[GdxDetail],
    required: Acr | None,
    *,
    prefix: str,
) -> Ial | None:
    """With how much the agency lets a person in before it met them, None where less than `required` never suffices.

    It gives up its own minimum alone: what the program asked for by name must be reached. Nobody acts for another so.
    """
    if service is None or service.provisional_ial is None or required is None or client.first_party:
        # a program of our own asks nobody, and the person has to be told
        return None
    if any(not isinstance(detail.subject, SelfSubject) for detail in details):
        return None
    lowest = Acr(service.provisional_ial, service.minimum.aal)
    admitting = required_acr(
        acr_values=request.acr_values, prefix=prefix, minimum=lowest, essential=essential_acr(request)
    )
    return None if admitting is None or admitting.ial >= required.ial else admitting.ial


def essential_acr(request: AuthorizationRequest) -> tuple[str, ...]:
    """The values of which the ID token's `acr` must have one."""
    return essential_values(request.claims, "acr")


def expected_subject(request: AuthorizationRequest, *, hinted_sub: str | None) -> str | None:
    """Whom the request must be about: the subject of its id_token_hint, or the value of a `sub` claim (§5.5.1)."""
    demanded = requested_value(request.claims, "sub")
    if demanded is not None and hinted_sub is not None and demanded != hinted_sub:
        raise InvalidRequestError("id_token_hint and claims name different subjects")
    return demanded or hinted_sub


def told_claims(
    claims: Sequence[str], represented: Represented | ChooseActor | AwaitCosigners | None
) -> tuple[str, ...]:
    """What would be told in this representation: of a principal what evidence proved, by that person's own consent the
    rest.
    """
    if not isinstance(represented, Represented) or not isinstance(represented.representation, ForPerson):
        return tuple(claims)
    return tuple(name for name in claims if name in REGISTERED_CLAIMS or name == OFFLINE_ACCESS)


def acting_as(pending: PendingRequest, actor: ChosenActor) -> PendingRequest:
    """The request once somebody has chosen for whom to act: for another, a sign-in that may sign is needed."""
    if actor.mandate_id is None and actor.juristic_id is None:
        return replace(pending, actor=actor)
    asked = pending.required
    ial, aal = (Ial.IAL1_1, Aal.AAL1) if asked is None else (asked.ial, asked.aal)
    return replace(pending, actor=actor, required=Acr(ial, max(aal, NEEDED.aal)), provisional_ial=None)


def released_claims(client: Client, scope: Sequence[str], claims: ClaimsRequest) -> tuple[str, ...]:
    """What would be told of the person beyond the pairwise identifier, by scope or by name, as a consent spells it.

    Verified claims come last: `verified_claims` for the evidence itself, then each claim it stands behind.
    """
    named = personal_claims(claims_within(claim_names(claims), client_scopes=client.scopes))
    verified = claims_within(verified_claim_names(claims), client_scopes=client.scopes)
    evidence = (VERIFIED_CLAIMS, *map(as_verified, verified)) if verified else ()
    return tuple(dict.fromkeys((*consent_names(scope), *named, *evidence)))


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the dispatcher looks at. `session` is None as well when its subscriber is not live.

    `sub` is whom it would be about, as this client knows that person; `covering` an earlier consent to all details and
    claims; `represented` for whom the person acts, where the client is prepared for that;
    `meeting`: how the person and the agency stand, where its service meets people later.
    """

    pending: PendingRequest
    client: Client
    session: SsoSession | None
    subscriber: Subscriber | None
    covering: ConsentRecord | None
    now: datetime
    sub: str | None = None
    represented: Represented | ChooseActor | AwaitCosigners | None = None
    meeting: Meeting = Meeting.UNSAID


def decide_step(facts: Facts) -> Step:
    """What comes next: the one place that says so; no step calls another."""
    request = facts.pending.request
    silent = Prompt.NONE in request.prompt
    if facts.session is None or facts.subscriber is None or not _is_fresh(facts.session, facts.pending, facts.now):
        # OpenID Connect Core §3.1.2.6: login_required when prompt is none and "the Authentication Request cannot be
        # completed without displaying a user interface for End-User authentication"
        return Refuse(LoginRequiredError()) if silent else SignIn()
    is_open = isinstance(facts.represented, ChooseActor)
    if not is_open and facts.pending.expected_sub not in (None, facts.sub):
        # §3.1.2.1: "If the End-User identified by the ID Token is already logged in or is logged in as a result of the
        # request …, then the Authorization Server returns a positive response; otherwise, it MUST return an error"
        just_signed_in = facts.session.auth_time >= facts.pending.started_at
        return Refuse(LoginRequiredError()) if silent or just_signed_in else SignIn()
    required = facts.pending.required
    if required is not None and facts.session.aal < required.aal:
        return Refuse(InteractionRequiredError()) if silent else StepUp(required)
    represented = facts.represented if isinstance(facts.represented, Represented) else None
    lowest = facts.subscriber.ial if represented is None else min(facts.subscriber.ial, represented.subject.ial)
    admitting = facts.pending.admitting if represented is None or represented.acted_for is None else required
    if admitting is not None and lowest < admitting.ial:
        return Refuse(UnmetAuthenticationRequirements("the identity is not proofed to the level that is required"))
    if isinstance(facts.represented, ChooseActor | AwaitCosigners):
        # §3.1.2.6: interaction_required: "The Authorization Server requires End-User interaction of some form"
        return Refuse(InteractionRequiredError()) if silent else facts.represented
    claims = told_claims(released_claims(facts.client, request.scope, request.claims), facts.represented)
    is_provisional = required is not None and lowest < required.ial and facts.meeting is not Meeting.HELD
    if _must_ask(facts, claims) or (is_provisional and facts.meeting is Meeting.UNSAID):
        details = facts.pending.details if represented is None else represented.details
        asked = AskConsent(facts.client, details, request.scope, claims, represented, is_provisional)
        return Refuse(ConsentRequiredError()) if silent else asked
    return Issue(facts.covering, represented)


def _is_fresh(session: SsoSession, pending: PendingRequest, now: datetime) -> bool:
    request = pending.request
    signed_in_for_this = session.auth_time >= pending.started_at
    # §3.1.2.1: prompt login: "The Authorization Server SHOULD prompt the End-User for reauthentication."; signing in is
    # also how another account is chosen.
    anew = Prompt.LOGIN in request.prompt or Prompt.SELECT_ACCOUNT in request.prompt
    if anew and not signed_in_for_this:
        return False
    # §3.1.2.1: "If the elapsed time is greater than this value, the OP MUST attempt to actively re-authenticate"
    # What was done in answer to this very request stays good while the person reads; else max_age 0 would never end.
    if request.max_age is None or signed_in_for_this:
        return True
    return session.auth_time >= now - timedelta(seconds=request.max_age)


def _must_ask(facts: Facts, claims: Sequence[str]) -> bool:
    if facts.client.first_party:
        return False
    # OpenID Connect Core §3.1.2.1: prompt consent: "The Authorization Server SHOULD prompt the End-User for consent"
    if Prompt.CONSENT in facts.pending.request.prompt:
        return True
    # a company that signs in without any data is bound as well: somebody signs for it
    if isinstance(facts.represented, Represented) and facts.represented.role is not None and facts.covering is None:
        return True
    return bool(facts.pending.details or claims) and facts.covering is None


def _is_verified(name: str) -> bool:
    return name.partition("#")[0] == VERIFIED_CLAIMS
