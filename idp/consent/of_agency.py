"""What an agency may know of the consents its programs hold: that they are there, for what, and until when.

Neither the case nor the company that a consent is about is in here, nor who decided for whom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from idp.consent.store import consent, consent_use, live_consent
from idp.kernel.ids import AgencyId, ClientId, ConsentId, ServiceId, SubscriberId
from idp.storage.storage import UnitOfWork


class ConsentState(StrEnum):
    """Where a consent stands."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class HeldConsent:
    """A consent in the hand of a program; `uses_left` by data set."""

    id: ConsentId
    subscriber_id: SubscriberId
    client_id: ClientId
    service_id: ServiceId | None
    claims: tuple[str, ...]
    uses_left: dict[str, int]
    given_at: datetime
    valid_until: datetime
    withdrawn_at: datetime | None
    state: ConsentState


async def held_consents(
    uow: UnitOfWork,
    client_id: ClientId,
    *,
    agency_id: AgencyId,
    state: ConsentState | None,
    after: ConsentId | None,
    limit: int,
) -> tuple[HeldConsent, ...]:
    """The consents of one of the agency's programs, newest first; `after` is the last of the page before."""
    conditions = [consent.c.client_id == client_id, consent.c.agency_id == agency_id]
    if state is not None:
        conditions.append(_in_state(state, uow.now))
    if after is not None:
        conditions.append(consent.c.id < after)
    statement = select(consent).where(*conditions).order_by(consent.c.id.desc()).limit(limit)
    return await _held(uow, await uow.all(statement))


async def held_consent(uow: UnitOfWork, consent_id: ConsentId, *, agency_id: AgencyId) -> HeldConsent | None:
    """One consent that a program of the agency holds."""
    own = (consent.c.id == consent_id, consent.c.agency_id == agency_id)
    return next(iter(await _held(uow, await uow.all(select(consent).where(*own)))), None)


async def _held(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[HeldConsent, ...]:
    ids = [row.id for row in rows]
    uses: dict[str, dict[str, int]] = {one: {} for one in ids}
    for use in await uow.all(select(consent_use).where(consent_use.c.consent_id.in_(ids))) if ids else ():
        uses[use.consent_id][use.dataset] = use.uses_left
    return tuple(
        HeldConsent(
            id=ConsentId(row.id),
            subscriber_id=SubscriberId(row.subscriber_id),
            client_id=ClientId(row.client_id),
            service_id=None if row.service_id is None else ServiceId(row.service_id),
            claims=tuple(row.claims),
            uses_left=uses[row.id],
            given_at=row.given_at,
            valid_until=row.valid_until,
            withdrawn_at=row.withdrawn_at,
            state=_state_of(row, uow.now),
        )
        for row in rows
    )


def _state_of(row: Any, now: datetime) -> ConsentState:
    if row.withdrawn_at is not None:
        return ConsentState.WITHDRAWN
    return ConsentState.LIVE if row.given_at <= now < row.valid_until else ConsentState.ENDED


def _in_state(state: ConsentState, now: datetime) -> ColumnElement[bool]:
    match state:
        case ConsentState.LIVE:
            return live_consent(now)
        case ConsentState.WITHDRAWN:
            return consent.c.withdrawn_at.is_not(None)
        case ConsentState.ENDED:
            over = or_(consent.c.valid_until <= now, consent.c.given_at > now)
            return and_(consent.c.withdrawn_at.is_(None), over)
