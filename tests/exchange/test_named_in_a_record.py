"""Who stands in somebody else's record sees that it was read: by whom and for what, never the case."""

from dataclasses import replace

import pytest

from connectors.fictitious.hard_cases import CROWDED_HOUSE
from connectors.fictitious.people import FictitiousPerson
from idp.audit.model import SYSTEM
from idp.catalogue.model import Basis
from idp.exchange.pull.model import Outcome
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
from idp.oversight.model import AccessRecord
from idp.oversight.service import AccessHistory
from idp.subscribers.model import Identity
from tests.exchange.world import SERVICE, World, person_detail, pull

pytestmark = pytest.mark.anyio

OWNER, NEIGHBOUR = CROWDED_HOUSE.members[3], CROWDED_HOUSE.members[0]


async def enrol(world: World, person: FictitiousPerson) -> SubscriberId:
    identity = Identity(person.citizen_id, person.name_th, person.name_en, person.birth_date, "1")
    async with world.storage.unit_of_work() as uow:
        return await world.subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)


async def seen_by(world: World, subscriber_id: SubscriberId) -> list[AccessRecord]:
    async with world.storage.reading() as uow:
        entries = await AccessHistory(personal=world.personal).of(uow, subscriber_id)
    return [entry for entry in entries if isinstance(entry, AccessRecord)]


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
    assert (seen.outcome, [field.name for field in seen.fields]) == (Outcome.NAMED, ["others"])
    assert (seen.agency_id, seen.case) == (world.agency.id, None)
    (own,) = await seen_by(world, world.somchai)
    assert (own.outcome, own.case) == (Outcome.RELEASED, "ทส 5/2569")
    assert {field.name for field in own.fields} == {"address_text", "others"}


async def test_who_is_in_none_of_the_fields_that_left_is_told_nothing(world: World) -> None:
    neighbour = await enrol(world, NEIGHBOUR)
    world.somchai = await enrol(world, OWNER)
    await read_house(world, "address_text", "own_row", "member_count")
    assert await seen_by(world, neighbour) == []
