"""The disclosure table, and the one statement that discloses: it holds every live predicate."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    and_,
    exists,
    false,
    literal,
    or_,
    select,
    text,
    true,
    update,
)

from idp.agencies.agreement_store import live_officer_grant, officer_grant
from idp.agencies.member_store import member
from idp.agencies.store import agency, agreement, service
from idp.authorization.client_registration.store import client
from idp.authorization.grants.store import grant
from idp.consent.store import consent
from idp.exchange.counter.store import citizen_ref, counter_session, live_citizen_ref, live_counter_session
from idp.exchange.decision.model import Link
from idp.exchange.pull.links import ROWS
from idp.exchange.pull.model import Chain, Disclosure, KeptAnswer
from idp.kernel.ids import ClientId, DisclosureId, SubscriberId
from idp.representation.mandates.store import mandate
from idp.representation.model import ActedFor
from idp.stations.store import card_session
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import subscriber

ANSWER_KEPT_FOR: Final = timedelta(hours=1)
"""How long a repeated request gets the same answer; only the record remains after that."""

_AT_A_COUNTER: Final = text("counter_id IS NOT NULL")

disclosure = Table(
    "disclosure",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber_id", Text),
    Column("juristic_id", Text),
    Column("agency_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("agreement_id", Text),
    Column("agreement_version", Integer),
    Column("consent_id", Text),
    Column("grant_id", Text),
    Column("actor_id", Text),
    Column("mandate_id", Text),
    Column("acting_juristic_id", Text),
    Column("counter_id", Text),
    Column("officer_id", Text),
    Column("access_token_id", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("fields", JsonText, nullable=False),
    Column("basis", Text, nullable=False),
    Column("sealed_case", LargeBinary),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("at", Instant, nullable=False),
    Column("audit_entry_id", Text, nullable=False),
    Column("idempotency_digest", LargeBinary),
    Column("request_digest", LargeBinary),
    Column("sealed_answer", LargeBinary),
    Column("answer_until", Instant),
    Column("burst", LargeBinary, unique=True),
    Column("times", Integer, nullable=False),
    UniqueConstraint("client_id", "idempotency_digest"),
    Index("ix_disclosure_subscriber_id", "subscriber_id", "id"),
    Index("ix_disclosure_answer_until", "answer_until"),
    # at a counter alone: a plain pull writes no row of it
    Index("ix_disclosure_counter_id", "counter_id", sqlite_where=_AT_A_COUNTER, postgresql_where=_AT_A_COUNTER),
    # identifiers sort by time: an agency's days are one stretch of it, and what is counted of them stands in it
    Index(
        "ix_disclosure_agency_id",
        *("agency_id", "id", "officer_id", "outcome", "times", "dataset", "service_id", "at"),
    ),
)


def holding(chain: Chain, now: datetime) -> dict[Link, ColumnElement[bool]]:
    """For each link of the chain the condition under which it holds now; decision and disclosure use the same."""
    ids: dict[Link, str | None] = {
        Link.CLIENT: chain.client_id,
        Link.SUBSCRIBER: chain.subscriber_id,
        Link.GRANT: chain.grant_id,
        Link.MANDATE: chain.mandate_id,
        Link.CONSENT: chain.consent_id,
    }
    holds = {link: ROWS[link].stands(row_id, now) for link, row_id in ids.items() if row_id is not None}
    # no agreement in force was found: there is no right
    holds[Link.AGREEMENT] = false()
    if chain.agreement_id is not None:
        terms = _of_version(chain.agreement_version)
        holds[Link.AGREEMENT] = ROWS[Link.AGREEMENT].stands(chain.agreement_id, now, terms)
    if chain.counter_id is not None:
        holds[Link.COUNTER] = (
            exists().where(counter_session.c.id == chain.counter_id, live_counter_session(now))
            if chain.is_by_card
            else exists().where(citizen_ref.c.id == chain.counter_id, live_citizen_ref(now))
        )
    return holds


def _of_version(version: int | None) -> ColumnElement[bool]:
    """The agreement's terms are those that were judged."""
    return true() if version is None else agreement.c.version == version


def _officer_is_granted(chain: Chain, now: datetime) -> ColumnElement[bool]:
    """The data's owner lets this officer have the data in person, where the agreement asks for that.

    The SQL twin of the ceiling's rule; the decision names it as what lies beyond the right, so that it is no link.
    """
    if chain.counter_id is None or chain.agreement_id is None:
        return true()
    granted = exists().where(
        officer_grant.c.member_id == chain.officer,
        officer_grant.c.dataset == agreement.c.dataset,
        live_officer_grant(now),
    )
    return exists().where(
        agreement.c.id == chain.agreement_id, or_(agreement.c.officers_need_grant.is_(False), granted)
    )


async def broken_links(uow: UnitOfWork, chain: Chain) -> frozenset[Link]:
    """The links that do not hold now."""
    holds = holding(chain, uow.now)
    row = await uow.first(select(*(condition.label(link.value) for link, condition in holds.items())))
    return frozenset(holds) if row is None else frozenset(link for link in holds if not getattr(row, link.value))


async def hold_links(uow: UnitOfWork, chain: Chain) -> None:
    """Keep every row of the chain as it is until this transaction ends: who withdraws meanwhile waits for it.

    To be called first, before anything is written, so that the one who withdraws and the one who discloses lock in the
    same order: a service before its agreement, as whoever grants; a consent before its grant, as whoever ends both.
    SQLite has one writer and needs no lock.
    """
    if uow.dialect == "sqlite":
        return
    chained: FromClause = client
    held: list[FromClause] = [client]
    if chain.agreement_id is not None:
        chained = chained.join(agreement, agreement.c.id == chain.agreement_id)
        chained = chained.join(service, service.c.id == agreement.c.service_id)
        chained = chained.join(agency, agency.c.id == agreement.c.agency_id)
        held += agency, service, agreement
    further: list[tuple[Table, ColumnElement[bool]]] = []
    if chain.subscriber_id is not None:
        further.append((subscriber, subscriber.c.id == chain.subscriber_id))
    if chain.mandate_id is not None:
        further.append((mandate, mandate.c.id == chain.mandate_id))
    if chain.consent_id is not None:
        further.append((consent, consent.c.id == chain.consent_id))
    if chain.grant_id is not None:
        further.append((grant, grant.c.id == chain.grant_id))
    if chain.counter_id is not None:
        further.append((member, member.c.id == chain.officer))
    if chain.is_by_card:
        further.append((counter_session, counter_session.c.id == chain.counter_id))
        further.append((card_session, card_session.c.id == counter_session.c.card_session_id))
    for table, is_its in further:
        chained = chained.join(table, is_its)
        held.append(table)
    rows = select(literal(1)).select_from(chained).where(client.c.id == chain.client_id)
    await uow.execute(rows.with_for_update(read=True, of=held))


async def find_burst(uow: UnitOfWork, burst: bytes) -> DisclosureId | None:
    """The record that counts this burst of like events."""
    row = await uow.first(select(disclosure.c.id).where(disclosure.c.burst == burst))
    return None if row is None else DisclosureId(row.id)


async def insert_or_count(uow: UnitOfWork, record: Disclosure, *, sealed_case: bytes | None, burst: bytes) -> None:
    """Record what released nothing new: one row for a burst of like events, which counts them."""
    statement = insert_on_conflict(disclosure, uow.dialect).values(**columns_of(record, sealed_case), burst=burst)
    counted = statement.on_conflict_do_update(index_elements=["burst"], set_={"times": disclosure.c.times + 1})
    await uow.execute(counted)


async def insert_release(
    uow: UnitOfWork,
    record: Disclosure,
    *,
    sealed_case: bytes | None,
    idempotency_digest: bytes,
    request_digest: bytes,
    sealed_answer: bytes,
    kept_for: timedelta = ANSWER_KEPT_FOR,
) -> bool:
    """Disclose: one statement that writes the record only while every link holds. False when it wrote nothing.

    It also writes nothing when the client used this key before.
    """
    values = columns_of(record, sealed_case) | {
        "idempotency_digest": idempotency_digest,
        "request_digest": request_digest,
        "sealed_answer": sealed_answer,
        "answer_until": uow.now + kept_for,
    }
    row = select(*(literal(value, disclosure.c[name].type) for name, value in values.items()))
    holds = (*holding(record.chain, uow.now).values(), _officer_is_granted(record.chain, uow.now))
    statement = (
        insert_on_conflict(disclosure, uow.dialect)
        .from_select(list(values), row.where(and_(*holds)))
        .on_conflict_do_nothing(index_elements=["client_id", "idempotency_digest"])
    )
    return await uow.changed(statement) == 1


async def find_kept_answer(uow: UnitOfWork, *, client_id: ClientId, idempotency_digest: bytes) -> KeptAnswer | None:
    """What this client's key was used for before."""
    used = (disclosure.c.client_id == client_id, disclosure.c.idempotency_digest == idempotency_digest)
    row = await uow.first(select(disclosure).where(*used))
    if row is None:
        return None
    still_kept = row.answer_until is not None and uow.now < row.answer_until
    return KeptAnswer(DisclosureId(row.id), row.request_digest, row.sealed_answer if still_kept else None)


async def keep_answer_for_repeats(uow: UnitOfWork, disclosure_id: DisclosureId) -> None:
    """An answer that waited was handed over: from now on it is kept as long as any other."""
    mine = update(disclosure).where(disclosure.c.id == disclosure_id, disclosure.c.sealed_answer.is_not(None))
    await uow.execute(mine.values(answer_until=uow.now + ANSWER_KEPT_FOR))


async def drop_answer(uow: UnitOfWork, disclosure_id: DisclosureId) -> None:
    """An answer that was never handed over is not any more; the record stays."""
    mine = update(disclosure).where(disclosure.c.id == disclosure_id)
    await uow.execute(mine.values(sealed_answer=None, answer_until=None))


async def forget_answers(uow: UnitOfWork) -> int:
    """Drop answers that are no longer kept for repeats; gives how many. The records stay."""
    due = update(disclosure).where(disclosure.c.answer_until <= uow.now)
    return await uow.changed(due.values(sealed_answer=None, answer_until=None))


async def forget_person(uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
    """Drop the answers and case numbers kept about a person whose identity was closed. The records stay."""
    theirs = update(disclosure).where(disclosure.c.subscriber_id == subscriber_id)
    return await uow.changed(theirs.values(sealed_answer=None, answer_until=None, sealed_case=None))


def _acting_columns(acted: ActedFor | None) -> dict[str, str | None]:
    return {
        "actor_id": None if acted is None else acted.actor,
        "mandate_id": None if acted is None else acted.mandate_id,
        "acting_juristic_id": None if acted is None else acted.juristic_id,
    }


def columns_of(record: Disclosure, sealed_case: bytes | None) -> dict[str, Any]:
    """The columns that every record has."""
    return {
        "id": record.id,
        "subscriber_id": record.chain.owner_id,
        "juristic_id": record.juristic_id,
        "agency_id": record.agency_id,
        "client_id": record.chain.client_id,
        "service_id": record.service_id,
        "agreement_id": record.chain.agreement_id,
        "agreement_version": record.chain.agreement_version,
        "consent_id": record.chain.consent_id,
        "grant_id": record.chain.grant_id,
        **_acting_columns(record.chain.acted_for),
        "counter_id": record.chain.counter_id,
        "officer_id": record.chain.officer,
        "access_token_id": record.access_token_id,
        "dataset": record.dataset,
        "fields": list(record.fields),
        "basis": record.basis.value,
        "sealed_case": sealed_case,
        "times": 1,
        "outcome": record.outcome.value,
        "reason": record.reason.value if record.reason is not None else None,
        "at": record.at,
        "audit_entry_id": record.audit_entry_id,
    }
