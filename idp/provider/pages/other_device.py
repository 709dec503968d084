"""The screen that is signed in by another device: the code, what became of it, and going on."""

from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.authentication.other_device.model import PREFIX, Attempt, AttemptId, AttemptState, OtherDeviceProblem
from idp.authentication.other_device.model import ShownAsker as Shown
from idp.authentication.other_device.service import OtherDevice
from idp.kernel.errors import Refused
from idp.kernel.ids import is_id
from idp.protocol.device import displayed_user_code
from idp.provider.pages.device_words import device_words
from idp.provider.pages.flows import Asker, Flows, continue_url
from idp.provider.pages.session_cookie import Citizens
from idp.provider.pages.sign_in import local_path
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.qr import qr_picture
from idp.web.routes import Access, Entry

FORM: Final = "other_device"
PATH: Final = "/sign-in/phone"
PHONE: Final = "/phone"

ENDED: Final = {
    AttemptState.EXPIRED: OtherDeviceProblem.ATTEMPT_OVER,
    AttemptState.TAKEN: OtherDeviceProblem.ATTEMPT_OVER,
    AttemptState.REJECTED: OtherDeviceProblem.NUMBER_WRONG,
    AttemptState.REPORTED: OtherDeviceProblem.REPORTED,
}


class OtherDevicePages:
    """`/sign-in/phone`: plain forms; without JavaScript the page looks again by itself. `origin` is the issuer's."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        other_device: OtherDevice,
        citizens: Citizens,
        flows: Flows,
        origin: str,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._other_device = other_device
        self._citizens = citizens
        self._flows = flows
        self._phone_page = origin + PHONE

    def entries(self) -> tuple[Entry, ...]:
        """Beginning, looking, and going on: each in the browser that began alone, checked by the room."""
        return (
            Entry(PATH, ("GET",), self._start, Access.ANYONE, "other_device_start"),
            Entry(PATH, ("POST",), self._begin, Access.ANYONE, "other_device_begun"),
            Entry(PATH + "/{attempt_id}", ("GET",), self._page, Access.ANYONE, "other_device"),
            Entry(PATH + "/{attempt_id}/state", ("GET",), self._state, Access.ANYONE, "other_device_state"),
            Entry(PATH + "/{attempt_id}/take", ("POST",), self._take, Access.ANYONE, "other_device_taken"),
        )

    async def _start(self, request: Request) -> Response:
        """Attempts begin with a form on the sign-in page; who comes by an address starts there."""
        return RedirectResponse(sign_in_page(*_way(request)), 303)

    async def _begin(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        flow, returning = form.one("flow"), local_path(form.one("return"))
        asker = await self._asker(request, flow)
        attempt_id = await self._other_device.begin(
            browser_id=self._csrf.browsers.of(request),
            way=_text(flow, returning),
            required=None if asker is None or asker.required is None else asker.required.aal,
            asker=None if asker is None else _shown(asker),
            device=device_words(request.headers.get("user-agent", "")),
        )
        return RedirectResponse(f"{PATH}/{attempt_id}?{urlencode({'flow': flow, 'return': returning})}", 303)

    async def _page(self, request: Request) -> Response:
        flow, returning = _way(request)
        attempt = await self._own(request)
        now = self._storage.clock.now()
        state = attempt.state_at(now)
        # taken, and the answer was lost or asked for again: on to where it led
        if state is AttemptState.TAKEN and await self._citizens.find(request) is not None:
            return RedirectResponse(continue_url(flow) if flow else returning, 303)
        asker = await self._asker(request, flow)
        code = displayed_user_code(self._other_device.code(attempt.id))
        return self._pages.render(
            request,
            "other_device.html",
            form_action=() if asker is None else (asker.form_target,),
            ui_locales=asker.ui_locales if asker is not None else (),
            flow=flow,
            returning=returning,
            asker=asker,
            attempt=attempt,
            state=state.value,
            look=f"{PATH}/{attempt.id}/state",
            picture=qr_picture(f"{self._phone_page}#{code}") if state is AttemptState.WAITING else None,
            code=code,
            phone_page=_spoken(self._phone_page),
            seconds=max(0, int((attempt.expires_at - now).total_seconds())),
            # not before a passkey was shown: whoever passes the code on must be there live to pass this on as well
            number=self._other_device.numbers(attempt.id).shown if state is AttemptState.PROVEN else None,
            problem=self._problems.text(ENDED[state]) if state in ENDED else None,
            other_ways=sign_in_page(flow, returning),
        )

    async def _state(self, request: Request) -> Response:
        attempt = await self._own(request)
        state = attempt.state_at(self._storage.clock.now())
        return JSONResponse({"state": state.value}, headers={"cache-control": "no-store"})

    async def _take(self, request: Request) -> Response:
        attempt_id = _attempt_id(request)
        form = await read_form(request)
        self._csrf.check(request, form, form=f"{FORM}:{attempt_id}")
        flow, returning = form.one("flow"), local_path(form.one("return"))
        onward = continue_url(flow) if flow else returning
        browser_id = self._csrf.browsers.of(request)
        try:
            # one act: who ends all sessions between the two would find neither the attempt nor the session
            async with self._storage.unit_of_work() as uow:
                taken = await self._other_device.take(
                    uow, attempt_id, browser_id=browser_id, way=_text(flow, returning)
                )
                # whoever passed the code on gets no count of tries of its own here: the device is not remembered
                started = await self._citizens.renew_in(
                    uow, request, taken.subscriber_id, aal=taken.aal, amr=taken.amr, is_own_device=False
                )
        except Refused as refused:
            if refused.code is not OtherDeviceProblem.ATTEMPT_OVER:
                raise
            # sent twice, or too late: its own page knows what to say
            return RedirectResponse(f"{PATH}/{attempt_id}?{urlencode({'flow': flow, 'return': returning})}", 303)
        response = RedirectResponse(onward, 303)
        self._citizens.cookie.set(response, started)
        return response

    async def _own(self, request: Request) -> Attempt:
        return await self._other_device.here(_attempt_id(request), browser_id=self._csrf.browsers.of(request))

    async def _asker(self, request: Request, flow: str) -> Asker | None:
        return await self._flows.asker(flow, self._csrf.browsers.of(request)) if flow else None


def sign_in_page(flow: str, returning: str) -> str:
    """The page with all ways to sign in, for this flow or page."""
    return f"/sign-in?{urlencode({'flow': flow, 'return': returning, 'with': 'passkey'})}"


def _way(request: Request) -> tuple[str, str]:
    return request.query_params.get("flow", ""), local_path(request.query_params.get("return", ""))


def _text(flow: str, returning: str) -> str:
    return f"{flow}\x1f{returning}"


def _attempt_id(request: Request) -> AttemptId:
    text = str(request.path_params["attempt_id"])
    if not is_id(PREFIX, text):
        raise Refused(OtherDeviceProblem.ATTEMPT_OVER, "no id")
    return AttemptId(text)


def _shown(asker: Asker) -> Shown:
    return Shown(asker.client_th, asker.client_en, asker.agency_th, asker.agency_en)


def _spoken(address: str) -> str:
    """An address as people type it."""
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path}"
