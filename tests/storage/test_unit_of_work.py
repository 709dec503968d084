"""The unit of work, the outbox, the leases and the store's mark, on both engines."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from idp.storage.leases import take_lease
from idp.storage.metadata import EPOCH, Instant
from idp.storage.outbox import claim, enqueue, outbox, settle
from idp.storage.profile import OtherProfile, Profile, mark_or_check
from idp.storage.storage import TRUSTED_SECONDS, Storage, open_engine
from tests.clock import FrozenClock


async def test_an_act_that_fails_leaves_nothing(storage: Storage) -> None:
    with pytest.raises(RuntimeError):
        async with storage.unit_of_work() as uow:
            await enqueue(uow, topic="t", payload={"id": "1"})
            raise RuntimeError
    async with storage.reading() as uow:
        assert await uow.all(select(outbox)) == []


async def test_concurrent_acts_all_commit(storage: Storage) -> None:
    async def act(number: int) -> None:
        async with storage.unit_of_work() as uow:
            await uow.all(select(outbox))
            await enqueue(uow, topic="t", payload={"id": str(number)})

    await asyncio.gather(*(act(number) for number in range(20)))
    async with storage.reading() as uow:
        assert len(await uow.all(select(outbox))) == 20


async def test_reading_sees_one_snapshot(storage: Storage) -> None:
    async with storage.reading() as reader:
        assert await reader.all(select(outbox)) == []
        async with storage.unit_of_work() as uow:
            await enqueue(uow, topic="t", payload={"id": "1"})
        assert await reader.all(select(outbox)) == []


async def test_a_message_is_delivered_at_least_once(storage: Storage, clock: FrozenClock) -> None:
    async with storage.unit_of_work() as uow:
        await enqueue(uow, topic="t", payload={"id": "1"})
    retry = timedelta(seconds=30)
    async with storage.unit_of_work() as uow:
        [message] = await claim(uow, limit=10, retry_after=retry)
        assert message.payload == {"id": "1"}
    async with storage.unit_of_work() as uow:
        assert await claim(uow, limit=10, retry_after=retry) == []
    clock.advance(31)
    async with storage.unit_of_work() as uow:
        [again] = await claim(uow, limit=10, retry_after=retry)
        assert again.attempts == 1
        await settle(uow, again.id)
    clock.advance(31)
    async with storage.unit_of_work() as uow:
        assert await claim(uow, limit=10, retry_after=retry) == []


async def test_a_lease_has_one_holder_and_a_rising_fence(storage: Storage, clock: FrozenClock) -> None:
    long = timedelta(seconds=10)
    async with storage.unit_of_work() as uow:
        first = await take_lease(uow, name="job", holder="a", for_how_long=long)
        assert first is not None
        assert await take_lease(uow, name="job", holder="b", for_how_long=long) is None
    clock.advance(11)
    async with storage.unit_of_work() as uow:
        second = await take_lease(uow, name="job", holder="b", for_how_long=long)
        assert second is not None
        assert second > first
        assert await take_lease(uow, name="job", holder="a", for_how_long=long) is None


async def test_a_store_of_another_profile_is_refused(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        await mark_or_check(uow, Profile.EMBEDDED)
        await mark_or_check(uow, Profile.EMBEDDED)
        with pytest.raises(OtherProfile):
            await mark_or_check(uow, Profile.PRODUCTION)


async def test_moments_keep_their_milliseconds_and_naive_ones_are_refused(storage: Storage) -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
    values = {"id": "x", "topic": "t", "payload": {}, "due_at": moment, "attempts": 0}
    async with storage.unit_of_work() as uow:
        await uow.execute(insert(outbox).values(values))
        row = await uow.first(select(outbox))
        assert row is not None
        assert row.due_at == moment
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(EPOCH.replace(tzinfo=None), None)  # type: ignore[arg-type]


@pytest.mark.postgresql
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_that_the_server_closed_are_made_anew_unnoticed(storage: Storage, database_url: str) -> None:
    async def act(number: int) -> None:
        async with storage.unit_of_work() as uow:
            await enqueue(uow, topic="t", payload={"id": str(number)})

    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other = open_engine(database_url)
    for quiet_seconds in (0.05, TRUSTED_SECONDS + 0.1):
        await asyncio.gather(*(act(number) for number in range(5)))
        async with other.begin() as connection:
            await connection.execute(kill)
        await asyncio.sleep(quiet_seconds)
        await asyncio.gather(*(act(number) for number in range(5)))
    await other.dispose()
    async with storage.reading() as uow:
        assert len(await uow.all(select(outbox))) == 20
