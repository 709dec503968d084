"""Hashing PINs: argon2id in a small pool of threads, so that a crowd at the door slows nobody who is inside."""

import asyncio
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from idp.authentication.model import AuthenticationProblem
from idp.kernel.errors import Unavailable

THREADS = 2
MOST_WAITING = 64


@dataclass(frozen=True, slots=True)
class HashingCost:
    """argon2id's parameters. The defaults are OWASP's: 19 MiB, two passes, one lane."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


class PinHashing:
    """Hashes and compares. `pepper` is a key that the store does not hold: a stolen table alone cannot be searched.

    At most `THREADS` hashes run and `MOST_WAITING` wait; more are turned away (Unavailable, TOO_BUSY).
    """

    def __init__(self, *, pepper: bytes, cost: HashingCost | None = None) -> None:
        if len(pepper) < 32:
            raise ValueError("the pepper is shorter than 32 bytes")
        cost = cost or HashingCost()
        self._pepper = pepper
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pin")
        self._under_way = 0
        self._of_nobody = self._hasher.hash(self._keyed("nobody's"))

    async def hash(self, pin: str) -> str:
        """argon2's text for a PIN. Raises Unavailable (TOO_BUSY)."""
        return await self._run(pin, None)

    async def matches(self, pin: str, hashed: str | None) -> bool:
        """Whether `hashed` is this PIN's; for None the same work is done and the answer is no."""
        return bool(await self._run(pin, hashed or self._of_nobody)) and hashed is not None

    async def _run(self, pin: str, hashed: str | None) -> str:
        if self._under_way >= THREADS + MOST_WAITING:
            raise Unavailable(AuthenticationProblem.TOO_BUSY)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, pin, hashed)
        finally:
            self._under_way -= 1

    def _work(self, pin: str, hashed: str | None) -> str:
        if hashed is None:
            return self._hasher.hash(self._keyed(pin))
        try:
            self._hasher.verify(hashed, self._keyed(pin))
        except VerifyMismatchError:
            return ""
        return hashed

    def _keyed(self, pin: str) -> bytes:
        return hmac.digest(self._pepper, pin.encode(), hashlib.sha256)
