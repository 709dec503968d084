"""Proofs of possession (RFC 9449): a token is worth nothing to whoever does not hold this key."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from hashlib import sha256

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey


class DpopKey:
    """An agency's P-256 proof key, and the nonces servers have asked it to use."""

    def __init__(self, key: ECKey, *, clock: Callable[[], float]) -> None:
        self._key = key
        self._clock = clock
        self._nonces: dict[str, str] = {}

    def proof(self, *, method: str, url: httpx2.URL, access_token: str | None = None) -> str:
        """A fresh proof for one request (§4.2). With `access_token` it is for a protected resource."""
        claims: dict[str, str | int] = {
            "jti": secrets.token_urlsafe(24),
            "htm": method,
            # §4.2: "htu: The HTTP target URI of the request […] without query and fragment parts"
            "htu": str(url.copy_with(query=None, fragment=None)),
            "iat": int(self._clock()),
        }
        if access_token is not None:
            claims["ath"] = urlsafe_b64encode(sha256(access_token.encode()).digest()).rstrip(b"=").decode()
        if nonce := self._nonces.get(_origin(url)):
            claims["nonce"] = nonce
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self._key.as_dict(private=False)}
        return jwt.encode(header, claims, self._key, algorithms=["ES256"])

    def note_nonce(self, response: httpx2.Response) -> None:
        """Keep the nonce a server handed out (§8.2); it goes into the next proof for that server."""
        if nonce := response.headers.get("DPoP-Nonce"):
            self._nonces[_origin(response.request.url)] = nonce


class DpopAuth(httpx2.Auth):
    """Sends an access token the DPoP way (§7.1) and follows one demand for a nonce (§9)."""

    def __init__(self, key: DpopKey, access_token: str) -> None:
        self._key = key
        self._access_token = access_token

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Sign, send, and sign once more where the server asks for its nonce."""
        response = yield self._signed(request)
        self._key.note_nonce(response)
        if response.status_code == 401 and "use_dpop_nonce" in response.headers.get("WWW-Authenticate", ""):
            self._key.note_nonce((yield self._signed(request)))

    def _signed(self, request: httpx2.Request) -> httpx2.Request:
        request.headers["Authorization"] = f"DPoP {self._access_token}"
        request.headers["DPoP"] = self._key.proof(
            method=request.method, url=request.url, access_token=self._access_token
        )
        return request


def _origin(url: httpx2.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
