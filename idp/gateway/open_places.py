"""How many answers one process holds open at once: each looks at the store again and again while it waits."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class OpenPlaces:
    """So many for each client, and so many in all."""

    def __init__(self, *, of_client: int, of_all: int) -> None:
        self._of_client = of_client
        self._of_all = of_all
        self._taken: Counter[str] = Counter()

    def has_one_for(self, client_id: str) -> bool:
        """True while the client and the process may hold one more open."""
        return self._taken[client_id] < self._of_client and self._taken.total() < self._of_all

    @contextmanager
    def taken_by(self, client_id: str) -> Iterator[None]:
        """One place, until the answer ends in whichever way."""
        self._taken[client_id] += 1
        try:
            yield
        finally:
            self._taken[client_id] -= 1
            self._taken += Counter()  # drops who has none open
