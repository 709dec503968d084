"""About whom and of which case a consent is, is read by nobody who has the store, nor when the person's key is gone."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import (
    GdxDetail,
    JuristicSubject,
    MandateSubject,
    SelfSubject,
    join_details,
    split_details,
)
from idp.catalogue.model import Basis
from idp.consent.model import ConsentRecord, OnBehalf
from idp.consent.service import Consents
from idp.consent.store import consent
from idp.kernel.ids import AgencyId, ClientId, ServiceId, SubscriberId
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.metadata import metadata
from idp.storage.storage import Storage, UnitOfWork
from tests.consent.test_consent import ROOTS, consents_of

pytestmark = pytest.mark.anyio

PERSON, PROXY = SubscriberId("sub_1"), SubscriberId("sub_2")
CLIENT, SERVICE = ClientId("jobs"), ServiceId("registration")
CASE, COMPANY, MANDATE = "divorce-of-4711", "0105500000018", "mdt_00000000000000000000000001"
ABOUT_COMPANY = GdxDetail(
    dataset="dbd.company",
    subject=JuristicSubject(COMPANY),
    purpose=SERVICE,
    basis=Basis.CONSENT,
    case=CASE,
    fields=("name_th",),
    formats=("json",),
    uses=2,
    valid_until=None,
)
ABOUT_PRINCIPAL = replace(ABOUT_COMPANY, dataset="dopa.person", subject=MandateSubject(MANDATE))
FOR_COMPANY = OnBehalf(PERSON, None, COMPANY)
UNDER_MANDATE = OnBehalf(PROXY, MANDATE, None)


@pytest.fixture
def consents() -> Consents:
    return consents_of(ROOTS)


async def give(uow: UnitOfWork, consents: Consents, detail: GdxDetail, on_behalf: OnBehalf | None) -> ConsentRecord:
    return await consents.give(
        uow,
        subscriber_id=PERSON,
        agency_id=AgencyId("agc_1"),
        client_id=CLIENT,
        details=(detail,),
        shown_hash="00" * 32,
        consent_days=30,
        on_behalf=on_behalf,
    )


async def everything_kept(uow: UnitOfWork) -> bytes:
    """Every value of every table, as whoever dumps the store has it."""
    values = [value for table in metadata.sorted_tables for row in await uow.all(select(table)) for value in row]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


async def test_a_dump_names_neither_case_nor_company(storage: Storage, consents: Consents) -> None:
    async with storage.unit_of_work() as uow:
        given_one = await give(uow, consents, ABOUT_COMPANY, FOR_COMPANY)
        other = await give(uow, consents, ABOUT_PRINCIPAL, UNDER_MANDATE)
    async with storage.reading() as uow:
        assert await consents.get(uow, given_one.id) == given_one
        assert {one.id: one for one in await consents.list_of(uow, PERSON)} == {
            one.id: one for one in (given_one, other)
        }
        kept = await everything_kept(uow)
        rows = await uow.all(select(consent))
    assert CASE.encode() not in kept
    assert all(COMPANY not in str(row) and "subject" not in str(row.details) for row in rows)
    # what was agreed to is readable: it names nobody
    assert {row.details[0]["dataset"] for row in rows} == {"dbd.company", "dopa.person"}


async def test_the_file_of_the_store_holds_no_case(sqlite_storage: Storage, consents: Consents, tmp_path: Path) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        await give(uow, consents, replace(ABOUT_COMPANY, dataset="dopa.person", subject=SelfSubject()), None)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"dopa.person" in path.read_bytes() for path in files)
    assert not [path for path in files if CASE.encode() in path.read_bytes()]


async def test_when_the_key_of_a_person_is_gone_nothing_rests_on_the_consent_and_it_still_ends(
    storage: Storage, consents: Consents
) -> None:
    of_no_case = replace(ABOUT_COMPANY, dataset="dopa.person", subject=SelfSubject(), case=None)
    async with storage.unit_of_work() as uow:
        sealed = await give(uow, consents, ABOUT_COMPANY, FOR_COMPANY)
        plain = await give(uow, consents, of_no_case, None)
        await PersonalData(ROOTS).destroy(uow, PERSON)
    async with storage.unit_of_work() as uow:
        unread = await consents.get(uow, sealed.id)
        assert unread == replace(sealed, details=(), on_behalf=replace(FOR_COMPANY, juristic_id=None))
        assert await consents.get(uow, plain.id) == plain
        asked = (uow, PERSON, CLIENT, [ABOUT_COMPANY], [])
        assert await consents.covering(*asked, on_behalf=FOR_COMPANY) is None
        await consents.end_of_person(uow, PERSON)
        assert all(record.withdrawn_at == uow.now for record in await consents.list_of(uow, PERSON))


async def test_a_seal_that_was_moved_or_changed_covers_nothing(storage: Storage, consents: Consents) -> None:
    async with storage.unit_of_work() as uow:
        first = await give(uow, consents, ABOUT_COMPANY, FOR_COMPANY)
        second = await give(uow, consents, replace(ABOUT_COMPANY, case="another"), FOR_COMPANY)
        sealed = select(consent.c.sealed_about).where(consent.c.id == first.id).scalar_subquery()
        await uow.execute(update(consent).where(consent.c.id == second.id).values(sealed_about=sealed))
        moved = await consents.get(uow, second.id)
        assert moved is not None
        assert moved.details == ()
        found = await consents.covering(uow, PERSON, CLIENT, [ABOUT_COMPANY], [], on_behalf=FOR_COMPANY)
        assert found == first


async def test_a_role_is_found_by_its_digest_also_after_the_root_key_changed(
    storage: Storage, consents: Consents
) -> None:
    async with storage.unit_of_work() as uow:
        record = await give(uow, consents, ABOUT_COMPANY, FOR_COMPANY)
        rotated = consents_of(RootKeys({1: b"\x01" * 32, 2: b"\x02" * 32}))
        for asking in (consents, rotated):
            found = await asking.last(uow, PERSON, CLIENT, service_id=SERVICE, on_behalf=FOR_COMPANY)
            assert found == record
            for other in (None, UNDER_MANDATE, OnBehalf(PERSON, None, "0105500000026")):
                assert await asking.last(uow, PERSON, CLIENT, service_id=SERVICE, on_behalf=other) is None
    async with storage.unit_of_work() as uow:
        later = await give(uow, rotated, replace(ABOUT_COMPANY, case=None), FOR_COMPANY)
        assert await rotated.last(uow, PERSON, CLIENT, service_id=SERVICE, on_behalf=FOR_COMPANY) in (record, later)
        (newer,) = [row for row in await uow.all(select(consent)) if row.id == later.id]
        (older,) = [row for row in await uow.all(select(consent)) if row.id == record.id]
        assert newer.role_digest != older.role_digest


async def test_what_was_decided_under_a_mandate_ends_with_it(storage: Storage, consents: Consents) -> None:
    async with storage.unit_of_work() as uow:
        record = await give(uow, consents, ABOUT_PRINCIPAL, UNDER_MANDATE)
        await consents.end_of_mandate(uow, MANDATE)
        ended = await consents.get(uow, record.id)
    assert ended is not None
    assert ended.withdrawn_at is not None


SUBJECTS = st.sampled_from([SelfSubject(), MandateSubject(MANDATE)])
CASES = st.none() | st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=8)


@given(
    st.lists(st.tuples(st.sampled_from(["dopa.person", "dopa.address"]), SUBJECTS, CASES), unique_by=lambda o: o[:2])
)
def test_details_come_together_as_they_were_and_one_part_names_nobody(
    drawn: list[tuple[str, SelfSubject | MandateSubject, str | None]],
) -> None:
    details = tuple(
        replace(ABOUT_COMPANY, dataset=dataset, fields=DATASETS[dataset].field_names[:1], subject=subject, case=case)
        for dataset, subject, case in drawn
    )
    what, about = split_details(details)
    assert join_details(what, about) == details
    assert not any({"subject", "case"} & one.keys() for one in what)
    assert (about is None) is all(isinstance(one.subject, SelfSubject) and one.case is None for one in details)


def test_what_the_catalogue_has_no_more_is_left_out_and_parts_of_different_details_are_no_whole() -> None:
    what, about = split_details((ABOUT_COMPANY, ABOUT_PRINCIPAL))
    assert about is not None
    assert join_details([{**what[0], "dataset": "dbd.left"}, what[1]], about) == (ABOUT_PRINCIPAL,)
    assert join_details(what, None) == (replace(ABOUT_PRINCIPAL, subject=SelfSubject(), case=None),)
    with pytest.raises(ValueError, match="zip"):
        join_details(what, about[:1])
