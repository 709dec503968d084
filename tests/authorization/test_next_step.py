"""The dispatcher: what comes next, for every combination of facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authentication.model import SsoSession
from idp.authorization.client_registration.model import Client, ClientProfile, ClientStatus
from idp.authorization.grants.rules import grant_end
from idp.authorization.requests.model import AskConsent, Issue, PendingRequest, Refuse, SignIn, StepUp
from idp.authorization.requests.rules import Facts, decide_step, required_acr
from idp.catalogue.gdx import parse_authorization_details
from idp.consent.model import ConsentRecord
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ClientId, ConsentId, ServiceId, SsoSessionId, SubscriberId
from idp.protocol.authorization_request import AuthorizationRequest
from idp.subscribers.model import Subscriber, SubscriberStatus

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DETAILS = (
    '[{"type":"gdx","dataset":"dopa.person","subject":"self","purpose":"s","basis":"consent","fields":["name_th"]}]'
)
PERSON = SubscriberId("sub_1")


def facts(
    *,
    signed_in: bool = True,
    aal: Aal = Aal.AAL2_2,
    ial: Ial = Ial.IAL2_3,
    auth_time: datetime = NOW,
    required: Acr | None = None,
    details: bool = True,
    covered: bool = False,
    first_party: bool = False,
    now: datetime = NOW,
    **request: Any,
) -> Facts:
    client = Client(
        id=ClientId("jobs"),
        agency_id=AgencyId("agc_1"),
        name_th="งาน",
        name_en="Jobs",
        first_party=first_party,
        profile=ClientProfile.FAPI2,
        redirect_uris=("https://jobs.example/callback",),
        jwks={},
        token_endpoint_auth_method="private_key_jwt",
        id_token_signed_response_alg="ES256",
        dpop_bound=True,
        dpop_nonce_required=False,
        grant_types=("authorization_code",),
        scopes=("openid", "profile"),
        services=(ServiceId("s"),),
        sector="agc_1",
        status=ClientStatus.ACTIVE,
    )
    asked = AuthorizationRequest(
        **{
            "client_id": "jobs",
            "redirect_uri": "https://jobs.example/callback",
            "scope": ("openid",),
            "code_challenge": "c" * 43,
            "authorization_details": DETAILS if details else None,
            **request,
        }
    )
    pending = PendingRequest(
        flow_id="f", request=asked, jkt=None, required=required, started_at=NOW, expires_at=NOW + timedelta(hours=1)
    )
    session = SsoSession(
        SsoSessionId("ses_1"), SsoSessionId("ses_1"), PERSON, aal, ("user",), auth_time, auth_time, None
    )
    subscriber = Subscriber(PERSON, SubscriberStatus.ACTIVE, ial, NOW, None)
    return Facts(
        pending,
        client,
        session if signed_in else None,
        subscriber if signed_in else None,
        consent(NOW + timedelta(days=1)) if covered else None,
        now,
    )


def consent(valid_until: datetime, *, details: bool = False) -> ConsentRecord:
    return ConsentRecord(
        id=ConsentId("con_1"),
        subscriber_id=PERSON,
        agency_id=AgencyId("agc_1"),
        service_id=ServiceId("s"),
        client_id=ClientId("jobs"),
        details=parse_authorization_details(DETAILS) if details else (),
        shown_hash="0" * 64,
        given_at=NOW,
        valid_until=valid_until,
        withdrawn_at=None,
        uses_left={},
    )


LOW, HIGH = Acr(Ial.IAL2_1, Aal.AAL2_1), Acr(Ial.IAL2_3, Aal.AAL2_2)


@pytest.mark.parametrize(
    ("given_facts", "step"),
    [
        (facts(signed_in=False), SignIn),
        (facts(prompt=("login",), auth_time=NOW - timedelta(seconds=1)), SignIn),
        (facts(max_age=60, auth_time=NOW - timedelta(seconds=61)), SignIn),
        (facts(max_age=60, auth_time=NOW - timedelta(seconds=60)), AskConsent),
        (facts(max_age=60, auth_time=NOW - timedelta(seconds=1), now=NOW + timedelta(minutes=29)), SignIn),
        (facts(max_age=0, now=NOW + timedelta(minutes=29)), AskConsent),
        (facts(aal=Aal.AAL1, required=LOW), StepUp),
        (facts(ial=Ial.IAL1_3, required=LOW), Refuse),
        (facts(), AskConsent),
        (facts(covered=True), Issue),
        (facts(covered=True, prompt=("consent",)), AskConsent),
        (facts(covered=True, scope=("openid", "profile")), Issue),
        (facts(details=False, covered=True, scope=("openid", "profile")), Issue),
        (facts(details=False, covered=True, scope=("openid", "profile"), prompt=("consent",)), AskConsent),
        (facts(details=False, scope=("openid", "offline_access")), AskConsent),
        (facts(details=False), Issue),
        (facts(details=False, scope=("openid", "profile")), AskConsent),
        (facts(details=False, scope=("openid", "profile"), first_party=True), Issue),
    ],
    ids=str,
)
def test_what_comes_next(given_facts: Facts, step: type) -> None:
    assert isinstance(decide_step(given_facts), step)


@pytest.mark.parametrize(
    ("given_facts", "error"),
    [
        (facts(signed_in=False, prompt=("none",)), "login_required"),
        (facts(prompt=("none",), max_age=0, auth_time=NOW - timedelta(seconds=1)), "login_required"),
        (facts(prompt=("none",), aal=Aal.AAL1, required=LOW), "interaction_required"),
        (facts(prompt=("none",)), "consent_required"),
        (facts(ial=Ial.IAL1_1, required=HIGH), "unmet_authentication_requirements"),
    ],
    ids=["no session", "stale session", "weak session", "no consent", "weak identity"],
)
def test_what_the_client_is_told(given_facts: Facts, error: str) -> None:
    step = decide_step(given_facts)
    assert isinstance(step, Refuse)
    assert step.error.error == error


@given(
    signed_in=st.booleans(),
    aal=st.sampled_from(Aal),
    ial=st.sampled_from(Ial),
    required=st.none() | st.builds(Acr, st.sampled_from(Ial), st.sampled_from(Aal)),
    details=st.booleans(),
    covered=st.booleans(),
    first_party=st.booleans(),
    prompt=st.sampled_from([(), ("none",), ("login",), ("consent",), ("login", "consent")]),
    scope=st.sampled_from([("openid",), ("openid", "profile")]),
)
def test_nothing_is_issued_below_what_is_required_or_unasked(**given_facts: Any) -> None:
    made = facts(**given_facts)
    step = decide_step(made)
    if isinstance(step, Issue):
        assert made.session is not None
        assert made.subscriber is not None
        if made.pending.required is not None:
            assert Acr(made.subscriber.ial, made.session.aal).meets(made.pending.required)
        if not made.client.first_party:
            nothing_asked = not made.pending.details and "profile" not in made.pending.request.scope
            assert made.covering is not None or nothing_asked
    if "none" in made.pending.request.prompt:
        assert isinstance(step, Issue | Refuse)


def test_the_required_assurance_is_the_higher_of_both_in_each_part() -> None:
    minimum = Acr(Ial.IAL2_1, Aal.AAL2_2)
    asked = ["urn:other:1", "urn:tuaton:ial:2.3:aal:1"]
    assert required_acr(acr_values=asked, prefix="urn:tuaton", minimum=minimum) == HIGH
    assert required_acr(acr_values=["urn:other:1"], prefix="urn:tuaton", minimum=None) is None
    assert required_acr(acr_values=[], prefix="urn:tuaton", minimum=minimum) == minimum


def ending(remembered: ConsentRecord | None, *scope: str, with_details: bool = False) -> timedelta:
    return grant_end(remembered, scope, with_details=with_details, now=NOW) - NOW


def test_a_grant_ends_with_its_consent() -> None:
    assert ending(consent(NOW + timedelta(days=7), details=True), with_details=True) == timedelta(days=7)
    assert ending(consent(NOW + timedelta(days=365), details=True), with_details=True) == timedelta(days=90)
    assert ending(None, "offline_access") == timedelta(hours=12)


def test_a_plain_sign_in_lasts_hours_unless_the_person_let_the_client_go_on() -> None:
    remembered = consent(NOW + timedelta(days=365))
    assert ending(remembered, "openid", "profile") == timedelta(hours=12)
    assert ending(remembered, "openid", "offline_access") == timedelta(days=90)
    assert ending(consent(NOW + timedelta(hours=1)), "openid") == timedelta(hours=1)
    # an earlier consent to data sets covers the names that a sign-in asks for now; it makes it no longer
    assert ending(consent(NOW + timedelta(days=365), details=True), "openid", "profile") == timedelta(hours=12)
