"""Tables of enrolment without an officer and their SQL. What was read lies here as ciphertext, while it is needed."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    insert,
    or_,
    select,
    update,
)

from connectors.contracts.errors import CardFault
from idp.enrolment.model import ENDS, EnrolmentState, Evidence, EvidenceKind, EvidenceResult, JourneyKey
from idp.enrolment.unattended.model import Application, UnattendedProblem
from idp.kernel.assurance import Ial
from idp.kernel.ids import CardSessionId, EnrolmentId, EvidenceId, StationId, SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

application = Table(
    "unattended_enrolment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("journey", Text, nullable=False),
    Column("browser_digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("problem", Text),
    Column("fault", Text),
    Column("nonce", Text, nullable=False),
    Column("code_digest", LargeBinary, unique=True),
    Column("agent_jwk", JsonText),
    Column("card_jwe", Text),
    Column("sealed_typed", Text),
    Column("is_virtual", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("station_id", Text, ForeignKey("station.id")),
    Column("card_session_id", Text, ForeignKey("card_session.id")),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), index=True),
    Column("ial", Text),
    Column("started_at", Instant, nullable=False),
    Column("taken_at", Instant),
    Column("read_at", Instant),
    Column("expires_at", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("sealed_link", LargeBinary),
    Column("link_expires_at", Instant),
    Index("ix_unattended_enrolment_browser_digest_id", "browser_digest", "id"),
)

evidence = Table(
    "unattended_evidence",
    metadata,
    Column("id", Text, primary_key=True),
    Column("enrolment_id", Text, ForeignKey("unattended_enrolment.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("wire_code", Text, nullable=False),
    Column("checked_at", Instant, nullable=False),
)

_OPEN_VALUES = sorted(state.value for state in EnrolmentState if state not in ENDS)
_FORGOTTEN: Mapping[str, Any] = {"card_jwe": None, "sealed_typed": None, "code_digest": None, "claimed_until": None}

# one open application per browser: the unique key decides, not a look before the insert
Index(
    "uq_unattended_enrolment_open_browser_digest",
    application.c.browser_digest,
    unique=True,
    sqlite_where=application.c.state.in_(_OPEN_VALUES),
    postgresql_where=application.c.state.in_(_OPEN_VALUES),
)
Index(
    "ix_unattended_enrolment_open_expires_at",
    application.c.expires_at,
    sqlite_where=application.c.state.in_(_OPEN_VALUES),
    postgresql_where=application.c.state.in_(_OPEN_VALUES),
)


async def insert_application(
    uow: UnitOfWork, record: Application, *, browser_digest: bytes, code_digest: bytes | None
) -> bool:
    """A new application; False when this browser has an open one."""
    statement = (
        insert_on_conflict(application, uow.dialect)
        .values(
            id=record.id,
            journey=record.journey.value,
            browser_digest=browser_digest,
            state=record.state.value,
            nonce=record.nonce,
            code_digest=code_digest,
            is_virtual=False,
            tries=0,
            station_id=record.station_id,
            card_session_id=record.card_session_id,
            started_at=record.started_at,
            expires_at=record.expires_at,
        )
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def find(uow: UnitOfWork, enrolment_id: EnrolmentId) -> Application | None:
    """The application with this id."""
    row = await uow.first(select(application).where(application.c.id == enrolment_id))
    return None if row is None else _application(row)


async def newest_of(uow: UnitOfWork, browser_digest: bytes, journey: JourneyKey) -> Application | None:
    """What this browser began last."""
    mine = and_(application.c.browser_digest == browser_digest, application.c.journey == journey.value)
    row = await uow.first(select(application).where(mine).order_by(application.c.id.desc()).limit(1))
    return None if row is None else _application(row)


async def open_applications(
    uow: UnitOfWork, journey: JourneyKey, *, after: EnrolmentId | None, limit: int
) -> Sequence[EnrolmentId]:
    """What has not ended, oldest first, those that began after the one given."""
    still_open = select(application.c.id).where(
        application.c.state.in_(_OPEN_VALUES), application.c.journey == journey.value
    )
    if after is not None:
        still_open = still_open.where(application.c.id > after)
    return [EnrolmentId(row.id) for row in await uow.all(still_open.order_by(application.c.id).limit(limit))]


async def take_code(
    uow: UnitOfWork, code_digest: bytes, *, agent_jwk: Mapping[str, Any], expires_at: datetime
) -> Application | None:
    """The application of this code, for the one agent that names it first and in time."""
    waiting = and_(
        application.c.code_digest == code_digest,
        application.c.state == EnrolmentState.WAITING_FOR_CARD.value,
        application.c.taken_at.is_(None),
        application.c.expires_at > uow.now,
    )
    row = await uow.first(select(application.c.id).where(waiting))
    taken = (
        update(application).where(waiting).values(agent_jwk=dict(agent_jwk), taken_at=uow.now, expires_at=expires_at)
    )
    if row is None or await uow.changed(taken) != 1:
        return None
    return await find(uow, EnrolmentId(row.id))


async def save_answer(
    uow: UnitOfWork, enrolment_id: EnrolmentId, *, card_jwe: str, is_virtual: bool, expires_at: datetime
) -> bool:
    """True for the one answer that an application takes."""
    waiting = and_(
        application.c.id == enrolment_id,
        application.c.state == EnrolmentState.WAITING_FOR_CARD.value,
        application.c.taken_at.is_not(None),
        application.c.read_at.is_(None),
        application.c.expires_at > uow.now,
    )
    values = {"card_jwe": card_jwe, "is_virtual": is_virtual, "read_at": uow.now, "expires_at": expires_at}
    return await uow.changed(update(application).where(waiting).values(values)) == 1


async def note_read(uow: UnitOfWork, enrolment_id: EnrolmentId, *, is_virtual: bool, expires_at: datetime) -> bool:
    """True for the one caller who sees first that the kiosk's card was read."""
    unread = and_(
        application.c.id == enrolment_id,
        application.c.state == EnrolmentState.WAITING_FOR_CARD.value,
        application.c.read_at.is_(None),
    )
    values = {"is_virtual": is_virtual, "read_at": uow.now, "expires_at": expires_at}
    return await uow.changed(update(application).where(unread).values(values)) == 1


async def card_jwe(uow: UnitOfWork, enrolment_id: EnrolmentId) -> str | None:
    """The ciphertext of what was read at home, while the application is open and in time."""
    alive = and_(application.c.id == enrolment_id, application.c.expires_at > uow.now)
    row = await uow.first(select(application.c.card_jwe).where(alive))
    return None if row is None else row.card_jwe


async def save_typed(uow: UnitOfWork, enrolment_id: EnrolmentId, sealed: str) -> None:
    """Keep the sealed code that the person typed, until the application ends."""
    still_open = and_(application.c.id == enrolment_id, application.c.state.in_(_OPEN_VALUES))
    await uow.execute(update(application).where(still_open).values(sealed_typed=sealed))


async def sealed_typed(uow: UnitOfWork, enrolment_id: EnrolmentId) -> str | None:
    """The sealed code that the person typed."""
    row = await uow.first(select(application.c.sealed_typed).where(application.c.id == enrolment_id))
    return None if row is None else row.sealed_typed


async def count_try(uow: UnitOfWork, enrolment_id: EnrolmentId, *, most: int) -> bool:
    """One more try, committed before it is judged; False when all are used up."""
    left = and_(application.c.id == enrolment_id, application.c.state.in_(_OPEN_VALUES), application.c.tries < most)
    return await uow.changed(update(application).where(left).values(tries=application.c.tries + 1)) == 1


async def claim_check(
    uow: UnitOfWork, enrolment_id: EnrolmentId, *, of: Collection[EnrolmentState], until: datetime
) -> bool:
    """True for the one caller who now checks the card; others wait until that is done or the claim is over."""
    may_be_claimed = or_(
        application.c.state.in_([state.value for state in of]),
        and_(application.c.state == EnrolmentState.CHECKING_CARD.value, application.c.claimed_until <= uow.now),
    )
    in_time = and_(application.c.id == enrolment_id, may_be_claimed, application.c.expires_at > uow.now)
    values = {"state": EnrolmentState.CHECKING_CARD.value, "claimed_until": until, "problem": None}
    return await uow.changed(update(application).where(in_time).values(values)) == 1


async def move(
    uow: UnitOfWork,
    enrolment_id: EnrolmentId,
    *,
    of: Collection[EnrolmentState],
    to: EnrolmentState,
    problem: UnattendedProblem | None = None,
    fault: CardFault | None = None,
    expires_at: datetime | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Take a step; False when the application no longer stood at one of `of`. An end forgets what was read.

    `not_before` is when the worker may look at it again.
    """
    values: dict[str, Any] = {
        "state": to.value,
        "problem": None if problem is None else problem.value,
        "fault": None if fault is None else fault.value,
        "claimed_until": not_before,
    }
    if to in ENDS:
        values |= _FORGOTTEN
    if expires_at is not None:
        values["expires_at"] = expires_at
    present = application.c.state.in_([state.value for state in of])
    return await uow.changed(update(application).where(application.c.id == enrolment_id, present).values(values)) == 1


async def save_result(
    uow: UnitOfWork,
    enrolment_id: EnrolmentId,
    *,
    subscriber_id: SubscriberId,
    ial: Ial,
    sealed_link: bytes,
    link_expires_at: datetime,
) -> None:
    """What a completed application led to."""
    values = {
        "subscriber_id": subscriber_id,
        "ial": ial.value,
        "sealed_link": sealed_link,
        "link_expires_at": link_expires_at,
    }
    await uow.execute(update(application).where(application.c.id == enrolment_id).values(values))


async def sealed_link(uow: UnitOfWork, enrolment_id: EnrolmentId) -> bytes | None:
    """The sealed link while it may be shown."""
    usable = and_(application.c.id == enrolment_id, application.c.link_expires_at > uow.now)
    row = await uow.first(select(application.c.sealed_link).where(usable))
    return None if row is None or row.sealed_link is None else bytes(row.sealed_link)


async def let_go(uow: UnitOfWork, enrolment_id: EnrolmentId) -> None:
    """The application is no browser's any more: nothing of it is shown again."""
    nobody = hashlib.sha256(enrolment_id.encode()).digest()
    values = {"sealed_link": None, "browser_digest": nobody}
    await uow.execute(update(application).where(application.c.id == enrolment_id).values(values))


async def insert_evidence(uow: UnitOfWork, piece: Evidence) -> None:
    """Keep one piece of evidence."""
    await uow.execute(
        insert(evidence).values(
            id=piece.id,
            enrolment_id=piece.enrolment_id,
            kind=piece.kind.value,
            result=piece.result.value,
            source=piece.source,
            wire_code=piece.wire_code,
            checked_at=piece.checked_at,
        )
    )


async def evidence_of_enrolment(uow: UnitOfWork, enrolment_id: EnrolmentId) -> Sequence[Evidence]:
    """The evidence of one application, in order."""
    mine = select(evidence).where(evidence.c.enrolment_id == enrolment_id)
    return [_evidence(row) for row in await uow.all(mine.order_by(evidence.c.checked_at, evidence.c.id))]


async def evidence_of_subscriber(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Evidence]:
    """The evidence of every completed application of one person."""
    joined = evidence.join(application, application.c.id == evidence.c.enrolment_id)
    mine = select(evidence).select_from(joined).where(application.c.subscriber_id == subscriber_id)
    return [_evidence(row) for row in await uow.all(mine)]


def _application(row: Row[Any]) -> Application:
    return Application(
        id=EnrolmentId(row.id),
        journey=JourneyKey(row.journey),
        state=EnrolmentState(row.state),
        problem=UnattendedProblem(row.problem) if row.problem else None,
        fault=CardFault(row.fault) if row.fault else None,
        nonce=row.nonce,
        station_id=StationId(row.station_id) if row.station_id else None,
        card_session_id=CardSessionId(row.card_session_id) if row.card_session_id else None,
        agent_jwk=row.agent_jwk,
        is_virtual=row.is_virtual,
        tries=row.tries,
        subscriber_id=SubscriberId(row.subscriber_id) if row.subscriber_id else None,
        ial=Ial(row.ial) if row.ial else None,
        started_at=row.started_at,
        taken_at=row.taken_at,
        read_at=row.read_at,
        expires_at=row.expires_at,
        claimed_until=row.claimed_until,
    )


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(
        id=EvidenceId(row.id),
        enrolment_id=EnrolmentId(row.enrolment_id),
        kind=EvidenceKind(row.kind),
        result=EvidenceResult(row.result),
        source=row.source,
        wire_code=row.wire_code,
        checked_at=row.checked_at,
        by=None,
    )
