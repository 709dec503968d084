"""My account: companies that I sign for, what waits for my signature there, and their mandates to employees."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.identifiers import InvalidIdentifier, JuristicId, ascii_digits
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import SubjectKind
from idp.kernel.errors import Conflict, NotFound, Refused, Unavailable
from idp.kernel.randomness import system_randomness
from idp.provider.account.mandate_terms import MandateWords, citizen_of, scope_of, until_of
from idp.provider.account.mandates import mandate_id_of, signer_of
from idp.provider.pages.session_cookie import Citizen, Citizens, to_sign_in
from idp.representation.companies.model import CompanyFacts
from idp.representation.companies.service import Companies
from idp.representation.mandates.by_companies import CompanyMandates, terms_to_json
from idp.representation.mandates.model import Terms
from idp.representation.mandates.service import Mandates
from idp.representation.model import RepresentationProblem
from idp.representation.signing.wording import describe
from idp.storage.storage import Storage
from idp.web import form_keys
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.languages import Language
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

LIST = "/account/companies"
FIND_FORM = "find_company"
REFUSALS = (Refused, NotFound, Conflict, Unavailable)


class CompanyPages:
    """`/account/companies`: the registry is read at each look, before the transaction."""

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
        self._words = words

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen, one = Access.CITIZEN, f"{LIST}/{{juristic_id}}"
        return (
            Entry(LIST, ("GET",), self._list, citizen, "companies"),
            Entry(LIST, ("POST",), self._find, citizen, "company_found"),
            Entry(one, ("GET",), self._one, citizen, "company"),
            Entry(f"{one}/mandate", ("GET",), self._new, citizen, "company_mandate"),
            Entry(f"{one}/mandate", ("POST",), self._give, citizen, "company_mandate_given"),
            Entry(f"{one}/mandates/{{mandate_id}}/end", ("POST",), self._end, citizen, "company_mandate_ended"),
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        return await self._choices(request, citizen)

    async def _find(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FIND_FORM)
        citizen = await self._citizens.require(request)
        juristic_id = _parsed(ascii_digits(form.one("juristic_id")))
        if juristic_id is None:
            return await self._choices(request, citizen, problem=RepresentationProblem.UNKNOWN_COMPANY)
        return RedirectResponse(f"{LIST}/{juristic_id.digits}", 303)

    async def _one(self, request: Request) -> Response:
        juristic_id, citizen = _named(request), await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        language = self._pages.language(request)
        try:
            facts = await self._companies.read(juristic_id)
            async with self._storage.reading() as uow:
                role = await self._companies.role_of(uow, signer_of(citizen), facts)
                waiting = await self._companies.waiting(uow, facts, by=signer_of(citizen))
                given = await self._mandates.of_company(uow, facts, by=signer_of(citizen))
                rows = await self._words.rows(uow, given, by_proxy=False, thai=language is Language.TH)
        except REFUSALS as refusal:
            return await self._choices(request, citizen, problem=refusal.code)
        return self._pages.render(
            request,
            "account/company.html",
            company=facts,
            rule=describe(facts.rule, "th" if language is Language.TH else "en").split("\n"),
            role=role,
            waiting=waiting,
            mine=citizen.subscriber.id,
            given=rows,
            form=_form(juristic_id),
        )

    async def _new(self, request: Request) -> Response:
        juristic_id = _named(request)
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{juristic_id.digits}/mandate")
        if isinstance(citizen, Response):
            return citizen
        return await self._mandate_form(request, juristic_id, citizen)

    async def _give(self, request: Request) -> Response:
        juristic_id, form = _named(request), await read_form(request)
        self._csrf.check(request, form, form=_form(juristic_id))
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{juristic_id.digits}/mandate")
        if isinstance(citizen, Response):
            return citizen
        try:
            await self._begun(form, juristic_id, citizen)
        except REFUSALS as refusal:
            return await self._mandate_form(request, juristic_id, citizen, problem=refusal.code)
        return RedirectResponse(f"{LIST}/{juristic_id.digits}", 303)

    async def _begun(self, form: Form, juristic_id: JuristicId, citizen: Citizen) -> None:
        facts, sealed = await self._companies.read(juristic_id), form.one("sealed") == "yes"
        signer = signer_of(citizen)
        async with self._storage.unit_of_work() as uow:
            # who may not sign is told so before anything is looked up
            await self._companies.role_of(uow, signer, facts)
            proxy = await self._mandates.proxy_of(uow, citizen_of(form))
            terms = Terms(proxy, scope_of(form), uow.now, until_of(form, now=uow.now))
            digest = digest_of(terms_to_json(terms), juristic_id)
            words = form_keys.words_of(form)
            if await form_keys.is_first(uow, form.one(form_keys.FIELD), by=citizen.subscriber.id, words=words):
                await self._company_mandates.begin(uow, facts, terms, digest=digest, by=signer, sealed=sealed)

    async def _end(self, request: Request) -> Response:
        juristic_id, mandate_id = _named(request), mandate_id_of(request)
        self._csrf.check(request, await read_form(request), form=_form(juristic_id))
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{juristic_id.digits}")
        if isinstance(citizen, Response):
            return citizen
        facts = await self._companies.read(juristic_id)
        async with self._storage.unit_of_work() as uow:
            await self._mandates.withdraw_for_company(uow, mandate_id, facts, by=signer_of(citizen))
        return RedirectResponse(f"{LIST}/{juristic_id.digits}", 303)

    async def _choices(self, request: Request, citizen: Citizen, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            known = await self._companies.known_companies(uow, citizen.subscriber.id)
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "account/companies.html",
            status_code=200 if text is None else text.status,
            problem=text,
            known=known,
            form=FIND_FORM,
        )

    async def _mandate_form(
        self, request: Request, juristic_id: JuristicId, citizen: Citizen, *, problem: StrEnum | None = None
    ) -> Response:
        try:
            facts: CompanyFacts = await self._companies.read(juristic_id)
            async with self._storage.reading() as uow:
                role = await self._companies.role_of(uow, signer_of(citizen), facts)
                services = await self._words.services(uow, request)
                form_key = form_keys.fresh(now=uow.now, randomness=system_randomness)
        except REFUSALS as refusal:
            return await self._choices(request, citizen, problem=refusal.code)
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "account/mandate_new.html",
            status_code=200 if text is None else text.status,
            problem=text,
            company=facts,
            action=f"{LIST}/{juristic_id.digits}/mandate",
            form=_form(juristic_id),
            form_key=form_key,
            sought=services,
            datasets=tuple(one for one in DATASETS.values() if one.subject is SubjectKind.COMPANY),
            needs_seal=role.seal,
        )


def digest_of(terms: Mapping[str, Any], juristic_id: JuristicId) -> str:
    """What the signatories of a mandate sign, as a hash: its terms and whose it is."""
    signed = {**terms, "juristic_id": juristic_id.digits}
    return hashlib.sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _parsed(digits: str) -> JuristicId | None:
    try:
        return JuristicId.parse(digits)
    except InvalidIdentifier:
        return None


def _named(request: Request) -> JuristicId:
    juristic_id = _parsed(request.path_params["juristic_id"])
    if juristic_id is None:
        raise NotFound(RepresentationProblem.UNKNOWN_COMPANY)
    return juristic_id


def _form(juristic_id: JuristicId) -> str:
    return f"company:{juristic_id.digits}"
