"""Two nodes on one store: what one of them ends the other answers no more, and of two changes at once one is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from idp.agencies.model import Member
from idp.agencies.seats.model import SeatProblem
from idp.app.building import build_rooms
from idp.app.conformance.outside import outside_of_conformance
from idp.app.gateway_door import gateway_door
from idp.app.ground import open_ground
from idp.app.rooms import Rooms
from idp.kernel.errors import TuatonError
from tests.attacks.house import House, settings_of
from tests.gateway.agency.caretaker import Caretaker
from tests.gateway.agency.test_members import invited, person
from tests.provider.oidc.program import Program

pytestmark = pytest.mark.anyio


@pytest.fixture
async def there(house: House) -> AsyncIterator[tuple[Rooms, httpx2.ASGITransport]]:
    """The other node: its rooms and the way to its data exchange."""
    home = Path(str(house.storage.engine.url.database)).parent
    while not (home / "keys").is_dir():
        home = home.parent
    settings = settings_of(home)
    async with open_ground(settings, clock=house.clock) as ground:
        rooms = await build_rooms(settings, ground, outside_of_conformance(home, house.clock))
        yield rooms, httpx2.ASGITransport(app=gateway_door(settings, rooms), raise_app_exceptions=False)


async def test_a_program_that_is_ended_here_is_answered_no_more_there(
    caretaker: Caretaker, there: tuple[Rooms, httpx2.ASGITransport]
) -> None:
    other = replace(caretaker, transport=there[1])
    assert (await other.ask("GET", "/agency")).status_code == 200
    await caretaker.told("POST", f"/agency/clients/{caretaker.program.client_id}/suspend", tag='"1"')
    assert (await other.ask("GET", "/agency")).status_code == 401
    asked = {"grant_type": "client_credentials", "scope": "agency.manage"}
    fresh = Program(caretaker.house, caretaker.program.client_id, caretaker.program.key)
    assert (await fresh.token(asked)).status_code == 401


async def test_of_two_changes_on_two_nodes_one_is_told(
    caretaker: Caretaker, there: tuple[Rooms, httpx2.ASGITransport]
) -> None:
    other = replace(caretaker, transport=there[1])
    await caretaker.token()
    answers = await asyncio.gather(
        *(
            office.ask("PATCH", caretaker.one, {"contacts": [f"{number}@example.org"]}, tag='"1"')
            for number, office in enumerate((caretaker, other, caretaker, other))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


async def test_the_last_place_goes_once_over_both(
    caretaker: Caretaker, there: tuple[Rooms, httpx2.ASGITransport]
) -> None:
    made = [await invited(caretaker) for _ in range(4)]

    async def accept(rooms: Rooms, code: str, name: str) -> Member:
        async with rooms.ground.storage.unit_of_work() as uow:
            return await rooms.seats.accept(uow, code, by=person(name))

    nodes = (caretaker.house.rooms, there[0])
    answers = await asyncio.gather(
        *(accept(nodes[place % 2], one["code"], str(place)) for place, one in enumerate(made)), return_exceptions=True
    )
    assert sum(isinstance(answer, Member) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, TuatonError)} == {SeatProblem.FULL}
