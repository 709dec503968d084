"""The portal as an OpenID client of the issuer: code flow, PKCE S256, private_key_jwt, nonce, `iss` checked.

Authlib speaks the protocol; what an ID token must say is checked here (OpenID Connect Core 1.0, section 3.1.3.7).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused, Unavailable
from idp.kernel.ids import MemberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.portal.model import PortalProblem, SignInAttempt

SCOPE: Final = "openid staff"
WITH_A_PASSKEY: Final = Acr(Ial.IAL1_1, Aal.AAL2_2)
"""An officer enters with a passkey (design, section 2, Officer look-up)."""

WITH_A_SECURITY_KEY: Final = Acr(Ial.IAL1_1, Aal.AAL3)
"""With one that cannot leave its device, of a model that was checked (attack row 76)."""

ASSERTION_SECONDS: Final = 60
CLOCK_SKEW_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class PortalClient:
    """The portal's registration at the issuer. `key` is its private P-256 key."""

    client_id: str
    key: ECKey
    redirect_uri: str


class Issuer:
    """Speaks with the one configured issuer."""

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
    ) -> None:
        self._issuer = issuer
        self._registration = client
        self._acr_prefix = acr_prefix
        self._required = required
        self._clock = clock
        self._transport = transport
        self._randomness = randomness
        self._metadata: Mapping[str, Any] | None = None

    def new_attempt(self, *, return_to: str) -> SignInAttempt:
        """Fresh secrets for one sign-in."""
        return SignInAttempt(
            state=random_text(self._randomness),
            nonce=random_text(self._randomness),
            code_verifier=random_text(self._randomness, bits=384),
            return_to=return_to,
        )

    async def authorization_url(self, attempt: SignInAttempt, *, language: str) -> str:
        """Where to send the browser. Raises Unavailable (PROVIDER_UNAVAILABLE)."""
        metadata = await self._discover()
        async with self._client() as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.code_verifier,
                acr_values=self._required.text(self._acr_prefix),
                ui_locales=language,
            )
        return str(url)

    async def redeem(self, attempt: SignInAttempt, *, code: str) -> tuple[MemberId, ...]:
        """The memberships the issuer vouches for.

        Raises Refused (SIGN_IN_FAILED) when the code or the ID token does not hold, Unavailable (PROVIDER_UNAVAILABLE).
        """
        metadata = await self._discover()
        try:
            async with self._client() as client:
                tokens = await client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=attempt.code_verifier
                )
                keys = await client.request("GET", metadata["jwks_uri"], withhold_token=True)
        except OAuthError as error:
            raise Refused(PortalProblem.SIGN_IN_FAILED, f"token endpoint: {error.error}") from error
        except httpx2.HTTPError as error:
            raise Unavailable(PortalProblem.PROVIDER_UNAVAILABLE, type(error).__name__) from error
        claims = self._verify_id_token(tokens.get("id_token"), keys.json())
        self._validate_claims(claims, expected_nonce=attempt.nonce)
        return _member_ids(claims)

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

    def _client(self) -> AsyncOAuth2Client:
        client = AsyncOAuth2Client(
            client_id=self._registration.client_id,
            client_secret=self._registration.key,
            token_endpoint_auth_method="private_key_jwt",
            redirect_uri=self._registration.redirect_uri,
            scope=SCOPE,
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
