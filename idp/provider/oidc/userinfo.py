"""The userinfo endpoint, OpenID Connect Core §5.3."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from idp.authorization.tokens.access import Presentation
from idp.authorization.tokens.userinfo import Userinfo
from idp.kernel.clock import Clock
from idp.protocol.authorization_header import challenge, only_authorization
from idp.protocol.dpop import DpopNonces, only_proof
from idp.protocol.errors import OAuth2Error
from idp.protocol.userinfo import JWT_MEDIA_TYPE, authorization_of
from idp.provider.oidc.callers import Callers
from idp.provider.oidc.wire import FORM, NO_STORE, json_answer, oauth_error, read_parameters
from idp.web.forms import field_values
from idp.web.routes import Access, Entry


class UserinfoEndpoint:
    """`/userinfo` by GET and POST. `url` is its own configured address."""

    def __init__(self, *, url: str, callers: Callers, userinfo: Userinfo, nonces: DpopNonces, clock: Clock) -> None:
        self._url = url
        self._callers = callers
        self._userinfo = userinfo
        self._nonces = nonces
        self._clock = clock

    def entries(self) -> tuple[Entry, ...]:
        """§5.3.1: the endpoint "MUST support the use of the HTTP GET and HTTP POST methods"."""
        return (Entry("/userinfo", ("GET", "POST"), self._claims, Access.ACCESS_TOKEN, "userinfo", hot=True),)

    async def _claims(self, request: Request) -> Response:
        nonce = self._nonces.current(now=self._clock.now())
        shown = None
        try:
            shown = await self._presentation(request)
            answer = await self._userinfo.answer(shown)
        except OAuth2Error as error:
            if shown is not None:
                # for who keeps a diary of requests: the token is sealed, nobody else can read whose it is
                request.state.asking_client = await self._userinfo.program_of(shown)
            response = oauth_error(error, nonce=nonce, request=request)
            response.headers["www-authenticate"] = challenge(error)
            return response
        request.state.asking_client = answer.client_id
        if answer.jwt is None:
            return json_answer(answer.claims, nonce=nonce)
        # §5.3.2: "If the UserInfo Response is signed and/or encrypted, then the Claims are returned in a JWT and the
        # content-type MUST be application/jwt."
        return Response(answer.jwt, headers={**NO_STORE, "dpop-nonce": nonce}, media_type=JWT_MEDIA_TYPE)

    async def _presentation(self, request: Request) -> Presentation:
        header = only_authorization(field_values(request, b"authorization"))
        authorization, in_body = authorization_of(header, body=await _form_of(request))
        certificate = self._callers.certificate(request)
        return Presentation(
            authorization=authorization,
            dpop=only_proof(field_values(request, b"dpop")),
            method=request.method,
            url=self._url,
            certificate=None if certificate is None else certificate.thumbprint,
            in_body=in_body,
        )


async def _form_of(request: Request) -> Mapping[str, str]:
    """The form of a POST; any other body holds nothing that is looked at."""
    if request.method != "POST" or not request.headers.get("content-type", "").lower().startswith(FORM):
        return {}
    return await read_parameters(request)
