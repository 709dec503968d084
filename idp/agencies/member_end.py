"""A membership that ended: the person hears of it, whoever ended it, for it may be somebody else's doing."""

from typing import Final

from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork

MEMBERSHIP_ENDED: Final = "membership_ended"
"""Topic of the outbox; the payload has `subscriber_id`."""


async def tell_of_end(uow: UnitOfWork, subscriber_id: SubscriberId, *, randomness: Randomness) -> None:
    """Part of the unit of work that ends it."""
    await enqueue(uow, topic=MEMBERSHIP_ENDED, payload={"subscriber_id": subscriber_id}, randomness=randomness)
