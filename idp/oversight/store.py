"""Reading disclosure records and sign-ins with the names that people know."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, select, union_all

from idp.agencies.member_store import member
from idp.agencies.store import agency, service
from idp.authorization.client_registration.store import client
from idp.authorization.grants.store import grant
from idp.consent.store import consent
from idp.exchange.counter.person_store import anchors_about
from idp.exchange.counter.store import counter_session
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import AuditEntryId, DisclosureId, SubscriberId
from idp.oversight import filters
from idp.oversight.model import HistoryFilter
from idp.stations.store import station
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import staff_look


async def find_disclosures(
    uow: UnitOfWork, subscriber_id: SubscriberId, which: HistoryFilter, *, before: str | None, limit: int
) -> Sequence[Row[Any]]:
    """One page of a subscriber's disclosures, newest first, from the place `before` on; ids sort by time."""
    statement = (
        select(
            disclosure,
            agency.c.name_th.label("agency_name_th"),
            agency.c.name_en.label("agency_name_en"),
            service.c.title_th.label("service_title_th"),
            service.c.title_en.label("service_title_en"),
            member.c.position_th.label("officer_position_th"),
            member.c.position_en.label("officer_position_en"),
            station.c.name_th.label("station_name_th"),
            station.c.name_en.label("station_name_en"),
        )
        .join(agency, agency.c.id == disclosure.c.agency_id)
        .outerjoin(service, service.c.id == disclosure.c.service_id)
        .outerjoin(member, member.c.id == disclosure.c.officer_id)
        .outerjoin(counter_session, counter_session.c.id == disclosure.c.counter_id)
        .outerjoin(station, station.c.id == counter_session.c.station_id)
        .where(about(subscriber_id), *filters.of_disclosures(which))
        .order_by(disclosure.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(disclosure.c.id < f"dis_{before}")
    return await uow.all(statement)


async def find_log_entry(
    uow: UnitOfWork, subscriber_id: SubscriberId, disclosure_id: DisclosureId
) -> AuditEntryId | None:
    """The entry of the log in which a disclosure about this subscriber was decided.

    None for who is only named in another person's record: the entry is about that person.
    """
    about_them = (about(subscriber_id), disclosure.c.outcome != Outcome.NAMED.value)
    own = (disclosure.c.id == disclosure_id, *about_them)
    row = await uow.first(select(disclosure.c.audit_entry_id).where(*own))
    return None if row is None else AuditEntryId(row.audit_entry_id)


def about(subscriber_id: SubscriberId) -> ColumnElement[bool]:
    """Under the person's own id, or from before there was one, through what an officer opened about their number."""
    their = disclosure.alias("their")
    own = select(their.c.id).where(their.c.subscriber_id == subscriber_id)
    at_a_counter = their.c.counter_id.in_(anchors_about(subscriber_id))
    before = select(their.c.id).where(their.c.subscriber_id.is_(None), at_a_counter)
    # each by its own index: one condition with OR has PostgreSQL read the disclosures of everybody
    return disclosure.c.id.in_(union_all(own, before))


async def find_sign_ins(
    uow: UnitOfWork, subscriber_id: SubscriberId, which: HistoryFilter, *, before: str | None, limit: int
) -> Sequence[Row[Any]]:
    """One page of the grants that rest on a consent to claims, ended ones too, newest first, from the place `before`
    on.
    """
    statement = (
        select(
            grant.c.id,
            grant.c.scope,
            grant.c.claims,
            grant.c.created_at,
            grant.c.consent_id,
            consent.c.claims.label("agreed"),
            client.c.name_th.label("client_name_th"),
            client.c.name_en.label("client_name_en"),
            client.c.agency_id,
            agency.c.name_th.label("agency_name_th"),
            agency.c.name_en.label("agency_name_en"),
        )
        .join(consent, consent.c.id == grant.c.consent_id)
        .join(client, client.c.id == grant.c.client_id)
        .join(agency, agency.c.id == client.c.agency_id)
        .where(grant.c.subscriber_id == subscriber_id, consent.c.claims != [], *filters.of_sign_ins(which))
        .order_by(grant.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(grant.c.id < f"gra_{before}")
    return await uow.all(statement)


async def find_looks(
    uow: UnitOfWork, subscriber_id: SubscriberId, which: HistoryFilter, *, before: str | None, limit: int
) -> Sequence[Row[Any]]:
    """One page of the staff's looks at a person, newest first, from the place `before` on."""
    statement = (
        select(staff_look, agency.c.name_th.label("agency_name_th"), agency.c.name_en.label("agency_name_en"))
        .join(agency, agency.c.id == staff_look.c.agency_id)
        .where(staff_look.c.subscriber_id == subscriber_id, *filters.of_looks(which))
        .order_by(staff_look.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(staff_look.c.id < f"loo_{before}")
    return await uow.all(statement)


async def find_agencies(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Row[Any]]:
    """The agencies that entries about a subscriber name, by their Thai names."""
    programs = select(grant.c.client_id).where(grant.c.subscriber_id == subscriber_id)
    named = union_all(
        select(disclosure.c.agency_id).where(about(subscriber_id)),
        select(client.c.agency_id).where(client.c.id.in_(programs)),
        select(staff_look.c.agency_id).where(staff_look.c.subscriber_id == subscriber_id),
    )
    return await uow.all(
        select(agency.c.id, agency.c.name_th, agency.c.name_en).where(agency.c.id.in_(named)).order_by(agency.c.name_th)
    )


async def find_datasets(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[str]:
    """The data sets that entries about a subscriber name."""
    rows = await uow.all(select(disclosure.c.dataset).where(about(subscriber_id)).distinct())
    return sorted(row.dataset for row in rows)
