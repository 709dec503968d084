"""The userinfo endpoint, OpenID Connect Core §5.3."""

from starlette.requests import Request
from starlette.responses import Response

from idp.authorization.tokens.access import Presentation
from idp.authorization.tokens.userinfo import Userinfo
from idp.kernel.clock import Clock
from idp.protocol.authorization_header import challenge, only_authorization
from idp.protocol.dpop import DpopNonces, only_proof
from idp.protocol.errors import OAuth2Error
from idp.provider.oidc.wire import json_answer, oauth_error
from idp.web.routes import Access, Entry


class UserinfoEndpoint:
    """`/userinfo` by GET and POST, the token in the Authorization header. `url` is its own configured address."""

    def __init__(self, *, url: str, userinfo: Userinfo, nonces: DpopNonces, clock: Clock) -> None:
        self._url = url
        self._userinfo = userinfo
        self._nonces = nonces
        self._clock = clock

    def entries(self) -> tuple[Entry, ...]:
        """§5.3.1: the endpoint "MUST support the use of the HTTP GET and HTTP POST methods"."""
        return (Entry("/userinfo", ("GET", "POST"), self._claims, Access.ACCESS_TOKEN, "userinfo"),)

    async def _claims(self, request: Request) -> Response:
        nonce = self._nonces.current(now=self._clock.now())
        try:
            shown = Presentation(
                authorization=only_authorization(request.headers.getlist("authorization")),
                dpop=only_proof(request.headers.getlist("dpop")),
                method=request.method,
                url=self._url,
            )
            return json_answer(await self._userinfo.claims(shown), nonce=nonce)
        except OAuth2Error as error:
            response = oauth_error(error, nonce=nonce)
            response.headers["www-authenticate"] = challenge(error)
            return response
