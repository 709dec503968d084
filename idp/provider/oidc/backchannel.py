"""The backchannel authentication endpoint (CIBA §7), and decisions by a program where testers have no hands."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.authentication.sessions import Sessions
from idp.authorization.backchannel.service import BackchannelAuthentication
from idp.authorization.deferred.model import DeferredKind
from idp.authorization.deferred.service import DeferredRequests
from idp.consent.model import Shown
from idp.kernel.assurance import Aal, Acr
from idp.protocol.errors import OAuth2Error
from idp.protocol.scopes import consent_names
from idp.provider.oidc.callers import Callers
from idp.provider.oidc.wire import json_answer, oauth_error, read_parameters
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers
from idp.web.routes import Access, Entry

NOTHING_SHOWN = "0" * 64


class BackchannelEndpoint:
    """`/backchannel_authentication`: POST alone, the client authenticated."""

    def __init__(self, *, callers: Callers, backchannel: BackchannelAuthentication) -> None:
        self._callers = callers
        self._backchannel = backchannel

    def entries(self) -> tuple[Entry, ...]:
        """The path that the metadata name."""
        path = "/backchannel_authentication"
        return (Entry(path, ("POST",), self._ask, Access.CLIENT, "backchannel_authentication"),)

    async def _ask(self, request: Request) -> Response:
        try:
            parameters = await read_parameters(request)
            credentials = await self._callers.credentials(request, parameters)
            return json_answer(await self._backchannel.ask(credentials, parameters), nonce=None)
        except OAuth2Error as error:
            return oauth_error(error, nonce=None, request=request)


class AutomatedDecisions:
    """`/conformance/decide`: allows or denies a backchannel request in its citizen's place.

    Only the conformance profile has it; whoever builds the door must not build it in any other.
    """

    def __init__(
        self, *, storage: Storage, deferred: DeferredRequests, sessions: Sessions, subscribers: Subscribers
    ) -> None:
        self._storage = storage
        self._deferred = deferred
        self._sessions = sessions
        self._subscribers = subscribers

    def entries(self) -> tuple[Entry, ...]:
        """`?auth_req_id=…&action=allow|deny`, by either method: suites differ."""
        return (Entry("/conformance/decide", ("GET", "POST"), self._decide, Access.ANYONE, "conformance_decide"),)

    async def _decide(self, request: Request) -> Response:
        auth_req_id = request.query_params.get("auth_req_id", "")
        async with self._storage.unit_of_work() as uow:
            waiting = await self._deferred.by_code(uow, auth_req_id, kind=DeferredKind.BACKCHANNEL)
            subscriber = await self._subscribers.get(uow, waiting.asked)
            started = await self._sessions.start(uow, subscriber.id, aal=Aal.AAL2_2, amr=("hwk", "user", "mfa"))
            if request.query_params.get("action") == "allow":
                reached = Acr(subscriber.ial, Aal.AAL2_2)
                asked = waiting.request
                shown = Shown(NOTHING_SHOWN, asked.details, consent_names(asked.scope))
                await self._deferred.allow(uow, waiting, started.session, reached=reached, shown=shown)
            else:
                await self._deferred.deny(uow, waiting, started.session)
        return JSONResponse({"decided": waiting.request.id})
