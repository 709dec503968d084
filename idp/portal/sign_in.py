"""Signing in to the portal through the issuer, and out again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.seats.attendance import note_sign_in
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.kernel.errors import Refused
from idp.kernel.ids import MemberId
from idp.keys.sealing import TokenSealer
from idp.portal.attempts import AttemptCookie
from idp.portal.model import PortalProblem
from idp.portal.openid import Issuer, validate_answer
from idp.portal.sessions import StaffSessions
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

SIGN_OUT_FORM: Final = "sign_out"


class SignInPages:
    """`/sign-in`, `/callback`, `/sign-out`. `leaving` ends what members have open as they leave."""

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
        leaving: Callable[[Sequence[MemberId]], Awaitable[None]] | None = None,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._issuer = issuer
        self._expected_issuer = expected_issuer
        self._sessions = sessions
        self._gate = gate
        self._audit = audit
        self._security_log = security_log
        self._leaving = leaving
        self._attempts = AttemptCookie("portal-sign-in", sealer=sealer, clock=storage.clock, https=https)

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
        return self._attempts.leave(url, attempt)

    async def callback(self, request: Request) -> Response:
        """Take the issuer's answer (OpenID Connect Core 1.0, section 3.1.2.5 on)."""
        try:
            # 1. the answer to this browser's own request, from the one issuer
            attempt, _ = self._attempts.read(request)
            validate_answer(request, expected_state=attempt.state, expected_issuer=self._expected_issuer)
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
            await note_sign_in(uow, member_ids)
            await self._audit.append(uow, _entry("portal.signed_in", member_ids))
        response = RedirectResponse(attempt.return_to, 303)
        self._attempts.clear(response)
        self._sessions.set_cookie(response, secret)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session of this browser at the portal."""
        self._csrf.check(request, await read_form(request), form=SIGN_OUT_FORM)
        signed_in = await self._gate.signed_in(request)
        if signed_in is not None:
            if self._leaving is not None:
                await self._leaving(signed_in.session.member_ids)
            async with self._storage.unit_of_work() as uow:
                await self._sessions.end(uow, signed_in.session)
                await self._audit.append(uow, _entry("portal.signed_out", signed_in.session.member_ids))
            request.state.session_seconds = 0
        response = self._pages.render(request, "portal_signed_out.html", members=())
        self._sessions.clear_cookie(response)
        return response


def _entry(event: str, member_ids: tuple[MemberId, ...]) -> AuditEvent:
    return AuditEvent(
        event=event,
        actor=Actor(ActorKind.MEMBER, member_ids[0]),
        details={"members": list(member_ids)},
    )


def _own_path(return_to: str) -> str:
    """A path of this door; anything that could lead elsewhere becomes the home page."""
    parts = urlsplit(return_to)
    is_own = return_to.startswith("/") and not return_to.startswith(("//", "/\\")) and return_to.isascii()
    return parts.path if is_own and not parts.netloc and not parts.scheme and "\\" not in return_to else "/"
