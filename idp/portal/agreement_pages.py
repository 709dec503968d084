"""Pages of rights to data: what stands, what ends soon, asking for a right, granting, narrowing and stopping it.

For the staff of the data's owner, of the platform, and the administrators of the agencies that use data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.agreements.model import Second
from idp.agencies.agreements.service import Agreements
from idp.agencies.model import (
    Agency,
    AgencyProblem,
    Agreement,
    AgreementKind,
    Member,
    Role,
    Service,
    Standing,
)
from idp.agencies.rules import is_in_force
from idp.agencies.service import Agencies
from idp.approvals.model import Decider, Proposal, ProposalId
from idp.approvals.service import Approvals
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel, DataSet
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgreementId, MemberId, ServiceId, is_id
from idp.portal.agreement_form import last_day_of, officer_days_of, one_of, reference_of, terms_of
from idp.portal.staff import StaffGate, decider_of
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

LIST: Final = "/agreements"
FORM: Final = "agreements"
SOON: Final = timedelta(days=60)
PAGE_LENGTH: Final = 20
ROLES: Final = (Role.AGENCY_ADMIN, Role.DATA_OWNER, Role.PLATFORM_ADMIN)
"""Who has to do with rights, the least right first: in that one somebody acts until another is chosen."""
REFUSALS: Final = (Refused, NotFound, Conflict)
STOPS: Final = {"suspend": Standing.SUSPENDED, "end": Standing.ENDED}


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """A right as it is listed, with the records its ids name; `ends_soon` within `SOON`.

    No `dataset` is one that has left the catalogue: it is shown by its id.
    """

    agreement: Agreement
    agency: Agency
    service: Service
    dataset: DataSet | None
    in_force: bool
    ends_soon: bool


class AgreementPages:
    """`/agreements…`: for whoever asks for rights, grants them or stops them."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        agencies: Agencies,
        agreements: Agreements,
        approvals: Approvals,
        subscribers: Subscribers,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._agencies = agencies
        self._agreements = agreements
        self._approvals = approvals
        self._subscribers = subscribers

    def entries(self) -> tuple[Entry, ...]:
        """The route table of rights."""
        rows = (
            (LIST, "GET", self.list_page, "agreements"),
            (f"{LIST}/new", "GET", self.choose, "agreement_new"),
            (f"{LIST}/terms", "GET", self.terms, "agreement_terms"),
            (f"{LIST}/terms", "POST", self.propose, "agreement_proposed"),
            (f"{LIST}/{{agreement_id}}", "GET", self.detail, "agreement"),
            (f"{LIST}/{{agreement_id}}/stop", "POST", self.stop, "agreement_stopped"),
            (f"{LIST}/{{agreement_id}}/officers", "POST", self.officers, "agreement_officers"),
        )
        return self._gate.entries_in_one_role(ROLES, rows)

    async def list_page(self, request: Request, member: Member) -> Response:
        """What waits for this person, and the rights they may look at, those that end first on top, page by page."""
        deciders = deciders_of(request)
        after, waiting_after = _place(request, "after", "agr"), _place(request, "waiting_after", "prp")
        async with self._storage.reading() as uow:
            waiting = await self._waiting(uow, deciders, waiting_after)
            own = [one for one in await self._approvals.proposed_by(uow, deciders[0]) if one.waits(uow.now)]
            found = await self._agreements.page(
                uow, deciders, after=None if after is None else AgreementId(after), limit=PAGE_LENGTH + 1
            )
            rows = await self._rows(uow, found[:PAGE_LENGTH])
        return self._pages.render(
            request,
            "agreements.html",
            members=(member,),
            waiting=_known(waiting[:PAGE_LENGTH]),
            more_waiting=f"{LIST}?waiting_after={waiting[PAGE_LENGTH - 1].id}" if len(waiting) > PAGE_LENGTH else None,
            own=_known(own),
            rows=rows,
            next_page=f"{LIST}?after={rows[-1].agreement.id}" if len(found) > PAGE_LENGTH else None,
            datasets=DATASETS,
        )

    async def _waiting(self, uow: UnitOfWork, deciders: Sequence[Decider], after: str | None) -> list[Proposal]:
        """What waits for any of these memberships, oldest first, one more than a page."""
        last = None if after is None else ProposalId(after)
        found = {
            one.id: one
            for by in deciders
            for one in await self._approvals.waiting_for(uow, by, after=last, limit=PAGE_LENGTH + 1)
        }
        return sorted(found.values(), key=lambda one: one.id)

    async def detail(self, request: Request, member: Member) -> Response:
        """One right with all its terms."""
        return await self._detail(request, member)

    async def stop(self, request: Request, member: Member) -> Response:
        """Suspend it, or end it for good: at once, by one person of the data's owner or the platform."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        to = STOPS.get(form.one("act"))
        try:
            async with self._storage.unit_of_work() as uow:
                act = self._agreements.end if to is Standing.ENDED else self._agreements.suspend
                if to is None or (to is Standing.ENDED and form.one("sure") != "yes"):
                    raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, "act")
                agreement, by = await self._visible(uow, request, _agreement_id(request))
                await act(uow, agreement.id, by=by)
        except REFUSALS as refusal:
            answer = await self._detail(request, member, problem=refusal.code)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"{LIST}/{_agreement_id(request)}", 303)

    async def officers(self, request: Request, member: Member) -> Response:
        """The owner gives one officer the data in person, or takes that back: at once, by one person."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            async with self._storage.unit_of_work() as uow:
                agreement, by = await self._visible(uow, request, _agreement_id(request))
                officers = {one.member.id: one for one in await self._agreements.officers(uow, agreement)}
                officer = officers.get(MemberId(form.one("member")))
                if officer is None:
                    raise NotFound(AgencyProblem.UNKNOWN, "officer")
                # what the page said, not what stands now: a second click, or a page of before, must not turn it around
                if (form.one("act") == "take_back") is (officer.grant is None):
                    raise Conflict(AgencyProblem.CHANGED_MEANWHILE)
                if officer.grant is not None:
                    await self._agreements.end_officer_grant(uow, officer.grant.id, by=by)
                else:
                    begins, ends = officer_days_of(form)
                    await self._agreements.grant_officer(
                        uow,
                        officer.member.id,
                        dataset=agreement.dataset,
                        reference_no=reference_of(form),
                        valid_from=begins,
                        valid_until=ends,
                        by=by,
                    )
        except REFUSALS as refusal:
            answer = await self._detail(request, member, problem=refusal.code)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"{LIST}/{_agreement_id(request)}", 303)

    async def choose(self, request: Request, member: Member) -> Response:
        """Which service, which data, by which channel."""
        async with self._storage.reading() as uow:
            services = await self._services(uow, request)
            agencies = await self._agencies.agencies_named(uow, {one.agency_id for one in services})
        return self._pages.render(
            request,
            "agreement_new.html",
            members=(member,),
            services=services,
            agencies=agencies,
            datasets=tuple(DATASETS.values()),
            channels=tuple(Channel),
        )

    async def terms(self, request: Request, member: Member) -> Response:
        """The form of the terms: of a new right, or of `of`."""
        asked = request.query_params
        of = asked.get("of", "")
        async with self._storage.reading() as uow:
            if is_id("agr", of):
                present, _ = await self._visible(uow, request, AgreementId(of))
            else:
                present, _ = await self._blank(uow, request, asked.get("service", ""), asked.get("dataset", ""))
                channel = asked.get("channel", "")
                present = replace(present, channel=Channel(channel) if channel in set(Channel) else Channel.ONLINE)
        return await self._form(request, member, present)

    async def propose(self, request: Request, member: Member) -> Response:
        """Propose the terms to a second person, or narrow the right at once."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        of = form.one("of")
        async with self._storage.reading() as uow:
            if is_id("agr", of):
                present, by = await self._visible(uow, request, AgreementId(of))
            else:
                blank, by = await self._blank(uow, request, form.one("service"), form.one("dataset"))
                present = replace(blank, channel=one_of(Channel, form.one("channel")))
        wanted = present
        try:
            wanted = terms_of(form, present)
            async with self._storage.unit_of_work() as uow:
                if form.one("act") == "narrow":
                    await self._agreements.narrow(uow, wanted, by=by)
                    return RedirectResponse(f"{LIST}/{wanted.id}", 303)
                if not is_id("agr", of):
                    wanted = replace(wanted, id=self._agreements.new_id(uow))
                second = one_of(Second, form.one("second"))
                proposal = await self._agreements.propose(uow, wanted, by=by, second=second)
        except REFUSALS as refusal:
            answer = await self._form(request, member, wanted, problem=refusal.code, of=of)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"/proposals/{proposal.id}", 303)

    async def _detail(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            agreement, by = await self._visible(uow, request, _agreement_id(request))
            (row,) = await self._rows(uow, [agreement])
            may_stop = await self._agreements.may_stop(uow, agreement, by)
            may_grant = await self._agreements.may_grant_officers(uow, agreement, by)
            officers = []
            if may_stop and row.agreement.officers_need_grant:
                officers = list(await self._agreements.officers(uow, row.agreement))
            # whoever gives somebody a right has to know who that is
            names = {one.member.id: await self._subscribers.identity(uow, one.member.subscriber_id) for one in officers}
            today = uow.now.astimezone(BANGKOK).date()
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "agreement.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            row=row,
            may_stop=may_stop,
            may_grant=may_grant,
            officers=officers,
            names=names,
            first_day=today.isoformat(),
            last_day=last_day_of(row.agreement.valid_until).isoformat(),
            problem=text,
        )

    async def _form(
        self,
        request: Request,
        member: Member,
        agreement: Agreement,
        *,
        problem: StrEnum | None = None,
        of: str | None = None,
    ) -> Response:
        async with self._storage.reading() as uow:
            (row,) = await self._rows(uow, [agreement])
        if row.dataset is None:
            # there is nothing left of it to choose from; what stands can be looked at and stopped
            raise NotFound(AgencyProblem.UNKNOWN, "data set")
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "agreement_form.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            row=row,
            of=agreement.id if of is None else of,
            kinds=tuple(AgreementKind),
            bases=[one for one in Basis if one in row.dataset.bases and one is not Basis.OWNER],
            seconds=tuple(Second),
            first_day=agreement.valid_from.astimezone(BANGKOK).date().isoformat(),
            last_day=last_day_of(agreement.valid_until).isoformat(),
            problem=text,
        )

    async def _rows(self, uow: UnitOfWork, agreements: Sequence[Agreement]) -> list[AgreementRow]:
        agencies = await self._agencies.agencies_named(uow, {one.agency_id for one in agreements})
        services = await self._agencies.services_named(uow, {one.service_id for one in agreements})
        rows = []
        for one in agreements:
            live = is_in_force(one, now=uow.now)
            rows.append(
                AgreementRow(
                    agreement=one,
                    agency=agencies[one.agency_id],
                    service=services[one.service_id],
                    dataset=DATASETS.get(one.dataset),
                    in_force=live,
                    ends_soon=live and one.valid_until <= uow.now + SOON,
                )
            )
        return rows

    async def _visible(self, uow: UnitOfWork, request: Request, agreement_id: AgreementId) -> tuple[Agreement, Decider]:
        """The agreement, and with which membership this person meets it.

        Raises NotFound, as for what does not exist, for another's.
        """
        found = await self._agreements.get(uow, agreement_id)
        by = await self._agreements.acting(uow, found, deciders_of(request))
        if by is None:
            raise NotFound(AgencyProblem.UNKNOWN, "agreement")
        return found, by

    async def _services(self, uow: UnitOfWork, request: Request) -> tuple[Service, ...]:
        """For which services this person may propose: an administrator for those of the own agency."""
        services = [one for one in await self._agencies.all_services(uow) if one.status is Standing.ACTIVE]
        deciders = deciders_of(request)
        if any(one.roles & {Role.DATA_OWNER.value, Role.PLATFORM_ADMIN.value} for one in deciders):
            return tuple(services)
        own = {one.agency_id for one in deciders}
        return tuple(one for one in services if one.agency_id in own)

    async def _blank(
        self, uow: UnitOfWork, request: Request, service_id: str, dataset_id: str
    ) -> tuple[Agreement, Decider]:
        service = next((one for one in await self._services(uow, request) if one.id == service_id), None)
        dataset = DATASETS.get(dataset_id)
        if service is None or dataset is None:
            raise NotFound(AgencyProblem.UNKNOWN, "service or data set")
        today = datetime.combine(uow.now.astimezone(BANGKOK).date(), time.min, BANGKOK)
        blank = Agreement(
            id=AgreementId(""),
            agency_id=service.agency_id,
            service_id=ServiceId(service_id),
            dataset=dataset.id,
            fields=frozenset(),
            bases=frozenset(),
            channel=Channel.ONLINE,
            kind=AgreementKind.OTHER,
            reference_no="",
            granted_by=dataset.owner_en,
            valid_from=today.astimezone(UTC),
            valid_until=(today + timedelta(days=365)).astimezone(UTC),
            daily_quota=100,
        )
        deciders = deciders_of(request)
        return blank, await self._agreements.acting(uow, blank, deciders) or deciders[0]


def _place(request: Request, name: str, kind: str) -> str | None:
    """The last id of the page before. Raises NotFound."""
    text = request.query_params.get(name)
    if text is not None and not is_id(kind, text):
        raise NotFound(AgencyProblem.UNKNOWN, name)
    return text


def deciders_of(request: Request) -> tuple[Decider, ...]:
    """The membership of whoever was let through, with the one role that is acted in."""
    members: tuple[Member, ...] = request.state.memberships
    return tuple(decider_of(one) for one in members if not one.roles.isdisjoint(ROLES))


def _known(proposals: tuple[Proposal, ...] | list[Proposal]) -> list[Proposal]:
    """Those that the pages of this family show."""
    return [one for one in proposals if one.change.kind.startswith(("agencies.", "configuration."))]


def _agreement_id(request: Request) -> AgreementId:
    text: str = request.path_params["agreement_id"]
    if not is_id("agr", text):
        raise NotFound(AgencyProblem.UNKNOWN, "agreement")
    return AgreementId(text)
