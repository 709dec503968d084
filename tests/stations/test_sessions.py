"""Card sessions on either engine: one at a station, one read each, data no longer than the card stays."""

import asyncio
import base64
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from joserfc import jwe
from sqlalchemy import select

from idp.agencies.model import AgencyKind
from idp.audit.model import SYSTEM
from idp.enrolment.model import EnrolmentProblem, EnrolmentState
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import CardSessionId, StationId
from idp.keys.encryption import ServerEncryptionKey
from idp.stations.mail_slots import MailSlots
from idp.stations.model import CardPurpose, CardSession, CardSessionState, StationProblem
from idp.stations.photos import PhotoVault
from idp.stations.store import card_session
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.enrolment.world import ISSUER, STATION, World, card_read_of, simulated_registry

pytestmark = pytest.mark.anyio


@pytest.fixture
async def either(storage: Storage, clock: FrozenClock) -> AsyncIterator[World]:
    """The registration office on each engine in turn."""
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(storage, clock, http, switchboard)
        await world.furnish()
        yield world


async def opened(world: World, persona: str = "officer", station: StationId = STATION) -> CardSession:
    async with world.storage.unit_of_work() as uow:
        return await world.stations.open_session(
            uow, station_id=station, requested_by=world.members[persona], purpose=CardPurpose.ENROLMENT
        )


async def state_of(world: World, session: CardSession) -> CardSessionState:
    async with world.storage.reading() as uow:
        return (await world.stations.session(uow, session.id)).state_at(uow.now)


async def test_the_whole_journey_on_either_engine(either: World) -> None:
    completed = await either.confirm(await either.enrol("somchai"))
    assert completed.state is EnrolmentState.COMPLETED
    again = await either.confirm(await either.enrol("somchai"))
    assert again.subscriber_id == completed.subscriber_id


async def test_of_many_answers_at_once_one_is_taken(either: World) -> None:
    session = await opened(either)
    request = await either.agent.next_request()
    messages = [either.agent.answer_message(request, card_read_of("somchai")) for _ in range(6)]
    answers = await asyncio.gather(*(either.agent.post("/agent/answer", message) for message in messages))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409, 409, 409]
    assert await state_of(either, session) is CardSessionState.READ


async def test_of_many_polls_at_once_one_gets_the_request(either: World) -> None:
    await opened(either)
    polls = await asyncio.gather(*(either.agent.poll() for _ in range(5)))
    assert sorted(poll.status_code for poll in polls) == [200, 204, 204, 204, 204]


async def test_of_many_decisions_at_once_one_enrols(either: World) -> None:
    checked = await either.enrol("somchai")
    decisions = await asyncio.gather(*(either.confirm(checked) for _ in range(4)), return_exceptions=True)
    done = [decision for decision in decisions if not isinstance(decision, BaseException)]
    assert len(done) == 1
    assert all(isinstance(decision, TuatonError) for decision in decisions if decision is not done[0])
    async with either.storage.reading() as uow:
        known = await either.subscribers.page(uow, after=None, limit=10)
    assert len(known) == len(either.people) + 1


async def test_a_station_in_use_is_left_to_the_colleague(either: World) -> None:
    await opened(either)
    with pytest.raises(Conflict) as refused:
        await opened(either, "admin1")
    assert refused.value.code is StationProblem.STATION_BUSY


async def test_a_session_that_is_over_frees_the_station(world: World) -> None:
    first = await opened(world)
    world.clock.advance(121)
    assert await state_of(world, first) is CardSessionState.EXPIRED
    second = await opened(world, "admin1")
    assert await state_of(world, second) is CardSessionState.WAITING


async def test_a_station_of_another_agency_is_not_there(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        foreign = await world.agencies.register_agency(
            uow, code="other", name_th="อื่น", name_en="Other", kind=AgencyKind.STATE, by=SYSTEM
        )
    await world.pair(StationId("counter-9"), agency_id=foreign.id)
    with pytest.raises(NotFound):
        await opened(world, station=StationId("counter-9"))
    async with world.storage.reading() as uow:
        assert [station.id for station in await world.stations.of_agency(uow, world.agency_id)] == [STATION]


async def test_a_revoked_station_opens_nothing_and_is_revoked_once(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.stations.revoke(uow, STATION, by=SYSTEM)
    with pytest.raises(TuatonError) as refused:
        await opened(world)
    assert refused.value.code is StationProblem.NOT_ACTIVE
    with pytest.raises(Conflict):
        async with world.storage.unit_of_work() as uow:
            await world.stations.revoke(uow, STATION, by=SYSTEM)


async def test_a_station_id_is_paired_once(world: World) -> None:
    with pytest.raises(Conflict):
        await world.pair(STATION)


async def test_the_sweep_throws_away_what_was_read(world: World) -> None:
    session = await opened(world)
    await world.agent.answer(await world.agent.next_request(), card_read_of("somchai"))
    world.clock.advance(15 * 60)
    async with world.storage.unit_of_work() as uow:
        assert await world.stations.sweep(uow) == 1
        row = await uow.first(select(card_session.c.state, card_session.c.card_jwe, card_session.c.photo_jwe))
        with pytest.raises(NotFound):
            await world.stations.read_of(uow, session.id)
    assert row is not None
    assert tuple(row) == ("expired", None, None)


async def test_a_photo_opens_in_the_process_that_asked_alone(world: World) -> None:
    session = await opened(world)
    await world.agent.answer(await world.agent.next_request(), card_read_of("somchai"))
    async with world.storage.reading() as uow:
        row = await uow.first(select(card_session.c.photo_jwe))
        assert row is not None
        assert await world.stations.photo_of(uow, session.id) == card_read_of("somchai").photo
    with pytest.raises(NotFound):
        PhotoVault().open(session.id, row.photo_jwe, now=world.clock.now())
    world.photos.forget(session.id)
    with pytest.raises(NotFound):
        world.photos.open(session.id, row.photo_jwe, now=world.clock.now())


def with_header(header: str) -> str:
    return base64.urlsafe_b64encode(header.encode()).rstrip(b"=").decode() + "..AAAAAAAAAAAAAAAA.AAAA." + "A" * 22


BENT_HEADERS = ('{"alg":"ECDH-ES","enc":[]}', '{"alg":"ECDH-ES","enc":"A256GCM","epk":{},"crit":5}')


@pytest.mark.parametrize("header", [*BENT_HEADERS, None])
async def test_whatever_an_agent_calls_a_card_stops_no_worker(world: World, header: str | None) -> None:
    started = await world.start()
    request = await world.agent.next_request()
    if header is None:  # well encrypted, and nested deeper than anybody reads
        ways = {"alg": "ECDH-ES", "enc": "A256GCM"}
        card = jwe.encrypt_compact(ways, b"[" * 40_000, request.data_key, algorithms=list(ways.values()))
    else:
        card = with_header(header)
    await world.agent.answer(request, None, outcome="read", card=card, photo=with_header(BENT_HEADERS[0]))
    async with world.storage.reading() as uow:
        with pytest.raises(NotFound):
            await world.stations.photo_of(uow, started.card_session_id)
        with pytest.raises(Refused):
            await world.stations.read_of(uow, started.card_session_id)
    assert await world.enrolments.advance_open() == 1
    assert (await world.enrolments.advance(started.id)).problem is EnrolmentProblem.CARD_DATA_UNUSABLE


async def test_an_unknown_session_is_not_found(world: World) -> None:
    async with world.storage.reading() as uow:
        for ask in (world.stations.session, world.stations.read_of, world.stations.photo_of):
            with pytest.raises(NotFound):
                await ask(uow, CardSessionId("crd_nothing"))


@dataclass(frozen=True)
class Interfering:
    """A clock: whoever looks at it gives somebody else the time to change the store."""

    store: Path
    statement: str
    time: FrozenClock

    def now(self) -> datetime:
        with closing(sqlite3.connect(self.store)) as other, other:
            other.execute(self.statement)
        return self.time.now()


@pytest.mark.parametrize("change", ["UPDATE station SET status = 'revoked'", "UPDATE station SET public_jwk = '{}'"])
async def test_a_station_that_ends_while_its_message_is_read_is_not_believed(
    world: World, tmp_path: Path, change: str
) -> None:
    slots = MailSlots(
        storage=world.storage,
        agencies=world.agencies,
        signing=world.signing,
        encryption=ServerEncryptionKey(world.root_keys),
        audit=world.audit,
        security_log=world.security_log,
        clock=Interfering(tmp_path / "store.db", change, world.clock),
        issuer=ISSUER,
    )
    with pytest.raises(Refused) as refused:
        await slots.hello(world.agent.hello())
    assert refused.value.code is StationProblem.NOT_ACTIVE
    async with world.storage.reading() as uow:
        assert (await world.stations.get(uow, STATION)).presence is None
