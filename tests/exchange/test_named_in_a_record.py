"""Who stands in somebody else's record sees that it was read: by whom and on which day. What for is the other's."""

from dataclasses import fields as fields_of
from dataclasses import replace

import pytest

from connectors.contracts.thai_dates import BANGKOK
from connectors.fictitious.hard_cases import CROWDED_HOUSE
from connectors.fictitious.people import FictitiousPerson
from idp.audit.model import SYSTEM
from idp.catalogue.model import Basis
from idp.exchange.pull.model import Outcome
from idp.exchange.usage import usage_of
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
from idp.oversight.model import AccessRecord, Entry, NamedRecord
from idp.oversight.service import AccessHistory
from idp.subscribers.model import Identity
from tests.exchange.world import SERVICE, World, person_detail, pull

pytestmark = pytest.mark.anyio

OWNER, NEIGHBOUR = CROWDED_HOUSE.members[3], CROWDED_HOUSE.members[0]


async def enrol(world: World, person: FictitiousPerson) -> SubscriberId:
    identity = Identity(person.citizen_id, person.name_th, person.name_en, person.birth_date, "1")
    async with world.storage.unit_of_work() as uow:
        return await world.subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)


async def seen_by(world: World, subscriber_id: SubscriberId) -> list[Entry]:
    async with world.storage.reading() as uow:
        return await AccessHistory(personal=world.personal).of(uow, subscriber_id)


async def read_house(world: World, *fields: str) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.agree(uow, SERVICE, "dopa.house", fields, {Basis.CONSENT})
    detail = replace(person_detail(fields=fields, case="ทส 5/2569"), dataset="dopa.house")
    _, token = await world.consented(detail)
    await world.exchange().pull(pull(token, "dopa.house"))


async def test_another_member_of_the_house_sees_that_the_record_was_read(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    neighbour = await enrol(world, NEIGHBOUR)
    world.somchai = await enrol(world, OWNER)
    await read_house(world, "address_text", "others")
    (seen,) = await seen_by(world, neighbour)
    # all that is told: no purpose, no case, no field, no ground, no hour; those say something about the other person
    told = (seen.day, seen.agency_id, seen.dataset) if isinstance(seen, NamedRecord) else None
    today = world.clock.now().astimezone(BANGKOK).replace(hour=0, minute=0, second=0, microsecond=0)
    assert told == (today, world.agency.id, "dopa.house")
    assert {field.name for field in fields_of(NamedRecord)} == {
        "disclosure_id", "day", "agency_id", "agency_name_th", "agency_name_en",
        "dataset", "dataset_title_th", "dataset_title_en",
    }  # fmt: skip
    (own,) = await seen_by(world, world.somchai)
    assert isinstance(own, AccessRecord)
    assert (own.outcome, own.case) == (Outcome.RELEASED, "ทส 5/2569")
    assert {field.name for field in own.fields} == {"address_text", "others"}


async def test_an_agency_cannot_count_who_of_a_house_has_a_digital_id(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await enrol(world, NEIGHBOUR)
    world.somchai = await enrol(world, OWNER)
    await read_house(world, "address_text", "others")
    today = world.clock.now().astimezone(BANGKOK).date()
    async with world.storage.reading() as uow:
        counted = await usage_of(uow, world.agency.id, first=today, last=today)
    assert [(one.outcome, one.pulls) for one in counted] == [("released", 1)]


async def test_who_is_in_none_of_the_fields_that_left_is_told_nothing(world: World) -> None:
    neighbour = await enrol(world, NEIGHBOUR)
    world.somchai = await enrol(world, OWNER)
    await read_house(world, "address_text", "own_row", "member_count")
    assert await seen_by(world, neighbour) == []
