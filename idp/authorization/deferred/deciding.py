"""What a decision is made of: a draft, and what was consented to. Pure."""

from dataclasses import replace
from datetime import datetime

from idp.authentication.model import SsoSession
from idp.authorization.deferred.model import Waiting
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.grants.rules import grant_end, manages_grants
from idp.consent.model import ConsentRecord
from idp.consent.rules import granted_details
from idp.kernel.assurance import Acr
from idp.representation.model import ActedFor


def draft_of(
    waiting: Waiting,
    session: SsoSession,
    reached: Acr,
    *,
    code_id: str,
    managed_id: str,
    acted: ActedFor | None = None,
) -> AuthorizationCode:
    """What redeeming will need, before there is a consent: good for nothing until `decision_of` makes it whole."""
    request = waiting.request
    return AuthorizationCode(
        id=code_id,
        expires_at=request.expires_at,
        client_id=request.client_id,
        redirect_uri=None,
        code_challenge=None,
        nonce=None,
        scope=request.scope,
        authorization_details=tuple(detail.to_json() for detail in request.details),
        subscriber_id=session.subscriber_id,
        sso_session_id=session.visit_id,
        acr=reached,
        amr=session.amr,
        auth_time=session.auth_time,
        consent_id=None,
        jkt=None,
        grant_expires_at=request.expires_at,
        managed_id=managed_id if manages_grants(waiting.client) else None,
        acted_for=acted,
    )


def decision_of(draft: AuthorizationCode, consent: ConsentRecord | None, *, now: datetime) -> AuthorizationCode:
    """The decision as it is redeemed: within the consent, and no longer than that; no data without one."""
    details = () if consent is None else granted_details(draft.details, consent)
    return replace(
        draft,
        authorization_details=tuple(detail.to_json() for detail in details),
        consent_id=None if consent is None else consent.id,
        grant_expires_at=grant_end(consent, draft.scope, with_details=bool(details), now=now),
    )
