"""Sign in at a counter: the code that the officer gave for the card in the reader, and one's own PIN. Plain forms."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.card_sign_in import CardSignIns
from idp.authentication.model import AuthenticationProblem
from idp.kernel.errors import TuatonError
from idp.provider.pages.flows import Flows, continue_url, leave_url
from idp.provider.pages.session_cookie import Citizens
from idp.provider.pages.sign_in import local_path
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM = "card_pin"
TOLD_BESIDE_THE_FORM = (
    AuthenticationProblem.PIN_NOT_ACCEPTED,
    AuthenticationProblem.CARD_CODE_UNUSABLE,
    AuthenticationProblem.CARD_NOT_IN_ORDER,
    AuthenticationProblem.REGISTRY_AWAY,
)


class CardPinPages:
    """`/sign-in/card`: the form, and what it brings."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        card_sign_ins: CardSignIns,
        citizens: Citizens,
        flows: Flows,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._card_sign_ins = card_sign_ins
        self._citizens = citizens
        self._flows = flows

    def entries(self) -> tuple[Entry, ...]:
        """The form by GET and by POST."""
        return (
            Entry("/sign-in/card", ("GET",), self._page, Access.ANYONE, "sign_in_card"),
            Entry("/sign-in/card", ("POST",), self._sign_in, Access.ANYONE, "signed_in_card"),
        )

    async def _page(self, request: Request) -> Response:
        flow, returning = request.query_params.get("flow", ""), local_path(request.query_params.get("return", ""))
        return await self._form(request, flow, returning)

    async def _sign_in(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        flow, returning = form.one("flow"), local_path(form.one("return"))
        try:
            authenticated = await self._card_sign_ins.authenticate(
                code=form.one("code"), pin=form.one("pin"), browser_id=self._csrf.browsers.of(request)
            )
            # the browser of a counter is nobody's own device
            started = await self._citizens.renew(
                request,
                authenticated,
                is_own_device=False,
                still_counts=lambda uow: self._card_sign_ins.still_counts(uow, authenticated),
            )
        except TuatonError as refused:
            if refused.code not in TOLD_BESIDE_THE_FORM:
                raise
            return await self._form(request, flow, returning, problem=AuthenticationProblem(refused.code))
        response = RedirectResponse(continue_url(flow) if flow else returning, 303)
        self._citizens.cookie.set(response, started)
        return response

    async def _form(
        self, request: Request, flow: str, returning: str, *, problem: AuthenticationProblem | None = None
    ) -> Response:
        asker = await self._flows.asker(flow, self._csrf.browsers.of(request)) if flow else None
        return self._pages.render(
            request,
            "sign_in_card.html",
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
