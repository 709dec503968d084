"""Pages on which a right is asked for, granted by proposal to a second person, or narrowed at once."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.agreements.model import Second
from idp.agencies.agreements.service import Agreements
from idp.agencies.model import AgencyProblem, Agreement, AgreementKind, Member, Role, Standing
from idp.agencies.service import Agencies
from idp.agencies.sought import find_services_sought
from idp.approvals.model import Decider
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel
from idp.kernel.errors import NotFound, TuatonError
from idp.kernel.ids import AgencyId, AgreementId, ServiceId, is_id
from idp.kernel.text import printable
from idp.portal.agreement_form import last_day_of, one_of, terms_of
from idp.portal.agreement_rows import FORM, LIST, REFUSALS, AgreementRows, deciders_of
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage, UnitOfWork
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages


class AgreementAsking:
    """`/agreements/new` and `/agreements/terms`; `AgreementPages` has their place in the route table."""

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
        rows: AgreementRows,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._agencies = agencies
        self._agreements = agreements
        self._rows = rows

    async def choose(self, request: Request, member: Member) -> Response:
        """Which service, which data, by which channel."""
        typed = request.query_params.get("agency", "")
        async with self._storage.reading() as uow:
            sought = await find_services_sought(uow, typed, of=_agencies_of(request))
        return self._pages.render(
            request,
            "agreement_new.html",
            members=(member,),
            sought=sought,
            datasets=tuple(DATASETS.values()),
            channels=tuple(Channel),
        )

    async def terms(self, request: Request, member: Member) -> Response:
        """The form of the terms: of a new right, or of `of`."""
        asked = request.query_params
        of = asked.get("of", "")
        async with self._storage.reading() as uow:
            if is_id("agr", of):
                present, _ = await self._rows.visible(uow, request, AgreementId(of))
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
                present, by = await self._rows.visible(uow, request, AgreementId(of))
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
            answer = await self._form(request, member, wanted, problem=refusal, of=of)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"/proposals/{proposal.id}", 303)

    async def _form(
        self,
        request: Request,
        member: Member,
        agreement: Agreement,
        *,
        problem: TuatonError | None = None,
        of: str | None = None,
    ) -> Response:
        async with self._storage.reading() as uow:
            (row,) = await self._rows.of(uow, [agreement])
        if row.dataset is None:
            # there is nothing left of it to choose from; what stands can be looked at and stopped
            raise NotFound(AgencyProblem.UNKNOWN, "data set")
        text = None if problem is None else self._problems.about(problem)
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

    async def _blank(
        self, uow: UnitOfWork, request: Request, service_id: str, dataset_id: str
    ) -> tuple[Agreement, Decider]:
        dataset, own = DATASETS.get(dataset_id), _agencies_of(request)
        wanted = ServiceId(printable(service_id))
        service = (await self._agencies.services_named(uow, {wanted})).get(wanted)
        is_theirs = service is not None and (own is None or service.agency_id in own)
        if service is None or not is_theirs or service.status is not Standing.ACTIVE or dataset is None:
            raise NotFound(AgencyProblem.UNKNOWN, "service or data set")
        today = datetime.combine(uow.now.astimezone(BANGKOK).date(), time.min, BANGKOK)
        blank = Agreement(
            id=AgreementId(""),
            agency_id=service.agency_id,
            service_id=service.id,
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


def _agencies_of(request: Request) -> set[AgencyId] | None:
    """For whose services this person may propose: an administrator for the own agency's; None for everybody's."""
    deciders = deciders_of(request)
    if any(one.roles & {Role.DATA_OWNER.value, Role.PLATFORM_ADMIN.value} for one in deciders):
        return None
    return {AgencyId(one.agency_id) for one in deciders}
