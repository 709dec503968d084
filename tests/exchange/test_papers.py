"""Papers that nobody was asked for are counted with the release, once, and of nobody."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from idp.agencies.model import PaperReplaced
from idp.agencies.store import update_service
from idp.exchange.papers import PaperCount, paper_count, papers_counted
from idp.kernel.errors import Refused
from tests.exchange.world import SERVICE, World, pull

pytestmark = pytest.mark.anyio

COPIES = tuple(
    PaperReplaced(title, title, "กฎกระทรวงตัวอย่าง", "Example regulation", "dopa.person")
    for title in ("สำเนาบัตรประจำตัวประชาชน", "สำเนาใบเปลี่ยนชื่อ")
)


async def stands_for_papers(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        service = await world.agencies.service(uow, SERVICE)
        await update_service(uow, replace(service, papers_replaced=COPIES))


async def counted(world: World) -> tuple[PaperCount, ...]:
    async with world.storage.reading() as uow:
        return await papers_counted(uow, [SERVICE])


async def test_each_release_counts_what_it_stands_for(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await stands_for_papers(world)
    _, token = await world.consented()
    exchange = world.exchange()
    for key in ("first", "second", "second"):
        await exchange.pull(pull(token, idempotency_key=key))
    await exchange.pull(pull(token, dataset="dopa.address", idempotency_key="third"))
    (count,) = await counted(world)
    # a repeated request is no release, and the address stands for no paper of this service
    assert (count.dataset, count.releases, count.papers) == ("dopa.person", 2, 4)
    assert count.month == "2026-11"
    async with world.storage.reading() as uow:
        (row,) = await uow.all(select(paper_count))
    assert world.somchai not in {str(value) for value in row}


async def test_what_was_refused_counts_nothing(world: World) -> None:
    await stands_for_papers(world)
    record, token = await world.consented()
    async with world.storage.unit_of_work() as uow:
        await world.consents.withdraw(uow, record.id, subscriber_id=record.subscriber_id)
    with pytest.raises(Refused):
        await world.exchange().pull(pull(token))
    assert await counted(world) == ()


async def test_a_service_that_asked_for_no_paper_counts_none(world: World) -> None:
    _, token = await world.consented()
    await world.exchange().pull(pull(token))
    assert await counted(world) == ()
