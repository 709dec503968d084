"""The table of clients and the predicate that says which of them are answered."""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any

from joserfc.jwk import KeySet
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    delete,
    exists,
    insert,
    select,
    update,
)

from idp.agencies.store import agency, live_agency
from idp.authorization.client_registration.model import Client, ClientProfile, ClientStatus
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, Moment, metadata
from idp.storage.storage import UnitOfWork

client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False, index=True),
    Column("name_th", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("first_party", Boolean, nullable=False),
    Column("profile", Text, nullable=False),
    Column("redirect_uris", JsonText, nullable=False),
    Column("jwks", JsonText, nullable=False),
    Column("token_endpoint_auth_method", Text, nullable=False),
    Column("id_token_signed_response_alg", Text, nullable=False),
    Column("dpop_bound", Boolean, nullable=False),
    Column("dpop_nonce_required", Boolean, nullable=False),
    Column("grant_types", JsonText, nullable=False),
    Column("scopes", JsonText, nullable=False),
    Column("services", JsonText, nullable=False),
    Column("sector", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("secret_digest", LargeBinary, nullable=True),
    Column("registration_token_digest", LargeBinary, nullable=True),
    # the remaining metadata that differ from what goes without saying, never searched by
    Column("further", JsonText, nullable=False),
    Column("registered_at", Instant, nullable=False),
    # counts the changes: who changes what they read names it, so that of two at once one is told
    Column("version", Integer, nullable=False, default=1),
)

FURTHER = tuple(field for field in fields(Client) if field.name not in client.c)


# since when a program has a key, by its thumbprint (RFC 7638): a key that stays for years is one that many have seen
client_key = Table(
    "client_key",
    metadata,
    Column("client_id", Text, nullable=False),
    Column("thumbprint", Text, nullable=False),
    Column("since", Instant, nullable=False),
    PrimaryKeyConstraint("client_id", "thumbprint"),
)


def live_client(now: Moment) -> ColumnElement[bool]:
    """The client is answered: it is active, and so is its agency."""
    of_live_agency = exists().where(agency.c.id == client.c.agency_id, live_agency(now))
    return and_(client.c.status == ClientStatus.ACTIVE.value, of_live_agency.correlate_except(agency))


async def insert_client(uow: UnitOfWork, record: Client) -> None:
    """Save a new client."""
    await uow.execute(insert(client).values(id=record.id, registered_at=uow.now, **_columns(record)))
    await _note_keys(uow, record)


async def replace_client(uow: UnitOfWork, record: Client, *, of: int | None = None) -> bool:
    """Save a client that exists, with other metadata or another status.

    `of` is the version that is to be replaced; False when it is another by now.
    """
    statement = update(client).where(client.c.id == record.id)
    if of is not None:
        statement = statement.where(client.c.version == of)
    if await uow.changed(statement.values(**_columns(record), version=client.c.version + 1)) != 1:
        return False
    await _note_keys(uow, record)
    return True


async def _note_keys(uow: UnitOfWork, record: Client) -> None:
    """Since when it has each of its keys; those it gave up begin anew when they come back."""
    held = thumbprints_of(record)
    given_up = (client_key.c.client_id == record.id, client_key.c.thumbprint.not_in(held))
    await uow.execute(delete(client_key).where(*given_up))
    for thumbprint in held:
        new = insert_on_conflict(client_key, uow.dialect).values(
            client_id=record.id, thumbprint=thumbprint, since=uow.now
        )
        await uow.execute(new.on_conflict_do_nothing())


async def keys_since(uow: UnitOfWork, client_id: ClientId) -> dict[str, datetime]:
    """Since when the program has each key, by thumbprint."""
    rows = await uow.all(select(client_key).where(client_key.c.client_id == client_id))
    return {row.thumbprint: row.since for row in rows}


def thumbprints_of(record: Client) -> list[str]:
    """RFC 7638: which keys it has now, without the names that somebody gave them."""
    if not record.jwks:
        return []
    return sorted(key.thumbprint() for key in KeySet.import_key_set({"keys": record.jwks["keys"]}).keys)


async def find_client(uow: UnitOfWork, client_id: ClientId) -> Client | None:
    """The client, live or not."""
    row = await uow.first(select(client).where(client.c.id == client_id))
    return None if row is None else client_of(row)


async def find_clients_named(uow: UnitOfWork, ids: Collection[ClientId]) -> dict[ClientId, Client]:
    """Those of these clients that there are, live or not, in one statement."""
    if not ids:
        return {}
    rows = await uow.all(select(client).where(client.c.id.in_(ids)))
    return {ClientId(row.id): client_of(row) for row in rows}


async def find_live_client(uow: UnitOfWork, client_id: ClientId) -> Client | None:
    """The client while it is answered."""
    row = await uow.first(select(client).where(client.c.id == client_id, live_client(uow.now)))
    return None if row is None else client_of(row)


async def find_own_client(uow: UnitOfWork, client_id: ClientId, *, agency_id: AgencyId) -> tuple[Client, int] | None:
    """A program of an agency, live or not, with its version; the issuer's own programs are nobody's here."""
    row = await uow.first(select(client).where(client.c.id == client_id, *_own(agency_id)))
    return None if row is None else (client_of(row), row.version)


async def find_own_clients(
    uow: UnitOfWork, agency_id: AgencyId, *, after: ClientId | None, limit: int
) -> tuple[tuple[Client, int], ...]:
    """The programs of an agency with their versions, live or not, by id; `after` is the last of the page before."""
    statement = select(client).where(*_own(agency_id))
    if after is not None:
        statement = statement.where(client.c.id > after)
    rows = await uow.all(statement.order_by(client.c.id).limit(limit))
    return tuple((client_of(row), row.version) for row in rows)


def _own(agency_id: AgencyId) -> tuple[ColumnElement[bool], ...]:
    return (client.c.agency_id == agency_id, client.c.first_party.is_(False))


async def find_agencies_clients(uow: UnitOfWork) -> tuple[Client, ...]:
    """Every client that is not the issuer's own, live or not, by id: a few thousand at most."""
    rows = await uow.all(select(client).where(client.c.first_party.is_(False)).order_by(client.c.id))
    return tuple(client_of(row) for row in rows)


def _columns(record: Client) -> dict[str, Any]:
    return {
        "agency_id": record.agency_id,
        "name_th": record.name_th,
        "name_en": record.name_en,
        "first_party": record.first_party,
        "profile": record.profile.value,
        "redirect_uris": list(record.redirect_uris),
        "jwks": dict(record.jwks),
        "token_endpoint_auth_method": record.token_endpoint_auth_method,
        "id_token_signed_response_alg": record.id_token_signed_response_alg,
        "dpop_bound": record.dpop_bound,
        "dpop_nonce_required": record.dpop_nonce_required,
        "grant_types": list(record.grant_types),
        "scopes": list(record.scopes),
        "services": list(record.services),
        "sector": record.sector,
        "status": record.status.value,
        "secret_digest": record.secret_digest,
        "registration_token_digest": record.registration_token_digest,
        "further": {field.name: value for field in FURTHER if (value := getattr(record, field.name)) != field.default},
    }


def client_of(row: Any) -> Client:
    """The client of a whole row."""
    further: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.further.items()
    }
    return Client(
        id=ClientId(row.id),
        agency_id=AgencyId(row.agency_id),
        name_th=row.name_th,
        name_en=row.name_en,
        first_party=row.first_party,
        profile=ClientProfile(row.profile),
        redirect_uris=tuple(row.redirect_uris),
        jwks=row.jwks,
        token_endpoint_auth_method=row.token_endpoint_auth_method,
        id_token_signed_response_alg=row.id_token_signed_response_alg,
        dpop_bound=row.dpop_bound,
        dpop_nonce_required=row.dpop_nonce_required,
        grant_types=tuple(row.grant_types),
        scopes=tuple(row.scopes),
        services=tuple(ServiceId(service) for service in row.services),
        sector=row.sector,
        status=ClientStatus(row.status),
        secret_digest=row.secret_digest,
        registration_token_digest=row.registration_token_digest,
        **further,
    )
