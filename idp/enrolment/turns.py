"""The worker's turn over what is open: one row that cannot be advanced holds up none behind it, now or next time."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors.contracts.errors import ConnectorError
from idp.kernel.errors import TuatonError
from idp.kernel.ids import EnrolmentId
from idp.keys.sealing import SealBroken, SealExpired

logger = structlog.get_logger("worker")

EXPECTED_FAILURES: Final = (TuatonError, ConnectorError, SQLAlchemyError, OSError, SealBroken, SealExpired)
"""What one row may fail with: another turn tries it again. Anything else is a mistake of ours and ends the worker."""


class Rounds:
    """Goes round a list that may be longer than a turn: each turn begins where the last one stopped.

    The place is this process's own; another process begins at the beginning, which costs time and nothing else.
    """

    def __init__(self) -> None:
        self._after: EnrolmentId | None = None

    async def turn(
        self,
        page: Callable[[EnrolmentId | None], Awaitable[Sequence[EnrolmentId]]],
        act: Callable[[EnrolmentId], Awaitable[object]],
        *,
        limit: int,
    ) -> int:
        """Act on the next `limit` rows; gives how many there were. `page` lists by id, what comes after the one given.

        `limit` is what `page` gives at most.
        """
        rows = await page(self._after)
        self._after = rows[-1] if len(rows) == limit else None
        await each(rows, act)
        return len(rows)


async def each(rows: Sequence[EnrolmentId], act: Callable[[EnrolmentId], Awaitable[object]]) -> None:
    """Act on every row; one that fails is noted and left for another turn."""
    for row in rows:
        try:
            await act(row)
        except EXPECTED_FAILURES as error:
            logger.warning("enrolment.not_advanced", enrolment=row, error=type(error).__name__)
