"""The security log: refusals of callers that nobody has proven. One JSON line each, at most so many a minute.

It is a log of the node, not of the store: an attacker who floods it must not be able to fill the database.
"""

import structlog

from idp.kernel.clock import Clock

LINES_A_MINUTE = 600


class SecurityLog:
    """Writes bounded lines; what is over the bound is counted and said in the next minute."""

    def __init__(self, clock: Clock, *, lines_a_minute: int = LINES_A_MINUTE) -> None:
        self._clock = clock
        self._bound = lines_a_minute
        self._minute = -1
        self._written = 0
        self._dropped = 0
        self._logger = structlog.get_logger("security")

    def note(self, event: str, **fields: str | int) -> None:
        """One line. `fields` are ASCII codes and client-supplied names already cut to size, never personal data."""
        minute = int(self._clock.now().timestamp() // 60)
        if minute != self._minute:
            if self._dropped:
                self._logger.warning("security_log.dropped", lines=self._dropped)
            self._minute, self._written, self._dropped = minute, 0, 0
        if self._written >= self._bound:
            self._dropped += 1
            return
        self._written += 1
        self._logger.warning(event, **fields)
