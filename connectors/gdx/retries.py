"""Retries that are earned: a registry that fails is never asked twice as often as one that works."""

from typing import Final

ANSWERS_PER_RETRY: Final = 10
MOST_SAVED: Final = 10
PAUSE_SECONDS: Final = 0.1
"""Before the second try; the deadline goes on meanwhile."""


class RetryBudget:
    """Ten records earn one retry, at most ten are saved; a registry that never gave one is not retried at all."""

    def __init__(self) -> None:
        self._answers = 0

    def earn(self) -> None:
        """A record came."""
        self._answers = min(self._answers + 1, ANSWERS_PER_RETRY * MOST_SAVED)

    def spend(self) -> bool:
        """True when a retry was saved; it is gone with this call."""
        if self._answers < ANSWERS_PER_RETRY:
            return False
        self._answers -= ANSWERS_PER_RETRY
        return True
