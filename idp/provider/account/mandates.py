"""My account: mandates that I gave and hold, on both sides; giving, accepting and ending one."""

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.catalogue.datasets import FOR_OTHERS
from idp.kernel.assurance import Acr
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import is_id
from idp.kernel.randomness import system_randomness
from idp.provider.account.mandate_terms import MandateWords, citizen_of, scope_of, until_of
from idp.provider.pages.session_cookie import Citizen, Citizens, to_sign_in
from idp.representation.mandates.model import MandateState, Terms
from idp.representation.mandates.service import Mandates
from idp.representation.model import ForSelf, MandateId, RepresentationProblem, Signer
from idp.storage.storage import Storage
from idp.web import form_keys
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.languages import Language
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

LIST = "/account/mandates"
NEW = f"{LIST}/new"
NEW_FORM = "new_mandate"


class MandatePages:
    """`/account/mandates`; giving and accepting need a sign-in with a passkey minutes ago."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        mandates: Mandates,
        words: MandateWords,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._mandates = mandates
        self._words = words

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen, one = Access.CITIZEN, f"{LIST}/{{mandate_id}}"
        return (
            Entry(LIST, ("GET",), self._list, citizen, "mandates"),
            Entry(NEW, ("GET",), self._new, citizen, "new_mandate"),
            Entry(NEW, ("POST",), self._give, citizen, "mandate_given"),
            Entry(f"{one}/accept", ("GET",), self._ask, citizen, "mandate"),
            Entry(f"{one}/accept", ("POST",), self._accept, citizen, "mandate_accepted"),
            Entry(f"{one}/end", ("POST",), self._end, citizen, "mandate_ended"),
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        thai, person = self._pages.language(request) is Language.TH, citizen.subscriber.id
        async with self._storage.reading() as uow:
            held = await self._mandates.of_proxy(uow, person)
            offered = [one for one in held if one.state is MandateState.OFFERED]
            kept = [one for one in held if one.state is not MandateState.OFFERED]
            return self._pages.render(
                request,
                "account/mandates.html",
                offered=await self._words.rows(uow, offered, by_proxy=True, thai=thai),
                held=await self._words.rows(uow, kept, by_proxy=True, thai=thai),
                given=await self._words.rows(
                    uow, await self._mandates.of_principal(uow, person), by_proxy=False, thai=thai
                ),
                form_of=_form,
            )

    async def _new(self, request: Request) -> Response:
        citizen = await self._citizens.fresh(request, returning=NEW)
        return citizen if isinstance(citizen, Response) else await self._form(request)

    async def _give(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=NEW_FORM)
        citizen = await self._citizens.fresh(request, returning=NEW)
        if isinstance(citizen, Response):
            return citizen
        try:
            await self._given(form, citizen)
        except (Refused, NotFound) as refusal:
            return await self._form(request, problem=refusal.code)
        return RedirectResponse(LIST, 303)

    async def _given(self, form: Form, citizen: Citizen) -> None:
        signer, person = signer_of(citizen), citizen.subscriber.id
        async with self._storage.unit_of_work() as uow:
            proxy = await self._mandates.proxy_of(uow, citizen_of(form))
            terms = Terms(proxy, scope_of(form), uow.now, until_of(form, now=uow.now))
            if await form_keys.is_first(uow, form.one(form_keys.FIELD), by=person, words=form_keys.words_of(form)):
                await self._mandates.give(uow, terms, by=signer, acting=ForSelf(person))

    async def _ask(self, request: Request) -> Response:
        mandate_id = mandate_id_of(request)
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{mandate_id}/accept")
        if isinstance(citizen, Response):
            return citizen
        thai = self._pages.language(request) is Language.TH
        async with self._storage.reading() as uow:
            mandate = await self._mandates.get(uow, mandate_id)
            if mandate.terms.proxy != citizen.subscriber.id or mandate.state is not MandateState.OFFERED:
                raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
            (row,) = await self._words.rows(uow, [mandate], by_proxy=True, thai=thai)
        return self._pages.render(request, "account/mandate.html", row=row, form=_form(mandate_id))

    async def _accept(self, request: Request) -> Response:
        mandate_id, form = mandate_id_of(request), await read_form(request)
        self._csrf.check(request, form, form=_form(mandate_id))
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{mandate_id}/accept")
        if isinstance(citizen, Response):
            return citizen
        async with self._storage.unit_of_work() as uow:
            await self._mandates.accept(uow, mandate_id, by=signer_of(citizen))
        return RedirectResponse(LIST, 303)

    async def _end(self, request: Request) -> Response:
        mandate_id = mandate_id_of(request)
        self._csrf.check(request, await read_form(request), form=_form(mandate_id))
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await self._mandates.withdraw(uow, mandate_id, by=citizen.subscriber.id)
        return RedirectResponse(LIST, 303)

    async def _form(self, request: Request, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            services = await self._words.services(uow, request)
            form_key = form_keys.fresh(now=uow.now, randomness=system_randomness)
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "account/mandate_new.html",
            status_code=200 if text is None else text.status,
            problem=text,
            company=None,
            action=NEW,
            form=NEW_FORM,
            form_key=form_key,
            sought=services,
            datasets=FOR_OTHERS,
            needs_seal=False,
        )


def signer_of(citizen: Citizen) -> Signer:
    """The citizen with what this session reached."""
    return Signer(citizen.subscriber.id, Acr(citizen.subscriber.ial, citizen.session.aal))


def mandate_id_of(request: Request) -> MandateId:
    """The mandate that the address names. Raises NotFound."""
    text: str = request.path_params["mandate_id"]
    if not is_id("mdt", text):
        raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
    return MandateId(text)


def _form(mandate_id: MandateId) -> str:
    return f"mandate:{mandate_id}"
