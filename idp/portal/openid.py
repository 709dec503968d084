"""The portal as an OpenID client of the issuer: code flow, PKCE S256, private_key_jwt, nonce, `iss` checked.

For look-ups it is a client of each agency as well, with tokens for the data exchange that are bound to a key (DPoP).
Authlib speaks the protocol; what an ID token must say is checked here (OpenID Connect Core 1.0, section 3.1.3.7).
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from starlette.requests import Request

from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused, Unavailable
from idp.kernel.ids import MemberId, SubscriberId, is_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.portal.model import PortalProblem, SignInAttempt
from idp.portal.proofs import ProofKey

SCOPE: Final = "openid staff"
WITH_A_PASSKEY: Final = Acr(Ial.IAL1_1, Aal.AAL2_2)
"""An officer enters with a passkey (design, section 2, Officer look-up)."""

WITH_A_SECURITY_KEY: Final = Acr(Ial.IAL1_1, Aal.AAL3)
"""With one that cannot leave its device, of a model that was checked (attack row 76)."""

CLIENT_CREDENTIALS: Final = "client_credentials"
ASSERTION_SECONDS: Final = 60
CLOCK_SKEW_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class PortalClient:
    """The portal's registration at the issuer. `key` is its private P-256 key."""

    client_id: str
    key: ECKey
    redirect_uri: str


@dataclass(frozen=True, slots=True, repr=False)
class Vouched:
    """Who came back by their memberships and as a person, and the token that came with them."""

    member_ids: tuple[MemberId, ...]
    access_token: str
    subscriber_id: SubscriberId | None = None


class Issuer:
    """Speaks with the one configured issuer. `resource` is whom the tokens are for, `proofs` the key they are bound to;
    None where the portal needs to know no more than who signed in.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client: PortalClient,
        acr_prefix: str,
        required: Acr = WITH_A_PASSKEY,
        clock: Clock,
        transport: Callable[[], httpx2.AsyncBaseTransport],
        randomness: Randomness = system_randomness,
        scope: str = SCOPE,
        resource: str | None = None,
        proofs: ProofKey | None = None,
    ) -> None:
        self._issuer = issuer
        self._registration = client
        self._acr_prefix = acr_prefix
        self._required = required
        self._clock = clock
        self._transport = transport
        self._randomness = randomness
        self._scope = scope
        self._resource = resource
        self._proofs = proofs
        self._metadata: Mapping[str, Any] | None = None

    def new_attempt(self, *, return_to: str) -> SignInAttempt:
        """Fresh secrets for one sign-in."""
        return SignInAttempt(
            state=random_text(self._randomness),
            nonce=random_text(self._randomness),
            code_verifier=random_text(self._randomness, bits=384),
            return_to=return_to,
        )

    async def authorization_url(self, attempt: SignInAttempt, *, language: str, is_fresh: bool = False) -> str:
        """Where to send the browser; `is_fresh` when the person must prove anew who they are.

        Raises Unavailable (PROVIDER_UNAVAILABLE).
        """
        metadata = await self._discover()
        further = {"prompt": "login"} if is_fresh else {}
        if self._resource is not None:
            further["resource"] = self._resource
        async with self._client(scope=self._scope) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.code_verifier,
                acr_values=self._required.text(self._acr_prefix),
                ui_locales=language,
                **further,
            )
        return str(url)

    async def redeem(self, attempt: SignInAttempt, *, code: str) -> tuple[MemberId, ...]:
        """The memberships the issuer vouches for.

        Raises Refused (SIGN_IN_FAILED) when the code or the ID token does not hold, Unavailable (PROVIDER_UNAVAILABLE).
        """
        return (await self.vouch(attempt, code=code)).member_ids

    async def vouch(self, attempt: SignInAttempt, *, code: str) -> Vouched:
        """As `redeem`, with the access token."""
        metadata = await self._discover()
        tokens = await self._tokens(metadata, code=code, code_verifier=attempt.code_verifier)
        try:
            async with self._client() as client:
                answer = await client.request("GET", metadata["jwks_uri"], withhold_token=True)
            keys = answer.raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Unavailable(PortalProblem.PROVIDER_UNAVAILABLE, type(error).__name__) from error
        claims = self._verify_id_token(tokens.get("id_token"), keys)
        self._validate_claims(claims, expected_nonce=attempt.nonce)
        return Vouched(_member_ids(claims), str(tokens.get("access_token", "")), _subscriber_id(claims))

    async def own_token(self, details: Sequence[Mapping[str, Any]]) -> str:
        """A token on the program's own authority for what the details name (RFC 6749 section 4.4, RFC 9396).

        Raises Refused (SIGN_IN_FAILED) where the issuer gives none, Unavailable (PROVIDER_UNAVAILABLE).
        """
        metadata = await self._discover()
        named = json.dumps(list(details))
        tokens = await self._tokens(metadata, grant_type=CLIENT_CREDENTIALS, authorization_details=named)
        return str(tokens.get("access_token", ""))

    async def revoke(self, access_token: str) -> None:
        """End a token before its time (RFC 7009). Raises Unavailable (PROVIDER_UNAVAILABLE)."""
        metadata = await self._discover()
        try:
            async with self._client() as client:
                await client.revoke_token(
                    metadata["revocation_endpoint"], token=access_token, token_type_hint="access_token"
                )
        except httpx2.HTTPError as error:
            raise Unavailable(PortalProblem.PROVIDER_UNAVAILABLE, type(error).__name__) from error

    async def _tokens(self, metadata: Mapping[str, Any], **asked: str) -> Mapping[str, Any]:
        endpoint: str = metadata["token_endpoint"]
        headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded;charset=UTF-8"}
        if self._proofs is not None:
            headers["dpop"] = self._proofs.proof("POST", endpoint)
        # what a person lets the portal have is none of what a program has by itself
        is_own = asked.get("grant_type") == CLIENT_CREDENTIALS
        try:
            async with self._client(scope=None if is_own else self._scope) as client:
                tokens: Mapping[str, Any] = await client.fetch_token(endpoint, headers=headers, **asked)
        except OAuthError as error:
            raise Refused(PortalProblem.SIGN_IN_FAILED, f"token endpoint: {error.error}") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise Unavailable(PortalProblem.PROVIDER_UNAVAILABLE, type(error).__name__) from error
        # RFC 9449 section 5: any other token_type would mean a token that anybody could use
        if self._proofs is not None and str(tokens.get("token_type", "")).lower() != "dpop":
            raise Refused(PortalProblem.SIGN_IN_FAILED, "the token is not bound to the key")
        return tokens

    async def _discover(self) -> Mapping[str, Any]:
        if self._metadata is None:
            try:
                async with self._client() as client:
                    answer = await client.request(
                        "GET", f"{self._issuer}/.well-known/openid-configuration", withhold_token=True
                    )
                metadata = answer.raise_for_status().json()
            except (httpx2.HTTPError, ValueError) as error:
                raise Unavailable(PortalProblem.PROVIDER_UNAVAILABLE, type(error).__name__) from error
            # OpenID Connect Discovery 1.0, section 4.3: "The issuer value returned MUST be identical to the Issuer URL
            # that was used as the prefix"
            if not isinstance(metadata, dict) or metadata.get("issuer") != self._issuer:
                raise Unavailable(PortalProblem.PROVIDER_UNAVAILABLE, "issuer of the metadata")
            self._metadata = metadata
        return self._metadata

    def _client(self, *, scope: str | None = None) -> AsyncOAuth2Client:
        client = AsyncOAuth2Client(
            client_id=self._registration.client_id,
            client_secret=self._registration.key,
            token_endpoint_auth_method="private_key_jwt",
            redirect_uri=self._registration.redirect_uri,
            scope=scope,
            code_challenge_method="S256",
            transport=self._transport(),
            timeout=5.0,
            follow_redirects=False,
            trust_env=False,
        )
        now = int(self._clock.now().timestamp())
        # The audience is the issuer, not the token endpoint; and Authlib would let an assertion live for an hour
        client.register_client_auth_method(
            PrivateKeyJWT(
                token_endpoint=self._issuer,
                claims={"iat": now, "exp": now + ASSERTION_SECONDS, "jti": random_text(self._randomness)},
                headers={"kid": self._registration.key.thumbprint()},
                alg="ES256",
            )
        )
        return client

    def _verify_id_token(self, id_token: object, jwks: Any) -> dict[str, Any]:
        if not isinstance(id_token, str):
            raise Refused(PortalProblem.SIGN_IN_FAILED, "no ID token")
        try:
            return jwt.decode(id_token, KeySet.import_key_set(jwks), algorithms=["ES256"]).claims
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Refused(PortalProblem.SIGN_IN_FAILED, "ID token signature") from error

    def _validate_claims(self, claims: Mapping[str, Any], *, expected_nonce: str) -> None:
        now = int(self._clock.now().timestamp())
        acr = Acr.parse(str(claims.get("acr")), self._acr_prefix)
        checks = {
            "iss": claims.get("iss") == self._issuer,
            "aud": claims.get("aud") in (self._registration.client_id, [self._registration.client_id]),
            "nonce": claims.get("nonce") == expected_nonce,
            "exp": isinstance(claims.get("exp"), int) and now < claims["exp"],
            "iat": isinstance(claims.get("iat"), int) and claims["iat"] <= now + CLOCK_SKEW_SECONDS,
            "acr": acr is not None and acr.meets(self._required),
        }
        failed = [name for name, holds in checks.items() if not holds]
        if failed:
            raise Refused(PortalProblem.SIGN_IN_FAILED, f"ID token: {', '.join(failed)}")


def _member_ids(claims: Mapping[str, Any]) -> tuple[MemberId, ...]:
    members = claims.get("members")
    if not isinstance(members, list):
        return ()
    named = [member.get("member_id") for member in members if isinstance(member, dict)]
    return tuple(MemberId(member_id) for member_id in named if isinstance(member_id, str))


def validate_answer(request: Request, *, expected_state: str, expected_issuer: str) -> None:
    """The answer that a browser brings back is to its own request, comes from the one issuer, and has a code.

    Raises Refused (SIGN_IN_FAILED, SIGN_IN_REFUSED).
    """
    parameters = request.query_params
    if not hmac.compare_digest(parameters.get("state", "").encode(), expected_state.encode()):
        raise Refused(PortalProblem.SIGN_IN_FAILED, "state")
    # RFC 9207, section 2.4: "clients that support this specification MUST extract the value of the iss parameter from
    # authorization responses they receive"; "If the value does not match the expected issuer identifier, clients MUST
    # reject the authorization response"
    if parameters.get("iss") != expected_issuer:
        raise Refused(PortalProblem.SIGN_IN_FAILED, "iss")
    if "error" in parameters or not parameters.get("code"):
        raise Refused(PortalProblem.SIGN_IN_REFUSED)


def _subscriber_id(claims: Mapping[str, Any]) -> SubscriberId | None:
    """Who it is in this house: said to the issuer's own portal alone."""
    named = claims.get("subscriber_id")
    return SubscriberId(named) if isinstance(named, str) and is_id("sub", named) else None
