"""The account with the company registry is written, tried and used, and never shown (never 6)."""

import secrets
from dataclasses import replace

import pytest
from sqlalchemy import select

from connectors.contracts.registry_desk import CompanyAccount
from idp.agencies.accounts.model import AccountTest
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.accounts.store import company_account
from idp.agencies.model import AgencyProblem, Standing
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId
from idp.kernel.randomness import system_randomness
from idp.keys.envelope import PersonalData, SealBroken
from idp.keys.files import RootKeys
from idp.storage.storage import Storage
from tests.agencies.test_service import agencies as agencies  # the fixture
from tests.agencies.test_service import founded

pytestmark = pytest.mark.anyio

ROOT_KEY = secrets.token_bytes(32)
ACCOUNT = CompanyAccount("agency-user", "s3cret-of-the-letter")


class Registry:
    """A registry that lets one account in, and hears which was tried."""

    def __init__(self) -> None:
        self.accepts = ACCOUNT

    async def __call__(self, account: CompanyAccount) -> AccountTest:
        same = (account.user, account.password) == (self.accepts.user, self.accepts.password)
        return AccountTest.ACCEPTED if same else AccountTest.REFUSED


def accounts_on(storage: Storage, agencies: Agencies, registry: Registry) -> CompanyAccounts:
    audit = AuditLog(mac=lambda _: b"mac", pseudonym=lambda subscriber_id: "p", randomness=system_randomness)
    personal = PersonalData(RootKeys({1: ROOT_KEY}))
    return CompanyAccounts(storage=storage, agencies=agencies, personal=personal, audit=audit, ask=registry)


async def test_what_was_set_is_used_tried_and_forgotten(storage: Storage, agencies: Agencies) -> None:
    accounts = accounts_on(storage, agencies, Registry())
    async with storage.unit_of_work() as uow:
        agency = await founded(uow, agencies)
        assert await accounts.account_of(uow, agency.id) is None
        await accounts.set(uow, agency.id, CompanyAccount("u", "wrong"), by=SYSTEM)
    assert await accounts.try_account(agency.id, by=SYSTEM) is AccountTest.REFUSED
    async with storage.unit_of_work() as uow:
        await accounts.set(uow, agency.id, ACCOUNT, by=SYSTEM)
        state = await accounts.state(uow, agency.id)
        assert state is not None
        assert state.tested is None
    assert await accounts.try_account(agency.id, by=SYSTEM) is AccountTest.ACCEPTED
    async with storage.unit_of_work() as uow:
        assert await accounts.account_of(uow, agency.id) == ACCOUNT
        state = await accounts.state(uow, agency.id)
        assert state is not None
        assert (state.tested, state.tested_at) == (AccountTest.ACCEPTED, uow.now)
        await accounts.forget(uow, agency.id, by=SYSTEM)
        assert await accounts.account_of(uow, agency.id) is None
        with pytest.raises(NotFound) as caught:
            await accounts.forget(uow, agency.id, by=SYSTEM)
        assert caught.value.code is AgencyProblem.ACCOUNT_MISSING
    with pytest.raises(NotFound):
        await accounts.try_account(agency.id, by=SYSTEM)


async def test_neither_store_nor_audit_nor_repr_shows_it(sqlite_storage: Storage, agencies: Agencies) -> None:
    accounts = accounts_on(sqlite_storage, agencies, Registry())
    async with sqlite_storage.unit_of_work() as uow:
        agency = await founded(uow, agencies)
        await accounts.set(uow, agency.id, ACCOUNT, by=SYSTEM)
        rows = str([*await uow.all(select(company_account)), *await uow.all(select(audit_entry))])
    for text in (rows, repr(ACCOUNT), str(ACCOUNT)):
        assert ACCOUNT.user not in text
        assert ACCOUNT.password not in text


async def test_another_agencys_row_opens_nothing(sqlite_storage: Storage, agencies: Agencies) -> None:
    accounts = accounts_on(sqlite_storage, agencies, Registry())
    async with sqlite_storage.unit_of_work() as uow:
        one, other = await founded(uow, agencies), await founded(uow, agencies, "other")
        await accounts.set(uow, one.id, ACCOUNT, by=SYSTEM)
        await accounts.set(uow, other.id, CompanyAccount("x", "y"), by=SYSTEM)
        sealed = (await uow.all(select(company_account).where(company_account.c.agency_id == one.id)))[0].sealed
        moved = company_account.update().where(company_account.c.agency_id == other.id).values(sealed=sealed)
        await uow.execute(moved)
        with pytest.raises(SealBroken):
            await accounts.account_of(uow, other.id)


async def test_a_suspended_agency_has_none_and_impossible_ones_are_refused(
    sqlite_storage: Storage, agencies: Agencies
) -> None:
    accounts = accounts_on(sqlite_storage, agencies, Registry())
    async with sqlite_storage.unit_of_work() as uow:
        agency = await founded(uow, agencies)
        for account in (
            CompanyAccount("", "x"),
            CompanyAccount("u", ""),
            CompanyAccount("u\r\nX: y", "x"),
            CompanyAccount("u", "x" * 201),
        ):
            with pytest.raises(Refused) as caught:
                await accounts.set(uow, agency.id, account, by=SYSTEM)
            assert caught.value.code is AgencyProblem.ACCOUNT_NOT_POSSIBLE
        with pytest.raises(NotFound):
            await accounts.set(uow, AgencyId("agc_0"), ACCOUNT, by=SYSTEM)
        await accounts.set(uow, agency.id, ACCOUNT, by=SYSTEM)
        await agencies.change_agency(uow, replace(agency, status=Standing.SUSPENDED), by=SYSTEM)
        assert await accounts.account_of(uow, agency.id) is None
