"""Companies are asked about with the account that their registry issued to the agency, and with nobody else's."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from connectors.contracts.registry_desk import CompanyAccount
from connectors.dbd.account import DbdAccount
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.switchboard import Switchboard
from idp.audit.model import SYSTEM
from idp.exchange.model import ExchangeProblem
from idp.exchange.sources import Registries
from idp.kernel.errors import Unavailable
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.exchange.world import THONGDEE, World, company_detail, pull

pytestmark = pytest.mark.anyio

OWN = CompanyAccount("agency-user", "correct horse")


@pytest.fixture
async def guarded(sqlite_storage: Storage, clock: FrozenClock, switchboard: Switchboard) -> AsyncIterator[World]:
    """A country whose company registry lets nobody in without the account."""
    application = create_simulators(
        population=create_population(houses=1, companies=2),
        clock=clock.now,
        switchboard=switchboard,
        dbd_account=DbdAccount(OWN.user, OWN.password),
    )
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://registries") as http:
        world = World(sqlite_storage, clock, http, switchboard)
        world.registries = Registries(desk_of=world.desks.of, clock=clock.now)
        await world.settle()
        yield world


async def account(world: World, password: str) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.accounts.set(uow, world.agency.id, CompanyAccount(OWN.user, password), by=SYSTEM)


async def test_without_an_account_or_with_a_wrong_one_the_registry_lets_nobody_in(guarded: World) -> None:
    token = guarded.own_token(company_detail())
    for password in (None, "wrong"):
        if password is not None:
            await account(guarded, password)
        with pytest.raises(Unavailable) as caught:
            await guarded.exchange().pull(pull(token, "dbd.company"))
        assert caught.value.code is ExchangeProblem.REGISTRY_ACCOUNT
        assert OWN.user not in str(caught.value)


async def test_with_its_account_an_agency_gets_the_record_and_nothing_tells_the_account(guarded: World) -> None:
    await account(guarded, OWN.password)
    released = await guarded.exchange().pull(pull(guarded.own_token(company_detail()), "dbd.company"))
    assert released.payload["fields"]["name_th"] == THONGDEE.name_th
    written = repr(released.payload) + "".join(await guarded.entries("exchange.released"))
    assert OWN.password not in written
    assert OWN.user not in written
