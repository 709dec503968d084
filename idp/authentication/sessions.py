"""Sessions: a browser in which a subscriber has signed in. The cookie holds 256 random bits, the table their digest."""

import hashlib
from datetime import datetime, timedelta

from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.authentication import store
from idp.authentication.hot_store import SIGNED_IN, signed_in_of
from idp.authentication.model import AuthenticationProblem, SignedIn, SsoSession, StartedSession
from idp.authentication.other_device.store import end_open_of
from idp.kernel.assurance import Aal
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import SsoSessionId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork

TOUCH_EVERY = timedelta(minutes=1)
COOKIE_VALUE_LENGTH = 43


class Sessions:
    """Starts, finds and ends sessions. Every method joins the caller's unit of work."""

    def __init__(self, *, audit: AuditLog, randomness: Randomness = system_randomness) -> None:
        self._audit = audit
        self._randomness = randomness

    async def start(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, aal: Aal, amr: tuple[str, ...], device: str = ""
    ) -> StartedSession:
        """A new session with a new secret, of nobody who was signed in before."""
        return await self._begin(uow, subscriber_id, aal=aal, amr=amr, device=device, after=None)

    async def authenticated(
        self,
        uow: UnitOfWork,
        cookie_value: str | None,
        subscriber_id: SubscriberId,
        *,
        aal: Aal,
        amr: tuple[str, ...],
        device: str = "",
    ) -> StartedSession:
        """The session that begins with this authentication in the browser with this cookie: a new id, a new secret.

        The session before ends in the same transaction: what a browser had is never promoted (session fixation, attack
        row 34). One of the same person goes over into the new one, so that the services signed in to are not signed
        out by a second sign-in; somebody else's is signed out.

        Raises Refused (IDENTITY_NOT_LIVE) when the identity was stopped since its owner was authenticated: a session
        that began behind the stop would still be there once the identity is given back.
        """
        before = await self.find(uow, cookie_value)
        for owner in sorted({subscriber_id} | ({before.subscriber_id} if before is not None else set())):
            await store.hold_owner(uow, owner)
        if not await store.may_act(uow, subscriber_id):
            raise Refused(AuthenticationProblem.IDENTITY_NOT_LIVE)
        goes_over = before is not None and before.subscriber_id == subscriber_id
        if before is not None and not goes_over:
            await self.end(uow, before)
        if before is not None and goes_over and not await store.end_session(uow, before.id):
            before = None  # it was ended since it was found: signed out is signed out
        after = before if goes_over else None
        return await self._begin(uow, subscriber_id, aal=aal, amr=amr, device=device, after=after)

    async def _begin(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        *,
        aal: Aal,
        amr: tuple[str, ...],
        device: str,
        after: SsoSession | None,
    ) -> StartedSession:
        session_id = SsoSessionId(new_id("ses", now=uow.now, randomness=self._randomness))
        session = SsoSession(
            id=session_id,
            visit_id=session_id if after is None else after.visit_id,
            subscriber_id=subscriber_id,
            aal=aal,
            amr=amr,
            auth_time=uow.now,
            last_seen=uow.now,
            ended_at=None,
            device=device,
        )
        cookie_value = random_text(self._randomness)
        await store.insert_session(uow, session, cookie_digest=_digest(cookie_value))
        details: dict[str, str | list[str]] = {"aal": aal.value, "amr": list(amr)}
        if after is not None:
            details["after"] = after.id
        await self._note(uow, "session.started" if after is None else "session.renewed", session, details)
        return StartedSession(session, cookie_value)

    async def find(self, uow: UnitOfWork, cookie_value: str | None) -> SsoSession | None:
        """The session of a cookie while it may be used: 1 hour from last use, 12 hours from authentication.

        Whether the subscriber may still act is for the caller: `subscribers.store.live_subscriber`.
        """
        digest = cookie_digest(cookie_value)
        return None if digest is None else await store.find_live_session(uow, digest)

    async def signed_in(self, storage: Storage, cookie_value: str | None, *, now: datetime) -> SignedIn | None:
        """The session of a cookie while it may be used, and its live identity, in one read. Raises Unavailable."""
        digest = cookie_digest(cookie_value)
        row = None if digest is None else await storage.hot.first(SIGNED_IN, cookie_digest=digest, now=now)
        return None if row is None else signed_in_of(row)

    def needs_touch(self, session: SsoSession, *, now: datetime) -> bool:
        """True when the last use that is written down is a minute or more ago."""
        return now - session.last_seen >= TOUCH_EVERY

    async def touch(self, uow: UnitOfWork, session: SsoSession) -> None:
        """The session was used: its idle time starts again."""
        await store.touch_session(uow, session.id)

    async def end(self, uow: UnitOfWork, session: SsoSession) -> None:
        """End it now, everywhere, and what has followed it. Ending one that has ended is no error and no entry."""
        await store.hold_owner(uow, session.subscriber_id)
        if await store.end_visit(uow, session):
            await self._tell(uow, session.visit_id)
            await self._note(uow, "session.ended", session, {})

    async def live_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[SsoSession, ...]:
        """The subscriber's sessions that may be used, the last used first."""
        return tuple(await store.live_sessions_of(uow, subscriber_id))

    async def before(self, uow: UnitOfWork, session: SsoSession) -> SsoSession | None:
        """The person's last sign-in before this one, here or elsewhere; None when none is known any more."""
        return await store.find_session_before(uow, session)

    async def end_own(self, uow: UnitOfWork, session_id: SsoSessionId, *, subscriber_id: SubscriberId) -> None:
        """End one of the subscriber's own sessions. Raises NotFound (SESSION_UNKNOWN)."""
        session = await store.find_session_of(uow, subscriber_id, session_id)
        if session is None:
            raise NotFound(AuthenticationProblem.SESSION_UNKNOWN)
        await self.end(uow, session)

    async def end_others(self, uow: UnitOfWork, session: SsoSession) -> None:
        """End every session of the same person but this one, and what waits on another screen to become one."""
        await store.hold_owner(uow, session.subscriber_id)
        await end_open_of(uow, session.subscriber_id)
        ended = await store.end_sessions_of(uow, session.subscriber_id, but=session.id)
        if ended:
            await self._note(uow, "session.others_ended", session, {"sessions": str(len(ended))})
        for visit_id in ended:
            await self._tell(uow, visit_id)

    async def end_all_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """End every session of a subscriber who may not act any more, and what waits on a screen to become one: given
        back minutes later, the identity is not signed in by what was shown before.
        """
        await store.hold_owner(uow, subscriber_id)
        await end_open_of(uow, subscriber_id)
        ended = await store.end_sessions_of(uow, subscriber_id)
        if ended:
            details = {"sessions": len(ended)}
            event = AuditEvent("session.all_ended", actor=SYSTEM, subject=subscriber_id, details=details)
            await self._audit.append(uow, event)
        for visit_id in ended:
            await self._tell(uow, visit_id)

    async def _tell(self, uow: UnitOfWork, visit_id: SsoSessionId) -> None:
        await enqueue(uow, topic="session_ended", payload={"session_id": visit_id}, randomness=self._randomness)

    async def _note(
        self, uow: UnitOfWork, event: str, session: SsoSession, details: dict[str, str | list[str]]
    ) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=event,
                actor=Actor(ActorKind.SUBSCRIBER, session.subscriber_id),
                subject=session.subscriber_id,
                details={"session": session.id, **details},
            ),
        )


def cookie_digest(cookie_value: str | None) -> bytes | None:
    """By what the session of a cookie is found; None for what is no cookie of ours."""
    if cookie_value is None or len(cookie_value) != COOKIE_VALUE_LENGTH:
        return None
    return _digest(cookie_value)


def _digest(cookie_value: str) -> bytes:
    return hashlib.sha256(cookie_value.encode()).digest()
