"""The introspection endpoint, RFC 7662 and RFC 9701."""

from starlette.requests import Request
from starlette.responses import Response

from idp.authorization.tokens.introspection import Introspection
from idp.protocol.errors import OAuth2Error
from idp.protocol.introspection import SIGNED_MEDIA_TYPE, parse_introspection_request, wants_signed_answer
from idp.provider.oidc.callers import Callers
from idp.provider.oidc.wire import NO_STORE, json_answer, oauth_error, read_parameters
from idp.web.routes import Access, Entry


class IntrospectionEndpoint:
    """`/introspect`: POST alone, the client authenticated; a signed answer to those who accept one."""

    def __init__(self, *, callers: Callers, introspection: Introspection) -> None:
        self._callers = callers
        self._introspection = introspection

    def entries(self) -> tuple[Entry, ...]:
        """RFC 7662 §2.1: by POST alone."""
        return (Entry("/introspect", ("POST",), self._introspect, Access.CLIENT, "introspect", hot=True),)

    async def _introspect(self, request: Request) -> Response:
        try:
            parameters = await read_parameters(request)
            credentials = await self._callers.credentials(request, parameters)
            token = parse_introspection_request(parameters)
            signed = wants_signed_answer(request.headers.get("accept"))
            answer = await self._introspection.answer(credentials, token, signed=signed)
        except OAuth2Error as error:
            return oauth_error(error, nonce=None, request=request)
        if answer.jwt is None:
            return json_answer(answer.members, nonce=None)
        return Response(answer.jwt, headers=NO_STORE, media_type=SIGNED_MEDIA_TYPE)
