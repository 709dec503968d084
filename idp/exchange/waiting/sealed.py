"""A request as it waits: everything that is judged again, in a text that is sealed. Pure."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from connectors.contracts.documents import Delivery
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import parse_authorization_details
from idp.exchange.bases.model import SignedForm
from idp.exchange.model import Pull, PullFormat, WaitingPullId
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ClientId, ConsentId, DisclosureId, GrantId, SubscriberId
from idp.representation.model import ActedFor, MandateId, Organisation


def to_bytes(pull: Pull) -> bytes:
    """The request; its access token is over long before, and what it said is judged again."""
    token = pull.access_token
    said: dict[str, Any] = {
        "token": {
            "token_id": token.token_id,
            "client_id": token.client_id,
            "agency_id": token.agency_id,
            "grant_id": token.grant_id,
            "subscriber_id": token.subscriber_id,
            "sub": token.sub,
            "details": [detail.to_json() for detail in token.details],
            "scope": list(token.scope),
            "consent_id": token.consent_id,
            "acr": None if token.acr is None else [token.acr.ial.value, token.acr.aal.value],
            "jkt": token.jkt,
            "actors": list(token.actors),
            "acted_for": None if token.acted_for is None else asdict(token.acted_for),
        },
        "dataset": pull.dataset,
        "format": pull.format.value,
        "delivery": pull.delivery.value,
        "case": pull.case,
        "key": pull.idempotency_key,
        "since": pull.since,
        "form": None
        if pull.form is None
        else [pull.form.reference, pull.form.signed_on.isoformat(), pull.form.kept_where],
    }
    return json.dumps(said, ensure_ascii=False).encode()


def from_bytes(text: bytes, *, waiting_id: WaitingPullId) -> Pull:
    """The request as it was."""
    said = json.loads(text)
    form = said["form"]
    return Pull(
        access_token=_token(said["token"]),
        dataset=said["dataset"],
        format=PullFormat(said["format"]),
        delivery=Delivery(said["delivery"]),
        case=said["case"],
        idempotency_key=said["key"],
        form=None if form is None else SignedForm(form[0], date.fromisoformat(form[1]), form[2]),
        waiting_id=waiting_id,
        since=None if said["since"] is None else DisclosureId(said["since"]),
    )


def _token(said: dict[str, Any]) -> VerifiedAccessToken:
    acr = said["acr"]
    return VerifiedAccessToken(
        token_id=said["token_id"],
        client_id=ClientId(said["client_id"]),
        agency_id=AgencyId(said["agency_id"]),
        grant_id=None if said["grant_id"] is None else GrantId(said["grant_id"]),
        subscriber_id=None if said["subscriber_id"] is None else SubscriberId(said["subscriber_id"]),
        sub=said["sub"],
        details=parse_authorization_details(said["details"]),
        scope=tuple(said["scope"]),
        consent_id=None if said["consent_id"] is None else ConsentId(said["consent_id"]),
        acr=None if acr is None else Acr(Ial(acr[0]), Aal(acr[1])),
        jkt=said["jkt"],
        actors=tuple(ClientId(actor) for actor in said["actors"]),
        acted_for=None if said["acted_for"] is None else _acted_for(said["acted_for"]),
    )


def _acted_for(said: dict[str, Any]) -> ActedFor:
    organisation = said["organisation"]
    return ActedFor(
        actor=SubscriberId(said["actor"]),
        mandate_id=None if said["mandate_id"] is None else MandateId(said["mandate_id"]),
        organisation=None if organisation is None else Organisation(**organisation),
    )
