"""SQL of what a journey keeps sealed on its way: what was typed, and what waits for a registry that does not answer."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update

from idp.enrolment.model import EnrolmentState
from idp.enrolment.store import enrolment
from idp.kernel.ids import CardSessionId, EnrolmentId
from idp.storage.storage import UnitOfWork


async def begin_again(
    uow: UnitOfWork,
    enrolment_id: EnrolmentId,
    *,
    of: EnrolmentState,
    to: EnrolmentState,
    card_session_id: CardSessionId,
    typed_jwe: str | None = None,
) -> bool:
    """Go on elsewhere than forward: with another card session, without what was typed, found and flagged before."""
    still = and_(enrolment.c.id == enrolment_id, enrolment.c.state == of.value)
    statement = (
        update(enrolment)
        .where(still)
        .values(
            state=to.value,
            card_session_id=card_session_id,
            typed_jwe=typed_jwe,
            problem=None,
            fault=None,
            claimed_until=None,
            checked_at=None,
            flags="",
        )
    )
    return await uow.changed(statement) == 1


async def resume(
    uow: UnitOfWork, enrolment_id: EnrolmentId, *, to: EnrolmentState, card_session_id: CardSessionId
) -> bool:
    """Let a refused journey go on from `to`, as if it began now; false when it stands elsewhere."""
    refused = and_(enrolment.c.id == enrolment_id, enrolment.c.state == EnrolmentState.REFUSED.value)
    statement = (
        update(enrolment)
        .where(refused)
        .values(
            state=to.value,
            card_session_id=card_session_id,
            problem=None,
            fault=None,
            claimed_until=None,
            checked_at=None,
            flags="",
            other_case_no=None,
            started_at=uow.now,
        )
    )
    return await uow.changed(statement) == 1


async def save_typed(uow: UnitOfWork, enrolment_id: EnrolmentId, typed_jwe: str) -> bool:
    """True when what was typed is kept, for the journey that stands there."""
    typing = and_(enrolment.c.id == enrolment_id, enrolment.c.state == EnrolmentState.TYPING_CARD.value)
    return await uow.changed(update(enrolment).where(typing).values(typed_jwe=typed_jwe)) == 1


async def typed_jwe(uow: UnitOfWork, enrolment_id: EnrolmentId) -> str | None:
    """What was typed, sealed."""
    row = await uow.first(select(enrolment.c.typed_jwe).where(enrolment.c.id == enrolment_id))
    return None if row is None else row.typed_jwe


async def keep(uow: UnitOfWork, enrolment_id: EnrolmentId, kept_jwe: str | None) -> bool:
    """True for the one that goes from the registry's silence to waiting for it; what was typed stays where it is."""
    pending = and_(enrolment.c.id == enrolment_id, enrolment.c.state == EnrolmentState.PENDING_REGISTRY.value)
    values = {"state": EnrolmentState.AWAITING_REGISTRY.value, "kept_jwe": kept_jwe, "claimed_until": uow.now}
    return await uow.changed(update(enrolment).where(pending).values(values)) == 1


async def kept_jwe(uow: UnitOfWork, enrolment_id: EnrolmentId) -> str | None:
    """What was read, sealed."""
    row = await uow.first(select(enrolment.c.kept_jwe).where(enrolment.c.id == enrolment_id))
    return None if row is None else row.kept_jwe


async def claim_waiting(uow: UnitOfWork, enrolment_id: EnrolmentId, *, until: datetime) -> bool:
    """True for the one caller who may ask the registry now; nobody asks again before `until`."""
    waiting = (enrolment.c.id == enrolment_id, *_may_be_asked(uow))
    return await uow.changed(update(enrolment).where(*waiting).values(claimed_until=until)) == 1


async def to_be_asked(uow: UnitOfWork, *, limit: int) -> Sequence[EnrolmentId]:
    """What waits for the registry and was not asked for lately; whoever waits longest for a try comes first."""
    waiting = select(enrolment.c.id).where(*_may_be_asked(uow)).order_by(enrolment.c.claimed_until).limit(limit)
    return [EnrolmentId(row.id) for row in await uow.all(waiting)]


def _may_be_asked(uow: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
    return enrolment.c.state == EnrolmentState.AWAITING_REGISTRY.value, enrolment.c.claimed_until <= uow.now
