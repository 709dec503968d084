"""Tables of the enrolment room and their SQL. No attribute of a person stands in them in the clear."""

from collections.abc import Collection, Sequence
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
    Row,
    Table,
    Text,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from connectors.contracts.card import ProofReason
from connectors.contracts.errors import CardFault
from idp.enrolment.case_numbers import CaseNumber
from idp.enrolment.model import (
    ENDS,
    Enrolment,
    EnrolmentFlag,
    EnrolmentProblem,
    EnrolmentState,
    Evidence,
    EvidenceKind,
    EvidenceResult,
    JourneyKey,
)
from idp.kernel.assurance import Ial
from idp.kernel.ids import AgencyId, CardSessionId, EnrolmentId, EvidenceId, MemberId, StationId, SubscriberId
from idp.keys.blind_index import IndexDigest
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import SubscriberStatus
from idp.subscribers.store import subscriber

enrolment = Table(
    "enrolment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_no", Text, nullable=False, unique=True),
    Column("journey", Text, nullable=False),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("station_id", Text, ForeignKey("station.id"), nullable=False),
    Column("officer", Text, nullable=False),
    Column("officer_person", Text, nullable=False),
    Column("card_session_id", Text, ForeignKey("card_session.id"), nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("problem", Text),
    Column("fault", Text),
    Column("subscriber_id", Text, index=True),
    Column("ial", Text),
    Column("started_at", Instant, nullable=False),
    Column("checked_at", Instant),
    Column("claimed_until", Instant),
    Column("sealed_link", LargeBinary),
    Column("link_expires_at", Instant),
    Column("flags", Text, nullable=False, server_default=""),
    Column("typed_jwe", Text),
    Column("kept_jwe", Text),
    Column("other_case_no", Text),
    Column("reasons", Text, nullable=False, server_default=""),
)

evidence = Table(
    "enrolment_evidence",
    metadata,
    Column("id", Text, primary_key=True),
    Column("enrolment_id", Text, ForeignKey("enrolment.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("wire_code", Text, nullable=False),
    Column("checked_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("sealed_detail", LargeBinary),
    Column("withdrawn_at", Instant),
)

enrolled_chip = Table(
    "enrolled_chip",
    metadata,
    Column("key_version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    PrimaryKeyConstraint("key_version", "digest"),
    Index("ix_enrolled_chip_subscriber_id", "subscriber_id"),
)

enrolled_address = Table(
    "enrolled_address",
    metadata,
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "key_version"),
)

CHIP_NO, ADDRESS = "chip_no", "address"

_RECORD = (
    *enrolment.c,
    enrolment.c.typed_jwe.is_not(None).label("is_typed"),
    enrolment.c.kept_jwe.is_not(None).label("is_kept"),
)

_AT_COUNTER_VALUES = sorted(
    state.value for state in EnrolmentState if state not in ENDS and state is not EnrolmentState.AWAITING_REGISTRY
)


async def insert_enrolment(uow: UnitOfWork, record: Enrolment) -> bool:
    """A new journey; False when somebody has its case number already."""
    statement = (
        insert_on_conflict(enrolment, uow.dialect)
        .values(
            id=record.id,
            case_no=record.case_no.text,
            journey=record.journey.value,
            agency_id=record.agency_id,
            station_id=record.station_id,
            officer=record.officer,
            officer_person=record.officer_person,
            card_session_id=record.card_session_id,
            state=record.state.value,
            started_at=record.started_at,
            flags="",
            reasons="",
        )
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def find(uow: UnitOfWork, enrolment_id: EnrolmentId) -> Enrolment | None:
    """The enrolment with this id."""
    row = await uow.first(select(*_RECORD).where(enrolment.c.id == enrolment_id))
    return None if row is None else _enrolment(row)


async def find_by_case_no(uow: UnitOfWork, case_no: CaseNumber) -> Enrolment | None:
    """The enrolment with this case number."""
    row = await uow.first(select(*_RECORD).where(enrolment.c.case_no == case_no.text))
    return None if row is None else _enrolment(row)


async def open_enrolments(uow: UnitOfWork, *, after: EnrolmentId | None = None, limit: int) -> Sequence[EnrolmentId]:
    """Journeys with somebody at the counter, oldest first, those that began after the one given."""
    not_ended = select(enrolment.c.id).where(enrolment.c.state.in_(_AT_COUNTER_VALUES))
    if after is not None:
        not_ended = not_ended.where(enrolment.c.id > after)
    return [EnrolmentId(row.id) for row in await uow.all(not_ended.order_by(enrolment.c.id).limit(limit))]


async def claim_check(uow: UnitOfWork, enrolment_id: EnrolmentId, *, until: datetime) -> bool:
    """True for the one caller who now checks the card; others wait until he is done or his claim is over."""
    may_be_claimed = or_(
        enrolment.c.state.in_(
            [
                EnrolmentState.WAITING_FOR_CARD.value,
                EnrolmentState.TYPING_CARD.value,
                EnrolmentState.PENDING_REGISTRY.value,
                EnrolmentState.COMPARE_FACE.value,
            ]
        ),
        and_(enrolment.c.state == EnrolmentState.CHECKING_CARD.value, enrolment.c.claimed_until <= uow.now),
    )
    claimed = (
        update(enrolment)
        .where(enrolment.c.id == enrolment_id, may_be_claimed)
        .values(state=EnrolmentState.CHECKING_CARD.value, claimed_until=until, problem=None)
    )
    return await uow.changed(claimed) == 1


async def move(
    uow: UnitOfWork,
    enrolment_id: EnrolmentId,
    *,
    of: Collection[EnrolmentState],
    to: EnrolmentState,
    problem: EnrolmentProblem | None = None,
    fault: CardFault | None = None,
    checked_at: datetime | None = None,
    other_case_no: CaseNumber | None = None,
    reasons: Collection[ProofReason] = (),
    card_session_id: CardSessionId | None = None,
) -> bool:
    """Take a step; False when the journey no longer stood at one of `of`. What was typed or kept outlives no end.

    With `card_session_id` also False when another card was asked for meanwhile: a word about one card moves no other.
    """
    values: dict[str, Any] = {
        "state": to.value,
        "problem": None if problem is None else problem.value,
        "fault": None if fault is None else fault.value,
        "claimed_until": None,
        "reasons": " ".join(reason.value for reason in reasons),
    }
    if to in ENDS:
        values |= {"typed_jwe": None, "kept_jwe": None}
    if other_case_no is not None:
        values["other_case_no"] = other_case_no.text
    if checked_at is not None:
        values["checked_at"] = checked_at
    present = [enrolment.c.id == enrolment_id, enrolment.c.state.in_([state.value for state in of])]
    if card_session_id is not None:
        present.append(enrolment.c.card_session_id == card_session_id)
    return await uow.changed(update(enrolment).where(*present).values(values)) == 1


async def save_flags(uow: UnitOfWork, enrolment_id: EnrolmentId, flags: Collection[EnrolmentFlag]) -> None:
    """What a reviewer should look at."""
    said = " ".join(sorted(flag.value for flag in flags))
    await uow.execute(update(enrolment).where(enrolment.c.id == enrolment_id).values(flags=said))


async def keep_address(uow: UnitOfWork, subscriber_id: SubscriberId, digests: Sequence[IndexDigest]) -> None:
    """Keep the digest of the address that this person's card says, in place of an older one."""
    await uow.execute(delete(enrolled_address).where(enrolled_address.c.subscriber_id == subscriber_id))
    rows = [
        {"subscriber_id": subscriber_id, "key_version": index.key_version, "digest": index.digest} for index in digests
    ]
    await uow.execute(insert(enrolled_address).values(rows))


async def lives_at(uow: UnitOfWork, subscriber_id: SubscriberId, digests: Sequence[IndexDigest]) -> bool:
    """True when this person's own card said an address with one of these digests."""
    same = or_(
        *(
            and_(enrolled_address.c.key_version == index.key_version, enrolled_address.c.digest == index.digest)
            for index in digests
        )
    )
    mine = select(enrolled_address.c.key_version).where(enrolled_address.c.subscriber_id == subscriber_id, same)
    return await uow.first(mine.limit(1)) is not None


async def save_result(
    uow: UnitOfWork,
    enrolment_id: EnrolmentId,
    *,
    subscriber_id: SubscriberId,
    ial: Ial,
    sealed_link: bytes | None,
    link_expires_at: datetime | None,
) -> None:
    """What a completed journey led to."""
    await uow.execute(
        update(enrolment)
        .where(enrolment.c.id == enrolment_id)
        .values(subscriber_id=subscriber_id, ial=ial.value, sealed_link=sealed_link, link_expires_at=link_expires_at)
    )


async def sealed_link(uow: UnitOfWork, enrolment_id: EnrolmentId) -> bytes | None:
    """The sealed passkey link while it may be used."""
    usable = and_(enrolment.c.id == enrolment_id, enrolment.c.link_expires_at > uow.now)
    row = await uow.first(select(enrolment.c.sealed_link).where(usable))
    return None if row is None or row.sealed_link is None else bytes(row.sealed_link)


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
            by=piece.by,
        )
    )


async def withdraw_evidence(uow: UnitOfWork, enrolment_id: EnrolmentId, kinds: Collection[EvidenceKind]) -> int:
    """Take back what was gathered of these kinds; the rows stay, as withdrawn. Gives how many."""
    standing = and_(
        evidence.c.enrolment_id == enrolment_id,
        evidence.c.kind.in_([kind.value for kind in kinds]),
        evidence.c.withdrawn_at.is_(None),
    )
    return await uow.changed(update(evidence).where(standing).values(withdrawn_at=uow.now, sealed_detail=None))


async def seal_detail(uow: UnitOfWork, evidence_id: EvidenceId, sealed: bytes) -> None:
    """Put the sealed values beside a piece of evidence."""
    await uow.execute(update(evidence).where(evidence.c.id == evidence_id).values(sealed_detail=sealed))


async def evidence_of_enrolment(uow: UnitOfWork, enrolment_id: EnrolmentId) -> Sequence[Evidence]:
    """The evidence of one journey, in order."""
    mine = (
        select(evidence).where(evidence.c.enrolment_id == enrolment_id).order_by(evidence.c.checked_at, evidence.c.id)
    )
    return [_evidence(row) for row in await uow.all(mine)]


async def evidence_of_subscriber(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Evidence]:
    """The evidence of every completed journey of one person, in order."""
    joined = evidence.join(enrolment, enrolment.c.id == evidence.c.enrolment_id)
    mine = select(evidence).select_from(joined).where(enrolment.c.subscriber_id == subscriber_id)
    return [_evidence(row) for row in await uow.all(mine.order_by(evidence.c.checked_at, evidence.c.id))]


async def chip_holder(uow: UnitOfWork, digests: Sequence[IndexDigest]) -> SubscriberId | None:
    """Whose enrolment used a chip with one of these digests; nobody's any more when that identity is closed."""
    joined = enrolled_chip.join(subscriber, subscriber.c.id == enrolled_chip.c.subscriber_id)
    is_there = subscriber.c.status != SubscriberStatus.CLOSED.value
    row = await uow.first(select(enrolled_chip.c.subscriber_id).select_from(joined).where(_any_chip(digests), is_there))
    return None if row is None else SubscriberId(row.subscriber_id)


async def bind_chip(uow: UnitOfWork, digests: Sequence[IndexDigest], subscriber_id: SubscriberId) -> None:
    """Note that this person enrolled with the chip; a chip that is noted already stays as it is.

    What a closed identity left is no note: the same person enrols again before it is tidied.
    """
    of_closed = exists().where(
        subscriber.c.id == enrolled_chip.c.subscriber_id, subscriber.c.status == SubscriberStatus.CLOSED.value
    )
    await uow.execute(delete(enrolled_chip).where(_any_chip(digests), of_closed))
    rows = [
        {"key_version": index.key_version, "digest": index.digest, "subscriber_id": subscriber_id} for index in digests
    ]
    await uow.execute(insert_on_conflict(enrolled_chip, uow.dialect).values(rows).on_conflict_do_nothing())


def _any_chip(digests: Sequence[IndexDigest]) -> ColumnElement[bool]:
    return or_(
        *(
            and_(enrolled_chip.c.key_version == index.key_version, enrolled_chip.c.digest == index.digest)
            for index in digests
        )
    )


def _enrolment(row: Row[Any]) -> Enrolment:
    return Enrolment(
        id=EnrolmentId(row.id),
        case_no=CaseNumber(row.case_no),
        journey=JourneyKey(row.journey),
        agency_id=AgencyId(row.agency_id),
        station_id=StationId(row.station_id),
        officer=MemberId(row.officer),
        officer_person=SubscriberId(row.officer_person),
        card_session_id=CardSessionId(row.card_session_id),
        state=EnrolmentState(row.state),
        problem=EnrolmentProblem(row.problem) if row.problem else None,
        fault=CardFault(row.fault) if row.fault else None,
        subscriber_id=SubscriberId(row.subscriber_id) if row.subscriber_id else None,
        ial=Ial(row.ial) if row.ial else None,
        started_at=row.started_at,
        checked_at=row.checked_at,
        claimed_until=row.claimed_until,
        is_typed=row.is_typed,
        is_kept=row.is_kept,
        other_case_no=CaseNumber(row.other_case_no) if row.other_case_no else None,
        reasons=tuple(ProofReason(reason) for reason in row.reasons.split()),
        flags=tuple(EnrolmentFlag(flag) for flag in row.flags.split()),
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
        by=MemberId(row.by),
        withdrawn_at=row.withdrawn_at,
    )
