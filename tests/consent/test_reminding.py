"""A month before a long consent ends its owner is told, once."""

from datetime import timedelta

import pytest

from idp.consent.model import OnBehalf
from idp.consent.reminding import remind_of_ends
from idp.kernel.ids import ClientId, SubscriberId
from idp.notices.model import NoticeTopic
from idp.notices.service import Notices
from tests.exchange.world import JOBS, World

pytestmark = pytest.mark.anyio

ISSUER = "http://id.localhost:8000"


def notices_of(world: World) -> Notices:
    return Notices(storage=world.storage, subscribers=world.subscribers, mail=None, account_url=ISSUER)


async def give(world: World, days: int, *, client_id: ClientId = JOBS, claims: tuple[str, ...] = ("name",)) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.consents.give(
            uow,
            subscriber_id=world.somchai,
            agency_id=world.agency.id,
            client_id=client_id,
            shown_hash="00" * 32,
            claims=claims,
            consent_days=days,
        )


async def remind(world: World, notices: Notices) -> int:
    async with world.storage.unit_of_work() as uow:
        return await remind_of_ends(uow, notices)


async def test_who_agreed_for_a_year_is_told_once_a_month_before(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    notices = notices_of(world)
    await give(world, 365)
    assert await remind(world, notices) == 0
    world.clock.advance(timedelta(days=335, seconds=1).total_seconds())
    assert await remind(world, notices) == 1
    assert await remind(world, notices) == 0
    async with world.storage.reading() as uow:
        (notice,) = await notices.of(uow, world.somchai, before=None, limit=5)
    assert notice.topic is NoticeTopic.CONSENT_ENDING


async def test_a_short_consent_one_taken_back_and_one_given_anew_need_no_word(world: World) -> None:
    notices = notices_of(world)
    await give(world, 40, client_id=ClientId("short"))
    await give(world, 100, client_id=ClientId("back"))
    await give(world, 100, client_id=ClientId("anew"))
    world.clock.advance(timedelta(days=80).total_seconds())
    await give(world, 300, client_id=ClientId("anew"), claims=("name", "email"))
    async with world.storage.unit_of_work() as uow:
        for record in await world.consents.in_force(uow, world.somchai, ClientId("back")):
            await world.consents.withdraw(uow, record.id, subscriber_id=world.somchai)
    assert await remind(world, notices) == 0


async def test_what_a_proxy_agreed_to_is_no_renewal_of_ones_own(world: World) -> None:
    notices = notices_of(world)
    await give(world, 365)
    world.clock.advance(timedelta(days=330).total_seconds())
    async with world.storage.unit_of_work() as uow:
        await world.consents.give(
            uow,
            subscriber_id=world.somchai,
            agency_id=world.agency.id,
            client_id=JOBS,
            shown_hash="00" * 32,
            claims=("name",),
            on_behalf=OnBehalf(SubscriberId("sub_proxy"), "man_1", None),
        )
    world.clock.advance(timedelta(days=6).total_seconds())
    assert await remind(world, notices) == 1
