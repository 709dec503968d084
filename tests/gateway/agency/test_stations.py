"""An agency's stations, as its caretaker sees and makes them."""

from typing import Any

import pytest

from idp.audit.model import SYSTEM
from idp.kernel.ids import StationId
from idp.stations.model import StationMode
from tests.gateway.agency.agent import asking
from tests.gateway.agency.caretaker import READ, Caretaker
from tests.protocol.signing import ec_key

pytestmark = pytest.mark.anyio
WISH = {"name_th": "ช่อง 2", "name_en": "Counter 2", "site": "north"}


@pytest.fixture
async def one(caretaker: Caretaker) -> str:
    """The address of a counter that the agency has."""
    station_id = StationId(f"{caretaker.other}-counter")
    async with caretaker.house.storage.unit_of_work() as uow:
        await caretaker.house.rooms.stations.enrol(
            uow,
            station_id=station_id,
            agency_id=caretaker.agency_id,
            name_th="ก",
            name_en="a",
            public_jwk=ec_key().as_dict(private=False),
            allow_virtual=False,
            by=SYSTEM,
        )
    return f"/agency/stations/{station_id}"


async def test_it_sees_its_own_and_when_they_were_last_there(caretaker: Caretaker, rival: Caretaker, one: str) -> None:
    (shown,) = (await caretaker.told("GET", "/agency/stations", scope=READ))["stations"]
    assert (shown["id"], shown["last_seen_at"], shown["agent_version"]) == (one.rpartition("/")[2], None, None)
    assert await caretaker.told("GET", one) == shown
    assert (await rival.told("GET", "/agency/stations"))["stations"] == []
    for named in (one, "/agency/stations/nowhere", "/agency/stations/x%20y"):
        assert await rival.code("GET", named) == (404, "STA-01")
        assert await rival.code("POST", f"{named}/code") == (404, "STA-01")
        assert await rival.code("DELETE", named, tag='"x"') == (404, "STA-01")


async def test_a_code_pairs_a_computer_while_its_program_counts(caretaker: Caretaker) -> None:
    code = await caretaker.told("POST", "/agency/stations", WISH, status=201)
    key = ec_key()
    answer = await caretaker.house.rooms.pairings.answer(asking(code["code"], key, caretaker.house.clock.now()))
    assert answer.station_id == code["station_id"]
    found = await caretaker.told("GET", f"/agency/stations/{code['station_id']}")
    assert (found["site"], found["mode"]) == ("north", "one-slot")
    (entry,) = [one for one in await caretaker.events("station.enrolled") if one["actor"]["kind"] == "client"]
    assert entry["actor"]["id"] == caretaker.program.client_id


async def test_a_code_of_a_suspended_program_pairs_nothing(caretaker: Caretaker) -> None:
    from idp.kernel.errors import Refused

    code = await caretaker.told("POST", "/agency/stations", WISH, status=201)
    await caretaker.told("POST", f"/agency/clients/{caretaker.program.client_id}/suspend", tag='"1"')
    with pytest.raises(Refused, match="STA-04"):
        await caretaker.house.rooms.pairings.answer(asking(code["code"], ec_key(), caretaker.house.clock.now()))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"site": "nowhere"}, (400, "STA-15")),
        ({"name_th": ""}, (400, "API-01")),
        ({"name_en": "a\nb"}, (400, "API-01")),
        ({"mode": "kiosk"}, (400, "API-01")),
        ({"allow_virtual": True}, (400, "API-01")),
        ({"agency_id": "rival"}, (400, "API-01")),
        ({"replaces": "counter-1"}, (400, "API-01")),
    ],
)
async def test_a_station_that_cannot_be_is_refused(
    caretaker: Caretaker, changes: dict[str, Any], refusal: tuple[int, str]
) -> None:
    answer = await caretaker.code("POST", "/agency/stations", {**WISH, **changes})
    assert answer[1] == refusal[1]
    assert answer[0] in (400, 422)


async def test_a_removal_names_the_station_as_it_was_read(caretaker: Caretaker, one: str) -> None:
    tag = await caretaker.tag(one)
    assert await caretaker.code("DELETE", one) == (428, "API-02")
    assert await caretaker.code("DELETE", one, tag='"1"') == (412, "API-03")
    # another computer took its place meanwhile
    code = await caretaker.told("POST", f"{one}/code", status=201)
    await caretaker.house.rooms.pairings.answer(asking(code["code"], ec_key(), caretaker.house.clock.now()))
    assert await caretaker.code("DELETE", one, tag=tag) == (412, "API-03")
    await caretaker.told("DELETE", one, tag=await caretaker.tag(one), status=204)
    assert await caretaker.code("GET", one) == (404, "STA-01")
    assert (await caretaker.told("GET", "/agency/stations"))["stations"] == []


async def test_many_stations_come_in_pages(caretaker: Caretaker) -> None:
    house = caretaker.house
    async with house.storage.unit_of_work() as uow:
        for number in range(60):
            await house.rooms.stations.enrol(
                uow,
                station_id=StationId(f"{caretaker.other}-{number:02}"),
                agency_id=caretaker.agency_id,
                name_th="ก",
                name_en="a",
                public_jwk=ec_key().as_dict(private=False),
                allow_virtual=False,
                by=SYSTEM,
                mode=StationMode.ONE_SLOT,
            )
    first = await caretaker.told("GET", "/agency/stations")
    second = await caretaker.told("GET", f"/agency/stations?after={first['next']}")
    assert len(first["stations"]) + len(second["stations"]) == 60
    assert second["next"] is None
