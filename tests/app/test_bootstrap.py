"""The first two administrators: once, together or not at all, on record, and able to sign in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from idp.agencies.member_store import member
from idp.agencies.model import Role
from idp.app.bootstrap import FirstAgency, NotEmpty, NotTwoPersons, bootstrap
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.kernel.assurance import Ial
from idp.kernel.ids import ClientId
from tests.attacks.house import House, open_house, settings_of
from tests.clock import FrozenClock
from tests.subscribers.test_subscribers import identity_of

pytestmark = pytest.mark.anyio

OFFICE = FirstAgency("first-office", "สำนักทะเบียนแรก", "First Office")
PEOPLE = ("admin1", "admin2")


async def members(house: House) -> int:
    async with house.storage.reading() as uow:
        row = await uow.first(select(func.count()).select_from(member))
    assert row is not None
    return int(row[0])


@asynccontextmanager
async def without_members(home: Path, clock: FrozenClock) -> AsyncIterator[House]:
    """A house whose agencies have nobody yet."""
    async with open_house(home, clock) as house:
        async with house.storage.unit_of_work() as uow:
            await uow.execute(delete(member))
        yield house


async def test_two_persons_get_a_link_each_once(tmp_path: Path, clock: FrozenClock) -> None:
    async with without_members(tmp_path / "home", clock) as house:
        settings, before = settings_of(tmp_path / "home"), await members(house)
        people = [identity_of(persona) for persona in PEOPLE]
        links = await bootstrap(house.rooms, settings, agency=OFFICE, people=people)
        assert len(set(links)) == 2
        for link, person in zip(links, people, strict=True):
            assert person.citizen_id is not None
            async with house.storage.reading() as uow:
                opened = await house.rooms.passkey_links.open(uow, link.partition("#")[2])
                found = await house.rooms.subscribers.find_by_citizen_id(uow, person.citizen_id)
                first, platform = sorted(
                    await house.rooms.agencies.members_of(uow, opened), key=lambda one: len(one.roles), reverse=True
                )
            assert found is not None
            assert (found.id, found.ial) == (opened, Ial.IAL1_1)
            assert Role.ENROLMENT_ADMIN in first.roles
            assert platform.roles == {Role.PLATFORM_ADMIN, Role.ENROLMENT_ADMIN}
        with pytest.raises(NotEmpty):
            other = FirstAgency("another", "อื่น", "Another")
            await bootstrap(house.rooms, settings, agency=other, people=people)
        assert await members(house) == before + 4
        async with house.storage.reading() as uow:
            assert await house.rooms.clients.get(uow, ClientId("portal")) is not None
            entries = [bytes(row.canonical) for row in await uow.all(select(audit_entry.c.canonical))]
        assert any(b"deployment.bootstrapped" in entry for entry in entries)


@pytest.mark.parametrize("personas", [("malee",), ("malee", "malee"), ("malee", "one_name", "somchai")])
async def test_one_person_twice_is_not_two(tmp_path: Path, clock: FrozenClock, personas: tuple[str, ...]) -> None:
    async with open_house(tmp_path / "home", clock) as house:
        people = [identity_of(persona) for persona in personas]
        with pytest.raises(NotTwoPersons):
            await bootstrap(house.rooms, settings_of(tmp_path / "home"), agency=OFFICE, people=people)


async def test_what_fails_leaves_the_one_chance(tmp_path: Path, clock: FrozenClock) -> None:
    async with without_members(tmp_path / "home", clock) as house:
        settings, people = settings_of(tmp_path / "home"), [identity_of(persona) for persona in PEOPLE]
        taken = FirstAgency("employment", "ซ้ำ", "Taken")
        with pytest.raises(NotEmpty, match="employment"):
            await bootstrap(house.rooms, settings, agency=taken, people=people)
        assert len(await bootstrap(house.rooms, settings, agency=OFFICE, people=people)) == 2


async def test_where_anybody_is_a_member_nobody_begins_anew(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house:
        people = [identity_of(persona) for persona in PEOPLE]
        async with house.storage.unit_of_work() as uow:
            await house.rooms.agencies.add_member(
                uow,
                agency_id=house.sown.agency_id,
                subscriber_id=house.sown.subscriber_id,
                position_th="เจ้าหน้าที่",
                position_en="Officer",
                roles=(Role.LOOKUP_OFFICER,),
                expires_at=uow.now + timedelta(days=1),
                by=SYSTEM,
            )
        before = await members(house)
        with pytest.raises(NotEmpty, match="members"):
            await bootstrap(house.rooms, settings_of(tmp_path / "home"), agency=OFFICE, people=people)
        assert await members(house) == before
