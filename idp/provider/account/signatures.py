"""My account: joint acts of companies that wait for signatures; what is signed is shown, and nothing else is signed."""

from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.service import Agencies
from idp.authorization.client_registration.service import Clients
from idp.authorization.deferred.companies import ACT_KIND as BACKCHANNEL
from idp.authorization.requests.representing import ACT_KIND as AUTHORIZATION
from idp.authorization.requests.representing import asked_of_company
from idp.catalogue.gdx import parse_authorization_details
from idp.catalogue.shown import shown_dataset
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import ClientId, is_id
from idp.provider.account.companies import REFUSALS
from idp.provider.account.mandate_terms import MandateWords, citizen_of
from idp.provider.account.mandates import signer_of
from idp.provider.pages.consent_view import sections_of
from idp.provider.pages.session_cookie import Citizen, Citizens, to_sign_in
from idp.representation.companies.model import CompanyFacts, JointAct
from idp.representation.companies.service import Companies
from idp.representation.mandates.by_companies import ACT_KIND as MANDATE
from idp.representation.mandates.by_companies import CompanyMandates, terms_from_json
from idp.representation.mandates.model import Terms
from idp.representation.mandates.service import Mandates
from idp.representation.model import JointActId, RepresentationProblem
from idp.storage.storage import Storage, UnitOfWork
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

LIST = "/account/signatures"


class SignaturePages:
    """`/account/signatures`; signing needs a sign-in with a passkey minutes ago."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        companies: Companies,
        mandates: Mandates,
        company_mandates: CompanyMandates,
        clients: Clients,
        agencies: Agencies,
        words: MandateWords,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._companies = companies
        self._mandates = mandates
        self._company_mandates = company_mandates
        self._clients = clients
        self._agencies = agencies
        self._words = words

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen, one = Access.CITIZEN, f"{LIST}/{{joint_act_id}}"
        return (
            Entry(LIST, ("GET",), self._list, citizen, "signatures"),
            Entry(one, ("GET",), self._one, citizen, "signature"),
            Entry(one, ("POST",), self._decide, citizen, "signed"),
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            known = await self._companies.known_companies(uow, citizen.subscriber.id)
        rows: list[tuple[CompanyFacts, JointAct]] = []
        silent = []
        for juristic_id in known:
            try:
                facts = await self._companies.read(juristic_id)
                async with self._storage.reading() as uow:
                    waiting = await self._companies.waiting(uow, facts, by=signer_of(citizen))
            except REFUSALS:
                # who left it, or whose registry is silent: its page says why
                silent.append(juristic_id)
                continue
            rows += [(facts, act) for act in waiting]
        return self._pages.render(
            request, "account/signatures.html", rows=rows, silent=silent, mine=citizen.subscriber.id
        )

    async def _one(self, request: Request) -> Response:
        joint_act_id = _act_id(request)
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{joint_act_id}")
        if isinstance(citizen, Response):
            return citizen
        return await self._page(request, joint_act_id, citizen)

    async def _decide(self, request: Request) -> Response:
        joint_act_id, form = _act_id(request), await read_form(request)
        self._csrf.check(request, form, form=_form(joint_act_id))
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{joint_act_id}")
        if isinstance(citizen, Response):
            return citizen
        try:
            await self._decided(form, joint_act_id, citizen)
        except REFUSALS as refusal:
            return await self._page(request, joint_act_id, citizen, problem=refusal.code)
        return RedirectResponse(LIST, 303)

    async def _decided(self, form: Form, joint_act_id: JointActId, citizen: Citizen) -> None:
        facts = await self._facts(joint_act_id)
        signer, sealed = signer_of(citizen), form.one("sealed") == "yes"
        async with self._storage.unit_of_work() as uow:
            act = await self._companies.get(uow, joint_act_id)
            if form.one("decision") == "decline":
                await self._companies.decline(uow, joint_act_id, facts, by=signer)
            elif form.one("decision") != "sign":
                # neither button was pressed: silence is no signature
                raise Refused(RepresentationProblem.NOT_WHAT_WAS_SHOWN, "no decision")
            elif act.what.kind == MANDATE:
                # a number must not become a name: every signatory types whom the mandate is for
                terms = terms_from_json(act.what.terms)
                if await self._mandates.proxy_of(uow, citizen_of(form)) != terms.proxy:
                    raise Refused(RepresentationProblem.NOT_WHAT_WAS_SHOWN, "another person")
                await self._company_mandates.co_sign(
                    uow, joint_act_id, facts, by=signer, expected_digest=form.one("digest"), sealed=sealed
                )
            else:
                await self._companies.co_sign(
                    uow, joint_act_id, facts, by=signer, expected_digest=form.one("digest"), sealed=sealed
                )

    async def _facts(self, joint_act_id: JointActId) -> CompanyFacts:
        async with self._storage.reading() as uow:
            act = await self._companies.get(uow, joint_act_id)
        return await self._companies.read(act.juristic_id)

    async def _page(
        self, request: Request, joint_act_id: JointActId, citizen: Citizen, *, problem: StrEnum | None = None
    ) -> Response:
        facts = await self._facts(joint_act_id)
        async with self._storage.reading() as uow:
            act = await self._companies.get(uow, joint_act_id)
            # only who signs for the company reads what waits there; everybody else is told why not
            role = await self._companies.role_of(uow, signer_of(citizen), facts)
            missing = await self._companies.missing(uow, act, facts)
            shown = await self._shown(uow, act)
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "account/signature.html",
            status_code=200 if text is None else text.status,
            problem=text,
            act=act,
            company=facts,
            role=role,
            has_signed=citizen.subscriber.id in act.signed_by,
            missing=sorted(missing.may_complete) if missing is not None else [],
            seal_only=missing is not None and missing.seal,
            form=_form(joint_act_id),
            **shown,
        )

    async def _shown(self, uow: UnitOfWork, act: JointAct) -> dict[str, Any]:
        """What is signed, in words."""
        if act.what.kind in (AUTHORIZATION, BACKCHANNEL):
            client_id, listed = asked_of_company(act)
            client = await self._clients.get(uow, ClientId(client_id))
            details = parse_authorization_details(list(listed)) if listed else ()
            agency = None if client is None else await self._agencies.agency(uow, client.agency_id)
            service = await self._agencies.service(uow, details[0].purpose) if details else None
            return {
                "client": client,
                "agency": agency,
                "service": service,
                "sections": sections_of(details, ()),
                "terms": None,
                "services": (),
            }
        terms: Terms = terms_from_json(act.what.terms)
        services = await self._agencies.services_named(uow, terms.scope.services)
        return {
            "client": None,
            "sections": (),
            "terms": terms,
            "services": tuple(services.values()),
            "datasets": tuple(shown_dataset(one) for one in sorted(terms.scope.datasets)),
        }


def _act_id(request: Request) -> JointActId:
    text: str = request.path_params["joint_act_id"]
    if not is_id("jac", text):
        raise NotFound(RepresentationProblem.UNKNOWN_JOINT_ACT)
    return JointActId(text)


def _form(joint_act_id: JointActId) -> str:
    return f"sign:{joint_act_id}"
