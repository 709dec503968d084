"""The client of ThaiD. Authlib speaks the protocol; what the answers must say is checked in `claims`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connectors.contracts.errors import RegistryRefused, RegistryUnavailable
from connectors.contracts.thaid import ThaidAnswerRefused, ThaidAttempt, ThaidCodeRefused, ThaidIdentity
from connectors.gdx.breaker import Breaker
from connectors.thaid.claims import SCOPE, read_identity, validate_id_token, validate_one_person

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
"""What an ID token may be signed with; nothing that a shared secret, or no key at all, could make."""

_CLIENT_FAULTS: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_scope"})
_TRANSPORT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, repr=False)
class ThaidRegistration:
    """This deployment's registration at ThaiD."""

    client_id: str
    client_secret: str
    redirect_uri: str


class ThaidClient:
    """Fulfils `connectors.contracts.thaid.ThaidPort`.

    `new_secret` gives an unguessable URL-safe text (43 characters or more); `clock` aware moments. One exchange, all of
    its requests together, takes no longer than `deadline_seconds`.
    """

    def __init__(
        self,
        *,
        issuer: str,
        registration: ThaidRegistration,
        clock: Callable[[], datetime],
        transport: Callable[[], httpx2.AsyncBaseTransport],
        new_secret: Callable[[], str],
        deadline_seconds: float = 8.0,
    ) -> None:
        self._issuer = issuer
        self._registration = registration
        self._clock = clock
        self._transport = transport
        self._new_secret = new_secret
        self._deadline_seconds = deadline_seconds
        self._breaker = Breaker(clock=clock)
        self._metadata: Mapping[str, str] | None = None

    @property
    def origin(self) -> str:
        """The origin of ThaiD's pages."""
        parts = urlsplit(self._issuer)
        return f"{parts.scheme}://{parts.netloc}"

    def new_attempt(self) -> ThaidAttempt:
        """Fresh secrets for one attempt."""
        return ThaidAttempt(self._new_secret(), self._new_secret(), self._new_secret())

    async def authorization_url(self, attempt: ThaidAttempt, *, language: str) -> str:
        """Where to send the browser. Raises RegistryUnavailable."""
        async with self._asking() as client:
            metadata = await self._discover(client)
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.code_verifier,
                ui_locales=language,
            )
        return str(url)

    async def redeem(self, attempt: ThaidAttempt, *, code: str) -> ThaidIdentity:
        """Exchange the code and read who it is. Raises as `ThaidPort.redeem`."""
        until = asyncio.get_running_loop().time() + self._deadline_seconds
        tokens: Mapping[str, Any] = {}
        try:
            async with self._asking(until) as client:
                metadata = await self._discover(client)
                # 1. the code, server to server
                tokens = await self._exchange(client, metadata["token_endpoint"], code, attempt)
                # 2. the ID token: signature, then what it says
                keys = await _json(client, metadata["jwks_uri"], withhold_token=True)
                id_token = self._signed(tokens.get("id_token"), keys)
                validate_id_token(
                    id_token,
                    expected_issuer=self._issuer,
                    expected_client_id=self._registration.client_id,
                    expected_nonce=attempt.nonce,
                    now=int(self._clock().timestamp()),
                )
                # 3. the person, about whom every answer must agree
                userinfo = await _json(client, metadata["userinfo_endpoint"])
                validate_one_person(id_token=id_token, token_answer=tokens, userinfo=userinfo)
                return read_identity(userinfo)
        finally:
            # 4. whatever came of it, the tokens are given back: nothing here reads ThaiD in the person's absence
            await self._give_back(tokens, until=until)

    @asynccontextmanager
    async def _asking(self, until: float | None = None) -> AsyncIterator[AsyncOAuth2Client]:
        """A client for one exchange, which ends at `until` (the loop's time; else a deadline from now).

        What the line does becomes RegistryUnavailable.
        """
        if until is None:
            until = asyncio.get_running_loop().time() + self._deadline_seconds
        with self._breaker.attempt(seconds=self._deadline_seconds):
            try:
                async with asyncio.timeout_at(until), self._client() as client:
                    yield client
            except (httpx2.HTTPError, TimeoutError) as error:
                # the cause may hold the code or a token: only its kind goes on
                raise RegistryUnavailable(f"ThaiD: {type(error).__name__}") from None

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self._registration.client_id,
            client_secret=self._registration.client_secret,
            token_endpoint_auth_method="client_secret_basic",
            revocation_endpoint_auth_method="client_secret_basic",
            redirect_uri=self._registration.redirect_uri,
            scope=SCOPE,
            code_challenge_method="S256",
            transport=self._transport(),
            timeout=_TRANSPORT_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )

    async def _discover(self, client: AsyncOAuth2Client) -> Mapping[str, str]:
        if self._metadata is None:
            address = f"{self._issuer}/.well-known/openid-configuration"
            metadata = await _json(client, address, withhold_token=True)
            # OpenID Connect Discovery 1.0 §4.3: "The issuer value returned MUST be identical to the Issuer URL that was
            # used as the prefix"
            if metadata.get("issuer") != self._issuer:
                raise RegistryUnavailable("ThaiD: issuer of the metadata")
            needed = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
            if not all(isinstance(metadata.get(name), str) for name in needed):
                raise RegistryUnavailable("ThaiD: metadata without endpoints")
            self._metadata = metadata
        return self._metadata

    async def _exchange(
        self, client: AsyncOAuth2Client, endpoint: str, code: str, attempt: ThaidAttempt
    ) -> Mapping[str, Any]:
        try:
            tokens = await client.fetch_token(endpoint, code=code, code_verifier=attempt.code_verifier)
        except OAuthError as error:
            kind = RegistryRefused if error.error in _CLIENT_FAULTS else ThaidCodeRefused
            raise kind("ThaiD: token endpoint", wire_code=str(error.error)[:40]) from None
        except ValueError:
            raise RegistryUnavailable("ThaiD: the token answer is no JSON") from None
        if not isinstance(tokens, dict) or not isinstance(tokens.get("access_token"), str):
            raise RegistryUnavailable("ThaiD: the token answer holds no token")
        return tokens

    def _signed(self, id_token: object, jwks: Mapping[str, Any]) -> Mapping[str, Any]:
        if not isinstance(id_token, str):
            raise ThaidAnswerRefused("no ID token")
        try:
            # the key set is JSON from the wire: what it may be is for the library to judge
            keys = KeySet.import_key_set({"keys": jwks.get("keys", [])})
            return jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, KeyError, TypeError):
            raise ThaidAnswerRefused("ID token: signature") from None

    async def _give_back(self, tokens: Mapping[str, Any], *, until: float) -> None:
        """Within the exchange's own time. A token that could not be given back ends by itself within minutes: no reason
        to turn the person away, nor to think the worse of the line.
        """
        endpoint = (self._metadata or {}).get("revocation_endpoint")
        if endpoint is None or not tokens:
            return
        with suppress(httpx2.HTTPError, TimeoutError):
            async with asyncio.timeout_at(until), self._client() as client:
                for kind in ("refresh_token", "access_token"):
                    if isinstance(tokens.get(kind), str):
                        await client.revoke_token(endpoint, tokens[kind], kind)


async def _json(client: AsyncOAuth2Client, address: str, *, withhold_token: bool = False) -> Mapping[str, Any]:
    """The JSON object at an address, asked with the access token where there is one. Raises RegistryUnavailable."""
    answer = await client.request("GET", address, withhold_token=withhold_token)
    if answer.status_code != 200:
        raise RegistryUnavailable("ThaiD: no answer", wire_code=str(answer.status_code))
    try:
        body = answer.json()
    except ValueError:
        raise RegistryUnavailable("ThaiD: the answer is no JSON") from None
    if not isinstance(body, dict):
        raise RegistryUnavailable("ThaiD: the answer is no object")
    return body
