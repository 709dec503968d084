"""Dynamic client registration and its management, RFC 7591 §3 and RFC 7592 §2."""

import json
from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc7591 import InvalidClientMetadataError
from starlette.requests import Request
from starlette.responses import Response

from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.registration import Registration
from idp.authorization.client_registration.rules import registered_metadata
from idp.protocol.authorization_header import TokenScheme, only_authorization, parse_authorization
from idp.protocol.errors import InvalidTokenError, OAuth2Error
from idp.provider.oidc.wire import NO_STORE, json_answer, oauth_error
from idp.web.routes import Access, Entry

MAX_BODY_BYTES = 32_768


class RegistrationEndpoints:
    """`/register` for newcomers and `/register/{client_id}` for the registered. `url` is the former, configured."""

    def __init__(self, *, url: str, registration: Registration) -> None:
        self._url = url
        self._registration = registration

    def entries(self) -> tuple[Entry, ...]:
        """The token in the Authorization header says who may call."""
        token, own = Access.ACCESS_TOKEN, "/register/{client_id}"
        return (
            Entry("/register", ("POST",), self._register, token, "register_client"),
            Entry(own, ("GET",), self._read, token, "read_client"),
            Entry(own, ("PUT",), self._change, token, "change_client"),
            Entry(own, ("DELETE",), self._end, token, "end_client"),
        )

    async def _register(self, request: Request) -> Response:
        try:
            metadata = await _metadata(request)
            made = await self._registration.register(token=_bearer(request), metadata=metadata)
        except OAuth2Error as error:
            return oauth_error(error, nonce=None, request=request)
        answer = self._answer(made.client, token=made.registration_access_token, secret=made.secret)
        # RFC 7591 §3.1: "The server responds with an HTTP 201 Created status code"
        return json_answer(answer, nonce=None, status_code=201)

    async def _read(self, request: Request) -> Response:
        token = None
        try:
            token = _bearer(request)
            client = await self._registration.read(request.path_params["client_id"], token=token)
        except OAuth2Error as error:
            return oauth_error(error, nonce=None, request=request)
        return json_answer(self._answer(client, token=token, secret=None), nonce=None)

    async def _change(self, request: Request) -> Response:
        token = None
        try:
            token, metadata = _bearer(request), await _metadata(request)
            client_id = request.path_params["client_id"]
            made = await self._registration.change(client_id, token=token, metadata=metadata)
        except OAuth2Error as error:
            return oauth_error(error, nonce=None, request=request)
        return json_answer(self._answer(made.client, token=token, secret=made.secret), nonce=None)

    async def _end(self, request: Request) -> Response:
        try:
            await self._registration.end(request.path_params["client_id"], token=_bearer(request))
        except OAuth2Error as error:
            return oauth_error(error, nonce=None, request=request)
        # RFC 7592 §2.3: "the authorization server MUST respond with an HTTP 204 No Content message"
        return Response(status_code=204, headers=NO_STORE)

    def _answer(self, client: Client, *, token: str | None, secret: str | None) -> dict[str, Any]:
        """RFC 7591 §3.2.1 and RFC 7592 §3. A secret is said once; we keep its digest alone."""
        issued = {} if secret is None else {"client_secret": secret, "client_secret_expires_at": 0}
        return {
            "client_id": client.id,
            **issued,
            "registration_access_token": token,
            "registration_client_uri": f"{self._url}/{client.id}",
            **registered_metadata(client),
        }


def _bearer(request: Request) -> str | None:
    header = only_authorization(request.headers.getlist("authorization"))
    if header is None:
        return None
    presented = parse_authorization(header)
    # RFC 7592 §2: "The client MUST use its registration access token in all calls to this endpoint as an OAuth 2.0
    # Bearer Token"
    if presented.scheme is not TokenScheme.BEARER:
        raise InvalidTokenError("the token must come under the Bearer scheme")
    return presented.access_token


async def _metadata(request: Request) -> Mapping[str, Any]:
    body = await request.body()
    if len(body) > MAX_BODY_BYTES:
        raise InvalidClientMetadataError("the body is too large", status_code=413)
    try:
        metadata = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidClientMetadataError("the body is not JSON") from error
    if not isinstance(metadata, dict):
        raise InvalidClientMetadataError("the body must be a JSON object")
    return metadata
