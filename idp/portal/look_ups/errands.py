"""Errands: an officer goes past the issuer as a user of the agency's own program, and what was begun is done on return.

The issuer knows who is signed in, so that this is a redirect and no page, unless a passkey is missing.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member
from idp.kernel.errors import NotFound, Refused, TuatonError
from idp.keys.sealing import TokenSealer
from idp.portal.attempts import AttemptCookie
from idp.portal.look_ups.counter import HOME, Counter, place_of
from idp.portal.look_ups.gateway import NotDone
from idp.portal.look_ups.model import LookUpProblem, Visit
from idp.portal.look_ups.photo_requests import PhotoRequests
from idp.portal.openid import validate_answer
from idp.web.routes import Entry

CALLBACK: Final = f"{HOME}/callback"


class Errands:
    """`/look-ups/callback`, and the way there."""

    def __init__(
        self,
        *,
        counter: Counter,
        photo_requests: PhotoRequests,
        sealer: TokenSealer,
        expected_issuer: str,
        https: bool,
    ) -> None:
        self._counter = counter
        self._photo_requests = photo_requests
        self._expected_issuer = expected_issuer
        self._attempts = AttemptCookie("portal-look-up", sealer=sealer, clock=counter.storage.clock, https=https)

    def entries(self) -> tuple[Entry, ...]:
        """Back from the issuer; the same officer, in the same browser."""
        return self._counter.entries(((CALLBACK, "GET", self.callback, "look_up_callback"),))

    async def begin(self, request: Request, visit: Visit, act: str, *, is_fresh: bool = False) -> Response:
        """Send the browser to the issuer for one act about a visit; `is_fresh` when the passkey is to be used anew."""
        issuer = await self._counter.ways.issuer(visit.agency_id)
        attempt = issuer.new_attempt(return_to=place_of(visit))
        language = self._counter.pages.language(request).value
        url = await issuer.authorization_url(attempt, language=language, is_fresh=is_fresh)
        return self._attempts.leave(url, attempt, visit=visit.id, act=act)

    async def callback(self, request: Request, officer: Member) -> Response:
        """Take the issuer's answer, and do what was begun."""
        # 1. the answer to this browser's own request, from the one issuer
        attempt, errand = self._attempts.read(request)
        validate_answer(request, expected_state=attempt.state, expected_issuer=self._expected_issuer)
        # 2. the code, redeemed; it is the officer of this session who came back
        issuer = await self._counter.ways.issuer(officer.agency_id)
        vouched = await issuer.vouch(attempt, code=request.query_params["code"])
        if officer.id not in vouched.member_ids:
            await self._counter.ways.revoke(officer.agency_id, vouched.access_token)
            raise Refused(LookUpProblem.OTHER_PERSON)
        # 3. what the officer set out for; a token that came to nothing is not left alive
        try:
            place = await self._do(request, officer, errand, vouched.access_token)
        except NotDone as not_done:
            await self._counter.ways.revoke(officer.agency_id, vouched.access_token)
            response: Response = await self._counter.render(
                request, "denied.html", officer, status_code=not_done.denied.status, denied=not_done.denied
            )
        except TuatonError:
            await self._counter.ways.revoke(officer.agency_id, vouched.access_token)
            raise
        else:
            response = RedirectResponse(place, 303)
        self._attempts.clear(response)
        return response

    async def _do(self, request: Request, officer: Member, errand: dict[str, str], access_token: str) -> str:
        language = self._counter.pages.language(request).value
        match errand["act"]:
            case "open":
                visit = await self._counter.visits.running(errand["visit"], officer)
                if visit.anchor is not None:
                    # back and forth in the browser: it is open already
                    await self._counter.ways.revoke(visit.agency_id, access_token)
                    return place_of(visit)
                return place_of(await self._open(visit, access_token, language=language))
            case "renew":
                visit = await self._counter.visits.running(errand["visit"], officer)
                await self._counter.visits.with_token(visit, access_token)
                return f"{place_of(visit)}/registry-photo"
            case "ask_photo":
                visit = await self._counter.visits.running(errand["visit"], officer)
                return await self._photo_requests.ask(visit, access_token, language=language)
            case "agree_photo":
                return await self._photo_requests.agree(officer, errand["visit"], access_token, language=language)
            case _:
                raise NotFound(LookUpProblem.UNKNOWN)

    async def _open(self, visit: Visit, access_token: str, *, language: str) -> Visit:
        try:
            return await self._counter.visits.open(visit, access_token, language=language)
        except NotDone as not_done:
            denied = not_done.denied
            await self._counter.visits.write(visit, visit.kind.value, denied.outcome, code=denied.code)
            await self._counter.visits.end(visit)
            raise
