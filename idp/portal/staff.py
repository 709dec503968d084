"""The gate of the staff pages: who is signed in, still a member, with the role.

All of it is read anew at every request, never cached.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member, Role
from idp.agencies.service import Agencies
from idp.approvals.model import Decider
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Refused, TuatonError
from idp.portal.model import PortalProblem, StaffSession
from idp.portal.sessions import IDLE, LONGEST, NOTED_EVERY, StaffSessions
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.routes import Access, Endpoint, Entry

StaffPage = Callable[[Request, Member], Awaitable[Response]]

ROLE_COOKIE: Final = "portal-role"
"""Which of the own roles somebody chose to act in. A choice among what is held, no right by itself."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with those of its memberships that are live now; none is left when the person is suspended."""

    session: StaffSession
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Capacity:
    """One role of one membership, in which somebody can act on a page."""

    role: Role
    member: Member

    @property
    def key(self) -> str:
        """As forms and the cookie have it."""
        return f"{self.member.id}.{self.role.value}"

    def alone(self) -> Member:
        """The member with this role and no other."""
        return replace(self.member, roles=frozenset({self.role}))


class StaffGate:
    """Lets members through to the pages of their role, and writes down every refusal of a member."""

    def __init__(
        self,
        *,
        storage: Storage,
        sessions: StaffSessions,
        agencies: Agencies,
        subscribers: Subscribers,
        audit: AuditLog,
    ) -> None:
        self._storage = storage
        self._sessions = sessions
        self._agencies = agencies
        self._subscribers = subscribers
        self._audit = audit

    async def signed_in(self, request: Request) -> SignedIn | None:
        """Who this browser is signed in as, None without a live session."""
        async with self._storage.reading() as uow:
            session = await self._sessions.find(uow, request)
            if session is None:
                return None
            found = SignedIn(session, await self._live_members(uow, session))
            if found.members:
                # two people at one counter see at a glance whose session this is
                request.state.signed_in_name = await self._subscribers.identity(uow, found.members[0].subscriber_id)
            # the page says in time that the sign-in ends
            longest = session.started_at + LONGEST - uow.now
            request.state.session_seconds = int(min(IDLE, longest).total_seconds())
            is_due = uow.now - session.last_seen >= NOTED_EVERY
        if is_due:
            async with self._storage.unit_of_work() as uow:
                await self._sessions.touch(uow, session)
        return found

    async def left(self, request: Request) -> int:
        """How many seconds the sign-in of this browser lasts if nothing happens. Asking prolongs nothing."""
        async with self._storage.reading() as uow:
            session = await self._sessions.find(uow, request)
            return 0 if session is None else int((self._sessions.ends_at(session) - uow.now).total_seconds())

    async def stay(self, request: Request) -> int:
        """The idle time starts again; gives what is left then."""
        await self.signed_in(request)
        return await self.left(request)

    def entries_in_one_role(
        self, roles: Sequence[Role], rows: Sequence[tuple[str, str, StaffPage, str]]
    ) -> tuple[Entry, ...]:
        """As `entries`, of pages on which whoever has several of these roles acts in one at a time.

        `roles` have the least right first: that is the one until another is chosen (`ROLE_COOKIE`). The page finds the
        member with that role alone; which it is, stands on the page and, for every act, in the log.
        """
        return tuple(
            Entry(path, (method,), self.requires_one_of(roles, self._in_one_role(roles, page)), Access.STAFF, name)
            for path, method, page, name in rows
        )

    def entries_at_one_agency(self, role: Role, rows: Sequence[tuple[str, str, StaffPage, str]]) -> tuple[Entry, ...]:
        """As `entries`, of one role: who holds it at several agencies acts for one of them at a time, as above."""
        return tuple(
            Entry(path, (method,), self.requires(role, self._at_one_agency(role, page)), Access.STAFF, name)
            for path, method, page, name in rows
        )

    def _at_one_agency(self, role: Role, page: StaffPage) -> StaffPage:
        chosen = self._in_one_role((role,), page)

        async def acting(request: Request, first: Member) -> Response:
            several = sum(role in one.roles for one in request.state.memberships) > 1
            return await (chosen if several else page)(request, first)

        return acting

    def _in_one_role(self, roles: Sequence[Role], page: StaffPage) -> StaffPage:
        async def acting(request: Request, _first: Member) -> Response:
            held: tuple[Member, ...] = request.state.memberships
            capacities = [Capacity(role, member) for role in roles for member in held if role in member.roles]
            chosen = request.cookies.get(ROLE_COOKIE)
            capacity = next((one for one in capacities if one.key == chosen), capacities[0])
            member = capacity.alone()
            if len(capacities) > 1:
                # a form is good for the role of its page, whatever another tab chose meanwhile
                _bind_forms(request, capacity.key, [one.key for one in capacities])
            request.state.capacities, request.state.acting_in = capacities, capacity
            request.state.menu_of, request.state.memberships = held, (member,)
            places = {one.member.agency_id for one in capacities}
            if len(places) > 1:
                # two posts of the same name are told apart by whose they are
                async with self._storage.reading() as uow:
                    request.state.agencies_of_roles = await self._agencies.agencies_named(uow, places)
            if request.method != "GET":
                await self._note_role(capacity, request)
            return await page(request, member)

        return acting

    async def _note_role(self, capacity: Capacity, request: Request) -> None:
        """In which role something is done, written down before it is."""
        event = AuditEvent(
            event="portal.acts_in_role",
            actor=Actor(ActorKind.MEMBER, capacity.member.id),
            agency_id=capacity.member.agency_id,
            details={"role": capacity.role.value, "page": request.scope["route"].name},
        )
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(uow, event)

    def entries(self, roles: Sequence[Role], rows: Sequence[tuple[str, str, StaffPage, str]]) -> tuple[Entry, ...]:
        """A route table of staff pages, each row a path, a method, the page and its name, for any of these roles."""
        return tuple(
            Entry(path, (method,), self.requires_one_of(roles, page), Access.STAFF, name)
            for path, method, page, name in rows
        )

    def requires(self, role: Role, page: StaffPage) -> Endpoint:
        """The endpoint that shows `page` to a live member with `role`, and sends strangers to sign in."""
        return self.requires_one_of((role,), page)

    def requires_one_of(self, roles: Sequence[Role], page: StaffPage) -> Endpoint:
        """As `requires`, for a live member with any of these roles; who has several acts in the first of them."""

        async def endpoint(request: Request) -> Response:
            signed_in = await self.signed_in(request)
            if signed_in is None:
                return RedirectResponse(f"/sign-in?{urlencode({'return': _way_back(request)})}", 303)
            if not signed_in.members:
                raise Refused(PortalProblem.NO_MEMBERSHIP)
            # of several memberships the one with the role that stands first: the same one at every request
            fitting = (member for role in roles for member in signed_in.members if role in member.roles)
            member = next(fitting, None)
            if member is None:
                refused = Refused(PortalProblem.ROLE_MISSING, " ".join(role.value for role in roles))
                await self.note_refusal(signed_in.members[0], request, refused)
                raise refused
            request.state.memberships = signed_in.members
            if len(signed_in.members) > 1:
                _bind_forms(request, member.id, [one.id for one in signed_in.members])
            try:
                return await page(request, member)
            except TuatonError as error:
                await self.note_refusal(member, request, error)
                raise

        return endpoint

    async def note_refusal(self, member: Member, request: Request, error: TuatonError) -> None:
        """Write a refusal of this member down, in a unit of work of its own: that of the act is undone.

        Whatever leaves a page is noted by the gate; a page that shows a refusal itself says so here, once its answer
        stands: an answer that is refused in its turn leaves the page, and is noted once.
        """
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(
                uow,
                AuditEvent(
                    event="portal.refused",
                    actor=Actor(ActorKind.MEMBER, member.id),
                    agency_id=member.agency_id,
                    outcome="refused",
                    details={"code": error.code.value, "page": request.scope["route"].name},
                ),
            )

    async def _live_members(self, uow: UnitOfWork, session: StaffSession) -> tuple[Member, ...]:
        live = []
        for member_id in session.member_ids:
            member = await self._agencies.live_member(uow, member_id)
            if member is not None and (await self._subscribers.get(uow, member.subscriber_id)).is_live:
                live.append(member)
        return tuple(live)


def _bind_forms(request: Request, post: str, held: Sequence[str]) -> None:
    """The forms of this page are good for this post of its reader; `held` are all, so that another is told apart."""
    request.state.acts_for, request.state.could_act_for = post, tuple(held)


def memberships_with(request: Request, role: Role) -> tuple[Member, ...]:
    """Every live membership with this role of whoever was let through to this page."""
    members: tuple[Member, ...] = request.state.memberships
    return tuple(member for member in members if role in member.roles)


def decider_of(member: Member) -> Decider:
    """The member as the one who proposes or decides."""
    roles = frozenset(role.value for role in member.roles)
    return Decider(member.id, member.subscriber_id, member.agency_id, roles)


def _way_back(request: Request) -> str:
    return request.url.path if request.method == "GET" else "/"
