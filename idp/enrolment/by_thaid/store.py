"""The table of attempts and its SQL. Nothing that ThaiD said of a person is in it but the level."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, LargeBinary, Row, Table, Text, insert, select, update

from idp.enrolment.by_thaid.model import ThaidEnrolmentId, ThaidProblem, ThaidState
from idp.enrolment.model import Evidence, EvidenceKind, EvidenceResult
from idp.kernel.assurance import Ial
from idp.kernel.ids import EnrolmentId, EvidenceId, SubscriberId
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

thaid_enrolment = Table(
    "thaid_enrolment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("browser_digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("agreed_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("problem", Text),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), index=True),
    Column("stated", Text),
    Column("completed_at", Instant),
    Column("ial", Text),
)


async def insert_attempt(
    uow: UnitOfWork, enrolment_id: ThaidEnrolmentId, *, browser_digest: bytes, expires_at: datetime
) -> None:
    """The person agreed and goes to ThaiD."""
    await uow.execute(
        insert(thaid_enrolment).values(
            id=enrolment_id,
            browser_digest=browser_digest,
            state=ThaidState.AT_THAID.value,
            agreed_at=uow.now,
            expires_at=expires_at,
        )
    )


async def claim(uow: UnitOfWork, enrolment_id: ThaidEnrolmentId, *, browser_digest: bytes) -> bool:
    """True exactly once for an attempt, for its own browser and in its time: who claims it redeems the code."""
    mine = (
        thaid_enrolment.c.id == enrolment_id,
        thaid_enrolment.c.browser_digest == browser_digest,
        thaid_enrolment.c.state == ThaidState.AT_THAID.value,
        thaid_enrolment.c.expires_at > uow.now,
    )
    return await uow.changed(update(thaid_enrolment).where(*mine).values(state=ThaidState.ASKING.value)) == 1


async def refuse(uow: UnitOfWork, enrolment_id: ThaidEnrolmentId, problem: ThaidProblem) -> None:
    """The attempt ended without an identity."""
    await _end(uow, enrolment_id, state=ThaidState.REFUSED.value, problem=problem.value)


async def complete(
    uow: UnitOfWork, enrolment_id: ThaidEnrolmentId, *, subscriber_id: SubscriberId, stated: Ial, ial: Ial
) -> None:
    """What the attempt led to."""
    values = {"subscriber_id": subscriber_id, "stated": stated.value, "ial": ial.value}
    await _end(uow, enrolment_id, state=ThaidState.COMPLETED.value, completed_at=uow.now, **values)


async def evidence_of_subscriber(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Evidence]:
    """ThaiD's word about a person, as evidence; its wire code is the level that ThaiD stated."""
    rows = await uow.all(select(thaid_enrolment).where(thaid_enrolment.c.subscriber_id == subscriber_id))
    return [_evidence(row) for row in rows]


async def _end(uow: UnitOfWork, enrolment_id: ThaidEnrolmentId, **values: str | datetime) -> None:
    present = thaid_enrolment.c.state == ThaidState.ASKING.value
    await uow.execute(update(thaid_enrolment).where(thaid_enrolment.c.id == enrolment_id, present).values(**values))


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(
        id=EvidenceId(row.id),
        enrolment_id=EnrolmentId(row.id),
        kind=EvidenceKind.THAID,
        result=EvidenceResult.STATED,
        source="ThaiD",
        wire_code=row.stated,
        checked_at=row.completed_at,
        by=None,
    )
