"""Single use and live predicates hold on either engine."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.security_log import SecurityLog
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.sessions import Sessions
from idp.authentication.store import sso_session
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import system_randomness
from idp.storage.storage import Storage
from idp.subscribers.store import insert_subscriber
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio
SOMEBODY = SubscriberId("sub_1")
AUDIT = AuditLog(mac=lambda content: content[:4], pseudonym=lambda subject: subject[:3], randomness=system_randomness)
LINKS = PasskeyLinks(audit=AUDIT, security_log=SecurityLog(FrozenClock()))
SESSIONS = Sessions(audit=AUDIT)


@pytest.fixture(autouse=True)
async def somebody(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        await insert_subscriber(uow, subscriber_id=SOMEBODY, ial=Ial.IAL2_2, sealed_identity=b"")


async def test_a_link_is_spent_by_one_of_many(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        token = await LINKS.make(uow, SOMEBODY, by=SYSTEM, valid_for=timedelta(minutes=15))

    async def spend() -> bool:
        try:
            async with storage.unit_of_work() as uow:
                await LINKS.spend(uow, token)
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*(spend() for _ in range(10)))) == 1


async def test_of_links_made_at_once_one_is_usable(storage: Storage) -> None:
    async def make() -> str:
        async with storage.unit_of_work() as uow:
            token = await LINKS.make(uow, SOMEBODY, by=SYSTEM, valid_for=timedelta(minutes=15))
            await asyncio.sleep(0.02)  # the others begin before this one commits
            return token

    async def is_usable(token: str) -> bool:
        try:
            async with storage.reading() as uow:
                await LINKS.open(uow, token)
        except Refused:
            return False
        return True

    tokens = await asyncio.gather(*(make() for _ in range(4)))
    assert [await is_usable(token) for token in tokens].count(True) == 1


async def test_a_link_that_was_rolled_back_can_still_be_used(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        token = await LINKS.make(uow, SOMEBODY, by=SYSTEM, valid_for=timedelta(minutes=15))
    with pytest.raises(ZeroDivisionError):
        async with storage.unit_of_work() as uow:
            await LINKS.spend(uow, token)
            raise ZeroDivisionError
    async with storage.reading() as reading:
        assert await LINKS.open(reading, token) == SOMEBODY


async def test_a_session_is_found_by_its_secret_until_it_ends(storage: Storage, clock: FrozenClock) -> None:
    async with storage.unit_of_work() as uow:
        started = await SESSIONS.start(uow, SOMEBODY, aal=Aal.AAL2_2, amr=("hwk", "user", "mfa"))
    async with storage.unit_of_work() as uow:
        assert await SESSIONS.find(uow, started.cookie_value) == started.session
        assert await SESSIONS.find(uow, started.session.id) is None
        assert await SESSIONS.find(uow, None) is None
        await SESSIONS.end(uow, started.session)
        assert await SESSIONS.find(uow, started.cookie_value) is None


async def test_use_keeps_a_session_for_an_hour_more(storage: Storage, clock: FrozenClock) -> None:
    async with storage.unit_of_work() as uow:
        started = await SESSIONS.start(uow, SOMEBODY, aal=Aal.AAL2_2, amr=())
    clock.advance(3000)
    async with storage.unit_of_work() as uow:
        await SESSIONS.touch(uow, started.session)
    clock.advance(3000)
    async with storage.reading() as uow:
        assert await SESSIONS.find(uow, started.cookie_value) is not None
    clock.advance(601)
    async with storage.reading() as uow:
        assert await SESSIONS.find(uow, started.cookie_value) is None


async def test_the_secret_of_a_session_is_in_no_table(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        started = await SESSIONS.start(uow, SOMEBODY, aal=Aal.AAL2_2, amr=())
    async with storage.reading() as uow:
        rows = await uow.all(select(sso_session))
    assert started.cookie_value not in repr(rows)
    assert started.cookie_value not in repr(started)
