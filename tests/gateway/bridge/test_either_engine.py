"""A person's data over the bridge on each engine: the card that was read, and nobody else's."""

from collections.abc import AsyncIterator

import pytest

from connectors.contracts.errors import RegistryRefused
from connectors.dopa.ikno import IknoClient, Profile
from connectors.fictitious.personas import PERSONAS
from connectors.simulators.switchboard import Switchboard
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.exchange.world import SOMCHAI, NoSealer
from tests.gateway.bridge.test_same_records import without_parents
from tests.gateway.bridge.world import Bridge, open_bridge
from tests.gateway.conftest import Sealing, a_door
from tests.gateway.counter import open_counter

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bridge(
    storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing
) -> AsyncIterator[Bridge]:
    async with a_door(storage, clock, switchboard, sealing, NoSealer()) as door:
        counter = await open_counter(door)
        async with open_bridge(counter) as opened:
            yield opened
        await counter.agent.http.aclose()


async def test_the_card_that_was_read(bridge: Bridge) -> None:
    await bridge.counter.ready()
    clock = bridge.world.clock.now
    told, said = [
        await IknoClient(session=session, clock=clock, profile=Profile.EXTRA).person(
            SOMCHAI.citizen_id, deadline_seconds=5.0
        )
        for session in (bridge.session(), bridge.world._session())
    ]
    assert told.record == without_parents(said.record)
    with pytest.raises(RegistryRefused):
        await IknoClient(session=bridge.session(), clock=clock).person(
            PERSONAS["malee"].person.citizen_id, deadline_seconds=5.0
        )
    assert len(await bridge.world.entries("exchange.released")) == 3
    assert len(await bridge.world.entries("bridge.refused")) == 1
