"""The enrolment admin's pages: whom we know, on what evidence, and stopping or giving back an identity.

No name is a key of any list or search, and each look at a person is an audit entry.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, ascii_digits
from idp.agencies.model import Member, Role
from idp.approvals.model import ProposalId
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.enrolment.case_numbers import CaseNumber, InvalidCaseNumber
from idp.enrolment.reviews.service import Reviews
from idp.enrolment.service import Enrolments
from idp.kernel.errors import Refused
from idp.kernel.ids import EnrolmentId, SubscriberId
from idp.portal.staff import StaffGate, decider_of, memberships_with
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import ActingMember, ClosingReason, LookKind, SubscriberProblem, SubscriberStatus
from idp.subscribers.service import Subscribers
from idp.subscribers.two_persons import TwoPersons, Wish
from idp.web.csrf import Csrf
from idp.web.forms import Form, read_form
from idp.web.model import WebProblem
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
        reviews: Reviews,
        two_persons: TwoPersons,
        audit: AuditLog,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._gate = gate
        self._subscribers = subscribers
        self._enrolments = enrolments
        self._reviews = reviews
        self._two_persons = two_persons
        self._audit = audit

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the admin's pages."""
        rows = (
            ("/subscribers", "GET", self.list_page, "subscribers"),
            ("/subscribers", "POST", self.search, "subscriber_search"),
            ("/subscribers/{subscriber_id}", "GET", self.show, "subscriber"),
            ("/subscribers/{subscriber_id}/suspend", "POST", self.suspend, "subscriber_suspend"),
            ("/subscribers/{subscriber_id}/lift", "POST", self.lift, "subscriber_lift"),
            ("/subscribers/{subscriber_id}/propose", "POST", self.propose, "subscriber_propose"),
            ("/subscribers/{subscriber_id}/approve", "POST", self.approve, "subscriber_approve"),
            ("/subscribers/{subscriber_id}/refuse", "POST", self.refuse, "subscriber_refuse"),
            ("/subscribers/{subscriber_id}/history", "GET", self.history, "subscriber_history"),
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
        """Exactly one person or case by its number; sent in the body, never in an address."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        typed = form.one("query").strip()
        seen_by = {member.agency_id for member in memberships_with(request, Role.ENROLMENT_ADMIN)}
        async with self._storage.unit_of_work() as uow:
            case = await self._reviews.find_by_number(uow, typed, seen_by=seen_by)
            found = await self._find(uow, typed) if case is None else None
            await self._note_search(uow, admin, found)
        if case is not None:
            return RedirectResponse(f"/reviews/{case.id}", 303)
        if found is None:
            return await self._list(request, admin, after=None, is_not_found=True)
        return RedirectResponse(f"/subscribers/{found}", 303)

    async def show(self, request: Request, admin: Member) -> Response:
        """One person: status, level, evidence. The person sees that somebody looked."""
        subscriber_id = _subscriber_id(request)
        async with self._storage.unit_of_work() as uow:
            subscriber = await self._subscribers.get(uow, subscriber_id)
            is_closed = subscriber.status is SubscriberStatus.CLOSED
            identity = None if is_closed else await self._subscribers.identity(uow, subscriber_id)
            reason = None if is_closed else await self._subscribers.suspension_reason(uow, subscriber_id)
            evidence = await self._enrolments.evidence_of(uow, subscriber_id)
            proposal = await self._two_persons.waiting_on(uow, subscriber_id)
            await self._subscribers.note_look(uow, subscriber_id, by=_acting(admin), what=LookKind.RECORD)
        return self._pages.render(
            request,
            "subscriber.html",
            members=(admin,),
            subscriber=subscriber,
            identity=identity,
            reason=reason,
            evidence=evidence,
            proposal=proposal,
            is_proposer=proposal is not None and proposal.proposed_by_person == admin.subscriber_id,
            closing_reasons=[why.value for why in ClosingReason if why is not ClosingReason.OWNER],
        )

    async def history(self, request: Request, admin: Member) -> Response:
        """The attributes that were held before: a look of its own, since it tells more than the record."""
        subscriber_id = _subscriber_id(request)
        async with self._storage.unit_of_work() as uow:
            await self._subscribers.note_look(uow, subscriber_id, by=_acting(admin), what=LookKind.HISTORY)
            past = await self._subscribers.history(uow, subscriber_id)
        return self._pages.render(
            request, "subscriber_history.html", members=(admin,), past=past, subscriber_id=subscriber_id
        )

    async def propose(self, request: Request, admin: Member) -> Response:
        """The first of two persons: end this identity, or lift what the register stopped."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        wish, why = _wish(form)
        async with self._storage.unit_of_work() as uow:
            await self._two_persons.propose(uow, _subscriber_id(request), wish, by=decider_of(admin), why=why)
        return RedirectResponse(f"/subscribers/{_subscriber_id(request)}", 303)

    async def approve(self, request: Request, admin: Member) -> Response:
        """The second person: it is done."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        proposal_id = ProposalId(form.one("proposal"))
        async with self._storage.unit_of_work() as uow:
            subscriber_id = await self._two_persons.approve(uow, proposal_id, by=decider_of(admin))
        return RedirectResponse(f"/subscribers/{subscriber_id}", 303)

    async def refuse(self, request: Request, admin: Member) -> Response:
        """The second person says no."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        proposal_id = ProposalId(form.one("proposal"))
        async with self._storage.unit_of_work() as uow:
            subscriber_id = await self._two_persons.refuse(
                uow, proposal_id, by=decider_of(admin), reason=form.one("reason")
            )
        return RedirectResponse(f"/subscribers/{subscriber_id}", 303)

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
            not_found_code=SubscriberProblem.UNKNOWN.value,
        )

    async def _find(self, uow: UnitOfWork, query: str) -> SubscriberId | None:
        enrolment = await self._enrolments.find(uow, EnrolmentId(query))
        if enrolment is not None:
            return enrolment.subscriber_id
        try:
            application = await self._enrolments.find_by_case_no(uow, CaseNumber.parse(query))
            return None if application is None else application.subscriber_id
        except InvalidCaseNumber:
            pass  # not the number of an application: perhaps that of a person
        try:
            citizen_id = CitizenId.parse(ascii_digits(query))
        except InvalidIdentifier:
            return None
        subscriber = await self._subscribers.find_by_citizen_id(uow, citizen_id)
        return None if subscriber is None else subscriber.id

    async def _note_search(self, uow: UnitOfWork, admin: Member, subject: SubscriberId | None) -> None:
        actor = Actor(ActorKind.MEMBER, admin.id)
        event = AuditEvent("portal.subscriber_searched", actor=actor, subject=subject, agency_id=admin.agency_id)
        await self._audit.append(uow, event)


def _subscriber_id(request: Request) -> SubscriberId:
    return SubscriberId(request.path_params["subscriber_id"])


def _acting(admin: Member) -> ActingMember:
    return ActingMember(member_id=admin.id, person=admin.subscriber_id, agency_id=admin.agency_id)


def _wish(form: Form) -> tuple[Wish, ClosingReason | None]:
    why = form.one("why")
    try:
        return Wish(form.one("wish")), ClosingReason(why) if why else None
    except ValueError as error:
        raise Refused(WebProblem.MALFORMED, "wish") from error
