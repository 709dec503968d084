"""The table and SQL of accounts with the company registry."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text, delete, select, update

from idp.agencies.accounts.model import AccountState, AccountTest
from idp.agencies.store import agency, live_agency
from idp.kernel.ids import AgencyId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

company_account = Table(
    "company_account",
    metadata,
    Column("agency_id", Text, ForeignKey("agency.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("tested_at", Instant),
    Column("tested", Text),
)


async def save_account(uow: UnitOfWork, agency_id: AgencyId, *, sealed: bytes) -> None:
    """Keep an account in place of the one before; it is untested."""
    statement = insert_on_conflict(company_account, uow.dialect).values(
        agency_id=agency_id, sealed=sealed, generation=1, set_at=uow.now
    )
    replaced = {
        "sealed": sealed,
        "generation": company_account.c.generation + 1,
        "set_at": uow.now,
        "tested_at": None,
        "tested": None,
    }
    await uow.execute(statement.on_conflict_do_update(index_elements=["agency_id"], set_=replaced))


async def find_sealed(uow: UnitOfWork, agency_id: AgencyId) -> tuple[bytes, int] | None:
    """The sealed account of a live agency, and which it is of those it had."""
    of_live = select(company_account).join(agency, agency.c.id == company_account.c.agency_id)
    row = await uow.first(of_live.where(company_account.c.agency_id == agency_id, live_agency(uow.now)))
    return None if row is None else (bytes(row.sealed), row.generation)


async def find_state(uow: UnitOfWork, agency_id: AgencyId) -> AccountState | None:
    """That an account is kept."""
    row = await uow.first(select(company_account).where(company_account.c.agency_id == agency_id))
    if row is None:
        return None
    tested = None if row.tested is None else AccountTest(row.tested)
    return AccountState(AgencyId(row.agency_id), row.set_at, row.tested_at, tested)


async def save_test(uow: UnitOfWork, agency_id: AgencyId, generation: int, outcome: AccountTest) -> bool:
    """Keep what the registry said, of the account that was tried and no later one; False when it was replaced."""
    tried = (company_account.c.agency_id == agency_id, company_account.c.generation == generation)
    outcome_of = update(company_account).where(*tried).values(tested_at=uow.now, tested=outcome.value)
    return await uow.changed(outcome_of) == 1


async def drop_account(uow: UnitOfWork, agency_id: AgencyId) -> bool:
    """Forget an account; False when there was none."""
    return await uow.changed(delete(company_account).where(company_account.c.agency_id == agency_id)) == 1
