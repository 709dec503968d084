"""The table and SQL of accesses, and who stands open at the counters."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Row, Table, Text, and_, select, update

from idp.agencies.model import Standing
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject
from idp.exchange.counter.store import citizen_ref, counter_session
from idp.gateway.bridge.model import BridgeAccess
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

MOST_OPEN = 16
"""What one officer has open at once at one program; older ones are not looked at."""

bridge_access = Table(
    "bridge_access",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("service_id", Text, nullable=False),
    Column("case_text", Text, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("certificate", Text),
    Column("addresses", JsonText, nullable=False),
    Column("agents", JsonText, nullable=False),
    Column("status", Text, nullable=False),
    Column("key_digest", Text, unique=True),
    Column("secret_digest", Text),
    Column("generation", Integer, nullable=False),
)


async def find_access(uow: UnitOfWork, client_id: ClientId) -> BridgeAccess | None:
    """The access of a program, live or not."""
    row = await uow.first(select(bridge_access).where(bridge_access.c.client_id == client_id))
    return None if row is None else _access(row)


async def find_by_key(uow: UnitOfWork, key_digest: str) -> BridgeAccess | None:
    """The access that this key was issued for, live or not."""
    row = await uow.first(select(bridge_access).where(bridge_access.c.key_digest == key_digest))
    return None if row is None else _access(row)


async def find_all(uow: UnitOfWork) -> tuple[BridgeAccess, ...]:
    """Every access, in the order of the programs."""
    return tuple(_access(row) for row in await uow.all(select(bridge_access).order_by(bridge_access.c.client_id)))


async def save_terms(uow: UnitOfWork, access: BridgeAccess) -> bool:
    """Make the terms stand; key and generation stay as they are. False for one that has ended for good."""
    terms = {
        "agency_id": access.agency_id,
        "service_id": access.service_id,
        "case_text": access.case,
        "ends_at": access.ends_at,
        "certificate": access.certificate,
        "addresses": list(access.addresses),
        "agents": dict(access.agents),
        "status": access.status.value,
    }
    statement = insert_on_conflict(bridge_access, uow.dialect).values(client_id=access.client_id, generation=0, **terms)
    not_ended = bridge_access.c.status != Standing.ENDED.value
    return (
        await uow.changed(statement.on_conflict_do_update(index_elements=["client_id"], set_=terms, where=not_ended))
        == 1
    )


async def save_key(uow: UnitOfWork, client_id: ClientId, *, key_digest: str, secret_digest: str) -> bool:
    """Keep a new key in place of the one before, whose tokens end with it. False where no access stands."""
    active = and_(bridge_access.c.client_id == client_id, bridge_access.c.status == Standing.ACTIVE.value)
    replaced = {"key_digest": key_digest, "secret_digest": secret_digest, "generation": bridge_access.c.generation + 1}
    return (
        await uow.changed(update(bridge_access).where(active, bridge_access.c.ends_at > uow.now).values(replaced)) == 1
    )


async def end_access(uow: UnitOfWork, client_id: ClientId) -> bool:
    """End it for good; its key goes in the same statement. False when there is none that goes on."""
    going_on = and_(bridge_access.c.client_id == client_id, bridge_access.c.status != Standing.ENDED.value)
    ended = {"status": Standing.ENDED.value, "key_digest": None, "secret_digest": None}
    return await uow.changed(update(bridge_access).where(going_on).values(ended)) == 1


async def open_sessions(uow: UnitOfWork, access: BridgeAccess, member_id: MemberId) -> Sequence[CardSessionSubject]:
    """The card sessions that this officer opened for this program and that are in their time, newest first."""
    own = and_(
        counter_session.c.agency_id == access.agency_id,
        counter_session.c.client_id == access.client_id,
        counter_session.c.member_id == member_id,
        counter_session.c.ended_at.is_(None),
        counter_session.c.expires_at > uow.now,
    )
    newest = select(counter_session.c.id).where(own).order_by(counter_session.c.id.desc()).limit(MOST_OPEN)
    return [CardSessionSubject(row.id) for row in await uow.all(newest)]


async def open_handles(uow: UnitOfWork, access: BridgeAccess, member_id: MemberId) -> Sequence[CitizenRefSubject]:
    """The handles by number that this officer made for this program and that are in their time, newest first."""
    own = and_(
        citizen_ref.c.agency_id == access.agency_id,
        citizen_ref.c.client_id == access.client_id,
        citizen_ref.c.member_id == member_id,
        citizen_ref.c.expires_at > uow.now,
    )
    newest = select(citizen_ref.c.id).where(own).order_by(citizen_ref.c.id.desc()).limit(MOST_OPEN)
    return [CitizenRefSubject(row.id) for row in await uow.all(newest)]


def _access(row: Row[Any]) -> BridgeAccess:
    agents = {name: None if member is None else MemberId(member) for name, member in row.agents.items()}
    return BridgeAccess(
        client_id=ClientId(row.client_id),
        agency_id=AgencyId(row.agency_id),
        service_id=ServiceId(row.service_id),
        case=row.case_text,
        ends_at=row.ends_at,
        certificate=row.certificate,
        addresses=tuple(row.addresses),
        agents=agents,
        status=Standing(row.status),
        key_digest=row.key_digest,
        secret_digest=row.secret_digest,
        generation=row.generation,
    )
