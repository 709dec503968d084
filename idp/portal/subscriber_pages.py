"""The enrolment admin's pages: whom we know, on what evidence, and stopping or giving back an identity.

No name is a key of any list or search, and each look at a person is an audit entry.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, ascii_digits
from idp.agencies.model import Member, Role
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.enrolment.service import Enrolments
from idp.kernel.ids import EnrolmentId, SubscriberId
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import ActingMember
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

PAGE_LENGTH: Final = 25
FORM: Final = "subscriber"


class SubscriberPages:
    """`/subscribers…`: for members with the role of an enrolment admin."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        gate: StaffGate,
        subscribers: Subscribers,
        enrolments: Enrolments,
        audit: AuditLog,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._gate = gate
        self._subscribers = subscribers
        self._enrolments = enrolments
        self._audit = audit

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the admin's pages."""
        rows = (
            ("/subscribers", "GET", self.list_page, "subscribers"),
            ("/subscribers", "POST", self.search, "subscriber_search"),
            ("/subscribers/{subscriber_id}", "GET", self.show, "subscriber"),
            ("/subscribers/{subscriber_id}/suspend", "POST", self.suspend, "subscriber_suspend"),
            ("/subscribers/{subscriber_id}/lift", "POST", self.lift, "subscriber_lift"),
        )
        role = Role.ENROLMENT_ADMIN
        return tuple(
            Entry(path, (method,), self._gate.requires(role, page), Access.STAFF, name)
            for path, method, page, name in rows
        )

    async def list_page(self, request: Request, admin: Member) -> Response:
        """Newest first; `after` is the last row of the page before."""
        after = request.query_params.get("after")
        return await self._list(request, admin, after=SubscriberId(after) if after else None)

    async def search(self, request: Request, admin: Member) -> Response:
        """Exactly one person by citizen number or enrolment number; sent in the body, never in an address."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        async with self._storage.unit_of_work() as uow:
            found = await self._find(uow, form.one("query").strip())
            await self._note(uow, "portal.subscriber_searched", admin, found)
        if found is None:
            return await self._list(request, admin, after=None, is_not_found=True)
        return RedirectResponse(f"/subscribers/{found}", 303)

    async def show(self, request: Request, admin: Member) -> Response:
        """One person: status, level, evidence."""
        subscriber_id = _subscriber_id(request)
        async with self._storage.unit_of_work() as uow:
            subscriber = await self._subscribers.get(uow, subscriber_id)
            identity = await self._subscribers.identity(uow, subscriber_id)
            reason = await self._subscribers.suspension_reason(uow, subscriber_id)
            evidence = await self._enrolments.evidence_of(uow, subscriber_id)
            await self._note(uow, "portal.subscriber_viewed", admin, subscriber_id)
        return self._pages.render(
            request,
            "subscriber.html",
            members=(admin,),
            subscriber=subscriber,
            identity=identity,
            reason=reason,
            evidence=evidence,
        )

    async def suspend(self, request: Request, admin: Member) -> Response:
        """Stop the identity."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        async with self._storage.unit_of_work() as uow:
            await self._subscribers.suspend(uow, _subscriber_id(request), by=_acting(admin), reason=form.one("reason"))
        return RedirectResponse(f"/subscribers/{_subscriber_id(request)}", 303)

    async def lift(self, request: Request, admin: Member) -> Response:
        """Give the identity back."""
        self._csrf.check(request, await read_form(request), form=FORM)
        async with self._storage.unit_of_work() as uow:
            await self._subscribers.lift(uow, _subscriber_id(request), by=_acting(admin))
        return RedirectResponse(f"/subscribers/{_subscriber_id(request)}", 303)

    async def _list(
        self, request: Request, admin: Member, *, after: SubscriberId | None, is_not_found: bool = False
    ) -> Response:
        async with self._storage.reading() as uow:
            rows = await self._subscribers.page(uow, after=after, limit=PAGE_LENGTH + 1)
        return self._pages.render(
            request,
            "subscribers.html",
            status_code=404 if is_not_found else 200,
            members=(admin,),
            subscribers=rows[:PAGE_LENGTH],
            next_after=rows[PAGE_LENGTH - 1].id if len(rows) > PAGE_LENGTH else None,
            is_first=after is None,
            is_not_found=is_not_found,
        )

    async def _find(self, uow: UnitOfWork, query: str) -> SubscriberId | None:
        enrolment = await self._enrolments.find(uow, EnrolmentId(query))
        if enrolment is not None:
            return enrolment.subscriber_id
        try:
            citizen_id = CitizenId.parse(ascii_digits(query))
        except InvalidIdentifier:
            return None
        subscriber = await self._subscribers.find_by_citizen_id(uow, citizen_id)
        return None if subscriber is None else subscriber.id

    async def _note(self, uow: UnitOfWork, event: str, admin: Member, subject: SubscriberId | None) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=event, actor=Actor(ActorKind.MEMBER, admin.id), subject=subject, agency_id=admin.agency_id
            ),
        )


def _subscriber_id(request: Request) -> SubscriberId:
    return SubscriberId(request.path_params["subscriber_id"])


def _acting(admin: Member) -> ActingMember:
    return ActingMember(member_id=admin.id, person=admin.subscriber_id, agency_id=admin.agency_id)
