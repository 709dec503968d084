"""What granting a request makes: the code with all it carries, and the entry about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authentication.model import SignedIn, SsoSession
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.grants.rules import grant_end, manages_grants
from idp.authorization.requests.model import CODE_LIFETIME, AskConsent, PendingRequest, Represented, Step
from idp.authorization.tokens.issuing import acting_details
from idp.catalogue.gdx import GdxDetail
from idp.catalogue.model import Basis
from idp.consent.model import ConsentRecord, Shown
from idp.consent.rules import granted_details, is_narrowed
from idp.kernel.assurance import Acr
from idp.kernel.ids import SubscriberId
from idp.protocol.claims_request import claim_names


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a pending request in one browser, and what comes next."""

    client: Client
    signed_in: SignedIn | None
    step: Step

    @property
    def session(self) -> SsoSession | None:
        """The session of the browser while it may be used."""
        return None if self.signed_in is None else self.signed_in.session


def is_asked(shown: Shown, asked: AskConsent) -> bool:
    """True when what a page showed is what is to be decided now.

    Where several sign, nobody adds what the others did not sign: optional fields were not on the page.
    """
    if shown.claims != asked.claims:
        return False
    if asked.is_decided_alone:
        return shown.details == asked.details
    return not shown.optional and is_narrowed(shown.details, asked.details)


def code_of(
    pending: PendingRequest,
    found: SignedIn,
    consent: ConsentRecord | None,
    *,
    client: Client | None,
    code_id: str,
    fresh_managed_id: str,
    now: datetime,
    represented: Represented | None = None,
) -> AuthorizationCode:
    """The code for a request that this person lets the client have, for whom the person acts.

    The grant gets `fresh_managed_id` where the client manages it and replaces none.
    """
    session, request, managed = found.session, pending.request, pending.request.managed
    is_managed = managed is not None or (client is not None and manages_grants(client))
    replaced_id = None if managed is None else managed.grant_id
    asked = pending.details if represented is None else represented.details
    details = _without_consent(asked) if consent is None else granted_details(asked, consent)
    subject = found.subscriber if represented is None else represented.subject
    return AuthorizationCode(
        id=code_id,
        expires_at=now + CODE_LIFETIME,
        client_id=pending.client_id,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        nonce=request.nonce,
        scope=request.scope,
        authorization_details=tuple(detail.to_json() for detail in details),
        subscriber_id=subject.id,
        sso_session_id=session.visit_id,
        # of two persons the less surely identified counts
        acr=Acr(min(found.subscriber.ial, subject.ial), session.aal),
        amr=session.amr,
        auth_time=session.auth_time,
        consent_id=None if consent is None else consent.id,
        jkt=pending.jkt,
        grant_expires_at=grant_end(consent, request.scope, with_details=bool(details), now=now),
        claims=request.claims,
        resource=request.resource,
        managed_id=(replaced_id or fresh_managed_id) if is_managed else None,
        replaces=replaced_id is not None,
        acted_for=None if represented is None else represented.acted_for,
    )


def _without_consent(asked: Sequence[GdxDetail]) -> tuple[GdxDetail, ...]:
    """What a program of ours may be given unasked: nothing that rests on a consent."""
    return tuple(detail for detail in asked if detail.basis is not Basis.CONSENT)


def issued_details(code: AuthorizationCode, pending: PendingRequest, shown_hash: str | None) -> dict[str, Any]:
    """What the entry of a granted request says."""
    return {
        "scope": list(code.scope),
        "claims": list(claim_names(code.claims)),
        "datasets": [detail["dataset"] for detail in code.authorization_details],
        "consent": code.consent_id,
        "shown_hash": shown_hash,
        **acting_details(code.acted_for),
    }


def event_of(
    event: str,
    pending: PendingRequest,
    session: SsoSession,
    client: Client | None,
    details: Mapping[str, Any],
    *,
    outcome: Literal["ok", "refused"] = "ok",
    subject: SubscriberId | None = None,
) -> AuditEvent:
    """An entry about what became of a request; `subject` is whom it is about where that is not who signed in."""
    return AuditEvent(
        event,
        actor=Actor(ActorKind.SUBSCRIBER, session.subscriber_id),
        outcome=outcome,
        subject=subject or session.subscriber_id,
        agency_id=None if client is None else client.agency_id,
        client_id=pending.client_id,
        details=details,
    )
