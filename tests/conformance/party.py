"""A small OpenID client, written from the specifications: it says exactly what a test tells it to say."""

import base64
import hashlib
import json
import secrets
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, Key, KeySet

from tests.conformance.browser import Browser, Landed, Page
from tests.conformance.server import ISSUER, Server

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PLANS = Path(__file__).parent / "plans"
ALGORITHMS = ["ES256", "PS256", "RS256", "EdDSA", "HS256", "none"]
WIDE = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
LEFT_OUT = None


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def now() -> int:
    return int(time.time())


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: Key) -> str:
    """A compact JWS by any algorithm, with claims that are left out where they are None."""
    given = {name: value for name, value in claims.items() if value is not LEFT_OUT}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jws.serialize_compact(dict(header), json.dumps(given), key, algorithms=ALGORITHMS)


def unsigned(claims: Mapping[str, Any]) -> str:
    """A JWT with alg none."""
    parts = ({"alg": "none"}, {name: value for name, value in claims.items() if value is not LEFT_OUT})
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts), ""]
    )


@dataclass
class Asked:
    """An authorization request as it was made, and what was kept for the token request."""

    parameters: dict[str, str]
    verifier: str

    @property
    def state(self) -> str | None:
        return self.parameters.get("state")

    @property
    def nonce(self) -> str | None:
        return self.parameters.get("nonce")


@dataclass
class Party:
    """One registered client. `sender` is how its tokens are bound: `dpop`, `mtls` or nothing."""

    server: Server
    plan: str
    configuration: Mapping[str, Any]
    registered: Mapping[str, Any]
    redirect_uri: str
    certificate: str | None = None
    response_mode: str | None = None
    always_pkce: bool = False
    dpop_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    dpop_nonce: str | None = None

    @classmethod
    def of(cls, server: Server, plan: str, name: str = "client") -> "Party":
        document = json.loads((PLANS / f"{plan}.json").read_text("utf-8"))
        second = name.endswith("2")
        redirects = document["tuaton"]["redirect_uris"]
        return cls(
            server=server,
            plan=plan,
            configuration=document[name],
            registered=document["tuaton"][name],
            redirect_uri=redirects[2] if second and "fapi" in plan else redirects[0],
            response_mode="jwt" if "-ms-" in plan else None,
            certificate=document.get("mtls2" if second else "mtls", {}).get("cert"),
        )

    def __post_init__(self) -> None:
        self.metadata = self.server.metadata
        self.http = self.server.http(certificate=self.certificate)

    @property
    def id(self) -> str:
        return str(self.configuration["client_id"])

    @property
    def secret(self) -> str:
        return str(self.configuration["client_secret"])

    @cached_property
    def key(self) -> Key:
        jwk = {name: value for name, value in self.configuration["jwks"]["keys"][0].items() if name not in ("alg",)}
        return JWKRegistry.import_key(jwk)

    @property
    def is_fapi(self) -> bool:
        return str(self.registered["profile"]).startswith("fapi2")

    @property
    def signs_requests(self) -> bool:
        return bool(self.registered.get("require_signed_request_object"))

    @property
    def sender(self) -> str | None:
        if self.registered.get("dpop_bound_access_tokens"):
            return "dpop"
        return "mtls" if self.registered.get("tls_client_certificate_bound_access_tokens") else None

    # asking

    def ask(self, **changes: Any) -> Asked:
        """The parameters of an authorization request; None leaves one out."""
        verifier = secrets.token_urlsafe(32)
        parameters: dict[str, Any] = {
            "client_id": self.id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
            "response_mode": self.response_mode,
        }
        if self.is_fapi or self.always_pkce:
            parameters |= {"code_challenge": digest(verifier), "code_challenge_method": "S256"}
        parameters |= changes
        return Asked({name: str(value) for name, value in parameters.items() if value is not LEFT_OUT}, verifier)

    def request_object(self, asked: Asked, *, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """RFC 9101: the parameters as a signed JWT."""
        claims = {
            "iss": self.id,
            "aud": ISSUER,
            "iat": now(),
            "nbf": now(),
            "exp": now() + 300,
            "jti": secrets.token_urlsafe(16),
            **asked.parameters,
        }
        if asked.parameters.get("claims", "").startswith("{"):
            claims["claims"] = json.loads(asked.parameters["claims"])
        return signed({"alg": "PS256", "typ": "oauth-authz-req+jwt", **(header or {})}, claims | changes, self.key)

    def push(
        self,
        asked: Asked,
        *,
        assertion: str | None = None,
        proof: str | None = None,
        request: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """RFC 9126: push the parameters, or the request object that holds them."""
        if request is None and self.signs_requests:
            request = self.request_object(asked)
        body = dict(asked.parameters) if request is None else {"client_id": self.id, "request": request}
        url = self.metadata["pushed_authorization_request_endpoint"]
        return self.post(
            url, {**body, **(extra or {})}, assertion=assertion, headers={} if proof is None else {"dpop": proof}
        )

    def authorize_url(self, asked: Asked, **outside: str) -> str:
        """Where to send the browser: with everything, or with what was pushed."""
        if self.is_fapi:
            answer = self.push(asked)
            assert answer.status_code == 201, answer.text
            return self.pushed_url(answer.json()["request_uri"], **outside)
        return f"{self.metadata['authorization_endpoint']}?{urlencode({**asked.parameters, **outside})}"

    def pushed_url(self, request_uri: str, **outside: str) -> str:
        parameters = {"client_id": self.id, "request_uri": request_uri, **outside}
        return f"{self.metadata['authorization_endpoint']}?{urlencode(parameters)}"

    def authorize(self, asked: Asked, browser: Browser) -> Landed:
        """All the way to the client's own address, the answer opened and checked."""
        return self.opened(browser.land(self.authorize_url(asked)), asked)

    def opened(self, landed: Landed, asked: Asked) -> Landed:
        """The answer's parameters, from its JWT where it is one; `iss` and `state` checked."""
        assert (
            landed.address.partition("?")[0]
            == asked.parameters.get("redirect_uri", self.redirect_uri).partition("?")[0]
        )
        if "response" in landed.parameters:
            claims = self.verified(landed.parameters["response"])
            assert claims["aud"] == self.id
            assert claims["exp"] > now()
            landed = Landed(landed.address, landed.method, {name: str(value) for name, value in claims.items()})
        assert landed.parameters.get("iss") == ISSUER
        assert landed.parameters.get("state") == asked.state
        return landed

    # proving

    def assertion(self, *, key: Key | None = None, alg: str = "PS256", kid: str | None = None, **changes: Any) -> str:
        """`private_key_jwt`."""
        claims = {
            "iss": self.id,
            "sub": self.id,
            "aud": ISSUER,
            "jti": secrets.token_urlsafe(16),
            "iat": now(),
            "exp": now() + 60,
        }
        header = {"alg": alg} if kid is None else {"alg": alg, "kid": kid}
        return signed(header, claims | changes, key or self.key)

    def proof(
        self,
        method: str,
        url: str,
        *,
        access_token: str | None = None,
        header: Mapping[str, Any] | None = None,
        key: ECKey | None = None,
        **changes: Any,
    ) -> str:
        """A DPoP proof (RFC 9449 §4.2)."""
        key = key or self.dpop_key
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": now(),
            "ath": None if access_token is None else digest(access_token),
            "nonce": self.dpop_nonce,
        }
        typed = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False), **(header or {})}
        return signed({name: value for name, value in typed.items() if value is not LEFT_OUT}, claims | changes, key)

    def post(
        self,
        url: str,
        body: Mapping[str, str],
        *,
        assertion: str | None = None,
        headers: Mapping[str, str] | None = None,
        authenticated: bool = True,
    ) -> httpx2.Response:
        """A request of the client's own, authenticated the way it is registered."""
        fields, headers = dict(body), dict(headers or {})
        if authenticated:
            match self.registered["token_endpoint_auth_method"]:
                case "private_key_jwt":
                    fields |= {
                        "client_assertion_type": ASSERTION_TYPE,
                        "client_assertion": assertion or self.assertion(),
                    }
                case "client_secret_basic":
                    pair = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
                    headers["authorization"] = f"Basic {pair}"
                case "client_secret_post":
                    fields |= {"client_id": self.id, "client_secret": self.secret}
                case _:
                    fields |= {"client_id": self.id}
        return self.http.post(url, data=fields, headers=headers)

    # tokens

    def token(self, body: Mapping[str, str], *, proof: str | None = None, **options: Any) -> httpx2.Response:
        """A token request, with a DPoP proof where tokens are bound by one."""
        url = self.metadata["token_endpoint"]
        headers = {"dpop": proof or self.proof("POST", url)} if self.sender == "dpop" and proof != "" else {}
        answer = self.post(url, body, headers=headers, **options)
        if answer.status_code == 400 and answer.json().get("error") == "use_dpop_nonce":
            self.dpop_nonce = answer.headers["dpop-nonce"]
            answer = self.post(url, body, headers={"dpop": self.proof("POST", url)}, **options)
        return answer

    def redeem(
        self, asked: Asked, code: str, *, changes: Mapping[str, Any] | None = None, **options: Any
    ) -> httpx2.Response:
        """Code for tokens."""
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.parameters.get("redirect_uri"),
            "code_verifier": asked.verifier if "code_challenge" in asked.parameters else None,
            **(changes or {}),
        }
        return self.token({name: value for name, value in body.items() if value is not LEFT_OUT}, **options)

    def tokens(self, asked: Asked, landed: Landed) -> dict[str, Any]:
        """The tokens of a good answer."""
        answer = self.redeem(asked, landed.code)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return dict(answer.json())

    def refresh(self, refresh_token: str, **options: Any) -> httpx2.Response:
        return self.token({"grant_type": "refresh_token", "refresh_token": refresh_token}, **options)

    def userinfo(
        self,
        access_token: str,
        *,
        method: str = "GET",
        scheme: str | None = None,
        in_body: bool = False,
        proof: str | None = None,
    ) -> httpx2.Response:
        """The userinfo endpoint, the token presented the way it is bound."""
        url = self.metadata["userinfo_endpoint"]
        usual = "DPoP" if self.sender == "dpop" else "Bearer"
        headers = {} if in_body else {"authorization": f"{scheme or usual} {access_token}"}
        if self.sender == "dpop":
            headers["dpop"] = proof or self.proof(method, url, access_token=access_token)
        body = {"access_token": access_token} if in_body else None
        return self.http.request(method, url, headers=headers, data=body)

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a JWT of the issuer, its signature good and its issuer right."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            decoded = jwt.decode(token, KeySet.import_key_set(dict(self.server.jwks)), algorithms=ALGORITHMS[:4])
        assert decoded.claims["iss"] == ISSUER
        return dict(decoded.claims)

    def id_token(self, tokens: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        """OpenID Connect Core §3.1.3.7."""
        claims = self.verified(tokens["id_token"])
        assert claims["aud"] == self.id
        assert claims["exp"] > now() >= claims["iat"] - 10
        assert claims.get("nonce") == asked.nonce
        assert 0 < len(claims["sub"]) <= 255
        return claims

    def sign_in(self, browser: Browser, **changes: Any) -> tuple[Asked, dict[str, Any]]:
        """The whole happy way: ask, sign in, redeem; the ID token checked."""
        asked = self.ask(**changes)
        tokens = self.tokens(asked, self.authorize(asked, browser))
        self.id_token(tokens, asked)
        return asked, tokens


def error_of(end: Landed | Page) -> str | None:
    """The OAuth error the client was told, or the code of the page where the browser stopped."""
    return end.error if isinstance(end, Landed) else end.error_code
