"""A report pulls again under the same consent and gets only what changed; no value is kept to know that."""

from typing import Any

import pytest
from sqlalchemy import select, update

from idp.exchange.changes import KEPT_FOR, field_digest
from idp.exchange.model import Released
from idp.kernel.ids import DisclosureId
from idp.storage.storage import UnitOfWork
from tests.exchange.world import SOMCHAI, World, pull

pytestmark = pytest.mark.anyio


async def released(world: World, token: Any, key: str, since: str | None = None, **changes: Any) -> Released:
    said = {"idempotency_key": key, "since": None if since is None else DisclosureId(since)} | changes
    answer: Released = await world.exchange().pull(pull(token, **said))
    return answer


async def alter(uow: UnitOfWork, disclosure_id: str, name: str) -> None:
    """As if this field had been another when it was released."""
    kept = field_digest.c.disclosure_id == disclosure_id
    row = await uow.first(select(field_digest.c.digests).where(kept))
    assert row is not None
    await uow.execute(update(field_digest).where(kept).values(digests={**row.digests, name: "00" * 16}))


async def test_only_what_changed_is_told(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    first = await released(world, token, "first")
    assert "since" not in first.payload
    async with world.storage.unit_of_work() as uow:
        await alter(uow, first.disclosure_id, "name_th")
    second = await released(world, token, "second", first.disclosure_id)
    assert second.payload["fields"] == {"name_th": first.payload["fields"]["name_th"]}
    assert set(second.payload["unchanged"]) == set(first.payload["fields"]) - {"name_th"}
    assert (second.payload["since"], second.payload["order"]) == (first.disclosure_id, ["name_th"])
    assert set(second.payload["labels"]) == set(second.payload["source"]["fields"]) == {"name_th"}
    # and the next report goes on from this one, which told one field but knew them all
    third = await released(world, token, "third", second.disclosure_id)
    assert third.payload["fields"] == {}
    assert set(third.payload["unchanged"]) == set(first.payload["fields"])


async def test_the_record_of_a_report_names_what_was_compared(world: World) -> None:
    _, token = await world.consented()
    first = await released(world, token, "first")
    await released(world, token, "second", first.disclosure_id)
    entries = await world.entries("exchange.released")
    assert entries[0].split('"fields":')[1].split("]")[0] == entries[1].split('"fields":')[1].split("]")[0]


async def test_a_repeated_report_gets_the_same_answer(world: World) -> None:
    _, token = await world.consented()
    first = await released(world, token, "first")
    second = await released(world, token, "second", first.disclosure_id)
    assert (await released(world, token, "second", first.disclosure_id)).payload == second.payload
    with pytest.raises(Exception, match="EXC-14"):
        await released(world, token, "second")


@pytest.mark.parametrize("since", ["dis_00000000000000000000000000", "other data set", "too old"])
async def test_of_what_is_not_known_everything_is_told(world: World, since: str) -> None:
    _, token = await world.consented()
    first = await released(world, token, "first")
    if since == "other data set":
        since = (await released(world, token, "address", dataset="dopa.address")).disclosure_id
    if since == "too old":
        since = first.disclosure_id
        async with world.storage.unit_of_work() as uow:
            await uow.execute(update(field_digest).values(expires_at=uow.now))
    second = await released(world, token, "second", since)
    assert second.payload["since"] is None
    assert second.payload["fields"] == first.payload["fields"]
    assert second.payload["unchanged"] == []


async def test_no_value_is_kept_and_no_digest_equals_another(world: World) -> None:
    _, token = await world.consented()
    await released(world, token, "first")
    await released(world, token, "address", dataset="dopa.address")
    async with world.storage.reading() as uow:
        rows = await uow.all(select(field_digest))
    digests = [digest for row in rows for digest in row.digests.values()]
    assert len(set(digests)) == len(digests) > 3
    everything = str([tuple(row) for row in rows])
    for text in (SOMCHAI.citizen_id.digits, SOMCHAI.name_th.first, SOMCHAI.name_th.last):
        assert text not in everything


async def test_digests_go_with_their_time_and_with_the_person(world: World) -> None:
    _, token = await world.consented()
    await released(world, token, "first")
    async with world.storage.unit_of_work() as uow:
        await world.exchange().forget_person(uow, token.subscriber_id)
        assert await uow.all(select(field_digest)) == []
    await released(world, token, "second")
    world.clock.advance(KEPT_FOR.total_seconds() + 1)
    async with world.storage.unit_of_work() as uow:
        await world.exchange().forget_expired(uow)
        assert await uow.all(select(field_digest)) == []
