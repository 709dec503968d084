"""My account: what a program asks of a company, without a browser; whoever is asked signs for the company."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.service import Agencies
from idp.authorization.deferred.companies import Authority, CompanyRequests
from idp.authorization.deferred.model import DeferredProblem, Waiting
from idp.authorization.deferred.service import DeferredRequests
from idp.consent.rules import agreed_details
from idp.consent.service import Consents
from idp.kernel.errors import Refused
from idp.protocol.scopes import consent_names
from idp.provider.account.companies import REFUSALS
from idp.provider.account.mandates import signer_of
from idp.provider.account.signatures import LIST as SIGNATURES
from idp.provider.pages.consent_view import ActingView, ConsentView
from idp.provider.pages.session_cookie import Citizen, Citizens
from idp.representation.companies.model import CompanyFacts
from idp.representation.model import RepresentationProblem
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


@dataclass(frozen=True, slots=True, repr=False)
class Answerable:
    """A request with what the person may answer by. Without `authority`, `problem` says why nothing can be allowed."""

    waiting: Waiting
    facts: CompanyFacts | None
    authority: Authority | None
    problem: StrEnum | None


class CompanyRequestPages:
    """`/account/requests/{id}/company`; signing needs a sign-in with a passkey minutes ago."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        agencies: Agencies,
        consents: Consents,
        deferred: DeferredRequests,
        requests: CompanyRequests,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._agencies = agencies
        self._consents = consents
        self._deferred = deferred
        self._requests = requests

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        path = "/account/requests/{request_id}/company"
        return (
            Entry(path, ("GET",), self._ask, Access.CITIZEN, "company_request"),
            Entry(path, ("POST",), self._decide, Access.CITIZEN, "company_request_decision"),
        )

    async def _ask(self, request: Request) -> Response:
        citizen = await self._citizens.fresh(request, returning=request.url.path)
        if isinstance(citizen, Response):
            return citizen
        return await self._page(request, citizen, await self._answerable(request, citizen))

    async def _decide(self, request: Request) -> Response:
        form = await read_form(request)
        citizen = await self._citizens.fresh(request, returning=request.url.path)
        if isinstance(citizen, Response):
            return citizen
        # whoever signed in to this browser since then has not read the page that this form stood on
        self._csrf.check(request, form, form=_form(request, citizen))
        found = await self._answerable(request, citizen)
        match form.one("decision"):
            case "allow":
                return await self._allow(request, form, citizen, found)
            case "deny":
                async with self._storage.unit_of_work() as uow:
                    await self._deferred.deny(uow, found.waiting, citizen.session)
                return self._pages.render(request, "account/decided.html", allowed=False, is_device=False)
            case _:
                raise Refused(WebProblem.MALFORMED, "decision is neither allow nor deny")

    async def _allow(self, request: Request, form: Form, citizen: Citizen, found: Answerable) -> Response:
        if found.facts is None or found.authority is None:
            return await self._page(request, citizen, found)
        view = await self._view(found)
        shown, chosen = view.agreed_text(form.one("shown")), frozenset(form.all("optional")) & view.optional
        if shown is None:
            # the texts, or the company's rule, changed while the page was open: it is shown again, as it is now
            return RedirectResponse(request.url.path, 303)
        if not view.may_agree(chosen):
            return _again(request, nothing="ticked")
        try:
            async with self._storage.unit_of_work() as uow:
                act = await self._requests.allow(
                    uow,
                    found.waiting,
                    citizen.session,
                    found.facts,
                    reached=signer_of(citizen).acr,
                    shown=view.said(await self._consents.keep_shown(uow, shown)),
                    sealed=form.one("sealed") == "yes",
                    chosen=chosen,
                )
        except REFUSALS as refusal:
            if refusal.code is RepresentationProblem.COSIGNERS_MISSING:
                return _again(request, seal="missing")
            raise
        if act is not None:
            return RedirectResponse(f"{SIGNATURES}/{act.id}", 303)
        return self._pages.render(request, "account/decided.html", allowed=True, is_device=False)

    async def _answerable(self, request: Request, citizen: Citizen) -> Answerable:
        """What the address names, and by what this citizen may answer it. Raises Refused (NOTHING_WAITING)."""
        async with self._storage.reading() as uow:
            waiting = await self._deferred.asked_of(uow, request.path_params["request_id"], citizen.subscriber.id)
        if waiting.request.company is None:
            raise Refused(DeferredProblem.NOTHING_WAITING, "the person answers for themselves")
        facts = None
        try:
            facts = await self._requests.read(waiting)
            async with self._storage.reading() as uow:
                authority = await self._requests.authority(uow, waiting, signer_of(citizen), facts)
        except REFUSALS as refusal:
            return Answerable(waiting, facts, None, refusal.code)
        return Answerable(waiting, facts, authority, None)

    async def _page(self, request: Request, citizen: Citizen, found: Answerable) -> Response:
        view, text = await self._view(found), None if found.problem is None else self._problems.text(found.problem)
        return self._pages.render(
            request,
            "account/company_request.html",
            status_code=200 if text is None else text.status,
            problem=text,
            waiting=found.waiting,
            company=found.facts,
            juristic_id=found.waiting.request.company,
            view=view,
            optional=view.optional,
            nothing_ticked="nothing" in request.query_params,
            seal_missing="seal" in request.query_params,
            ends_at=view.ends_at(self._storage.clock.now()),
            shown=view.shown_hash(self._pages.language(request)),
            form=_form(request, citizen),
        )

    async def _view(self, found: Answerable) -> ConsentView:
        waiting, authority = found.waiting, found.authority
        details = waiting.request.details
        async with self._storage.reading() as uow:
            agency = await self._agencies.agency(uow, waiting.client.agency_id)
            service = await self._agencies.service(uow, details[0].purpose)
        if authority is not None and authority.signs_with_others:
            # nobody adds what the others did not sign
            details = agreed_details(details, optional=service.optional_fields, chosen=frozenset())
        return ConsentView(
            client=waiting.client,
            agency=agency,
            service=service,
            details=details,
            claims=consent_names(waiting.request.scope),
            acting=None if authority is None else _acting(authority),
        )


def _acting(authority: Authority) -> ActingView:
    company, role = authority.representation, authority.role
    return ActingView(
        company.name_th,
        company.name_en or company.name_th,
        is_company=True,
        signs=role is not None,
        alone=role is not None and role.alone,
        seal=role is not None and role.seal,
    )


def _form(request: Request, citizen: Citizen) -> str:
    """The name under which the form is protected: it counts in the session it was shown to, in no other."""
    return f"decide-company:{request.path_params['request_id']}:{citizen.session.visit_id}"


def _again(request: Request, **why: str) -> Response:
    return RedirectResponse(f"{request.url.path}?{urlencode(why)}", 303)
