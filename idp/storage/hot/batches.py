"""Callers gather while the workers are busy, and each worker takes all who wait in one lane at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from idp.kernel.errors import Unavailable
from idp.storage.hot.plans import Plan
from idp.storage.model import StorageProblem

LARGEST_BATCH = 64
LONGEST_QUEUE = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One caller: its values as the driver takes them, and where it waits."""

    plan: Plan
    values: tuple[Any, ...]
    answer: asyncio.Future[Any]

    def tell(self, answer: Any) -> None:
        """Answer, with an exception if it is one; a caller that went away is not told."""
        if self.answer.done():
            return
        if isinstance(answer, Exception):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


Worker = Callable[[Sequence[Call]], Awaitable[None]]
"""Runs a batch of one lane and tells every caller."""


class Batches:
    """Lanes of waiting callers. Workers start with the first call, in its event loop."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._lanes: dict[Hashable, deque[Call]] = {}
        self._ready: asyncio.Queue[deque[Call]] = asyncio.Queue()
        self._running: list[asyncio.Task[None]] = []
        self._waiting = 0
        self._closed = False

    async def ask(self, lane: Hashable, plan: Plan, values: tuple[Any, ...]) -> Any:
        """The answer for one caller. Raises Unavailable when too many wait, or none is answered any more."""
        if self._closed or self._waiting >= LONGEST_QUEUE:
            raise Unavailable(StorageProblem.TOO_BUSY)
        if not self._running:
            self._running = [asyncio.create_task(self._work(worker)) for worker in self._workers]
        waiting = self._lanes.setdefault(lane, deque())
        call = Call(plan, values, asyncio.get_running_loop().create_future())
        waiting.append(call)
        if len(waiting) == 1:
            self._ready.put_nowait(waiting)
        self._waiting += 1
        try:
            return await call.answer
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Answer who waits, then stop."""
        self._closed = True
        if self._running:
            await self._ready.join()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _work(self, worker: Worker) -> None:
        while True:
            waiting = await self._ready.get()
            # who comes while others are still coming joins: a turn of the loop that brings nobody ends the gathering
            gathered = 0
            while gathered < len(waiting) < LARGEST_BATCH:
                gathered = len(waiting)
                await asyncio.sleep(0)
            calls = [waiting.popleft() for _ in range(min(len(waiting), LARGEST_BATCH))]
            if waiting:
                self._ready.put_nowait(waiting)
            present = [call for call in calls if not call.answer.done()]
            try:
                if present:
                    await worker(present)
            except Exception as error:  # noqa: BLE001 - nothing is swallowed: each caller gets it, and the worker lives
                for call in present:
                    call.tell(error)
            finally:
                self._ready.task_done()
