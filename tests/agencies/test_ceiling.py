"""The ceiling: a request lies within the agreement in every respect, or it is refused (design, section 3)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.agencies.model import AccessHours, AgencyKind, Agreement, AgreementKind, OfficerGrant, Service, Standing
from idp.agencies.rules import (
    BeyondRight,
    OutOfHours,
    Overreach,
    Term,
    WithinRight,
    impossible_term,
    last_day,
    lets_in,
    next_opening,
    officer_may,
)
from idp.agencies.rules import ceiling as judge
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject, GdxDetail, JuristicSubject, SelfSubject, Subject
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, AgreementId, MemberId, OfficerGrantId, ServiceId

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


OFFICE_HOURS = AccessHours(days=frozenset({1, 2, 3, 4, 5}), opens=time(8, 30), closes=time(16, 30))
BANGKOK = timezone(timedelta(hours=7))
BY_NUMBER = replace(REQUEST, subject=CitizenRefSubject("ctr_1"), basis=Basis.DUTY)
BY_CARD = replace(REQUEST, subject=CardSessionSubject("cds_1"), basis=Basis.CARD_HANDED_OVER)
AT_COUNTER = replace(
    AGREEMENT, channel=Channel.COUNTER, bases=frozenset({Basis.CARD_HANDED_OVER, Basis.DUTY}), by_number=True
)


def ceiling(
    agreement: Agreement | None,
    request: GdxDetail,
    *,
    service: Service | None = SERVICE,
    channel: Channel = Channel.ONLINE,
    officer_is_granted: bool = False,
    now: datetime = NOW,
) -> WithinRight | BeyondRight | OutOfHours:
    return judge(agreement, request, service=service, channel=channel, officer_is_granted=officer_is_granted, now=now)


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
        (AGREEMENT, replace(SERVICE, channels=frozenset({Channel.COUNTER})), {}, Overreach.CHANNEL),
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
    ("agreement", "request_changes", "settings", "overreach"),
    [
        (AGREEMENT, {}, {"channel": Channel.COUNTER}, Overreach.CHANNEL),
        (AT_COUNTER, {"subject": BY_CARD.subject, "basis": BY_CARD.basis}, {}, Overreach.CHANNEL),
        (AGREEMENT, {"subject": JuristicSubject("0105500000000")}, {}, Overreach.SUBJECT),
        (replace(AT_COUNTER, by_number=False), {"subject": BY_NUMBER.subject, "basis": BY_NUMBER.basis},
         {"channel": Channel.COUNTER}, Overreach.SUBJECT),
        (AT_COUNTER, {"subject": BY_NUMBER.subject, "basis": Basis.CARD_HANDED_OVER},
         {"channel": Channel.COUNTER}, Overreach.BASIS),
        (replace(AT_COUNTER, officers_need_grant=True), {"subject": BY_CARD.subject, "basis": BY_CARD.basis},
         {"channel": Channel.COUNTER}, Overreach.OFFICER),
        (replace(AGREEMENT, dataset="dbd.company", bases=frozenset(Basis)),
         {"dataset": "dbd.company", "subject": JuristicSubject("0105500000000"), "basis": Basis.CARD_HANDED_OVER}, {},
         Overreach.BASIS),
        (replace(AGREEMENT, dataset="none"), {"dataset": "none"}, {}, Overreach.AGREEMENT),
    ],
)  # fmt: skip
def test_channel_subject_and_officer_are_judged(
    agreement: Agreement, request_changes: dict[str, object], settings: dict[str, Channel], overreach: Overreach
) -> None:
    request = replace(REQUEST, **request_changes)  # type: ignore[arg-type]  # the names are those of the detail
    assert ceiling(agreement, request, **settings) == BeyondRight(overreach)  # type: ignore[arg-type]


@pytest.mark.parametrize("request_", [BY_CARD, BY_NUMBER])
def test_at_the_counter_a_card_or_a_number_is_within_its_own_right(request_: GdxDetail) -> None:
    agreement = replace(AT_COUNTER, officers_need_grant=True)
    assert ceiling(agreement, request_, channel=Channel.COUNTER, officer_is_granted=True) == WithinRight()


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        (datetime(2026, 11, 23, 8, 29, 59, tzinfo=BANGKOK), datetime(2026, 11, 23, 8, 30, tzinfo=BANGKOK)),
        (datetime(2026, 11, 23, 8, 30, tzinfo=BANGKOK), None),
        (datetime(2026, 11, 23, 16, 29, 59, tzinfo=BANGKOK), None),
        (datetime(2026, 11, 23, 16, 30, tzinfo=BANGKOK), datetime(2026, 11, 24, 8, 30, tzinfo=BANGKOK)),
        (datetime(2026, 11, 27, 17, 0, tzinfo=BANGKOK), datetime(2026, 11, 30, 8, 30, tzinfo=BANGKOK)),
        (datetime(2026, 11, 28, 12, 0, tzinfo=BANGKOK), datetime(2026, 11, 30, 8, 30, tzinfo=BANGKOK)),
    ],
)
def test_hours_are_those_of_bangkok(asked: datetime, opens: datetime | None) -> None:
    agreement = replace(AGREEMENT, hours=OFFICE_HOURS, valid_until=NOW + timedelta(days=30))
    request = replace(REQUEST, valid_until=None)
    judged = ceiling(agreement, request, now=asked.astimezone(UTC))
    assert judged == (WithinRight() if opens is None else OutOfHours(opens))


def test_hours_that_never_come_again_are_no_right() -> None:
    saturday = datetime(2026, 11, 28, 12, 0, tzinfo=BANGKOK)
    agreement = replace(AGREEMENT, hours=OFFICE_HOURS, valid_until=saturday + timedelta(hours=1))
    assert ceiling(agreement, replace(REQUEST, valid_until=None), now=saturday) == BeyondRight(Overreach.AGREEMENT)


def test_midnight_closes_the_day_it_ends() -> None:
    hours = AccessHours(days=frozenset({7}), opens=time(22, 0), closes=time(0, 0))
    sunday = datetime(2026, 11, 22, 23, 59, tzinfo=BANGKOK)
    assert next_opening(hours, now=sunday) == sunday
    assert next_opening(hours, now=sunday + timedelta(minutes=1)) == datetime(2026, 11, 29, 22, 0, tzinfo=BANGKOK)


def test_what_is_beyond_the_right_is_never_told_to_wait() -> None:
    agreement = replace(AGREEMENT, hours=AccessHours(frozenset({1}), time(8, 0), time(9, 0)))
    assert ceiling(agreement, replace(REQUEST, fields=("sex",))) == BeyondRight(Overreach.FIELDS)


_AGREEMENTS = st.builds(
    replace,
    st.just(AGREEMENT),
    fields=st.frozensets(st.sampled_from(FIELDS)),
    bases=st.frozensets(st.sampled_from(Basis)),
    channel=st.sampled_from(Channel),
    by_number=st.booleans(),
    officers_need_grant=st.booleans(),
    valid_until=st.sampled_from([NOW, NOW + timedelta(days=1), NOW + timedelta(days=9)]),
    hours=st.none()
    | st.builds(
        AccessHours,
        days=st.frozensets(st.integers(1, 7), min_size=1),
        opens=st.sampled_from([time(0, 0), time(8, 30)]),
        closes=st.sampled_from([time(16, 30), time(0, 0)]),
    ),
)
_SUBJECTS = st.sampled_from(
    [SelfSubject(), CardSessionSubject("cds_1"), CitizenRefSubject("ctr_1"), JuristicSubject("0105500000000")]
)


@given(
    wide=_AGREEMENTS,
    fields=st.frozensets(st.sampled_from(FIELDS)),
    bases=st.frozensets(st.sampled_from(Basis)),
    subject=_SUBJECTS,
    basis=st.sampled_from(Basis),
    asked=st.sets(st.sampled_from(FIELDS), min_size=1),
    channel=st.sampled_from(Channel),
    granted=st.booleans(),
)
def test_narrowing_never_gives_what_the_wider_right_refused(
    wide: Agreement,
    fields: frozenset[str],
    bases: frozenset[Basis],
    subject: Subject,
    basis: Basis,
    asked: set[str],
    channel: Channel,
    granted: bool,
) -> None:
    request = replace(REQUEST, subject=subject, basis=basis, fields=tuple(sorted(asked)), valid_until=None)
    narrow = replace(
        wide, fields=wide.fields & fields, bases=wide.bases & bases, by_number=False, officers_need_grant=True
    )
    before = ceiling(wide, request, channel=channel, officer_is_granted=granted)
    after = ceiling(narrow, request, channel=channel, officer_is_granted=granted)
    if isinstance(before, BeyondRight):
        assert isinstance(after, BeyondRight)
    elif not isinstance(after, BeyondRight):
        assert after == before


@pytest.mark.parametrize(
    ("changes", "term"),
    [
        ({"dataset": "none"}, Term.DATASET),
        ({"fields": frozenset()}, Term.FIELDS),
        ({"fields": frozenset({"photo"})}, Term.FIELDS),
        ({"bases": frozenset()}, Term.BASES),
        ({"dataset": "dbd.company", "bases": frozenset({Basis.CARD_HANDED_OVER})}, Term.BASES),
        ({"dataset": "dbd.company", "bases": frozenset({Basis.DUTY}), "by_number": True}, Term.BY_NUMBER),
        ({"by_number": True}, Term.BY_NUMBER),
        ({"valid_until": NOW}, Term.DATES),
        ({"daily_quota": 0}, Term.QUOTA),
        ({"agency_id": AgencyId("agc_2")}, Term.SERVICE),
        ({"service_id": ServiceId("other")}, Term.SERVICE),
        ({"hours": replace(OFFICE_HOURS, days=frozenset())}, Term.HOURS),
        ({"hours": replace(OFFICE_HOURS, days=frozenset({0}))}, Term.HOURS),
        ({"hours": replace(OFFICE_HOURS, closes=time(8, 30))}, Term.HOURS),
    ],
)
def test_impossible_terms_are_named(changes: dict[str, object], term: Term) -> None:
    base = replace(AGREEMENT, fields=frozenset({"name_th"}))
    agreement = replace(base, **changes)  # type: ignore[arg-type]  # the names are those of the agreement
    assert impossible_term(base, service=SERVICE, kind=AgencyKind.STATE) is None
    assert impossible_term(agreement, service=SERVICE, kind=AgencyKind.STATE) is term


@given(bases=st.frozensets(st.sampled_from(Basis), min_size=1))
def test_a_private_agency_gets_data_by_consent_alone(bases: frozenset[Basis]) -> None:
    agreement = replace(AGREEMENT, bases=bases)
    possible = impossible_term(agreement, service=SERVICE, kind=AgencyKind.PRIVATE) is None
    assert possible is (bases == {Basis.CONSENT})


@pytest.mark.parametrize(
    ("changes", "is_granted"),
    [
        ({}, True),
        ({"dataset": "dopa.address"}, False),
        ({"valid_from": NOW + timedelta(seconds=1)}, False),
        ({"valid_until": NOW}, False),
        ({"status": Standing.ENDED}, False),
    ],
)
def test_an_officers_own_grant_is_of_one_data_set_and_time(changes: dict[str, object], is_granted: bool) -> None:
    grant = OfficerGrant(
        id=OfficerGrantId("ofg_1"),
        member_id=MemberId("mem_1"),
        dataset="dopa.person",
        reference_no="1",
        valid_from=NOW,
        valid_until=NOW + timedelta(days=1),
    )
    changed = replace(grant, **changes)  # type: ignore[arg-type]  # the names are those of the grant
    assert officer_may(changed, dataset="dopa.person", now=NOW) is is_granted


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
