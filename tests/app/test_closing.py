"""A closed identity in the whole house, on either engine: all rooms let go, the log verifies, a dump holds nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from idp.app.life_handlers import TOO_LONG, LifeHandlers, open_overdue
from idp.app.outbox import outbox_handlers
from idp.app.schema import all_tables
from idp.audit.model import SYSTEM
from idp.audit.sequencer import sequence_pending, sign_checkpoint
from idp.audit.verification import Seals, Sound, verify_log
from idp.authentication.model import SsoSession
from idp.authorization.grants.store import grant
from idp.consent.store import consent
from idp.enrolment.model import EnrolmentState
from idp.enrolment.reviews.model import CaseFilter, CaseKind, CorrectionTopic, Outcome, Reviewer
from idp.enrolment.store import enrolment
from idp.enrolment.waiting import waiting_since
from idp.kernel.assurance import Aal
from idp.kernel.errors import NotFound
from idp.kernel.ids import AgencyId, ClientId, EnrolmentId, MemberId, SubscriberId
from idp.keys.audit_seals import EntrySeal
from idp.keys.envelope import data_key
from idp.notices.model import NoticeTopic
from idp.storage.leases import take_lease
from idp.storage.outbox import OutboxMessage, enqueue, outbox
from idp.subscribers.model import ActingMember, ClosingReason, ContactDetails
from idp.worker.jobs import LEASE, OutboxJob
from tests.attacks.house import House, WallClock, open_house
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

ADMIN = ActingMember(MemberId("mem_1"), SubscriberId("sub_admin"), AgencyId("agc_1"))


async def deliver_all(house: House) -> None:
    job = OutboxJob(storage=house.storage, handlers=outbox_handlers(house.rooms))
    for _ in range(5):
        await job.deliver()


async def dump(house: House) -> str:
    """Every value of every row, as a thief of the database would have it."""
    lines: list[str] = []
    async with house.storage.reading() as uow:
        for table in all_tables().sorted_tables:
            for row in await uow.all(select(table)):
                cells = (bytes(cell).hex() if isinstance(cell, bytes | memoryview) else str(cell) for cell in row)
                lines.append(" ".join(cells))
    return "\n".join(lines)


async def furnished(house: House, owner: SubscriberId) -> SsoSession:
    """A session, a contact, a correction: things that hang on a person beside what the seed gives."""
    rooms = house.rooms
    async with house.storage.unit_of_work() as uow:
        started = await rooms.sessions.start(uow, owner, aal=Aal.AAL2_2, amr=("swk", "user"))
        contact = ContactDetails(email="owner@example.org", email_verified=True)
        await rooms.subscribers.save_contact(uow, owner, contact, by=SYSTEM)
        await rooms.life.reviews.ask_correction(uow, owner, CorrectionTopic.NAME_EN, "it is spelled otherwise")
        await rooms.consents.give(
            uow,
            subscriber_id=owner,
            agency_id=house.sown.agency_id,
            client_id=ClientId("jobs"),
            shown_hash="h",
            claims=("name",),
        )
    return started.session


async def test_every_room_lets_go_and_the_log_verifies(tmp_path: Path, empty_database_url: str) -> None:
    # a server's own clock is compared with the node's
    async with open_house(tmp_path / "home", WallClock(), database_url=empty_database_url) as house:
        rooms, owner = house.rooms, house.sown.subscriber_id
        session = await furnished(house, owner)
        async with house.storage.reading() as uow:
            identity = await rooms.subscribers.identity(uow, owner)
            sealed = await uow.first(select(data_key.c.wrapped).where(data_key.c.owner == owner))
        assert sealed is not None
        await deliver_all(house)
        async with house.storage.unit_of_work() as uow:
            await rooms.subscribers.suspend(uow, owner, by=ADMIN, reason="a second identity")
            await rooms.life.closings.close(uow, owner, why=ClosingReason.DUPLICATE, by=SYSTEM)
        await deliver_all(house)
        async with house.storage.reading() as uow:
            assert await uow.all(select(outbox.c.topic)) == []
            assert session.id not in [one.id for one in await rooms.sessions.live_of(uow, owner)]
            open_grants = select(grant.c.id).where(grant.c.subscriber_id == owner, grant.c.revoked_at.is_(None))
            assert await uow.all(open_grants) == []
            kept = select(consent.c.id).where(consent.c.subscriber_id == owner, consent.c.withdrawn_at.is_(None))
            assert await uow.all(kept) == []
        stolen = await dump(house)
        assert identity.citizen_id is not None
        for secret in (identity.citizen_id.digits, identity.name_th.first, "owner@example.org", "spelled otherwise"):
            assert secret not in stolen
            assert secret.encode().hex() not in stolen
        assert bytes(sealed.wrapped).hex() not in stolen
        async with house.storage.unit_of_work() as uow:
            fence = await take_lease(uow, name="audit.sequencer", holder="test", for_how_long=LEASE)
            assert fence is not None
            await sequence_pending(uow, fence=fence)
            signer = rooms.ground.checkpoint_signer
            await sign_checkpoint(uow, origin=signer.origin, key_id=signer.key_id, sign=signer.sign)
        seals = Seals(mac=EntrySeal(rooms.ground.root_keys).mac, open_note=signer.open_note)
        async with house.storage.reading() as uow:
            assert isinstance(await verify_log(uow, seals=seals), Sound)


async def test_letting_go_twice_is_letting_go_once(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house:
        owner = house.sown.subscriber_id
        async with house.storage.unit_of_work() as uow:
            await house.rooms.subscribers.suspend(uow, owner, by=ADMIN, reason="x")
            await house.rooms.life.closings.close(uow, owner, why=ClosingReason.DEATH, by=SYSTEM)
        message = OutboxMessage("out_1", "subscriber_closed", {"subscriber_id": owner}, 0)
        for _ in range(2):
            await LifeHandlers(house.rooms).let_go(message)


async def test_people_hear_of_the_life_of_their_identity(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house:
        owner = house.sown.subscriber_id
        async with house.storage.unit_of_work() as uow:
            await house.rooms.life.closings.ask(uow, owner)
            await house.rooms.life.reviews.ask_correction(uow, owner, CorrectionTopic.SEX, "wrong")
        await deliver_all(house)
        async with house.storage.reading() as uow:
            told = await house.rooms.notices.of(uow, owner, before=None, limit=9)
        assert {notice.topic for notice in told} == {NoticeTopic.CLOSING_ASKED, NoticeTopic.CORRECTION_RECEIVED}


async def test_a_message_that_fails_holds_no_other_one_up(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house:
        async with house.storage.unit_of_work() as uow:
            await uow.execute(delete(outbox))
            for number in range(4):
                await enqueue(uow, topic="poison" if number % 2 == 0 else "wanted", payload={"n": str(number)})
        handed: list[str] = []

        async def refuse(message: OutboxMessage) -> None:
            raise OSError("away")

        async def take(message: OutboxMessage) -> None:
            handed.append(message.payload["n"])

        job = OutboxJob(storage=house.storage, handlers={"poison": [refuse], "wanted": [take]})
        await job.deliver()
        assert sorted(handed) == ["1", "3"]
        clock.advance(31)
        async with house.storage.unit_of_work() as uow:
            await enqueue(uow, topic="wanted", payload={"n": "5"})
        clock.advance(1)
        await job.deliver()
        assert handed[-1] == "5"
        async with house.storage.reading() as uow:
            left = await uow.all(select(outbox.c.topic, outbox.c.attempts))
        assert [(row.topic, row.attempts) for row in left] == [("poison", 2)] * 2


async def test_what_was_noticed_or_waits_too_long_is_a_case_once(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house:
        rooms = house.rooms
        async with house.storage.unit_of_work() as uow:
            row = await uow.first(select(enrolment).limit(1))
            assert row is not None
            noticed = update(enrolment).where(enrolment.c.id == row.id)
            await uow.execute(noticed.values(flags="same_house same_surname"))
        message = OutboxMessage("out_1", "enrolment_flagged", {"enrolment_id": row.id}, 0)
        for _ in range(2):
            await LifeHandlers(rooms).open_flags(message)
        async with house.storage.unit_of_work() as uow:
            await uow.execute(noticed.values(state="pending_registry"))
        await open_overdue(rooms)
        clock.advance(TOO_LONG.total_seconds())
        for _ in range(2):
            await open_overdue(rooms)
        async with house.storage.reading() as uow:
            cases = await rooms.life.reviews.page(uow, CaseFilter(), after=None, limit=9)
        assert sorted((case.kind.value, case.topic) for case in cases) == [
            ("flag", "same_house"),
            ("flag", "same_surname"),
            ("pending", "registry"),
        ]
        pending = next(case for case in cases if case.kind is CaseKind.PENDING)
        elsewhere = Reviewer(ADMIN.member_id, ADMIN.person, ADMIN.agency_id, frozenset())
        # the case is of the agency at whose counter the person was; its reviewers alone see it
        assert pending.involved.agency_id == row.agency_id
        by = replace(elsewhere, agency_id=AgencyId(row.agency_id))
        async with house.storage.unit_of_work() as uow:
            with pytest.raises(NotFound):
                await rooms.life.reviews.claim(uow, pending.id, by=elsewhere)
            await rooms.life.reviews.claim(uow, pending.id, by=by)
            await rooms.life.reviews.decide(uow, pending.id, by=by, outcome=Outcome.GIVE_UP, reason="no answer")
        await deliver_all(house)
        async with house.storage.reading() as uow:
            ended = await rooms.enrolments.find(uow, EnrolmentId(row.id))
        assert ended is not None
        assert ended.state is EnrolmentState.REFUSED


async def test_what_has_its_case_stands_before_nothing_that_waits(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house:
        async with house.storage.unit_of_work() as uow:
            await uow.execute(update(enrolment).values(state="pending_registry"))
            waiting = await uow.all(select(enrolment.c.id))
        assert len(waiting) > 1
        for _ in waiting:
            async with house.storage.unit_of_work() as uow:
                for involved in await waiting_since(uow, uow.now, limit=1):
                    await house.rooms.life.reviews.open_case(uow, CaseKind.PENDING, "registry", involved)
        async with house.storage.reading() as uow:
            cases = await house.rooms.life.reviews.page(uow, CaseFilter(kind=CaseKind.PENDING), after=None, limit=99)
            assert await waiting_since(uow, uow.now, limit=1) == []
        assert {case.involved.enrolment_id for case in cases} == {row.id for row in waiting}
