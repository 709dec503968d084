"""Reading disclosure records with the names that people know."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from idp.agencies.store import agency, service
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import DisclosureId, SubscriberId
from idp.storage.storage import UnitOfWork


async def find_disclosures(
    uow: UnitOfWork, subscriber_id: SubscriberId, *, after: DisclosureId | None, limit: int
) -> Sequence[Row[Any]]:
    """One page of a subscriber's disclosures, newest first; ids sort by time, so `after` is the last id of the page
    before.
    """
    statement = (
        select(
            disclosure,
            agency.c.name_th.label("agency_name_th"),
            agency.c.name_en.label("agency_name_en"),
            service.c.title_th.label("service_title_th"),
            service.c.title_en.label("service_title_en"),
        )
        .join(agency, agency.c.id == disclosure.c.agency_id)
        .outerjoin(service, service.c.id == disclosure.c.service_id)
        .where(disclosure.c.subscriber_id == subscriber_id)
        .order_by(disclosure.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(disclosure.c.id < after)
    return await uow.all(statement)
