"""The table of grants and the predicate that says which of them count."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    and_,
    exists,
    insert,
    or_,
    select,
    update,
)

from idp.authorization.client_registration.store import client, live_client
from idp.authorization.grants.model import Grant
from idp.authorization.grants.sealed import GrantSeals
from idp.consent.store import consent, live_consent
from idp.kernel.assurance import Acr
from idp.kernel.ids import ClientId, ConsentId, GrantId, SsoSessionId, SubscriberId
from idp.representation.mandates.store import live_mandate, mandate, mandate_in_time
from idp.representation.model import ActedFor, MandateId
from idp.storage.metadata import Instant, JsonText, Moment, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

grant = Table(
    "oauth_grant",
    metadata,
    Column("id", Text, primary_key=True),
    # The statement that writes a grant looks for the rows these name while they count (`rests_on_live`), and a grant
    # whose rows are gone does not count: foreign keys would look once more, and lock the client's row for everybody.
    Column("client_id", Text, nullable=False),
    Column("subscriber_id", Text, nullable=False, index=True),
    Column("sso_session_id", Text, nullable=False, index=True),
    Column("consent_id", Text, index=True),
    Column("details", JsonText, nullable=False),
    Column("scope", JsonText, nullable=False),
    Column("ial", Text, nullable=False),
    Column("aal", Text, nullable=False),
    Column("amr", JsonText, nullable=False),
    Column("auth_time", Instant, nullable=False),
    Column("jkt", Text),
    Column("x5t", Text),
    Column("claims", JsonText, nullable=False),
    Column("resource", Text),
    Column("managed_id", Text),
    Column("actor_id", Text),
    Column("mandate_id", Text),
    Column("sealed_about", Text),
    Column("code_digest", LargeBinary, nullable=False, unique=True),
    Column("generation", Integer, nullable=False),
    Column("rotated_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_reason", Text),
    # a program's grants, the newest first: its agency looks at them page by page
    Index("ix_oauth_grant_client_id", "client_id", "id"),
)

# few grants have these at all: the others are in no index of them
for _rare in (grant.c.managed_id, grant.c.actor_id, grant.c.mandate_id):
    Index(f"ix_oauth_grant_{_rare.name}", _rare, postgresql_where=_rare.is_not(None), sqlite_where=_rare.is_not(None))


def live_grant(now: Moment) -> ColumnElement[bool]:
    """The grant counts: not revoked, not over, and its client, its subscriber and its consent count too."""
    return and_(
        grant.c.revoked_at.is_(None),
        grant.c.expires_at > now,
        rests_on_live(grant.c, now),
        rests_on_live_mandate(grant.c, now),
    )


def rests_on_live(columns: Any, now: Moment) -> ColumnElement[bool]:
    """The client, the subscriber and the consent that these columns name count: also before there is a grant."""
    of_client = exists().where(client.c.id == columns.client_id, live_client(now))
    of_subscriber = exists().where(subscriber.c.id == columns.subscriber_id, live_subscriber(now))
    of_consent = exists().where(consent.c.id == columns.consent_id, live_consent(now))
    # each looks at a row of its own, also inside a statement that reads the same table for something else
    return and_(
        of_client.correlate_except(client),
        of_subscriber.correlate_except(subscriber),
        or_(columns.consent_id.is_(None), of_consent.correlate_except(consent)),
    )


def rests_on_live_mandate(columns: Any, now: Moment) -> ColumnElement[bool]:
    """The mandate that these columns name counts, if there is one."""
    of_mandate = exists().where(mandate.c.id == columns.mandate_id, live_mandate(now))
    return or_(columns.mandate_id.is_(None), of_mandate.correlate_except(mandate))


GRANT_COLUMNS = tuple(
    column for column in grant.c if column.name not in ("code_digest", "created_at", "revoked_at", "revoked_reason")
)


def grant_values(record: Grant, seals: GrantSeals, *, code_digest: bytes, now: datetime) -> dict[str, Any]:
    """The columns of a new grant."""
    what, sealed_about = seals.apart(record.id, record.details, record.acted_for)
    return {
        "id": record.id,
        "client_id": record.client_id,
        "subscriber_id": record.subscriber_id,
        "sso_session_id": record.sso_session_id,
        "consent_id": record.consent_id,
        "details": what,
        "sealed_about": sealed_about,
        "scope": list(record.scope),
        "ial": record.acr.ial.value,
        "aal": record.acr.aal.value,
        "amr": list(record.amr),
        "auth_time": record.auth_time,
        "jkt": record.jkt,
        "x5t": record.x5t,
        "claims": record.claims,
        "resource": record.resource,
        "managed_id": record.managed_id,
        **_acting_values(record.acted_for),
        "code_digest": code_digest,
        "generation": record.generation,
        "created_at": now,
        "expires_at": record.expires_at,
    }


def _acting_values(acted: ActedFor | None) -> dict[str, Any]:
    if acted is None:
        return {"actor_id": None, "mandate_id": None}
    return {"actor_id": acted.actor, "mandate_id": acted.mandate_id}


async def insert_grant(uow: UnitOfWork, seals: GrantSeals, record: Grant, *, code_digest: bytes) -> None:
    """Save a new grant; two for one code are impossible."""
    await uow.execute(insert(grant).values(grant_values(record, seals, code_digest=code_digest, now=uow.now)))


async def find_live_grant(uow: UnitOfWork, seals: GrantSeals, grant_id: GrantId) -> Grant | None:
    """The grant while it counts."""
    row = await uow.first(select(grant).where(grant.c.id == grant_id, live_grant(uow.now)))
    return None if row is None else grant_of(row, seals)


async def signed_in_at(uow: UnitOfWork, grant_id: GrantId) -> datetime | None:
    """When the person of a grant signed in, while the grant counts."""
    row = await uow.first(select(grant.c.auth_time).where(grant.c.id == grant_id, live_grant(uow.now)))
    return None if row is None else row.auth_time


async def is_managed(uow: UnitOfWork, managed_id: str, client_id: ClientId) -> bool:
    """True while a grant counts that this client manages under this name."""
    of_client = (grant.c.managed_id == managed_id, grant.c.client_id == client_id)
    return await uow.first(select(grant.c.id).where(*of_client, live_grant(uow.now))) is not None


async def find_managed_grant(
    uow: UnitOfWork, seals: GrantSeals, managed_id: str, client_id: ClientId
) -> tuple[Grant, datetime] | None:
    """The grant that a client manages under this name while it counts, and when it was opened."""
    of_client = (grant.c.managed_id == managed_id, grant.c.client_id == client_id)
    row = await uow.first(select(grant).where(*of_client, live_grant(uow.now)))
    return None if row is None else (grant_of(row, seals), row.created_at)


async def find_grant(uow: UnitOfWork, seals: GrantSeals, grant_id: GrantId) -> Grant | None:
    """The grant, live or not."""
    row = await uow.first(select(grant).where(grant.c.id == grant_id))
    return None if row is None else grant_of(row, seals)


async def find_grant_of_code(uow: UnitOfWork, seals: GrantSeals, code_digest: bytes) -> Grant | None:
    """The grant that this code opened, live or not."""
    row = await uow.first(select(grant).where(grant.c.code_digest == code_digest))
    return None if row is None else grant_of(row, seals)


async def mark_revoked(uow: UnitOfWork, grant_id: GrantId, *, reason: str) -> bool:
    """End a grant; False when it had ended before, or is none."""
    statement = (
        update(grant)
        .where(grant.c.id == grant_id, grant.c.revoked_at.is_(None))
        .values(revoked_at=uow.now, revoked_reason=reason)
    )
    return await uow.changed(statement) == 1


async def mark_revoked_of_consent(uow: UnitOfWork, consent_id: ConsentId, *, reason: str) -> int:
    """End every grant that stands on a consent; gives how many had not ended before."""
    statement = update(grant).where(grant.c.consent_id == consent_id, grant.c.revoked_at.is_(None))
    return await uow.changed(statement.values(revoked_at=uow.now, revoked_reason=reason))


async def grants_of_session(uow: UnitOfWork, seals: GrantSeals, session_id: SsoSessionId) -> Sequence[Grant]:
    """Every grant that was given in a session, live or not: whose clients may have signed the person in."""
    rows = await uow.all(select(grant).where(grant.c.sso_session_id == session_id).order_by(grant.c.id))
    return [grant_of(row, seals) for row in rows]


async def grants_of_mandate(uow: UnitOfWork, seals: GrantSeals, mandate_id: MandateId) -> Sequence[Grant]:
    """The grants opened under a mandate that were not ended before."""
    statement = select(grant).where(grant.c.mandate_id == mandate_id, grant.c.revoked_at.is_(None))
    return [grant_of(row, seals) for row in await uow.all(statement.order_by(grant.c.id))]


async def grants_of_person(uow: UnitOfWork, seals: GrantSeals, subscriber_id: SubscriberId) -> Sequence[Grant]:
    """Every grant of a person that was not ended."""
    not_ended = (grant.c.subscriber_id == subscriber_id, grant.c.revoked_at.is_(None))
    return [grant_of(row, seals) for row in await uow.all(select(grant).where(*not_ended))]


async def live_grants_of(uow: UnitOfWork, seals: GrantSeals, subscriber_id: SubscriberId) -> Sequence[Grant]:
    """The grants about a person, or by which the person acts for another, that count, the newest first."""
    own = or_(grant.c.subscriber_id == subscriber_id, grant.c.actor_id == subscriber_id)
    statement = select(grant).where(own, live_grant(uow.now))
    return [grant_of(row, seals) for row in await uow.all(statement.order_by(grant.c.id.desc()))]


async def clients_around(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[ClientId]:
    """Clients with a grant about a person that has not ended, or a consent in force: also of a stopped identity.

    What stands on a consent or mandate that is over does not count, though its end was not carried out yet.
    """
    of_consent = exists().where(consent.c.id == grant.c.consent_id, live_consent(uow.now))
    granted = select(grant.c.client_id).where(
        grant.c.subscriber_id == subscriber_id,
        grant.c.revoked_at.is_(None),
        grant.c.expires_at > uow.now,
        or_(grant.c.consent_id.is_(None), of_consent),
        _under_no_mandate_that_is_over(grant.c, uow.now),
    )
    consented = select(consent.c.client_id).where(
        consent.c.subscriber_id == subscriber_id,
        live_consent(uow.now),
        _under_no_mandate_that_is_over(consent.c, uow.now),
    )
    return [ClientId(row.client_id) for row in await uow.all(granted.union(consented))]


def _under_no_mandate_that_is_over(columns: Any, now: Moment) -> ColumnElement[bool]:
    of_mandate = exists().where(mandate.c.id == columns.mandate_id, mandate_in_time(now))
    return or_(columns.mandate_id.is_(None), of_mandate)


async def grants_since(
    uow: UnitOfWork, seals: GrantSeals, client_id: ClientId, *, auth_time: datetime
) -> Sequence[Grant]:
    """The grants of a client whose person was authenticated within this second."""
    within = (grant.c.auth_time >= auth_time, grant.c.auth_time < auth_time + timedelta(seconds=1))
    rows = await uow.all(select(grant).where(grant.c.client_id == client_id, *within))
    return [grant_of(row, seals) for row in rows]


def grant_of(row: Any, seals: GrantSeals) -> Grant:
    """The grant of a row with `GRANT_COLUMNS`. Raises SealBroken for one that was changed behind our back."""
    details, acted_for = seals.together(row)
    return Grant(
        id=GrantId(row.id),
        client_id=ClientId(row.client_id),
        subscriber_id=SubscriberId(row.subscriber_id),
        sso_session_id=SsoSessionId(row.sso_session_id),
        consent_id=None if row.consent_id is None else ConsentId(row.consent_id),
        details=details,
        scope=tuple(row.scope),
        acr=Acr.of(row.ial, row.aal),
        amr=tuple(row.amr),
        auth_time=row.auth_time,
        jkt=row.jkt,
        generation=row.generation,
        expires_at=row.expires_at,
        x5t=row.x5t,
        rotated_at=row.rotated_at,
        claims=row.claims,
        resource=row.resource,
        managed_id=row.managed_id,
        acted_for=acted_for,
    )
