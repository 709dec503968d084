"""My account: how I am reached. A new mail address counts once its code was typed; letters about safety stay on."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.owner_acts import hold_fresh_and_settled, hold_live
from idp.kernel.errors import Refused
from idp.notices.contact_letters import ContactLetters
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.subscribers.contacts.model import ContactProblem, NothingWaiting, WrongCode
from idp.subscribers.contacts.service import Contacts, expect_confirmed
from idp.subscribers.model import LettersWanted
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.languages import LANGUAGE_COOKIE, Language
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

PATH = "/account/contact"
EMAIL, CODE, PHONE = f"{PATH}/email", f"{PATH}/code", f"{PATH}/phone"
FORM = "contact"
HERE = frozenset(
    {ContactProblem.EMAIL_NOT_POSSIBLE, ContactProblem.ALREADY_PROVEN, ContactProblem.TOO_MANY_CODES,
     ContactProblem.PHONE_NOT_POSSIBLE}
)  # fmt: skip
"""What is said beside the form it went wrong in; anything else is a page of its own."""


class ContactPages:
    """`/account/contact…`. A new address or number needs a passkey shown minutes ago, and waits after a recovery."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        contacts: Contacts,
        letters: ContactLetters,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._contacts = contacts
        self._letters = letters

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen = Access.CITIZEN
        return (
            Entry(PATH, ("GET",), self._overview, citizen, "contact"),
            Entry(f"{PATH}/letters", ("POST",), self._choose, citizen, "letters_chosen"),
            Entry(EMAIL, ("GET",), self._email_form, citizen, "contact_email"),
            Entry(EMAIL, ("POST",), self._ask_email, citizen, "contact_email_asked"),
            Entry(CODE, ("GET",), self._code_form, citizen, "contact_code"),
            Entry(CODE, ("POST",), self._confirm, citizen, "contact_code_typed"),
            Entry(f"{CODE}/give-up", ("POST",), self._give_up, citizen, "contact_code_given_up"),
            Entry(PHONE, ("GET",), self._phone_form, citizen, "contact_phone"),
            Entry(PHONE, ("POST",), self._save_phone, citizen, "contact_phone_saved"),
        )

    async def _overview(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        owner = citizen.subscriber.id
        async with self._storage.reading() as uow:
            contact = await self._contacts.of(uow, owner)
            waiting = await self._contacts.waiting(uow, owner)
        return self._pages.render(
            request, "account/contact.html", contact=contact, waiting=waiting, letters_are_sent=self._letters.are_sent
        )

    async def _choose(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        citizen = await self._citizens.require(request)
        language = next((one for one in Language if one.value == form.one("locale")), None)
        letters = next((one for one in LettersWanted if one.value == form.one("letters")), None)
        if language is None or letters is None:
            raise Refused(WebProblem.MALFORMED, "neither a language nor a choice of letters")
        async with self._storage.unit_of_work() as uow:
            await hold_live(uow, citizen.session)
            await self._contacts.choose(uow, citizen.subscriber.id, locale=language.value, letters=letters)
        # the pages follow the choice at once
        return RedirectResponse(f"{PATH}?{LANGUAGE_COOKIE}={language.value}", 303)

    async def _email_form(self, request: Request) -> Response:
        citizen = await self._citizens.fresh(request, returning=EMAIL)
        if isinstance(citizen, Response):
            return citizen
        return self._form(request, "account/contact_email.html")

    async def _ask_email(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        citizen = await self._citizens.fresh(request, returning=EMAIL)
        if isinstance(citizen, Response):
            return citizen
        try:
            async with self._storage.unit_of_work() as uow:
                await hold_fresh_and_settled(uow, citizen.session)
                await self._contacts.ask_email(uow, citizen.subscriber.id, form.one("email"))
        except Refused as refusal:
            return self._form(request, "account/contact_email.html", refusal=refusal)
        return RedirectResponse(CODE, 303)

    async def _code_form(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            waiting = await self._contacts.waiting(uow, citizen.subscriber.id)
        if waiting is None:
            return RedirectResponse(PATH, 303)
        return self._pages.render(request, "account/contact_code.html", waiting=waiting, problem=None)

    async def _confirm(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await hold_live(uow, citizen.session)
            confirmation = await self._contacts.confirm(uow, citizen.subscriber.id, form.one("code"))
            waiting = await self._contacts.waiting(uow, citizen.subscriber.id)
        if isinstance(confirmation, WrongCode | NothingWaiting) and waiting is not None:
            problem = self._problems.text(ContactProblem.CODE_WRONG)
            return self._pages.render(
                request, "account/contact_code.html", status_code=problem.status, waiting=waiting, problem=problem
            )
        expect_confirmed(confirmation)
        return RedirectResponse(PATH, 303)

    async def _give_up(self, request: Request) -> Response:
        self._csrf.check(request, await read_form(request), form=FORM)
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await hold_live(uow, citizen.session)
            await self._contacts.give_up(uow, citizen.subscriber.id)
        return RedirectResponse(PATH, 303)

    async def _phone_form(self, request: Request) -> Response:
        citizen = await self._citizens.fresh(request, returning=PHONE)
        if isinstance(citizen, Response):
            return citizen
        async with self._storage.reading() as uow:
            contact = await self._contacts.of(uow, citizen.subscriber.id)
        return self._form(request, "account/contact_phone.html", standing=contact.phone_number)

    async def _save_phone(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        citizen = await self._citizens.fresh(request, returning=PHONE)
        if isinstance(citizen, Response):
            return citizen
        try:
            async with self._storage.unit_of_work() as uow:
                await hold_fresh_and_settled(uow, citizen.session)
                await self._contacts.save_phone(uow, citizen.subscriber.id, form.one("phone"))
        except Refused as refusal:
            return self._form(request, "account/contact_phone.html", refusal=refusal)
        return RedirectResponse(PATH, 303)

    def _form(self, request: Request, template: str, *, standing: str = "", refusal: Refused | None = None) -> Response:
        """The form; `standing` is what holds now. Raises the refusal that belongs on a page of its own."""
        if refusal is not None and refusal.code not in HERE:
            raise refusal
        problem = None if refusal is None else self._problems.text(refusal.code)
        return self._pages.render(
            request,
            template,
            status_code=200 if problem is None else problem.status,
            standing=standing,
            problem=problem,
            letters_are_sent=self._letters.are_sent,
        )
