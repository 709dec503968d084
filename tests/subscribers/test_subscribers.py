"""Who exists, on either engine: one identity a number, two persons behind a lifted suspension, nothing in the clear."""

import secrets
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from connectors.contracts.identifiers import CitizenId
from connectors.fictitious.personas import PERSONAS
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.storage.outbox import outbox
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import (
    ActingMember,
    ContactDetails,
    Identity,
    PostalAddress,
    SubscriberProblem,
    SubscriberStatus,
)
from idp.subscribers.service import Subscribers
from idp.subscribers.store import live_subscriber, subscriber
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

ADMIN = ActingMember(MemberId("mem_1"), SubscriberId("sub_admin1"), AgencyId("agc_1"))
OTHER_ADMIN = ActingMember(MemberId("mem_2"), SubscriberId("sub_admin2"), AgencyId("agc_1"))
ADMIN_ELSEWHERE = ActingMember(MemberId("mem_3"), ADMIN.person, AgencyId("agc_2"))


def identity_of(persona: str) -> Identity:
    person = PERSONAS[persona].person
    return Identity(person.citizen_id, person.name_th, person.name_en, person.birth_date, person.sex)


def subscribers_with(root_keys: RootKeys) -> Subscribers:
    audit = AuditLog(
        mac=lambda content: b"mac" + content[:4],
        pseudonym=PairwiseSubjects(root_keys).pseudonym,
        randomness=system_randomness,
    )
    return Subscribers(personal=PersonalData(root_keys), blind_index=BlindIndex(root_keys), audit=audit)


@pytest.fixture
def root_key() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def subscribers(root_key: bytes) -> Subscribers:
    return subscribers_with(RootKeys({1: root_key}))


async def create(subscribers: Subscribers, uow: UnitOfWork, persona: str = "somchai") -> SubscriberId:
    return await subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL1_3, by=SYSTEM)


async def test_an_identity_comes_back_as_it_was_sealed(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers, uow, "one_name")
    async with storage.reading() as uow:
        assert await subscribers.identity(uow, subscriber_id) == identity_of("one_name")
        found = await subscribers.find_by_citizen_id(uow, identity_of("one_name").citizen_id)
        nobody = await subscribers.find_by_citizen_id(uow, identity_of("malee").citizen_id)
        sealed = await uow.first(select(subscriber.c.sealed_identity))
    assert found is not None
    assert (found.id, found.ial, found.status) == (subscriber_id, Ial.IAL1_3, SubscriberStatus.ACTIVE)
    assert nobody is None
    assert sealed is not None
    assert identity_of("one_name").citizen_id.digits.encode() not in sealed.sealed_identity


async def test_one_number_is_one_identity(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        await create(subscribers, uow)
    with pytest.raises(Conflict) as refused:
        async with storage.unit_of_work() as uow:
            await create(subscribers, uow)
    assert refused.value.code is SubscriberProblem.ALREADY_ENROLLED
    async with storage.reading() as uow:
        assert len(await subscribers.page(uow, after=None, limit=10)) == 1


async def test_a_number_is_found_after_the_index_key_was_rotated(storage: Storage, root_key: bytes) -> None:
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers_with(RootKeys({1: root_key})), uow)
    rotated = subscribers_with(RootKeys({1: root_key, 2: secrets.token_bytes(32)}))
    async with storage.reading() as uow:
        found = await rotated.find_by_citizen_id(uow, identity_of("somchai").citizen_id)
    assert found is not None
    assert found.id == subscriber_id


async def test_while_keys_rotate_a_number_is_indexed_under_each(storage: Storage, root_key: bytes) -> None:
    newer = secrets.token_bytes(32)
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers_with(RootKeys({1: root_key, 2: newer})), uow)
    for root_keys in (RootKeys({1: root_key}), RootKeys({1: root_key, 2: newer})):
        async with storage.reading() as uow:
            found = await subscribers_with(root_keys).find_by_citizen_id(uow, identity_of("somchai").citizen_id)
        assert found is not None
        assert found.id == subscriber_id
    with pytest.raises(Conflict):
        async with storage.unit_of_work() as uow:
            await create(subscribers_with(RootKeys({1: root_key})), uow)


async def test_a_level_rises_and_never_falls(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers, uow)
        for proofed, reached in ((Ial.IAL2_2, Ial.IAL2_2), (Ial.IAL1_3, Ial.IAL2_2)):
            assert (
                await subscribers.raise_ial(uow, subscriber_id, identity=identity_of("somchai"), ial=proofed, by=SYSTEM)
                is reached
            )


async def test_pages_run_newest_first_without_gaps(
    storage: Storage, subscribers: Subscribers, clock: FrozenClock
) -> None:
    created = []
    for persona in ("somchai", "malee", "officer"):
        clock.advance(1)
        async with storage.unit_of_work() as uow:
            created.append(await create(subscribers, uow, persona))
    async with storage.reading() as uow:
        first = await subscribers.page(uow, after=None, limit=2)
        second = await subscribers.page(uow, after=first[-1].id, limit=2)
    assert [row.id for row in (*first, *second)] == created[::-1]


async def test_a_suspension_counts_at_once_and_another_person_lifts_it(
    storage: Storage, subscribers: Subscribers
) -> None:
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers, uow)
        await subscribers.suspend(uow, subscriber_id, by=ADMIN, reason="  reported by the owner ")
    async with storage.reading() as uow:
        assert await uow.first(select(subscriber.c.id).where(live_subscriber(uow.now))) is None
        assert (await subscribers.get(uow, subscriber_id)).suspension is not None
        assert await subscribers.suspension_reason(uow, subscriber_id) == "reported by the owner"
    for same_person in (ADMIN, ADMIN_ELSEWHERE):
        with pytest.raises(Conflict) as refused:
            async with storage.unit_of_work() as uow:
                await subscribers.lift(uow, subscriber_id, by=same_person)
        assert refused.value.code is SubscriberProblem.SAME_PERSON
    async with storage.unit_of_work() as uow:
        await subscribers.lift(uow, subscriber_id, by=OTHER_ADMIN)
    async with storage.reading() as uow:
        assert (await subscribers.get(uow, subscriber_id)).is_live
        assert await subscribers.suspension_reason(uow, subscriber_id) is None
        assert len(await uow.all(select(outbox.c.id).where(outbox.c.topic == "subscriber_changed"))) == 2


@pytest.mark.parametrize(
    ("by", "reason", "problem"),
    [
        (ADMIN, " ", SubscriberProblem.REASON_MISSING),
        (None, "own", SubscriberProblem.OWN_RECORD),
    ],
)
async def test_a_suspension_needs_a_reason_and_another_person(
    storage: Storage, subscribers: Subscribers, by: ActingMember | None, reason: str, problem: SubscriberProblem
) -> None:
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers, uow)
        acting = by or ActingMember(MemberId("mem_9"), subscriber_id, AgencyId("agc_1"))
        with pytest.raises(Refused) as refused:
            await subscribers.suspend(uow, subscriber_id, by=acting, reason=reason)
    assert refused.value.code is problem


async def test_nobody_lifts_the_own_suspension(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers, uow)
        await subscribers.suspend(uow, subscriber_id, by=ADMIN, reason="x")
        with pytest.raises(Refused):
            await subscribers.lift(
                uow, subscriber_id, by=ActingMember(MemberId("mem_9"), subscriber_id, AgencyId("agc_1"))
            )


async def test_only_the_right_states_move(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers, uow)
        with pytest.raises(Conflict):
            await subscribers.lift(uow, subscriber_id, by=OTHER_ADMIN)
        await subscribers.suspend(uow, subscriber_id, by=ADMIN, reason="x")
        with pytest.raises(Conflict):
            await subscribers.suspend(uow, subscriber_id, by=OTHER_ADMIN, reason="x")
        with pytest.raises(Conflict):
            await subscribers.raise_ial(uow, subscriber_id, identity=identity_of("somchai"), ial=Ial.IAL3, by=SYSTEM)


async def test_an_unknown_subscriber_is_not_found(storage: Storage, subscribers: Subscribers) -> None:
    nobody = SubscriberId("sub_nobody")
    async with storage.unit_of_work() as uow:
        for ask in (subscribers.get, subscribers.identity):
            with pytest.raises(NotFound):
                await ask(uow, nobody)
        with pytest.raises(NotFound):
            await subscribers.suspend(uow, nobody, by=ADMIN, reason="x")


def test_errors_and_records_show_no_number() -> None:
    identity = identity_of("somchai")
    error = TuatonError(SubscriberProblem.ALREADY_ENROLLED)
    for shown in (repr(identity), str(error), repr(CitizenId.parse(identity.citizen_id.digits))):
        assert identity.citizen_id.digits not in shown
        assert identity.name_th.last not in shown


async def test_contact_details_are_sealed_and_come_back_as_said(storage: Storage, subscribers: Subscribers) -> None:
    said = ContactDetails(
        email="somchai@mail.example",
        phone_number="+66 2 000 0000",
        phone_number_verified=True,
        address=PostalAddress(formatted="1 Demonstration Road\nBangkok", country="TH"),
        updated_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    )
    async with storage.unit_of_work() as uow:
        subscriber_id = await create(subscribers, uow)
        assert await subscribers.contact(uow, subscriber_id) is None
        await subscribers.save_contact(uow, subscriber_id, said, by=SYSTEM)
        assert await subscribers.contact(uow, subscriber_id) == said
        row = await uow.first(select(subscriber.c.sealed_contact))
        assert row is not None
        assert b"somchai" not in row.sealed_contact
        assert said.email not in repr(said)
        with pytest.raises(Conflict) as refused:
            await subscribers.save_contact(uow, SubscriberId("sub_nobody"), said, by=SYSTEM)
        assert refused.value.code is SubscriberProblem.NOT_ACTIVE


async def test_an_owner_freezes_and_takes_it_back(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        somchai = await create(subscribers, uow)
        await subscribers.freeze(uow, somchai)
    async with storage.reading() as uow:
        assert not (await subscribers.get(uow, somchai)).is_live
        assert await uow.first(select(subscriber.c.id).where(live_subscriber(uow.now))) is None
    async with storage.unit_of_work() as uow:
        with pytest.raises(Conflict) as refused:
            await subscribers.freeze(uow, somchai)
        assert refused.value.code is SubscriberProblem.NOT_ACTIVE
        await subscribers.unfreeze(uow, somchai)
        with pytest.raises(Conflict) as refused:
            await subscribers.unfreeze(uow, somchai)
        assert refused.value.code is SubscriberProblem.NOT_FROZEN
    async with storage.reading() as uow:
        assert (await subscribers.get(uow, somchai)).is_live


async def test_what_a_counter_took_over_needs_two_persons(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        somchai = await create(subscribers, uow)
        await subscribers.freeze(uow, somchai)
        await subscribers.suspend(uow, somchai, by=ADMIN, reason="came in person, card and face seen")
        with pytest.raises(Conflict) as refused:
            await subscribers.unfreeze(uow, somchai)
        assert refused.value.code is SubscriberProblem.NOT_FROZEN
        with pytest.raises(Conflict) as refused:
            await subscribers.lift(uow, somchai, by=ADMIN)
        assert refused.value.code is SubscriberProblem.SAME_PERSON
        await subscribers.lift(uow, somchai, by=OTHER_ADMIN)
    async with storage.reading() as uow:
        assert (await subscribers.get(uow, somchai)).status is SubscriberStatus.ACTIVE
