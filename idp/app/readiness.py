"""`/ready`: whether this node can do its work now, for the proxy that shares requests out among nodes."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.kernel.clock import Clock
from idp.kernel.errors import TuatonError
from idp.storage.storage import Storage
from idp.web.model import WebProblem
from idp.web.routes import Access, Entry

ANSWER_LIFE: Final = timedelta(seconds=2)
"""How long an answer stands, so that asking often costs nothing."""

Check = Callable[[], Awaitable[None]]


class Readiness:
    """200 while every check passes, else 503 with the code of the first that does not."""

    def __init__(self, *, checks: Sequence[Check], clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._problem: StrEnum | None = None
        self._checked_at: datetime | None = None

    def entries(self) -> tuple[Entry, ...]:
        """One path."""
        return (Entry("/ready", ("GET",), self._ready, Access.ANYONE, "ready"),)

    async def _ready(self, request: Request) -> Response:
        now = self._clock.now()
        if self._checked_at is None or not now - self._checked_at < ANSWER_LIFE:
            # only a check that has ended is an answer for others
            self._problem = await self._first_problem()
            self._checked_at = now
        if self._problem is None:
            return JSONResponse({"ready": True})
        return JSONResponse({"ready": False, "code": self._problem.value}, 503)

    async def _first_problem(self) -> StrEnum | None:
        try:
            for check in self._checks:
                await check()
        except TuatonError as error:
            return error.code
        except (SQLAlchemyError, OSError, LookupError):
            return WebProblem.UNAVAILABLE
        return None


def store_takes_writes(storage: Storage) -> Check:
    """The store answers, and takes writes from this node (its clock is right)."""

    async def check() -> None:
        async with storage.unit_of_work():
            pass

    return check
