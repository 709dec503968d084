"""The way to one registry: earned retries, a bounded queue, one question per pull, agents on one line."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.errors import RegistryBusy, RegistryError, RegistryOutcome, RegistryUnavailable
from connectors.gdx.bulkhead import Bulkhead
from connectors.gdx.question import Question
from connectors.gdx.retries import ANSWERS_PER_RETRY, MOST_SAVED, RetryBudget
from connectors.gdx.session import GdxCredentials, GdxSession
from tests.clock import FrozenClock
from tests.patience import becomes_true

pytestmark = pytest.mark.anyio

CREDENTIALS = GdxCredentials(consumer_key="key", consumer_secret="secret", agent_id="system")
QUESTION = Question("/record", {"CitizenID": "1009900000011"})


class Registry:
    """Answers 200 unless told otherwise; `away` answers 503 that many times first."""

    def __init__(self) -> None:
        self.away = 0
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.agents: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.application = Starlette(
            routes=[
                Route("/ws/auth/validate", self.log_in),
                Route("/record", self.record, methods=["GET", "POST"]),
            ]
        )

    async def log_in(self, request: Request) -> Response:
        self.agents.append(request.query_params["AgentID"])
        return JSONResponse({"Result": f"token-of-{request.query_params['AgentID']}"})

    async def record(self, request: Request) -> Response:
        self.requests.append(request)
        self.bodies.append(await request.body())
        await self.open.wait()
        if self.away:
            self.away -= 1
            return Response(status_code=503)
        return JSONResponse({"CitizenID": "1"})


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
async def session(registry: Registry, clock: FrozenClock) -> AsyncIterator[GdxSession]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=registry.application)) as http:
        yield GdxSession(
            base_url="http://gateway",
            credentials=CREDENTIALS,
            http=http,
            clock=clock.now,
            idempotency_header="Idempotency-Key",
        )


async def ask(session: GdxSession, question: Question = QUESTION, *, key: str | None = None) -> object:
    return await session.ask(question, deadline_seconds=5.0, idempotency_key=key)


async def test_a_registry_that_was_there_gets_a_second_try(session: GdxSession, registry: Registry) -> None:
    for _ in range(ANSWERS_PER_RETRY):
        await ask(session)
    registry.away = 1
    await ask(session)
    assert len(registry.requests) == ANSWERS_PER_RETRY + 2
    registry.away = 1
    with pytest.raises(RegistryUnavailable):
        await ask(session)


async def test_a_registry_that_never_answered_gets_none(session: GdxSession, registry: Registry) -> None:
    registry.away = 1
    with pytest.raises(RegistryUnavailable):
        await ask(session)
    assert len(registry.requests) == 1


def test_retries_are_earned_and_bounded() -> None:
    budget = RetryBudget()
    assert not budget.spend()
    for _ in range(ANSWERS_PER_RETRY * MOST_SAVED * 3):
        budget.earn()
    assert [budget.spend() for _ in range(MOST_SAVED + 1)] == [True] * MOST_SAVED + [False]


async def test_a_full_queue_is_told_at_once_and_is_busy_not_down() -> None:
    queue = Bulkhead(running=1, waiting=1)
    entered = asyncio.Event()
    leave = asyncio.Event()

    async def stay() -> None:
        async with queue.place(deadline_seconds=5):
            entered.set()
            await leave.wait()

    first = asyncio.create_task(stay())
    await entered.wait()
    second = asyncio.create_task(stay())
    await asyncio.sleep(0)
    with pytest.raises(RegistryBusy) as refusal:
        async with queue.place(deadline_seconds=5):
            pytest.fail("a third place")
    assert refusal.value.outcome is RegistryOutcome.BUSY
    leave.set()
    await asyncio.gather(first, second)
    async with queue.place(deadline_seconds=5):
        pass


async def test_whose_turn_does_not_come_is_told_at_the_deadline_and_takes_no_place() -> None:
    queue = Bulkhead(running=1, waiting=1)
    async with queue.place(deadline_seconds=5):
        with pytest.raises(RegistryUnavailable):
            async with queue.place(deadline_seconds=0.01):
                pytest.fail("two at once")
        with pytest.raises(RegistryUnavailable):
            async with queue.place(deadline_seconds=0.01):
                pytest.fail("two at once")
    async with queue.place(deadline_seconds=5):
        pass


@contextmanager
def holding_back(registry: Registry) -> Iterator[None]:
    registry.open.clear()
    try:
        yield
    finally:
        registry.open.set()


async def test_one_pull_that_asks_twice_at_once_is_one_question(session: GdxSession, registry: Registry) -> None:
    with holding_back(registry):
        asked = [asyncio.create_task(ask(session, key="pull-1")) for _ in range(5)]
        other = asyncio.create_task(ask(session, key="pull-2"))
        await becomes_true(lambda: len(registry.requests) == 2)
    answers = await asyncio.gather(*asked, other)
    assert all(answer == answers[0] for answer in answers)
    assert [request.headers["idempotency-key"] for request in registry.requests] == ["pull-1", "pull-2"]


async def test_an_answer_that_has_landed_is_not_kept(session: GdxSession, registry: Registry) -> None:
    await ask(session, key="pull-1")
    await ask(session, key="pull-1")
    assert len(registry.requests) == 2


async def test_one_pull_asks_different_things_apart(session: GdxSession, registry: Registry) -> None:
    another = Question("/record", {"CitizenID": "1009900000020"})
    await asyncio.gather(ask(session, key="pull-1"), ask(session, another, key="pull-1"))
    assert len(registry.requests) == 2


async def test_who_gives_up_takes_nobody_along_and_the_last_ends_it(session: GdxSession, registry: Registry) -> None:
    with holding_back(registry):
        first, second = (asyncio.create_task(ask(session, key="pull-1")) for _ in range(2))
        await becomes_true(lambda: len(registry.requests) == 1)
        first.cancel()
        await asyncio.sleep(0)
    assert await second == {"CitizenID": "1"}
    with holding_back(registry):
        alone = asyncio.create_task(ask(session, key="pull-1"))
        await becomes_true(lambda: len(registry.requests) == 2)
        alone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await alone
    assert await ask(session, key="pull-1") == {"CitizenID": "1"}


async def test_a_shared_failure_reaches_everybody_who_waits(session: GdxSession, registry: Registry) -> None:
    registry.away = 1
    with holding_back(registry):
        asked = [asyncio.create_task(ask(session, key="pull-1")) for _ in range(3)]
        await becomes_true(lambda: len(registry.requests) == 1)
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(result, RegistryUnavailable) for result in results)
    assert len(registry.requests) == 1


async def test_officers_have_sessions_of_their_own_on_one_line(session: GdxSession, registry: Registry) -> None:
    officer = session.for_agent("1009900000038")
    assert session.for_agent("1009900000038") is officer
    await ask(officer)
    await ask(session)
    await ask(officer)
    assert registry.agents == ["1009900000038", "system"]
    assert [request.headers["token"] for request in registry.requests] == [
        "token-of-1009900000038", "token-of-system", "token-of-1009900000038",
    ]  # fmt: skip


async def test_officers_share_the_registrys_breaker(session: GdxSession, registry: Registry) -> None:
    registry.away = 10
    for number in range(10):
        with pytest.raises(RegistryUnavailable):
            await ask(session.for_agent(f"officer-{number}"))
    with pytest.raises(RegistryUnavailable, match="left alone"):
        await ask(session.for_agent("officer-11"))


async def test_the_officers_used_longest_ago_make_room(session: GdxSession) -> None:
    first = session.for_agent("officer-0")
    for number in range(1, 501):
        session.for_agent(f"officer-{number}")
    assert session.for_agent("officer-500") is session.for_agent("officer-500")
    assert session.for_agent("officer-0") is not first


async def test_bodies_keep_numbers_out_of_the_address(session: GdxSession, registry: Registry) -> None:
    await ask(session, Question("/record", {"ServiceID": "001"}, form={"CitizenID": "1009900000011"}))
    await ask(session, Question("/record", json={"OrganizationJuristicID": "0105554001954"}))
    by_form, by_json = registry.requests
    assert (by_form.method, by_form.url.query) == ("POST", "ServiceID=001")
    assert by_form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert by_json.headers["content-type"] == "application/json"
    assert registry.bodies == [b"CitizenID=1009900000011", b'{"OrganizationJuristicID":"0105554001954"}']


async def test_an_answer_too_large_for_its_question_is_said_so_and_keeps_nobody_else_out(
    session: GdxSession, registry: Registry
) -> None:
    for _ in range(ANSWERS_PER_RETRY):
        await ask(session)
    for _ in range(15):
        with pytest.raises(RegistryError) as refusal:
            await ask(session, Question("/record", largest_answer=5))
        assert refusal.value.outcome is RegistryOutcome.TOO_LARGE
    # not asked for twice either, though a retry was saved
    assert len(registry.requests) == ANSWERS_PER_RETRY + 15
    await ask(session)


def test_questions_print_nothing() -> None:
    assert "1009900000011" not in repr(QUESTION)
