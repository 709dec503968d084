"""People named by number: only under that right, by an officer, for one purpose and case; every handle counts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from connectors.contracts.identifiers import PassportNumber
from idp.agencies.model import Role
from idp.audit.model import SYSTEM
from idp.catalogue.model import Basis
from idp.exchange.counter.store import citizen_ref
from idp.exchange.pull.counting import take_handle
from idp.kernel.assurance import Ial
from idp.kernel.ids import MemberId
from idp.oversight.model import AccessRecord
from idp.oversight.service import AccessHistory
from tests.enrolment.world import identity_of
from tests.exchange.world import SOMCHAI
from tests.gateway.counter import CARD, CASE, COUNTER, DUTY, FORM, OFFICER, Counter, open_counter, signed_in
from tests.gateway.door import Door

pytestmark = pytest.mark.anyio

NUMBER = SOMCHAI.citizen_id.digits


@pytest.fixture
async def counter(door: Door) -> AsyncIterator[Counter]:
    opened = await open_counter(door)
    yield opened
    await opened.agent.http.aclose()


async def named(counter: Counter, token: str | None = None, **changes: Any) -> httpx2.Response:
    body = {"citizen_id": NUMBER, "purpose": COUNTER, "case": CASE, "basis": DUTY} | changes
    return await counter.door.post(token or await counter.officer_token(), "/citizen-refs", body)


async def handle(counter: Counter, **changes: Any) -> str:
    answer = await named(counter, **changes)
    assert answer.status_code == 201, answer.text
    handle_id: str = answer.json()["id"]
    return handle_id


@pytest.mark.parametrize("ground", [(Basis.DUTY, DUTY), (Basis.SIGNED_FORM, FORM)])
async def test_a_handle_is_pulled_on_and_its_owner_sees_it(
    counter: Counter, ground: tuple[Basis, dict[str, Any]]
) -> None:
    handle_id = await handle(counter, basis=ground[1])
    answer = await counter.pull(handle_id, basis=ground[0])
    assert answer.status_code == 200, answer.text
    assert answer.json()["fields"]["citizen_id"] == NUMBER
    assert answer.json()["subject"] == handle_id
    world = counter.door.world
    async with world.storage.reading() as uow:
        record = (await AccessHistory(personal=world.personal).of(uow, world.somchai))[0]
    assert isinstance(record, AccessRecord)
    assert record.by_number
    assert (record.officer_position_th, record.station_name_th) == ("เจ้าหน้าที่งานทะเบียน", None)


async def test_an_officer_without_a_citizens_number_does_not_ask_as_the_system(counter: Counter) -> None:
    """The registry knows officers by that number; nobody in particular would be the system, with rights of its own."""
    world, known = counter.door.world, identity_of("clerk")
    foreigner = replace(known, citizen_id=None, passport=PassportNumber("UTO", "P5501234"))
    async with world.storage.unit_of_work() as uow:
        person = await world.subscribers.create(uow, identity=foreigner, ial=Ial.IAL2_2, by=SYSTEM)
        officer = await world.agencies.add_member(
            uow,
            agency_id=world.agency.id,
            subscriber_id=person,
            position_th="ที่ปรึกษา",
            position_en="Adviser",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
    opened = await named(counter, await counter.door.token(await signed_in(counter.door, officer)))
    assert opened.status_code == 201, opened.text
    refused = await counter.pull(opened.json()["id"], basis=Basis.DUTY)
    assert (refused.status_code, refused.json()["code"]) == (409, "EXC-45"), refused.text
    assert NUMBER not in refused.text


async def test_the_owner_sees_each_fetch_of_a_document_and_it_goes_with_the_identity(sealing_door: Door) -> None:
    counter = await open_counter(sealing_door)
    world, handle_id = sealing_door.world, await handle(counter)
    token = await counter.own_token(handle_id, basis=Basis.DUTY)
    pulled = (await sealing_door.pull(token, {"dataset": "dopa.person", "format": "pdf"})).json()
    path = f"/documents/{pulled['document']['id']}"
    assert (await sealing_door.fetch(token, path)).status_code == 200
    async with world.storage.reading() as uow:
        seen = await AccessHistory(personal=world.personal).of(uow, world.somchai)
    assert sorted(record.outcome.value for record in seen if isinstance(record, AccessRecord)) == [
        "fetched",
        "released",
    ]
    async with world.storage.unit_of_work() as uow:
        await world.exchange().forget_person(uow, world.somchai)
    assert (await sealing_door.fetch(token, path)).status_code == 404
    await counter.agent.http.aclose()


async def test_the_number_is_nowhere_but_sealed(counter: Counter) -> None:
    handle_id = await handle(counter)
    async with counter.door.world.storage.reading() as uow:
        row = await uow.first(select(citizen_ref).where(citizen_ref.c.id == handle_id))
    assert row is not None
    assert NUMBER.encode() not in bytes(row.sealed_number)
    assert NUMBER not in str(await counter.door.world.entries("counter.named_by_number"))


async def test_what_is_refused(counter: Counter) -> None:
    for changes, status, code in (
        ({"citizen_id": NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)}, 422, "CTR-05"),
        ({"citizen_id": "๑๑๐๑๗๐๐๒๐๗๐๓๐"}, 422, "CTR-05"),
        ({"citizen_id": OFFICER}, 403, "CTR-04"),
        ({"basis": CARD}, 400, "CTR-07"),
        ({"basis": DUTY | {"law": "อื่น"}}, 422, "BSE-07"),
        ({"purpose": "jobseeker-registration"}, 403, "CTR-04"),
        ({"case": NUMBER}, 422, "CTR-08"),
    ):
        refused = await named(counter, **changes)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert counter.door.world.registry.asked == 0
    _, citizen = await counter.door.world.consented()
    assert (await named(counter, await counter.door.token(citizen))).json()["code"] == "CTR-01"


async def test_without_the_right_by_number_there_is_no_handle(door: Door) -> None:
    counter = await open_counter(door, by_number=False)
    assert (await named(counter)).json()["code"] == "CTR-04"
    await counter.agent.http.aclose()


async def test_a_handle_lasts_a_quarter_of_an_hour_and_as_long_as_its_officer(counter: Counter) -> None:
    handle_id = await handle(counter)
    counter.door.world.clock.advance(901)
    assert (await counter.pull(handle_id, basis=Basis.DUTY)).json()["code"] == "EXC-41"
    another = await handle(counter)
    counter.door.world.registry.meanwhile = counter.end_member
    assert (await counter.pull(another, basis=Basis.DUTY)).status_code in (403, 409)
    assert not await counter.door.world.entries("exchange.released")


async def test_a_handle_never_carries_the_card_or_another_ground(counter: Counter) -> None:
    handle_id = await handle(counter)
    for basis in (Basis.CARD_HANDED_OVER, Basis.SIGNED_FORM):
        assert (await counter.pull(handle_id, basis=basis)).status_code == 403
    assert (await counter.pull("ctr_" + "0" * 26, basis=Basis.DUTY)).json()["code"] == "EXC-40"


async def test_handles_are_counted_used_or_not(counter: Counter) -> None:
    """Attack row 48: no search by sequential numbers, and a wrong number costs nothing."""
    token = await counter.officer_token()
    codes = [(await named(counter, token)).status_code for _ in range(51)]
    assert codes == [201] * 50 + [429]


async def test_an_officer_names_so_many_people_in_an_hour(counter: Counter) -> None:
    world, officer = counter.door.world, MemberId("mem_1")

    async def take() -> bool:
        async with world.storage.unit_of_work() as uow:
            return await take_handle(uow, officer, COUNTER, an_hour=2, a_day=50)

    assert [await take() for _ in range(3)] == [True, True, False]
    world.clock.advance(3600)
    assert await take()
