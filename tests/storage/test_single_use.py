"""A secret is spent exactly once, over 16 processes, on both engines (nevers, 2; trap T3)."""

import asyncio
import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest

from idp.kernel.clock import SystemClock
from idp.storage.spent import SpentKind, drop_expired_spent, spend
from idp.storage.storage import Storage, open_engine

PROCESSES, SECRETS = 16, 200
LONGEST_SECONDS = 100
EXPIRES_AT = datetime(2100, 1, 1, tzinfo=UTC)


async def _spend_all(url: str) -> int:
    storage = Storage(open_engine(url), SystemClock())
    won = 0
    for number in range(SECRETS):
        async with storage.unit_of_work() as uow:
            won += await spend(
                uow, kind=SpentKind.CODE, scope="client", secret=f"secret-{number}", expires_at=EXPIRES_AT
            )
    await storage.close()
    return won


def _process(url: str, start: "multiprocessing.synchronize.Barrier", results: "multiprocessing.Queue[int]") -> None:
    start.wait(timeout=LONGEST_SECONDS)
    results.put(asyncio.run(_spend_all(url)))


async def test_sixteen_processes_spend_two_hundred_secrets_exactly_once(storage: Storage, database_url: str) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # sixteen processes, one import
    start, results = context.Barrier(PROCESSES), context.Queue()
    workers = [context.Process(target=_process, args=(database_url, start, results)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    won = [await asyncio.to_thread(results.get, timeout=LONGEST_SECONDS) for _ in workers]
    for worker in workers:
        await asyncio.to_thread(worker.join, LONGEST_SECONDS)
        assert worker.exitcode == 0
    assert sum(won) == SECRETS


async def test_kinds_and_scopes_do_not_mix(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        assert await spend(uow, kind=SpentKind.CODE, scope="a", secret="s", expires_at=EXPIRES_AT)
        assert await spend(uow, kind=SpentKind.REQUEST_URI, scope="a", secret="s", expires_at=EXPIRES_AT)
        assert await spend(uow, kind=SpentKind.CODE, scope="b", secret="s", expires_at=EXPIRES_AT)
        assert not await spend(uow, kind=SpentKind.CODE, scope="a", secret="s", expires_at=EXPIRES_AT)


async def test_a_rolled_back_act_has_spent_nothing(storage: Storage) -> None:
    with pytest.raises(RuntimeError):
        async with storage.unit_of_work() as uow:
            assert await spend(uow, kind=SpentKind.CODE, scope="a", secret="s", expires_at=EXPIRES_AT)
            raise RuntimeError
    async with storage.unit_of_work() as uow:
        assert await spend(uow, kind=SpentKind.CODE, scope="a", secret="s", expires_at=EXPIRES_AT)


async def test_only_what_can_no_longer_be_shown_is_forgotten(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        await spend(uow, kind=SpentKind.CODE, scope="a", secret="old", expires_at=uow.now - timedelta(minutes=5))
        await spend(uow, kind=SpentKind.CODE, scope="a", secret="new", expires_at=uow.now + timedelta(seconds=60))
        assert await drop_expired_spent(uow) == 1
        still = uow.now + timedelta(seconds=60)
        assert not await spend(uow, kind=SpentKind.CODE, scope="a", secret="new", expires_at=still)
