"""Whose a typed citizen number is."""

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, ascii_digits
from idp.kernel.ids import SubscriberId
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers


async def find_owner(uow: UnitOfWork, subscribers: Subscribers, identifier: str) -> SubscriberId | None:
    """The subscriber with this number, which may hold spaces, hyphens or Thai digits; None for nobody's."""
    try:
        citizen_id = CitizenId.parse(ascii_digits(identifier))
    except InvalidIdentifier:
        return None
    subscriber = await subscribers.find_by_citizen_id(uow, citizen_id)
    return None if subscriber is None else subscriber.id
