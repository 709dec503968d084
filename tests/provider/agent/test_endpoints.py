"""What an agent is answered: every message that is not believed, and every answer that comes to the wrong place."""

import asyncio
import base64
import json

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import update

from connectors.card.agent.messages import EndRequest
from connectors.contracts.card_wire import ANSWER_TYP
from idp.agencies.store import agency
from idp.audit.model import SYSTEM
from idp.kernel.ids import StationId
from idp.stations.model import CardSessionState
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.enrolment.world import STATION, World, card_read_of, simulated_registry
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


async def test_a_poll_without_work_is_answered_with_nothing(world: World) -> None:
    response = await world.agent.poll()
    assert response.status_code == 204
    async with world.storage.reading() as uow:
        station = await world.stations.get(uow, STATION)
        assert station.is_present_at(uow.now)


async def test_a_poll_that_is_held_gets_the_request_that_comes(sqlite_storage: Storage, clock: FrozenClock) -> None:
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(sqlite_storage, clock, http, switchboard, hold_poll=10 * PATIENCE_SECONDS)
        await world.furnish()
        poll = asyncio.create_task(world.agent.poll())
        await asyncio.sleep(0.3)
        await world.start()
        response = await asyncio.wait_for(poll, PATIENCE_SECONDS)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/jwt")


@pytest.mark.parametrize(
    "bent",
    [
        pytest.param({"aud": "http://elsewhere.example"}, id="another issuer"),
        pytest.param({"exp": 0}, id="expired"),
        pytest.param({"iat": 1}, id="lives for years"),
        pytest.param({"iss": "no-such-station"}, id="unknown station"),
        pytest.param({"typ": ANSWER_TYP}, id="another kind of message"),
        pytest.param({"slots": {"citizen": "broken"}}, id="malformed claims"),
    ],
)
async def test_a_hello_that_does_not_hold_is_refused(world: World, bent: dict[str, object]) -> None:
    response = await world.agent.poll(**bent)
    assert response.status_code == 401
    assert response.json()["error"] in ("STA-01", "STA-02")


async def test_a_forged_hello_is_refused(world: World) -> None:
    forged = await world.agent.poll(key=ECKey.generate_key("P-256"))
    assert (forged.status_code, forged.json()["error"]) == (401, "STA-02")


async def test_a_hello_without_signature_is_refused(world: World) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "agent-hello+jwt"}).encode()).rstrip(b"=")
    unsigned = f"{header.decode()}.{world.agent.hello().split('.')[1]}."
    assert (await world.agent.poll(unsigned)).status_code == 401


@pytest.mark.parametrize("message", ["", "a.b", "a.b.c", "....", "\u0e01", "." * 3, "x" * 200_000])
async def test_what_is_no_message_is_refused(world: World, message: str) -> None:
    response = await world.agent.post("/agent/poll", message)
    assert response.status_code == 401


async def test_another_content_type_is_refused(world: World) -> None:
    response = await world.agent.http.post("/agent/poll", content=world.agent.hello())
    assert response.status_code == 401


async def test_a_hello_counts_once(world: World) -> None:
    hello = world.agent.hello()
    assert (await world.agent.poll(hello)).status_code == 204
    replayed = await world.agent.poll(hello)
    assert (replayed.status_code, replayed.json()["error"]) == (401, "STA-03")
    assert await world.refusals("station.hello_refused") == ["STA-03"]


async def test_a_revoked_station_is_refused(world: World) -> None:
    enrolment = await world.start()
    request = await world.agent.next_request()
    async with world.storage.unit_of_work() as uow:
        await world.stations.revoke(uow, STATION, by=SYSTEM)
    assert (await world.agent.poll()).status_code == 403
    assert (await world.agent.answer(request, card_read_of("somchai"))).status_code == 403
    async with world.storage.reading() as uow:
        session = await world.stations.session(uow, enrolment.card_session_id)
    assert session.state is CardSessionState.ENDED
    assert await world.refusals("station.hello_refused") == ["STA-04"]


async def test_a_station_of_a_suspended_agency_is_refused(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(agency).values(status="suspended"))
    assert (await world.agent.poll()).status_code == 403


async def test_a_virtual_reader_is_refused_where_it_is_not_allowed(world: World) -> None:
    strict = await world.pair(StationId("counter-2"), allow_virtual=False)
    assert (await strict.poll()).status_code == 403
    assert (await strict.poll(virtual=False)).status_code == 204
    await world.start(station=strict.station_id)
    request = await strict.next_request(virtual=False)
    lying = await strict.answer(request, card_read_of("somchai"))
    assert (lying.status_code, lying.json()["error"]) == (403, "STA-05")
    assert (await strict.answer(request, card_read_of("somchai"), virtual=False)).status_code == 204


async def test_an_agent_that_is_too_old_is_told_so(world: World) -> None:
    for version in ("0.0.9", "zero", "0.x"):
        assert (await world.agent.poll(version=version)).status_code == 426


async def test_a_request_is_handed_out_once(world: World) -> None:
    await world.start()
    await world.agent.next_request()
    assert (await world.agent.poll()).status_code == 204


async def test_a_wrong_nonce_is_refused(world: World) -> None:
    enrolment = await world.start()
    request = await world.agent.next_request()
    wrong = await world.agent.answer(request, card_read_of("somchai"), nonce="another")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "STA-02")
    async with world.storage.reading() as uow:
        session = await world.stations.session(uow, enrolment.card_session_id)
    assert session.state is CardSessionState.TAKEN


async def test_a_session_of_another_station_is_refused(world: World) -> None:
    other = await world.pair(StationId("counter-2"))
    await world.start()
    request = await world.agent.next_request()
    assert (await other.answer(request, card_read_of("somchai"))).status_code == 401


async def test_an_answer_after_the_session_expired_is_refused(world: World) -> None:
    await world.start()
    request = await world.agent.next_request()
    world.clock.advance(121)
    late = await world.agent.answer(request, card_read_of("somchai"))
    assert (late.status_code, late.json()["error"]) == (410, "STA-08")


async def test_a_second_answer_is_refused(world: World) -> None:
    enrolment = await world.start()
    request = await world.agent.next_request()
    assert (await world.agent.answer(request, card_read_of("somchai"))).status_code == 204
    second = await world.agent.answer(request, card_read_of("malee"))
    assert (second.status_code, second.json()["error"]) == (409, "STA-07")
    async with world.storage.reading() as uow:
        assert await world.stations.read_of(uow, enrolment.card_session_id) == card_read_of("somchai").data


async def test_the_same_answer_again_is_refused(world: World) -> None:
    await world.start()
    message = world.agent.answer_message(await world.agent.next_request(), card_read_of("somchai"))
    assert (await world.agent.post("/agent/answer", message)).status_code == 204
    assert (await world.agent.post("/agent/answer", message)).status_code == 401


@pytest.mark.parametrize(
    "bent",
    [{"outcome": "read", "card": None}, {"outcome": "fault", "card": None}, {"fault": "CARD-99"}, {"outcome": "lost"}],
)
async def test_an_answer_that_contradicts_itself_is_refused(world: World, bent: dict[str, object]) -> None:
    await world.start()
    request = await world.agent.next_request()
    assert (await world.agent.answer(request, card_read_of("somchai"), **bent)).status_code == 401


async def test_the_agent_is_told_when_a_session_ends_here(world: World) -> None:
    checked = await world.enrol("somchai")
    await world.confirm(checked)
    message = await world.agent.next_message()
    assert message == EndRequest(checked.card_session_id)
    assert (await world.agent.poll()).status_code == 204


async def test_a_newer_session_of_the_same_officer_ends_the_older(world: World) -> None:
    older = await world.start()
    await world.start()
    assert (await world.enrolments.advance(older.id)).state.value == "refused"
