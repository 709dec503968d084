"""On the way to a service: for whom do you act, and what happens while co-signers have not signed yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.identifiers import InvalidIdentifier, JuristicId, ascii_digits
from idp.agencies.model import Service
from idp.agencies.service import Agencies
from idp.audit.security_log import SecurityLog
from idp.authentication.model import SsoSession
from idp.authorization.requests.model import (
    AskConsent,
    AwaitCosigners,
    ChooseActor,
    ChosenActor,
    PendingRequest,
    StepUp,
)
from idp.authorization.requests.representing import Choices
from idp.authorization.requests.service import AuthorizationRequests
from idp.catalogue.model import DataSet
from idp.catalogue.shown import shown_dataset
from idp.kernel.errors import Refused
from idp.kernel.ids import ServiceId
from idp.provider.pages.client_answer import answer_client
from idp.provider.pages.flows import Flows, change_actor_url, continue_url, form_target
from idp.provider.pages.session_cookie import Citizen, Citizens
from idp.representation.mandates.model import CompanyPrincipal, Mandate, PersonPrincipal
from idp.representation.model import MandateId, RepresentationProblem
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.languages import Language
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

CHOOSE, WAIT = "/acting", "/co-signers"


@dataclass(frozen=True, slots=True, repr=False)
class MandateChoice:
    """A mandate as the page offers it: of whom, and what it allows."""

    mandate: Mandate
    of: str
    is_of_company: bool
    services: tuple[Service, ...]
    datasets: tuple[DataSet, ...]


class ChooseActorPages:
    """`/acting` and `/co-signers`: both belong to one flow in one browser, and count for who is signed in to it."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        requests: AuthorizationRequests,
        flows: Flows,
        subscribers: Subscribers,
        agencies: Agencies,
        security_log: SecurityLog,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._requests = requests
        self._flows = flows
        self._subscribers = subscribers
        self._agencies = agencies
        self._security_log = security_log

    def entries(self) -> tuple[Entry, ...]:
        """The pages and their forms. Who is not signed in is sent back to the dispatcher of the flow."""
        return (
            Entry(CHOOSE, ("GET",), self._ask, Access.CITIZEN, "choose_actor"),
            Entry(CHOOSE, ("POST",), self._choose, Access.CITIZEN, "actor_chosen"),
            Entry(WAIT, ("GET",), self._wait, Access.CITIZEN, "await_cosigners"),
            Entry(WAIT, ("POST",), self._go_back, Access.CITIZEN, "cosigners_awaited"),
        )

    async def _ask(self, request: Request) -> Response:
        flow = request.query_params.get("flow", "")
        pending, citizen = self._opened(request, flow), await self._citizens.find(request)
        if citizen is None:
            return RedirectResponse(continue_url(flow), 303)
        company = await self._requests.read_company(pending)
        async with self._storage.reading() as uow:
            step = await self._requests.next_step(uow, pending, citizen.session, company)
        if isinstance(step, ChooseActor):
            return await self._page(request, flow, pending, citizen, problem=step.problem)
        if "again" in request.query_params and isinstance(step, AskConsent | AwaitCosigners | StepUp):
            # chosen before, and not yet decided: the person may think again
            return await self._page(request, flow, pending, citizen, problem=None)
        return RedirectResponse(continue_url(flow), 303)

    async def _choose(self, request: Request) -> Response:
        form = await read_form(request)
        flow = form.one("flow")
        self._csrf.check_origin(request)
        pending, citizen = self._opened(request, flow), await self._citizens.find(request)
        if citizen is None:
            return RedirectResponse(continue_url(flow), 303)
        # whoever signed in to this browser since then has not read the page that this form stood on
        self._csrf.check(request, form, form=_form(CHOOSE, flow, citizen.session))
        if form.one("actor") == "nobody":
            answer = await self._requests.deny(pending, citizen.session)
            return answer_client(self._pages, request, answer, ui_locales=pending.request.ui_locales)
        choices = await self._requests.choices(pending, citizen.session)
        actor = _chosen(form, choices, citizen)
        chosen = actor if isinstance(actor, StrEnum) else await self._requests.choose(pending, citizen.session, actor)
        if isinstance(chosen, StrEnum):
            return await self._page(request, flow, pending, citizen, problem=chosen)
        handle = self._requests.flow_handle(chosen, self._csrf.browsers.of(request))
        return RedirectResponse(continue_url(handle), 303)

    async def _wait(self, request: Request) -> Response:
        flow = request.query_params.get("flow", "")
        pending, citizen = self._opened(request, flow), await self._citizens.find(request)
        if citizen is None:
            return RedirectResponse(continue_url(flow), 303)
        company = await self._requests.read_company(pending)
        async with self._storage.reading() as uow:
            step = await self._requests.next_step(uow, pending, citizen.session, company)
        if not isinstance(step, AwaitCosigners):
            return RedirectResponse(continue_url(flow), 303)
        return self._pages.render(
            request,
            "cosigners.html",
            judged=("flow",),
            form_action=(form_target(pending),),
            ui_locales=pending.request.ui_locales,
            flow=flow,
            form=_form(WAIT, flow, citizen.session),
            asker=await self._flows.asker(flow, self._csrf.browsers.of(request)),
            act=step.joint_act,
            company=step.company,
            change_actor=change_actor_url(flow),
            missing=sorted(step.missing.may_complete) if step.missing is not None else [],
            seal_only=step.missing is not None and step.missing.seal,
        )

    async def _go_back(self, request: Request) -> Response:
        form = await read_form(request)
        flow = form.one("flow")
        self._csrf.check_origin(request)
        pending, citizen = self._opened(request, flow), await self._citizens.find(request)
        if citizen is None:
            return RedirectResponse(continue_url(flow), 303)
        self._csrf.check(request, form, form=_form(WAIT, flow, citizen.session))
        answer = await self._requests.await_cosigners(pending)
        return answer_client(self._pages, request, answer, ui_locales=pending.request.ui_locales)

    def _opened(self, request: Request, flow: str) -> PendingRequest:
        try:
            return self._requests.open_flow(flow, self._csrf.browsers.of(request))
        except Refused as refused:
            self._security_log.note("acting.flow_unusable", reason=refused.code.value)
            raise

    async def _page(
        self, request: Request, flow: str, pending: PendingRequest, citizen: Citizen, *, problem: StrEnum | None
    ) -> Response:
        choices = await self._requests.choices(pending, citizen.session)
        language = self._pages.language(request, ui_locales=pending.request.ui_locales)
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "choose_actor.html",
            judged=("flow",),
            status_code=200 if text is None else text.status,
            form_action=(form_target(pending),),
            ui_locales=pending.request.ui_locales,
            flow=flow,
            form=_form(CHOOSE, flow, citizen.session),
            asker=await self._flows.asker(flow, self._csrf.browsers.of(request)),
            choices=choices,
            mandates=await self._mandates(choices.mandates, language),
            citizen_name=await self._name(citizen, language),
            problem=text,
        )

    async def _name(self, citizen: Citizen, language: Language) -> str:
        async with self._storage.reading() as uow:
            identity = await self._subscribers.identity(uow, citizen.subscriber.id)
        return identity.name(thai=language is Language.TH).full()

    async def _mandates(self, mandates: Sequence[Mandate], language: Language) -> list[MandateChoice]:
        async with self._storage.reading() as uow:
            wanted = {service for mandate in mandates for service in mandate.terms.scope.services}
            services: Mapping[ServiceId, Service] = await self._agencies.services_named(uow, wanted)
            found = []
            for mandate in mandates:
                of = ""
                if isinstance(mandate.principal, CompanyPrincipal):
                    of = mandate.principal.juristic_id.digits
                elif isinstance(mandate.principal, PersonPrincipal):
                    identity = await self._subscribers.identity(uow, mandate.principal.subscriber_id)
                    of = identity.name(thai=language is Language.TH).full()
                scope = mandate.terms.scope
                found.append(
                    MandateChoice(
                        mandate,
                        of,
                        isinstance(mandate.principal, CompanyPrincipal),
                        tuple(services[one] for one in sorted(scope.services) if one in services),
                        tuple(shown_dataset(one) for one in sorted(scope.datasets)),
                    )
                )
        return found


def _chosen(form: Form, choices: Choices, citizen: Citizen) -> ChosenActor | StrEnum:
    """What the form names, if the page offered it; else why not."""
    kind, _, which = form.one("actor").partition(":")
    person = citizen.subscriber.id
    if kind == "self" and choices.for_self:
        return ChosenActor(person)
    if kind == "company":
        try:
            juristic_id = JuristicId.parse(which or ascii_digits(form.one("juristic_id")))
        except InvalidIdentifier:
            return RepresentationProblem.UNKNOWN_COMPANY
        if not choices.other_company and juristic_id not in choices.companies:
            return RepresentationProblem.BEYOND_MANDATE
        return ChosenActor(person, juristic_id=juristic_id.digits)
    for mandate in choices.mandates:
        if kind == "mandate" and mandate.id == which:
            principal = mandate.principal
            company = principal.juristic_id.digits if isinstance(principal, CompanyPrincipal) else None
            return ChosenActor(person, MandateId(which), company)
    return RepresentationProblem.UNKNOWN_MANDATE


def _form(path: str, flow: str, session: SsoSession) -> str:
    return f"{path}:{flow}:{session.id}"
