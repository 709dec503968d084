"""Card sessions of agencies' programs over HTTP: both agents, real tokens, the registry's own wire (S1, S25)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies.model import AgencyKind
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.store import insert_client
from idp.catalogue.gdx import CardSessionSubject
from idp.catalogue.model import Basis
from idp.exchange.counter.model import CounterSessionId
from idp.gateway.card_sessions import STREAMS_OF_ALL, STREAMS_PER_CLIENT
from idp.gateway.open_places import OpenPlaces
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import ClientId, StationId
from idp.oversight.model import AccessRecord
from idp.oversight.service import AccessHistory
from tests.exchange.world import JOBS, SOMCHAI, client
from tests.gateway.counter import CARD, COUNTER, DUTY, FORM, OFFICER, Counter, detail_of, open_counter, pair
from tests.gateway.door import Door

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counter(door: Door) -> AsyncIterator[Counter]:
    opened = await open_counter(door)
    yield opened
    await opened.agent.http.aclose()


def code_of(answer: Any) -> str:
    code: str = answer.json()["code"]
    return code


async def test_a_card_is_waited_for_read_and_pulled_on(counter: Counter) -> None:
    opened = await counter.open()
    assert opened.status_code == 201
    session_id = opened.json()["id"]
    assert opened.headers["location"].endswith(f"/card-sessions/{session_id}")
    assert (opened.json()["light"], opened.json()["need"]) == ("red", "officer_card")
    await counter.sign_in()
    assert (await counter.show(session_id))["light"] == "yellow"
    await counter.insert("somchai", session_id)
    shown = await counter.show(session_id)
    assert (shown["light"], shown["card"], shown["ready"]) == ("green", "read", True)
    assert SOMCHAI.citizen_id.digits not in json.dumps(shown)
    answer = await counter.pull(session_id)
    assert answer.status_code == 200, answer.text
    assert answer.json()["fields"]["citizen_id"] == SOMCHAI.citizen_id.digits
    assert answer.json()["subject"] == session_id


async def test_the_owner_sees_the_position_of_the_officer_and_the_case_never_the_name(counter: Counter) -> None:
    session_id = await counter.ready()
    assert (await counter.pull(session_id)).status_code == 200
    world = counter.door.world
    async with world.storage.reading() as uow:
        entries = await AccessHistory(personal=world.personal).of(uow, world.somchai)
    record = entries[0]
    assert isinstance(record, AccessRecord)
    assert (record.case, record.basis) == ("ทส 7/2569", Basis.CARD_HANDED_OVER)
    assert (record.officer_position_th, record.station_name_th) == ("เจ้าหน้าที่งานทะเบียน", "เคาน์เตอร์ 1")
    (entry,) = await world.entries("exchange.released")
    assert counter.officer.id in entry
    assert session_id in entry


@pytest.mark.parametrize("basis", [(Basis.CARD_HANDED_OVER, CARD), (Basis.SIGNED_FORM, FORM), (Basis.DUTY, DUTY)])
async def test_each_ground_carries_what_was_asked_for_on_it_alone(
    counter: Counter, basis: tuple[Basis, dict[str, Any]]
) -> None:
    session_id = await counter.ready(basis=basis[1])
    for other in (Basis.CARD_HANDED_OVER, Basis.SIGNED_FORM, Basis.DUTY):
        answer = await counter.pull(session_id, basis=other)
        assert answer.status_code == (200 if other is basis[0] else 403), answer.text


async def test_the_card_alone_needs_no_session_with_the_registry(counter: Counter) -> None:
    """S25: on-card data need no PIN; here the registry's session ended after the card was read."""
    session_id = await counter.ready()
    await counter.act("sign_out")
    counter.door.world.clock.advance(6)
    await counter.hello()
    assert (await counter.pull(session_id, "card.identity")).status_code == 200
    refused = await counter.pull(session_id)
    assert (refused.status_code, code_of(refused)) == (409, "EXC-45")


async def test_no_card_yet(counter: Counter) -> None:
    await counter.sign_in()
    refused = await counter.pull(await counter.opened())
    assert (refused.status_code, code_of(refused)) == (409, "EXC-42")


async def test_the_officer_not_signed_in(counter: Counter) -> None:
    refused = await counter.pull(await counter.opened())
    assert (refused.status_code, code_of(refused)) == (409, "EXC-45")


async def test_card_out_is_the_end_and_another_card_is_another_session(counter: Counter) -> None:
    session_id = await counter.ready()
    await counter.card(None)
    refused = await counter.pull(session_id)
    assert (refused.status_code, code_of(refused)) == (409, "EXC-43")
    counter.door.world.clock.advance(1)
    # the agent's word that the card was taken out is lost: what is in now came after the read
    await counter.card(OFFICER)
    refused = await counter.pull(session_id, "card.identity")
    assert (refused.status_code, code_of(refused)) == (409, "EXC-43")


async def test_the_station_that_went_away(counter: Counter) -> None:
    session_id = await counter.ready()
    counter.door.world.clock.advance(61)
    refused = await counter.pull(session_id)
    assert (refused.status_code, code_of(refused)) == (409, "EXC-44")


async def test_an_ended_session_carries_nothing(counter: Counter) -> None:
    session_id = await counter.ready()
    token = await counter.own_token(session_id)
    assert (await counter.door.delete(token, f"/card-sessions/{session_id}")).status_code == 204
    assert code_of(await counter.pull(session_id)) == "EXC-41"
    assert (await counter.door.delete(token, f"/card-sessions/{session_id}")).status_code == 204


async def test_a_session_is_one_visit(counter: Counter) -> None:
    session_id = await counter.ready()
    counter.door.world.clock.advance(901)
    await counter.hello()
    assert code_of(await counter.pull(session_id)) == "EXC-41"


async def test_a_card_taken_out_while_the_registry_answers_gets_nothing(counter: Counter) -> None:
    await counter.sign_in()
    session_id = await counter.opened()
    request = await counter.insert("somchai", session_id)

    async def taken_out() -> None:
        await counter.agent.pull(request)

    counter.door.world.registry.meanwhile = taken_out
    refused = await counter.pull(session_id)
    assert (refused.status_code, code_of(refused)) == (409, "EXC-43")
    assert not await counter.door.world.entries("exchange.released")


async def test_an_officer_who_left_meanwhile_gets_nothing(counter: Counter) -> None:
    session_id = await counter.ready()
    counter.door.world.registry.meanwhile = counter.end_member
    assert (await counter.pull(session_id)).status_code in (403, 409)
    assert not await counter.door.world.entries("exchange.released")
    refused = await counter.pull(session_id)
    assert (refused.status_code, code_of(refused)) == (403, "EXC-47")


async def test_a_card_that_the_registry_does_not_know_as_good(counter: Counter) -> None:
    counter.door.world.switchboard.switch(Service.CARD_STATUS, Behaviour(Mode.DOWN))
    session_id = await counter.ready()
    refused = await counter.pull(session_id)
    assert (refused.status_code, code_of(refused)) == (503, "EXC-07")
    counter.door.world.switchboard.switch(Service.CARD_STATUS, Behaviour(Mode.OK))
    assert (await counter.pull(session_id)).status_code == 200


async def test_a_lost_card_carries_nothing(counter: Counter) -> None:
    session_id = await counter.ready(persona="lost_card")
    for dataset in ("dopa.person", "card.identity"):
        refused = await counter.pull(session_id, dataset)
        assert (refused.status_code, code_of(refused)) == (403, "EXC-46")


async def test_an_officer_who_puts_in_the_own_card_has_nobody_before_him(counter: Counter) -> None:
    session_id = await counter.ready(persona="officer")
    refused = await counter.pull(session_id, "card.identity")
    assert refused.status_code in (403, 409)
    assert not await counter.door.world.entries("exchange.released")


async def test_who_may_open(counter: Counter) -> None:
    door = counter.door
    world = door.world
    _, citizen = await world.consented()
    tokens = [
        await door.token(citizen),
        await door.token(world.own_token()),
        await counter.officer_token(scope=("openid",)),
        await counter.officer_token(acr=Acr(Ial.IAL3, Aal.AAL2_1)),
        await counter.officer_token(subscriber_id=world.somchai),
    ]
    for number, token in enumerate(tokens[:4]):
        refused = await counter.open(token)
        assert (refused.status_code, code_of(refused)) == (403, "CTR-01"), number
    await counter.end_member()
    assert code_of(await counter.open()) == "CTR-01"


async def test_what_cannot_be_opened(counter: Counter) -> None:
    token = await counter.officer_token()
    for changes, status, code in (
        ({"purpose": "jobseeker-registration"}, 403, "CTR-03"),
        ({"purpose": "nobody-s"}, 403, "CTR-03"),
        ({"station": "nowhere"}, 404, "STA-01"),
        ({"case": "1101700207030"}, 422, "CTR-08"),
        ({"basis": {"kind": "card_handed_over", "notice_read": False}}, 400, "CTR-07"),
        ({"basis": {"kind": "consent"}}, 400, "CTR-07"),
        ({"basis": DUTY | {"law": "กฎหมายอื่น"}}, 422, "BSE-07"),
        ({"basis": FORM | {"signed_on": "2026-11-23"}}, 422, "BSE-06"),
        ({"citizen_id": "1101700207030"}, 400, "CTR-07"),
    ):
        refused = await counter.open(token, **changes)
        assert (refused.status_code, code_of(refused)) == (status, code), refused.text


async def test_another_agency_s_station_is_as_none(counter: Counter) -> None:
    world = counter.door.world
    async with world.storage.unit_of_work() as uow:
        other = await world.agencies.register_agency(
            uow, code="other", name_th="อื่น", name_en="Other", kind=AgencyKind.STATE, by=SYSTEM
        )
    await pair(counter.door, StationId("theirs"), agency_id=other.id)
    assert code_of(await counter.open(station="theirs")) == "STA-01"


async def test_another_client_s_session_is_as_if_it_had_never_been(counter: Counter) -> None:
    """Attack row 44: same body as absent."""
    session_id, door = await counter.ready(), counter.door
    async with door.world.storage.unit_of_work() as uow:
        await insert_client(uow, client(ClientId("other"), door.world.agency.id, door.key))
    absent = "cds_" + "0" * 26
    seen = []
    for named in (session_id, absent):
        own = door.world.own_token(detail_of("dopa.person", CardSessionSubject(named)))
        theirs = await door.token(replace(own, client_id=ClientId("other"), sub="other"))
        shown = await door.fetch(theirs, f"/card-sessions/{named}")
        ended = await door.delete(theirs, f"/card-sessions/{named}")
        pulled = await door.pull(theirs)
        assert (shown.status_code, ended.status_code, pulled.status_code) == (404, 404, 404)
        seen.append([{**answer.json(), "correlation_id": ""} for answer in (shown, ended, pulled)])
    assert seen[0] == seen[1]
    assert (await counter.show(session_id))["ready"]


async def test_another_client_s_request_asks_neither_the_reader_nor_the_registry(counter: Counter) -> None:
    door = counter.door
    await counter.sign_in()
    session_id = await counter.opened()
    async with door.world.storage.unit_of_work() as uow:
        await insert_client(uow, client(ClientId("other"), door.world.agency.id, door.key))
    door.world.clock.advance(1)
    await counter.card(None)
    door.world.clock.advance(1)
    await counter.card(SOMCHAI.citizen_id.digits)
    own = door.world.own_token(detail_of("dopa.person", CardSessionSubject(session_id)))
    refused = await door.pull(await door.token(replace(own, client_id=ClientId("other"), sub="other")))
    assert (refused.status_code, code_of(refused)) == (404, "EXC-40")
    assert not await door.world.entries("card_session.opened")
    await counter.show(session_id)
    assert len(await door.world.entries("card_session.opened")) == 1


async def test_a_session_for_one_purpose_and_case_carries_no_other(counter: Counter) -> None:
    session_id = await counter.ready()
    assert code_of(await counter.pull(session_id, case="ทส 8/2569")) == "EXC-40"
    assert code_of(await counter.pull(session_id, purpose="jobseeker-registration")) == "EXC-02"
    assert (await counter.pull(session_id, case=None)).status_code == 200


async def test_two_looks_at_once_ask_for_one_card(counter: Counter) -> None:
    await counter.sign_in()
    session_id = await counter.opened()
    counter.door.world.clock.advance(1)
    await counter.card(None)
    counter.door.world.clock.advance(1)
    await counter.card(SOMCHAI.citizen_id.digits)
    agency = counter.door.world.agency.id
    looked = await asyncio.gather(
        *(
            counter.door.world.counters.look(CounterSessionId(session_id), agency_id=agency, client_id=JOBS)
            for _ in range(4)
        )
    )
    assert len({view.session.card_session_id for view in looked} - {None}) == 1
    assert len(await counter.door.world.entries("card_session.opened")) == 1


async def test_the_events_tell_every_change_until_it_is_over(counter: Counter) -> None:
    session_id = await counter.ready()
    path = f"/card-sessions/{session_id}/events"
    token = await counter.own_token(session_id)
    headers = counter.door._credentials(token, "GET", path)
    await counter.card(None)
    answer = await counter.door.http.get(path, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert told[-1]["over"]
    assert told[-1]["reason"] == "card_removed"
    assert SOMCHAI.citizen_id.digits not in answer.text


def test_streams_are_bounded_for_each_program_and_in_all() -> None:
    places = OpenPlaces(of_client=STREAMS_PER_CLIENT, of_all=STREAMS_OF_ALL)
    with ExitStack() as open_streams:
        for number in range(STREAMS_OF_ALL):
            client_id = f"client {number // STREAMS_PER_CLIENT}"
            assert places.has_one_for(client_id)
            open_streams.enter_context(places.taken_by(client_id))
            is_full = (number + 1) % STREAMS_PER_CLIENT == 0
            assert places.has_one_for(client_id) is not is_full
        assert not places.has_one_for("a client without any")
    assert places.has_one_for("client 0")


async def test_one_stream_too_many_is_refused(counter: Counter) -> None:
    session_id, door = await counter.opened(), counter.door
    path, token = f"/card-sessions/{session_id}/events", await counter.own_token(session_id)
    streams = [
        asyncio.create_task(door.http.get(path, headers=door._credentials(token, "GET", path)))
        for _ in range(STREAMS_PER_CLIENT + 5)
    ]
    answered, open_still = await asyncio.wait(streams, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    for stream in open_still:
        stream.cancel()
    await asyncio.gather(*open_still, return_exceptions=True)
    assert {code_of(await answer) for answer in answered} == {"CTR-09"}


async def test_a_card_taken_out_while_its_status_is_asked_is_out(counter: Counter) -> None:
    """What the reader says after the registry's answer counts, not what it said before."""
    await counter.sign_in()
    session_id = await counter.opened()
    request = await counter.insert("somchai", session_id)
    world = counter.door.world

    async def taken_out(_event: httpx2.Response) -> None:
        world.http.event_hooks["response"] = []
        await counter.agent.pull(request)

    world.http.event_hooks["response"] = [taken_out]
    assert (await counter.show(session_id))["reason"] == "card_removed"


async def test_uses_are_of_the_visit_whatever_token_asks(counter: Counter) -> None:
    session_id = await counter.ready()
    for _ in range(2):
        assert (await counter.pull(session_id, uses=2)).status_code == 200
    assert code_of(await counter.pull(session_id, uses=2)) == "EXC-03"


async def test_nothing_of_the_card_stays_readable_in_the_store(counter: Counter) -> None:
    session_id = await counter.ready()
    assert (await counter.pull(session_id)).status_code == 200
    async with counter.door.world.storage.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        dump = "\n".join([line async for line in driver.iterdump()]) if driver is not None else ""
    assert SOMCHAI.citizen_id.digits not in dump
    assert COUNTER in dump
