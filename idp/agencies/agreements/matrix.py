"""The matrix of rights: every agreement there is, by agency, data set, service and state, page by page."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_, select

from idp.agencies.agreement_store import agreement_of
from idp.agencies.model import Agreement, Standing
from idp.agencies.store import agreement
from idp.kernel.ids import AgencyId, AgreementId
from idp.storage.storage import UnitOfWork


class RightState(StrEnum):
    """How a right stands at a moment."""

    IN_FORCE = "in_force"
    TO_COME = "to_come"
    SUSPENDED = "suspended"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class RightsWanted:
    """Which rights; None where it does not matter."""

    agency: AgencyId | None = None
    dataset: str | None = None
    state: RightState | None = None


def state_of(record: Agreement, *, now: datetime) -> RightState:
    """How it stands now; the SQL twin is `_in_state`."""
    if record.status is Standing.ENDED or record.valid_until <= now:
        return RightState.OVER
    if record.status is Standing.SUSPENDED:
        return RightState.SUSPENDED
    return RightState.IN_FORCE if record.valid_from <= now else RightState.TO_COME


async def find_rights(
    uow: UnitOfWork, wanted: RightsWanted, *, before: AgreementId | None, limit: int
) -> tuple[Agreement, ...]:
    """The newest first; `before` is the last one of the page before."""
    statement = select(agreement).order_by(agreement.c.id.desc()).limit(limit)
    if wanted.agency is not None:
        statement = statement.where(agreement.c.agency_id == wanted.agency)
    if wanted.dataset is not None:
        statement = statement.where(agreement.c.dataset == wanted.dataset)
    if wanted.state is not None:
        statement = statement.where(_in_state(wanted.state, uow.now))
    if before is not None:
        statement = statement.where(agreement.c.id < before)
    return tuple(agreement_of(row) for row in await uow.all(statement))


def _in_state(state: RightState, now: datetime) -> ColumnElement[bool]:
    column = agreement.c
    lasts = column.valid_until > now
    active = and_(column.status == Standing.ACTIVE.value, lasts)
    match state:
        case RightState.IN_FORCE:
            return and_(active, column.valid_from <= now)
        case RightState.TO_COME:
            return and_(active, column.valid_from > now)
        case RightState.SUSPENDED:
            return and_(column.status == Standing.SUSPENDED.value, lasts)
        case RightState.OVER:
            return or_(column.status == Standing.ENDED.value, column.valid_until <= now)
