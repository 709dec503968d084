"""Requests on their way, and the closed union of what may come next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.authorization.client_registration.model import Client
from idp.catalogue.gdx import GdxDetail, SelfSubject, parse_authorization_details
from idp.consent.model import ConsentRecord, OnBehalf
from idp.kernel.assurance import Acr, Ial
from idp.kernel.ids import ClientId, SubscriberId
from idp.protocol.authorization_request import AuthorizationRequest
from idp.protocol.errors import OAuth2Error
from idp.protocol.response_mode import ClientAnswer, ResponseMode
from idp.representation.acting.rules import acted_for
from idp.representation.companies.model import CompanyFacts, JointAct, SigningRole
from idp.representation.model import ActedFor, MandateId, Representation, Signer
from idp.representation.signing.model import Missing
from idp.storage.spent import Spend, SpentKind
from idp.subscribers.model import Subscriber

CODE_LIFETIME = timedelta(seconds=60)
REQUEST_URI_LIFETIME = timedelta(seconds=90)
FLOW_LIFETIME = timedelta(minutes=30)


class OidcProblem(StrEnum):
    """What people see when an authorization request cannot go on and there is no client to send them to."""

    UNKNOWN_CLIENT = "OID-01"
    REDIRECT_URI_NOT_REGISTERED = "OID-02"
    REQUEST_UNREADABLE = "OID-03"
    REQUEST_URI_UNUSABLE = "OID-04"
    FLOW_UNUSABLE = "OID-05"
    FLOW_COMPLETED = "OID-06"
    SIGN_IN_AGAIN = "OID-07"
    ANSWER_NOT_ENCRYPTED = "OID-14"


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Where and how a client wants its answer: at a proven address, in a mode, signed with an algorithm if at all, and
    encrypted after that where it registered so.
    """

    client_id: ClientId
    redirect_uri: str
    state: str | None
    mode: ResponseMode
    signed_with: str
    is_encrypted: bool = False


@dataclass(frozen=True, slots=True)
class ChosenActor:
    """For whom somebody chose to act in one flow: for nobody else when neither is set.

    With both, under a mandate of that company. It counts for `chosen_by` alone, whoever signs in meanwhile.
    """

    chosen_by: SubscriberId
    mandate_id: MandateId | None = None
    juristic_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRequest:
    """A judged request that waits for its citizen in one browser.

    `flow_id` is spent when the request is granted or denied, so that it is granted once however often it is shown.
    `started_at` is when the browser came with it, in whole milliseconds.
    `jkt` is the key its code will be bound to. `required` is the assurance it needs, None for any; with
    `provisional_ial` or more the agency lets the person in now and meets them later; `expected_sub` is whom it must be
    about, as the client knows that person. Signed answers are signed with `answers_signed_with`,
    and then encrypted to the client where `answers_are_encrypted`. `actor` is for whom the person chose to act.
    """

    flow_id: str
    request: AuthorizationRequest
    jkt: str | None
    required: Acr | None
    started_at: datetime
    expires_at: datetime
    expected_sub: str | None = None
    answers_signed_with: str = "ES256"
    answers_are_encrypted: bool = False
    actor: ChosenActor | None = None
    provisional_ial: Ial | None = None

    @property
    def admitting(self) -> Acr | None:
        """The levels with which the person gets in now."""
        if self.required is None or self.provisional_ial is None:
            return self.required
        return Acr(self.provisional_ial, self.required.aal)

    @property
    def return_address(self) -> ReturnAddress:
        """Where its answer goes."""
        request = self.request
        return ReturnAddress(
            self.client_id,
            request.redirect_uri,
            request.state,
            request.response_mode,
            self.answers_signed_with,
            self.answers_are_encrypted,
        )

    @property
    def client_id(self) -> ClientId:
        """Who asks."""
        return ClientId(self.request.client_id)

    @property
    def spend(self) -> Spend:
        """What is spent when it is granted or denied."""
        return Spend.of(SpentKind.FLOW, scope=self.client_id, secret=self.flow_id, expires_at=self.expires_at)

    @property
    def details(self) -> tuple[GdxDetail, ...]:
        """What is asked for, judged when the request came in."""
        text = self.request.authorization_details
        return () if text is None else parse_authorization_details(text)

    @property
    def may_concern_another(self) -> bool:
        """The client is prepared for a person who acts for another, or asks for data of another."""
        asked = self.request.authorization_details is not None and any(
            not isinstance(detail.subject, SelfSubject) for detail in self.details
        )
        return self.request.acting_for is not None or asked


@dataclass(frozen=True, slots=True)
class Represented:
    """For whom the person acts, as judged just now, and whom the tokens will be about.

    `role` and `signer` are set where the person's decision is a signature for a company, `joint_act` where everybody
    has signed.
    """

    representation: Representation
    subject: Subscriber
    details: tuple[GdxDetail, ...]
    role: SigningRole | None = None
    joint_act: JointAct | None = None
    signer: Signer | None = None

    @property
    def acted_for(self) -> ActedFor | None:
        """What grant, code and entry keep of it."""
        return acted_for(self.representation)

    @property
    def on_behalf(self) -> OnBehalf | None:
        """What the consent keeps of it."""
        acted = self.acted_for
        if acted is None:
            return None
        return OnBehalf(acted.actor, acted.mandate_id, acted.juristic_id)


@dataclass(frozen=True, slots=True)
class ChooseActor:
    """The person says for whom; `problem` is why an earlier choice cannot be."""

    problem: StrEnum | None = None


@dataclass(frozen=True, slots=True)
class AwaitCosigners:
    """The person has signed for the company, others have not yet; `missing` is None when that cannot be said now."""

    joint_act: JointAct
    company: CompanyFacts
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """The citizen must sign in, or sign in anew."""


@dataclass(frozen=True, slots=True)
class StepUp:
    """The citizen must sign in more strongly."""

    required: Acr


@dataclass(frozen=True, slots=True)
class AskConsent:
    """The citizen must decide; `details` and `claims` (of scopes, or by name) are what to show, `client` for whom.

    `is_provisional`: the agency has to meet the person later.
    """

    client: Client
    details: tuple[GdxDetail, ...]
    scope: tuple[str, ...]
    claims: tuple[str, ...] = ()
    represented: Represented | None = None
    is_provisional: bool = False

    @property
    def is_decided_alone(self) -> bool:
        """True when this one person decides. Where several sign, nobody adds what the others did not sign: optional
        fields are left out.
        """
        represented = self.represented
        if represented is None:
            return True
        return represented.joint_act is None and (represented.role is None or represented.role.alone)


@dataclass(frozen=True, slots=True)
class Issue:
    """Nothing is in the way; `consent` is an earlier one that covers the request, or None where none is needed."""

    consent: ConsentRecord | None
    represented: Represented | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """The client is told `error`."""

    error: OAuth2Error


Step = SignIn | StepUp | ChooseActor | AwaitCosigners | AskConsent | Issue | Refuse


class RequestRefused(Exception):
    """The request of a proven redirect_uri is refused: `answer` tells the client."""

    def __init__(self, answer: ClientAnswer) -> None:
        super().__init__("authorization request refused")
        self.answer = answer
