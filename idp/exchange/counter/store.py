"""Tables and SQL of card sessions and handles, with the predicates that say in SQL which of them count now."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    exists,
    insert,
    select,
    text,
    update,
)

from connectors.contracts.identifiers import CitizenId
from idp.agencies.member_store import live_member, member
from idp.exchange.counter.model import (
    CitizenRef,
    CitizenRefId,
    CounterSession,
    CounterSessionId,
    LookUpFlag,
    OpenedFor,
)
from idp.exchange.counter.supervision import is_supervised
from idp.kernel.ids import AgencyId, CardSessionId, ClientId, MemberId, ServiceId, StationId
from idp.keys.envelope import PersonalData
from idp.stations.model import CardSessionState
from idp.stations.store import card_session
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

_WITH_CASE = text("sealed_case IS NOT NULL")
_WITH_NUMBER = text("sealed_number IS NOT NULL")
"""What is forgotten leaves the index: whoever forgets meets each row once."""

counter_session = Table(
    "counter_session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("sealed_case", LargeBinary),
    Column("station_id", Text, nullable=False),
    Column("needs_registry", Boolean, nullable=False),
    Column("card_session_id", Text),
    Column("card_verdict", Text),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_counter_session_expires_at", "expires_at", sqlite_where=_WITH_CASE, postgresql_where=_WITH_CASE),
    Index("ix_counter_session_opened_at", "opened_at"),
    Index("ix_counter_session_agency_id_opened_at", "agency_id", "opened_at"),
)

citizen_ref = Table(
    "citizen_ref",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("sealed_case", LargeBinary),
    Column("sealed_number", LargeBinary),
    Column("flags", JsonText, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_citizen_ref_expires_at", "expires_at", sqlite_where=_WITH_CASE, postgresql_where=_WITH_CASE),
    Index("ix_citizen_ref_numbers", "expires_at", sqlite_where=_WITH_NUMBER, postgresql_where=_WITH_NUMBER),
    Index("ix_citizen_ref_opened_at", "opened_at"),
    Index("ix_citizen_ref_agency_id_opened_at", "agency_id", "opened_at"),
    Index("ix_citizen_ref_member_id", "member_id", "opened_at"),
)


def live_counter_session(now: datetime) -> ColumnElement[bool]:
    """The session is in its time, its card was read and is in the reader, its officer is one still, and supervised."""
    card_is_in = exists().where(
        card_session.c.id == counter_session.c.card_session_id,
        card_session.c.state == CardSessionState.READ.value,
        card_session.c.expires_at > now,
    )
    in_time = and_(counter_session.c.ended_at.is_(None), counter_session.c.expires_at > now)
    return and_(in_time, card_is_in, _of_supervised_officer(counter_session, now))


def live_citizen_ref(now: datetime) -> ColumnElement[bool]:
    """The handle is in its time, its officer is one still, and supervised."""
    return and_(citizen_ref.c.expires_at > now, _of_supervised_officer(citizen_ref, now))


def _of_supervised_officer(table: Table, now: datetime) -> ColumnElement[bool]:
    is_person = exists().where(subscriber.c.id == member.c.subscriber_id, live_subscriber(now))
    is_officer = exists().where(member.c.id == table.c.member_id, live_member(now), is_person)
    return and_(is_officer, is_supervised(table.c.agency_id, now))


async def insert_session(uow: UnitOfWork, personal: PersonalData, record: CounterSession) -> None:
    """Save a new session."""
    await uow.execute(
        insert(counter_session).values(
            id=record.id,
            **await _opened_for(uow, personal, counter_session, record.id, record.opened_for),
            station_id=record.station_id,
            needs_registry=record.needs_registry,
            opened_at=record.opened_at,
            expires_at=record.expires_at,
        )
    )


async def insert_ref(uow: UnitOfWork, personal: PersonalData, record: CitizenRef) -> None:
    """Save a new handle; the number is sealed."""
    sealed_number = await personal.seal(
        uow, record.opened_for.agency_id, table="citizen_ref", column="sealed_number", row=record.id,
        value=record.citizen_id.digits.encode(),
    )  # fmt: skip
    await uow.execute(
        insert(citizen_ref).values(
            id=record.id,
            **await _opened_for(uow, personal, citizen_ref, record.id, record.opened_for),
            sealed_number=sealed_number,
            flags=sorted(record.flags),
            opened_at=record.opened_at,
            expires_at=record.expires_at,
        )
    )


async def find_session(uow: UnitOfWork, personal: PersonalData, session_id: CounterSessionId) -> CounterSession | None:
    """The session, live or not; None as well when its time was over so long ago that its case was forgotten."""
    row = await uow.first(select(counter_session).where(counter_session.c.id == session_id))
    if row is None or row.sealed_case is None:
        return None
    return CounterSession(
        id=CounterSessionId(row.id),
        opened_for=await _read_opened_for(uow, personal, counter_session, row),
        station_id=StationId(row.station_id),
        needs_registry=row.needs_registry,
        card_session_id=None if row.card_session_id is None else CardSessionId(row.card_session_id),
        card_verdict=row.card_verdict,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )


async def find_ref(uow: UnitOfWork, personal: PersonalData, ref_id: CitizenRefId) -> CitizenRef | None:
    """The handle, in its time or not; None as well when its number was forgotten."""
    row = await uow.first(select(citizen_ref).where(citizen_ref.c.id == ref_id))
    if row is None or row.sealed_number is None:
        return None
    return CitizenRef(
        id=CitizenRefId(row.id),
        opened_for=await _read_opened_for(uow, personal, citizen_ref, row),
        citizen_id=await _number_in(uow, personal, row),
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        flags=frozenset(LookUpFlag(flag) for flag in row.flags),
    )


async def last_numbers(
    uow: UnitOfWork, personal: PersonalData, member_id: MemberId, *, limit: int
) -> tuple[CitizenId, ...]:
    """The numbers that this officer named last, while they are known."""
    mine = (citizen_ref.c.member_id == member_id, citizen_ref.c.expires_at > uow.now)
    named = select(citizen_ref).where(*mine, citizen_ref.c.sealed_number.is_not(None))
    rows = await uow.all(named.order_by(citizen_ref.c.opened_at.desc()).limit(limit))
    return tuple([await _number_in(uow, personal, row) for row in rows])


async def _number_in(uow: UnitOfWork, personal: PersonalData, row: Row[Any]) -> CitizenId:
    number = await personal.open(
        uow, row.agency_id, table="citizen_ref", column="sealed_number", row=row.id, sealed=row.sealed_number
    )
    return CitizenId.parse(number.decode())


async def attach_card(uow: UnitOfWork, session_id: CounterSessionId, card_session_id: CardSessionId) -> bool:
    """True for the one look that asks for the session's card."""
    without = and_(
        counter_session.c.id == session_id,
        counter_session.c.card_session_id.is_(None),
        counter_session.c.ended_at.is_(None),
        counter_session.c.expires_at > uow.now,
    )
    return await uow.changed(update(counter_session).where(without).values(card_session_id=card_session_id)) == 1


async def save_verdict(uow: UnitOfWork, session_id: CounterSessionId, verdict: str) -> None:
    """Keep what was found out about the card; the first word stays."""
    unknown = and_(counter_session.c.id == session_id, counter_session.c.card_verdict.is_(None))
    await uow.execute(update(counter_session).where(unknown).values(card_verdict=verdict))


async def end_session(uow: UnitOfWork, session_id: CounterSessionId) -> bool:
    """True when a session that was not over is ended now."""
    live = and_(counter_session.c.id == session_id, counter_session.c.ended_at.is_(None))
    return await uow.changed(update(counter_session).where(live).values(ended_at=uow.now)) == 1


async def forget_numbers(uow: UnitOfWork) -> int:
    """Drop the numbers in handles whose time is over; gives how many. The rows stay for the supervisor's sample."""
    over = and_(citizen_ref.c.expires_at <= uow.now, citizen_ref.c.sealed_number.is_not(None))
    return await uow.changed(update(citizen_ref).where(over).values(sealed_number=None))


async def _opened_for(
    uow: UnitOfWork, personal: PersonalData, table: Table, row_id: str, opened: OpenedFor
) -> dict[str, Any]:
    return {
        "agency_id": opened.agency_id,
        "client_id": opened.client_id,
        "member_id": opened.member_id,
        "service_id": opened.service_id,
        # what an agency writes there may say something about a person
        "sealed_case": await personal.seal(
            uow, opened.agency_id, table=table.name, column="sealed_case", row=row_id, value=opened.case.encode()
        ),
    }


async def _read_opened_for(uow: UnitOfWork, personal: PersonalData, table: Table, row: Row[Any]) -> OpenedFor:
    return OpenedFor(
        agency_id=AgencyId(row.agency_id),
        client_id=ClientId(row.client_id),
        member_id=MemberId(row.member_id),
        service_id=ServiceId(row.service_id),
        case=await case_in(uow, personal, table, row) or "",
    )


async def case_in(uow: UnitOfWork, personal: PersonalData, table: Table, row: Row[Any]) -> str | None:
    """The case number of a row of either table; None once it was forgotten."""
    if row.sealed_case is None:
        return None
    case = await personal.open(
        uow, row.agency_id, table=table.name, column="sealed_case", row=row.id, sealed=row.sealed_case
    )
    return case.decode()


async def find_case(uow: UnitOfWork, personal: PersonalData, anchor: str) -> str | None:
    """For which case a card session or handle was opened; None when nobody knows (any more)."""
    for table in (citizen_ref, counter_session):
        row = await uow.first(select(table.c.id, table.c.agency_id, table.c.sealed_case).where(table.c.id == anchor))
        if row is not None:
            return await case_in(uow, personal, table, row)
    return None
