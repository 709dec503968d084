"""A right that is narrowed while the registry is asked: what was decided by wider terms does not leave (row 51)."""

from dataclasses import replace
from typing import Any

import pytest

from idp.agencies import agreement_store
from idp.exchange.decision.model import Reason
from idp.exchange.model import ExchangeProblem
from tests.exchange.test_pull import pull, refused
from tests.exchange.world import World

pytestmark = pytest.mark.anyio


async def narrow(world: World, **changes: Any) -> None:
    present = world.person_agreement
    async with world.storage.unit_of_work() as uow:
        narrower = replace(present, version=present.version + 1, **changes)
        assert await agreement_store.replace_terms(uow, narrower, of=present.version)


@pytest.mark.parametrize(
    ("changes", "problem", "reason"),
    [
        ({"fields": frozenset({"sex"})}, ExchangeProblem.BEYOND_RIGHT, Reason.BEYOND_RIGHT),
        # still within it, but nobody decided by these terms yet: the client asks again
        ({"daily_quota": 3}, ExchangeProblem.CHANGED_MEANWHILE, Reason.CHANGED_MEANWHILE),
    ],
)
async def test_what_was_decided_by_wider_terms_does_not_leave(
    world_on_each_engine: World, changes: dict[str, Any], problem: ExchangeProblem, reason: Reason
) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    world.registry.meanwhile = lambda: narrow(world, **changes)
    await refused(world, pull(token), problem, reason)
    assert world.registry.asked == 1
    assert await world.entries("exchange.released") == []
