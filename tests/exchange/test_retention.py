"""What a counter leaves behind goes when its time is over, in batches, on either engine; access reports stay whole."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Table, func, insert, select

from connectors.contracts.documents import Delivery, SealLevel
from idp.catalogue.gdx import CitizenRefSubject
from idp.catalogue.model import Basis
from idp.exchange.bases.slip import Slips
from idp.exchange.bases.store import basis_evidence
from idp.exchange.counter.person_store import counter_person
from idp.exchange.counter.store import citizen_ref, counter_session
from idp.exchange.document.model import DocumentRecord
from idp.exchange.document.store import document, find_document, find_printed_values, insert_document
from idp.exchange.photo.model import PhotoRequest, PhotoRequestId
from idp.exchange.photo.store import insert_request, photo_request
from idp.exchange.retention import BATCH, KeptFor, Retention
from idp.exchange.waiting.store import waiting_pull
from idp.kernel.errors import NotFound
from idp.kernel.ids import DisclosureId, DocumentId, MemberId, SubscriberId
from idp.oversight.model import AccessRecord
from idp.oversight.service import AccessHistory
from idp.storage.storage import UnitOfWork
from tests.exchange.test_at_a_counter import CDS, COUNTER, named, read_card, token_for
from tests.exchange.world import JOBS, SERVICE, World, pull

pytestmark = pytest.mark.anyio

KEPT_FOR = KeptFor(
    openings=timedelta(days=90),
    grounds=timedelta(days=3653),
    pulls=timedelta(days=30),
    printed_values=timedelta(days=3653),
)
VISIT = 15 * 60
DAY = 86_400


def retention(world: World) -> Retention:
    return Retention(storage=world.storage, kept_for=KEPT_FOR)


async def count(world: World, *tables: Table) -> list[int]:
    async with world.storage.reading() as uow:
        found = [await uow.first(select(func.count().label("rows")).select_from(table)) for table in tables]
    return [int(row.rows) for row in found if row is not None]


async def seen(world: World) -> list[AccessRecord]:
    async with world.storage.reading() as uow:
        found = await AccessHistory(personal=world.personal).of(uow, world.somchai)
    return [one for one in found if isinstance(one, AccessRecord)]


async def insert_like_it(uow: UnitOfWork, many: int) -> None:
    """Handles like the one that is there."""
    row = await uow.first(select(citizen_ref))
    assert row is not None
    like = dict(row._mapping)
    await uow.execute(insert(citizen_ref), [like | {"id": f"ctr_{number:026d}"} for number in range(many)])


async def test_what_nothing_came_of_goes_whole(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    everything = (citizen_ref, counter_person, basis_evidence)
    world.clock.advance(VISIT + 90 * DAY - 1)
    assert await retention(world).run() == 0
    assert await count(world, *everything) == [1, 1, 1]
    world.clock.advance(1)
    assert await retention(world).run() == 1
    assert await count(world, *everything) == [0, 0, 0]


async def test_what_a_disclosure_names_is_emptied_and_its_owner_reads_as_much_as_before(
    world_on_each_engine: World,
) -> None:
    world = world_on_each_engine
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)
    await world.exchange().pull(pull(token))
    before = await seen(world)
    assert (before[0].case, before[0].by_number, before[0].officer_position_en) == ("1", True, "Officer")
    world.clock.advance(VISIT + 90 * DAY)
    assert await retention(world).run() == 1
    assert await retention(world).run() == 0
    assert await seen(world) == before
    async with world.storage.reading() as uow:
        row = await uow.first(select(citizen_ref))
    assert row is not None
    assert (row.sealed_case, row.sealed_number) == (None, None)
    assert await count(world, counter_person, basis_evidence) == [1, 1]


async def test_of_a_card_session_the_station_stays_and_the_slip_goes(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    token = token_for(world, await read_card(world), "card.identity", Basis.CARD_HANDED_OVER)
    await world.exchange().pull(pull(token, "card.identity"))
    slips = Slips(
        storage=world.storage,
        agencies=world.agencies,
        bases=world.bases,
        personal=world.personal,
        sealer=world.sealer,
        issuer="http://id.localhost:8000",
    )
    before = await seen(world)
    assert (before[0].case, before[0].station_name_th) == ("1", "เคาน์เตอร์")
    assert await slips.slip(CDS, agency_id=world.agency.id, client_id=JOBS)
    world.clock.advance(VISIT + 90 * DAY)
    assert await retention(world).run() == 1
    assert await seen(world) == before
    with pytest.raises(NotFound):
        await slips.slip(CDS, agency_id=world.agency.id, client_id=JOBS)
    async with world.storage.reading() as uow:
        row = await uow.first(select(counter_session))
    assert row is not None
    assert (row.sealed_case, row.card_session_id, row.card_verdict) == (None, None, None)


async def test_the_ground_of_what_left_is_kept_ten_years(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    handle = await named(world)
    await world.exchange().pull(pull(token_for(world, handle, "dopa.person", Basis.DUTY)))
    world.clock.advance(3653 * DAY - 1)
    await retention(world).run()
    async with world.storage.reading() as uow:
        assert await world.bases.of(uow, handle.citizen_ref) is not None
    world.clock.advance(1)
    await retention(world).run()
    async with world.storage.reading() as uow:
        assert await world.bases.of(uow, handle.citizen_ref) is None
    # who looked is told for as long as there is a record of it
    (entry,) = await seen(world)
    assert entry.by_number


async def test_many_go_in_batches_and_two_workers_meet_nothing_twice(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    async with world.storage.unit_of_work() as uow:
        await insert_like_it(uow, BATCH + 50)
    world.clock.advance(VISIT + 91 * DAY)
    await asyncio.gather(*(retention(world).run() for _ in range(2)))
    assert await count(world, citizen_ref) == [0]


async def test_pulls_that_are_over_and_requests_for_photos_go(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    now = world.clock.now()
    waited = {
        "id": "pul_" + "0" * 26,
        "client_id": JOBS,
        "agency_id": world.agency.id,
        "key_owner": world.somchai,
        "dataset": "dopa.person",
        "idempotency_digest": b"1",
        "request_digest": b"1",
        "state": "delivered",
        "attempts": 1,
        "accepted_at": now,
        "next_at": now,
        "deadline": now,
    }
    request = PhotoRequest(
        PhotoRequestId("pho_1"),
        "ctr_1",
        world.agency.id,
        JOBS,
        COUNTER,
        MemberId("mem_1"),
        SubscriberId("sub_1"),
        now,
        now + timedelta(minutes=10),
    )
    async with world.storage.unit_of_work() as uow:
        still = waited | {"id": "pul_2", "state": "waiting", "client_id": "other"}
        await uow.execute(insert(waiting_pull), [waited, still])
        await insert_request(uow, request)
    world.clock.advance(30 * DAY)
    await retention(world).run()
    assert await count(world, waiting_pull, photo_request) == [1, 1]  # what waits still is not over
    world.clock.advance(61 * DAY)
    await retention(world).run()
    assert await count(world, waiting_pull, photo_request) == [1, 0]


async def test_a_number_goes_with_the_visit(world_on_each_engine: World) -> None:
    """Not with the rest: fifteen minutes, whatever the settings say."""
    world = world_on_each_engine
    handle = await named(world)
    world.clock.advance(VISIT)
    async with world.storage.unit_of_work() as uow:
        assert await world.exchange().forget_expired(uow) >= 1
        row = await uow.first(select(citizen_ref.c.sealed_number, citizen_ref.c.sealed_case))
        subject = CitizenRefSubject(handle.citizen_ref)
        with pytest.raises(NotFound):
            await world.counters.person_of(uow, subject)
    assert row is not None
    assert row.sealed_number is None
    assert row.sealed_case is not None


async def test_numbers_of_a_busy_morning_all_go_in_one_run(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    async with world.storage.unit_of_work() as uow:
        await insert_like_it(uow, BATCH + 50)
    world.clock.advance(VISIT)
    async with world.storage.unit_of_work() as uow:
        await world.exchange().forget_expired(uow)
        assert await uow.all(select(citizen_ref.c.id).where(citizen_ref.c.sealed_number.is_not(None))) == []


async def test_what_a_paper_can_be_compared_by_goes_after_ten_years_and_its_record_stays(
    world_on_each_engine: World,
) -> None:
    world = world_on_each_engine
    async with world.storage.unit_of_work() as uow:
        for number in range(BATCH + 50):
            await insert_document(uow, issued(world, number), sealed_pdf=b"file", printed_values=b"01", due_at=None)
    world.clock.advance(3653 * DAY - 1)
    async with world.storage.unit_of_work() as uow:
        await insert_document(uow, issued(world, BATCH + 50), sealed_pdf=b"file", printed_values=b"02", due_at=None)
    assert await retention(world).run() == 0
    world.clock.advance(1)
    assert await retention(world).run() == BATCH + 50
    assert await retention(world).run() == 0
    async with world.storage.reading() as uow:
        kept = await uow.all(select(document.c.printed_values).where(document.c.printed_values.is_not(None)))
        assert [bytes(row.printed_values) for row in kept] == [b"02"]
        assert await find_printed_values(uow, issued(world, 0).id) is None
        assert await find_document(uow, issued(world, 0).id) is not None
    # the file's time is its own
    assert await count(world, document) == [BATCH + 51]
    async with world.storage.reading() as uow:
        assert await uow.all(select(document.c.id).where(document.c.sealed_pdf.is_(None))) == []


def issued(world: World, number: int) -> DocumentRecord:
    now = world.clock.now()
    return DocumentRecord(
        id=DocumentId(f"doc_{number:026d}"),
        disclosure_id=DisclosureId(f"dis_{number:026d}"),
        subscriber_id=world.somchai,
        agency_id=world.agency.id,
        client_id=JOBS,
        consent_id=None,
        service_id=SERVICE,
        dataset="dopa.person",
        delivery=Delivery.SEALED,
        level=SealLevel.B_T,
        sha256="0" * 64,
        issued_sha256="0" * 64,
        issued_size=4,
        created_at=now,
        expires_at=now + timedelta(days=30),
    )
