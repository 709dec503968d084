"""The table of new passports that wait for a second officer. What was read lies sealed beside the journey itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Row, Table, Text, and_, insert, select, update

from idp.approvals.model import ProposalId
from idp.enrolment.case_numbers import CaseNumber
from idp.enrolment.model import EnrolmentState
from idp.enrolment.new_passport.model import OldPassport, WaitingPassport
from idp.enrolment.store import enrolment
from idp.kernel.ids import AgencyId, CardSessionId, EnrolmentId, StationId, SubscriberId
from idp.storage.metadata import metadata
from idp.storage.storage import UnitOfWork

new_passport = Table(
    "new_passport",
    metadata,
    Column("enrolment_id", Text, ForeignKey("enrolment.id"), primary_key=True),
    Column("holder_id", Text, ForeignKey("subscriber.id"), nullable=False, index=True),
    Column("was", Text, nullable=False),
    Column("proposal_id", Text, nullable=False),
)


async def begin_to_wait(
    uow: UnitOfWork, enrolment_id: EnrolmentId, kept_jwe: str, *, card_session_id: CardSessionId
) -> bool:
    """True for the one that goes from the comparison of faces, with this passport, to waiting for a second officer."""
    at = and_(
        enrolment.c.id == enrolment_id,
        enrolment.c.state == EnrolmentState.COMPARE_FACE.value,
        enrolment.c.card_session_id == card_session_id,
    )
    values = {"state": EnrolmentState.SECOND_OFFICER.value, "kept_jwe": kept_jwe}
    return await uow.changed(update(enrolment).where(at).values(values)) == 1


async def insert_waiting(
    uow: UnitOfWork, enrolment_id: EnrolmentId, *, holder_id: SubscriberId, was: OldPassport, proposal_id: ProposalId
) -> None:
    """Whose passport it is said to be."""
    values = {"enrolment_id": enrolment_id, "holder_id": holder_id, "was": was.value, "proposal_id": proposal_id}
    await uow.execute(insert(new_passport).values(values))


async def find_waiting(uow: UnitOfWork, enrolment_id: EnrolmentId) -> Row[Any] | None:
    """`holder_id`, `was` and `proposal_id` of a journey."""
    return await uow.first(select(new_passport).where(new_passport.c.enrolment_id == enrolment_id))


async def waiting_of(
    uow: UnitOfWork, agency_id: AgencyId, *, person: SubscriberId, began_after: datetime, limit: int
) -> Sequence[WaitingPassport]:
    """What waits for a second officer of this agency, the longest first; `is_own`: what this person began."""
    rows = await uow.all(
        select(
            enrolment.c.id,
            enrolment.c.case_no,
            enrolment.c.station_id,
            enrolment.c.started_at,
            enrolment.c.officer_person,
        )
        .where(
            enrolment.c.agency_id == agency_id,
            enrolment.c.state == EnrolmentState.SECOND_OFFICER.value,
            enrolment.c.started_at > began_after,
        )
        .order_by(enrolment.c.id)
        .limit(limit)
    )
    return [
        WaitingPassport(
            enrolment_id=EnrolmentId(row.id),
            case_no=CaseNumber(row.case_no),
            station_id=StationId(row.station_id),
            began_at=row.started_at,
            is_own=row.officer_person == person,
        )
        for row in rows
    ]
