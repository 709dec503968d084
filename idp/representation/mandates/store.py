"""Tables and SQL of mandates, with the predicate that says in SQL which may be used."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Select,
    Table,
    Text,
    and_,
    exists,
    false,
    insert,
    or_,
    select,
    update,
)

from connectors.contracts.identifiers import JuristicId
from idp.agencies.member_store import member
from idp.kernel.ids import AgencyId, MemberId, ServiceId, SubscriberId
from idp.keys.blind_index import IndexDigest
from idp.representation.companies.store import joint_act
from idp.representation.mandates.model import (
    ENDED_COUNT_FOR,
    MOST_OFFERS,
    OFFER_LASTS,
    CompanyPrincipal,
    Mandate,
    MandateKind,
    MandateState,
    PersonPrincipal,
    Principal,
    Terms,
    UnenrolledPrincipal,
)
from idp.representation.model import JointActId, MandateId, Scope
from idp.storage.metadata import Instant, JsonText, Moment, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

PERSON, COMPANY, UNENROLLED = "person", "company", "unenrolled"

mandate = Table(
    "mandate",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("principal_kind", Text, nullable=False),
    Column("principal_id", Text),
    Column("sealed_principal", LargeBinary),
    Column("proxy_id", Text, nullable=False, index=True),
    Column("services", JsonText, nullable=False),
    Column("datasets", JsonText, nullable=False),
    Column("case_no", Text),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("paper_no", Text),
    Column("paper_source", Text),
    Column("paper_dated", Text),
    Column("recorded_by", Text, index=True),
    Column("recorded_by_person", Text),
    Column("joint_act_id", Text, ForeignKey(joint_act.c.id), unique=True),
    Index("ix_mandate_principal", "principal_kind", "principal_id"),
)

mandate_principal_index = Table(
    "mandate_principal_index",
    metadata,
    Column("key_version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("mandate_id", Text, ForeignKey("mandate.id"), nullable=False),
    PrimaryKeyConstraint("key_version", "digest", "mandate_id"),
)


def live_mandate(now: Moment) -> ColumnElement[bool]:
    """The mandate may be used: active, in its time, the proxy live, and so is a principal who is a subscriber.

    Whether a company still operates is the registry's word, read at use.
    """
    return and_(
        mandate_in_time(now),
        _is_live(mandate.c.proxy_id, now),
        or_(mandate.c.principal_kind != PERSON, _is_live(mandate.c.principal_id, now)),
    )


def mandate_in_time(now: Moment) -> ColumnElement[bool]:
    """The mandate is active and in its time, also while somebody in it is stopped."""
    active = mandate.c.state == MandateState.ACTIVE.value
    return and_(active, mandate.c.valid_from <= now, mandate.c.valid_until > now)


def _is_live(subscriber_id: Column[Any], now: Moment) -> ColumnElement[bool]:
    # correlated to the mandate alone: the statement around may have a subscriber of its own
    return exists().where(subscriber.c.id == subscriber_id, live_subscriber(now)).correlate(mandate)


async def insert_mandate(
    uow: UnitOfWork,
    record: Mandate,
    *,
    sealed_principal: bytes | None = None,
    digests: Sequence[IndexDigest] = (),
    paper_source: str | None = None,
    paper_dated: date | None = None,
    recorded_by_person: SubscriberId | None = None,
) -> None:
    """Save a new mandate, and how a principal who is no subscriber is found again."""
    kind, principal_id = _principal_columns(record.principal)
    await uow.execute(
        insert(mandate).values(
            id=record.id,
            kind=record.kind.value,
            principal_kind=kind,
            principal_id=principal_id,
            sealed_principal=sealed_principal,
            proxy_id=record.terms.proxy,
            services=sorted(record.terms.scope.services),
            datasets=sorted(record.terms.scope.datasets),
            case_no=record.terms.scope.case,
            valid_from=record.terms.valid_from,
            valid_until=record.terms.valid_until,
            state=record.state.value,
            given_at=record.given_at,
            paper_no=record.paper_no,
            paper_source=paper_source,
            paper_dated=None if paper_dated is None else paper_dated.isoformat(),
            recorded_by=record.recorded_by,
            recorded_by_person=recorded_by_person,
            joint_act_id=record.joint_act_id,
        )
    )
    if digests:
        rows = [{"key_version": one.key_version, "digest": one.digest, "mandate_id": record.id} for one in digests]
        await uow.execute(insert(mandate_principal_index), rows)


async def find_mandate(uow: UnitOfWork, mandate_id: MandateId) -> Mandate | None:
    """The mandate, live or not."""
    row = await uow.first(select(mandate).where(mandate.c.id == mandate_id))
    return None if row is None else _mandate(row)


async def find_live_mandate(uow: UnitOfWork, mandate_id: MandateId) -> Mandate | None:
    """The mandate while it may be used."""
    row = await uow.first(select(mandate).where(mandate.c.id == mandate_id, live_mandate(uow.now)))
    return None if row is None else _mandate(row)


async def find_by_proxy(uow: UnitOfWork, proxy: SubscriberId) -> tuple[Mandate, ...]:
    """Every mandate this subscriber holds or held, newest first."""
    return await _load(uow, select(mandate).where(mandate.c.proxy_id == proxy))


async def find_live_by_proxy(uow: UnitOfWork, proxy: SubscriberId) -> tuple[Mandate, ...]:
    """Every mandate that this subscriber may use now, newest first."""
    return await _load(uow, select(mandate).where(mandate.c.proxy_id == proxy, live_mandate(uow.now)))


async def find_by_principal(
    uow: UnitOfWork, principal: SubscriberId, digests: Sequence[IndexDigest]
) -> tuple[Mandate, ...]:
    """Every mandate of this person, newest first: also those recorded before the person was a subscriber."""
    earlier = select(mandate_principal_index.c.mandate_id).where(_by_number(digests))
    own = and_(mandate.c.principal_kind == PERSON, mandate.c.principal_id == principal)
    return await _load(uow, select(mandate).where(or_(own, mandate.c.id.in_(earlier))))


def _by_number(digests: Sequence[IndexDigest]) -> ColumnElement[bool]:
    index = mandate_principal_index.c
    of_versions = (and_(index.key_version == one.key_version, index.digest == one.digest) for one in digests)
    return or_(false(), *of_versions)  # somebody without a citizen number has no digests


async def is_of_number(uow: UnitOfWork, mandate_id: MandateId, digests: Sequence[IndexDigest]) -> bool:
    """The mandate was recorded for the principal with this number, who was no subscriber then."""
    recorded = select(mandate_principal_index.c.mandate_id).where(mandate_principal_index.c.mandate_id == mandate_id)
    return await uow.first(recorded.where(_by_number(digests))) is not None


async def count_offers(uow: UnitOfWork, principal: Principal) -> int:
    """How many offers of this principal wait for an answer, or were taken back or ended within a day of their making.

    Each offer is a notice to somebody: taking one back makes no room for the next at once.
    """
    kind, principal_id = _principal_columns(principal)
    waits = and_(mandate.c.state == MandateState.OFFERED.value, mandate.c.given_at > uow.now - OFFER_LASTS)
    is_over = and_(mandate.c.state == MandateState.ENDED.value, mandate.c.given_at > uow.now - ENDED_COUNT_FOR)
    counted = select(mandate.c.id).where(
        mandate.c.principal_kind == kind,
        mandate.c.principal_id == principal_id,
        or_(waits, is_over),
    )
    return len(await uow.all(counted.limit(MOST_OFFERS + 1)))


async def find_by_agency(
    uow: UnitOfWork, agency_id: AgencyId, *, before: MandateId | None, limit: int
) -> tuple[Mandate, ...]:
    """What members of this agency recorded from paper, newest first; those `before` this one."""
    recorders = select(member.c.id).where(member.c.agency_id == agency_id)
    statement = select(mandate).where(mandate.c.recorded_by.in_(recorders))
    if before is not None:
        statement = statement.where(mandate.c.id < before)
    return await _load(uow, statement.limit(limit))


async def find_by_company(uow: UnitOfWork, juristic_id: JuristicId) -> tuple[Mandate, ...]:
    """Every mandate of this company, newest first."""
    own = (mandate.c.principal_kind == COMPANY, mandate.c.principal_id == juristic_id.digits)
    return await _load(uow, select(mandate).where(*own))


async def find_awaiting(uow: UnitOfWork, *, recorded_before: datetime, limit: int) -> tuple[Mandate, ...]:
    """What was recorded before that moment and still waits for a second officer."""
    waiting = (mandate.c.state == MandateState.AWAITING.value, mandate.c.given_at <= recorded_before)
    return await _load(uow, select(mandate).where(*waiting).limit(limit))


async def activate(uow: UnitOfWork, mandate_id: MandateId) -> bool:
    """A second officer agreed; once."""
    statement = (
        update(mandate)
        .where(mandate.c.id == mandate_id, mandate.c.state == MandateState.AWAITING.value)
        .values(state=MandateState.ACTIVE.value)
    )
    return await uow.changed(statement) == 1


async def accept(uow: UnitOfWork, mandate_id: MandateId) -> bool:
    """The proxy agreed; once, and in time."""
    statement = (
        update(mandate)
        .where(
            mandate.c.id == mandate_id,
            mandate.c.state == MandateState.OFFERED.value,
            mandate.c.given_at > uow.now - OFFER_LASTS,
            mandate.c.valid_until > uow.now,
        )
        .values(state=MandateState.ACTIVE.value)
    )
    return await uow.changed(statement) == 1


async def end_mandate(uow: UnitOfWork, mandate_id: MandateId) -> bool:
    """End it at once, for good; False when it was over before."""
    statement = (
        update(mandate)
        .where(mandate.c.id == mandate_id, mandate.c.state != MandateState.ENDED.value)
        .values(state=MandateState.ENDED.value, ended_at=uow.now)
    )
    return await uow.changed(statement) == 1


async def _load(uow: UnitOfWork, statement: Select[Any]) -> tuple[Mandate, ...]:
    return tuple(_mandate(row) for row in await uow.all(statement.order_by(mandate.c.id.desc())))


def _principal_columns(principal: Principal) -> tuple[str, str | None]:
    match principal:
        case PersonPrincipal(subscriber_id):
            return PERSON, subscriber_id
        case CompanyPrincipal(juristic_id):
            return COMPANY, juristic_id.digits
        case UnenrolledPrincipal():
            return UNENROLLED, None


def _principal(row: Row[Any]) -> Principal:
    if row.principal_kind == PERSON:
        return PersonPrincipal(SubscriberId(row.principal_id))
    if row.principal_kind == COMPANY:
        return CompanyPrincipal(JuristicId(row.principal_id))
    return UnenrolledPrincipal()


def _mandate(row: Row[Any]) -> Mandate:
    scope = Scope(frozenset(ServiceId(one) for one in row.services), frozenset(row.datasets), row.case_no)
    return Mandate(
        id=MandateId(row.id),
        kind=MandateKind(row.kind),
        principal=_principal(row),
        terms=Terms(SubscriberId(row.proxy_id), scope, row.valid_from, row.valid_until),
        state=MandateState(row.state),
        given_at=row.given_at,
        ended_at=row.ended_at,
        paper_no=row.paper_no,
        recorded_by=None if row.recorded_by is None else MemberId(row.recorded_by),
        joint_act_id=None if row.joint_act_id is None else JointActId(row.joint_act_id),
    )
