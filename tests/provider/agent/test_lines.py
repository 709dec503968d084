"""The line that an agent keeps open: the same words as by post, nobody else on it, closed when nobody is believed."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from connectors.card.agent.messages import ReadRequest, verify_request
from connectors.contracts.card_wire import SOCKET_PROTOCOL
from idp.audit.model import SYSTEM
from idp.kernel.ids import StationId
from idp.stations.model import CardPurpose, CardSession, CardSessionState
from tests.enrolment.world import ISSUER, STATION, World, card_read_of
from tests.patience import PATIENCE_SECONDS
from tests.provider.agent.serving import REFUSALS, served

pytestmark = pytest.mark.anyio

URI = ISSUER.replace("http", "ws") + "/agent"


@pytest.fixture(autouse=True)
def nothing_unforeseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """However a line ends, the server has nothing to complain about."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@asynccontextmanager
async def line(port: int, *, uri: str = URI, **more: Any) -> AsyncIterator[ClientConnection]:
    async with connect(
        uri,
        host="127.0.0.1",
        port=port,
        proxy=None,
        subprotocols=[SOCKET_PROTOCOL],
        open_timeout=PATIENCE_SECONDS,
        **more,  # type: ignore[list-item]
    ) as connection:
        yield connection


async def say(connection: ClientConnection, kind: str, message: str, *, number: int = 1) -> None:
    await connection.send(json.dumps({"id": number, "kind": kind, "message": message}))


async def heard(connection: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        said = json.loads(await connection.recv())
    assert isinstance(said, dict)
    return said


async def end_of(connection: ClientConnection) -> dict[str, Any] | None:
    """What was said last before the line ended."""
    last = None
    try:
        while True:
            last = await heard(connection)
    except ConnectionClosed:
        return last


async def opened(world: World) -> CardSession:
    async with world.storage.unit_of_work() as uow:
        return await world.stations.open_session(
            uow, station_id=STATION, requested_by=world.members["officer"], purpose=CardPurpose.ENROLMENT
        )


async def session_of(world: World, session: CardSession) -> CardSession:
    async with world.storage.reading() as uow:
        return await world.stations.session(uow, session.id)


def read_in(world: World, message: str) -> ReadRequest:
    request = verify_request(
        message,
        expected_issuer=ISSUER,
        expected_station=STATION,
        issuer_keys=world.agent.issuer_keys,
        now=world.clock.now(),
    )
    assert isinstance(request, ReadRequest)
    return request


async def test_a_request_comes_over_the_line_and_its_answer_goes_back(world: World) -> None:
    async with served(world) as port, line(port) as connection:
        await say(connection, "hello", world.agent.hello(), number=7)
        assert await heard(connection) == {"id": 7, "status": 204}
        session = await opened(world)
        request = read_in(world, (await heard(connection))["message"])
        await say(connection, "progress", world.agent.progress_message(request, 40), number=8)
        assert await heard(connection) == {"id": 8, "status": 204}
        assert (await session_of(world, session)).percent == 40
        await say(connection, "progress", world.agent.progress_message(request, 20), number=9)
        assert await heard(connection) == {"id": 9, "status": 204}
        assert (await session_of(world, session)).percent == 40
        message = world.agent.answer_message(request, card_read_of("somchai"))
        await say(connection, "answer", message, number=10)
        assert await heard(connection) == {"id": 10, "status": 204}
        assert (await session_of(world, session)).state is CardSessionState.READ
        await say(connection, "answer", message, number=11)
        assert (await heard(connection))["error"] == "STA-03"
        await say(connection, "progress", world.agent.progress_message(request, 90), number=12)
        assert (await heard(connection))["status"] == 409


async def test_of_two_nodes_one_hands_the_request_out(world: World) -> None:
    async with served(world) as one, served(world) as other, line(one) as here, line(other) as there:
        for connection in (here, there):
            await say(connection, "hello", world.agent.hello())
            await heard(connection)
        await opened(world)
        waiting = [asyncio.create_task(heard(connection)) for connection in (here, there)]
        await asyncio.wait(waiting, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        done, pending = await asyncio.wait(waiting, timeout=1.0)
        assert (len(done), len(pending)) == (1, 1)
        for task in pending:
            task.cancel()
        await asyncio.wait(pending)


async def test_a_page_in_a_browser_gets_no_line(world: World) -> None:
    async with served(world) as port:
        with pytest.raises(InvalidStatus) as refused:
            async with line(port, origin="https://evil.example"):
                pass
    assert refused.value.response.status_code == 403


async def test_under_another_name_there_is_no_line(world: World) -> None:
    async with served(world) as port:
        with pytest.raises(InvalidStatus):
            async with line(port, uri="ws://evil.example/agent"):
                pass


@pytest.mark.parametrize(
    "first",
    [
        "",
        "[]",
        "{}",
        '{"id": 1, "kind": "hello"}',
        '{"id": 1, "kind": "answer", "message": "x"}',
        '{"id": "1", "kind": "hello", "message": "x"}',
        "[" * 50_000,
        b"\x00\x01",
    ],
)
async def test_a_line_begins_with_a_hello(world: World, first: str | bytes) -> None:
    async with served(world) as port, line(port) as connection:
        await connection.send(first)
        assert await end_of(connection) is None


async def test_a_hello_that_is_not_believed_ends_the_line_with_its_reason(world: World) -> None:
    used = world.agent.hello()
    await world.agent.poll(used)
    async with served(world) as port:
        for message, code in ((used, "STA-03"), ("a.b.c", "STA-02"), (world.agent.hello(aud="x"), "STA-02")):
            async with line(port) as connection:
                await say(connection, "hello", message)
                assert (await end_of(connection) or {})["error"] == code


async def test_nobody_says_hello_for_another_on_his_line(world: World) -> None:
    other = await world.pair(StationId("counter-2"))
    async with served(world) as port, line(port) as connection:
        await say(connection, "hello", world.agent.hello())
        await heard(connection)
        await say(connection, "hello", other.hello(), number=2)
        await end_of(connection)
        async with world.storage.reading() as uow:
            assert (await world.stations.get(uow, STATION)).presence is not None


async def test_a_newer_line_takes_the_older_ones_place(world: World) -> None:
    async with served(world) as port, line(port) as older:
        await say(older, "hello", world.agent.hello())
        await heard(older)
        async with line(port) as newer:
            await say(newer, "hello", world.agent.hello())
            await heard(newer)
            assert await end_of(older) is None
            await opened(world)
            assert (await heard(newer))["kind"] == "request"


async def test_a_station_that_is_ended_is_told_so(world: World) -> None:
    async with served(world) as port, line(port) as connection:
        await say(connection, "hello", world.agent.hello())
        await heard(connection)
        async with world.storage.unit_of_work() as uow:
            await world.stations.revoke(uow, STATION, by=SYSTEM)
        last = await end_of(connection)
        assert last is not None
        assert (last["id"], last["status"], last["error"]) == (None, 403, "STA-04")


async def test_a_message_that_is_too_long_ends_the_line(world: World) -> None:
    async with served(world) as port, line(port) as connection:
        await say(connection, "hello", world.agent.hello())
        await heard(connection)
        with pytest.raises(ConnectionClosed):
            await connection.send("x" * 200_000)
            await heard(connection)


async def test_progress_of_somebody_elses_session_is_not_taken(world: World) -> None:
    other = await world.pair(StationId("counter-2"))
    session = await opened(world)
    request = await world.agent.next_request()
    assert (await other.post("/agent/progress", other.progress_message(request, 50))).status_code == 409
    assert (await world.agent.post("/agent/progress", world.agent.progress_message(request, 101))).status_code == 401
    wrong = world.agent.progress_message(request, 50, nonce="x")
    assert (await world.agent.post("/agent/progress", wrong)).status_code == 409
    assert (await session_of(world, session)).percent == 0


async def test_a_poll_gives_way_to_a_later_hello(world: World) -> None:
    """A card that comes and goes is told at once, and no poll that is out of date keeps the agent's hands full."""
    world.mail_slots._hold_poll = 10 * PATIENCE_SECONDS
    async with asyncio.timeout(PATIENCE_SECONDS):
        older = asyncio.create_task(world.agent.poll(slots={"officer": "present", "citizen": "empty"}))
        await asyncio.sleep(0.3)
        assert not older.done()
        world.clock.advance(1)
        newer = asyncio.create_task(world.agent.poll(slots={"officer": "empty", "citizen": "empty"}))
        assert (await older).status_code == 204
        assert not newer.done()
        await opened(world)
        assert (await newer).status_code == 200


async def test_who_is_refused_too_often_gets_no_line_for_a_while(world: World) -> None:
    async with served(world) as port, line(port) as connection:
        await say(connection, "hello", world.agent.hello())
        await heard(connection)
        for number in range(REFUSALS):
            await say(connection, "answer", "a.b.c", number=number)
            assert (await heard(connection))["error"] == "STA-02"
        assert await end_of(connection) is None
        with pytest.raises(InvalidStatus):
            async with line(port):
                pass
