"""Authlib's AuthorizationServer, in memory, with the small classes that it asks its users to write."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    OAuth2Request,
    TokenMixin,
    grants,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

METHODS = ["client_secret_basic", "client_secret_post"]


class Request(OAuth2Request):
    """A request whose parameters are there already."""

    payload: Any
    client: Any

    def __init__(self, method: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> None:
        super().__init__(method, "https://peer.example/", headers=dict(headers))
        self.payload = BasicOAuth2Payload(dict(parameters))

    @property
    def form(self) -> Mapping[str, str]:
        return dict(self.payload.data)

    @property
    def args(self) -> Mapping[str, str]:
        return dict(self.payload.data)


@dataclass
class Client(ClientMixin):
    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]
    scope: str
    grant_types: tuple[str, ...]

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(word for word in (scope or "").split() if word in self.scope.split())

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types


@dataclass
class Code:
    code: str
    client_id: str
    redirect_uri: str | None
    scope: str
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str | None:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Token(TokenMixin):
    client_id: str
    scope: str
    refresh_token: str | None
    is_over: bool = False

    def check_client(self, client: Client) -> bool:
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        return self.scope

    def get_expires_in(self) -> int:
        return 300

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return self.is_over


@dataclass
class Memory:
    clients: dict[str, Client]
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def save_authorization_code(self, code: str, request: Request) -> None:
        data = request.payload.data
        self.server.memory.codes[code] = Code(
            code,
            request.client.client_id,
            data.get("redirect_uri"),
            request.scope or "",
            data.get("code_challenge"),
            data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        known: Code | None = self.server.memory.codes.get(code)
        return known if known is not None and known.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.server.memory.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> str:
        return "citizen"


class OnlyS256(CodeChallenge):
    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar = ["S256"]
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        live = (token for token in self.server.memory.tokens if not token.is_over)
        return next((token for token in live if token.refresh_token == refresh_token), None)

    def authenticate_user(self, refresh_token: Token) -> str:
        return "citizen"

    def revoke_old_credential(self, refresh_token: Token) -> None:
        refresh_token.is_over = True


class OwnGrant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS


class AuthlibServer(AuthorizationServer):
    """The three grants; every answer is (status, body, headers)."""

    def __init__(self, *clients: Client) -> None:
        super().__init__(scopes_supported=None)
        self.memory = Memory({client.client_id: client for client in clients})
        self.register_grant(CodeGrant, [OnlyS256(required=True)])
        self.register_grant(RefreshGrant)
        self.register_grant(OwnGrant)
        self.register_token_generator("default", self._made)

    def query_client(self, client_id: str) -> Client | None:
        return self.memory.clients.get(client_id)

    def save_token(self, token: Mapping[str, Any], request: Request) -> None:
        kept = Token(request.client.client_id, token.get("scope") or "", token.get("refresh_token"))
        self.memory.tokens.append(kept)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any, dict[str, str]]:
        return status, body, dict(headers)

    def authorize(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """What came back to the client, or `page` where nothing did."""
        request = Request("GET", parameters, {})
        try:
            grant = self.get_consent_grant(request, end_user="citizen")
        except OAuth2Error as refusal:
            status, _, headers = self.handle_error_response(request, refusal)
        else:
            status, _, headers = self.create_authorization_response(request, grant_user="citizen", grant=grant)
        if status != 302:
            return {"page": "yes"}
        return {name: values[0] for name, values in parse_qs(urlsplit(headers["Location"]).query).items()}

    def token(self, parameters: Mapping[str, str], credentials: tuple[str, str] | None) -> dict[str, Any]:
        headers = {} if credentials is None else {"Authorization": basic(*credentials)}
        _, body, _ = self.create_token_response(Request("POST", parameters, headers))
        return dict(body)

    def _made(self, *, scope: str | None, include_refresh_token: bool, **_: Any) -> dict[str, Any]:
        token = {"token_type": "Bearer", "access_token": secrets.token_urlsafe(16), "scope": scope or ""}
        return token | ({"refresh_token": secrets.token_urlsafe(16)} if include_refresh_token else {})


def basic(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()
