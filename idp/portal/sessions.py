"""Staff sessions: fifteen idle minutes, eight hours at most."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.kernel.ids import MemberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.portal import store
from idp.portal.model import StaffSession
from idp.storage.storage import UnitOfWork

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=8)
NOTED_EVERY: Final = timedelta(seconds=30)


class StaffSessions:
    """Starts, finds and ends the staff's sessions, and knows their cookie."""

    def __init__(self, *, https: bool, randomness: Randomness = system_randomness) -> None:
        self._https = https
        self._cookie_name = "__Host-portal-session" if https else "portal-session"
        self._randomness = randomness

    async def start(self, uow: UnitOfWork, *, member_ids: Sequence[MemberId]) -> str:
        """A new session; gives the secret for its cookie."""
        await store.delete_older_sessions(uow, started_before=uow.now - LONGEST, seen_before=uow.now - IDLE)
        secret = random_text(self._randomness)
        session = StaffSession(_digest(secret), tuple(member_ids), started_at=uow.now, last_seen=uow.now)
        await store.insert_session(uow, session)
        return secret

    async def find(self, uow: UnitOfWork, request: Request) -> StaffSession | None:
        """The live session of this browser."""
        secret = request.cookies.get(self._cookie_name)
        if secret is None:
            return None
        return await store.find_session(
            uow, _digest(secret), started_after=uow.now - LONGEST, seen_after=uow.now - IDLE
        )

    def ends_at(self, session: StaffSession) -> datetime:
        """When it ends if it is not used any more."""
        return min(session.last_seen + IDLE, session.started_at + LONGEST)

    async def touch(self, uow: UnitOfWork, session: StaffSession) -> None:
        """The session was used; its idle time begins anew."""
        await store.touch_session(uow, session.digest)

    async def end(self, uow: UnitOfWork, session: StaffSession) -> None:
        """End the session."""
        await store.delete_session(uow, session.digest)

    def set_cookie(self, response: Response, secret: str) -> None:
        """Hand the secret to the browser."""
        response.set_cookie(self._cookie_name, secret, path="/", secure=self._https, httponly=True, samesite="lax")

    def clear_cookie(self, response: Response) -> None:
        """Take the secret back."""
        response.delete_cookie(self._cookie_name, path="/", secure=self._https, httponly=True, samesite="lax")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
