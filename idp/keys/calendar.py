"""When keys are made, sign and go: pure decisions over the calendar of the keys there are.

A key's life: `published` (in the JWKS, not yet used), `active` (signs), `retired` (still in the JWKS so that what it
signed verifies), gone. Published 24 h before use and kept 24 h after its last signature expired (attack row 86).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from idp.keys.model import SigningKey
from idp.storage.clock_watch import LARGEST_OFFSET

PUBLISHED_BEFORE_USE: Final = timedelta(hours=24)
"""Clients may keep our key set so long, and still know every key that signs."""
KEPT_AFTER_USE: Final = timedelta(hours=25)
SIGNS_FOR: Final = timedelta(days=90)
LOOKED_AFTER_EVERY: Final = timedelta(hours=1)
"""How often a worker looks whether a successor is due."""

SNAPSHOT_LIFE: Final = timedelta(seconds=2)
LONGEST_UNCONFIRMED: Final = timedelta(seconds=5)
KNOWN_EVERYWHERE_AFTER: Final = LONGEST_UNCONFIRMED + 2 * LARGEST_OFFSET
"""After so long every node knows a new key: none goes by keys older than five seconds, and the clocks of two nodes,
each at most two seconds off the store's, may be four apart."""


@dataclass(frozen=True, slots=True)
class Succession:
    """The next key signs from `starts`; where there is a `predecessor`, it signs until then and is kept after."""

    starts: datetime
    predecessor: SigningKey | None


def due_succession(keys: Iterable[SigningKey], alg: str, now: datetime) -> Succession | None:
    """What has to be made now for this algorithm; None when all is in order."""
    last = max((key for key in keys if key.alg == alg), key=lambda key: key.retired_at, default=None)
    if last is None or last.retired_at <= now:
        return Succession(now, None)
    # looked for early, by two rounds, so that a round that was missed costs no client its day
    if now < last.retired_at - PUBLISHED_BEFORE_USE - 2 * LOOKED_AFTER_EVERY:
        return None
    # where every round was missed, the old key signs on until its successor has been published for a day
    return Succession(max(last.retired_at, now + PUBLISHED_BEFORE_USE), last)
