"""What two nodes do at once, on either engine: one application a person, one completion, one step back."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from connectors.simulators.switchboard import Mode
from idp.enrolment.model import Enrolment, EnrolmentProblem, EnrolmentState
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.enrolment.world import World, card_read_of, simulated_registry

pytestmark = pytest.mark.anyio


@pytest.fixture
async def either(storage: Storage, clock: FrozenClock) -> AsyncIterator[World]:
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(storage, clock, http, switchboard)
        await world.furnish()
        yield world


async def test_two_counters_one_application(either: World) -> None:
    await either.pair_second()
    first = await either.start()
    second = await either.start(station=either.second_station, officer="colleague")
    await either.insert("somchai")
    await either.second_agent.answer(await either.second_agent.next_request(), card_read_of("somchai"))
    ends = await asyncio.gather(*(either.enrolments.advance(one.id) for one in (first, second)))
    stands = {end.state: end for end in ends}
    assert stands.keys() == {EnrolmentState.COMPARE_FACE, EnrolmentState.REFUSED}
    assert stands[EnrolmentState.REFUSED].problem is EnrolmentProblem.APPLICATION_OPEN
    assert stands[EnrolmentState.REFUSED].other_case_no == stands[EnrolmentState.COMPARE_FACE].case_no


async def test_what_waits_is_completed_once(either: World) -> None:
    either.registry(Mode.DOWN)
    pending = await either.enrol("somchai")
    officer = either.members["officer"]
    await either.enrolments.finish_later(pending.id, officer=officer, is_unrelated=True)
    either.switchboard.reset()
    either.clock.advance(61)
    await asyncio.gather(*(either.enrolments.advance_open() for _ in range(3)))
    assert (await either.enrolments.advance(pending.id)).state is EnrolmentState.COMPLETED
    assert [entry["event"] for entry in await either.entries()].count("enrolment.completed") == 1


async def test_a_step_back_and_a_decision_at_once_do_not_both_happen(either: World) -> None:
    checked = await either.enrol("somchai")
    officer = either.members["officer"]
    ends = await asyncio.gather(
        either.confirm(checked), either.enrolments.go_back(checked.id, officer=officer), return_exceptions=True
    )
    done = [end for end in ends if isinstance(end, Enrolment)]
    assert len(done) == 1
    present = await either.enrolments.get(checked.id, officer=officer)
    assert present.state is done[0].state
