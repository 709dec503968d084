"""On what a person's level rests, whichever journey it came by."""

from collections.abc import Sequence

from idp.enrolment import store
from idp.enrolment.by_thaid import store as by_thaid
from idp.enrolment.model import Evidence
from idp.enrolment.unattended import store as unattended
from idp.kernel.ids import SubscriberId
from idp.storage.storage import UnitOfWork


async def whole_evidence(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Evidence]:
    """The evidence of every completed journey of one person, in the order in which it was gathered."""
    gathered = [
        *await store.evidence_of_subscriber(uow, subscriber_id),
        *await by_thaid.evidence_of_subscriber(uow, subscriber_id),
        *await unattended.evidence_of_subscriber(uow, subscriber_id),
    ]
    return sorted(gathered, key=lambda piece: (piece.checked_at, piece.id))
