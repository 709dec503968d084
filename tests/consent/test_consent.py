"""The consent room: given, covering, used, withdrawn, ended."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from connectors.contracts.thai_dates import BANGKOK
from idp.audit.log import AuditLog
from idp.audit.store import audit_entry
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import GdxDetail, SelfSubject
from idp.catalogue.model import Basis
from idp.consent.model import ConsentProblem, ConsentRecord, OnBehalf
from idp.consent.rules import YEAR, agreed_details, covers, ends_at, granted_details, is_narrowed, spelt_fields
from idp.consent.sealed import ConsentSeals
from idp.consent.service import Consents
from idp.consent.store import consent_shown
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, ClientId, ConsentId, ServiceId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.outbox import outbox
from idp.storage.storage import Storage, UnitOfWork
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PERSON, SOMEBODY_ELSE = SubscriberId("sub_1"), SubscriberId("sub_2")
CLIENT = ClientId("jobs")
DETAIL = GdxDetail(
    dataset="dopa.person",
    subject=SelfSubject(),
    purpose=ServiceId("registration"),
    basis=Basis.CONSENT,
    case=None,
    fields=("name_th", "birth_date"),
    formats=("json", "pdf"),
    uses=2,
    valid_until=None,
)
ADDRESS = replace(DETAIL, dataset="dopa.address", fields=("address_text",), uses=1)
FIELDS = DATASETS["dopa.person"].field_names


ROOTS = RootKeys({1: b"\x01" * 32})


def consents_of(root_keys: RootKeys) -> Consents:
    audit = AuditLog(mac=lambda _: b"mac", pseudonym=lambda _: "pseudonym", randomness=system_randomness)
    seals = ConsentSeals(personal=PersonalData(root_keys), blind_index=BlindIndex(root_keys))
    return Consents(seals=seals, audit=audit, randomness=system_randomness)


@pytest.fixture
def consents() -> Consents:
    return consents_of(ROOTS)


async def given_consent(uow: UnitOfWork, consents: Consents, *details: GdxDetail) -> ConsentRecord:
    return await consents.give(
        uow,
        subscriber_id=PERSON,
        agency_id=AgencyId("agc_1"),
        client_id=CLIENT,
        details=details or (DETAIL, ADDRESS),
        shown_hash="00" * 32,
        consent_days=30,
    )


async def test_a_consent_comes_back_as_it_was_given(storage: Storage, consents: Consents) -> None:
    async with storage.unit_of_work() as uow:
        record = await given_consent(uow, consents)
    async with storage.reading() as uow:
        assert await consents.get(uow, record.id) == record
        assert await consents.own(uow, record.id, subscriber_id=PERSON) == record
        assert await consents.list_of(uow, PERSON) == (record,)
        assert await consents.list_of(uow, SOMEBODY_ELSE) == ()
        entries = [bytes(row.canonical).decode() for row in await uow.all(select(audit_entry))]
    assert record.uses_left == {"dopa.person": 2, "dopa.address": 1}
    assert record.valid_until == record.given_at + timedelta(days=30)
    (entry,) = entries
    assert '"event":"consent.given"' in entry
    assert PERSON not in entry


async def test_a_consent_is_used_as_often_as_it_says(storage: Storage, consents: Consents) -> None:
    async with storage.unit_of_work() as uow:
        record = await given_consent(uow, consents)
        assert await consents.use(uow, record.id, "dopa.address")
        assert not await consents.use(uow, record.id, "dopa.address")
        assert not await consents.use(uow, record.id, "dbd.company")
        assert await consents.use(uow, record.id, "dopa.person")
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL], []) is not None
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL, ADDRESS], []) is None


async def test_withdrawal_ends_it_at_once_and_is_told(storage: Storage, consents: Consents) -> None:
    async with storage.unit_of_work() as uow:
        record = await given_consent(uow, consents)
    async with storage.unit_of_work() as uow:
        await consents.withdraw(uow, record.id, subscriber_id=PERSON)
    async with storage.unit_of_work() as uow:
        assert not await consents.use(uow, record.id, "dopa.person")
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL], []) is None
        (shown,) = await consents.list_of(uow, PERSON)
        assert shown.withdrawn_at == uow.now
        assert not shown.is_live(uow.now)
        messages = [(row.topic, row.payload) for row in await uow.all(select(outbox))]
        with pytest.raises(Conflict) as caught:
            await consents.withdraw(uow, record.id, subscriber_id=PERSON)
    assert caught.value.code is ConsentProblem.ALREADY_WITHDRAWN
    told = {"consent_id": record.id, "client_id": CLIENT}
    assert messages == [("consent_given", told), ("consent_withdrawn", told)]


async def test_nobody_withdraws_or_reads_another_s_consent(sqlite_storage: Storage, consents: Consents) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        record = await given_consent(uow, consents)
        for consent_id, subscriber_id in ((record.id, SOMEBODY_ELSE), (ConsentId("con_0"), PERSON)):
            with pytest.raises(NotFound) as caught:
                await consents.withdraw(uow, consent_id, subscriber_id=subscriber_id)
            assert caught.value.code is ConsentProblem.UNKNOWN
        assert await consents.covering(uow, SOMEBODY_ELSE, CLIENT, [DETAIL], []) is None
        assert await consents.covering(uow, PERSON, ClientId("other"), [DETAIL], []) is None


async def test_a_consent_ends_by_the_clock(sqlite_storage: Storage, consents: Consents, clock: FrozenClock) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        record = await given_consent(uow, consents, replace(DETAIL, valid_until=date(2026, 11, 22)))
    assert record.valid_until == datetime(2026, 11, 23, tzinfo=BANGKOK)
    clock.advance((record.valid_until - clock.now()).total_seconds())
    async with sqlite_storage.unit_of_work() as uow:
        assert not await consents.use(uow, record.id, "dopa.person")
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL], []) is None


@pytest.mark.parametrize(
    "details",
    [
        (replace(DETAIL, basis=Basis.DUTY),),
        (DETAIL, replace(ADDRESS, purpose=ServiceId("another"))),
    ],
)
async def test_what_is_not_one_purpose_by_consent_is_refused(
    sqlite_storage: Storage, consents: Consents, details: tuple[GdxDetail, ...]
) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        with pytest.raises(Refused) as caught:
            await given_consent(uow, consents, *details)
    assert caught.value.code is ConsentProblem.NOTHING_TO_CONSENT_TO


def record_of(detail: GdxDetail) -> ConsentRecord:
    return ConsentRecord(
        id=ConsentId("con_1"),
        subscriber_id=PERSON,
        agency_id=AgencyId("agc_1"),
        service_id=detail.purpose,
        client_id=CLIENT,
        details=(detail,),
        shown_hash="",
        given_at=NOW,
        valid_until=NOW + timedelta(days=1),
        withdrawn_at=None,
        uses_left={detail.dataset: 1},
    )


@given(asked=st.sets(st.sampled_from(FIELDS), min_size=1), agreed=st.sets(st.sampled_from(FIELDS), min_size=1))
def test_an_earlier_consent_covers_only_what_it_names(asked: set[str], agreed: set[str]) -> None:
    record = record_of(replace(DETAIL, fields=tuple(sorted(agreed))))
    request = replace(DETAIL, fields=tuple(sorted(asked)))
    assert covers(record, [request], [], now=NOW) is (asked <= agreed)


@pytest.mark.parametrize(
    "asked",
    [
        replace(DETAIL, purpose=ServiceId("another")),
        replace(DETAIL, basis=Basis.DUTY),
        replace(DETAIL, case="1"),
        replace(DETAIL, dataset="dopa.address"),
    ],
)
def test_another_purpose_basis_or_case_is_not_covered(asked: GdxDetail) -> None:
    assert not covers(record_of(DETAIL), [asked], [], now=NOW)


def test_a_wider_format_is_not_covered_and_a_request_for_nothing_neither() -> None:
    assert not covers(record_of(replace(DETAIL, formats=("json",))), [DETAIL], [], now=NOW)
    assert not covers(record_of(DETAIL), [], [], now=NOW)
    assert not covers(record_of(DETAIL), [DETAIL], [], now=NOW + timedelta(days=1))


@given(days=st.lists(st.none() | st.dates(date(2026, 11, 1), date(2027, 12, 31)), min_size=1, max_size=3))
def test_a_consent_ends_with_its_earliest_last_day_and_never_later_than_the_service_allows(
    days: list[date | None],
) -> None:
    ends = ends_at([replace(DETAIL, valid_until=day) for day in days], now=NOW, longest=timedelta(days=30))
    assert ends <= NOW + timedelta(days=30)
    for day in days:
        if day is not None:
            assert ends.astimezone(BANGKOK) <= datetime.combine(day, datetime.min.time(), BANGKOK) + timedelta(days=1)


SIGN_IN = ("name", "birthdate", "offline_access")


async def test_a_consent_to_a_sign_in_has_no_service_and_is_asked_again_after_a_year(
    storage: Storage, consents: Consents
) -> None:
    async with storage.unit_of_work() as uow:
        record = await consents.give(
            uow,
            subscriber_id=PERSON,
            agency_id=AgencyId("agc_1"),
            client_id=CLIENT,
            claims=SIGN_IN,
            shown_hash="00" * 32,
        )
    assert (record.service_id, record.details, record.claims, record.uses_left) == (None, (), SIGN_IN, {})
    assert record.valid_until == record.given_at + timedelta(days=365)
    async with storage.reading() as uow:
        assert await consents.get(uow, record.id) == record
        assert await consents.covering(uow, PERSON, CLIENT, [], ["birthdate"]) == record
        assert await consents.covering(uow, PERSON, CLIENT, [], ["verified_claims/birthdate"]) is None
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL], ["birthdate"]) is None
        (entry,) = [bytes(row.canonical).decode() for row in await uow.all(select(audit_entry))]
    assert '"claims":["name","birthdate","offline_access"]' in entry


async def test_the_newest_consent_that_covers_everything_counts(
    storage: Storage, consents: Consents, clock: FrozenClock
) -> None:
    given: list[ConsentRecord] = []
    for claims, details in ((SIGN_IN, ()), (SIGN_IN, (DETAIL,)), (("email",), ())):
        async with storage.unit_of_work() as uow:
            given.append(
                await consents.give(
                    uow,
                    subscriber_id=PERSON,
                    agency_id=AgencyId("agc_1"),
                    client_id=CLIENT,
                    shown_hash="00" * 32,
                    claims=claims,
                    details=details,
                )
            )
        clock.advance(1)
    async with storage.reading() as uow:
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL], SIGN_IN) == given[1]
        assert await consents.covering(uow, PERSON, CLIENT, [], SIGN_IN) == given[1]
        # none of them covers both, though together they name both
        assert await consents.covering(uow, PERSON, CLIENT, [], ["name", "email"]) is None
        assert await consents.in_force(uow, PERSON, CLIENT) == tuple(reversed(given))
    # who takes one back is not signed in unasked by an older one that tells the same
    async with storage.unit_of_work() as uow:
        await consents.withdraw(uow, given[1].id, subscriber_id=PERSON)
        assert await consents.covering(uow, PERSON, CLIENT, [], ["name"]) is None
        assert await consents.in_force(uow, PERSON, CLIENT) == (given[2],)
        topics = [row.topic for row in await uow.all(select(outbox))]
        assert topics.count("consent_withdrawn") == 2


async def test_a_consent_to_nothing_is_none(sqlite_storage: Storage, consents: Consents) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        with pytest.raises(Refused) as caught:
            await consents.give(
                uow,
                subscriber_id=PERSON,
                agency_id=AgencyId("agc_1"),
                client_id=CLIENT,
                shown_hash="00" * 32,
            )
    assert caught.value.code is ConsentProblem.NOTHING_TO_CONSENT_TO


@given(asked=st.sets(st.sampled_from(SIGN_IN)), agreed=st.sets(st.sampled_from(SIGN_IN)))
def test_claims_are_covered_by_name(asked: set[str], agreed: set[str]) -> None:
    record = replace(record_of(DETAIL), claims=tuple(sorted(agreed)))
    assert covers(record, [], sorted(asked), now=NOW) is (bool(asked) and asked <= agreed)
    assert covers(record, [DETAIL], sorted(asked), now=NOW) is (asked <= agreed)


OPTIONAL = frozenset({"dopa.person/birth_date", "dopa.address/address_text"})


@given(
    chosen=st.frozensets(st.sampled_from([f"dopa.person/{name}" for name in FIELDS])),
    optional=st.frozensets(st.sampled_from([f"dopa.person/{name}" for name in FIELDS])),
)
def test_what_is_agreed_is_what_is_needed_and_what_was_ticked(chosen: frozenset[str], optional: frozenset[str]) -> None:
    asked = replace(DETAIL, fields=FIELDS)
    agreed = agreed_details((asked,), optional=optional, chosen=chosen)
    named = {name for detail in agreed for name in spelt_fields(detail)}
    assert named == set(spelt_fields(asked)) - (optional - chosen)
    assert all(detail.fields for detail in agreed)


async def test_who_left_out_what_is_optional_is_not_asked_again_and_nothing_of_it_is_granted(
    storage: Storage, consents: Consents
) -> None:
    async with storage.unit_of_work() as uow:
        agreed = agreed_details((DETAIL, ADDRESS), optional=OPTIONAL, chosen=frozenset())
        record = await given_consent(uow, consents, *agreed)
        assert [detail.fields for detail in record.details] == [("name_th",)]
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL, ADDRESS], []) is None
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL, ADDRESS], [], optional=OPTIONAL) == record
        assert granted_details((DETAIL, ADDRESS), record) == agreed


async def test_what_was_shown_is_kept_once_and_its_hash_is_the_record_s(storage: Storage, consents: Consents) -> None:
    text = '{"language":"th","service":{"purpose":"ขึ้นทะเบียน"}}'
    async with storage.unit_of_work() as uow:
        shown_hash = await consents.keep_shown(uow, text)
        assert await consents.keep_shown(uow, text) == shown_hash
        record = replace(await given_consent(uow, consents), shown_hash=shown_hash)
        assert await consents.shown(uow, record) == text
        assert hashlib.sha256(text.encode()).hexdigest() == shown_hash
        # changed in the store behind our back: it is not what was shown, and is not told as that
        await uow.execute(update(consent_shown).values(shown=text.replace("ขึ้น", "ถอน")))
        assert await consents.shown(uow, record) is None
        assert await consents.shown(uow, replace(record, shown_hash="00" * 32)) is None


def test_nothing_is_agreed_for_longer_than_a_year() -> None:
    assert ends_at((), now=NOW, longest=timedelta(days=4000)) == NOW + YEAR


async def test_the_last_consent_is_found_for_its_service_and_in_its_role(storage: Storage, consents: Consents) -> None:
    async with storage.unit_of_work() as uow:
        first = await given_consent(uow, consents)
        await consents.withdraw(uow, first.id, subscriber_id=PERSON)
        service = first.service_id
        found = await consents.last(uow, PERSON, CLIENT, service_id=service, on_behalf=None)
        assert found is not None
        assert (found.id, found.withdrawn_at) == (first.id, uow.now)
        proxy = OnBehalf(SOMEBODY_ELSE, "mdt_1", None)
        assert await consents.last(uow, PERSON, CLIENT, service_id=service, on_behalf=proxy) is None
        assert await consents.last(uow, PERSON, ClientId("other"), service_id=service, on_behalf=None) is None
        for other in (ServiceId("another"), None):
            assert await consents.last(uow, PERSON, CLIENT, service_id=other, on_behalf=None) is None


NAMES = tuple(f"dopa.person/{name}" for name in FIELDS)


@given(
    asked=st.sets(st.sampled_from(FIELDS), min_size=1),
    optional=st.frozensets(st.sampled_from(NAMES)),
    chosen=st.frozensets(st.sampled_from(NAMES)),
    again=st.sets(st.sampled_from(FIELDS), min_size=1),
    later=st.frozensets(st.sampled_from(NAMES)),
)
def test_whatever_covers_a_request_nothing_is_granted_that_was_not_agreed_to(
    asked: set[str], optional: frozenset[str], chosen: frozenset[str], again: set[str], later: frozenset[str]
) -> None:
    shown = replace(DETAIL, fields=tuple(name for name in FIELDS if name in asked))
    agreed = agreed_details((shown,), optional=optional, chosen=chosen)
    record = replace(record_of(DETAIL), details=agreed, claims=("name",))
    request = replace(DETAIL, fields=tuple(name for name in FIELDS if name in again))
    granted = {name for detail in granted_details((request,), record) for name in spelt_fields(detail)}
    # what the service can do without by now changes who is asked, never what is given
    assert granted <= {name for detail in agreed for name in spelt_fields(detail)} <= set(spelt_fields(shown))
    if covers(record, (request,), ("name",), now=NOW, optional=later):
        assert set(spelt_fields(request)) - later <= granted


@pytest.mark.parametrize("asked_by", [DETAIL.purpose, None, ServiceId("another")])
def test_who_ticked_nothing_of_what_is_all_optional_gives_nothing_and_is_asked_once(
    asked_by: ServiceId | None,
) -> None:
    nothing = replace(record_of(DETAIL), details=(), claims=("name",), uses_left={}, service_id=asked_by)
    optional = frozenset(spelt_fields(DETAIL))
    assert granted_details((DETAIL,), nothing) == ()
    # who was never asked by this service is asked
    assert covers(nothing, [DETAIL], ["name"], now=NOW, optional=optional) is (asked_by == DETAIL.purpose)


def test_only_fields_are_left_out_of_what_was_asked() -> None:
    fewer = replace(DETAIL, fields=("name_th",))
    assert is_narrowed((), (DETAIL,))
    assert is_narrowed((fewer,), (DETAIL, ADDRESS))
    assert not is_narrowed((DETAIL,), (fewer,))
    assert not is_narrowed((ADDRESS,), (DETAIL,))
    for other in (replace(fewer, case="1"), replace(fewer, uses=3), replace(fewer, purpose=ServiceId("another"))):
        assert not is_narrowed((other,), (DETAIL,))


async def test_the_service_is_remembered_that_was_given_nothing_of_what_it_asked(
    storage: Storage, consents: Consents
) -> None:
    optional = frozenset(spelt_fields(DETAIL))
    async with storage.unit_of_work() as uow:
        record = await consents.give(
            uow,
            subscriber_id=PERSON,
            agency_id=AgencyId("agc_1"),
            client_id=CLIENT,
            shown_hash="00" * 32,
            claims=("name",),
            service_id=DETAIL.purpose,
        )
        assert record.service_id == DETAIL.purpose
        assert await consents.covering(uow, PERSON, CLIENT, [DETAIL], ["name"], optional=optional) == record
        assert not await consents.use(uow, record.id, DETAIL.dataset)
