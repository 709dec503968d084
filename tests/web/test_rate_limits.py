"""Rate limits: so many a minute for each caller, evenly given back, within a bounded memory."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from structlog.testing import capture_logs

from idp.audit.security_log import SecurityLog
from idp.kernel.errors import Refused
from idp.web.model import WebProblem
from idp.web.rate_limits import MOST_CALLERS, Allowance, Limit, Passed, RateLimits, Wait, every_refusal
from idp.web.routes import Access, Entry, build_routes
from tests.clock import FrozenClock


@dataclass
class Seconds:
    """A monotonic clock that stands still until a test moves it."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


async def by_name(request: Request) -> str | None:
    return request.query_params.get("name")


def limit(
    a_minute: int, *, counts: Callable[[Response], bool] | None = None, most_callers: int = MOST_CALLERS
) -> Limit:
    return Limit("tries", Allowance(a_minute), caller=by_name, counts=counts, most_callers=most_callers)


def test_what_is_allowed_may_come_at_once_and_comes_back_evenly() -> None:
    tries = limit(6)
    for _ in range(6):
        assert tries.decide("a", 100.0) == Passed()
        tries.take("a", 100.0)
    assert tries.decide("b", 100.0) == Passed(), "another caller is another matter"
    refused = tries.decide("a", 100.0)
    assert isinstance(refused, Wait)
    assert refused.seconds == pytest.approx(10.0)
    assert isinstance(tries.decide("a", 109.9), Wait)
    assert tries.decide("a", 110.0) == Passed()
    tries.take("a", 110.0)
    assert isinstance(tries.decide("a", 110.0), Wait)
    assert tries.decide("a", 170.0) == Passed()


@given(st.integers(1, 50), st.lists(st.floats(0, 30), max_size=200))
def test_nobody_does_it_more_often_in_any_minute_than_twice_what_is_allowed(a_minute: int, pauses: list[float]) -> None:
    """A full bucket at once, and what flows back within the minute: never more."""
    tries, now, done = limit(a_minute), 0.0, list[float]()
    for pause in pauses:
        now += pause
        if tries.decide("a", now) == Passed():
            tries.take("a", now)
            done.append(now)
        assert len([each for each in done if each > now - 60]) <= 2 * a_minute
    assert isinstance(tries.decide("a", now + 60), Passed)


def test_the_caller_that_was_quiet_longest_is_forgotten_first() -> None:
    tries = limit(1, most_callers=3)
    for caller in ("a", "b", "c", "a", "d"):
        tries.take(caller, 100.0)
    assert len(tries) == 3
    assert tries.decide("b", 100.0) == Passed()
    assert {type(tries.decide(caller, 100.0)) for caller in ("a", "c", "d")} == {Wait}


def too_many(request: Request, seconds: int) -> Response:
    return PlainTextResponse("later", 429, headers={"retry-after": str(seconds)})


def door(limits: Sequence[Limit], seconds: Seconds) -> httpx2.AsyncClient:
    """A door with one path, whose answer is what its query says."""

    async def endpoint(request: Request) -> Response:
        status = int(request.query_params.get("status", "200"))
        if status == 999:
            raise Refused(WebProblem.MALFORMED)
        return PlainTextResponse("done", status)

    async def on_refused(request: Request, error: Exception) -> Response:
        return PlainTextResponse("refused", 400)

    rate_limits = RateLimits(SecurityLog(FrozenClock()), seconds)
    entry = Entry("/", ("GET",), endpoint, Access.ANYONE, "path")
    rows = rate_limits.before([entry], {"path": limits}, too_many=too_many)
    application = Starlette(routes=build_routes(rows), exception_handlers={Refused: on_refused})
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(application), base_url="http://door.example")


async def test_a_caller_over_the_limit_is_told_when_to_come_back() -> None:
    seconds = Seconds()
    async with door([limit(2)], seconds) as client:
        assert [(await client.get("/?name=a")).status_code for _ in range(3)] == [200, 200, 429]
        refused = await client.get("/?name=a")
        assert refused.headers["retry-after"] == "30"
        assert (await client.get("/?name=b")).status_code == 200
        assert {(await client.get("/")).status_code for _ in range(9)} == {200}, "who cannot be told apart is let in"
        seconds.now += 30
        assert (await client.get("/?name=a")).status_code == 200


@pytest.mark.parametrize("status", [400, 401, 404, 999])
async def test_a_limit_on_guessing_counts_refusals_alone(status: int) -> None:
    async with door([limit(2, counts=every_refusal)], Seconds()) as client:
        for allowed in (200, 303, 500):
            for _ in range(5):
                assert (await client.get(f"/?name=a&status={allowed}")).status_code == allowed
        for _ in range(2):
            assert (await client.get(f"/?name=a&status={status}")).status_code < 429
        # the right guess after too many wrong ones is not looked at
        assert (await client.get("/?name=a")).status_code == 429


async def test_guesses_sent_at_once_do_not_outrun_the_limit() -> None:
    working, third_is_open, open_now = asyncio.Event(), asyncio.Event(), list[int]()

    async def slow(request: Request) -> Response:
        open_now.append(1)
        if len(open_now) == 3:
            third_is_open.set()
        await working.wait()
        return PlainTextResponse("wrong", int(request.query_params["status"]))

    rate_limits = RateLimits(SecurityLog(FrozenClock()), Seconds())
    entry = Entry("/", ("GET",), slow, Access.ANYONE, "path")
    rows = rate_limits.before([entry], {"path": [limit(3, counts=every_refusal)]}, too_many=too_many)
    transport = httpx2.ASGITransport(Starlette(routes=build_routes(rows)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://door.example") as client:
        calls = [asyncio.create_task(client.get("/?name=a&status=400")) for _ in range(20)]
        await third_is_open.wait()
        working.set()
        answers = await asyncio.gather(*calls)
        assert sorted(answer.status_code for answer in answers) == [400] * 3 + [429] * 17
        # what was in order is given back: nobody is slowed by having called at once before
        for _ in range(5):
            answers = await asyncio.gather(*(client.get("/?name=b&status=200") for _ in range(3)))
            assert {answer.status_code for answer in answers} == {200}
    assert len(open_now) == 18


async def test_a_mistake_of_ours_costs_the_caller_nothing() -> None:
    async def broken(request: Request) -> Response:
        raise RuntimeError("ours")

    tries = limit(1, counts=every_refusal)
    entry = Entry("/", ("GET",), broken, Access.ANYONE, "path")
    rows = RateLimits(SecurityLog(FrozenClock()), Seconds()).before([entry], {"path": [tries]}, too_many=too_many)
    transport = httpx2.ASGITransport(Starlette(routes=build_routes(rows)), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://door.example") as client:
        assert [(await client.get("/?name=a")).status_code for _ in range(3)] == [500] * 3


async def test_what_is_held_open_is_counted_by_its_answer() -> None:
    held = Limit("held", Allowance(1), caller=by_name, counts=every_refusal, is_held_open=True)
    async with door([held], Seconds()) as client:
        answers = await asyncio.gather(*(client.get("/?name=a") for _ in range(9)))
        assert {answer.status_code for answer in answers} == {200}
        assert [(await client.get("/?name=a&status=400")).status_code for _ in range(2)] == [400, 429]


@given(st.integers(1, 20), st.integers(0, 40))
def test_what_is_given_back_can_be_taken_again(a_minute: int, rounds: int) -> None:
    tries = limit(a_minute)
    for _ in range(rounds):
        assert tries.decide("a", 100.0) == Passed()
        tries.take("a", 100.0)
        tries.give_back("a", 100.0)
    assert len(tries) == 0


async def test_a_flood_leaves_a_line_now_and_then_and_names_nobody() -> None:
    seconds = Seconds()
    with capture_logs() as lines:
        async with door([limit(1)], seconds) as client:
            for _ in range(50):
                await client.get("/?name=somebody")
            seconds.now += 10
            await client.get("/?name=somebody")
    assert [(line["event"], line["limit"], line["refused"]) for line in lines] == [
        ("rate_limit.reached", "tries", 1),
        ("rate_limit.reached", "tries", 49),
    ]
    assert "somebody" not in str(lines)


def test_a_limit_for_a_path_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="elsewhere"):
        RateLimits(SecurityLog(FrozenClock()), Seconds()).before([], {"elsewhere": [limit(1)]}, too_many=too_many)
