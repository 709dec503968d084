"""Tables of visits, of officers' diaries and of the daily notice. What an agency wrote, and every token, is sealed."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Row, Table, Text, delete, insert, select, update

from idp.kernel.ids import AgencyId, MemberId, ServiceId, StationId
from idp.keys.envelope import PersonalData
from idp.portal.look_ups.model import (
    Acknowledged,
    DiaryEntry,
    EntryId,
    OfficerToken,
    Outcome,
    Visit,
    VisitId,
    VisitKind,
)
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

look_up_visit = Table(
    "look_up_visit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("station_id", Text),
    Column("anchor", Text),
    Column("photo_request", Text),
    Column("sealed", LargeBinary, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("ended_at", Instant),
    Index("ix_look_up_visit_member_id", "member_id", "opened_at"),
    Index("ix_look_up_visit_agency_id", "agency_id", "opened_at"),
)

look_up_entry = Table(
    "look_up_entry",
    metadata,
    Column("id", Text, primary_key=True),
    Column("visit_id", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Text),
    Column("disclosure_id", Text),
    Column("pull_id", Text),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Index("ix_look_up_entry_member_id", "member_id", "at"),
)

liability_notice = Table(
    "liability_notice",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)


async def insert_visit(uow: UnitOfWork, personal: PersonalData, visit: Visit) -> None:
    """Save a new visit."""
    await uow.execute(
        insert(look_up_visit).values(
            id=visit.id,
            member_id=visit.member_id,
            agency_id=visit.agency_id,
            service_id=visit.service_id,
            kind=visit.kind.value,
            station_id=visit.station_id,
            anchor=visit.anchor,
            photo_request=visit.photo_request,
            sealed=await _sealed_visit(uow, personal, visit),
            opened_at=visit.opened_at,
            expires_at=visit.expires_at,
            ended_at=visit.ended_at,
        )
    )


async def save_visit(uow: UnitOfWork, personal: PersonalData, visit: Visit) -> bool:
    """Save what a visit has become; False when it was ended meanwhile, and nothing was saved."""
    running = (look_up_visit.c.id == visit.id, look_up_visit.c.ended_at.is_(None))
    changed = update(look_up_visit).where(*running)
    values = {
        "anchor": visit.anchor,
        "photo_request": visit.photo_request,
        "sealed": await _sealed_visit(uow, personal, visit),
        "expires_at": visit.expires_at,
        "ended_at": visit.ended_at,
    }
    return await uow.changed(changed.values(**values)) == 1


async def find_visit(uow: UnitOfWork, personal: PersonalData, visit_id: str) -> Visit | None:
    """The visit, running or over."""
    row = await uow.first(select(look_up_visit).where(look_up_visit.c.id == visit_id))
    return None if row is None else await _visit_of(uow, personal, row)


async def lock_visit(uow: UnitOfWork, personal: PersonalData, visit_id: VisitId) -> Visit | None:
    """As `find_visit`; nobody else changes it until this unit of work is over."""
    row = await uow.first(select(look_up_visit).where(look_up_visit.c.id == visit_id).with_for_update())
    return None if row is None else await _visit_of(uow, personal, row)


async def running_visits(uow: UnitOfWork, personal: PersonalData, member_id: MemberId) -> list[Visit]:
    """What this officer has not ended, the newest first."""
    mine = (look_up_visit.c.member_id == member_id, look_up_visit.c.ended_at.is_(None))
    running = select(look_up_visit).where(*mine, look_up_visit.c.expires_at > uow.now)
    rows = await uow.all(running.order_by(look_up_visit.c.opened_at.desc()))
    return [await _visit_of(uow, personal, row) for row in rows]


async def hold_posts(uow: UnitOfWork, member_ids: Sequence[MemberId]) -> None:
    """Visits of these posts begin one after another: the notices that were read are held until this act ends."""
    read = select(liability_notice.c.at).where(liability_notice.c.member_id.in_(member_ids))
    await uow.all(read.order_by(liability_notice.c.member_id, liability_notice.c.day).with_for_update())


async def visits_with_photo_requests(uow: UnitOfWork, personal: PersonalData, agency_id: AgencyId) -> list[Visit]:
    """Running visits of the agency in which a photo of the registry was asked for, the newest first."""
    asked = (look_up_visit.c.agency_id == agency_id, look_up_visit.c.photo_request.is_not(None))
    running = (look_up_visit.c.ended_at.is_(None), look_up_visit.c.expires_at > uow.now)
    rows = await uow.all(select(look_up_visit).where(*asked, *running).order_by(look_up_visit.c.opened_at.desc()))
    return [await _visit_of(uow, personal, row) for row in rows]


async def end_overdue(uow: UnitOfWork, personal: PersonalData, *, limit: int) -> int:
    """End visits whose time is over and that nobody ended; gives how many."""
    is_left = look_up_visit.c.ended_at.is_(None) & (look_up_visit.c.expires_at <= uow.now)
    rows = await uow.all(select(look_up_visit).where(is_left).limit(limit).with_for_update(skip_locked=True))
    for row in rows:
        visit = await _visit_of(uow, personal, row)
        ended = visit.ended(visit.expires_at)
        values = {"sealed": await _sealed_visit(uow, personal, ended), "ended_at": ended.ended_at}
        await uow.execute(update(look_up_visit).where(look_up_visit.c.id == visit.id).values(**values))
    return len(rows)


async def forget_before(uow: UnitOfWork, *, visits: datetime, entries: datetime) -> None:
    """Drop visits that were over by then, and entries of diaries that are older."""
    await uow.execute(delete(look_up_visit).where(look_up_visit.c.expires_at <= visits))
    await uow.execute(delete(look_up_entry).where(look_up_entry.c.at <= entries))
    await uow.execute(delete(liability_notice).where(liability_notice.c.at <= entries))


async def insert_entry(uow: UnitOfWork, personal: PersonalData, entry: DiaryEntry) -> None:
    """Write an entry into a diary."""
    await uow.execute(
        insert(look_up_entry).values(
            id=entry.id,
            visit_id=entry.visit_id,
            member_id=entry.member_id,
            agency_id=entry.agency_id,
            service_id=entry.service_id,
            dataset=entry.dataset,
            outcome=entry.outcome.value,
            code=entry.code,
            disclosure_id=entry.disclosure_id,
            pull_id=entry.pull_id,
            sealed=await _sealed_entry(uow, personal, entry),
            at=entry.at,
        )
    )


async def save_entry(uow: UnitOfWork, personal: PersonalData, entry: DiaryEntry) -> None:
    """Save what became of an entry, or the officer's note to it."""
    values = {
        "outcome": entry.outcome.value,
        "code": entry.code,
        "disclosure_id": entry.disclosure_id,
        "pull_id": entry.pull_id,
        "sealed": await _sealed_entry(uow, personal, entry),
    }
    await uow.execute(update(look_up_entry).where(look_up_entry.c.id == entry.id).values(**values))


async def find_entry(uow: UnitOfWork, personal: PersonalData, entry_id: str) -> DiaryEntry | None:
    """One entry of anybody's diary."""
    row = await uow.first(select(look_up_entry).where(look_up_entry.c.id == entry_id))
    return None if row is None else await _entry_of(uow, personal, row)


async def entries_since(
    uow: UnitOfWork, personal: PersonalData, member_id: MemberId, *, since: datetime, limit: int
) -> list[DiaryEntry]:
    """The officer's own diary, the newest first."""
    mine = (look_up_entry.c.member_id == member_id, look_up_entry.c.at >= since)
    rows = await uow.all(select(look_up_entry).where(*mine).order_by(look_up_entry.c.at.desc()).limit(limit))
    return [await _entry_of(uow, personal, row) for row in rows]


async def has_acknowledged(uow: UnitOfWork, member_id: MemberId, day: date) -> bool:
    """True when the officer read the notice that day."""
    read = select(liability_notice.c.at).where(
        liability_notice.c.member_id == member_id, liability_notice.c.day == day.isoformat()
    )
    return await uow.first(read) is not None


async def acknowledge(uow: UnitOfWork, record: Acknowledged) -> bool:
    """True for the first time that day."""
    row = insert_on_conflict(liability_notice, uow.dialect).values(
        member_id=record.member_id, day=record.day.isoformat(), at=record.at
    )
    return await uow.changed(row.on_conflict_do_nothing()) == 1


async def _sealed_visit(uow: UnitOfWork, personal: PersonalData, visit: Visit) -> bytes:
    token = None if visit.token is None else [visit.token.text, visit.token.until.isoformat()]
    said = {
        "case": visit.case,
        "ground": dict(visit.ground),
        "number": visit.number,
        "token": token,
        "reason": visit.photo_reason,
    }
    return await personal.seal(
        uow, visit.agency_id, table="look_up_visit", column="sealed", row=visit.id, value=json.dumps(said).encode()
    )


async def _visit_of(uow: UnitOfWork, personal: PersonalData, row: Row[Any]) -> Visit:
    opened = await personal.open(
        uow, row.agency_id, table="look_up_visit", column="sealed", row=row.id, sealed=row.sealed
    )
    said: dict[str, Any] = json.loads(opened)
    token = said["token"]
    return Visit(
        id=VisitId(row.id),
        member_id=MemberId(row.member_id),
        agency_id=AgencyId(row.agency_id),
        service_id=ServiceId(row.service_id),
        kind=VisitKind(row.kind),
        case=said["case"],
        ground=said["ground"],
        station_id=None if row.station_id is None else StationId(row.station_id),
        number=said["number"],
        anchor=row.anchor,
        token=None if token is None else OfficerToken(token[0], datetime.fromisoformat(token[1])),
        photo_request=row.photo_request,
        photo_reason=said["reason"],
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )


async def _sealed_entry(uow: UnitOfWork, personal: PersonalData, entry: DiaryEntry) -> bytes:
    said = json.dumps({"case": entry.case, "note": entry.note}).encode()
    return await personal.seal(uow, entry.agency_id, table="look_up_entry", column="sealed", row=entry.id, value=said)


async def _entry_of(uow: UnitOfWork, personal: PersonalData, row: Row[Any]) -> DiaryEntry:
    opened = await personal.open(
        uow, row.agency_id, table="look_up_entry", column="sealed", row=row.id, sealed=row.sealed
    )
    said: dict[str, Any] = json.loads(opened)
    return DiaryEntry(
        id=EntryId(row.id),
        visit_id=VisitId(row.visit_id),
        member_id=MemberId(row.member_id),
        agency_id=AgencyId(row.agency_id),
        service_id=ServiceId(row.service_id),
        dataset=row.dataset,
        outcome=Outcome(row.outcome),
        code=row.code,
        disclosure_id=row.disclosure_id,
        pull_id=row.pull_id,
        at=row.at,
        case=said["case"],
        note=said["note"],
    )
