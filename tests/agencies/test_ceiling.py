"""The ceiling: a request lies within the agreement in every respect, or it is refused (design, section 3)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.agencies.model import Agreement, AgreementKind, Service, Standing
from idp.agencies.rules import BeyondRight, Overreach, WithinRight, ceiling, last_day, lets_in, terms_are_possible
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import GdxDetail, SelfSubject
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, AgreementId, ServiceId

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FIELDS = DATASETS["dopa.person"].field_names

SERVICE = Service(
    id=ServiceId("registration"),
    agency_id=AgencyId("agc_1"),
    title_th="บริการ",
    title_en="Service",
    purpose_th="เพื่อ",
    purpose_en="To",
    law_th="มาตรา 1",
    law_en="Section 1",
    refusal_route_th="ที่สำนักงาน",
    refusal_route_en="At the office",
    retention_th="1 ปี",
    retention_en="1 year",
    papers_replaced=(),
    minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
    consent_days=30,
    uses=12,
)
AGREEMENT = Agreement(
    id=AgreementId("agr_1"),
    agency_id=SERVICE.agency_id,
    service_id=SERVICE.id,
    dataset="dopa.person",
    fields=frozenset({"name_th", "birth_date"}),
    bases=frozenset({Basis.CONSENT}),
    channel=Channel.ONLINE,
    kind=AgreementKind.DOPA_PERMISSION,
    reference_no="1",
    granted_by="owner",
    valid_from=NOW,
    valid_until=NOW + timedelta(days=1),
    daily_quota=1,
)
REQUEST = GdxDetail(
    dataset="dopa.person",
    subject=SelfSubject(),
    purpose=SERVICE.id,
    basis=Basis.CONSENT,
    case=None,
    fields=("name_th",),
    formats=("json",),
    uses=12,
    valid_until=date(2026, 12, 22),
)


def test_a_request_at_the_very_edge_lies_within() -> None:
    assert ceiling(AGREEMENT, REQUEST, service=SERVICE, now=NOW) == WithinRight()


@pytest.mark.parametrize(
    ("agreement", "service", "request_changes", "overreach"),
    [
        (None, SERVICE, {}, Overreach.AGREEMENT),
        (replace(AGREEMENT, status=Standing.SUSPENDED), SERVICE, {}, Overreach.AGREEMENT),
        (replace(AGREEMENT, status=Standing.ENDED), SERVICE, {}, Overreach.AGREEMENT),
        (replace(AGREEMENT, valid_from=NOW + timedelta(milliseconds=1)), SERVICE, {}, Overreach.AGREEMENT),
        (replace(AGREEMENT, valid_until=NOW), SERVICE, {}, Overreach.AGREEMENT),
        (replace(AGREEMENT, agency_id=AgencyId("agc_2")), SERVICE, {}, Overreach.AGREEMENT),
        (replace(AGREEMENT, service_id=ServiceId("other")), SERVICE, {}, Overreach.AGREEMENT),
        (AGREEMENT, SERVICE, {"dataset": "dopa.address"}, Overreach.AGREEMENT),
        (AGREEMENT, None, {}, Overreach.SERVICE),
        (AGREEMENT, replace(SERVICE, status=Standing.SUSPENDED), {}, Overreach.SERVICE),
        (AGREEMENT, SERVICE, {"purpose": ServiceId("other")}, Overreach.SERVICE),
        (AGREEMENT, SERVICE, {"basis": Basis.DUTY}, Overreach.BASIS),
        (AGREEMENT, SERVICE, {"fields": ("name_th", "sex")}, Overreach.FIELDS),
        (AGREEMENT, SERVICE, {"fields": ()}, Overreach.FIELDS),
        (AGREEMENT, SERVICE, {"uses": 13}, Overreach.USES),
        (AGREEMENT, SERVICE, {"valid_until": date(2026, 12, 23)}, Overreach.LIFETIME),
    ],
)
def test_each_overreach_is_named(
    agreement: Agreement | None, service: Service | None, request_changes: dict[str, object], overreach: Overreach
) -> None:
    request = replace(REQUEST, **request_changes)  # type: ignore[arg-type]  # the names are those of the detail
    assert ceiling(agreement, request, service=service, now=NOW) == BeyondRight(overreach)


def test_the_basis_owner_is_never_asked_for_from_outside() -> None:
    agreement = replace(AGREEMENT, bases=frozenset({Basis.OWNER}))
    request = replace(REQUEST, basis=Basis.OWNER)
    assert ceiling(agreement, request, service=SERVICE, now=NOW) == BeyondRight(Overreach.BASIS)


@given(
    asked=st.sets(st.sampled_from(FIELDS)),
    agreed=st.sets(st.sampled_from(FIELDS)),
    basis=st.sampled_from(Basis),
    bases=st.sets(st.sampled_from(Basis)),
    age=st.integers(-3, 3),
)
def test_within_right_means_subset_basis_and_time(
    asked: set[str], agreed: set[str], basis: Basis, bases: set[Basis], age: int
) -> None:
    agreement = replace(
        AGREEMENT,
        fields=frozenset(agreed),
        bases=frozenset(bases),
        valid_from=NOW - timedelta(days=age),
        valid_until=NOW + timedelta(days=2 - age),
    )
    request = replace(REQUEST, fields=tuple(sorted(asked)), basis=basis)
    judged = ceiling(agreement, request, service=SERVICE, now=NOW)
    in_window = 0 <= age < 2
    expected = bool(asked) and asked <= agreed and basis in bases and basis is not Basis.OWNER and in_window
    assert isinstance(judged, WithinRight) is expected


def test_the_last_day_is_counted_in_bangkok() -> None:
    late_evening_utc = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    assert last_day(SERVICE, now=late_evening_utc) == date(2026, 12, 23)


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": frozenset()},
        {"fields": frozenset({"photo"})},
        {"bases": frozenset()},
        {"valid_until": NOW},
        {"daily_quota": 0},
        {"agency_id": AgencyId("agc_2")},
    ],
)
def test_impossible_terms_are_told(changes: dict[str, object]) -> None:
    agreement = replace(AGREEMENT, **changes)  # type: ignore[arg-type]  # the names are those of the agreement
    assert terms_are_possible(AGREEMENT, service=SERVICE, catalogue_fields=frozenset(FIELDS))
    assert not terms_are_possible(agreement, service=SERVICE, catalogue_fields=frozenset(FIELDS))


@given(ial=st.sampled_from(Ial), aal=st.sampled_from(Aal), lowest=st.none() | st.sampled_from(Ial), own=st.booleans())
def test_meeting_later_lowers_the_proofing_alone_and_for_the_person_alone(
    ial: Ial, aal: Aal, lowest: Ial | None, own: bool
) -> None:
    acr, offered = Acr(ial, aal), replace(SERVICE, provisional_ial=lowest)
    if lets_in(offered, acr, in_person=own):
        assert aal >= SERVICE.minimum.aal
        assert acr.meets(SERVICE.minimum) or (own and lowest is not None and ial >= lowest)
    else:
        assert not acr.meets(SERVICE.minimum) or (own and lowest is not None and lowest > SERVICE.minimum.ial)
