"""The table of attempts and its SQL. Nothing that ThaiD said of a person is in it but the level."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, LargeBinary, Row, Table, Text, insert, select, update

from idp.enrolment.by_thaid.model import ThaidEnrolment, ThaidEnrolmentId, ThaidProblem, ThaidState
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
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
    await _end(uow, enrolment_id, state=ThaidState.COMPLETED.value, **values)


async def find(uow: UnitOfWork, enrolment_id: ThaidEnrolmentId) -> ThaidEnrolment | None:
    """The attempt with this id."""
    row = await uow.first(select(thaid_enrolment).where(thaid_enrolment.c.id == enrolment_id))
    return None if row is None else _enrolment(row)


async def _end(uow: UnitOfWork, enrolment_id: ThaidEnrolmentId, **values: str) -> None:
    present = thaid_enrolment.c.state == ThaidState.ASKING.value
    await uow.execute(update(thaid_enrolment).where(thaid_enrolment.c.id == enrolment_id, present).values(**values))


def _enrolment(row: Row[Any]) -> ThaidEnrolment:
    return ThaidEnrolment(
        id=ThaidEnrolmentId(row.id),
        state=ThaidState(row.state),
        agreed_at=row.agreed_at,
        expires_at=row.expires_at,
        problem=ThaidProblem(row.problem) if row.problem else None,
        subscriber_id=SubscriberId(row.subscriber_id) if row.subscriber_id else None,
        stated=Ial(row.stated) if row.stated else None,
        ial=Ial(row.ial) if row.ial else None,
    )
