"""Tables of the room and its SQL. Attributes are sealed; the numbers are found by their blind index only."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    UniqueConstraint,
    and_,
    or_,
    select,
    update,
)

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId, PassportNumber
from connectors.contracts.thai_dates import PartialDate
from idp.kernel.assurance import Ial
from idp.kernel.ids import MemberId, SubscriberId
from idp.keys.blind_index import IndexDigest
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, Moment, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import ContactDetails, Identity, Subscriber, SubscriberStatus, Suspension
from idp.subscribers.rules import SUSPENDABLE

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("ial", Text, nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    Column("sealed_identity", LargeBinary, nullable=False),
    Column("sealed_contact", LargeBinary),
    Column("suspended_by", Text),
    Column("suspended_by_person", Text),
    Column("suspended_at", Instant),
    Column("sealed_suspension_reason", LargeBinary),
)

subscriber_index = Table(
    "subscriber_index",
    metadata,
    Column("purpose", Text, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    PrimaryKeyConstraint("purpose", "key_version", "digest"),
    Index("ix_subscriber_index_subscriber_id", "subscriber_id"),
)

attribute_change = Table(
    "attribute_change",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("changed", JsonText, nullable=False),
    Column("sealed_before", LargeBinary, nullable=False),
    Index("ix_attribute_change_subscriber_id_id", "subscriber_id", "id"),
)

closing_request = Table(
    "closing_request",
    metadata,
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), primary_key=True),
    Column("requested_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
)

registry_notice = Table(
    "registry_notice",
    metadata,
    Column("number", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("taken_at", Instant, nullable=False),
)

staff_look = Table(
    "staff_look",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    Column("member_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("minute", BigInteger, nullable=False),
    # a page that is loaded again within a minute is one look
    UniqueConstraint("subscriber_id", "member_id", "what", "minute"),
    Index("ix_staff_look_subscriber_id_id", "subscriber_id", "id"),
)

CITIZEN_ID, PASSPORT = "citizen_id", "passport"
"""By which numbers somebody is found: the purposes of the blind index."""

REPLACED_PASSPORT = "replaced_passport"
"""Under which a passport's number stays that has a newer one in its place: it finds nobody, and enrols nobody anew."""

_FACTS = (
    subscriber.c.id,
    subscriber.c.status,
    subscriber.c.ial,
    subscriber.c.enrolled_at,
    subscriber.c.suspended_by,
    subscriber.c.suspended_by_person,
    subscriber.c.suspended_at,
)


def live_subscriber(now: Moment) -> ColumnElement[bool]:
    """The identity may be used at `now`: for the statement that mints or discloses (design, section 4)."""
    del now  # no status of this room ends by itself; the argument is that of every live predicate
    return subscriber.c.status == SubscriberStatus.ACTIVE.value


async def insert_subscriber(uow: UnitOfWork, *, subscriber_id: SubscriberId, ial: Ial, sealed_identity: bytes) -> None:
    """A new, active row."""
    await uow.execute(
        subscriber.insert().values(
            id=subscriber_id,
            status=SubscriberStatus.ACTIVE.value,
            ial=ial.value,
            enrolled_at=uow.now,
            sealed_identity=sealed_identity,
        )
    )


async def insert_index(
    uow: UnitOfWork, subscriber_id: SubscriberId, purpose: str, digests: Sequence[IndexDigest]
) -> bool:
    """True when the number is this subscriber's now under every key version; the unique key decides between two."""
    rows = [
        {
            "purpose": purpose,
            "key_version": index.key_version,
            "digest": index.digest,
            "subscriber_id": subscriber_id,
        }
        for index in digests
    ]
    statement = insert_on_conflict(subscriber_index, uow.dialect).values(rows).on_conflict_do_nothing()
    if await uow.changed(statement) == len(rows):
        return True
    found = await find_by_index(uow, purpose, digests)
    return found is not None and found.id == subscriber_id


async def retire_passport(uow: UnitOfWork, subscriber_id: SubscriberId, digests: Sequence[IndexDigest]) -> bool:
    """The number finds this subscriber no more, and is remembered as replaced; False when it did not before."""
    same = or_(*(_is_of(index) for index in digests))
    statement = (
        update(subscriber_index)
        .where(subscriber_index.c.subscriber_id == subscriber_id, subscriber_index.c.purpose == PASSPORT, same)
        .values(purpose=REPLACED_PASSPORT)
    )
    return await uow.changed(statement) > 0


async def find_by_index(uow: UnitOfWork, purpose: str, digests: Sequence[IndexDigest]) -> Subscriber | None:
    """The subscriber whose number has one of these digests."""
    same = or_(*(_is_of(index) for index in digests))
    joined = subscriber.join(subscriber_index, subscriber_index.c.subscriber_id == subscriber.c.id)
    row = await uow.first(select(*_FACTS).select_from(joined).where(subscriber_index.c.purpose == purpose, same))
    return None if row is None else _subscriber(row)


async def find(uow: UnitOfWork, subscriber_id: SubscriberId) -> Subscriber | None:
    """The subscriber with this id."""
    row = await uow.first(select(*_FACTS).where(subscriber.c.id == subscriber_id))
    return None if row is None else _subscriber(row)


async def hold(uow: UnitOfWork, subscriber_id: SubscriberId) -> Subscriber | None:
    """The subscriber with this id, its row kept until the commit: changes of one person come one after another."""
    row = await uow.first(select(*_FACTS).where(subscriber.c.id == subscriber_id).with_for_update(key_share=True))
    return None if row is None else _subscriber(row)


async def page(uow: UnitOfWork, *, after: SubscriberId | None, limit: int) -> Sequence[Subscriber]:
    """The next `limit` subscribers, newest first; `after` is the last id of the page before."""
    statement = select(*_FACTS).order_by(subscriber.c.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(subscriber.c.id < after)
    return [_subscriber(row) for row in await uow.all(statement)]


async def sealed_identity(uow: UnitOfWork, subscriber_id: SubscriberId) -> bytes | None:
    """The sealed attributes."""
    row = await uow.first(select(subscriber.c.sealed_identity).where(subscriber.c.id == subscriber_id))
    return None if row is None else bytes(row.sealed_identity)


async def sealed_contact(uow: UnitOfWork, subscriber_id: SubscriberId) -> bytes | None:
    """The sealed contact details, None when nothing was said."""
    row = await uow.first(select(subscriber.c.sealed_contact).where(subscriber.c.id == subscriber_id))
    return None if row is None or row.sealed_contact is None else bytes(row.sealed_contact)


async def save_contact(uow: UnitOfWork, *, subscriber_id: SubscriberId, sealed: bytes) -> bool:
    """True when the active row now holds these contact details."""
    statement = (
        update(subscriber)
        .where(subscriber.c.id == subscriber_id, live_subscriber(uow.now))
        .values(sealed_contact=sealed)
    )
    return await uow.changed(statement) == 1


async def sealed_suspension_reason(uow: UnitOfWork, subscriber_id: SubscriberId) -> bytes | None:
    """The sealed reason of a present suspension."""
    row = await uow.first(select(subscriber.c.sealed_suspension_reason).where(subscriber.c.id == subscriber_id))
    return None if row is None or row.sealed_suspension_reason is None else bytes(row.sealed_suspension_reason)


async def raise_level(uow: UnitOfWork, *, subscriber_id: SubscriberId, ial: Ial) -> bool:
    """True when the active row now has this level."""
    statement = (
        update(subscriber).where(subscriber.c.id == subscriber_id, live_subscriber(uow.now)).values(ial=ial.value)
    )
    return await uow.changed(statement) == 1


async def save_identity(uow: UnitOfWork, *, subscriber_id: SubscriberId, sealed: bytes) -> None:
    """The row, which is held, has these attributes now."""
    await uow.execute(update(subscriber).where(subscriber.c.id == subscriber_id).values(sealed_identity=sealed))


async def save_suspension(
    uow: UnitOfWork,
    *,
    subscriber_id: SubscriberId,
    suspension: Suspension,
    sealed_reason: bytes,
    of: Collection[SubscriberStatus] = SUSPENDABLE,
) -> bool:
    """True when an identity that was `of` one of these is now suspended."""
    statement = (
        update(subscriber)
        .where(subscriber.c.id == subscriber_id, subscriber.c.status.in_([status.value for status in of]))
        .values(
            status=SubscriberStatus.SUSPENDED.value,
            suspended_by=suspension.by,
            suspended_by_person=suspension.by_person,
            suspended_at=suspension.at,
            sealed_suspension_reason=sealed_reason,
        )
    )
    return await uow.changed(statement) == 1


async def change_status(
    uow: UnitOfWork, *, subscriber_id: SubscriberId, of: SubscriberStatus, to: SubscriberStatus
) -> bool:
    """True when the identity was `of` and is now `to`; of two changes made at once, one."""
    same = and_(subscriber.c.id == subscriber_id, subscriber.c.status == of.value)
    return await uow.changed(update(subscriber).where(same).values(status=to.value)) == 1


async def clear_suspension(
    uow: UnitOfWork, *, subscriber_id: SubscriberId, lifted_by: SubscriberId | None = None
) -> bool:
    """True when a suspension, where `lifted_by` is given one by another person, is now gone."""
    theirs = [subscriber.c.id == subscriber_id, subscriber.c.status == SubscriberStatus.SUSPENDED.value]
    if lifted_by is not None:
        theirs.append(subscriber.c.suspended_by_person != lifted_by)
    statement = (
        update(subscriber)
        .where(*theirs)
        .values(
            status=SubscriberStatus.ACTIVE.value,
            suspended_by=None,
            suspended_by_person=None,
            suspended_at=None,
            sealed_suspension_reason=None,
        )
    )
    return await uow.changed(statement) == 1


def identity_to_bytes(identity: Identity) -> bytes:
    """The attributes as JSON, for sealing."""
    return json.dumps(
        {
            "citizen_id": None if identity.citizen_id is None else identity.citizen_id.digits,
            "passport": None if identity.passport is None else identity.passport.text,
            "name_th": _name_to_list(identity.name_th),
            "name_en": _name_to_list(identity.name_en),
            "birth_date": identity.birth_date.to_be_text(),
            "sex": identity.sex,
        },
        ensure_ascii=False,
    ).encode()


def identity_from_bytes(opened: bytes) -> Identity:
    """The inverse of `identity_to_bytes`."""
    fields = msgspec.json.decode(opened)
    return Identity(
        citizen_id=None if fields["citizen_id"] is None else CitizenId.parse(fields["citizen_id"]),
        name_th=PersonName(*fields["name_th"]),
        name_en=PersonName(*fields["name_en"]),
        birth_date=PartialDate.parse_be(fields["birth_date"]),
        sex=fields["sex"],
        passport=None if fields.get("passport") is None else PassportNumber.parse(fields["passport"]),
    )


def contact_to_bytes(contact: ContactDetails) -> bytes:
    """The contact details as JSON, for sealing."""
    return msgspec.json.encode(contact)


def contact_from_bytes(opened: bytes) -> ContactDetails:
    """The inverse of `contact_to_bytes`."""
    return msgspec.json.decode(opened, type=ContactDetails)


def _is_of(index: IndexDigest) -> ColumnElement[bool]:
    return and_(subscriber_index.c.key_version == index.key_version, subscriber_index.c.digest == index.digest)


def _name_to_list(name: PersonName) -> list[str]:
    return [name.prefix, name.first, name.middle, name.last]


def _subscriber(row: Row[Any]) -> Subscriber:
    suspension = None
    if row.suspended_by is not None:
        suspension = Suspension(MemberId(row.suspended_by), SubscriberId(row.suspended_by_person), row.suspended_at)
    return Subscriber(SubscriberId(row.id), SubscriberStatus(row.status), Ial(row.ial), row.enrolled_at, suspension)
