"""What is not kept: tokens and numbers of visits that nobody ended, old visits, old diaries. The worker's job."""

from datetime import timedelta
from typing import Final

from idp.keys.envelope import PersonalData
from idp.portal.look_ups import store
from idp.storage.storage import UnitOfWork

VISITS_KEPT: Final = timedelta(days=1)
DIARY_KEPT: Final = timedelta(days=30)
BATCH: Final = 100


async def forget_overdue(uow: UnitOfWork, *, personal: PersonalData) -> int:
    """Safe to run twice and on any node. Gives how many visits were ended because their time is over."""
    await store.forget_before(uow, visits=uow.now - VISITS_KEPT, entries=uow.now - DIARY_KEPT)
    return await store.end_overdue(uow, personal, limit=BATCH)
