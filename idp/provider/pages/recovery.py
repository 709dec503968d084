"""Back in without one's devices: a recovery code leads to a link for one new passkey; freezing by the link of a letter,
and the end of a freeze.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.authentication.freezing import Freezing
from idp.authentication.model import AuthenticationProblem
from idp.authentication.passkey_links import page_of_link
from idp.authentication.recovery_codes import RecoveryCodes
from idp.kernel.errors import Refused
from idp.provider.pages.session_cookie import Citizens
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form, read_json, text_field
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM = "recover"
FREEZE_FORM = "freeze_link"


class RecoveryPages:
    """`/recover` works without JavaScript; `/unfreeze` asks for a passkey and a code."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        recovery_codes: RecoveryCodes,
        freezing: Freezing,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._recovery_codes = recovery_codes
        self._freezing = freezing

    def entries(self) -> tuple[Entry, ...]:
        """The paths. Code and passkey are what lets somebody in, checked by the room."""
        anyone = Access.ANYONE
        return (
            Entry("/recover", ("GET",), self._page, anyone, "recover"),
            Entry("/recover", ("POST",), self._recover, anyone, "recover_code"),
            Entry("/freeze", ("GET",), self._ask_freeze, anyone, "freeze_link"),
            Entry("/freeze", ("POST",), self._freeze, anyone, "freeze_link_used"),
            Entry("/unfreeze", ("GET",), self._unfreeze_page, anyone, "unfreeze"),
            Entry("/unfreeze/options", ("POST",), self._options, anyone, "unfreeze_options"),
            Entry("/unfreeze/passkey", ("POST",), self._unfreeze, anyone, "unfreeze_passkey"),
            Entry("/unfrozen", ("GET",), self._unfrozen, anyone, "unfrozen"),
        )

    async def _page(self, request: Request) -> Response:
        return self._form(request)

    async def _recover(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            link = await self._recovery_codes.recover(
                identifier=form.one("identifier"), code=form.one("code"), device=self._citizens.device(request)
            )
        except Refused as refused:
            if refused.code is not AuthenticationProblem.RECOVERY_NOT_ACCEPTED:
                raise
            return self._form(request, problem=AuthenticationProblem.RECOVERY_NOT_ACCEPTED)
        return RedirectResponse(page_of_link(link), 303)

    async def _ask_freeze(self, request: Request) -> Response:
        # the link is behind the # of the address: the page's script puts it into the form, or the reader does
        return self._pages.render(request, "freeze_link.html")

    async def _freeze(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FREEZE_FORM)
        async with self._storage.unit_of_work() as uow:
            await self._freezing.freeze_by_link(uow, form.one("link").strip())
        response = self._pages.render(request, "frozen.html")
        self._citizens.cookie.clear(response)
        return response

    async def _unfreeze_page(self, request: Request) -> Response:
        return self._pages.render(request, "unfreeze.html")

    async def _options(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        await read_json(request)
        browser_id = self._csrf.browsers.of(request)
        ceremony = self._freezing.options(browser_id=browser_id, now=self._storage.clock.now())
        response = JSONResponse({"ceremony": ceremony.handle, "publicKey": ceremony.public_key})
        self._csrf.browsers.remember(request, response)
        return response

    async def _unfreeze(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        answer = await read_json(request)
        credential = answer.get("credential")
        if not isinstance(credential, dict):
            raise Refused(WebProblem.MALFORMED, "credential is not an object")
        await self._freezing.unfreeze(
            handle=text_field(answer, "ceremony") or "",
            browser_id=self._csrf.browsers.of(request),
            credential=credential,
            code=text_field(answer, "code") or "",
            device=self._citizens.device(request),
        )
        return JSONResponse({"next": "/unfrozen"})

    async def _unfrozen(self, request: Request) -> Response:
        return self._pages.render(request, "unfrozen.html")

    def _form(self, request: Request, *, problem: AuthenticationProblem | None = None) -> Response:
        return self._pages.render(
            request,
            "recover.html",
            status_code=200 if problem is None else self._problems.text(problem).status,
            problem=None if problem is None else self._problems.text(problem),
        )
