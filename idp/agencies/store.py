"""Tables of agencies, services and agreements with the predicates that say in SQL what counts now; the SQL of agencies
and services.
"""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    and_,
    exists,
    insert,
    or_,
    select,
    text,
    update,
)

from idp.agencies.model import Agency, AgencyKind, PaperReplaced, Service, Site, Standing, WhenUnavailable
from idp.catalogue.model import Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ServiceId
from idp.storage.metadata import Instant, JsonText, Moment, metadata
from idp.storage.storage import UnitOfWork

_OWNS_DATA: Final = text("owns <> '[]'")

agency = Table(
    "agency",
    metadata,
    Column("id", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name_th", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("parent_id", Text, ForeignKey("agency.id")),
    Column("sites", JsonText, nullable=False),
    Column("owns", JsonText, nullable=False),
    # few own data, and each decision about a right asks who
    Index("ix_agency_owning", "code", sqlite_where=_OWNS_DATA, postgresql_where=_OWNS_DATA),
)

service = Table(
    "service",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False, index=True),
    Column("title_th", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("purpose_th", Text, nullable=False),
    Column("purpose_en", Text, nullable=False),
    Column("law_th", Text, nullable=False),
    Column("law_en", Text, nullable=False),
    Column("refusal_route_th", Text, nullable=False),
    Column("refusal_route_en", Text, nullable=False),
    Column("retention_th", Text, nullable=False),
    Column("retention_en", Text, nullable=False),
    Column("papers_replaced", JsonText, nullable=False),
    Column("minimum_ial", Text, nullable=False),
    Column("minimum_aal", Text, nullable=False),
    Column("provisional_ial", Text),
    Column("consent_days", Integer, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("channels", JsonText, nullable=False),
    Column("when_unavailable", Text, nullable=False),
    Column("sites", JsonText, nullable=False),
    Column("optional_fields", JsonText, nullable=False),
)

agreement = Table(
    "agreement",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("service_id", Text, ForeignKey("service.id"), nullable=False),
    Column("dataset", Text, nullable=False),
    Column("fields", JsonText, nullable=False),
    Column("bases", JsonText, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference_no", Text, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("daily_quota", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("hours", JsonText),
    Column("by_number", Boolean, nullable=False),
    Column("officers_need_grant", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_agreement_agency_service_dataset", "agency_id", "service_id", "dataset"),
    # lists and the calendar show what ends first on top
    Index("ix_agreement_valid_until", "valid_until", "id"),
)


def live_agency(now: Moment) -> ColumnElement[bool]:
    """The agency counts now. (`now` keeps the live predicates alike.)"""
    return agency.c.status == Standing.ACTIVE.value


def live_service(now: Moment) -> ColumnElement[bool]:
    """The service and its agency count now."""
    of_live_agency = exists().where(agency.c.id == service.c.agency_id, live_agency(now))
    # each looks at a row of its own, also inside a statement that reads the same table for something else
    return and_(service.c.status == Standing.ACTIVE.value, of_live_agency.correlate_except(agency))


def in_force(granted: Table, now: Moment) -> ColumnElement[bool]:
    """The row of this table was not suspended or ended, and now lies in its window."""
    return and_(granted.c.status == Standing.ACTIVE.value, granted.c.valid_from <= now, granted.c.valid_until > now)


def live_agreement(now: Moment) -> ColumnElement[bool]:
    """The agreement is in force, and so are its agency and its service."""
    of_live_service = exists().where(service.c.id == agreement.c.service_id, live_service(now))
    return and_(in_force(agreement, now), of_live_service.correlate_except(service))


async def insert_agency(uow: UnitOfWork, record: Agency) -> None:
    """Save a new agency."""
    await uow.execute(insert(agency).values(**_agency_columns(record)))


async def update_agency(uow: UnitOfWork, record: Agency) -> None:
    """Save what an agency says of itself now."""
    await uow.execute(update(agency).where(agency.c.id == record.id).values(**_agency_columns(record)))


async def find_all_agencies(uow: UnitOfWork, *, owning: bool = False) -> tuple[Agency, ...]:
    """Every agency, or those alone that own data, by code."""
    # the words of the index: a value in place of them would not be known to be the same
    wanted = select(agency).where(_OWNS_DATA) if owning else select(agency)
    return tuple(_agency(row) for row in await uow.all(wanted.order_by(agency.c.code)))


async def find_agency(uow: UnitOfWork, agency_id: AgencyId) -> Agency | None:
    """The agency, live or not."""
    row = await uow.first(select(agency).where(agency.c.id == agency_id))
    return None if row is None else _agency(row)


async def find_agency_by_code(uow: UnitOfWork, code: str) -> Agency | None:
    """The agency of that short name, live or not."""
    row = await uow.first(select(agency).where(agency.c.code == code))
    return None if row is None else _agency(row)


async def find_agencies_called(uow: UnitOfWork, words: str, *, at_most: int) -> tuple[Agency, ...]:
    """Agencies whose short name is this, or whose Thai or English name has these words in it; the short name first."""
    is_named = or_(
        agency.c.name_th.icontains(words, autoescape=True), agency.c.name_en.icontains(words, autoescape=True)
    )
    has_code = agency.c.code == words.lower()
    wanted = select(agency).where(or_(has_code, is_named)).order_by(has_code.desc(), agency.c.name_th, agency.c.id)
    return tuple(_agency(row) for row in await uow.all(wanted.limit(at_most)))


async def find_agencies(uow: UnitOfWork, agency_ids: Collection[AgencyId]) -> dict[AgencyId, Agency]:
    """Several agencies by id."""
    rows = await uow.all(select(agency).where(agency.c.id.in_(agency_ids)))
    return {AgencyId(row.id): _agency(row) for row in rows}


async def insert_service(uow: UnitOfWork, record: Service) -> None:
    """Save a new service."""
    await uow.execute(insert(service).values(**_service_columns(record)))


async def update_service(uow: UnitOfWork, record: Service) -> None:
    """Save what a service is now; its id and agency stay."""
    await uow.execute(update(service).where(service.c.id == record.id).values(**_service_columns(record)))


async def find_service(uow: UnitOfWork, service_id: ServiceId) -> Service | None:
    """The service, live or not."""
    row = await uow.first(select(service).where(service.c.id == service_id))
    return None if row is None else service_of(row)


async def find_services(uow: UnitOfWork, service_ids: Collection[ServiceId]) -> dict[ServiceId, Service]:
    """Several services by id."""
    rows = await uow.all(select(service).where(service.c.id.in_(service_ids)))
    return {ServiceId(row.id): service_of(row) for row in rows}


async def find_all_services(uow: UnitOfWork, *, of: AgencyId | None = None) -> tuple[Service, ...]:
    """Every registered service, or those of one agency, by agency and id."""
    wanted = select(service) if of is None else select(service).where(service.c.agency_id == of)
    rows = await uow.all(wanted.order_by(service.c.agency_id, service.c.id))
    return tuple(service_of(row) for row in rows)


async def find_open_services(
    uow: UnitOfWork, agency_ids: Collection[AgencyId] | None, *, at_most: int | None
) -> tuple[Service, ...]:
    """Services in use, of these agencies or of all, by agency and id; so many at most, or every one."""
    wanted = select(service).where(service.c.status == Standing.ACTIVE.value)
    if agency_ids is not None:
        wanted = wanted.where(service.c.agency_id.in_(agency_ids))
    rows = await uow.all(wanted.order_by(service.c.agency_id, service.c.id).limit(at_most))
    return tuple(service_of(row) for row in rows)


def _agency(row: Row[Any]) -> Agency:
    return Agency(
        id=AgencyId(row.id),
        code=row.code,
        name_th=row.name_th,
        name_en=row.name_en,
        kind=AgencyKind(row.kind),
        status=Standing(row.status),
        parent_id=None if row.parent_id is None else AgencyId(row.parent_id),
        sites=tuple(Site(**site) for site in row.sites),
        owns=frozenset(row.owns),
    )


def _agency_columns(record: Agency) -> dict[str, Any]:
    return {
        "id": record.id,
        "code": record.code,
        "name_th": record.name_th,
        "name_en": record.name_en,
        "kind": record.kind.value,
        "status": record.status.value,
        "parent_id": record.parent_id,
        "sites": [asdict(site) for site in record.sites],
        "owns": sorted(record.owns),
    }


def _service_columns(record: Service) -> dict[str, Any]:
    return {
        "id": record.id,
        "agency_id": record.agency_id,
        "title_th": record.title_th,
        "title_en": record.title_en,
        "purpose_th": record.purpose_th,
        "purpose_en": record.purpose_en,
        "law_th": record.law_th,
        "law_en": record.law_en,
        "refusal_route_th": record.refusal_route_th,
        "refusal_route_en": record.refusal_route_en,
        "retention_th": record.retention_th,
        "retention_en": record.retention_en,
        "papers_replaced": [asdict(paper) for paper in record.papers_replaced],
        "minimum_ial": record.minimum.ial.value,
        "minimum_aal": record.minimum.aal.value,
        "provisional_ial": None if record.provisional_ial is None else record.provisional_ial.value,
        "consent_days": record.consent_days,
        "uses": record.uses,
        "status": record.status.value,
        "channels": sorted(channel.value for channel in record.channels),
        "when_unavailable": record.when_unavailable.value,
        "sites": sorted(record.sites),
        "optional_fields": sorted(record.optional_fields),
    }


def service_of(row: Any) -> Service:
    """The service of a whole row."""
    return Service(
        id=ServiceId(row.id),
        agency_id=AgencyId(row.agency_id),
        title_th=row.title_th,
        title_en=row.title_en,
        purpose_th=row.purpose_th,
        purpose_en=row.purpose_en,
        law_th=row.law_th,
        law_en=row.law_en,
        refusal_route_th=row.refusal_route_th,
        refusal_route_en=row.refusal_route_en,
        retention_th=row.retention_th,
        retention_en=row.retention_en,
        papers_replaced=tuple(PaperReplaced(**paper) for paper in row.papers_replaced),
        minimum=Acr(Ial(row.minimum_ial), Aal(row.minimum_aal)),
        consent_days=row.consent_days,
        uses=row.uses,
        status=Standing(row.status),
        provisional_ial=None if row.provisional_ial is None else Ial(row.provisional_ial),
        channels=frozenset(Channel(channel) for channel in row.channels),
        when_unavailable=WhenUnavailable(row.when_unavailable),
        sites=frozenset(row.sites),
        optional_fields=frozenset(row.optional_fields),
    )
