"""Tables of stations and card sessions, and their SQL.

What was read lies here as ciphertext, only while the session is open.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Row, Table, Text, and_, case, or_, select, update

from connectors.contracts.errors import CardFault
from idp.kernel.ids import AgencyId, CardSessionId, MemberId, StationId
from idp.stations.model import (
    OPEN_STATES,
    CardPurpose,
    CardSession,
    CardSessionState,
    PlannedStation,
    Presence,
    Station,
    StationMode,
    StationStatus,
    StationWork,
    VerifiedAnswer,
    VerifiedHello,
    VerifiedProgress,
)
from idp.stations.rules import answerable_states
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

station = Table(
    "station",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False, index=True),
    Column("name_th", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("public_jwk", JsonText, nullable=False),
    Column("allow_virtual", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("seen_at", Instant),
    Column("agent_version", Text),
    Column("card_stack", Text),
    Column("is_virtual", Boolean),
    Column("slots", JsonText),
    Column("slots_changed_at", JsonText),
    Column("is_too_old", Boolean, nullable=False),
)

card_session = Table(
    "card_session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("station_id", Text, ForeignKey("station.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("with_photo", Boolean, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("read_at", Instant),
    Column("fault", Text),
    Column("photo_public_jwk", JsonText, nullable=False),
    Column("is_virtual", Boolean, nullable=False),
    Column("card_jwe", Text),
    Column("photo_jwe", Text),
    Column("end_is_to_be_told", Boolean, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("passport_key_jwe", Text),
    Index("ix_card_session_station_id_state", "station_id", "state"),
)

_OPEN_VALUES = sorted(state.value for state in OPEN_STATES)

# "one active session per station" (facts/smart-card, section 4): the unique key decides, not a look before the insert
Index(
    "uq_card_session_open_station_id",
    card_session.c.station_id,
    unique=True,
    sqlite_where=card_session.c.state.in_(_OPEN_VALUES),
    postgresql_where=card_session.c.state.in_(_OPEN_VALUES),
)

_FORGOTTEN: Mapping[str, Any] = {"card_jwe": None, "photo_jwe": None, "passport_key_jwe": None}


async def insert_station(uow: UnitOfWork, record: Station) -> bool:
    """True when the id was free and the station is paired now."""
    statement = (
        insert_on_conflict(station, uow.dialect)
        .values(
            id=record.id,
            agency_id=record.agency_id,
            name_th=record.name_th,
            name_en=record.name_en,
            public_jwk=dict(record.public_jwk),
            allow_virtual=record.allow_virtual,
            status=record.status.value,
            site=record.site,
            mode=record.mode.value,
            is_too_old=False,
        )
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def find_station(uow: UnitOfWork, station_id: StationId) -> Station | None:
    """The station with this id, whatever its status."""
    row = await uow.first(select(station).where(station.c.id == station_id))
    return None if row is None else _station(row)


async def active_stations_of(uow: UnitOfWork, agency_id: AgencyId) -> Sequence[Station]:
    """The stations an agency's officers may use."""
    mine = and_(station.c.agency_id == agency_id, station.c.status == StationStatus.ACTIVE.value)
    return [_station(row) for row in await uow.all(select(station).where(mine).order_by(station.c.id))]


async def revoke_station(uow: UnitOfWork, station_id: StationId) -> bool:
    """True when an active station's key is believed no more."""
    active = and_(station.c.id == station_id, station.c.status == StationStatus.ACTIVE.value)
    return await uow.changed(update(station).where(active).values(status=StationStatus.REVOKED.value)) == 1


async def replace_station(
    uow: UnitOfWork, station_id: StationId, *, planned: PlannedStation, public_jwk: Mapping[str, Any]
) -> bool:
    """True when an active station has the new key and names now; who called before is not there any more."""
    active = and_(station.c.id == station_id, station.c.status == StationStatus.ACTIVE.value)
    replaced = (
        update(station)
        .where(active)
        .values(
            public_jwk=dict(public_jwk),
            name_th=planned.name_th,
            name_en=planned.name_en,
            site=planned.site,
            mode=planned.mode.value,
            seen_at=None,
        )
    )
    return await uow.changed(replaced) == 1


async def save_presence(uow: UnitOfWork, present: Station, hello: VerifiedHello) -> Presence:
    """Note that the agent called, and what it said of itself; `present` is the station as it was before."""
    before = present.presence
    presence = Presence(
        seen_at=uow.now,
        agent_version=hello.agent_version,
        card_stack=hello.card_stack,
        is_virtual=hello.is_virtual,
        slots=hello.slots,
        changed_at={
            slot: uow.now
            if before is None or before.slots.get(slot) != fill
            else before.changed_at.get(slot, before.seen_at)
            for slot, fill in hello.slots.items()
        },
    )
    await uow.execute(
        update(station)
        .where(station.c.id == present.id)
        .values(
            seen_at=presence.seen_at,
            agent_version=presence.agent_version,
            card_stack=presence.card_stack,
            is_virtual=presence.is_virtual,
            slots=dict(presence.slots),
            slots_changed_at={slot: moment.timestamp() for slot, moment in presence.changed_at.items()},
            is_too_old=False,
        )
    )
    return presence


async def mark_too_old(uow: UnitOfWork, station_id: StationId) -> None:
    """Note that the agent called with a version that is not served; it is not there until it is renewed."""
    await uow.execute(update(station).where(station.c.id == station_id).values(is_too_old=True, seen_at=None))


async def insert_session(uow: UnitOfWork, session: CardSession) -> bool:
    """True when the station had no open session and has this one now."""
    statement = (
        insert_on_conflict(card_session, uow.dialect)
        .values(
            id=session.id,
            station_id=session.station_id,
            purpose=session.purpose.value,
            requested_by=session.requested_by,
            slot=session.slot,
            with_photo=session.with_photo,
            nonce=session.nonce,
            state=session.state.value,
            opened_at=uow.now,
            expires_at=session.expires_at,
            photo_public_jwk=dict(session.photo_public_jwk),
            is_virtual=False,
            end_is_to_be_told=False,
            percent=0,
            passport_key_jwe=session.passport_key_jwe,
        )
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def find_session(uow: UnitOfWork, card_session_id: CardSessionId) -> CardSession | None:
    """The session with this id, whatever its state."""
    row = await uow.first(select(card_session).where(card_session.c.id == card_session_id))
    return None if row is None else _session(row)


async def open_session_of(uow: UnitOfWork, station_id: StationId) -> CardSession | None:
    """The station's one open session."""
    mine = and_(card_session.c.station_id == station_id, card_session.c.state.in_(_OPEN_VALUES))
    row = await uow.first(select(card_session).where(mine))
    return None if row is None else _session(row)


async def work_of(uow: UnitOfWork, station_id: StationId) -> StationWork:
    """What lies at this station for its agent; one statement, asked five times a second."""
    concerns = and_(
        card_session.c.station_id == station.c.id,
        or_(card_session.c.state == CardSessionState.WAITING.value, card_session.c.end_is_to_be_told),
    )
    rows = await uow.all(
        select(station.c.status.label("station_status"), station.c.public_jwk, station.c.seen_at, card_session)
        .select_from(station.outerjoin(card_session, concerns))
        .where(station.c.id == station_id)
        .order_by(card_session.c.id)
    )
    sessions = [(_session(row), row.end_is_to_be_told) for row in rows if row.id is not None]
    return StationWork(
        status=StationStatus(rows[0].station_status) if rows else StationStatus.REVOKED,
        public_jwk=rows[0].public_jwk if rows else {},
        seen_at=rows[0].seen_at if rows else None,
        waiting=next((session for session, _ in sessions if session.state is CardSessionState.WAITING), None),
        untold_end=next((session for session, is_untold in sessions if is_untold), None),
    )


async def save_progress(uow: UnitOfWork, progress: VerifiedProgress, *, station_id: StationId) -> bool:
    """True when a session of this station is being read under that nonce; its progress never goes back."""
    under_way = and_(
        card_session.c.id == progress.card_session_id,
        card_session.c.station_id == station_id,
        card_session.c.nonce == progress.nonce,
        card_session.c.state == CardSessionState.TAKEN.value,
        card_session.c.expires_at > uow.now,
    )
    further = case(
        (card_session.c.percent < progress.percent, progress.percent),
        else_=card_session.c.percent,
    )
    return await uow.changed(update(card_session).where(under_way).values(percent=further)) == 1


async def mark_taken(uow: UnitOfWork, card_session_id: CardSessionId) -> bool:
    """True for the one poll that gets this request."""
    waiting = and_(
        card_session.c.id == card_session_id,
        card_session.c.state == CardSessionState.WAITING.value,
        card_session.c.expires_at > uow.now,
    )
    return await uow.changed(update(card_session).where(waiting).values(state=CardSessionState.TAKEN.value)) == 1


async def mark_end_told(uow: UnitOfWork, card_session_id: CardSessionId) -> bool:
    """True for the one poll that gets this end."""
    untold = and_(card_session.c.id == card_session_id, card_session.c.end_is_to_be_told)
    return await uow.changed(update(card_session).where(untold).values(end_is_to_be_told=False)) == 1


async def save_answer(uow: UnitOfWork, answer: VerifiedAnswer, *, expires_at: datetime) -> bool:
    """True for the one answer that changes the session; the state it must be in is part of the statement."""
    allowed = sorted(state.value for state in answerable_states(answer.outcome))
    in_time = and_(
        card_session.c.id == answer.card_session_id,
        card_session.c.state.in_(allowed),
        card_session.c.expires_at > uow.now,
    )
    is_read = answer.card is not None
    values: dict[str, Any] = {
        "state": answer.outcome.value,
        "fault": answer.fault.value if answer.fault else None,
        "card_jwe": answer.card,
        "photo_jwe": answer.photo if is_read else None,
    }
    if not is_read:
        values["passport_key_jwe"] = None  # nothing is read with it any more
    else:
        values |= {"read_at": uow.now, "expires_at": expires_at, "is_virtual": answer.is_virtual}
    return await uow.changed(update(card_session).where(in_time).values(values)) == 1


async def end_session(uow: UnitOfWork, card_session_id: CardSessionId) -> bool:
    """True when an open session is ended now; what was read goes in the same statement."""
    still_open = and_(card_session.c.id == card_session_id, card_session.c.state.in_(_OPEN_VALUES))
    agent_knows_it = card_session.c.state != CardSessionState.WAITING.value
    ended = (
        update(card_session)
        .where(still_open)
        .values(state=CardSessionState.ENDED.value, end_is_to_be_told=agent_knows_it, **_FORGOTTEN)
    )
    return await uow.changed(ended) == 1


async def sweep(uow: UnitOfWork) -> int:
    """Close every open session whose time is over and throw away what was read; gives how many."""
    over = and_(card_session.c.state.in_(_OPEN_VALUES), card_session.c.expires_at <= uow.now)
    agent_knows_it = card_session.c.state != CardSessionState.WAITING.value
    expired = (
        update(card_session)
        .where(over)
        .values(state=CardSessionState.EXPIRED.value, end_is_to_be_told=agent_knows_it, **_FORGOTTEN)
    )
    return await uow.changed(expired)


async def sealed_read(uow: UnitOfWork, card_session_id: CardSessionId) -> tuple[str | None, str | None]:
    """The JWEs of card and photo while the session is in `read`."""
    alive = and_(
        card_session.c.id == card_session_id,
        card_session.c.state == CardSessionState.READ.value,
        card_session.c.expires_at > uow.now,
    )
    row = await uow.first(select(card_session.c.card_jwe, card_session.c.photo_jwe).where(alive))
    return (None, None) if row is None else (row.card_jwe, row.photo_jwe)


def _station(row: Row[Any]) -> Station:
    presence = None
    if row.seen_at is not None:
        changed_at = {
            slot: datetime.fromtimestamp(seconds, UTC) for slot, seconds in (row.slots_changed_at or {}).items()
        }
        presence = Presence(row.seen_at, row.agent_version, row.card_stack, row.is_virtual, row.slots, changed_at)
    return Station(
        id=StationId(row.id),
        agency_id=AgencyId(row.agency_id),
        name_th=row.name_th,
        name_en=row.name_en,
        public_jwk=row.public_jwk,
        allow_virtual=row.allow_virtual,
        status=StationStatus(row.status),
        presence=presence,
        site=row.site,
        mode=StationMode(row.mode),
        is_too_old=row.is_too_old,
    )


def _requester(row: Row[Any]) -> MemberId | StationId:
    """A member, or a kiosk by itself."""
    return StationId(row.station_id) if row.requested_by == row.station_id else MemberId(row.requested_by)


def _session(row: Row[Any]) -> CardSession:
    return CardSession(
        id=CardSessionId(row.id),
        station_id=StationId(row.station_id),
        purpose=CardPurpose(row.purpose),
        requested_by=_requester(row),
        slot=row.slot,
        with_photo=row.with_photo,
        nonce=row.nonce,
        state=CardSessionState(row.state),
        expires_at=row.expires_at,
        fault=CardFault(row.fault) if row.fault else None,
        photo_public_jwk=row.photo_public_jwk,
        read_at=row.read_at,
        is_virtual=row.is_virtual,
        percent=row.percent,
        passport_key_jwe=row.passport_key_jwe,
    )
