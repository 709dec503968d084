"""Pairing a station: what a code gives, how often, to whom; and the agent itself as its own process."""

import asyncio
import json
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet, OctKey

from connectors.card.agent.config import load_config
from connectors.card.agent.issuer_keys import KeysNotProven, proven_keys
from connectors.card.agent.messages import sign
from connectors.contracts.card_wire import HELLO_TYP, HelloClaims
from connectors.contracts.pairing_wire import CROCKFORD, normal_code
from idp.audit.model import SYSTEM
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import StationId
from idp.stations.model import CardPurpose, PlannedStation, StationMode, StationProblem
from idp.stations.pairing_rules import validate_planned
from tests.enrolment.world import ISSUER, STATION, Agent, World
from tests.patience import PATIENCE_SECONDS
from tests.provider.agent.pairing import PLANNED, PairingOffice

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(world: World) -> PairingOffice:
    return PairingOffice(world)


def agent_of(office: PairingOffice, station_id: str, key: ECKey, jwks: object = None) -> Agent:
    keys = KeySet.import_key_set(jwks) if isinstance(jwks, dict) else office.world.agent.issuer_keys
    return Agent(office.http, StationId(station_id), key, keys, office.world.clock)


async def test_a_look_shows_whose_station_it_is_and_a_confirmation_pairs_it(office: PairingOffice) -> None:
    made, key = await office.code(), ECKey.generate_key("P-256")
    looked = (await office.show(made.text.lower(), key=key, confirms=False)).json()
    assert looked == {
        "station_id": made.station_id,
        "station": {"th": "ช่อง 7", "en": "Counter 7"},
        "agency": {"th": "สำนักทะเบียนสาธิต", "en": "Demo Office"},
        "site": "ชั้น 1 อาคารสาธิต",
        "mode": "one-slot",
        "issuer_jwks": None,
        "link_key": None,
    }
    paired = await office.show(made.code, key=key)
    assert paired.status_code == 200
    assert paired.headers["cache-control"] == "no-store"
    assert paired.json()["issuer_jwks"] == await office.world.signing.public_jwks()
    assert (await agent_of(office, made.station_id, key).poll()).status_code == 204
    async with office.world.storage.reading() as uow:
        station = await office.world.stations.get(uow, made.station_id)
    assert (station.agency_id, station.site, station.mode) == (
        office.world.agency_id,
        "ชั้น 1 อาคารสาธิต",
        StationMode.ONE_SLOT,
    )
    written = {
        entry["event"] for entry in await office.world.entries() if entry["details"].get("station") == made.station_id
    }
    assert written == {"station.pairing_offered", "station.enrolled"}


async def test_a_code_pairs_once(office: PairingOffice) -> None:
    made = await office.code()
    answers = await asyncio.gather(*(office.show(made.code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"STA-13"}


async def test_after_five_wrong_tries_the_right_code_is_wrong_too(office: PairingOffice) -> None:
    made = await office.code()
    wrong = made.code[:4] + ("0000" if made.code[4:] != "0000" else "1111")
    answers = await asyncio.gather(*(office.show(wrong) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {400}
    assert (await office.show(made.code)).json()["error"] == "STA-13"


async def test_a_code_dies_after_ten_minutes(office: PairingOffice) -> None:
    made = await office.code()
    office.world.clock.advance(601)
    assert (await office.show(made.code)).status_code == 400


async def test_wrong_used_and_unknown_codes_are_answered_alike(office: PairingOffice) -> None:
    made = await office.code()
    await office.show(made.code)
    answers = [await office.show(code) for code in (made.code, "ZZZZZZZZ", "short", "")]
    assert len({answer.text for answer in answers}) == 1


async def test_a_code_of_a_member_who_left_pairs_nothing(office: PairingOffice) -> None:
    made = await office.code()
    office.world.clock.advance(1)
    async with office.world.storage.unit_of_work() as uow:
        await office.world.agencies.end_member(uow, office.world.members["officer"].id, by=SYSTEM)
    assert (await office.show(made.code)).json()["error"] == "STA-04"


async def test_pairing_anew_ends_the_old_key_and_its_card_session(office: PairingOffice) -> None:
    world = office.world
    async with world.storage.unit_of_work() as uow:
        session = await world.stations.open_session(
            uow, station_id=STATION, requested_by=world.members["officer"], purpose=CardPurpose.ENROLMENT
        )
    request = await world.agent.next_request()
    older, made = await office.code(replaces=STATION), await office.code(replaces=STATION)
    assert made.station_id == STATION
    assert (await office.show(older.code)).status_code == 400
    key = ECKey.generate_key("P-256")
    assert (await office.show(made.code, key=key)).status_code == 200
    assert (await world.agent.poll()).json()["error"] == "STA-02"
    assert (await world.agent.answer(request, None, outcome="declined")).json()["error"] == "STA-02"
    assert (await agent_of(office, STATION, key).poll()).status_code == 200  # the end of the session
    async with world.storage.reading() as uow:
        assert (await world.stations.session(uow, session.id)).state.value == "ended"


async def test_a_station_that_was_revoked_meanwhile_stays_revoked(office: PairingOffice) -> None:
    made = await office.code(replaces=STATION)
    async with office.world.storage.unit_of_work() as uow:
        await office.world.stations.revoke(uow, STATION, by=SYSTEM)
    assert (await office.show(made.code)).json()["error"] == "STA-13"
    assert (await office.world.agent.poll()).json()["error"] == "STA-04"


async def test_nobody_pairs_anew_what_is_not_his(office: PairingOffice) -> None:
    stranger = await office.stranger()
    with pytest.raises(NotFound):
        await office.code(by=stranger, replaces=STATION)


async def test_codes_that_wait_are_few(office: PairingOffice) -> None:
    for _ in range(20):
        await office.code()
    with pytest.raises(Refused) as refused:
        await office.code()
    assert refused.value.code is StationProblem.TOO_MANY_CODES


@pytest.mark.parametrize(
    "bent",
    [{"aud": "https://elsewhere.example"}, {"exp": 1}, {"iat": 1, "exp": 10**10}, {"typ": HELLO_TYP}],
)
async def test_a_bent_message_is_not_believed(office: PairingOffice, bent: dict[str, object]) -> None:
    made = await office.code()
    answer = await office.show(made.code, **bent)
    assert (answer.status_code, answer.json()["error"]) == (401, "STA-02")


async def test_a_message_signed_by_another_key_than_it_shows_is_not_believed(office: PairingOffice) -> None:
    made = await office.code()
    mine, shown = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    header, payload, _ = office.message(made.code, key=shown).split(".")
    forged = f"{header}.{payload}.{office.message(made.code, key=mine).split('.')[2]}"
    assert (await office.send(forged)).json()["error"] == "STA-02"


async def test_a_message_that_is_sent_again_pairs_nothing(office: PairingOffice) -> None:
    made = await office.code()
    message = office.message(made.code, key=ECKey.generate_key("P-256"))
    assert (await office.send(message)).status_code == 200
    assert (await office.send(message)).status_code == 400


async def test_an_old_agent_is_told_so(world: World) -> None:
    office = PairingOffice(world, minimum_agent_version="0.2")
    made = await office.code()
    answer = await office.show(made.code)
    assert (answer.status_code, answer.json()["error"]) == (426, "STA-06")


@pytest.mark.parametrize(
    "planned",
    [
        PlannedStation("", "Counter", "", StationMode.ONE_SLOT),
        PlannedStation("ช่อง", " ", "", StationMode.ONE_SLOT),
        PlannedStation("ช่อง", "Counter", "a\nb", StationMode.ONE_SLOT),
        PlannedStation("ช" * 81, "Counter", "", StationMode.ONE_SLOT),
    ],
)
def test_a_station_is_named(planned: PlannedStation) -> None:
    with pytest.raises(Refused) as refused:
        validate_planned(planned)
    assert refused.value.code is StationProblem.BAD_STATION


@given(st.text(alphabet=CROCKFORD, min_size=8, max_size=8))
def test_a_code_survives_how_people_type(code: str) -> None:
    typed = f" {code[:4].lower()} - {code[4:]} ".replace("0", "o").replace("1", "l")
    assert normal_code(typed) == code


@given(st.text())
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = normal_code(text)
    assert code is None or (len(code) == 8 and set(code) <= set(CROCKFORD))


async def test_later_keys_are_proven_by_the_link_key_alone(office: PairingOffice) -> None:
    made, key = await office.code(), ECKey.generate_key("P-256")
    await office.show(made.code, key=key)
    statement = (await office.send(agent_of(office, made.station_id, key).hello(), "/agent/keys")).text
    link_key = OctKey.import_key(office.pairings._link_keys.of(made.station_id, key.as_dict(private=False)))
    expected = {"expected_issuer": ISSUER, "expected_station": made.station_id, "now": office.world.clock.now()}
    keys, jwks = proven_keys(statement, link_key=link_key, **expected)  # type: ignore[arg-type]
    assert jwks == await office.world.signing.public_jwks()
    assert keys.keys
    for bent in (
        {"link_key": OctKey.import_key(b"x" * 32)},
        {"expected_station": "counter-1"},
        {"expected_issuer": "https://elsewhere.example"},
        {"now": datetime(2030, 1, 1, tzinfo=UTC)},
    ):
        with pytest.raises(KeysNotProven):
            proven_keys(statement, **{"link_key": link_key, **expected, **bent})  # type: ignore[arg-type]


async def test_the_keys_are_said_to_a_station_alone(office: PairingOffice) -> None:
    stranger = agent_of(office, "counter-1", ECKey.generate_key("P-256"))
    assert (await office.send(stranger.hello(), "/agent/keys")).json()["error"] == "STA-02"


@asynccontextmanager
async def served(office: PairingOffice) -> AsyncIterator[int]:
    server = uvicorn.Server(uvicorn.Config(office.app, log_level="error", lifespan="off", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield int(listening.getsockname()[1])
        server.should_exit = True
        await serving


async def run_pair(port: int, config: Path, code: str, *, says: str) -> tuple[int, str]:
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.card.agent", "--config", str(config),
        "pair", code, "--issuer", ISSUER, "--connect-to", f"http://127.0.0.1:{port}",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(agent.communicate(says.encode()), PATIENCE_SECONDS)
    assert agent.returncode is not None
    return agent.returncode, said.decode()


async def test_the_agent_pairs_by_itself_and_keeps_its_key_to_itself(office: PairingOffice, tmp_path: Path) -> None:
    # the agent's process knows the time alone: the office's clock goes with it
    office.world.clock.advance((datetime.now(UTC) - office.world.clock.now()).total_seconds())  # noqa: TID251 - see above
    made = await office.code()
    config = tmp_path / "new" / "station.json"
    async with served(office) as port:
        declined, said = await run_pair(port, config, made.text, says="n\n")
        assert (declined, config.exists()) == (4, False)
        assert "Counter 7" in said
        assert "สำนักทะเบียนสาธิต" in said
        paired, _ = await run_pair(port, config, made.text, says="y\n")
        again, said = await run_pair(port, tmp_path / "other.json", made.text, says="y\n")
    assert (paired, again) == (0, 4)
    assert "STA-13" in said
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    written = load_config(config)
    assert (written.station_id, written.issuer, written.mode) == (made.station_id, ISSUER, "one-slot")
    assert written.station_key.is_private
    assert json.loads(config.read_text())["station_key"]["d"] not in said
    hello = replace(
        HelloClaims(made.station_id, ISSUER, 0, 0, "once", "0.1.0", "memory", virtual=True, slots={}),
        iat=int(office.world.clock.now().timestamp()),
        exp=int(office.world.clock.now().timestamp()) + 60,
    )
    answer = await office.send(sign(hello, typ=HELLO_TYP, station_key=written.station_key), "/agent/poll")
    assert answer.status_code == 204


async def test_the_agent_says_when_the_code_cannot_be_one(office: PairingOffice, tmp_path: Path) -> None:
    code, said = await run_pair(1, tmp_path / "station.json", "12", says="")
    assert (code, "eight letters" in said) == (4, True)
    assert PLANNED.name_en not in said
