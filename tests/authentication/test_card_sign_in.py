"""Card and own PIN at a counter: what it takes, and every way to have less and seem to have it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from connectors.dopa.card_status import CardStatusClient
from connectors.fictitious.personas import PERSONAS
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.audit.model import SYSTEM
from idp.authentication.card_sign_in import CardSignIns
from idp.authentication.model import AuthenticatedPin, AuthenticationProblem
from idp.authentication.pin_hashing import HashingCost, PinHashing
from idp.authentication.pins import Pins
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import TuatonError
from idp.kernel.ids import CardSessionId, SubscriberId
from idp.stations.model import CardPurpose
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.enrolment.world import STATION, World, identity_of, simulated_registry

pytestmark = pytest.mark.anyio
PIN, WRONG = "27182845", "31415926"
BROWSER, ANOTHER = "browser-at-the-counter", "browser-at-home"
STRANGER = "one_name"
SOMCHAI = PERSONAS["somchai"].person
Problem = AuthenticationProblem


@dataclass
class Counter:
    """A counter with an officer, and Somchai with a PIN before it."""

    world: World
    card_sign_ins: CardSignIns
    pins: Pins
    somchai: SubscriberId

    async def card_in(self, persona: str = "somchai") -> CardSessionId:
        session = await self.card_sign_ins.ask_for_card(station_id=STATION, officer=self.world.members["officer"])
        await self.world.insert(persona)
        return session.id

    async def code(self, session: CardSessionId, officer: str = "officer") -> str:
        return await self.card_sign_ins.hand_over(session, officer=self.world.members[officer])

    async def enter(self, code: str, pin: str = PIN, browser: str = BROWSER) -> AuthenticatedPin:
        return await self.card_sign_ins.authenticate(code=code, pin=pin, browser_id=browser)

    async def refusal(self, code: str, pin: str = PIN, browser: str = BROWSER) -> object:
        with pytest.raises(TuatonError) as refused:
            await self.enter(code, pin, browser)
        return refused.value.code


@pytest.fixture
async def counter(sqlite_storage: Storage, clock: FrozenClock) -> AsyncIterator[Counter]:
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(sqlite_storage, clock, http, switchboard)
        await world.furnish()
        pins = Pins(
            storage=world.storage,
            subscribers=world.subscribers,
            hashing=PinHashing(pepper=b"p" * 32, cost=HashingCost(memory_kib=8, passes=1)),
            audit=world.audit,
            security_log=world.security_log,
        )
        card_sign_ins = CardSignIns(
            storage=world.storage,
            stations=world.stations,
            subscribers=world.subscribers,
            pins=pins,
            card_status=CardStatusClient(base_url="http://registry", http=http, clock=clock.now, deadline_seconds=30),
            audit=world.audit,
            security_log=world.security_log,
        )
        async with world.storage.unit_of_work() as uow:
            somchai = await world.subscribers.create(uow, identity=identity_of("somchai"), ial=Ial.IAL2_2, by=SYSTEM)
        await pins.choose(somchai, PIN, by=SYSTEM)
        yield Counter(world, card_sign_ins, pins, somchai)


async def test_card_and_own_pin_reach_the_middle_level_once(counter: Counter) -> None:
    code = await counter.code(await counter.card_in())
    entered = await counter.enter(code.lower().replace("-", " "))
    assert (entered.subscriber_id, entered.aal, entered.amr) == (counter.somchai, Aal.AAL2_1, ("sc", "pin", "mfa"))
    assert await counter.refusal(code) is Problem.CARD_CODE_UNUSABLE
    events = [entry["event"] for entry in await counter.world.entries()]
    assert {"sign_in.card_shown", "sign_in.card_and_pin", "card_session.ended"} <= set(events)


async def test_of_many_who_enter_at_once_one_gets_in(counter: Counter) -> None:
    code = await counter.code(await counter.card_in())

    async def enter() -> bool:
        try:
            await counter.enter(code)
        except TuatonError:
            return False
        return True

    assert sum(await asyncio.gather(*(enter() for _ in range(4)))) == 1


async def test_a_code_counts_in_the_browser_that_typed_it_first(counter: Counter) -> None:
    code = await counter.code(await counter.card_in())
    assert await counter.refusal(code, WRONG, browser=ANOTHER) is Problem.PIN_NOT_ACCEPTED
    assert await counter.refusal(code) is Problem.CARD_CODE_UNUSABLE
    assert await counter.refusal("0000-0000") is Problem.CARD_CODE_UNUSABLE


async def test_a_code_is_good_for_five_minutes(counter: Counter) -> None:
    code = await counter.code(await counter.card_in())
    counter.world.clock.advance(5 * 60)
    await counter.world.agent.poll()
    assert await counter.refusal(code) is Problem.CARD_CODE_UNUSABLE


async def test_a_new_code_ends_the_one_before_until_somebody_typed_it(counter: Counter) -> None:
    session = await counter.card_in()
    first = await counter.code(session)
    second = await counter.code(session)
    assert await counter.refusal(first) is Problem.CARD_CODE_UNUSABLE
    assert await counter.refusal(second, WRONG) is Problem.PIN_NOT_ACCEPTED
    with pytest.raises(TuatonError):
        await counter.code(session)
    assert (await counter.enter(second)).aal is Aal.AAL2_1


async def test_a_card_that_was_taken_out_opens_nothing(counter: Counter) -> None:
    session = await counter.card_in()
    code = await counter.code(session)
    async with counter.world.storage.unit_of_work() as uow:
        await counter.world.stations.end(uow, session)
    assert await counter.refusal(code) is Problem.CARD_CODE_UNUSABLE
    with pytest.raises(TuatonError):
        await counter.code(session)


async def test_a_station_that_is_revoked_or_away_opens_nothing(counter: Counter) -> None:
    code = await counter.code(await counter.card_in())
    counter.world.clock.advance(46)  # its agent was not heard of since
    assert await counter.refusal(code) is Problem.CARD_CODE_UNUSABLE
    again = await counter.code(await counter.card_in())
    async with counter.world.storage.unit_of_work() as uow:
        await counter.world.stations.revoke(uow, STATION, by=SYSTEM)
    assert await counter.refusal(again) is Problem.CARD_CODE_UNUSABLE


@pytest.mark.parametrize(
    ("persona", "expected"),
    [("officer", Problem.CARD_OF_NOBODY), (STRANGER, Problem.CARD_OF_NOBODY)],
)
async def test_a_card_of_the_officer_or_of_somebody_unknown_gets_no_code(
    counter: Counter, persona: str, expected: Problem
) -> None:
    session = await counter.card_in(persona)
    with pytest.raises(TuatonError) as refused:
        await counter.code(session)
    assert refused.value.code is expected


async def test_another_officer_gets_no_code(counter: Counter) -> None:
    session = await counter.card_in()
    with pytest.raises(TuatonError) as refused:
        await counter.code(session, officer="admin1")
    assert refused.value.code is Problem.CARD_CODE_UNUSABLE


async def test_a_card_that_was_read_for_enrolling_signs_nobody_in(counter: Counter) -> None:
    async with counter.world.storage.unit_of_work() as uow:
        session = await counter.world.stations.open_session(
            uow,
            station_id=STATION,
            requested_by=counter.world.members["officer"],
            purpose=CardPurpose.ENROLMENT,
        )
    await counter.world.insert("somchai")
    with pytest.raises(TuatonError) as refused:
        await counter.code(session.id)
    assert refused.value.code is Problem.CARD_CODE_UNUSABLE


@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.GARBAGE], ids=str)
async def test_without_the_registrys_word_there_is_no_code(counter: Counter, mode: Mode) -> None:
    session = await counter.card_in()
    counter.world.switchboard.switch(Service.CARD_STATUS, Behaviour(mode))
    with pytest.raises(TuatonError) as refused:
        await counter.code(session)
    assert refused.value.code is Problem.REGISTRY_AWAY


async def test_the_registry_is_asked_again_after_a_minute(counter: Counter) -> None:
    code = await counter.code(await counter.card_in())
    counter.world.registry(Mode.DOWN)
    counter.world.clock.advance(40)
    await counter.world.agent.poll()
    assert await counter.refusal(code, WRONG) is Problem.PIN_NOT_ACCEPTED  # its word still counts
    counter.world.clock.advance(30)
    await counter.world.agent.poll()
    assert await counter.refusal(code) is Problem.REGISTRY_AWAY
    counter.world.switchboard.reset()
    assert (await counter.enter(code)).aal is Aal.AAL2_1


async def test_tries_at_counters_rest_together_and_apart_from_elsewhere(counter: Counter) -> None:
    for _ in range(5):
        with pytest.raises(TuatonError):
            await counter.pins.authenticate(identifier=SOMCHAI.citizen_id.digits, pin=WRONG)
    code = await counter.code(await counter.card_in())
    for _ in range(5):
        assert await counter.refusal(code, WRONG) is Problem.PIN_NOT_ACCEPTED
    assert await counter.refusal(code) is Problem.PIN_NOT_ACCEPTED, "it rests"
    counter.world.clock.advance(15 * 60)
    again = await counter.code(await counter.card_in())
    assert (await counter.enter(again)).aal is Aal.AAL2_1


async def test_a_stopped_identity_is_told_so_to_the_right_pin_alone(counter: Counter) -> None:
    code = await counter.code(await counter.card_in())
    async with counter.world.storage.unit_of_work() as uow:
        await counter.world.subscribers.freeze(uow, counter.somchai)
    assert await counter.refusal(code, WRONG) is Problem.PIN_NOT_ACCEPTED
    assert await counter.refusal(code) is Problem.IDENTITY_NOT_LIVE


@pytest.mark.parametrize("persona", ["lost_card", "mismatch", "expired"])
async def test_a_card_that_is_not_in_order_gets_no_code(counter: Counter, persona: str) -> None:
    async with counter.world.storage.unit_of_work() as uow:
        await counter.world.subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_2, by=SYSTEM)
    session = await counter.card_in(persona)
    with pytest.raises(TuatonError) as refused:
        await counter.code(session)
    assert refused.value.code is Problem.CARD_NOT_IN_ORDER
