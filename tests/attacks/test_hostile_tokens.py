"""Each hostile token at each door, over HTTP: refused as the specification says, nothing given, next to no CPU used."""

import os
import time
from collections.abc import Awaitable, Callable
from functools import partial

import httpx2
import pytest
from sqlalchemy import func, select

from idp.authorization.grants.store import grant
from tests.attacks.conftest import Deployment
from tests.attacks.doors import DOORS, TOO_LARGE, Caller, Door, answer_of, caller_of, gives_something
from tests.attacks.hostile_tokens import ATTACKS, Kind

pytestmark = pytest.mark.anyio


def slowness() -> float:
    """How many times slower this machine is, just now, than the one whose CPU time the limit is in; at least once."""
    costs = []
    for _ in range(5):
        start = time.process_time()
        sum(number * number for number in range(300_000))
        costs.append(time.process_time() - start)
    return max(1.0, min(costs) / 0.015)


CPU_SECONDS = 0.05 * slowness()
"""Row 56 of the attacks: what is hostile is refused before it costs."""


@pytest.fixture(scope="module")
async def caller(deployment: Deployment) -> Caller:
    return await caller_of(deployment.here)


async def test_a_genuine_token_opens_each_door(caller: Caller) -> None:
    """Otherwise the refusals below would prove nothing."""
    for name, door in DOORS.items():
        answer = answer_of(await door.ask(caller, door.material(caller).original()))
        if name == "access token at /userinfo":
            assert answer in door.refusals, "a token for the gateway is none for userinfo"
        else:
            assert answer not in door.refusals, f"{name}: {answer}"


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_hostile_token_is_refused_everywhere_at_no_cost(
    deployment: Deployment, caller: Caller, name: str
) -> None:
    attack = ATTACKS[name]
    before = await grants_in(caller)
    wrong = []
    for place, door in doors_for(name).items():
        if door.kind not in attack.kinds:
            continue
        token = attack.make(door.material(caller))
        if door.in_header and not can_be_a_header(token):
            continue
        node = deployment.gateway if door.at_gateway else deployment.provider
        response, seconds = await measured(node.cpu_seconds, partial(door.ask, caller, token))
        if answer_of(response) not in {*door.refusals, TOO_LARGE} or gives_something(response) or seconds > CPU_SECONDS:
            wrong.append((place, answer_of(response), round(seconds, 3)))
    assert not wrong
    assert await grants_in(caller) == before


def doors_for(name: str) -> dict[str, Door]:
    """Every door where LONG asks for it; else of each kind of token every third, another third for the next attack."""
    turn, chosen = list(ATTACKS).index(name), dict[str, Door]()
    for kind in Kind:
        of_kind = [(place, door) for place, door in DOORS.items() if door.kind is kind]
        chosen.update(of_kind if os.environ.get("LONG") else of_kind[turn % min(3, len(of_kind)) :: 3])
    return chosen


async def measured(
    cpu_seconds: Callable[[], float], ask: Callable[[], Awaitable[httpx2.Response]]
) -> tuple[httpx2.Response, float]:
    """The answer, and the CPU time it cost; what looks dear is asked again: what others cost the process passes."""
    costs: list[float] = []
    response = httpx2.Response(0)
    while len(costs) < 5 and (not costs or min(costs) > CPU_SECONDS):
        start = cpu_seconds()
        response = await ask()
        costs.append(cpu_seconds() - start)
    return response, min(costs)


def can_be_a_header(token: str) -> bool:
    """HTTP takes spaces off the ends of a header and has no control characters inside (RFC 9110 section 5.5)."""
    return token == token.strip() and token.isprintable()


async def grants_in(caller: Caller) -> int:
    async with caller.house.storage.reading() as uow:
        row = await uow.first(select(func.count()).select_from(grant))
    assert row is not None
    return int(row[0])
