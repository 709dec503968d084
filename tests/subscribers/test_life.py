"""What happens to an identity in time, on either engine: newer attributes with a history, the register's notices, the
end by the owner and by two persons, after which nothing of the person can be read and the log still verifies.
"""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update

from connectors.contracts.card import PersonName
from connectors.contracts.registry_notices import RegistryEvent, RegistryNotice
from idp.approvals.model import ApprovalProblem, Decider
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict, Refused, TuatonError
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.audit_seals import audit_log_of
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.keys.sealing import SealBroken
from idp.storage.outbox import outbox
from idp.storage.storage import Storage
from idp.subscribers.attributes import ATTRIBUTES_CHANGED
from idp.subscribers.closing import SUBSCRIBER_CLOSED, Closings
from idp.subscribers.life_store import insert_closing
from idp.subscribers.model import (
    ActingMember,
    AttributeSource,
    ChangeReason,
    ClosingReason,
    ContactDetails,
    SubscriberProblem,
    SubscriberStatus,
)
from idp.subscribers.registry_notices import NoticeIntake, NoticeOutcome
from idp.subscribers.rules import COOLING
from idp.subscribers.service import Subscribers
from idp.subscribers.store import subscriber
from idp.subscribers.two_persons import TwoPersons, Wish
from tests.clock import FrozenClock
from tests.subscribers.test_subscribers import ADMIN, OTHER_ADMIN, identity_of

pytestmark = pytest.mark.anyio

ROLE = "enrolment_admin"
MARRIED = PersonName("นาง", "สมหญิง", "", "ใหม่")


class House:
    """The room over one store."""

    def __init__(self, storage: Storage) -> None:
        root_keys = RootKeys({1: secrets.token_bytes(32)})
        self.storage = storage
        self.personal = PersonalData(root_keys)
        self.audit: AuditLog = audit_log_of(root_keys, randomness=system_randomness)
        self.subscribers = Subscribers(personal=self.personal, blind_index=BlindIndex(root_keys), audit=self.audit)
        self.closings = Closings(personal=self.personal, audit=self.audit)
        self.approvals = Approvals(personal=self.personal, audit=self.audit, randomness=system_randomness)
        self.two = TwoPersons(
            approvals=self.approvals, subscribers=self.subscribers, closings=self.closings, approver_role=ROLE
        )
        self.intake = NoticeIntake(storage=storage, subscribers=self.subscribers, audit=self.audit)

    async def create(self, persona: str = "somchai") -> SubscriberId:
        async with self.storage.unit_of_work() as uow:
            created = await self.subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_2, by=SYSTEM)
            contact = ContactDetails(email="somchai@example.org", email_verified=True)
            await self.subscribers.save_contact(uow, created, contact, by=SYSTEM)
        return created

    async def status(self, subscriber_id: SubscriberId) -> SubscriberStatus:
        async with self.storage.reading() as uow:
            return (await self.subscribers.get(uow, subscriber_id)).status

    async def topics(self) -> list[str]:
        async with self.storage.reading() as uow:
            return [row.topic for row in await uow.all(select(outbox.c.topic).order_by(outbox.c.id))]


@pytest.fixture
def house(storage: Storage) -> House:
    return House(storage)


def decider(member: ActingMember, *roles: str) -> Decider:
    return Decider(member.member_id, member.person, member.agency_id, frozenset(roles or (ROLE,)))


def notice(number: str = "2569-1", persona: str = "somchai") -> RegistryNotice:
    return RegistryNotice(number, RegistryEvent.DIED, identity_of(persona).citizen_id, date(2026, 11, 20))


async def test_newer_attributes_leave_the_older_ones_with_source_time_and_reason(
    house: House, clock: FrozenClock
) -> None:
    person = await house.create()
    before, enrolled_at = identity_of("somchai"), clock.now()
    clock.advance(3600)
    async with house.storage.unit_of_work() as uow:
        changed = await house.subscribers.change_attributes(
            uow,
            person,
            identity=replace(before, name_th=MARRIED),
            source=AttributeSource.CARD,
            why=ChangeReason.RENEWAL,
            by=SYSTEM,
        )
    assert changed == ("name_th",)
    async with house.storage.reading() as uow:
        (past,) = await house.subscribers.history(uow, person)
        assert (await house.subscribers.identity(uow, person)).name_th == MARRIED
        stored = await uow.first(text("SELECT sealed_before FROM attribute_change"))
    assert (past.identity, past.held_from, past.held_until) == (before, enrolled_at, clock.now())
    assert (past.changed, past.replaced_by, past.why) == (("name_th",), AttributeSource.CARD, ChangeReason.RENEWAL)
    assert stored is not None
    assert before.name_th.first.encode() not in bytes(stored.sealed_before)
    assert ATTRIBUTES_CHANGED in await house.topics()


async def test_what_did_not_change_leaves_no_trace_in_the_history(house: House) -> None:
    person = await house.create()
    async with house.storage.unit_of_work() as uow:
        await house.subscribers.raise_ial(
            uow, person, identity=identity_of("somchai"), ial=Ial.IAL2_3, by=SYSTEM, source=AttributeSource.THAID
        )
    async with house.storage.reading() as uow:
        assert await house.subscribers.history(uow, person) == ()
    assert ATTRIBUTES_CHANGED not in await house.topics()


async def test_nobody_becomes_somebody_else(house: House) -> None:
    person = await house.create()
    with pytest.raises(Refused) as refused:
        async with house.storage.unit_of_work() as uow:
            await house.subscribers.change_attributes(
                uow,
                person,
                identity=identity_of("malee"),
                source=AttributeSource.CARD,
                why=ChangeReason.CORRECTION,
                by=SYSTEM,
            )
    assert refused.value.code is SubscriberProblem.OTHER_PERSON


async def test_a_notice_of_the_register_stops_an_identity_once(house: House) -> None:
    person = await house.create()
    assert await house.intake.take(notice()) is NoticeOutcome.SUSPENDED
    assert await house.intake.take(notice()) is None
    assert await house.intake.take(notice("2569-2")) is NoticeOutcome.STOPPED_BEFORE
    assert await house.intake.take(notice("2569-3", "malee")) is NoticeOutcome.NOT_A_SUBSCRIBER
    assert await house.status(person) is SubscriberStatus.SUSPENDED
    async with house.storage.reading() as uow:
        reason = await house.subscribers.suspension_reason(uow, person)
        entries = await uow.all(select(audit_entry.c.canonical))
    assert reason == "died, registry notice 2569-1"
    number = identity_of("somchai").citizen_id.digits.encode()
    assert not any(number in bytes(row.canonical) for row in entries)


async def test_a_notice_takes_an_officers_suspension_over_and_two_persons_end_it(house: House) -> None:
    person = await house.create()
    async with house.storage.unit_of_work() as uow:
        await house.subscribers.suspend(uow, person, by=ADMIN, reason="reported")
    await house.intake.take(notice())
    with pytest.raises(Refused) as refused:
        async with house.storage.unit_of_work() as uow:
            await house.subscribers.lift(uow, person, by=OTHER_ADMIN)
    assert refused.value.code is SubscriberProblem.NEEDS_TWO
    async with house.storage.unit_of_work() as uow:
        proposal = await house.two.propose(uow, person, Wish.LIFT, by=decider(ADMIN))
    with pytest.raises(Refused) as same:
        async with house.storage.unit_of_work() as uow:
            await house.two.approve(uow, proposal.id, by=decider(ADMIN))
    assert same.value.code is ApprovalProblem.SAME_PERSON
    async with house.storage.unit_of_work() as uow:
        await house.two.approve(uow, proposal.id, by=decider(OTHER_ADMIN))
    assert await house.status(person) is SubscriberStatus.ACTIVE


async def test_two_persons_lift_the_suspension_that_the_first_one_saw_and_no_later_one(
    house: House, clock: FrozenClock
) -> None:
    person = await house.create()
    async with house.storage.unit_of_work() as uow:
        await house.subscribers.suspend(uow, person, by=ADMIN, reason="reported")
        proposal = await house.two.propose(uow, person, Wish.LIFT, by=decider(ADMIN))
    clock.advance(60)
    await house.intake.take(notice())
    with pytest.raises(Conflict) as refused:
        async with house.storage.unit_of_work() as uow:
            await house.two.approve(uow, proposal.id, by=decider(OTHER_ADMIN))
    assert refused.value.code is ApprovalProblem.CHANGED_UNDERNEATH
    assert await house.status(person) is SubscriberStatus.SUSPENDED
    # the way on: say no to what is over, and propose anew
    async with house.storage.unit_of_work() as uow:
        await house.two.refuse(uow, proposal.id, by=decider(OTHER_ADMIN), reason="the register says more")
        await house.two.propose(uow, person, Wish.LIFT, by=decider(ADMIN))


async def test_a_closing_that_is_left_of_a_closed_identity_holds_nobody_up(house: House, clock: FrozenClock) -> None:
    gone, person = await house.create(), await house.create("malee")
    await close_by_two(house, gone)
    async with house.storage.unit_of_work() as uow:
        await insert_closing(uow, gone, due_at=clock.now())
        await house.closings.ask(uow, person)
    clock.advance(COOLING.total_seconds())
    assert await house.closings.close_due(house.storage) == 1
    assert await house.status(person) is SubscriberStatus.CLOSED


async def test_of_several_people_those_are_read_who_are_there(house: House) -> None:
    gone, person = await house.create(), await house.create("malee")
    await close_by_two(house, gone)
    async with house.storage.reading() as uow:
        known = await house.subscribers.identities(uow, {gone, person, SubscriberId("sub_nobody")})
        assert known == {person: await house.subscribers.identity(uow, person)}


async def test_a_record_that_does_not_open_takes_no_list_and_is_an_alarm(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, also, person = await house.create(), await house.create("moved"), await house.create("malee")
    async with house.storage.unit_of_work() as uow:
        await uow.execute(
            update(subscriber).where(subscriber.c.id.in_([broken, also])).values(sealed_identity=b"not sealed")
        )
    async with house.storage.reading() as uow:
        assert set(await house.subscribers.identities(uow, {broken, also, person})) == {person}
    said = capsys.readouterr().out
    assert said.count("subscriber.unreadable") == 1
    assert all(one in said for one in (broken, also))
    assert person not in said


async def test_of_a_lifting_and_a_notice_at_once_the_notice_stands(house: House) -> None:
    person = await house.create()
    async with house.storage.unit_of_work() as uow:
        await house.subscribers.suspend(uow, person, by=ADMIN, reason="reported")

    async def lift() -> None:
        with suppress(TuatonError):
            async with house.storage.unit_of_work() as uow:
                await house.subscribers.lift(uow, person, by=OTHER_ADMIN)

    async with house.storage.unit_of_work() as uow:
        # the register's word is under way and not committed yet
        await house.subscribers.suspend_by_registry(uow, person, reason="died")
        lifting = asyncio.create_task(lift())
        await asyncio.sleep(0.3)
        assert not lifting.done()
    await lifting
    assert await house.status(person) is SubscriberStatus.SUSPENDED


async def test_an_owner_closes_after_a_time_in_which_it_can_be_taken_back(house: House, clock: FrozenClock) -> None:
    person = await house.create()
    for taken_back in (True, False):
        async with house.storage.unit_of_work() as uow:
            closing = await house.closings.ask(uow, person)
            assert await house.closings.ask(uow, person) == closing
        assert closing.due_at - closing.requested_at == COOLING
        if taken_back:
            async with house.storage.unit_of_work() as uow:
                await house.closings.take_back(uow, person)
            clock.advance(COOLING.total_seconds() + 1)
            assert await house.closings.close_due(house.storage) == 0
    clock.advance(COOLING.total_seconds() - 1)
    assert await house.closings.close_due(house.storage) == 0
    clock.advance(1)
    assert await house.closings.close_due(house.storage) == 1
    assert await house.closings.close_due(house.storage) == 0
    assert await house.status(person) is SubscriberStatus.CLOSED
    with pytest.raises(Conflict) as refused:
        async with house.storage.unit_of_work() as uow:
            await house.closings.take_back(uow, person)
    assert refused.value.code is SubscriberProblem.NOT_CLOSING


@pytest.mark.parametrize("stopped_by", ["owner", "officer"])
async def test_whoever_stops_an_identity_takes_its_closing_back(
    house: House, clock: FrozenClock, stopped_by: str
) -> None:
    person = await house.create()
    async with house.storage.unit_of_work() as uow:
        await house.closings.ask(uow, person)
        if stopped_by == "owner":
            await house.subscribers.freeze(uow, person)
        else:
            await house.subscribers.suspend(uow, person, by=ADMIN, reason="reported")
    clock.advance(COOLING.total_seconds() + timedelta(days=1).total_seconds())
    assert await house.closings.close_due(house.storage) == 0
    assert await house.status(person) is not SubscriberStatus.CLOSED


async def close_by_two(house: House, person: SubscriberId) -> None:
    async with house.storage.unit_of_work() as uow:
        await house.subscribers.suspend(uow, person, by=ADMIN, reason="a second identity")
        proposal = await house.two.propose(uow, person, Wish.CLOSE, by=decider(ADMIN), why=ClosingReason.DUPLICATE)
    async with house.storage.unit_of_work() as uow:
        assert await house.two.waiting_on(uow, person) == proposal
        await house.two.approve(uow, proposal.id, by=decider(OTHER_ADMIN))


async def test_a_closed_identity_holds_nothing_and_its_number_is_free(house: House) -> None:
    person = await house.create()
    async with house.storage.reading() as uow:
        sealed = await uow.first(text("SELECT sealed_identity FROM subscriber"))
    await close_by_two(house, person)
    assert sealed is not None
    async with house.storage.reading() as uow:
        assert await house.subscribers.find_by_citizen_id(uow, identity_of("somchai").citizen_id) is None
        with pytest.raises(SealBroken):
            await house.personal.open(
                uow,
                person,
                table="subscriber",
                column="sealed_identity",
                row=person,
                sealed=bytes(sealed.sealed_identity),
            )
        row = await uow.first(text("SELECT sealed_identity, sealed_contact, sealed_suspension_reason FROM subscriber"))
        assert row is not None
        assert (bytes(row.sealed_identity), row.sealed_contact, row.sealed_suspension_reason) == (b"", None, None)
    assert SUBSCRIBER_CLOSED in await house.topics()
    assert await house.create() != person


async def test_nothing_is_ever_sealed_for_a_closed_identity_again(house: House) -> None:
    person = await house.create()
    await close_by_two(house, person)
    with pytest.raises(SealBroken):
        async with house.storage.unit_of_work() as uow:
            await house.personal.seal(uow, person, table="t", column="c", row="r", value=b"late")


@pytest.mark.parametrize(
    ("wish", "why", "problem"),
    [
        (Wish.CLOSE, None, SubscriberProblem.REASON_MISSING),
        (Wish.CLOSE, ClosingReason.OWNER, SubscriberProblem.REASON_MISSING),
    ],
)
async def test_a_closing_by_others_names_its_reason(
    house: House, wish: Wish, why: ClosingReason | None, problem: SubscriberProblem
) -> None:
    person = await house.create()
    with pytest.raises(Refused) as refused:
        async with house.storage.unit_of_work() as uow:
            await house.subscribers.suspend(uow, person, by=ADMIN, reason="x")
            await house.two.propose(uow, person, wish, by=decider(ADMIN), why=why)
    assert refused.value.code is problem


async def test_others_close_only_what_is_suspended_and_never_their_own(house: House) -> None:
    person = await house.create()
    own = Decider(MemberId("mem_9"), person, AgencyId("agc_1"), frozenset({ROLE}))
    for by, problem in ((decider(ADMIN), SubscriberProblem.NOT_STOPPED), (own, SubscriberProblem.OWN_RECORD)):
        with pytest.raises(TuatonError) as refused:
            async with house.storage.unit_of_work() as uow:
                await house.two.propose(uow, person, Wish.CLOSE, by=by, why=ClosingReason.DEATH)
        assert refused.value.code is problem
    await close_by_two(house, person)
    with pytest.raises(Conflict) as closed:
        async with house.storage.unit_of_work() as uow:
            await house.two.propose(uow, person, Wish.LIFT, by=decider(ADMIN))
    assert closed.value.code is SubscriberProblem.CLOSED


async def test_the_second_person_may_say_no(house: House) -> None:
    person = await house.create()
    async with house.storage.unit_of_work() as uow:
        await house.subscribers.suspend(uow, person, by=ADMIN, reason="x")
        proposal = await house.two.propose(uow, person, Wish.CLOSE, by=decider(ADMIN), why=ClosingReason.DEATH)
    async with house.storage.unit_of_work() as uow:
        assert await house.two.refuse(uow, proposal.id, by=decider(OTHER_ADMIN), reason="still alive") == person
    assert await house.status(person) is SubscriberStatus.SUSPENDED
