"""Tables and SQL of the consent room, with the predicate that says in SQL what is in force."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    Select,
    Table,
    Text,
    and_,
    exists,
    insert,
    select,
    update,
)

from idp.catalogue.gdx import parse_authorization_details
from idp.consent.model import ConsentRecord, OnBehalf
from idp.kernel.ids import AgencyId, ClientId, ConsentId, ServiceId, SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, Moment, metadata
from idp.storage.storage import UnitOfWork

consent = Table(
    "consent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("service_id", Text),
    Column("client_id", Text, nullable=False),
    Column("details", JsonText, nullable=False),
    Column("claims", JsonText, nullable=False),
    Column("shown_hash", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("decided_by", Text),
    Column("mandate_id", Text, index=True),
    Column("juristic_id", Text),
    Column("reminded_at", Instant),
    Index("ix_consent_valid_until", "valid_until"),
    Index("ix_consent_subscriber_client", "subscriber_id", "client_id"),
)

consent_use = Table(
    "consent_use",
    metadata,
    Column("consent_id", Text, ForeignKey("consent.id"), nullable=False),
    Column("dataset", Text, nullable=False),
    Column("uses_left", Integer, nullable=False),
    PrimaryKeyConstraint("consent_id", "dataset"),
)

consent_shown = Table(
    "consent_shown",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("shown", Text, nullable=False),
)


def live_consent(now: Moment) -> ColumnElement[bool]:
    """The consent is in force: given, not withdrawn, not ended."""
    return and_(consent.c.withdrawn_at.is_(None), consent.c.given_at <= now, consent.c.valid_until > now)


async def insert_consent(uow: UnitOfWork, record: ConsentRecord) -> None:
    """Save a consent with its uses."""
    await uow.execute(
        insert(consent).values(
            id=record.id,
            subscriber_id=record.subscriber_id,
            agency_id=record.agency_id,
            service_id=record.service_id,
            client_id=record.client_id,
            details=[detail.to_json() for detail in record.details],
            claims=list(record.claims),
            shown_hash=record.shown_hash,
            given_at=record.given_at,
            valid_until=record.valid_until,
            withdrawn_at=record.withdrawn_at,
            decided_by=None if record.on_behalf is None else record.on_behalf.decided_by,
            mandate_id=None if record.on_behalf is None else record.on_behalf.mandate_id,
            juristic_id=None if record.on_behalf is None else record.on_behalf.juristic_id,
        )
    )
    uses = [
        {"consent_id": record.id, "dataset": dataset, "uses_left": uses_left}
        for dataset, uses_left in record.uses_left.items()
    ]
    if uses:
        await uow.execute(insert(consent_use), uses)


async def keep_shown(uow: UnitOfWork, *, shown_hash: str, text: str) -> None:
    """Keep what a page said, once for all who are shown the same."""
    statement = insert_on_conflict(consent_shown, uow.dialect).values(hash=shown_hash, shown=text)
    await uow.execute(statement.on_conflict_do_nothing(index_elements=["hash"]))


async def find_shown(uow: UnitOfWork, shown_hash: str) -> str | None:
    """What the page said whose hash this is."""
    row = await uow.first(select(consent_shown.c.shown).where(consent_shown.c.hash == shown_hash))
    return None if row is None else str(row.shown)


async def find_consent(uow: UnitOfWork, consent_id: ConsentId) -> ConsentRecord | None:
    """The consent, in force or not."""
    records = await _load(uow, select(consent).where(consent.c.id == consent_id))
    return records[0] if records else None


async def find_consents_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[ConsentRecord, ...]:
    """Everything a subscriber ever agreed to, newest first."""
    return await _load(uow, _newest_first(subscriber_id))


async def find_live_consents(
    uow: UnitOfWork, *, subscriber_id: SubscriberId, client_id: ClientId, now: datetime
) -> tuple[ConsentRecord, ...]:
    """What is in force between a subscriber and a client, newest first."""
    return await _load(uow, _newest_first(subscriber_id).where(consent.c.client_id == client_id, live_consent(now)))


async def find_last_consent(
    uow: UnitOfWork,
    *,
    subscriber_id: SubscriberId,
    client_id: ClientId,
    service_id: ServiceId | None,
    on_behalf: OnBehalf | None,
) -> ConsentRecord | None:
    """The newest consent between a subscriber and a client for this service in this role, in force or not."""
    alike = (_of_service(service_id), *_in_role(on_behalf))
    newest = _newest_first(subscriber_id).where(consent.c.client_id == client_id, *alike).limit(1)
    return next(iter(await _load(uow, newest)), None)


async def find_consents_under(uow: UnitOfWork, mandate_id: str) -> tuple[ConsentRecord, ...]:
    """What was decided under a mandate and is not withdrawn, newest first."""
    under = (consent.c.mandate_id == mandate_id, consent.c.withdrawn_at.is_(None))
    return await _load(uow, select(consent).where(*under).order_by(consent.c.id.desc()))


async def find_ending(uow: UnitOfWork, *, until: datetime, limit: int) -> tuple[ConsentRecord, ...]:
    """Consents in force that end before then and of whose end nobody was told, the first to end first."""
    ending = (live_consent(uow.now), consent.c.valid_until <= until, consent.c.reminded_at.is_(None))
    return await _load(uow, select(consent).where(*ending).order_by(consent.c.valid_until, consent.c.id).limit(limit))


async def mark_reminded(uow: UnitOfWork, consent_id: ConsentId) -> None:
    """The end of this consent is not looked at again."""
    await uow.execute(update(consent).where(consent.c.id == consent_id).values(reminded_at=uow.now))


async def is_followed(uow: UnitOfWork, record: ConsentRecord) -> bool:
    """True when the same client has a consent for the same service, given in the same role, that ends later."""
    later = (
        consent.c.subscriber_id == record.subscriber_id,
        consent.c.client_id == record.client_id,
        _of_service(record.service_id),
        *_in_role(record.on_behalf),
        live_consent(uow.now),
        consent.c.valid_until > record.valid_until,
    )
    return await uow.first(select(consent.c.id).where(*later).limit(1)) is not None


async def mark_withdrawn(uow: UnitOfWork, consent_id: ConsentId, *, subscriber_id: SubscriberId) -> bool:
    """Withdraw once; False when it is not this subscriber's, or was withdrawn before."""
    own = (consent.c.id == consent_id, consent.c.subscriber_id == subscriber_id, consent.c.withdrawn_at.is_(None))
    return await uow.changed(update(consent).where(*own).values(withdrawn_at=uow.now)) == 1


async def take_use(uow: UnitOfWork, consent_id: ConsentId, dataset: str) -> bool:
    """Use the consent once for a data set; False when it is not in force or its uses are up.

    One conditional statement, so that the last use is given once over all nodes.
    """
    in_force = exists().where(consent.c.id == consent_use.c.consent_id, live_consent(uow.now))
    taken = (
        update(consent_use)
        .where(consent_use.c.consent_id == consent_id, consent_use.c.dataset == dataset, consent_use.c.uses_left > 0)
        .where(in_force)
        .values(uses_left=consent_use.c.uses_left - 1)
    )
    return await uow.changed(taken) == 1


def _of_service(service_id: ServiceId | None) -> ColumnElement[bool]:
    """For this service, or for none."""
    return consent.c.service_id.is_(None) if service_id is None else consent.c.service_id == service_id


def _in_role(on_behalf: OnBehalf | None) -> list[ColumnElement[bool]]:
    """Decided by the same person in the same role."""
    said = (None, None, None) if on_behalf is None else (
        on_behalf.decided_by, on_behalf.mandate_id, on_behalf.juristic_id
    )  # fmt: skip
    columns = (consent.c.decided_by, consent.c.mandate_id, consent.c.juristic_id)
    return [column.is_(None) if value is None else column == value for column, value in zip(columns, said, strict=True)]


def _newest_first(subscriber_id: SubscriberId) -> Select[Any]:
    return select(consent).where(consent.c.subscriber_id == subscriber_id).order_by(consent.c.id.desc())


async def _load(uow: UnitOfWork, statement: Select[Any]) -> tuple[ConsentRecord, ...]:
    rows = await uow.all(statement)
    counted = [row.id for row in rows if row.details]
    uses = await uow.all(select(consent_use).where(consent_use.c.consent_id.in_(counted))) if counted else ()
    return tuple(record_of(row, uses) for row in rows)


def record_of(row: Any, uses: Sequence[Row[Any]]) -> ConsentRecord:
    """The consent of a whole row, with its rows of uses."""
    return ConsentRecord(
        id=ConsentId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        agency_id=AgencyId(row.agency_id),
        service_id=None if row.service_id is None else ServiceId(row.service_id),
        client_id=ClientId(row.client_id),
        details=parse_authorization_details(row.details) if row.details else (),
        shown_hash=row.shown_hash,
        given_at=row.given_at,
        valid_until=row.valid_until,
        withdrawn_at=row.withdrawn_at,
        uses_left={use.dataset: use.uses_left for use in uses if use.consent_id == row.id},
        claims=tuple(row.claims),
        on_behalf=_on_behalf(row),
    )


def _on_behalf(row: Any) -> OnBehalf | None:
    if row.decided_by is None:
        return None
    return OnBehalf(SubscriberId(row.decided_by), row.mandate_id, row.juristic_id)
