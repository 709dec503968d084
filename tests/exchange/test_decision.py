"""The release decision: deny by default, never more than right, request and basis all name (attack row 53)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.agencies.model import Agreement, AgreementKind, Standing
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import GdxDetail, JuristicSubject, SelfSubject
from idp.catalogue.model import Basis, Channel
from idp.consent.model import ConsentRecord
from idp.exchange.decision.model import Link, Reason, Refuse, Release, ReleaseFacts, Wait
from idp.exchange.decision.rules import decide_release
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, AgreementId, ClientId, ConsentId, SubscriberId
from tests.exchange.world import COMPANY_SERVICE, SERVICE, company_detail, person_detail, service

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
AGENCY, CLIENT, PERSON = AgencyId("agc_1"), ClientId("jobs"), SubscriberId("sub_1")


def agreement_on(detail: GdxDetail, **changes: object) -> Agreement:
    record = Agreement(
        id=AgreementId("agr_1"),
        agency_id=AGENCY,
        service_id=detail.purpose,
        dataset=detail.dataset,
        fields=frozenset(detail.fields),
        bases=frozenset({detail.basis}),
        channel=Channel.ONLINE,
        kind=AgreementKind.OTHER,
        reference_no="1",
        granted_by="owner",
        valid_from=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=1),
        daily_quota=10,
    )
    return replace(record, **changes)  # type: ignore[arg-type]  # the names are those of the record


def consent_to(detail: GdxDetail, **changes: object) -> ConsentRecord:
    record = ConsentRecord(
        id=ConsentId("con_1"),
        subscriber_id=PERSON,
        agency_id=AGENCY,
        service_id=detail.purpose,
        client_id=CLIENT,
        details=(detail,),
        shown_hash="",
        given_at=NOW - timedelta(hours=1),
        valid_until=NOW + timedelta(days=1),
        withdrawn_at=None,
        uses_left={detail.dataset: 1},
    )
    return replace(record, **changes)  # type: ignore[arg-type]  # the names are those of the record


def facts_of(detail: GdxDetail, **changes: object) -> ReleaseFacts:
    is_person = isinstance(detail.subject, SelfSubject)
    facts = ReleaseFacts(
        request=detail,
        agency_id=AGENCY,
        client_id=CLIENT,
        subscriber_id=PERSON if is_person else None,
        wants_document=False,
        case=detail.case,
        acr=Acr(Ial.IAL2_2, Aal.AAL2_2) if is_person else None,
        service=service(detail.purpose, AGENCY),
        agreement=agreement_on(detail),
        consent=consent_to(detail) if is_person else None,
        broken=frozenset(),
        released_today=0,
        released_before=0,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]  # the names are those of the facts


def field_sets(dataset: str) -> st.SearchStrategy[tuple[str, ...]]:
    names = DATASETS[dataset].field_names
    return st.sets(st.sampled_from(names)).map(lambda chosen: tuple(name for name in names if name in chosen))


def test_all_in_order_releases_the_request() -> None:
    assert decide_release(facts_of(person_detail()), now=NOW) == Release(person_detail().fields)
    assert decide_release(facts_of(company_detail()), now=NOW) == Release(company_detail().fields)


@given(request=field_sets("dopa.person"), right=field_sets("dopa.person"), agreed=field_sets("dopa.person"))
def test_what_leaves_lies_within_right_request_and_basis(
    request: tuple[str, ...], right: tuple[str, ...], agreed: tuple[str, ...]
) -> None:
    detail = person_detail(fields=request)
    facts = facts_of(
        detail,
        agreement=agreement_on(detail, fields=frozenset(right)),
        consent=consent_to(person_detail(fields=agreed)),
    )
    match decide_release(facts, now=NOW):
        case Release(fields):
            assert fields
            assert set(fields) <= set(right) & set(request) & set(agreed)
        case Refuse(reason):
            assert reason in (Reason.BEYOND_RIGHT, Reason.NO_FIELD)
            assert not set(request) <= set(right) or not set(request) & set(agreed)
        case Wait():
            pytest.fail("nothing to wait for")


@given(
    basis=st.sampled_from(Basis),
    bases=st.sets(st.sampled_from(Basis)),
    is_company=st.booleans(),
    channel=st.sampled_from(Channel),
    broken=st.sets(st.sampled_from(Link)),
    status=st.sampled_from(Standing),
    acr=st.none() | st.builds(Acr, st.sampled_from(Ial), st.sampled_from(Aal)),
    has_consent=st.booleans(),
    uses_left=st.integers(0, 2),
    released_today=st.integers(0, 12),
)
def test_nothing_is_released_unless_everything_holds(
    basis: Basis,
    bases: set[Basis],
    is_company: bool,
    channel: Channel,
    broken: set[Link],
    status: Standing,
    acr: Acr | None,
    has_consent: bool,
    uses_left: int,
    released_today: int,
) -> None:
    detail = company_detail(basis=basis) if is_company else person_detail(basis=basis)
    consent = consent_to(detail, uses_left={detail.dataset: uses_left}) if has_consent else None
    facts = facts_of(
        detail,
        agreement=agreement_on(detail, bases=frozenset(bases), channel=channel, status=status),
        consent=consent,
        broken=frozenset(broken),
        acr=acr,
        released_today=released_today,
    )
    if isinstance(decide_release(facts, now=NOW), Release):
        assert not broken
        assert basis in bases
        assert status is Standing.ACTIVE
        assert channel is Channel.ONLINE
        assert released_today < 10
        if is_company:
            assert basis is Basis.DUTY
        else:
            assert basis is Basis.CONSENT
            assert consent is not None
            assert uses_left > 0
            assert acr is not None
            assert acr.meets(Acr(Ial.IAL2_1, Aal.AAL2_1))


@pytest.mark.parametrize(
    ("acr", "is_released"),
    [
        (Acr(Ial.IAL1_3, Aal.AAL2_1), True),
        (Acr(Ial.IAL1_2, Aal.AAL2_1), False),
        (Acr(Ial.IAL1_3, Aal.AAL1), False),
        (Acr(Ial.IAL2_1, Aal.AAL2_1), True),
    ],
)
def test_who_is_met_later_needs_what_the_service_lets_in(acr: Acr, is_released: bool) -> None:
    offered = replace(service(SERVICE, AGENCY), provisional_ial=Ial.IAL1_3)
    decided = decide_release(facts_of(person_detail(), acr=acr, service=offered), now=NOW)
    assert decided == (Release(person_detail().fields) if is_released else Refuse(Reason.ASSURANCE))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"agreement": None}, Reason.AGREEMENT_ENDED),
        ({"service": None}, Reason.AGREEMENT_ENDED),
        ({"service": service(SERVICE, AgencyId("agc_2"))}, Reason.AGREEMENT_ENDED),
        ({"service": service(COMPANY_SERVICE, AGENCY)}, Reason.BEYOND_RIGHT),
        ({"subscriber_id": None}, Reason.BASIS_NOT_PROVEN),
        ({"acr": None}, Reason.ASSURANCE),
        ({"acr": Acr(Ial.IAL3, Aal.AAL1)}, Reason.ASSURANCE),
        ({"consent": None}, Reason.NO_CONSENT),
        ({"consent": consent_to(person_detail(), client_id=ClientId("other"))}, Reason.NO_CONSENT),
        ({"consent": consent_to(person_detail(), subscriber_id=SubscriberId("sub_2"))}, Reason.NO_CONSENT),
        ({"consent": consent_to(person_detail(), agency_id=AgencyId("agc_2"))}, Reason.NO_CONSENT),
        ({"consent": consent_to(person_detail(purpose=COMPANY_SERVICE))}, Reason.NO_CONSENT),
        ({"consent": consent_to(company_detail())}, Reason.NO_CONSENT),
        ({"consent": consent_to(person_detail(), withdrawn_at=NOW)}, Reason.CONSENT_ENDED),
        ({"consent": consent_to(person_detail(), valid_until=NOW)}, Reason.CONSENT_ENDED),
        ({"consent": consent_to(person_detail(), uses_left={})}, Reason.USES_UP),
        ({"consent": consent_to(person_detail(fields=("sex",)))}, Reason.NO_FIELD),
        ({"wants_document": True, "request": person_detail(formats=("json",))}, Reason.FORMAT),
        ({"request": person_detail(formats=("pdf",))}, Reason.FORMAT),
        ({"request": person_detail(uses=13)}, Reason.BEYOND_RIGHT),
    ],
)
def test_each_refusal_of_a_person_s_data(changes: dict[str, object], reason: Reason) -> None:
    assert decide_release(facts_of(person_detail(), **changes), now=NOW) == Refuse(reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"case": None}, Reason.CASE_MISSING),
        ({"released_before": 12}, Reason.USES_UP),
        ({"request": company_detail(valid_until=date(2026, 11, 21))}, Reason.GRANT_ENDED),
        ({"request": company_detail(subject=JuristicSubject("0105500000009"))}, Reason.NO_RECORD),
    ],
)
def test_each_refusal_of_a_company_s_data(changes: dict[str, object], reason: Reason) -> None:
    assert decide_release(facts_of(company_detail(), **changes), now=NOW) == Refuse(reason)


def test_a_person_is_never_looked_up_by_a_client_s_own_duty() -> None:
    detail = person_detail(basis=Basis.DUTY)
    assert decide_release(facts_of(detail, case="1"), now=NOW) == Refuse(Reason.BASIS_NOT_PROVEN)


def test_the_quota_makes_a_request_wait() -> None:
    assert decide_release(facts_of(person_detail(), released_today=10), now=NOW) == Wait(Reason.QUOTA)
