"""An identity may appear, be stopped or be closed between the look and the act: then everything is judged once more.

Two journeys of one person may end at once, at a counter, a kiosk, at home or by ThaiD, on any nodes: the second finds
the identity that the first made.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from idp.kernel.errors import Conflict
from idp.subscribers.model import SubscriberProblem

CHANGED_MEANWHILE: Final = frozenset(
    {SubscriberProblem.ALREADY_ENROLLED, SubscriberProblem.NOT_ACTIVE, SubscriberProblem.CLOSED}
)
TRIES: Final = 2

T = TypeVar("T")


async def looking_twice(act: Callable[[], Awaitable[T]]) -> T:
    """What `act` gives; it is done anew, in a transaction of its own, where somebody else was first."""
    for _ in range(TRIES - 1):
        try:
            return await act()
        except Conflict as conflict:
            if conflict.code not in CHANGED_MEANWHILE:
                raise
    return await act()
