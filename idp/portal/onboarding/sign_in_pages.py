"""The way in for who is a member of no agency yet: with the own digital ID, through the issuer."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.kernel.errors import Refused
from idp.keys.sealing import TokenSealer
from idp.portal.attempts import AttemptCookie
from idp.portal.model import PortalProblem
from idp.portal.onboarding.applicants import WAY_IN, ApplicantGate, ApplicantSessions
from idp.portal.openid import Issuer, validate_answer
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

CALLBACK: Final = f"{WAY_IN}/callback"
LIST: Final = "/applications"
SIGN_OUT_FORM: Final = "applicant_sign_out"


class ApplicantSignInPages:
    """`/apply` and what lies under it."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        issuer: Issuer,
        expected_issuer: str,
        sealer: TokenSealer,
        sessions: ApplicantSessions,
        gate: ApplicantGate,
        audit: AuditLog,
        security_log: SecurityLog,
        https: bool,
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
        self._attempts = AttemptCookie("applicant-sign-in", sealer=sealer, clock=storage.clock, https=https)

    def entries(self) -> tuple[Entry, ...]:
        """Anyone may read what there is to prepare, and begin; only the browser that began may end."""
        return (
            Entry(WAY_IN, ("GET",), self.welcome, Access.ANYONE, "apply"),
            Entry(f"{WAY_IN}/sign-in", ("GET",), self.sign_in, Access.ANYONE, "apply_sign_in"),
            Entry(CALLBACK, ("GET",), self.callback, Access.ANYONE, "apply_callback"),
            Entry(f"{WAY_IN}/sign-out", ("POST",), self.sign_out, Access.ANYONE, "apply_sign_out"),
        )

    async def welcome(self, request: Request) -> Response:
        """What an agency prepares in each of the three cases, and where to begin."""
        applicant = await self._gate.applicant(request)
        members = () if applicant is None else applicant.members
        return self._pages.render(request, "onboarding/apply.html", members=members, is_signed_in=applicant is not None)

    async def sign_in(self, request: Request) -> Response:
        """Send the browser to the issuer, remembering this attempt in a sealed cookie."""
        attempt = self._issuer.new_attempt(return_to=LIST)
        url = await self._issuer.authorization_url(attempt, language=self._pages.language(request).value)
        return self._attempts.leave(url, attempt)

    async def callback(self, request: Request) -> Response:
        """Take the issuer's answer (OpenID Connect Core 1.0, section 3.1.2.5 on)."""
        try:
            # 1. the answer to this browser's own request, from the one issuer
            attempt, _ = self._attempts.read(request)
            validate_answer(request, expected_state=attempt.state, expected_issuer=self._expected_issuer)
            # 2. the code, redeemed; the ID token, checked
            person = (await self._issuer.vouch(attempt, code=request.query_params["code"])).subscriber_id
            if person is None:
                raise Refused(PortalProblem.SIGN_IN_FAILED, "no subscriber named")
        except Refused as refused:
            self._security_log.note("portal.sign_in_refused", code=refused.code.value, reason=refused.detail)
            raise
        # 3. a session under a new secret
        async with self._storage.unit_of_work() as uow:
            secret = await self._sessions.start(uow, person)
            entry = AuditEvent("onboarding.signed_in", actor=Actor(ActorKind.SUBSCRIBER, person), subject=person)
            await self._audit.append(uow, entry)
        response = RedirectResponse(attempt.return_to, 303)
        self._attempts.clear(response)
        self._sessions.set_cookie(response, secret)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the applicant's session of this browser."""
        self._csrf.check(request, await read_form(request), form=SIGN_OUT_FORM)
        async with self._storage.unit_of_work() as uow:
            await self._sessions.end(uow, request)
        response = self._pages.render(request, "onboarding/apply.html", members=(), is_signed_in=False)
        self._sessions.clear_cookie(response)
        return response
