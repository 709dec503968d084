"""A press in a process of its own, which gives way to everything else and has so much memory and no more.

Each has its own, so that ending one disturbs no other: neither the document that takes too long nor the one that needs
too much memory takes another one with it.
"""

import asyncio
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Final, ParamSpec, TypeVar

from connectors.contracts.errors import DocumentError

NICENESS: Final = 10
"""Signing in comes first: a process with this niceness gets a tenth of what another one gets (sched(7))."""
MEMORY_CEILING: Final = 2 * 1024**3
"""Bytes of address space (RLIMIT_AS, setrlimit(2)). A list of five thousand rows takes a third of it, and twenty pages
scanned at 300 dots to the inch a half.
"""
_OUT_OF_MEMORY: Final = 70

Given = ParamSpec("Given")
Made = TypeVar("Made")


class _Context(SpawnContext):
    """Remembers the process that an executor had it start last: executors do not tell which theirs are."""

    started: SpawnProcess | None = None

    def Process(self, *given: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]  # the context's own name; a class there
        """As the context does."""
        self.started = SpawnProcess(*given, **named)
        return self.started


class PressProcess:
    """One process, started with the first work. Who gives it work waits for the end of that before giving more.

    `set_up` is run in it first. Without a process of its own it is a thread, which nothing can end.
    """

    def __init__(self, set_up: Callable[[], None], *, is_thread: bool, memory_ceiling: int = MEMORY_CEILING) -> None:
        self._set_up = set_up
        self._is_thread = is_thread
        self._memory_ceiling = memory_ceiling
        self._executor: Executor | None = None
        self._context = _Context()
        self._is_given_up = False
        self._is_closed = False

    async def run(self, work: Callable[[], Made]) -> Made:
        """What the work makes; once more in a new process where one dies of it. Raises DocumentError, and what the
        work raises.
        """
        if self._is_closed:
            raise DocumentError("no more documents are made here")
        self._is_given_up = False
        for is_last in (False, True):
            try:
                return await asyncio.get_running_loop().run_in_executor(self._opened(), work)
            except BrokenProcessPool as error:
                self._executor = None
                if self._is_given_up or is_last:
                    raise DocumentError("the processes that make documents do not stay alive") from error
        raise AssertionError("the last attempt returns or raises")

    def give_up(self) -> None:
        """End the process with whatever it is making."""
        self._is_given_up = True
        if self._context.started is not None:
            self._context.started.kill()

    def close(self) -> None:
        """No more work; what is under way is given up: who ends would wait for it else."""
        self._is_closed = True
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self.give_up()

    def _opened(self) -> Executor:
        if self._executor is None:
            if self._is_thread:
                self._executor = ThreadPoolExecutor(1, "documents", initializer=self._set_up)
            else:
                self._executor = ProcessPoolExecutor(
                    1,
                    mp_context=self._context,
                    initializer=_set_up_process,
                    initargs=(self._set_up, self._memory_ceiling),
                )
        return self._executor


def within_memory(work: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> Made:
    """In a process: who is out of memory ends, as a library that cannot report it does; the next one starts empty."""
    try:
        return work(*given, **named)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)


def _set_up_process(set_up: Callable[[], None], memory_ceiling: int) -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_ceiling, memory_ceiling))
    # who is out of memory in a library aborts: its core would hold a person's data, and the seal's key
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal it comes to all: who ends is told by the parent
    threading.Thread(target=_end_with_parent, daemon=True).start()
    set_up()


def _end_with_parent() -> None:
    """A parent that was killed tells nobody: its processes would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
