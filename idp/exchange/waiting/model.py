"""A pull that waits."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.exchange.decision.model import Reason
from idp.exchange.model import WaitingPullId
from idp.kernel.ids import AgencyId, ClientId, DisclosureId


class WaitingState(StrEnum):
    """Where a waiting pull stands; `ready`: released, and not fetched yet."""

    WAITING = "waiting"
    READY = "ready"
    DELIVERED = "delivered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class WaitingPull:
    """A pull that was accepted. `reason` is why it waits, or why it ended; `deadline` the end of waiting or fetching.

    `key_owner` is under whose data key the request is sealed.
    """

    id: WaitingPullId
    client_id: ClientId
    agency_id: AgencyId
    key_owner: str
    dataset: str
    request_digest: bytes
    state: WaitingState
    reason: Reason | None
    attempts: int
    accepted_at: datetime
    next_at: datetime
    deadline: datetime
    disclosure_id: DisclosureId | None
