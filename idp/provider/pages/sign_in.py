"""Sign in with a passkey, on the way to a service or to my account."""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.authentication.other_device.rules import is_offered
from idp.authentication.passkeys import Passkeys
from idp.kernel.errors import Refused
from idp.provider.pages.device_words import in_app
from idp.provider.pages.flows import Flows, change_actor_url, continue_url, leave_url
from idp.provider.pages.session_cookie import Citizens
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_json, text_field
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

ACCOUNT = "/account"

_ACCOUNT_PAGE = re.compile(r"/account(/[A-Za-z0-9_-]+)*")


class SignInPages:
    """`/sign-in` and the two requests of its ceremony. `pin_first`: browsers without JavaScript are the usual ones;
    `offers_thaid`: who has no passkey may enrol by ThaiD; `offers_phone`: one on a phone may be used for this screen.
    """

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        passkeys: Passkeys,
        citizens: Citizens,
        flows: Flows,
        pin_first: bool = False,
        offers_thaid: bool = False,
        offers_phone: bool = False,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._passkeys = passkeys
        self._citizens = citizens
        self._flows = flows
        self._pin_first = pin_first
        self._offers_thaid = offers_thaid
        self._offers_phone = offers_phone

    def entries(self) -> tuple[Entry, ...]:
        """The paths of signing in."""
        return (
            Entry("/sign-in", ("GET",), self._page, Access.ANYONE, "sign_in"),
            Entry("/sign-in/options", ("POST",), self._options, Access.ANYONE, "sign_in_options"),
            Entry("/sign-in/passkey", ("POST",), self._passkey, Access.ANYONE, "sign_in_passkey"),
        )

    async def _page(self, request: Request) -> Response:
        flow = request.query_params.get("flow", "")
        returning = local_path(request.query_params.get("return", ""))
        again = "again" in request.query_params
        citizen = await self._citizens.find(request)
        if not flow and not again and citizen is not None:
            return RedirectResponse(returning, 303)
        pin_page = f"/sign-in/pin?{urlencode({'flow': flow, 'return': returning})}"
        if self._pin_first and not again and "with" not in request.query_params:
            return RedirectResponse(pin_page, 303)
        asker = await self._flows.asker(flow, self._csrf.browsers.of(request)) if flow else None
        actor = None if asker is None or citizen is None else asker.acts_for(citizen.subscriber.id)
        return self._pages.render(
            request,
            "sign_in.html",
            actor=actor,
            change_actor=change_actor_url(flow),
            ui_locales=asker.ui_locales if asker is not None else (),
            flow=flow,
            returning=returning,
            asker=asker,
            pin_page=pin_page,
            card_page=f"/sign-in/card?{urlencode({'flow': flow, 'return': returning})}",
            leave_page=leave_url(flow),
            in_app=in_app(request.headers.get("user-agent", "")),
            # a flow belongs to one browser: in another one the service is where to begin
            address_to_open=request.url.netloc if asker is None else asker.form_target,
            levels_page=f"/levels?{urlencode({'flow': flow})}",
            offers_thaid=self._offers_thaid,
            # never where a fresh passkey is wanted, nor where the service needs more than it is worth
            offers_phone=self._offers_phone
            and not again
            and is_offered(None if asker is None or asker.required is None else asker.required.aal),
            again=again,
            # in whose name somebody acts is not everybody's
            is_public=actor is None,
        )

    async def _options(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        await read_json(request)
        browser_id = self._csrf.browsers.of(request)
        ceremony = self._passkeys.authentication_options(browser_id=browser_id, now=self._storage.clock.now())
        response = JSONResponse({"ceremony": ceremony.handle, "publicKey": ceremony.public_key})
        self._csrf.browsers.remember(request, response)
        return response

    async def _passkey(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        answer = await read_json(request)
        credential = answer.get("credential")
        if not isinstance(credential, dict):
            raise Refused(WebProblem.MALFORMED, "credential is not an object")
        flow = text_field(answer, "flow", longest=16_384)
        returning = local_path(text_field(answer, "return") or "")
        authenticated = await self._passkeys.authenticate(
            handle=text_field(answer, "ceremony") or "",
            browser_id=self._csrf.browsers.of(request),
            credential=credential,
        )
        async with self._storage.unit_of_work() as uow:
            started = await self._citizens.renew_in(
                uow, request, authenticated.subscriber_id, aal=authenticated.aal, amr=authenticated.amr
            )
            await self._passkeys.still_counts(uow, authenticated)
        response = JSONResponse({"next": continue_url(flow) if flow else returning})
        self._citizens.hand_over(request, response, started)
        return response


def local_path(text: str) -> str:
    """A page of my account to come back to; my account itself for anything else: outside addresses are not followed."""
    return text if _ACCOUNT_PAGE.fullmatch(text) else ACCOUNT
