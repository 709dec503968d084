"""What the programs of agencies call: pushed requests, tokens, revocation."""

from starlette.requests import Request
from starlette.responses import Response

from idp.authorization.requests.intake import RequestIntake
from idp.authorization.tokens.model import TokenCall
from idp.authorization.tokens.revocation import Revocation
from idp.authorization.tokens.service import TokenEndpoint
from idp.kernel.clock import Clock
from idp.protocol.dpop import DpopNonces, only_proof
from idp.protocol.errors import OAuth2Error
from idp.protocol.revocation_request import parse_revocation_request
from idp.protocol.token_request import parse_token_request
from idp.provider.oidc.callers import Callers
from idp.provider.oidc.wire import json_answer, oauth_error, read_parameters
from idp.web.forms import field_values
from idp.web.routes import Access, Entry


class ClientEndpoints:
    """`/par`, `/token` and `/revoke`: POST alone, the client authenticated, every answer with a nonce."""

    def __init__(
        self,
        *,
        callers: Callers,
        intake: RequestIntake,
        tokens: TokenEndpoint,
        revocation: Revocation,
        nonces: DpopNonces,
        clock: Clock,
    ) -> None:
        self._callers = callers
        self._intake = intake
        self._tokens = tokens
        self._revocation = revocation
        self._nonces = nonces
        self._clock = clock

    def entries(self) -> tuple[Entry, ...]:
        """The paths that the metadata name."""
        return (
            Entry("/par", ("POST",), self._par, Access.CLIENT, "par", hot=True),
            Entry("/token", ("POST",), self._token, Access.CLIENT, "token", hot=True),
            Entry("/revoke", ("POST",), self._revoke, Access.CLIENT, "revoke"),
        )

    async def _par(self, request: Request) -> Response:
        nonce = self._nonces.current(now=self._clock.now())
        try:
            parameters = await read_parameters(request)
            credentials = await self._callers.credentials(request, parameters)
            proof = only_proof(field_values(request, b"dpop"))
        except OAuth2Error as error:
            self._intake.note_unreadable("par", str(error.error))
            return oauth_error(error, nonce=nonce, request=request)
        try:
            answer = await self._intake.push(credentials, parameters, proof)
        except OAuth2Error as error:
            return oauth_error(error, nonce=nonce, request=request)
        # RFC 9126 §2.2: "the server MUST generate a request URI and provide it in the response with a 201 HTTP status
        # code."
        return json_answer(answer, nonce=nonce, status_code=201)

    async def _token(self, request: Request) -> Response:
        nonce = self._nonces.current(now=self._clock.now())
        try:
            parameters = await read_parameters(request)
            call = TokenCall(
                await self._callers.credentials(request, parameters),
                parse_token_request(parameters, further_grant_types=self._tokens.further_grant_types),
                only_proof(field_values(request, b"dpop")),
            )
        except OAuth2Error as error:
            self._intake.note_unreadable("token", str(error.error))
            return oauth_error(error, nonce=nonce, request=request)
        try:
            answer = await self._tokens.handle(call)
        except OAuth2Error as error:
            return oauth_error(error, nonce=nonce, request=request)
        return json_answer(answer.to_json(), nonce=nonce)

    async def _revoke(self, request: Request) -> Response:
        try:
            parameters = await read_parameters(request)
            credentials = await self._callers.credentials(request, parameters)
            token = parse_revocation_request(parameters)
        except OAuth2Error as error:
            self._intake.note_unreadable("revoke", str(error.error))
            return oauth_error(error, nonce=None, request=request)
        try:
            await self._revocation.revoke(credentials, token)
        except OAuth2Error as error:
            return oauth_error(error, nonce=None, request=request)
        # RFC 7009 §2.2: "The authorization server responds with HTTP status code 200 if the token has been revoked
        # successfully or if the client submitted an invalid token."
        return json_answer({}, nonce=None)
