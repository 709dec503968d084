"""What a browser carries while its person is at the issuer: one sealed cookie for each way there."""

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.portal.model import PortalProblem, SignInAttempt

LIFE: Final = timedelta(minutes=10)


class AttemptCookie:
    """Only the browser that began may end: what it began is in its cookie, sealed. `name` is that of the way."""

    def __init__(self, name: str, *, sealer: TokenSealer, clock: Clock, https: bool) -> None:
        self._kind = name
        self._name = f"__Host-{name}" if https else name
        self._sealer = sealer
        self._clock = clock
        self._https = https

    def leave(self, url: str, attempt: SignInAttempt, **errand: str) -> RedirectResponse:
        """Send the browser to the issuer; `errand` says what is to be done as it comes back."""
        said = {
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_verifier": attempt.code_verifier,
            "return_to": attempt.return_to,
            "errand": errand,
        }
        response = RedirectResponse(url, 303)
        response.set_cookie(
            self._name,
            self._sealer.seal(self._kind, said, expires_at=self._clock.now() + LIFE),
            max_age=int(LIFE.total_seconds()),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="lax",
        )
        return response

    def read(self, request: Request) -> tuple[SignInAttempt, dict[str, str]]:
        """What this browser began, and its errand. Raises Refused (SIGN_IN_FAILED) for any other."""
        try:
            said = self._sealer.open(self._kind, request.cookies.get(self._name, ""), now=self._clock.now())
        except (SealBroken, SealExpired) as error:
            raise Refused(PortalProblem.SIGN_IN_FAILED, "no attempt of this browser") from error
        errand = said.pop("errand")
        return SignInAttempt(**said), errand

    def clear(self, response: Response) -> None:
        """It came back: the cookie is done with."""
        response.delete_cookie(self._name, path="/", secure=self._https, httponly=True, samesite="lax")
