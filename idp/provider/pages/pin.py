"""Sign in with a citizen number and a PIN: plain forms, so that it works without JavaScript."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.model import AuthenticationProblem
from idp.authentication.pins import Pins
from idp.kernel.errors import Refused
from idp.provider.pages.flows import Flows, continue_url, leave_url
from idp.provider.pages.session_cookie import Citizens
from idp.provider.pages.sign_in import local_path
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM = "pin"


class PinPages:
    """`/sign-in/pin`: the form, and what it brings."""

    def __init__(
        self, *, pages: Pages, csrf: Csrf, problems: ProblemCatalogue, pins: Pins, citizens: Citizens, flows: Flows
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._pins = pins
        self._citizens = citizens
        self._flows = flows

    def entries(self) -> tuple[Entry, ...]:
        """The form by GET and by POST."""
        return (
            Entry("/sign-in/pin", ("GET",), self._page, Access.ANYONE, "sign_in_pin"),
            Entry("/sign-in/pin", ("POST",), self._sign_in, Access.ANYONE, "signed_in_pin"),
        )

    async def _page(self, request: Request) -> Response:
        flow, returning = request.query_params.get("flow", ""), local_path(request.query_params.get("return", ""))
        return await self._form(request, flow, returning)

    async def _sign_in(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        flow, returning = form.one("flow"), local_path(form.one("return"))
        try:
            authenticated = await self._pins.authenticate(
                identifier=form.one("identifier"), pin=form.one("pin"), device=self._citizens.device(request)
            )
            started = await self._citizens.renew(
                request, authenticated, still_counts=lambda uow: self._pins.still_counts(uow, authenticated)
            )
        except Refused as refused:
            if refused.code is not AuthenticationProblem.PIN_NOT_ACCEPTED:
                raise
            return await self._form(request, flow, returning, problem=AuthenticationProblem.PIN_NOT_ACCEPTED)
        response = RedirectResponse(continue_url(flow) if flow else returning, 303)
        self._citizens.hand_over(request, response, started)
        return response

    async def _form(
        self, request: Request, flow: str, returning: str, *, problem: AuthenticationProblem | None = None
    ) -> Response:
        asker = await self._flows.asker(flow, self._csrf.browsers.of(request)) if flow else None
        return self._pages.render(
            request,
            "sign_in_pin.html",
            status_code=200 if problem is None else self._problems.text(problem).status,
            form_action=() if asker is None else (asker.form_target,),
            ui_locales=asker.ui_locales if asker is not None else (),
            flow=flow,
            returning=returning,
            asker=asker,
            problem=None if problem is None else self._problems.text(problem),
            is_public=asker is None or not asker.login_hint,
            leave_page=leave_url(flow),
            other_way=f"/sign-in?{urlencode({'flow': flow, 'return': returning, 'with': 'passkey'})}",
        )
