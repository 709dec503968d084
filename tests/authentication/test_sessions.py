"""Sessions over authentications: a new id each time, one visit for the services, nothing left behind by a sign-out."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from idp.authentication.model import AuthenticationProblem, SsoSession, StartedSession
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.storage.outbox import outbox
from idp.storage.storage import Storage
from idp.subscribers.model import SubscriberStatus
from idp.subscribers.store import change_status, insert_subscriber
from tests.authentication.test_store import SESSIONS
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio
SOMEBODY, SOMEBODY_ELSE = SubscriberId("sub_1"), SubscriberId("sub_2")


@pytest.fixture(autouse=True)
async def people(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        for who in (SOMEBODY, SOMEBODY_ELSE):
            await insert_subscriber(uow, subscriber_id=who, ial=Ial.IAL2_2, sealed_identity=b"")


async def sign_in(
    storage: Storage, cookie: str | None = None, *, who: SubscriberId = SOMEBODY, aal: Aal = Aal.AAL2_2
) -> StartedSession:
    async with storage.unit_of_work() as uow:
        return await SESSIONS.authenticated(uow, cookie, who, aal=aal, amr=("hwk",))


async def find(storage: Storage, started: StartedSession) -> SsoSession | None:
    async with storage.reading() as uow:
        return await SESSIONS.find(uow, started.cookie_value)


async def ended_visits(storage: Storage) -> Sequence[str]:
    """The visits whose clients are to be told."""
    async with storage.reading() as uow:
        rows = await uow.all(select(outbox.c.payload).where(outbox.c.topic == "session_ended"))
    return [row.payload["session_id"] for row in rows]


async def test_each_authentication_begins_a_session_of_its_own(storage: Storage, clock: FrozenClock) -> None:
    first = await sign_in(storage, aal=Aal.AAL1)
    clock.advance(60)
    second = await sign_in(storage, first.cookie_value)
    assert second.session.id != first.session.id
    assert second.cookie_value != first.cookie_value
    assert await find(storage, first) is None
    found = await find(storage, second)
    assert found is not None
    assert (found.aal, found.auth_time) == (Aal.AAL2_2, clock.now())
    # the services signed in to are told nothing: for them it is one visit
    assert second.session.visit_id == first.session.id
    assert await ended_visits(storage) == []


async def test_a_weaker_authentication_lowers_what_the_session_says(storage: Storage) -> None:
    first = await sign_in(storage)
    second = await sign_in(storage, first.cookie_value, aal=Aal.AAL1)
    found = await find(storage, second)
    assert found is not None
    assert found.aal is Aal.AAL1


async def test_signing_out_after_a_second_sign_in_reaches_the_services_of_the_first(storage: Storage) -> None:
    first = await sign_in(storage)
    second = await sign_in(storage, first.cookie_value)
    async with storage.unit_of_work() as uow:
        await SESSIONS.end(uow, second.session)
    assert await find(storage, second) is None
    assert await ended_visits(storage) == [first.session.id]


async def test_signing_out_with_the_session_before_ends_the_one_that_followed(storage: Storage) -> None:
    first = await sign_in(storage)
    second = await sign_in(storage, first.cookie_value)
    async with storage.unit_of_work() as uow:
        await SESSIONS.end(uow, first.session)
        await SESSIONS.end(uow, first.session)
    assert await find(storage, second) is None
    assert await ended_visits(storage) == [first.session.id]


async def test_somebody_elses_session_in_the_browser_is_signed_out(storage: Storage) -> None:
    first = await sign_in(storage)
    second = await sign_in(storage, first.cookie_value, who=SOMEBODY_ELSE)
    assert await find(storage, first) is None
    assert second.session.visit_id == second.session.id
    assert await ended_visits(storage) == [first.session.id]


async def test_of_two_sign_ins_at_once_in_one_browser_one_goes_over(storage: Storage) -> None:
    first = await sign_in(storage)
    others = await asyncio.gather(*(sign_in(storage, first.cookie_value) for _ in range(4)))
    visits = [other.session.visit_id for other in others]
    assert visits.count(first.session.id) == 1
    assert len(set(visits)) == len(visits)


async def test_a_sign_out_and_a_sign_in_at_once_leave_no_session_of_the_visit(storage: Storage) -> None:
    async def sign_out(session: SsoSession) -> None:
        async with storage.unit_of_work() as uow:
            await SESSIONS.end(uow, session)

    for _ in range(3):
        first = await sign_in(storage)
        second, _ = await asyncio.gather(sign_in(storage, first.cookie_value), sign_out(first.session))
        found = await find(storage, second)
        assert found is None or found.visit_id != first.session.id
        assert first.session.id in await ended_visits(storage)


async def test_no_session_begins_behind_a_stop(storage: Storage) -> None:
    first = await sign_in(storage)
    async with storage.unit_of_work() as uow:
        active, frozen = SubscriberStatus.ACTIVE, SubscriberStatus.FROZEN
        assert await change_status(uow, subscriber_id=SOMEBODY, of=active, to=frozen)
        await SESSIONS.end_all_of(uow, SOMEBODY)
    # authenticated before the stop, and the session was to begin after it
    for cookie in (None, first.cookie_value):
        with pytest.raises(Refused) as refused:
            await sign_in(storage, cookie)
        assert refused.value.code is AuthenticationProblem.IDENTITY_NOT_LIVE
    async with storage.unit_of_work() as uow:
        assert await change_status(uow, subscriber_id=SOMEBODY, of=frozen, to=active)
        assert await SESSIONS.live_of(uow, SOMEBODY) == ()
