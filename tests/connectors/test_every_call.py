"""What holds for every call to every registry: its answer, its source, its refusals, what it never writes down."""

import dataclasses
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx2
import pytest

from connectors.contracts.errors import RegistryError, RegistryOutcome, RegistryUnavailable
from connectors.contracts.registry_photo import RegistryPhoto
from connectors.dbd.services import DBD_SERVICES
from connectors.dopa.ikno_services import IKNO_SERVICES
from connectors.dopa.linkage_services import LINKAGE_SERVICES
from connectors.fictitious.photos import photo
from connectors.fictitious.population import create_population
from connectors.gdx import URL_LOGGERS
from connectors.simulators.app import create_simulators
from connectors.simulators.switchboard import Behaviour, Mode, Service, Switchboard
from tests.clock import FrozenClock
from tests.connectors.registries import COMPANY, FIVE, World, company_calls, open_world, person_calls, world_on
from tests.connectors.simulators.serving import served
from tests.connectors.written_lines import written_lines

pytestmark = pytest.mark.anyio

NOT_CALLED_ALONE = {"IKNO-001-01", "IKNO-001-02", "IKNO-001-03", "00023/007"}
"""Profiles of other sizes, and the members that always come with their house."""

# what rests on the question alone: the published answer, or its code for "never changed", names nobody
NAMES_NOBODY = {
    "IKNO-001-10", "IKNO-001-11", "IKNO-001-12", "IKNO-001-13", "00023/013", "00023/017", "00023/039",
    *(f"DBD-{number:03d}" for number in (6, 10, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22)),
}  # fmt: skip
SWITCHES = (Service.IKNO, Service.LINKAGE, Service.DBD)


@pytest.fixture
async def world(clock: FrozenClock) -> AsyncIterator[World]:
    async with open_world(clock) as opened:
        yield opened


def switch(world: World, mode: Mode, **more: Any) -> None:
    for service in SWITCHES:
        world.board.switch(service, Behaviour(mode, **more))


def test_every_published_service_is_asked() -> None:
    expected = {*IKNO_SERVICES, *LINKAGE_SERVICES, *DBD_SERVICES, "RD-001", "DBD-v7"} - NOT_CALLED_ALONE
    world: Any = None
    codes = company_calls(world).keys()
    assert codes < expected
    assert expected - codes == {*IKNO_SERVICES, *LINKAGE_SERVICES} - NOT_CALLED_ALONE


async def test_every_call_answers_and_names_its_source(world: World, clock: FrozenClock) -> None:
    calls = {**person_calls(world), **company_calls(world)}
    assert calls.keys() == {*IKNO_SERVICES, *LINKAGE_SERVICES, *DBD_SERVICES, "RD-001", "DBD-v7"} - NOT_CALLED_ALONE
    for code, call in calls.items():
        answer = await call()
        assert answer.provenance.service == code
        assert answer.provenance.retrieved_at == clock.now()
        assert answer.provenance.source in {"DOPA", "DLT", "DBD", "RD"}
        assert "object at" in repr(answer)


@pytest.mark.parametrize(
    ("mode", "more", "outcome"),
    [
        (Mode.DOWN, {}, RegistryOutcome.UNAVAILABLE),
        (Mode.GARBAGE, {}, RegistryOutcome.GARBAGE),
        (Mode.CLOSED, {}, RegistryOutcome.OUT_OF_HOURS),
        (Mode.QUOTA, {}, RegistryOutcome.OVER_QUOTA),
        (Mode.BUSY, {}, RegistryOutcome.BUSY),
        (Mode.NO_RIGHT, {}, RegistryOutcome.NO_RIGHT),
        (Mode.CODE, {"code": "00815"}, RegistryOutcome.NOT_FOUND),
        (Mode.CODE, {"code": "90043"}, RegistryOutcome.NO_SESSION),
        (Mode.CODE, {"code": "99499"}, RegistryOutcome.UNEXPLAINED),
    ],
)
async def test_every_refusal_of_every_call_is_one_outcome(
    world: World, clock: FrozenClock, mode: Mode, more: dict[str, Any], outcome: RegistryOutcome
) -> None:
    for code, call in {**person_calls(world), **company_calls(world)}.items():
        switch(world, mode, **more)
        with pytest.raises(RegistryError) as refusal:
            await call()
        assert refusal.value.outcome is outcome, code
        said = str(refusal.value)
        assert said.isascii()
        assert FIVE.citizen_id.digits not in said
        assert COMPANY.juristic_id.digits not in said
        # every tenth failure in a row opens the breaker: it is not what this test is about
        clock.advance(3)
        world.board.reset()
        await world.company.company(COMPANY.juristic_id, deadline_seconds=5)


async def test_somebody_elses_answer_goes_no_further(world: World) -> None:
    switch(world, Mode.WRONG_PERSON)
    for code, call in {**person_calls(world), **company_calls(world)}.items():
        if code in NAMES_NOBODY:
            continue
        with pytest.raises(RegistryError) as refusal:
            pytest.fail(f"{code} gave {type((await call()).record)}")
        assert refusal.value.outcome is RegistryOutcome.WRONG_PERSON, code


def texts_in(value: Any) -> Iterator[Any]:
    """Every value in a record, however deep."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(key)
            yield from texts_in(inner)
    elif isinstance(value, list | tuple | frozenset):
        for inner in value:
            yield from texts_in(inner)
    else:
        yield value


async def test_a_photo_sits_in_no_record_but_the_photos(world: World) -> None:
    image = photo(world.population.cards[FIVE.citizen_id])
    seen = []
    for code, call in {**person_calls(world), **company_calls(world)}.items():
        answer = await call()
        holds = any(
            image[:32] in value if isinstance(value, bytes) else image[:32].hex() in str(value).lower()
            for value in texts_in(answer)
        )
        if holds:
            seen.append((code, type(answer.record)))
    assert seen == [("IKNO-001-05", RegistryPhoto)]


async def ask_everything(world: World, clock: FrozenClock) -> None:
    for mode in (Mode.OK, Mode.DOWN, Mode.WRONG_PERSON):
        switch(world, mode)
        for call in {**person_calls(world), **company_calls(world)}.values():
            try:
                await call()
            except RegistryError as refusal:
                logging.getLogger("room").info("refused", exc_info=refusal)
            clock.advance(3)


async def test_no_number_name_secret_or_photo_of_any_call_reaches_the_log(clock: FrozenClock) -> None:
    board = Switchboard()
    application = create_simulators(
        population=create_population(houses=30, companies=10), clock=clock.now, switchboard=board
    )
    with served(application) as base_url, written_lines(quiet=URL_LOGGERS) as lines:
        async with httpx2.AsyncClient() as http:
            world = world_on(http, base_url, clock, board)
            await ask_everything(world, clock)
    written = "\n".join(lines)
    assert "refused" in written
    laser = world.population.cards[FIVE.citizen_id].data.laser_code
    assert laser is not None
    for never in (
        FIVE.citizen_id.digits,
        COMPANY.juristic_id.digits,
        FIVE.name_th.first,
        laser.text,
        "demonstration-secret",
        "agency-password",
        "FFD8FF",
    ):
        assert never not in written


async def test_a_slow_registry_is_given_up_at_the_deadline(world: World) -> None:
    world.board.switch(Service.LINKAGE, Behaviour(Mode.SLOW, delay_ms=500))
    with pytest.raises(RegistryUnavailable):
        await world.linkage.person(FIVE.citizen_id, deadline_seconds=0.05)
