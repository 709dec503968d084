"""A circuit breaker: a registry that fails again and again is left alone for a moment, then tried by one request."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from connectors.contracts.errors import RegistryError, RegistryOutcome, RegistryResting, RegistryUnavailable

_ANSWERED = frozenset({RegistryOutcome.UNEXPLAINED, RegistryOutcome.NO_SESSION})
"""The registry is there: it said something that nobody explains, or that an officer is still signing in."""


class Breaker:
    """Opens after `failures` in a row; after `open_for` one probe goes through and decides.

    Only RegistryUnavailable counts, and of that what is no answer: a refusal, "not found", a code nobody explains and
    an officer who has not signed in yet are answers. One per service of a registry and process; not shared between
    event loops.
    """

    def __init__(
        self, *, clock: Callable[[], datetime], failures: int = 10, open_for: timedelta = timedelta(seconds=2)
    ) -> None:
        self._clock = clock
        self._limit = failures
        self._open_for = open_for
        self._failures = 0
        self._opened_at: datetime | None = None
        self._is_probing = False

    @contextmanager
    def attempt(self, *, seconds: float) -> Iterator[None]:
        """Around one request that may take so long. Raises RegistryResting at once while open.

        Who gives up after half of that was not answered; who leaves earlier says nothing of the registry.
        """
        loop = asyncio.get_running_loop()
        late_at = loop.time() + seconds / 2
        is_probe = self._admit()
        try:
            yield
        except RegistryUnavailable as failure:
            if failure.outcome in _ANSWERED:
                self._close()
                raise
            # one record that is too large says nothing of the others: whoever asks for it closes nobody else's line
            if failure.outcome is RegistryOutcome.TOO_LARGE:
                raise
            self._fail()
            raise
        except asyncio.CancelledError:
            # who asks has the same deadline, and theirs began a moment before ours
            if loop.time() >= late_at:
                self._fail()
            raise
        except RegistryError:
            self._close()
            raise
        else:
            self._close()
        finally:
            if is_probe:
                self._is_probing = False

    def _admit(self) -> bool:
        """True when this request is the probe of an open breaker."""
        if self._opened_at is None:
            return False
        if self._is_probing or self._clock() - self._opened_at < self._open_for:
            raise RegistryResting("the registry failed repeatedly and is being left alone for a moment")
        self._is_probing = True
        return True

    def _fail(self) -> None:
        self._failures += 1
        if self._failures >= self._limit:
            self._opened_at = self._clock()

    def _close(self) -> None:
        self._failures = 0
        self._opened_at = None
