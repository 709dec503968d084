"""The consent page: who asks, for what, which data, how long, and what if not; then one decision."""

import hashlib
from typing import assert_never
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.service import Agencies
from idp.audit.security_log import SecurityLog
from idp.authentication.model import SsoSession
from idp.authorization.requests.model import AskConsent, PendingRequest, Represented
from idp.authorization.requests.service import AuthorizationRequests
from idp.consent.rules import agreed_details
from idp.consent.service import Consents
from idp.exchange.preview import Previews
from idp.kernel.errors import Refused
from idp.provider.pages.client_answer import answer_client
from idp.provider.pages.consent_values import ConsentValues
from idp.provider.pages.consent_view import ActingView, ConsentView, by_law_sections, unknown_rows
from idp.provider.pages.flows import change_actor_url, continue_url, form_target, picture_origin
from idp.provider.pages.session_cookie import Citizen, Citizens
from idp.representation.companies.model import JointAct
from idp.representation.mandates.model import MandateKind
from idp.representation.mandates.service import Mandates
from idp.representation.model import ForCompany, ForPerson, ForSelf
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class ConsentPages:
    """`/consent`: shows the request of a flow to the signed-in citizen and takes the decision."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        citizens: Citizens,
        requests: AuthorizationRequests,
        agencies: Agencies,
        consents: Consents,
        subscribers: Subscribers,
        mandates: Mandates,
        previews: Previews,
        security_log: SecurityLog,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._requests = requests
        self._agencies = agencies
        self._consents = consents
        self._subscribers = subscribers
        self._mandates = mandates
        self._values = ConsentValues(storage=storage, subscribers=subscribers, previews=previews)
        self._security_log = security_log

    def entries(self) -> tuple[Entry, ...]:
        """The page and its form. Who is not signed in is sent back to the dispatcher of the flow."""
        return (
            Entry("/consent", ("GET",), self._ask, Access.CITIZEN, "consent"),
            Entry("/consent", ("POST",), self._decide, Access.CITIZEN, "consent_decision"),
        )

    async def _ask(self, request: Request) -> Response:
        flow = request.query_params.get("flow", "")
        pending = self._opened(request, flow)
        citizen = await self._citizens.find(request)
        view = None if citizen is None else await self._view(pending, citizen)
        if citizen is None or view is None:
            return RedirectResponse(continue_url(flow), 303)
        language = self._pages.language(request, ui_locales=pending.request.ui_locales)
        told = await self._values.of(view, citizen, language)
        logo_origin = picture_origin(view.client.logo_uri)
        return self._pages.render(
            request,
            "consent.html",
            judged=("flow",),
            form_action=(form_target(pending),),
            image_sources=() if logo_origin is None else (logo_origin,),
            ui_locales=pending.request.ui_locales,
            view=view,
            logo_uri=None if logo_origin is None else view.client.logo_uri,
            values=told.values,
            updated_at=told.updated_at,
            asked_at=told.asked_at,
            unknown=unknown_rows(view.sections, told.values),
            new=view.new,
            optional=view.optional,
            ends_at=view.ends_at(self._storage.clock.now()),
            flow=flow,
            form=consent_form(flow, citizen.session),
            change_actor=change_actor_url(flow),
            citizen_name=await self._values.name_of(citizen.subscriber.id, language),
            shown=view.shown_hash(language),
            seal_missing="seal" in request.query_params,
            nothing_ticked="nothing" in request.query_params,
            reference=reference_of(pending),
        )

    async def _decide(self, request: Request) -> Response:
        form = await read_form(request)
        flow = form.one("flow")
        self._csrf.check_origin(request)
        pending = self._opened(request, flow)
        citizen = await self._citizens.find(request)
        if citizen is None:
            return RedirectResponse(continue_url(flow), 303)
        # whoever signed in to this browser since then has not read the page that this form stood on
        self._csrf.check(request, form, form=consent_form(flow, citizen.session))
        view = await self._view(pending, citizen)
        if view is None:
            return RedirectResponse(continue_url(flow), 303)
        match form.one("decision"):
            case "allow":
                shown, chosen = view.agreed_text(form.one("shown")), frozenset(form.all("optional")) & view.optional
                if shown is None:
                    # the texts changed while the page was open: it is shown again, as it is now
                    return RedirectResponse(f"/consent?{urlencode({'flow': flow})}", 303)
                if not view.may_agree(chosen):
                    return RedirectResponse(f"/consent?{urlencode({'flow': flow, 'nothing': 'ticked'})}", 303)
                is_sealed = form.one("sealed") == "yes"
                if view.acting is not None and view.acting.alone and view.acting.seal and not is_sealed:
                    return RedirectResponse(f"/consent?{urlencode({'flow': flow, 'seal': 'missing'})}", 303)
                said = view.said(await self._keep(shown))
                allowed = await self._requests.allow(
                    pending, citizen.session, shown=said, sealed=is_sealed, chosen=chosen
                )
                if allowed is None:
                    # what is asked for changed in the same instant
                    return RedirectResponse(f"/consent?{urlencode({'flow': flow})}", 303)
                if isinstance(allowed, JointAct):
                    # others have to sign: the dispatcher says who
                    return RedirectResponse(continue_url(flow), 303)
                answer = allowed
            case "deny":
                answer = await self._requests.deny(pending, citizen.session)
            case _:
                raise Refused(WebProblem.MALFORMED, "decision is neither allow nor deny")
        return answer_client(self._pages, request, answer, ui_locales=pending.request.ui_locales)

    async def _keep(self, shown: str) -> str:
        """Keep what the page said before anybody relies on its hash."""
        async with self._storage.unit_of_work() as uow:
            return await self._consents.keep_shown(uow, shown)

    def _opened(self, request: Request, flow: str) -> PendingRequest:
        try:
            return self._requests.open_flow(flow, self._csrf.browsers.of(request))
        except Refused as refused:
            self._security_log.note("consent.flow_unusable", reason=refused.code.value)
            raise

    async def _view(self, pending: PendingRequest, citizen: Citizen) -> ConsentView | None:
        """What to show, None when the flow waits for something else than a decision."""
        company = await self._requests.read_company(pending)
        async with self._storage.reading() as uow:
            step = await self._requests.next_step(uow, pending, citizen.session, company)
            if not isinstance(step, AskConsent):
                return None
            agency = await self._agencies.agency(uow, step.client.agency_id)
            service = await self._agencies.service(uow, step.details[0].purpose) if step.details else None
            details = step.details
            if service is not None and not step.is_decided_alone:
                details = agreed_details(details, optional=service.optional_fields, chosen=frozenset())
            represented = step.represented
            subject = citizen.subscriber if represented is None else represented.subject
            on_behalf = None if represented is None else represented.on_behalf
            in_force = await self._consents.in_force(uow, subject.id, step.client.id)
            last = await self._consents.last(
                uow,
                subject.id,
                step.client.id,
                service_id=None if service is None else service.id,
                on_behalf=on_behalf,
            )
            acting = None if represented is None else await self._acting(uow, represented)
            by_law = () if service is None else await self._agencies.by_law(uow, agency.id, service.id)
        return ConsentView(
            client=step.client,
            agency=agency,
            service=service,
            details=details,
            claims=step.claims,
            last=last,
            earlier=tuple(record for record in in_force if record.on_behalf == on_behalf),
            acting=acting,
            by_law=by_law_sections(by_law),
            is_provisional=step.is_provisional,
        )

    async def _acting(self, uow: UnitOfWork, represented: Represented) -> ActingView | None:
        """For whom, by the name that the registry has."""
        match represented.representation:
            case ForSelf():
                return None
            case ForPerson(principal=principal, mandate_id=mandate_id):
                identity = await self._subscribers.identity(uow, principal)
                names = [identity.name(thai=thai).full() for thai in (True, False)]
                mandate = await self._mandates.get(uow, mandate_id)
                return ActingView(
                    names[0],
                    names[1],
                    is_company=False,
                    is_guardian=mandate.kind is MandateKind.LEGAL_REPRESENTATIVE,
                    ends_at=mandate.terms.last_moment,
                )
            case ForCompany(name_th=name_th, name_en=name_en):
                role = represented.role
                return ActingView(
                    name_th,
                    name_en or name_th,
                    is_company=True,
                    signs=role is not None,
                    alone=role is not None and role.alone,
                    seal=role is not None and role.seal,
                    is_complete=represented.joint_act is not None,
                )
            case never:
                assert_never(never)


def consent_form(flow: str, session: SsoSession) -> str:
    """The name under which the form of a flow is protected: it counts in the session it was shown to, in no other."""
    return f"consent:{flow}:{session.visit_id}"


def reference_of(pending: PendingRequest) -> str:
    """What the page of a request is called when people speak of it; nothing can be done with it."""
    return hashlib.sha256(pending.flow_id.encode()).hexdigest()[:10].upper()
