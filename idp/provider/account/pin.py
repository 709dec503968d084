"""My account: my PIN, chosen, changed, removed."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.model import AuthenticationProblem
from idp.authentication.pins import Pins
from idp.kernel.errors import Refused
from idp.provider.pages.session_cookie import Citizen, Citizens
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

PIN = "/account/pin"
FORM = "own_pin"
TOLD_BESIDE_THE_FORM = (AuthenticationProblem.PIN_TOO_EASY, AuthenticationProblem.PINS_DIFFER)


class OwnPinPages:
    """`/account/pin`; needs a sign-in with a passkey minutes ago."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        pins: Pins,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._pins = pins

    def entries(self) -> tuple[Entry, ...]:
        """The form, and what it brings."""
        return (
            Entry(PIN, ("GET",), self._page, Access.CITIZEN, "own_pin"),
            Entry(PIN, ("POST",), self._choose, Access.CITIZEN, "own_pin_chosen"),
            Entry(f"{PIN}/remove", ("POST",), self._remove, Access.CITIZEN, "own_pin_removed"),
        )

    async def _page(self, request: Request) -> Response:
        citizen = await self._citizens.fresh(request, returning=PIN)
        if isinstance(citizen, Response):
            return citizen
        return await self._form(request, citizen)

    async def _choose(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        citizen = await self._citizens.fresh(request, returning=PIN)
        if isinstance(citizen, Response):
            return citizen
        try:
            await self._pins.choose_own(citizen.session, form.one("pin"), repeated=form.one("pin_again"))
        except Refused as refused:
            if refused.code not in TOLD_BESIDE_THE_FORM:
                raise
            return await self._form(request, citizen, problem=AuthenticationProblem(refused.code))
        return RedirectResponse("/account/security", 303)

    async def _remove(self, request: Request) -> Response:
        self._csrf.check(request, await read_form(request), form=FORM)
        citizen = await self._citizens.fresh(request, returning=PIN)
        if isinstance(citizen, Response):
            return citizen
        async with self._storage.unit_of_work() as uow:
            await self._pins.remove_own(uow, citizen.session)
        return RedirectResponse("/account/security", 303)

    async def _form(
        self, request: Request, citizen: Citizen, *, problem: AuthenticationProblem | None = None
    ) -> Response:
        async with self._storage.reading() as uow:
            chosen_at = await self._pins.chosen_at(uow, citizen.subscriber.id)
        return self._pages.render(
            request,
            "account/pin.html",
            status_code=200 if problem is None else self._problems.text(problem).status,
            chosen_at=chosen_at,
            problem=None if problem is None else self._problems.text(problem),
        )
