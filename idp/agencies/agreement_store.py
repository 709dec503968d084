"""The SQL of agreements and of officers' own grants, with the predicate that says in SQL which of these count now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    Table,
    Text,
    and_,
    exists,
    insert,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
    update,
)

from idp.agencies.agreements.model import hours_from_json, hours_to_json
from idp.agencies.member_store import live_member, member
from idp.agencies.model import Agreement, AgreementKind, OfficerGrant, Standing
from idp.agencies.store import agreement, in_force, live_agreement, service
from idp.catalogue.model import Basis, Channel
from idp.kernel.ids import AgencyId, AgreementId, MemberId, OfficerGrantId, ServiceId
from idp.storage.metadata import Instant, Moment, metadata
from idp.storage.storage import UnitOfWork

officer_grant = Table(
    "officer_grant",
    metadata,
    Column("id", Text, primary_key=True),
    Column("member_id", Text, ForeignKey("member.id"), nullable=False),
    Column("dataset", Text, nullable=False),
    Column("reference_no", Text, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("status", Text, nullable=False),
    Index("ix_officer_grant_member_dataset", "member_id", "dataset"),
)


def live_officer_grant(now: datetime) -> ColumnElement[bool]:
    """The owner's grant to an officer is in force, and so is the membership."""
    of_live_member = exists().where(member.c.id == officer_grant.c.member_id, live_member(now))
    return and_(in_force(officer_grant, now), of_live_member)


async def insert_agreement(uow: UnitOfWork, record: Agreement) -> None:
    """Save a new agreement."""
    await uow.execute(insert(agreement).values(**_columns(record)))


async def replace_terms(uow: UnitOfWork, record: Agreement, *, of: int) -> bool:
    """Save new terms in place of version `of`; False when another version stands, or none that has not ended."""
    present = (agreement.c.id == record.id, agreement.c.version == of, agreement.c.status != Standing.ENDED.value)
    return await uow.changed(update(agreement).where(*present).values(**_columns(record))) == 1


async def find_agreement(uow: UnitOfWork, agreement_id: AgreementId) -> Agreement | None:
    """The agreement, in force or not."""
    row = await uow.first(select(agreement).where(agreement.c.id == agreement_id))
    return None if row is None else agreement_of(row)


async def find_live_agreement(
    uow: UnitOfWork, *, agency_id: AgencyId, service_id: ServiceId, dataset: str, channel: Channel, now: datetime
) -> Agreement | None:
    """The one agreement in force for an agency's service, a data set and a channel."""
    asked = the_one_in_force(
        agency_id=agency_id, service_id=service_id, dataset=dataset, channel=channel.value, now=now
    )
    row = await uow.first(select(agreement).where(asked))
    return None if row is None else agreement_of(row)


async def find_live_of_service(
    uow: UnitOfWork, *, agency_id: AgencyId, service_id: ServiceId, basis: Basis, now: datetime
) -> tuple[Agreement, ...]:
    """The agreements in force for an agency's service that allow this basis."""
    of_service = select(agreement).where(
        agreement.c.agency_id == agency_id, agreement.c.service_id == service_id, live_agreement(now)
    )
    found = map(agreement_of, await uow.all(of_service.order_by(agreement.c.id)))
    return tuple(one for one in found if basis in one.bases)


def the_one_in_force(
    *, agency_id: Any, service_id: Any, dataset: Any, channel: Any, now: Moment
) -> ColumnElement[bool]:
    """This agreement is in force for an agency's service, a data set and a channel; also by columns of other rows."""
    return and_(
        agreement.c.agency_id == agency_id,
        agreement.c.service_id == service_id,
        agreement.c.dataset == dataset,
        agreement.c.channel == channel,
        live_agreement(now),
    )


async def find_agreements(uow: UnitOfWork, *, agency_id: AgencyId | None = None) -> tuple[Agreement, ...]:
    """Agreements of an agency, or all: those in force or to come first, newest first."""
    statement = select(agreement)
    if agency_id is not None:
        statement = statement.where(agreement.c.agency_id == agency_id)
    rows = await uow.all(statement.order_by(agreement.c.status, agreement.c.id.desc()))
    return tuple(agreement_of(row) for row in rows)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which agreements somebody may look at: all, those of some agencies, those over some data sets."""

    everything: bool
    agencies: frozenset[AgencyId]
    datasets: frozenset[str]

    def covers(self, record: Agreement) -> bool:
        """The twin of `_within`."""
        return self.everything or record.agency_id in self.agencies or record.dataset in self.datasets


async def find_page(
    uow: UnitOfWork, reach: Reach, *, after: Agreement | None, limit: int, now: datetime
) -> tuple[Agreement, ...]:
    """Those in force first, of these those that end first; `after` is the last one of the page before.

    Two stretches of one index, the second only for a page that the first does not fill.
    """
    in_window = and_(agreement.c.valid_from <= now, agreement.c.valid_until > now)
    is_live = and_(agreement.c.status == Standing.ACTIVE.value, in_window)
    was_live = after is not None and after.status is Standing.ACTIVE and after.valid_from <= now < after.valid_until
    place: ColumnElement[bool] = true()
    if after is not None:
        ends = literal(after.valid_until, Instant())
        place = tuple_(agreement.c.valid_until, agreement.c.id) > tuple_(ends, after.id)
    within = select(agreement).where(_within(reach)).order_by(agreement.c.valid_until, agreement.c.id)
    rows: list[Row[Any]] = []
    if after is None or was_live:
        rows += await uow.all(within.where(is_live, place).limit(limit))
    if len(rows) < limit:
        rows += await uow.all(within.where(not_(is_live), true() if was_live else place).limit(limit - len(rows)))
    return tuple(agreement_of(row) for row in rows)


def _within(reach: Reach) -> ColumnElement[bool]:
    if reach.everything:
        return true()
    return or_(agreement.c.agency_id.in_(reach.agencies), agreement.c.dataset.in_(reach.datasets))


async def find_expiring(uow: UnitOfWork, *, now: datetime, until: datetime) -> tuple[Agreement, ...]:
    """Agreements in force that end by `until`, soonest first."""
    ending = select(agreement).where(live_agreement(now), agreement.c.valid_until <= until)
    return tuple(agreement_of(row) for row in await uow.all(ending.order_by(agreement.c.valid_until, agreement.c.id)))


async def hold_service(uow: UnitOfWork, service_id: ServiceId) -> None:
    """Let nobody else grant anything to this service until this transaction ends. SQLite has one writer."""
    if uow.dialect != "sqlite":
        await uow.first(select(service.c.id).where(service.c.id == service_id).with_for_update())


async def has_rival(uow: UnitOfWork, record: Agreement) -> bool:
    """True when another agreement for the same service, data set and channel is active on a day of this one's."""
    rival = select(agreement.c.id).where(
        agreement.c.id != record.id,
        agreement.c.agency_id == record.agency_id,
        agreement.c.service_id == record.service_id,
        agreement.c.dataset == record.dataset,
        agreement.c.channel == record.channel.value,
        agreement.c.status == Standing.ACTIVE.value,
        agreement.c.valid_from < record.valid_until,
        agreement.c.valid_until > record.valid_from,
    )
    return await uow.first(rival) is not None


async def insert_officer_grant(uow: UnitOfWork, record: OfficerGrant) -> None:
    """Save a new grant to an officer."""
    await uow.execute(
        insert(officer_grant).values(
            id=record.id,
            member_id=record.member_id,
            dataset=record.dataset,
            reference_no=record.reference_no,
            valid_from=record.valid_from,
            valid_until=record.valid_until,
            status=record.status.value,
        )
    )


async def find_officer_grant(uow: UnitOfWork, grant_id: OfficerGrantId) -> OfficerGrant | None:
    """The grant, in force or not."""
    row = await uow.first(select(officer_grant).where(officer_grant.c.id == grant_id))
    return None if row is None else _officer_grant(row)


async def find_live_officer_grant(
    uow: UnitOfWork, member_id: MemberId, dataset: str, *, now: datetime
) -> OfficerGrant | None:
    """A grant in force that lets this officer have this data set."""
    of_this = (officer_grant.c.member_id == member_id, officer_grant.c.dataset == dataset)
    row = await uow.first(select(officer_grant).where(*of_this, live_officer_grant(now)).order_by(officer_grant.c.id))
    return None if row is None else _officer_grant(row)


async def find_standing_officer_grants(
    uow: UnitOfWork, member_ids: Collection[MemberId], dataset: str, *, now: datetime
) -> dict[MemberId, OfficerGrant]:
    """The grants that let these officers have this data set now or from a day to come: what can be taken back."""
    of_these = (officer_grant.c.member_id.in_(member_ids), officer_grant.c.dataset == dataset)
    standing = (officer_grant.c.status == Standing.ACTIVE.value, officer_grant.c.valid_until > now)
    order = (officer_grant.c.valid_from.desc(), officer_grant.c.id.desc())
    # of several the one that begins first is the last to be read
    rows = await uow.all(select(officer_grant).where(*of_these, *standing).order_by(*order))
    return {MemberId(row.member_id): _officer_grant(row) for row in rows}


async def find_live_officer_grants_of(
    uow: UnitOfWork, member_ids: Collection[MemberId]
) -> dict[MemberId, tuple[OfficerGrant, ...]]:
    """What owners of data let these officers have in person now."""
    of_these = select(officer_grant).where(officer_grant.c.member_id.in_(member_ids), live_officer_grant(uow.now))
    found: dict[MemberId, tuple[OfficerGrant, ...]] = {}
    for row in await uow.all(of_these.order_by(officer_grant.c.id)):
        grant = _officer_grant(row)
        found[grant.member_id] = (*found.get(grant.member_id, ()), grant)
    return found


async def end_officer_grant(uow: UnitOfWork, grant_id: OfficerGrantId) -> bool:
    """End a grant for good; False when there was nothing to end."""
    present = (officer_grant.c.id == grant_id, officer_grant.c.status != Standing.ENDED.value)
    return await uow.changed(update(officer_grant).where(*present).values(status=Standing.ENDED.value)) == 1


def _columns(record: Agreement) -> dict[str, Any]:
    return {
        "id": record.id,
        "agency_id": record.agency_id,
        "service_id": record.service_id,
        "dataset": record.dataset,
        "fields": sorted(record.fields),
        "bases": sorted(basis.value for basis in record.bases),
        "channel": record.channel.value,
        "kind": record.kind.value,
        "reference_no": record.reference_no,
        "granted_by": record.granted_by,
        "valid_from": record.valid_from,
        "valid_until": record.valid_until,
        "daily_quota": record.daily_quota,
        "status": record.status.value,
        "hours": hours_to_json(record.hours),
        "by_number": record.by_number,
        "officers_need_grant": record.officers_need_grant,
        "version": record.version,
    }


def agreement_of(row: Any) -> Agreement:
    """The agreement of a whole row."""
    return Agreement(
        id=AgreementId(row.id),
        agency_id=AgencyId(row.agency_id),
        service_id=ServiceId(row.service_id),
        dataset=row.dataset,
        fields=frozenset(row.fields),
        bases=frozenset(Basis(basis) for basis in row.bases),
        channel=Channel(row.channel),
        kind=AgreementKind(row.kind),
        reference_no=row.reference_no,
        granted_by=row.granted_by,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        daily_quota=row.daily_quota,
        status=Standing(row.status),
        hours=hours_from_json(row.hours),
        by_number=row.by_number,
        officers_need_grant=row.officers_need_grant,
        version=row.version,
    )


def _officer_grant(row: Row[Any]) -> OfficerGrant:
    return OfficerGrant(
        id=OfficerGrantId(row.id),
        member_id=MemberId(row.member_id),
        dataset=row.dataset,
        reference_no=row.reference_no,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        status=Standing(row.status),
    )
