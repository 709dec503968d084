"""A registry that takes every question and answers none is left alone like one that is down."""

import asyncio

import pytest

from connectors.contracts.errors import RegistryUnavailable
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.exchange.sources import Registries
from tests.exchange.world import SOMCHAI, World

pytestmark = pytest.mark.anyio

SECONDS = 0.05
"""Of a question; its answer would take a minute."""


async def test_who_asks_a_silent_registry_again_and_again_is_told_at_once(world: World) -> None:
    sources: Registries = world.registries
    world.switchboard.switch(Service.IKNO, Behaviour(Mode.SLOW, delay_ms=60_000))
    for place in range(10):
        with pytest.raises(RegistryUnavailable, match="no whole answer"):
            await sources.fetch(
                "dopa.person", SOMCHAI.citizen_id, deadline_seconds=SECONDS, idempotency_key=f"pull-{place}"
            )
    with pytest.raises(RegistryUnavailable, match="left alone"):
        await sources.fetch("dopa.person", SOMCHAI.citizen_id, deadline_seconds=SECONDS, idempotency_key="pull-10")


async def test_who_leaves_early_says_nothing_of_the_registry(world: World) -> None:
    sources: Registries = world.registries
    world.switchboard.switch(Service.IKNO, Behaviour(Mode.SLOW, delay_ms=60_000))
    for place in range(12):
        asked = sources.fetch("dopa.person", SOMCHAI.citizen_id, deadline_seconds=60, idempotency_key=f"pull-{place}")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asked, 0.02)
    world.switchboard.reset()
    assert await sources.fetch("dopa.person", SOMCHAI.citizen_id, deadline_seconds=5, idempotency_key="pull-12")
