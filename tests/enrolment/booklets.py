"""What a person with booklets and two officers do at the counter of a new passport, as tests say it."""

from functools import cache
from typing import Any

import pytest

from connectors.card.agent.messages import encrypt_passport
from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.passports import PACE_OFFER, make_passport, mrz_lines, portrait_file, utopian_chip
from connectors.contracts.card import PassportData, PassportKey, PassportRead
from connectors.contracts.identifiers import PassportNumber
from connectors.fictitious.personas import PASSPORT_PERSONAS
from connectors.fictitious.photos import face
from idp.enrolment.model import Enrolment, EnrolmentState, JourneyKey
from idp.enrolment.new_passport.model import OldPassport
from idp.kernel.assurance import Aal
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import SubscriberId
from tests.clock import FrozenClock
from tests.enrolment.world import World

OLD = PASSPORT_PERSONAS["foreigner"].data
NEW = PASSPORT_PERSONAS["foreigner_renewed"].data
OLD_NUMBER = PassportNumber(OLD.issuing_state, OLD.document_no)
NEW_NUMBER = PassportNumber(NEW.issuing_state, NEW.document_no)
SHOWN, LOST = OldPassport.SHOWN, OldPassport.LOST


@cache
def read_of(data: PassportData, key: PassportKey) -> PassportRead:
    """A booklet on the reader; what is on it is the same each time."""
    reader = MemoryReader("Virtual PCD 00 00")
    portrait = portrait_file(face(OLD.document_no, "2"))
    reader.insert(make_passport(data, portrait, chip=utopian_chip(), offer=PACE_OFFER))
    return reader.read_passport(key=key, today=FrozenClock().now().date(), deadline_seconds=10)


async def come(world: World, data: PassportData = NEW, journey: JourneyKey = JourneyKey.NEW_PASSPORT) -> Enrolment:
    """The person lays this booklet on the reader; as far as it goes by itself."""
    started = await world.start(journey=journey, line=mrz_lines(data)[44:])
    request = await world.agent.next_request()
    assert request.passport_key is not None
    read = read_of(data, request.passport_key)
    answer = await world.agent.answer(
        request, None, outcome="read", card=encrypt_passport(read, photo_key=request.photo_key), photo=None
    )
    assert answer.status_code == 204, answer.text
    return await world.enrolments.advance(started.id)


async def enrolled(world: World) -> SubscriberId:
    """Somebody enrols with the old booklet; then a colleague comes, who is the second officer."""
    done = await world.confirm(await come(world, OLD, JourneyKey.FOREIGNER_COUNTER))
    assert done.subscriber_id is not None
    await world.pair_second()
    return done.subscriber_id


async def proposed(
    world: World, data: PassportData = NEW, *, was: OldPassport = SHOWN, number: str = OLD.document_no
) -> Enrolment:
    checked = await come(world, data)
    assert checked.state is EnrolmentState.COMPARE_FACE, checked.problem
    return await world.new_passports.propose(
        checked.id, officer=world.members["officer"], old_number=number, was=was, is_unrelated=True
    )


async def agreed(world: World, waiting: Enrolment, **bent: Any) -> Enrolment:
    given = {"officer": world.members["colleague"], "number": NEW.document_no, "person_seen": True, "old_seen": True}
    return await world.new_passports.approve(waiting.id, **{**given, **bent})


async def signs_in(world: World, person: SubscriberId, aal: Aal = Aal.AAL2_2) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.sessions.start(uow, person, aal=aal, amr=("hwk", "user", "mfa"))


async def refusal(awaited: Any) -> str:
    with pytest.raises((Refused, Conflict, NotFound)) as refused:
        await awaited
    return str(refused.value.code)


async def found_by(world: World, number: PassportNumber) -> SubscriberId | None:
    async with world.storage.reading() as uow:
        found = await world.subscribers.find_by_passport(uow, number)
    return None if found is None else found.id


async def sessions_of(world: World, person: SubscriberId) -> int:
    async with world.storage.reading() as uow:
        return len(await world.sessions.live_of(uow, person))
