"""The data exchange as an agency's program calls it: over HTTP alone, with nothing of this house behind it.

Tokens in the program's own name (RFC 6749 section 4.4) by private_key_jwt (RFC 7523), for what `authorization_details`
ask for (RFC 9396), bound to a key that lives as long as this object (DPoP, RFC 9449).
"""

import asyncio
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from connectors.outbound.client import outbound_client
from idp.kernel.clock import Clock
from idp.protocol.redirection import is_loopback

ASSERTION_SECONDS: Final = 60
TIMEOUT_SECONDS: Final = 60.0
"""A registry may take its time, and a document is sealed meanwhile."""
ATTEMPTS: Final = 3
ACCEPTED: Final = 202
LOOKS: Final = 20
"""How often a document that awaits its time-stamp is looked for."""
EARLY_SECONDS: Final = 30
JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class CallRefused(Exception):
    """The other side said no. `code` is for a help desk; the rest are its own words, where it had some."""

    def __init__(self, code: str, *, status: int, said: str = "", next_step: str = "") -> None:
        super().__init__(code)
        self.code, self.status, self.said, self.next_step = code, status, said, next_step


class Unreachable(Exception):
    """Nobody answered, or what answered is not what was asked for; the text says which."""


class KeyUnusable(ValueError):
    """The file holds no private key that may sign here; the text never has any of it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The pull waits; where it stands is asked again after so many seconds."""

    pull_id: str
    state: str
    reason: str | None
    seconds: int


@dataclass(frozen=True, slots=True, repr=False)
class Program:
    """How the issuer knows the program; `key` signs its client assertions."""

    client_id: str
    key: Key


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    text: str
    until: float


def signing_key_of(text: str) -> Key:
    """A private key from a JWK or PEM file. Raises KeyUnusable."""
    try:
        is_jwk = text.lstrip().startswith("{")
        key = JWKRegistry.import_key(json.loads(text)) if is_jwk else _from_pem(text)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise KeyUnusable("the file holds no private key as JWK or PEM") from error
    if not isinstance(key, ECKey | RSAKey | OKPKey) or not key.is_private:
        raise KeyUnusable("the file holds no private asymmetric key")
    return key


def expect_safe(address: str) -> str:
    """The address without its last `/`. Raises ValueError unless it is https, or of the own machine."""
    parts = urlsplit(address)
    own = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if (parts.scheme != "https" and not own) or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{address} is no https address")
    return address.rstrip("/")


class DataClient:
    """Issuer and gateway as one program sees them. Methods raise CallRefused and Unreachable."""

    def __init__(self, *, issuer: str, gateway: str, program: Program, clock: Clock) -> None:
        self._issuer = issuer
        self._gateway = gateway
        self._program = program
        self._clock = clock
        self._key = ECKey.generate_key("P-256")
        self._nonces: dict[str, str] = {}
        self._http = outbound_client(timeout_seconds=TIMEOUT_SECONDS)
        self._token: _Token | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def fields_of(self, dataset: str, *, basis: str) -> tuple[str, ...] | None:
        """The fields that may be asked for on this basis, by the public catalogue; None for an unknown data set."""
        listed = _object(await self._send("GET", f"{self._gateway}/catalogue")).get("datasets", [])
        found = next((one for one in listed if one.get("dataset") == dataset), None)
        if found is None:
            return None
        return tuple(_text(one, "name") for one in found.get("fields", []) if basis in one.get("bases", [basis]))

    async def pull(
        self, order: Mapping[str, Any], *, details: Sequence[Mapping[str, Any]], idempotency_key: str
    ) -> dict[str, Any] | Accepted:
        """One data set; the same `idempotency_key` is one release, however often it is sent."""
        headers = {"idempotency-key": idempotency_key}
        answer = await self._as_program("POST", f"{self._gateway}/pulls", details, json=order, headers=headers)
        return self._judged(answer)

    async def look(self, pull_id: str, *, details: Sequence[Mapping[str, Any]]) -> dict[str, Any] | Accepted:
        """A pull that was accepted: how it stands, or its answer."""
        return self._judged(await self._as_program("GET", f"{self._gateway}/pulls/{pull_id}", details))

    async def document(self, described: Mapping[str, Any], *, details: Sequence[Mapping[str, Any]]) -> bytes:
        """The sealed file that an answer names, when it is the one that was announced."""
        # by its id: a token is shown to nobody but the gateway that was named
        address = f"{self._gateway}/documents/{_text(described, 'id')}"
        answer = await self._as_program("GET", address, details)
        for _ in range(LOOKS):  # it awaits its time-stamp
            if answer.status_code != ACCEPTED:
                break
            await asyncio.sleep(_retry_after(answer))
            answer = await self._as_program("GET", address, details)
        if answer.status_code == ACCEPTED:
            raise Unreachable("the document awaits its time-stamp: fetch it later")
        # what was announced stays as it is; what makes a document last is appended to it. One that had no time-stamp
        # yet was announced without a hash
        size, announced = described.get("size"), described.get("sha256")
        if announced is not None and sha256(answer.content[:size]).hexdigest() != announced:
            raise Unreachable("the document is not the one that was announced")
        return answer.content

    def _judged(self, answer: httpx2.Response) -> dict[str, Any] | Accepted:
        body = _object(answer)
        if answer.status_code != ACCEPTED or "document" in body:
            return body
        return Accepted(
            pull_id=_text(body, "id"),
            state=_text(body, "state"),
            reason=body.get("reason"),
            seconds=_retry_after(answer),
        )

    async def _as_program(
        self, method: str, url: str, details: Sequence[Mapping[str, Any]], **sent: Any
    ) -> httpx2.Response:
        token = await self._fresh_token(details)
        headers = {"authorization": f"DPoP {token}", **sent.pop("headers", {})}
        return await self._send(method, url, token=token, headers=headers, **sent)

    async def _fresh_token(self, details: Sequence[Mapping[str, Any]]) -> str:
        now = self._clock.now().timestamp()
        if self._token is None or self._token.until <= now:
            metadata = _object(await self._send("GET", f"{self._issuer}/.well-known/openid-configuration"))
            # OpenID Connect Discovery §4.3: "The issuer value returned MUST be identical to the Issuer URL"
            if metadata.get("issuer") != self._issuer:
                raise Unreachable("the issuer's own description names another issuer")
            form = {"grant_type": "client_credentials", "authorization_details": json.dumps(list(details))}
            answer = _object(await self._send("POST", _text(metadata, "token_endpoint"), proven=form))
            # RFC 9449 §5: any other token_type would mean a token that anybody could use
            if str(answer.get("token_type", "")).lower() != "dpop" or "access_token" not in answer:
                raise Unreachable("the access token is not bound to the program's key")
            lifetime = float(answer.get("expires_in", 0))
            self._token = _Token(answer["access_token"], now + max(0.0, lifetime - EARLY_SECONDS))
        return self._token.text

    async def _send(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        proven: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,  # httpx2's own name for a JSON body
    ) -> httpx2.Response:
        """The answer, whatever it says but a refusal; again with a nonce that was asked for, or after silence."""
        failed: Exception | None = None
        for _ in range(ATTEMPTS):
            sent = dict(headers or {})
            if token is not None or proven is not None:
                sent["dpop"] = self._proof(method, url, token)
            form = None if proven is None else {**proven, **self._assertion()}
            try:
                answer = await self._http.request(method, url, headers=sent, json=json, data=form)
            except httpx2.HTTPError as error:
                failed = error
                continue
            nonce = answer.headers.get("dpop-nonce")
            if nonce is not None:
                self._nonces[_origin(url)] = nonce
            if answer.is_success:
                return answer
            refusal = _refusal(answer)
            if refusal.code != "use_dpop_nonce":
                raise refusal
            failed = refusal
        raise Unreachable(f"{_origin(url)} does not answer: {type(failed).__name__}") from failed

    def _proof(self, method: str, url: str, token: str | None) -> str:
        claims: dict[str, str | int] = {
            "jti": secrets.token_urlsafe(24),
            "htm": method,
            "htu": url,
            "iat": int(self._clock.now().timestamp()),
        }
        if token is not None:
            claims["ath"] = urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode()
        if nonce := self._nonces.get(_origin(url)):
            claims["nonce"] = nonce
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self._key.as_dict(private=False)}
        return jwt.encode(header, claims, self._key, algorithms=["ES256"])

    def _assertion(self) -> dict[str, str]:
        program, now = self._program, int(self._clock.now().timestamp())
        claims: dict[str, str | int] = {
            "iss": program.client_id,
            "sub": program.client_id,
            # FAPI 2.0 §5.3.3.1: the audience is the issuer, as a string
            "aud": self._issuer,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        algorithm = _algorithm_of(program.key)
        header = {"alg": algorithm, **({"kid": program.key.kid} if program.key.kid else {})}
        signed = jwt.encode(header, claims, program.key, algorithms=[algorithm])
        return {"client_id": program.client_id, "client_assertion_type": JWT_BEARER, "client_assertion": signed}


def _from_pem(text: str) -> Key:
    for kind in (ECKey, OKPKey, RSAKey):
        try:
            return kind.import_key(text)
        except (JoseError, ValueError, TypeError):
            continue
    raise KeyUnusable("the file holds no private key as JWK or PEM")


def _algorithm_of(key: Key) -> str:
    match key:
        case RSAKey():
            return "PS256"
        case OKPKey():
            return "EdDSA"
        case _:
            return "ES256"


def _object(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError as error:
        raise Unreachable(f"{answer.request.url.host} answers with something else than JSON") from error
    if not isinstance(body, dict):
        raise Unreachable(f"{answer.request.url.host} answers with something else than an object")
    return body


def _retry_after(answer: httpx2.Response) -> int:
    seconds = answer.headers.get("retry-after", "")
    return max(1, int(seconds)) if seconds.isdecimal() else 5


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Unreachable(f"the answer has no {name}")
    return value


def _refusal(answer: httpx2.Response) -> CallRefused:
    """What an error says: RFC 9457 problem, OAuth error (RFC 6749 §5.2) or challenge (RFC 6750 §3)."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    said: Mapping[str, Any] = body if isinstance(body, dict) else {}
    challenge = answer.headers.get("www-authenticate", "")
    challenged = challenge.partition('error="')[2].partition('"')[0]
    texts = [str(said[name]) for name in ("title", "detail", "error_description") if said.get(name)]
    return CallRefused(
        str(said.get("code") or said.get("error") or challenged or f"HTTP {answer.status_code}"),
        status=answer.status_code,
        said=": ".join(texts),
        next_step=str(said.get("next", "")),
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
