"""Officers' sessions over DOPA's wire: three tries, the lock, time-out, wrong cards, stale words, nobody's answer."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select, update

from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.switchboard import Behaviour, Mode, Service, Switchboard
from idp.agencies.model import Member, Role
from idp.kernel.errors import Refused
from idp.keys.sealing import TokenSealer
from idp.stations.desk import Desk
from idp.stations.model import OfficerProblem, Station, StationMode, StationNeed, StationState
from idp.stations.officer_sessions import AmiSessions
from idp.stations.officer_store import officer_session
from idp.stations.store import station as station_table
from tests.ami import ami_at
from tests.enrolment.world import STATION, World

pytestmark = pytest.mark.anyio

OFFICER, SOMCHAI = (PERSONAS[key].person.citizen_id.digits for key in ("officer", "somchai"))


@dataclass
class Counter:
    """A counter with our agent and DOPA's; what is done at the reader reaches both."""

    world: World
    http: httpx2.AsyncClient
    switchboard: Switchboard
    sessions: AmiSessions
    desk: Desk
    officer: Member
    slots: dict[str, str]

    async def act(self, act: str, **said: str) -> None:
        body = json.dumps({"act": act, **said})
        answer = await self.http.post("/_ami", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 204, answer.text

    async def card(self, number: str | None, *, slot: str = "citizen", tells_us: bool = True) -> None:
        await (self.act("remove") if number is None else self.act("insert", citizen_id=number))
        self.slots[slot] = "empty" if number is None else "present"
        if tells_us:
            await self.hello()

    async def hello(self) -> None:
        assert (await self.world.agent.poll(slots=dict(self.slots))).status_code == 204

    async def sign_in(self, pin: str = "2580", *, slot: str = "citizen") -> None:
        await self.card(OFFICER, slot=slot)
        self.world.clock.advance(1)
        await self.act("pin", pin=pin)

    async def light(self) -> tuple[StationState, StationNeed, OfficerProblem | None]:
        view = await self.desk.view(STATION, member=self.officer)
        return view.state, view.need, view.trouble

    async def station(self) -> Station:
        async with self.world.storage.reading() as uow:
            return await self.world.stations.get(uow, STATION)

    async def mode(self, mode: StationMode) -> None:
        async with self.world.storage.unit_of_work() as uow:
            await uow.execute(update(station_table).values(mode=mode.value))


@pytest.fixture
async def counter(world: World) -> AsyncIterator[Counter]:
    switchboard = Switchboard()
    simulators = create_simulators(
        population=create_population(houses=2, companies=0), clock=world.clock.now, switchboard=switchboard
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=simulators), base_url="http://gdx") as http:
        sessions = AmiSessions(
            storage=world.storage,
            subscribers=world.subscribers,
            registry=ami_at(http, world.clock),
            sealer=TokenSealer(world.root_keys),
            audit=world.audit,
        )
        desk = Desk(storage=world.storage, stations=world.stations, officers=sessions)
        officer = replace(world.members["officer"], roles=frozenset({Role.LOOKUP_OFFICER}))
        made = Counter(world, http, switchboard, sessions, desk, officer, {"officer": "empty", "citizen": "empty"})
        await made.hello()
        yield made


async def test_one_slot_from_red_over_yellow_to_green_and_back(counter: Counter) -> None:
    assert await counter.light() == (StationState.AGENT_NOT_AVAILABLE, StationNeed.OFFICER_CARD, None)
    await counter.card(OFFICER)
    assert (await counter.light())[1] is StationNeed.OFFICER_PIN
    counter.world.clock.advance(6)
    await counter.act("pin", pin="2580")
    assert (await counter.light())[:2] == (StationState.AGENT_AVAILABLE, StationNeed.OFFICER_CARD_OUT)
    counter.world.clock.advance(2)
    await counter.card(None)
    assert (await counter.light())[:2] == (StationState.AGENT_AVAILABLE, StationNeed.CITIZEN_CARD)
    counter.world.clock.advance(30)
    await counter.card(SOMCHAI)
    assert (await counter.light())[:2] == (StationState.CITIZEN_AVAILABLE, StationNeed.NOTHING)
    counter.world.clock.advance(30)
    await counter.card(None)
    assert (await counter.light())[0] is StationState.AGENT_AVAILABLE
    for _ in range(4):  # between two citizens there is no hurry
        counter.world.clock.advance(30)
        await counter.hello()
    assert (await counter.light())[0] is StationState.AGENT_AVAILABLE
    events = [entry["event"] for entry in await counter.world.entries()]
    assert events.count("officer_session.opened") == 1


async def test_the_first_citizen_has_a_minute(counter: Counter) -> None:
    await counter.sign_in()
    await counter.light()
    counter.world.clock.advance(1)
    await counter.card(None)
    for _ in range(3):
        counter.world.clock.advance(21)
        await counter.hello()
    assert (await counter.light())[:2] == (StationState.AGENT_NOT_AVAILABLE, StationNeed.OFFICER_CARD)


async def test_two_slots_lock_when_the_officers_card_is_pulled(counter: Counter) -> None:
    await counter.mode(StationMode.TWO_SLOT)
    await counter.sign_in(slot="officer")
    assert (await counter.light())[:2] == (StationState.AGENT_AVAILABLE, StationNeed.CITIZEN_CARD)
    counter.slots["citizen"] = "present"
    await counter.hello()
    assert (await counter.light())[0] is StationState.CITIZEN_AVAILABLE
    counter.world.clock.advance(1)
    counter.slots["officer"] = "empty"
    await counter.hello()
    assert (await counter.light())[:2] == (StationState.AGENT_NOT_AVAILABLE, StationNeed.OFFICER_CARD_BACK)
    with pytest.raises(Refused):
        await counter.desk.require_green(STATION, officer=counter.officer)


async def test_three_wrong_pins_lock_and_the_right_one_is_too_late(counter: Counter) -> None:
    seen = []
    for pin in ("0000", "1111", "2222", "2580"):
        await counter.sign_in(pin)
        counter.world.clock.advance(6)
        seen.append((await counter.light())[2])
    assert seen == [OfficerProblem.WRONG_PIN, OfficerProblem.WRONG_PIN, OfficerProblem.LOCKED, OfficerProblem.LOCKED]


async def test_a_right_pin_forgets_wrong_ones(counter: Counter) -> None:
    for pin in ("0000", "1111", "2580", "0000", "1111"):
        await counter.sign_in(pin)
    counter.world.clock.advance(6)
    assert (await counter.light())[2] is OfficerProblem.WRONG_PIN


async def test_a_card_of_somebody_who_is_no_officer_opens_nothing(counter: Counter) -> None:
    await counter.card(SOMCHAI)
    await counter.act("pin", pin="2580")
    assert await counter.light() == (StationState.AGENT_NOT_AVAILABLE, StationNeed.OFFICER_PIN, None)


async def test_another_officers_session_is_not_mine(counter: Counter) -> None:
    await counter.card(PERSONAS["admin1"].person.citizen_id.digits)
    await counter.act("pin", pin="2580")
    assert (await counter.light())[0] is StationState.AGENT_NOT_AVAILABLE
    await counter.act("sign_out")
    await counter.sign_in()
    counter.world.clock.advance(6)
    counter.switchboard.switch(Service.AMI, Behaviour(Mode.WRONG_PERSON))
    assert (await counter.light())[2] is OfficerProblem.OTHER_OFFICER


async def test_a_session_ends_after_its_hour(counter: Counter) -> None:
    await counter.sign_in()
    assert (await counter.light())[0] is StationState.AGENT_AVAILABLE
    counter.world.clock.advance(3600)
    await counter.hello()
    assert (await counter.light())[2] is OfficerProblem.SESSION_ENDED
    assert {"officer_session.opened", "officer_session.closed"} <= {
        entry["event"] for entry in await counter.world.entries()
    }


async def test_a_stale_word_of_the_registry_is_outvoted_by_the_reader(counter: Counter) -> None:
    await counter.sign_in()
    await counter.light()
    counter.world.clock.advance(1)
    await counter.card(None)
    counter.world.clock.advance(1)
    await counter.card(SOMCHAI)
    await counter.act("freeze")
    assert (await counter.light())[0] is StationState.CITIZEN_AVAILABLE
    counter.world.clock.advance(1)
    await counter.card(None)  # DOPA still says CitizenAvailable
    assert (await counter.light())[0] is StationState.AGENT_AVAILABLE


async def test_what_was_heard_counts_for_five_seconds(counter: Counter) -> None:
    await counter.sign_in()
    await counter.light()
    counter.switchboard.switch(Service.AMI, Behaviour(Mode.DOWN))
    counter.world.clock.advance(4)
    assert (await counter.light())[0] is StationState.AGENT_AVAILABLE
    counter.world.clock.advance(1.1)
    assert await counter.light() == (
        StationState.AGENT_NOT_AVAILABLE,
        StationNeed.OFFICER_PIN,
        OfficerProblem.UNKNOWN,
    )


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.DOWN, OfficerProblem.UNKNOWN),
        (Mode.GARBAGE, OfficerProblem.UNKNOWN),
        (Mode.CLOSED, OfficerProblem.OUTSIDE_HOURS),
        (Mode.QUOTA, OfficerProblem.UNKNOWN),
    ],
)
async def test_whatever_is_no_plain_yes_is_no(counter: Counter, mode: Mode, expected: OfficerProblem) -> None:
    await counter.sign_in()
    counter.switchboard.switch(Service.AMI, Behaviour(mode))
    with pytest.raises(Refused) as refused:
        await counter.sessions.require(counter.officer, await counter.station())
    assert refused.value.code is expected


async def test_a_row_that_somebody_wrote_or_copied_says_nothing(counter: Counter) -> None:
    await counter.sign_in()
    await counter.light()
    async with counter.world.storage.unit_of_work() as uow:
        row = await uow.first(select(officer_session))
        assert row is not None
        assert OFFICER not in row.sealed
        await uow.execute(update(officer_session).values(member_id=counter.world.members["admin1"].id))
    counter.switchboard.switch(Service.AMI, Behaviour(Mode.DOWN))
    other = replace(counter.world.members["admin1"], roles=frozenset({Role.LOOKUP_OFFICER}))
    state = await counter.sessions.state_of(other, await counter.station())
    assert (state.session, state.trouble) == (None, OfficerProblem.UNKNOWN)


async def test_no_session_outlives_a_day_at_work_however_often_it_is_asked_for(counter: Counter) -> None:
    await counter.sign_in()
    for _ in range(16):
        await counter.light()
        counter.world.clock.advance(1800)
        await counter.act("pin", pin="2580")  # renewed at the registry without a gap
        await counter.hello()
    for _ in range(3):
        assert (await counter.light())[2] is OfficerProblem.SESSION_ENDED
        counter.world.clock.advance(6)
        await counter.hello()
    # the way on: out, and in again
    await counter.act("sign_out")
    counter.world.clock.advance(6)
    await counter.light()
    await counter.sign_in()
    counter.world.clock.advance(6)
    assert (await counter.light())[0] is StationState.AGENT_AVAILABLE
    told = [entry["event"] for entry in await counter.world.entries() if entry["event"].startswith("officer_session")]
    assert told == ["officer_session.opened", "officer_session.closed", "officer_session.opened"]


async def test_a_registry_that_was_silent_for_a_moment_gives_no_new_day_at_work(counter: Counter) -> None:
    await counter.sign_in()
    for half_hour in range(16):
        await counter.light()
        counter.world.clock.advance(1790)
        await counter.act("pin", pin="2580")  # renewed at the registry without a gap
        await counter.hello()
        if half_hour == 9:
            counter.switchboard.switch(Service.AMI, Behaviour(Mode.DOWN))
            assert (await counter.light())[2] is OfficerProblem.UNKNOWN
            with pytest.raises(Refused, match="STA-27"):
                await counter.sessions.require(counter.officer, await counter.station())
            counter.switchboard.switch(Service.AMI, Behaviour(Mode.OK))
        counter.world.clock.advance(10)
        await counter.hello()
    assert (await counter.light())[2] is OfficerProblem.SESSION_ENDED


async def test_a_citizen_who_comes_while_the_registry_is_silent_opens_nothing(counter: Counter) -> None:
    await counter.sign_in()
    session = await counter.sessions.require(counter.officer, await counter.station())
    counter.switchboard.switch(Service.AMI, Behaviour(Mode.DOWN))
    counter.world.clock.advance(6)
    assert (await counter.sessions.state_of(counter.officer, await counter.station())).session is None
    await counter.sessions.note_citizen(counter.officer, await counter.station(), session)
    state = await counter.sessions.state_of(counter.officer, await counter.station())
    assert (state.session, state.trouble) == (None, OfficerProblem.UNKNOWN)


async def test_ended_sessions_are_thrown_away(counter: Counter) -> None:
    await counter.sign_in()
    await counter.light()
    counter.world.clock.advance(timedelta(days=1, seconds=1).total_seconds())
    async with counter.world.storage.unit_of_work() as uow:
        assert await counter.world.stations.forget_expired(uow) == 1


async def test_the_pin_is_in_no_row_and_no_entry(counter: Counter) -> None:
    await counter.sign_in()
    await counter.light()
    assert "2580" not in json.dumps(await counter.world.entries())
    async with counter.world.storage.reading() as uow:
        assert all("2580" not in str(tuple(row)) for row in await uow.all(select(officer_session)))
