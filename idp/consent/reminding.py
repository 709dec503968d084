"""Who agreed to something for long hears a month before it ends, so that nothing stops working unawares."""

from datetime import timedelta
from typing import Final

from idp.consent import store
from idp.notices.model import NoticeTopic
from idp.notices.service import Notices
from idp.storage.storage import UnitOfWork

TOLD_BEFORE: Final = timedelta(days=30)
SHORTEST: Final = 2 * TOLD_BEFORE
"""What was given for less needs no reminder: the day was on the page a few weeks ago."""
AT_ONCE: Final = 200


async def remind_of_ends(uow: UnitOfWork, notices: Notices) -> int:
    """Tell of consents that end within a month, each once; gives how many. Who agreed anew for longer is left alone.

    For the worker, safe to run twice: what is left over comes with its next round.
    """
    ending = await store.find_ending(uow, until=uow.now + TOLD_BEFORE, limit=AT_ONCE)
    told = 0
    for record in ending:
        await store.mark_reminded(uow, record.id)
        if record.valid_until - record.given_at <= SHORTEST or await store.is_followed(uow, record.id):
            continue
        told += await notices.tell(uow, record.subscriber_id, NoticeTopic.CONSENT_ENDING, cause=f"ending:{record.id}")
    return told
