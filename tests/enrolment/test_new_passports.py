"""A new passport of somebody known: compared, agreed to by a second officer, and the identity goes on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from connectors.contracts.card import PassportData
from connectors.contracts.identifiers import PassportNumber
from connectors.contracts.thai_dates import PartialDate
from idp.agencies.model import Role
from idp.approvals.model import ApprovalProblem
from idp.audit.model import SYSTEM
from idp.enrolment.completion import ENROLMENT_FLAGGED
from idp.enrolment.model import EnrolmentFlag, EnrolmentProblem, EnrolmentState, EvidenceKind, JourneyKey
from idp.enrolment.new_passport.model import WAITS, Authenticators, OldPassport
from idp.kernel.assurance import Aal, Ial
from idp.kernel.ids import SubscriberId
from idp.notices.store import notice
from idp.storage.outbox import outbox
from idp.storage.storage import Storage, open_engine
from idp.subscribers.model import ChangeReason, Identity
from tests.clock import FrozenClock
from tests.conftest import sqlite_copy
from tests.enrolment.booklets import (
    LOST,
    NEW,
    NEW_NUMBER,
    OLD,
    OLD_NUMBER,
    SHOWN,
    agreed,
    come,
    enrolled,
    found_by,
    proposed,
    refusal,
    sessions_of,
    signs_in,
)
from tests.enrolment.world import World, identity_of, simulated_registry
from tests.patience import eventually

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Office:
    """Where the person is known, as it stood then: made once, its store copied for each test."""

    world: World
    store: Path


@pytest.fixture(scope="module")
async def office(blank_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder, clock = tmp_path_factory.mktemp("office"), FrozenClock()
    storage = Storage(open_engine(sqlite_copy(blank_sqlite, folder)), clock)
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(storage, clock, http, switchboard)
        await world.furnish()
        world.people["holder"] = await enrolled(world)
    await storage.close()
    return Office(world, folder / "store.db")


@pytest.fixture
def sqlite_url(office: Office, tmp_path: Path) -> str:
    """The store of that office."""
    return sqlite_copy(office.store, tmp_path)


@pytest.fixture
async def world(office: Office, sqlite_storage: Storage, clock: FrozenClock) -> AsyncIterator[World]:
    """That office, each time as it was."""
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(sqlite_storage, clock, http, switchboard)
        await world.go_on_as(office.world)
        yield world


def known(world: World) -> SubscriberId:
    """Who enrolled with the old booklet, and can sign in."""
    return world.people["holder"]


async def test_the_identity_goes_on_with_the_new_booklet(world: World) -> None:
    person = known(world)
    await signs_in(world, person)
    waiting = await proposed(world)
    assert waiting.state is EnrolmentState.SECOND_OFFICER
    (row,) = await world.new_passports.waiting(officer=world.members["colleague"])
    assert (row.case_no, row.is_own) == (waiting.case_no, False)
    async with world.storage.reading() as uow:
        compared = await world.new_passports.compared(uow, waiting.id, officer=world.members["colleague"])
    assert (compared.holder_id, compared.is_same_name, compared.authenticators) == (person, True, Authenticators.STAY)
    done = await agreed(world, waiting)
    assert (done.state, done.subscriber_id, done.ial) == (EnrolmentState.COMPLETED, person, Ial.IAL2_2)
    # the same subscriber: pairwise subjects, sessions and grants stay; nothing but the number is another
    assert await found_by(world, NEW_NUMBER) == person
    assert await found_by(world, OLD_NUMBER) is None
    assert await sessions_of(world, person) == 1
    assert await world.enrolments.passkey_link_of(waiting.id, officer=world.members["officer"]) is None
    async with world.storage.reading() as uow:
        (past,) = await world.subscribers.history(uow, person)
        identity = await world.subscribers.identity(uow, person)
        evidence = await world.enrolments.evidence_of(uow, person)
        told = await uow.all(select(notice.c.topic).where(notice.c.subscriber_id == person))
    assert (past.identity.passport, past.changed, past.why) == (OLD_NUMBER, ("passport",), ChangeReason.NEW_PASSPORT)
    assert identity.passport == NEW_NUMBER
    by = {piece.kind: piece.by for piece in evidence}
    assert by[EvidenceKind.FACE_BY_OFFICER] == world.members["officer"].id
    assert by[EvidenceKind.FACE_BY_SECOND_OFFICER] == world.members["colleague"].id
    assert "passport_replaced" in {row.topic for row in told}
    # once
    assert await refusal(agreed(world, waiting)) == EnrolmentProblem.UNKNOWN.value
    assert await world.new_passports.waiting(officer=world.members["colleague"]) == ()


async def test_the_old_booklet_enrols_and_recovers_nobody_any_more(world: World) -> None:
    """Whoever found or stole it would else be a second person of that name."""
    await agreed(world, await proposed(world))
    for journey in (JourneyKey.FOREIGNER_COUNTER, JourneyKey.FOREIGNER_RECOVERY, JourneyKey.NEW_PASSPORT):
        assert (await come(world, OLD, journey)).problem is EnrolmentProblem.PASSPORT_REPLACED
    assert (await come(world, NEW, JourneyKey.FOREIGNER_RECOVERY)).state is EnrolmentState.COMPARE_FACE


@pytest.mark.parametrize(
    ("was", "name", "signs", "keeps"),
    [
        (SHOWN, "same", None, True),
        (SHOWN, "another", None, False),
        (SHOWN, "another", Aal.AAL2_2, True),
        (LOST, "same", None, False),
        (LOST, "same", Aal.AAL1, False),
        (LOST, "same", Aal.AAL2_2, True),
    ],
)
async def test_ways_to_sign_in_stay_are_proven_or_end(
    world: World, was: OldPassport, name: str, signs: Aal | None, keeps: bool
) -> None:
    person = known(world)
    await signs_in(world, person)  # before: says nothing of who stands there now
    world.clock.advance(60)
    waiting = await proposed(world, NEW if name == "same" else replace(NEW, surname="NOVAKOVA"), was=was)
    if signs is not None:
        await signs_in(world, person, signs)
    done = await agreed(world, waiting)
    assert done.subscriber_id == person
    assert (await sessions_of(world, person) > 0) is keeps
    link = await world.enrolments.passkey_link_of(waiting.id, officer=world.members["officer"])
    assert (link is None) is keeps
    if name == "another":
        async with world.storage.reading() as uow:
            assert (await world.subscribers.identity(uow, person)).name_en.last == "Novakova"


@pytest.mark.parametrize(
    "data",
    [
        replace(NEW, birth_date=PartialDate(2533, 3, 22)),
        replace(NEW, sex="M"),
        replace(NEW, document_no="X99999999"),
    ],
)
async def test_who_is_not_the_holder_learns_nothing(world: World, data: PassportData) -> None:
    checked = await come(world, data)
    number = "Z0000001" if data.document_no == "X99999999" else OLD.document_no
    said = await refusal(
        world.new_passports.propose(
            checked.id, officer=world.members["officer"], old_number=number, was=SHOWN, is_unrelated=True
        )
    )
    # the same for a number that nobody has and for somebody else's
    assert said == EnrolmentProblem.NO_SUCH_HOLDER.value
    # the form may be filled in again
    assert (await world.enrolments.advance(checked.id)).state is EnrolmentState.COMPARE_FACE


async def test_an_unstated_sex_agrees(world: World) -> None:
    person = known(world)
    done = await agreed(world, await proposed(world, replace(NEW, sex="X")))
    async with world.storage.reading() as uow:
        assert (await world.subscribers.identity(uow, person)).sex == "2"
    assert done.subscriber_id == person


@pytest.mark.parametrize("typed", ["", "๑๒๓", "X0000001700", "X-1"])
async def test_an_old_number_that_cannot_be(world: World, typed: str) -> None:
    assert await refusal(proposed(world, number=typed)) == EnrolmentProblem.OLD_NUMBER_UNUSABLE.value


async def test_a_number_is_typed_as_people_type(world: World) -> None:
    assert (await proposed(world, number=" x0000 0017<")).state is EnrolmentState.SECOND_OFFICER


async def test_another_name_without_the_old_booklet_is_nobodys(world: World) -> None:
    bent = replace(NEW, surname="NOVAKOVA")
    assert await refusal(proposed(world, bent, was=LOST)) == EnrolmentProblem.NAME_WITHOUT_OLD_PASSPORT.value


async def test_a_passport_that_is_somebodys_already_is_not_new(world: World) -> None:
    assert (await come(world, OLD)).problem is EnrolmentProblem.PASSPORT_KNOWN


async def test_the_declaration_and_the_right_journey_are_needed(world: World) -> None:
    checked = await come(world)
    given = {"officer": world.members["officer"], "old_number": OLD.document_no, "was": SHOWN}
    said = await refusal(world.new_passports.propose(checked.id, **given, is_unrelated=False))
    assert said == EnrolmentProblem.DECLARATION_MISSING.value
    # one officer's decision completes nothing here, and a colleague's journey is nobody else's
    assert await refusal(world.confirm(checked)) == EnrolmentProblem.WRONG_STATE.value
    stranger = {**given, "officer": world.members["colleague"]}
    said = await refusal(world.new_passports.propose(checked.id, **stranger, is_unrelated=True))
    assert said == EnrolmentProblem.UNKNOWN.value
    await world.enrolments.stop(checked.id, officer=world.members["officer"])
    other = await come(world, replace(NEW, document_no="X00000039"), JourneyKey.FOREIGNER_COUNTER)
    said = await refusal(world.new_passports.propose(other.id, **given, is_unrelated=True))
    assert said == EnrolmentProblem.WRONG_STATE.value


async def test_a_stopped_identity_does_not_go_on(world: World) -> None:
    person = known(world)
    waiting = await proposed(world)
    async with world.storage.unit_of_work() as uow:
        await world.subscribers.freeze(uow, person)
    assert await refusal(agreed(world, waiting)) == EnrolmentProblem.IDENTITY_NOT_ACTIVE.value
    await world.enrolments.stop(waiting.id, officer=world.members["officer"])
    assert await refusal(proposed(world)) == EnrolmentProblem.IDENTITY_NOT_ACTIVE.value


async def test_the_first_officer_decides_nothing_alone(world: World) -> None:
    waiting = await proposed(world)
    (row,) = await world.new_passports.waiting(officer=world.members["officer"])
    assert row.is_own
    said = await refusal(agreed(world, waiting, officer=world.members["officer"]))
    assert said == EnrolmentProblem.UNKNOWN.value
    # nor under another membership of the same person
    twin = replace(world.members["officer"], id=world.members["colleague"].id)
    assert await refusal(agreed(world, waiting, officer=twin)) == EnrolmentProblem.UNKNOWN.value
    # an administrator without the role, and an officer of another agency
    assert await refusal(agreed(world, waiting, officer=world.members["admin1"])) == ApprovalProblem.NOT_ALLOWED.value
    foreign = replace(world.members["colleague"], agency_id=world.members["colleague"].agency_id + "x")
    assert await refusal(agreed(world, waiting, officer=foreign)) == EnrolmentProblem.UNKNOWN.value
    assert (await agreed(world, waiting)).state is EnrolmentState.COMPLETED


async def test_who_is_an_officer_agrees_to_no_passport_of_their_own(world: World) -> None:
    person = known(world)
    waiting = await proposed(world)
    async with world.storage.unit_of_work() as uow:
        herself = await world.agencies.add_member(
            uow,
            agency_id=world.agency_id,
            subscriber_id=person,
            position_th="เจ้าหน้าที่",
            position_en="Officer",
            roles=(Role.ENROLMENT_OFFICER,),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
    assert await refusal(agreed(world, waiting, officer=herself)) == EnrolmentProblem.OWN_ENROLMENT.value


@pytest.mark.parametrize(
    ("bent", "problem"),
    [
        ({"person_seen": False}, EnrolmentProblem.NOT_ALL_SEEN),
        ({"old_seen": False}, EnrolmentProblem.NOT_ALL_SEEN),
        ({"number": OLD.document_no}, EnrolmentProblem.NOT_READ_OFF),
        ({"number": ""}, EnrolmentProblem.NOT_READ_OFF),
    ],
)
async def test_an_agreement_to_what_was_not_seen_is_none(
    world: World, bent: dict[str, Any], problem: EnrolmentProblem
) -> None:
    waiting = await proposed(world)
    assert await refusal(agreed(world, waiting, **bent)) == problem.value
    assert await found_by(world, NEW_NUMBER) is None
    assert (await agreed(world, waiting, number=NEW.document_no.lower())).state is EnrolmentState.COMPLETED


@pytest.mark.parametrize("relative", ["officer", "colleague"])
async def test_a_surname_of_either_officer_is_looked_at(world: World, relative: str) -> None:
    async with world.storage.reading() as uow:
        surname = (await world.subscribers.identity(uow, world.members[relative].subscriber_id)).name_en.last
    done = await agreed(world, await proposed(world, replace(NEW, surname=surname.upper())))
    assert EnrolmentFlag.SAME_SURNAME in done.flags
    async with world.storage.reading() as uow:
        (case,) = await uow.all(select(outbox.c.payload).where(outbox.c.topic == ENROLMENT_FLAGGED))
    assert case.payload == {"enrolment_id": done.id}


async def test_of_a_lost_booklet_nothing_is_to_be_seen(world: World) -> None:
    assert (await agreed(world, await proposed(world, was=LOST), old_seen=False)).state is EnrolmentState.COMPLETED


async def test_the_second_officer_refuses(world: World) -> None:
    person = known(world)
    waiting = await proposed(world)
    ended = await world.new_passports.refuse(waiting.id, officer=world.members["colleague"], reason="ไม่ใช่คนเดียวกัน")
    assert (ended.state, ended.problem) == (EnrolmentState.REFUSED, EnrolmentProblem.SECOND_OFFICER_REFUSED)
    assert await found_by(world, OLD_NUMBER) == person
    assert await refusal(agreed(world, waiting)) == EnrolmentProblem.UNKNOWN.value
    assert (await proposed(world)).state is EnrolmentState.SECOND_OFFICER


async def test_nobody_comes_within_the_hour(world: World) -> None:
    waiting = await proposed(world)
    world.clock.advance(WAITS.total_seconds())
    assert await world.new_passports.waiting(officer=world.members["colleague"]) == ()
    assert await refusal(agreed(world, waiting)) == EnrolmentProblem.UNKNOWN.value
    ended = await world.enrolments.advance(waiting.id)
    assert (ended.state, ended.problem) == (EnrolmentState.REFUSED, EnrolmentProblem.NO_SECOND_OFFICER)
    async with world.storage.reading() as uow:
        row = await uow.first(text("SELECT kept_jwe FROM enrolment WHERE problem = 'ENR-41'"))
    assert row is not None
    assert row.kept_jwe is None


async def test_nothing_of_it_lies_readable_in_the_store(world: World) -> None:
    await proposed(world)
    async with world.storage.reading() as uow:
        rows = [
            *await uow.all(text("SELECT * FROM enrolment")),
            *await uow.all(text("SELECT * FROM new_passport")),
            *await uow.all(text("SELECT * FROM proposal")),
        ]
    written = " ".join(str(value) for row in rows for value in row)
    for secret in (NEW.document_no, OLD.document_no, NEW.surname, NEW.surname.title()):
        assert secret not in written


async def test_two_booklets_of_one_person_at_once_link_one(world: World) -> None:
    third = replace(NEW, document_no="X00000039")
    one, other = await proposed(world), await proposed(world, third)
    assert (await agreed(world, one)).state is EnrolmentState.COMPLETED
    # by now the person is known by another number than the one the first officer typed
    assert await refusal(agreed(world, other, number=third.document_no)) == EnrolmentProblem.WRONG_STATE.value


async def test_nothing_changes_between_the_comparison_and_the_link(either: World) -> None:
    """Another node links another booklet while the second officer's click waits for the person's row."""
    person = await enrolled(either)
    waiting, third = await proposed(either), PassportNumber(NEW.issuing_state, "X00000039")
    blocked = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

    async def waits() -> bool:
        async with either.storage.reading() as uow:
            return await uow.first(blocked) is not None

    async with either.storage.unit_of_work() as uow:
        await either.subscribers.hold(uow, person)
        click = asyncio.create_task(agreed(either, waiting))
        if uow.dialect == "postgresql":
            await eventually(waits)
        newer = replace(await either.subscribers.identity(uow, person), passport=third)
        await either.subscribers.replace_passport(uow, person, identity=newer, ial=Ial.IAL2_2, by=SYSTEM)
    assert await refusal(click) == EnrolmentProblem.WRONG_STATE.value
    assert await found_by(either, third) == person
    assert await found_by(either, NEW_NUMBER) is None


async def test_a_booklet_that_became_somebodys_meanwhile_is_not_linked(world: World) -> None:
    person = known(world)
    waiting = await proposed(world)
    twin = Identity(
        None, identity_of("somchai").name_th, identity_of("somchai").name_en, NEW.birth_date, "2", NEW_NUMBER
    )
    async with world.storage.unit_of_work() as uow:
        await world.subscribers.create(uow, identity=twin, ial=Ial.IAL2_2, by=SYSTEM)
    assert await refusal(agreed(world, waiting)) == "SUB-02"
    assert await found_by(world, OLD_NUMBER) == person  # nothing of it stays
    assert (await world.enrolments.advance(waiting.id)).state is EnrolmentState.SECOND_OFFICER
