"""One broken service of a registry closes none of the others; a registry that is away as a whole is left alone."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import pytest

from connectors.contracts.errors import RegistryError, RegistryOutcome, RegistryUnavailable
from connectors.simulators.switchboard import Behaviour, Mode, Service
from tests.clock import FrozenClock
from tests.connectors.registries import FIVE, World, company_calls, open_world, person_calls

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Broken:
    """A service that fails, by what its address alone has, and those beside it."""

    service: Service
    only: str
    code: str
    beside: tuple[str, ...]


CASES: Mapping[str, Broken] = {
    "a photo": Broken(Service.IKNO, "profile/photo", "IKNO-001-05", ("IKNO-001-04", "IKNO-001-08", "IKNO-001-10")),
    "a Linkage service": Broken(Service.LINKAGE, "ServiceID=005", "00023/005", ("00023/001", "00212/002", "00023/039")),
    "the shareholders": Broken(Service.DBD, "/shareholder?", "DBD-003", ("DBD-001",)),
}


@pytest.fixture
async def world(clock: FrozenClock) -> AsyncIterator[World]:
    async with open_world(clock) as opened:
        yield opened


@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.GARBAGE])
@pytest.mark.parametrize("case", CASES)
async def test_a_broken_service_is_left_alone_and_the_others_answer(
    world: World, clock: FrozenClock, case: str, mode: Mode
) -> None:
    broken, calls = CASES[case], {**person_calls(world), **company_calls(world)}
    await calls[broken.code]()
    world.board.switch(broken.service, Behaviour(mode, only=broken.only))
    for _ in range(10):
        with pytest.raises(RegistryUnavailable):
            await calls[broken.code]()
    with pytest.raises(RegistryUnavailable, match="left alone"):
        await calls[broken.code]()
    for code in broken.beside:
        assert (await calls[code]()).provenance.service == code
    # it is tried by one question, and is there for all again
    world.board.reset()
    clock.advance(3)
    assert await calls[broken.code]()


async def test_a_slow_service_takes_nobody_elses_answer(world: World) -> None:
    calls = person_calls(world)
    await calls["IKNO-001-04"]()
    world.board.switch(Service.IKNO, Behaviour(Mode.SLOW, delay_ms=60_000, only="profile/photo"))
    slow = [asyncio.create_task(world.photo.photo(FIVE.citizen_id, deadline_seconds=0.2)) for _ in range(15)]
    await asyncio.sleep(0)
    assert await calls["IKNO-001-04"]()
    outcomes = await asyncio.gather(*slow, return_exceptions=True)
    assert all(isinstance(one, RegistryUnavailable) for one in outcomes)
    assert await calls["IKNO-001-10"]()


@pytest.mark.parametrize("mode", [Mode.CLOSED, Mode.NO_RIGHT, Mode.BUSY, Mode.QUOTA])
async def test_a_refusal_of_one_service_is_an_answer(world: World, mode: Mode) -> None:
    calls = person_calls(world)
    world.board.switch(Service.IKNO, Behaviour(mode, only="profile/photo"))
    for _ in range(12):
        with pytest.raises(RegistryError) as refused:
            await calls["IKNO-001-05"]()
        assert refused.value.outcome is not RegistryOutcome.UNAVAILABLE
    assert await calls["IKNO-001-04"]()


async def test_saved_retries_are_the_registrys(world: World) -> None:
    """What one service earned another may spend: a registry is never asked twice as often as it answers."""
    calls = person_calls(world)
    for _ in range(10):
        await calls["IKNO-001-04"]()
    world.board.switch(Service.IKNO, Behaviour(Mode.DOWN, only="profile/photo"))
    assert world.session._line._retries.spend()
    with pytest.raises(RegistryUnavailable):
        await calls["IKNO-001-05"]()
    assert not world.session._line._retries.spend()
