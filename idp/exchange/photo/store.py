"""The table of requests, and the two statements that count: agree once, show once. Never a byte of a photo."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Index,
    Row,
    Table,
    Text,
    and_,
    delete,
    exists,
    insert,
    literal,
    select,
    update,
)

from idp.agencies.agreement_store import live_officer_grant, officer_grant
from idp.agencies.member_store import live_member, member
from idp.agencies.model import Member
from idp.agencies.namings.store import live_naming, security_naming
from idp.catalogue.photo import PHOTO
from idp.exchange.photo.model import PhotoRequest, PhotoRequestId
from idp.exchange.pull.model import Chain
from idp.exchange.pull.store import holding
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId, SubscriberId
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

photo_request = Table(
    "photo_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("anchor", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("officer_id", Text, nullable=False),
    Column("officer_person", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("second_id", Text),
    Column("second_person", Text),
    Column("agreed_at", Instant),
    Column("shown_at", Instant),
    Index("ix_photo_request_expires_at", "expires_at"),
)


async def insert_request(uow: UnitOfWork, record: PhotoRequest) -> None:
    """Save a new request."""
    await uow.execute(
        insert(photo_request).values(
            id=record.id,
            anchor=record.anchor,
            agency_id=record.agency_id,
            client_id=record.client_id,
            service_id=record.service_id,
            officer_id=record.officer_id,
            officer_person=record.officer_person,
            opened_at=record.opened_at,
            expires_at=record.expires_at,
        )
    )


async def find_request(uow: UnitOfWork, request_id: PhotoRequestId) -> PhotoRequest | None:
    """The request, over or not."""
    row = await uow.first(select(photo_request).where(photo_request.c.id == request_id))
    return None if row is None else _request(row)


async def agree(uow: UnitOfWork, request_id: PhotoRequestId, *, by: Member) -> bool:
    """True for the one officer, another person than who asked, who agrees first and in time."""
    waits = and_(
        photo_request.c.id == request_id,
        photo_request.c.agency_id == by.agency_id,
        photo_request.c.officer_person != by.subscriber_id,
        photo_request.c.officer_id != by.id,
        photo_request.c.second_id.is_(None),
        photo_request.c.shown_at.is_(None),
        photo_request.c.expires_at > uow.now,
    )
    agreed = {"second_id": by.id, "second_person": by.subscriber_id, "agreed_at": uow.now}
    return await uow.changed(update(photo_request).where(waits).values(agreed)) == 1


async def hold(uow: UnitOfWork, request: PhotoRequest) -> None:
    """Keep the second officer, the first one's grant and the naming as they are until this transaction ends.

    SQLite has one writer and needs no lock.
    """
    if uow.dialect == "sqlite":
        return
    officers = (request.officer_id, request.second_id)
    held: FromClause = (
        photo_request.join(member, member.c.id.in_(officers))
        .join(subscriber, subscriber.c.id == member.c.subscriber_id)
        .join(security_naming, security_naming.c.agency_id == photo_request.c.agency_id)
    )
    rows = select(literal(1)).select_from(held).where(photo_request.c.id == request.id)
    await uow.execute(rows.with_for_update(read=True, of=[member, subscriber, security_naming]))
    grants = select(literal(1)).where(
        officer_grant.c.member_id == request.officer_id, officer_grant.c.dataset == PHOTO.id
    )
    await uow.execute(grants.with_for_update(read=True))


async def spend(uow: UnitOfWork, request: PhotoRequest, chain: Chain) -> bool:
    """True exactly once, over all nodes: a second officer agreed, and every link holds now.

    The links are those of every disclosure (client, the officer's own grant of tokens, agreement, what was opened), and
    of a photo in addition: the naming, the officer's grant from the data's owner, both officers as they stand.
    """
    now = uow.now
    agreed = and_(
        photo_request.c.id == request.id,
        photo_request.c.second_person.is_not(None),
        photo_request.c.second_person != photo_request.c.officer_person,
        photo_request.c.shown_at.is_(None),
        photo_request.c.expires_at > now,
    )
    is_named = exists().where(security_naming.c.agency_id == request.agency_id, live_naming(now))
    is_granted = exists().where(
        officer_grant.c.member_id == request.officer_id, officer_grant.c.dataset == PHOTO.id, live_officer_grant(now)
    )
    officers = [_is_live(request.officer_id, now), _is_live(request.second_id, now)]
    links = (*holding(chain, now).values(), is_named, is_granted, *officers)
    return await uow.changed(update(photo_request).where(agreed, *links).values(shown_at=now)) == 1


def _is_live(member_id: MemberId | None, now: datetime) -> ColumnElement[bool]:
    is_person = exists().where(subscriber.c.id == member.c.subscriber_id, live_subscriber(now))
    return exists().where(member.c.id == member_id, live_member(now), is_person)


async def forget_requests(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Drop requests that are over since long; gives how many."""
    old = select(photo_request.c.id).where(photo_request.c.expires_at <= before).limit(limit)
    return await uow.changed(delete(photo_request).where(photo_request.c.id.in_(old)))


def _request(row: Row[Any]) -> PhotoRequest:
    return PhotoRequest(
        id=PhotoRequestId(row.id),
        anchor=row.anchor,
        agency_id=AgencyId(row.agency_id),
        client_id=ClientId(row.client_id),
        service_id=ServiceId(row.service_id),
        officer_id=MemberId(row.officer_id),
        officer_person=SubscriberId(row.officer_person),
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        second_id=None if row.second_id is None else MemberId(row.second_id),
        second_person=None if row.second_person is None else SubscriberId(row.second_person),
        agreed_at=row.agreed_at,
        shown_at=row.shown_at,
    )
