"""Tables and SQL of the consent room, with the predicate that says in SQL what is in force."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Select,
    Table,
    Text,
    and_,
    exists,
    func,
    insert,
    not_,
    select,
    update,
)

from idp.consent.model import ConsentRecord, OnBehalf
from idp.consent.sealed import ConsentSeals, decided
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
    Column("role_digest", LargeBinary),
    Column("sealed_about", LargeBinary),
    Column("reminded_at", Instant),
    Index("ix_consent_valid_until", "valid_until"),
    Index("ix_consent_subscriber_client", "subscriber_id", "client_id"),
    Index("ix_consent_client_id", "client_id", "id"),
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


async def insert_consent(uow: UnitOfWork, seals: ConsentSeals, record: ConsentRecord) -> None:
    """Save a consent with its uses. Raises SealBroken where the person's key was destroyed."""
    kept = await seals.apart(uow, record)
    await uow.execute(
        insert(consent).values(
            id=record.id,
            subscriber_id=record.subscriber_id,
            agency_id=record.agency_id,
            service_id=record.service_id,
            client_id=record.client_id,
            details=kept.what,
            claims=list(record.claims),
            shown_hash=record.shown_hash,
            given_at=record.given_at,
            valid_until=record.valid_until,
            withdrawn_at=record.withdrawn_at,
            decided_by=None if record.on_behalf is None else record.on_behalf.decided_by,
            mandate_id=None if record.on_behalf is None else record.on_behalf.mandate_id,
            role_digest=kept.role,
            sealed_about=kept.about,
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


async def find_consent(uow: UnitOfWork, seals: ConsentSeals, consent_id: ConsentId) -> ConsentRecord | None:
    """The consent, in force or not."""
    records = await _load(uow, seals, select(consent).where(consent.c.id == consent_id))
    return records[0] if records else None


async def find_consents_of(
    uow: UnitOfWork, seals: ConsentSeals, subscriber_id: SubscriberId
) -> tuple[ConsentRecord, ...]:
    """Everything a subscriber ever agreed to, newest first."""
    return await _load(uow, seals, _newest_first(subscriber_id))


async def find_ended_consents(
    uow: UnitOfWork, seals: ConsentSeals, subscriber_id: SubscriberId, *, before: ConsentId | None, limit: int
) -> tuple[ConsentRecord, ...]:
    """What is no longer in force, newest first: so many, given before one of them."""
    ended = _newest_first(subscriber_id).where(not_(live_consent(uow.now)))
    if before is not None:
        ended = ended.where(consent.c.id < before)
    return await _load(uow, seals, ended.limit(limit))


async def count_live_consents(uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
    """How much a subscriber has agreed to that is in force."""
    live = (consent.c.subscriber_id == subscriber_id, live_consent(uow.now))
    row = await uow.first(select(func.count().label("live")).where(*live).select_from(consent))
    return 0 if row is None else row.live


async def find_live_consents(
    uow: UnitOfWork,
    seals: ConsentSeals,
    *,
    subscriber_id: SubscriberId,
    client_id: ClientId | None = None,
    now: datetime,
) -> tuple[ConsentRecord, ...]:
    """What is in force between a subscriber and a client, or all of theirs, newest first."""
    live = _newest_first(subscriber_id).where(live_consent(now))
    return await _load(uow, seals, live if client_id is None else live.where(consent.c.client_id == client_id))


async def find_last_consent(
    uow: UnitOfWork,
    seals: ConsentSeals,
    *,
    subscriber_id: SubscriberId,
    client_id: ClientId,
    service_id: ServiceId | None,
    on_behalf: OnBehalf | None,
) -> ConsentRecord | None:
    """The newest consent between a subscriber and a client for this service in this role, in force or not."""
    alike = (_of_service(service_id), _in_role(seals, on_behalf))
    newest = _newest_first(subscriber_id).where(consent.c.client_id == client_id, *alike).limit(1)
    return next(iter(await _load(uow, seals, newest)), None)


async def find_consents_under(uow: UnitOfWork, seals: ConsentSeals, mandate_id: str) -> tuple[ConsentRecord, ...]:
    """What was decided under a mandate and is not withdrawn, newest first."""
    under = (consent.c.mandate_id == mandate_id, consent.c.withdrawn_at.is_(None))
    return await _load(uow, seals, select(consent).where(*under).order_by(consent.c.id.desc()))


async def find_ending(uow: UnitOfWork, *, until: datetime, limit: int) -> tuple[ConsentRecord, ...]:
    """Consents in force that end before then and of whose end nobody was told, the first to end first; as `claims_of`
    gives them.
    """
    ending = (live_consent(uow.now), consent.c.valid_until <= until, consent.c.reminded_at.is_(None))
    first = select(consent).where(*ending).order_by(consent.c.valid_until, consent.c.id).limit(limit)
    return tuple(claims_of(row) for row in await uow.all(first))


async def mark_reminded(uow: UnitOfWork, consent_id: ConsentId) -> None:
    """The end of this consent is not looked at again."""
    await uow.execute(update(consent).where(consent.c.id == consent_id).values(reminded_at=uow.now))


async def is_followed(uow: UnitOfWork, consent_id: ConsentId) -> bool:
    """True when the same client has a consent for the same service, given in the same role, that ends later.

    Roles are compared as they are kept: one that was kept under an earlier key counts as another.
    """
    ending = consent.alias()
    alike = [
        consent.c[name].is_not_distinct_from(ending.c[name])
        for name in ("subscriber_id", "client_id", "service_id", "role_digest")
    ]
    later = and_(*alike, live_consent(uow.now), consent.c.valid_until > ending.c.valid_until)
    found = select(consent.c.id).join(ending, later).where(ending.c.id == consent_id)
    return await uow.first(found.limit(1)) is not None


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


def _in_role(seals: ConsentSeals, on_behalf: OnBehalf | None) -> ColumnElement[bool]:
    """Decided by the same person in the same role."""
    return consent.c.role_digest.is_(None) if on_behalf is None else consent.c.role_digest.in_(seals.roles(on_behalf))


def _newest_first(subscriber_id: SubscriberId) -> Select[Any]:
    return select(consent).where(consent.c.subscriber_id == subscriber_id).order_by(consent.c.id.desc())


async def _load(uow: UnitOfWork, seals: ConsentSeals, statement: Select[Any]) -> tuple[ConsentRecord, ...]:
    rows = await uow.all(statement)
    counted = [row.id for row in rows if row.details]
    left: dict[str, dict[str, int]] = {row.id: {} for row in rows}
    for use in await uow.all(select(consent_use).where(consent_use.c.consent_id.in_(counted))) if counted else ():
        left[use.consent_id][use.dataset] = use.uses_left
    records = []
    for row in rows:
        details, on_behalf = await seals.together(uow, row)
        records.append(replace(claims_of(row), details=details, on_behalf=on_behalf, uses_left=left[row.id]))
    return tuple(records)


def claims_of(row: Any) -> ConsentRecord:
    """The consent of a whole row, by what it says of claims: it covers no detail, and nothing of it is sealed."""
    return ConsentRecord(
        id=ConsentId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        agency_id=AgencyId(row.agency_id),
        service_id=None if row.service_id is None else ServiceId(row.service_id),
        client_id=ClientId(row.client_id),
        details=(),
        shown_hash=row.shown_hash,
        given_at=row.given_at,
        valid_until=row.valid_until,
        withdrawn_at=row.withdrawn_at,
        uses_left={},
        claims=tuple(row.claims),
        on_behalf=decided(row, None),
    )
