"""The authorization endpoint: takes the browser in, asks the dispatcher, and sends it on."""

from typing import assert_never
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authorization.requests.intake import RequestIntake
from idp.authorization.requests.model import (
    AskConsent,
    AwaitCosigners,
    ChooseActor,
    Issue,
    OidcProblem,
    PendingRequest,
    Refuse,
    RequestRefused,
    SignIn,
    StepUp,
)
from idp.authorization.requests.service import AuthorizationRequests
from idp.kernel.errors import Refused
from idp.protocol.authorization_request import PUSHED_REQUEST_PREFIX
from idp.protocol.errors import OAuth2Error
from idp.protocol.parameters import parse_parameters
from idp.provider.oidc.wire import NO_STORE, read_parameters, refused
from idp.provider.pages.client_answer import answer_client
from idp.provider.pages.session_cookie import Citizens
from idp.web.browsers import BrowserIds
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FLOW = "flow"


class AuthorizeEndpoint:
    """`/authorize`: a new request, a pushed one, or `?flow=HANDLE` after a step was done."""

    def __init__(
        self,
        *,
        pages: Pages,
        intake: RequestIntake,
        requests: AuthorizationRequests,
        citizens: Citizens,
        browsers: BrowserIds,
    ) -> None:
        self._pages = pages
        self._intake = intake
        self._requests = requests
        self._citizens = citizens
        self._browsers = browsers

    def entries(self) -> tuple[Entry, ...]:
        """OpenID Connect Core §3.1.2.1: servers "MUST support the use of the HTTP GET and POST methods"."""
        return (Entry("/authorize", ("GET", "POST"), self._authorize, Access.ANYONE, "authorize", hot=True),)

    async def _authorize(self, request: Request) -> Response:
        try:
            pending = await self._pending(request)
        except RequestRefused as answered:
            if isinstance(answered.__cause__, OAuth2Error):
                refused(request, answered.__cause__)
            return answer_client(self._pages, request, answered.answer)
        request.state.asking_client = pending.request.client_id
        if request.method != "GET":
            # HEAD changes nothing, so nothing is issued to it.
            # A form of another site brings no cookie along (SameSite=Lax); the navigation that follows does.
            return self._carried_on(request, pending, "/authorize")
        return await self._next(request, pending)

    async def _pending(self, request: Request) -> PendingRequest:
        try:
            if request.method == "POST":
                parameters = await read_parameters(request)
            else:
                parameters = parse_parameters(request.scope["query_string"])
        except OAuth2Error as error:
            # Who asks and where to answer cannot be told from such a request: a page, never a redirect.
            self._intake.note_unreadable("authorize", str(error.error))
            raise Refused(OidcProblem.REQUEST_UNREADABLE) from error
        if set(parameters) == {FLOW}:
            try:
                return self._requests.open_flow(parameters[FLOW], self._browsers.of(request))
            except Refused as unusable:
                self._intake.note_unreadable("authorize", unusable.code.value)
                raise
        if parameters.get("request_uri", "").startswith(PUSHED_REQUEST_PREFIX):
            # FAPI 2.0 §5.3.2.2: only what was pushed counts; parameters beside request_uri are not looked at.
            return await self._intake.open_pushed(parameters.get("client_id", ""), parameters["request_uri"])
        return await self._intake.begin(parameters)

    async def _next(self, request: Request, pending: PendingRequest) -> Response:
        found = await self._requests.find_step(pending, self._citizens.cookie.read(request))
        session = found.session
        if session is not None:
            await self._citizens.keep_awake(session)
        match found.step:
            case SignIn() | StepUp():
                return self._carried_on(request, pending, "/sign-in")
            case AskConsent():
                return self._carried_on(request, pending, "/consent")
            case ChooseActor():
                return self._carried_on(request, pending, "/acting")
            case AwaitCosigners():
                return self._carried_on(request, pending, "/co-signers")
            case Issue(consent):
                answer = await self._requests.issue(pending, found, consent)
            case Refuse(error):
                refused(request, error)
                if session is None:
                    self._intake.note_refused(pending, error)
                answer = await self._requests.refuse(pending, session, error)
            case never:
                assert_never(never)
        return answer_client(self._pages, request, answer, ui_locales=pending.request.ui_locales)

    def _carried_on(self, request: Request, pending: PendingRequest, path: str) -> Response:
        """To the next step, with a handle that is bound to this browser; the browser is given an id to know it by."""
        handle = self._requests.flow_handle(pending, self._browsers.of(request))
        response = _see_other(f"{path}?{urlencode({FLOW: handle})}")
        self._browsers.remember(request, response)
        return response


def _see_other(location: str) -> Response:
    # RFC 9700 §4.12: "Authorization servers that redirect a request that potentially contains the user's credentials
    # therefore MUST NOT use the HTTP 307 status code for redirection. … SHOULD use HTTP status code 303 (See Other)."
    return RedirectResponse(location, 303, headers=NO_STORE)
