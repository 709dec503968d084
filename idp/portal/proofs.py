"""Proofs that the portal holds the key to which its tokens are bound (DPoP, RFC 9449), as the one who sends them."""

from urllib.parse import urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

from idp.kernel.clock import Clock
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.protocol.dpop import access_token_hash


class ProofKey:
    """A P-256 key, and the nonces that servers asked for last."""

    def __init__(self, key: ECKey, *, clock: Clock, randomness: Randomness = system_randomness) -> None:
        self._key = key
        self._clock = clock
        self._randomness = randomness
        self._nonces: dict[str, str] = {}

    def proof(self, method: str, url: str, *, access_token: str | None = None) -> str:
        """A fresh proof for one request (section 4.2); with `access_token` it is for a protected resource."""
        claims: dict[str, str | int] = {
            "jti": random_text(self._randomness),
            "htm": method,
            # section 4.2: "htu: The HTTP target URI of the request […] without query and fragment parts"
            "htu": url.partition("?")[0],
            "iat": int(self._clock.now().timestamp()),
        }
        if access_token is not None:
            claims["ath"] = access_token_hash(access_token)
        if nonce := self._nonces.get(_origin(url)):
            claims["nonce"] = nonce
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self._key.as_dict(private=False)}
        return jwt.encode(header, claims, self._key, algorithms=["ES256"])

    def note(self, answer: httpx2.Response) -> None:
        """Keep the nonce that came with an answer, for the next proof to that server (section 8.2)."""
        if nonce := answer.headers.get("dpop-nonce"):
            self._nonces[_origin(str(answer.request.url))] = nonce


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
