"""The phone of signing in with another device: open the code, say that one began it, show a passkey, find the number.

No session begins or ends on the phone.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.authentication.other_device.model import PREFIX, AttemptId, AttemptState, OtherDeviceProblem
from idp.authentication.other_device.service import OtherDevice
from idp.kernel.errors import Refused
from idp.kernel.ids import is_id
from idp.provider.pages.device_words import device_words
from idp.provider.pages.other_device import ENDED, PHONE
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form, read_json, text_field
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM: Final = "phone"
DONE: Final = (AttemptState.APPROVED, AttemptState.TAKEN)


class PhonePages:
    """`/phone`: a code behind the `#`, which browsers send to nobody, or typed; then one attempt of this browser."""

    def __init__(
        self, *, pages: Pages, csrf: Csrf, problems: ProblemCatalogue, storage: Storage, other_device: OtherDevice
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._other_device = other_device

    def entries(self) -> tuple[Entry, ...]:
        """The code is what lets somebody in, and from then on the browser that opened it."""
        attempt = PHONE + "/{attempt_id}"
        return (
            Entry(PHONE, ("GET",), self._enter, Access.ANYONE, "phone"),
            Entry(PHONE, ("POST",), self._open, Access.ANYONE, "phone_opened"),
            Entry(attempt, ("GET",), self._page, Access.ANYONE, "phone_attempt"),
            Entry(attempt + "/options", ("POST",), self._options, Access.ANYONE, "phone_options"),
            Entry(attempt + "/passkey", ("POST",), self._passkey, Access.ANYONE, "phone_passkey"),
            Entry(attempt + "/number", ("POST",), self._number, Access.ANYONE, "phone_number"),
            Entry(attempt + "/report", ("POST",), self._report, Access.ANYONE, "phone_reported"),
        )

    async def _enter(self, request: Request) -> Response:
        return self._pages.render(request, "phone.html", problem=None)

    async def _open(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            attempt_id = await self._other_device.open(
                form.one("code"),
                phone_id=self._csrf.browsers.of(request),
                phone=device_words(request.headers.get("user-agent", "")),
            )
        except Refused as refused:
            if refused.code is not OtherDeviceProblem.CODE_UNUSABLE:
                raise
            problem = self._problems.text(OtherDeviceProblem.CODE_UNUSABLE)
            return self._pages.render(request, "phone.html", status_code=problem.status, problem=problem)
        return RedirectResponse(f"{PHONE}/{attempt_id}", 303)

    async def _page(self, request: Request) -> Response:
        attempt = await self._other_device.on_phone(_attempt_id(request), phone_id=self._csrf.browsers.of(request))
        state = attempt.state_at(self._storage.clock.now())
        is_done = state in DONE
        return self._pages.render(
            request,
            "phone_attempt.html",
            attempt=attempt,
            asker=attempt.asker,
            state="done" if is_done else state.value,
            choices=self._other_device.numbers(attempt.id).choices if state is AttemptState.PROVEN else (),
            problem=self._problems.text(self._ended(state)) if state in ENDED and not is_done else None,
        )

    def _ended(self, state: AttemptState) -> OtherDeviceProblem:
        # on this side a time that ran out is a code that works no more: the new one is on the other screen
        return OtherDeviceProblem.CODE_UNUSABLE if state is AttemptState.EXPIRED else ENDED[state]

    async def _options(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        await read_json(request)
        ceremony = self._other_device.ceremony(
            _attempt_id(request), phone_id=self._csrf.browsers.of(request), now=self._storage.clock.now()
        )
        return JSONResponse({"ceremony": ceremony.handle, "publicKey": ceremony.public_key})

    async def _passkey(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        answer = await read_json(request)
        credential = answer.get("credential")
        if not isinstance(credential, dict):
            raise Refused(WebProblem.MALFORMED, "credential is not an object")
        attempt_id = _attempt_id(request)
        await self._other_device.prove(
            attempt_id,
            phone_id=self._csrf.browsers.of(request),
            handle=text_field(answer, "ceremony") or "",
            credential=credential,
        )
        return JSONResponse({"next": f"{PHONE}/{attempt_id}"})

    async def _number(self, request: Request) -> Response:
        attempt_id = _attempt_id(request)
        form = await read_form(request)
        self._csrf.check(request, form, form=f"{FORM}:{attempt_id}")
        await self._other_device.answer(attempt_id, phone_id=self._csrf.browsers.of(request), chosen=form.one("number"))
        return RedirectResponse(f"{PHONE}/{attempt_id}", 303)

    async def _report(self, request: Request) -> Response:
        attempt_id = _attempt_id(request)
        self._csrf.check(request, await read_form(request), form=f"{FORM}:{attempt_id}")
        await self._other_device.report(attempt_id, phone_id=self._csrf.browsers.of(request))
        return RedirectResponse(f"{PHONE}/{attempt_id}", 303)


def _attempt_id(request: Request) -> AttemptId:
    text = str(request.path_params["attempt_id"])
    if not is_id(PREFIX, text):
        raise Refused(OtherDeviceProblem.CODE_UNUSABLE, "no id")
    return AttemptId(text)
