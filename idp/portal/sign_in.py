"""Signing in to the portal through the issuer, and out again."""

import hmac
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.kernel.errors import Refused
from idp.kernel.ids import MemberId
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.portal.model import PortalProblem, SignInAttempt
from idp.portal.openid import Issuer
from idp.portal.sessions import StaffSessions
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

ATTEMPT_KIND: Final = "portal_sign_in"
ATTEMPT_LIFE: Final = timedelta(minutes=10)
SIGN_OUT_FORM: Final = "sign_out"


class SignInPages:
    """`/sign-in`, `/callback`, `/sign-out`."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        issuer: Issuer,
        expected_issuer: str,
        sealer: TokenSealer,
        sessions: StaffSessions,
        gate: StaffGate,
        audit: AuditLog,
        security_log: SecurityLog,
        https: bool,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._issuer = issuer
        self._expected_issuer = expected_issuer
        self._sealer = sealer
        self._sessions = sessions
        self._gate = gate
        self._audit = audit
        self._security_log = security_log
        self._https = https
        self._cookie_name = "__Host-portal-sign-in" if https else "portal-sign-in"

    def entries(self) -> tuple[Entry, ...]:
        """Anyone may begin; only the browser that began may end."""
        return (
            Entry("/sign-in", ("GET",), self.sign_in, Access.ANYONE, "sign_in"),
            Entry("/callback", ("GET",), self.callback, Access.ANYONE, "callback"),
            Entry("/sign-out", ("POST",), self.sign_out, Access.ANYONE, "sign_out"),
        )

    async def sign_in(self, request: Request) -> Response:
        """Send the browser to the issuer, remembering this attempt in a sealed cookie."""
        attempt = self._issuer.new_attempt(return_to=_own_path(request.query_params.get("return", "/")))
        url = await self._issuer.authorization_url(attempt, language=self._pages.language(request).value)
        sealed = self._sealer.seal(
            ATTEMPT_KIND,
            {
                "state": attempt.state,
                "nonce": attempt.nonce,
                "code_verifier": attempt.code_verifier,
                "return_to": attempt.return_to,
            },
            expires_at=self._storage.clock.now() + ATTEMPT_LIFE,
        )
        response = RedirectResponse(url, 303)
        response.set_cookie(
            self._cookie_name,
            sealed,
            max_age=int(ATTEMPT_LIFE.total_seconds()),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="lax",
        )
        return response

    async def callback(self, request: Request) -> Response:
        """Take the issuer's answer (OpenID Connect Core 1.0, section 3.1.2.5 on)."""
        try:
            attempt = self._attempt(request)
            # 1. the answer to this browser's own request, from the one issuer
            _validate_answer(request, expected_state=attempt.state, expected_issuer=self._expected_issuer)
            # 2. the code, redeemed; the ID token, checked
            member_ids = await self._issuer.redeem(attempt, code=request.query_params["code"])
        except Refused as refused:
            self._security_log.note("portal.sign_in_refused", code=refused.code.value, reason=refused.detail)
            raise
        if not member_ids:
            self._security_log.note("portal.sign_in_refused", code=PortalProblem.NO_MEMBERSHIP.value)
            raise Refused(PortalProblem.NO_MEMBERSHIP)
        # 3. a session under a new secret
        async with self._storage.unit_of_work() as uow:
            secret = await self._sessions.start(uow, member_ids=member_ids)
            await self._audit.append(uow, _entry("portal.signed_in", member_ids))
        response = RedirectResponse(attempt.return_to, 303)
        response.delete_cookie(self._cookie_name, path="/", secure=self._https, httponly=True, samesite="lax")
        self._sessions.set_cookie(response, secret)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session of this browser at the portal."""
        self._csrf.check(request, await read_form(request), form=SIGN_OUT_FORM)
        signed_in = await self._gate.signed_in(request)
        if signed_in is not None:
            async with self._storage.unit_of_work() as uow:
                await self._sessions.end(uow, signed_in.session)
                await self._audit.append(uow, _entry("portal.signed_out", signed_in.session.member_ids))
        response = self._pages.render(request, "portal_signed_out.html", members=())
        self._sessions.clear_cookie(response)
        return response

    def _attempt(self, request: Request) -> SignInAttempt:
        try:
            sealed = request.cookies.get(self._cookie_name, "")
            return SignInAttempt(**self._sealer.open(ATTEMPT_KIND, sealed, now=self._storage.clock.now()))
        except (SealBroken, SealExpired) as error:
            raise Refused(PortalProblem.SIGN_IN_FAILED, "no attempt of this browser") from error


def _entry(event: str, member_ids: tuple[MemberId, ...]) -> AuditEvent:
    return AuditEvent(
        event=event,
        actor=Actor(ActorKind.MEMBER, member_ids[0]),
        details={"members": list(member_ids)},
    )


def _validate_answer(request: Request, *, expected_state: str, expected_issuer: str) -> None:
    parameters = request.query_params
    if not hmac.compare_digest(parameters.get("state", "").encode(), expected_state.encode()):
        raise Refused(PortalProblem.SIGN_IN_FAILED, "state")
    # RFC 9207, section 2.4: "clients that support this specification MUST extract the value of the iss parameter from
    # authorization responses they receive"; "If the value does not match the expected issuer identifier, clients MUST
    # reject the authorization response"
    if parameters.get("iss") != expected_issuer:
        raise Refused(PortalProblem.SIGN_IN_FAILED, "iss")
    if "error" in parameters or not parameters.get("code"):
        raise Refused(PortalProblem.SIGN_IN_REFUSED)


def _own_path(return_to: str) -> str:
    """A path of this door; anything that could lead elsewhere becomes the home page."""
    parts = urlsplit(return_to)
    is_own = return_to.startswith("/") and not return_to.startswith(("//", "/\\")) and return_to.isascii()
    return parts.path if is_own and not parts.netloc and not parts.scheme and "\\" not in return_to else "/"
