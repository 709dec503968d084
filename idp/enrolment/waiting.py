"""What waits too long for the registry: somebody looks at it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from idp.enrolment.model import EnrolmentState
from idp.enrolment.reviews.model import CaseKind, Involved
from idp.enrolment.reviews.store import review_case
from idp.enrolment.store import enrolment
from idp.kernel.ids import AgencyId, EnrolmentId, MemberId, StationId, SubscriberId
from idp.storage.storage import UnitOfWork


async def waiting_since(uow: UnitOfWork, moment: datetime, *, limit: int) -> Sequence[Involved]:
    """Whom and what the journeys are about that wait, began before this moment and have no case; oldest first."""
    # those that have one do not stand before the others, however long the registry is silent
    case = select(review_case.c.id).where(
        review_case.c.enrolment_id == enrolment.c.id, review_case.c.kind == CaseKind.PENDING.value
    )
    waiting = (
        enrolment.c.state == EnrolmentState.PENDING_REGISTRY.value,
        enrolment.c.started_at <= moment,
        ~case.exists(),
    )
    rows = await uow.all(select(enrolment).where(*waiting).order_by(enrolment.c.id).limit(limit))
    return [
        Involved(
            enrolment_id=EnrolmentId(row.id),
            agency_id=AgencyId(row.agency_id),
            site=StationId(row.station_id),
            officer=MemberId(row.officer),
            officer_person=SubscriberId(row.officer_person),
        )
        for row in rows
    ]
