"""The grants that an agency's programs hold, as the agency looks after them: look, and end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select

from idp.authorization.client_registration.store import client
from idp.authorization.grants.store import grant, live_grant
from idp.kernel.ids import AgencyId, ClientId, ConsentId, GrantId, SubscriberId
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant in the hand of a program: its scope and the data sets it is for."""

    id: GrantId
    subscriber_id: SubscriberId
    client_id: ClientId
    consent_id: ConsentId | None
    scope: tuple[str, ...]
    datasets: tuple[str, ...]
    created_at: datetime
    expires_at: datetime


async def held_grants(
    uow: UnitOfWork, client_id: ClientId, *, agency_id: AgencyId, after: GrantId | None, limit: int
) -> tuple[HeldGrant, ...]:
    """The grants of one of the agency's programs that count, newest first; `after` is the last of the page before."""
    conditions = [grant.c.client_id == client_id, _counts(agency_id, uow.now)]
    if after is not None:
        conditions.append(grant.c.id < after)
    rows = await uow.all(select(grant).where(*conditions).order_by(grant.c.id.desc()).limit(limit))
    return tuple(_held(row) for row in rows)


async def held_grant(uow: UnitOfWork, grant_id: GrantId, *, agency_id: AgencyId) -> HeldGrant | None:
    """One grant that counts and that a program of the agency holds."""
    row = await uow.first(select(grant).where(grant.c.id == grant_id, _counts(agency_id, uow.now)))
    return None if row is None else _held(row)


def _counts(agency_id: AgencyId, now: datetime) -> ColumnElement[bool]:
    own = exists().where(client.c.id == grant.c.client_id, client.c.agency_id == agency_id)
    return and_(own, live_grant(now))


def _held(row: Any) -> HeldGrant:
    return HeldGrant(
        id=GrantId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        client_id=ClientId(row.client_id),
        consent_id=None if row.consent_id is None else ConsentId(row.consent_id),
        scope=tuple(row.scope),
        datasets=tuple(dict.fromkeys(str(detail["dataset"]) for detail in row.details)),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
