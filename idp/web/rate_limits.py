"""How often one caller may do one thing: buckets that refill, kept in the memory of the process.

What is slowed is guessing and flooding; what must hold on all nodes together (PINs, device codes of one citizen) is
counted in the store by its own room. No store, no thread: the library `limits` keeps its counters without a bound and
reads the clock itself. Keys are digests, so that no address stays in memory.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from math import ceil
from typing import Final, assert_never

from starlette.requests import Request
from starlette.responses import Response

from idp.audit.security_log import SecurityLog
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.randomness import Randomness, system_randomness
from idp.web.routes import Endpoint, Entry

MINUTE: Final = 60.0
MOST_CALLERS: Final = 50_000
"""How many callers a limit remembers; the one that was quiet longest is forgotten first."""
LINE_EVERY: Final = 10.0

CallerName = Callable[[Request], Awaitable[str | None]]
"""Who calls, as far as this limit goes; None: nobody that could be told apart, and then nothing is counted."""
TooMany = Callable[[Request, int], Response]
"""The answer to one who must wait so many seconds."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The caller may go on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before so many seconds have gone by."""

    seconds: float


_PASSED: Final = Passed()


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many a minute, all at once if need be; what was used comes back evenly."""

    a_minute: int

    def decide(self, used_until: float, now: float) -> Passed | Wait:
        """`used_until` is the moment at which the caller's bucket is full again; `now` the clock it was read from."""
        wait = max(used_until, now) + MINUTE / self.a_minute - now - MINUTE
        # a tenth of a millisecond: sums of fractions of a minute do not come out even
        return _PASSED if wait <= 1e-4 else Wait(wait)


def every_refusal(response: Response) -> bool:
    """For limits on guessing: what was in order costs nothing."""
    return 400 <= response.status_code < 500


def limited_by(request: Request) -> str | None:
    """The name of the limit that this request ran into."""
    return getattr(request.state, "limited_by", None)


class Limit:
    """One allowance for each caller. `counts` says which answers cost one; None: every request does.

    What costs by its answer is taken before the work and given back after it, so that calls at once are told apart.
    With `is_held_open` it is taken after it: for requests that stay open for long, and where nothing can be guessed.
    """

    def __init__(
        self,
        name: str,
        allowance: Allowance,
        *,
        caller: CallerName,
        counts: Callable[[Response], bool] | None = None,
        is_held_open: bool = False,
        most_callers: int = MOST_CALLERS,
        randomness: Randomness = system_randomness,
    ) -> None:
        self.name = name
        self.counts = counts
        self.is_held_open = is_held_open
        self.caller = caller
        self._allowance = allowance
        self._most = most_callers
        self._key = randomness(32)
        # in the order of last use
        self._used_until: dict[bytes, float] = {}

    def decide(self, caller: str, now: float) -> Passed | Wait:
        """May this caller go on? Takes nothing."""
        if not self._used_until:
            return _PASSED
        return self._allowance.decide(self._used_until.get(self._digest(caller), 0.0), now)

    def take(self, caller: str, now: float) -> None:
        """This caller has done it once."""
        digest = self._digest(caller)
        until = max(self._used_until.pop(digest, 0.0), now) + MINUTE / self._allowance.a_minute
        self._used_until[digest] = min(until, now + MINUTE)
        if len(self._used_until) > self._most:
            del self._used_until[next(iter(self._used_until))]

    def give_back(self, caller: str, now: float) -> None:
        """What this caller did cost nothing after all."""
        digest = self._digest(caller)
        until = self._used_until.get(digest, 0.0) - MINUTE / self._allowance.a_minute
        if until > now:
            self._used_until[digest] = until
        else:
            self._used_until.pop(digest, None)

    def costs(self, response: Response) -> bool:
        """Does an answer like this cost one?"""
        return self.counts is None or self.counts(response)

    def __len__(self) -> int:
        return len(self._used_until)

    def _digest(self, caller: str) -> bytes:
        return blake2b(caller.encode("utf-8", "replace"), key=self._key, digest_size=16).digest()


@dataclass(slots=True)
class _Line:
    """What is said about a limit, now and then."""

    said_at: float = float("-inf")
    refused: int = 0


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Puts limits before the entries of a door. `monotonic` are seconds of a clock that never goes back."""

    security_log: SecurityLog
    monotonic: Callable[[], float]
    _lines: dict[str, _Line] = field(default_factory=dict)

    def before(
        self, entries: Iterable[Entry], limits: Mapping[str, Sequence[Limit]], *, too_many: TooMany
    ) -> tuple[Entry, ...]:
        """The entries, those whose name is in `limits` behind their limits. KeyError for a name that no entry has."""
        rows = tuple(entries)
        if unknown := set(limits) - {entry.name for entry in rows}:
            raise KeyError(f"no entry to limit: {sorted(unknown)}")
        return tuple(
            replace(entry, endpoint=self._limited(entry.endpoint, limits[entry.name], too_many))
            if limits.get(entry.name)
            else entry
            for entry in rows
        )

    def _limited(self, endpoint: Endpoint, limits: Sequence[Limit], too_many: TooMany) -> Endpoint:
        async def limited(request: Request) -> Response:
            # 1. who calls, for each limit
            named = [(limit, await limit.caller(request)) for limit in limits]
            counted = [(limit, caller) for limit, caller in named if caller is not None]
            # 2. may they?
            now = self.monotonic()
            for limit, caller in counted:
                match limit.decide(caller, now):
                    case Wait(seconds):
                        self._note(limit, now)
                        request.state.limited_by = limit.name
                        return too_many(request, ceil(seconds))
                    case Passed():
                        pass
                    case unknown:
                        assert_never(unknown)
            # 3. everything is taken before the work begins, so that calls at once are told apart
            for limit, caller in counted:
                if not limit.is_held_open:
                    limit.take(caller, now)
            # 4. the work; what its answer does not cost is given back
            response: Response | None = None
            is_refused = False
            try:
                response = await endpoint(request)
            except (Refused, NotFound, Conflict):
                is_refused = True
                raise
            finally:
                self._settle(counted, response, is_refused=is_refused)
            return response

        return limited

    def _settle(self, counted: Iterable[tuple[Limit, str]], response: Response | None, *, is_refused: bool) -> None:
        """No answer at all, by a mistake of ours or because the caller left, is no refusal."""
        now = self.monotonic()
        for limit, caller in counted:
            is_charged = limit.counts is None or is_refused or (response is not None and limit.costs(response))
            if limit.is_held_open and is_charged:
                limit.take(caller, now)
            elif not limit.is_held_open and not is_charged:
                limit.give_back(caller, now)

    def _note(self, limit: Limit, now: float) -> None:
        """A line at most every ten seconds a limit: a flood is seen, and leaves room in the log for others."""
        line = self._lines.setdefault(limit.name, _Line())
        line.refused += 1
        if now - line.said_at >= LINE_EVERY:
            self.security_log.note("rate_limit.reached", limit=limit.name, refused=line.refused)
            line.said_at, line.refused = now, 0
