"""Who applies: an administrator of an agency that is there, or a person with their own digital ID."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member, Role
from idp.agencies.onboarding.model import NEEDED_IAL, By, OnboardingProblem
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Refused, TuatonError
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.portal.onboarding import store
from idp.portal.sessions import IDLE, LONGEST, NOTED_EVERY
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.routes import Access, Endpoint, Entry

WAY_IN: Final = "/apply"

ApplicantPage = Callable[[Request, "Applicant"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who is at the page. `members` are the memberships of a session of the staff, none for the other kind."""

    by: By
    members: tuple[Member, ...]


class ApplicantSessions:
    """Sessions of people who are no staff; as long as those of the staff."""

    def __init__(self, *, https: bool, randomness: Randomness = system_randomness) -> None:
        self._https = https
        self._cookie_name = "__Host-applicant-session" if https else "applicant-session"
        self._randomness = randomness

    async def start(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> str:
        """A new session; gives the secret for its cookie."""
        await store.delete_older_sessions(uow, started_before=uow.now - LONGEST, seen_before=uow.now - IDLE)
        secret = random_text(self._randomness)
        await store.insert_session(uow, _digest(secret), subscriber_id)
        return secret

    async def find(self, uow: UnitOfWork, request: Request) -> tuple[SubscriberId, bool] | None:
        """Whose live session this browser has, and whether its last use is to be noted."""
        secret = request.cookies.get(self._cookie_name)
        if secret is None:
            return None
        oldest, idle = uow.now - LONGEST, uow.now - IDLE
        found = await store.find_session(uow, _digest(secret), started_after=oldest, seen_after=idle)
        return None if found is None else (found[0], uow.now - found[1] >= NOTED_EVERY)

    async def touch(self, uow: UnitOfWork, request: Request) -> None:
        """It was used."""
        await store.touch_session(uow, _digest(request.cookies.get(self._cookie_name, "")))

    async def end(self, uow: UnitOfWork, request: Request) -> None:
        """End the session of this browser."""
        await store.delete_session(uow, _digest(request.cookies.get(self._cookie_name, "")))

    def set_cookie(self, response: Response, secret: str) -> None:
        """Hand the secret to the browser."""
        response.set_cookie(self._cookie_name, secret, path="/", secure=self._https, httponly=True, samesite="lax")

    def clear_cookie(self, response: Response) -> None:
        """Take it back."""
        response.delete_cookie(self._cookie_name, path="/", secure=self._https, httponly=True, samesite="lax")


class ApplicantGate:
    """Lets people through to their applications; who they are is read anew at every request."""

    def __init__(
        self,
        *,
        storage: Storage,
        staff: StaffGate,
        sessions: ApplicantSessions,
        subscribers: Subscribers,
        audit: AuditLog,
    ) -> None:
        self._storage = storage
        self._staff = staff
        self._sessions = sessions
        self._subscribers = subscribers
        self._audit = audit

    def entries(self, rows: Sequence[tuple[str, str, ApplicantPage, str]]) -> tuple[Entry, ...]:
        """A route table of applicants' pages, each row a path, a method, the page and its name."""
        return tuple(
            Entry(path, (method,), self._let_in(page), Access.CITIZEN, name) for path, method, page, name in rows
        )

    async def applicant(self, request: Request) -> Applicant | None:
        """Who is signed in, by a session of the staff or by their own; None for nobody."""
        signed_in = await self._staff.signed_in(request)
        if signed_in is not None and signed_in.members:
            administered = {one.agency_id: one.id for one in signed_in.members if Role.AGENCY_ADMIN in one.roles}
            return Applicant(By(signed_in.members[0].subscriber_id, administered), signed_in.members)
        async with self._storage.reading() as uow:
            found = await self._sessions.find(uow, request)
            if found is None or not (await self._subscribers.get(uow, found[0])).is_live:
                return None
            person, is_due = found
            request.state.signed_in_name = await self._subscribers.identity(uow, person)
        if is_due:
            async with self._storage.unit_of_work() as uow:
                await self._sessions.touch(uow, request)
        # who works for an agency signs in as its staff do: this session asks for less
        return Applicant(By(person, {}), ())

    async def note_refusal(self, applicant: Applicant, request: Request, error: TuatonError) -> None:
        """Write a refusal down, in a unit of work of its own: that of the act is undone."""
        if applicant.members:
            await self._staff.note_refusal(applicant.members[0], request, error)
            return
        event = AuditEvent(
            event="portal.refused",
            actor=Actor(ActorKind.SUBSCRIBER, applicant.by.person),
            outcome="refused",
            details={"code": error.code.value, "page": request.scope["route"].name},
        )
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(uow, event)

    def _let_in(self, page: ApplicantPage) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            applicant = await self.applicant(request)
            if applicant is None:
                return RedirectResponse(WAY_IN, 303)
            try:
                async with self._storage.reading() as uow:
                    ial = (await self._subscribers.get(uow, applicant.by.person)).ial
                if ial < NEEDED_IAL:
                    raise Refused(OnboardingProblem.LEVEL_TOO_LOW)
                return await page(request, applicant)
            except TuatonError as error:
                await self.note_refusal(applicant, request, error)
                raise

        return endpoint


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
