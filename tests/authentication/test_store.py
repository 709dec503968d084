"""Single use and live predicates hold on either engine."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.security_log import SecurityLog
from idp.authentication.model import SsoSession
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.sessions import Sessions
from idp.authentication.store import hold_owner, insert_session, live_session, sso_session
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import SsoSessionId, SubscriberId
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


async def test_who_takes_every_way_in_away_waits_for_a_link_that_is_being_used(storage: Storage) -> None:
    """Else it would miss the passkey that comes of it."""
    async with storage.unit_of_work() as uow:
        token = await LINKS.make(uow, SOMEBODY, by=SYSTEM, valid_for=timedelta(minutes=15))
    order: list[str] = []

    async def take_away() -> None:
        async with storage.unit_of_work() as uow:
            await hold_owner(uow, SOMEBODY)
            order.append("taken away")

    async with storage.unit_of_work() as uow:
        assert await LINKS.spend(uow, token) == SOMEBODY
        taking = asyncio.create_task(take_away())
        await asyncio.sleep(0.3)
        order.append("used")
    await taking
    assert order == ["used", "taken away"]


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


@pytest.mark.parametrize(
    ("seen_after", "now_after", "ended", "expected"),
    [
        (timedelta(0), timedelta(0), False, True),
        (timedelta(0), timedelta(minutes=59, seconds=59), False, True),
        (timedelta(0), timedelta(hours=1), False, False),
        (timedelta(hours=11, minutes=30), timedelta(hours=11, minutes=59), False, True),
        (timedelta(hours=11, minutes=30), timedelta(hours=12), False, False),
        (timedelta(0), timedelta(seconds=-1), False, False),
        (timedelta(0), timedelta(0), True, False),
    ],
    ids=str,
)
async def test_a_session_is_live_within_its_times(
    storage: Storage, clock: FrozenClock, seen_after: timedelta, now_after: timedelta, ended: bool, expected: bool
) -> None:
    start = clock.now()
    session = SsoSession(
        id=SsoSessionId("ses_1"),
        visit_id=SsoSessionId("ses_1"),
        subscriber_id=SOMEBODY,
        aal=Aal.AAL2_2,
        amr=(),
        auth_time=start,
        last_seen=start + seen_after,
        ended_at=None,
    )
    async with storage.unit_of_work() as uow:
        await insert_session(uow, session, cookie_digest=b"d" * 32)
        if ended:
            await uow.execute(update(sso_session).values(ended_at=start))
        found = await uow.first(select(sso_session.c.id).where(live_session(start + now_after)))
    assert (found is not None) is expected
