"""Use cases of an agency's account with the company registry: set, try, use, forget; never show."""

from datetime import timedelta
from typing import Final

import msgspec

from connectors.contracts.registry_desk import CompanyAccount
from idp.agencies.accounts import store
from idp.agencies.accounts.model import LONGEST, TRIES_AN_HOUR, AccountState, AccountTest, TryAccount
from idp.agencies.model import AgencyProblem
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId
from idp.keys.envelope import PersonalData, WrappedKey
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork

_TABLE: Final = "company_account"
_COLUMN: Final = "sealed"


class CompanyAccounts:
    """The agencies' accounts with the company registry."""

    def __init__(
        self, *, storage: Storage, agencies: Agencies, personal: PersonalData, audit: AuditLog, ask: TryAccount
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._personal = personal
        self._audit = audit
        self._ask = ask

    async def set(self, uow: UnitOfWork, agency_id: AgencyId, account: CompanyAccount, *, by: Actor) -> None:
        """Keep the account, in place of the one before. Raises NotFound (agency), Refused (ACCOUNT_NOT_POSSIBLE)."""
        await self._agencies.agency(uow, agency_id)
        if not all(_is_possible(text) for text in (account.user, account.password)):
            raise Refused(AgencyProblem.ACCOUNT_NOT_POSSIBLE)
        value = msgspec.json.encode([account.user, account.password])
        sealed = await self._personal.seal(uow, agency_id, table=_TABLE, column=_COLUMN, row=agency_id, value=value)
        await store.save_account(uow, agency_id, sealed=sealed)
        await self._record(uow, "agency.account_set", agency_id, by)

    async def account_of(self, uow: UnitOfWork, agency_id: AgencyId) -> CompanyAccount | None:
        """The account for one question of this live agency; None where none is kept. Raises SealBroken."""
        found = await store.find_sealed(uow, agency_id)
        return None if found is None else await self._opened(uow, agency_id, found[0])

    def opened(self, agency_id: AgencyId, sealed: bytes, key: WrappedKey) -> CompanyAccount:
        """The account of a live agency, read with the agency's key. Raises SealBroken."""
        value = self._personal.open_with(key, table=_TABLE, column=_COLUMN, row=agency_id, sealed=sealed)
        return _account(value)

    async def state(self, uow: UnitOfWork, agency_id: AgencyId) -> AccountState | None:
        """That an account is kept, since when, and how it was last tried."""
        return await store.find_state(uow, agency_id)

    async def try_account(self, agency_id: AgencyId, *, by: Actor) -> AccountTest:
        """Ask the registry whether it lets the account in; outside any unit of work.

        Raises NotFound (ACCOUNT_MISSING), Refused (ACCOUNT_TRIED_OFTEN).
        """
        async with self._storage.reading() as uow:
            found = await store.find_sealed(uow, agency_id)
            if found is None:
                raise NotFound(AgencyProblem.ACCOUNT_MISSING)
            sealed, generation = found
            account = await self._opened(uow, agency_id, sealed)
        # paid for before it is asked: neither another account, nor forgetting this one, nor a crash gives a try back
        async with self._storage.unit_of_work() as uow:
            if not await _take_try(uow, agency_id):
                raise Refused(AgencyProblem.ACCOUNT_TRIED_OFTEN)
        outcome = await self._ask(account)
        async with self._storage.unit_of_work() as uow:
            await store.save_test(uow, agency_id, generation, outcome)
            await self._record(uow, "agency.account_tried", agency_id, by, answer=outcome.value)
        return outcome

    async def forget(self, uow: UnitOfWork, agency_id: AgencyId, *, by: Actor) -> None:
        """Drop the account. Raises NotFound (ACCOUNT_MISSING)."""
        if not await store.drop_account(uow, agency_id):
            raise NotFound(AgencyProblem.ACCOUNT_MISSING)
        await self._record(uow, "agency.account_forgotten", agency_id, by)

    async def _opened(self, uow: UnitOfWork, agency_id: AgencyId, sealed: bytes) -> CompanyAccount:
        value = await self._personal.open(uow, agency_id, table=_TABLE, column=_COLUMN, row=agency_id, sealed=sealed)
        return _account(value)

    async def _record(self, uow: UnitOfWork, event: str, agency_id: AgencyId, by: Actor, **details: str) -> None:
        await self._audit.append(uow, AuditEvent(event=event, actor=by, agency_id=agency_id, details=details))


def _account(value: bytes) -> CompanyAccount:
    user, password = msgspec.json.decode(value, type=tuple[str, str])
    return CompanyAccount(user, password)


async def _take_try(uow: UnitOfWork, agency_id: AgencyId) -> bool:
    """True for the first `TRIES_AN_HOUR` of this agency in the hour, on any number of nodes."""
    hour = uow.now.replace(minute=0, second=0, microsecond=0)
    for number in range(TRIES_AN_HOUR):
        secret, ends = f"{hour.isoformat()} {number}", hour + timedelta(hours=1)
        if await spend(uow, kind=SpentKind.ACCOUNT_TRY, scope=agency_id, secret=secret, expires_at=ends):
            return True
    return False


def _is_possible(text: str) -> bool:
    # a line break would end the header in which it travels
    return 0 < len(text) <= LONGEST and text.isprintable()
