"""Signing people in and getting tokens: Authlib's client, with PAR, DPoP and RAR as a few lines of its own."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from relying_party_demo.local_names import AsyncLoopbackTransport
from relying_party_demo.national_id.dpop import DpopKey
from relying_party_demo.national_id.problems import AskRefused, refusal_of

ASSERTION_SECONDS = 60
CLOCK_LEEWAY_SECONDS = 10
REFRESH_BEFORE_SECONDS = 30


@dataclass(frozen=True, slots=True, repr=False)
class Registration:
    """How the provider knows this agency; `key` signs its client assertions (private_key_jwt)."""

    issuer: str
    client_id: str
    redirect_uri: str
    key: ECKey


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One sign-in under way; kept by the agency, bound to the browser, until the answer comes."""

    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn:
    """Who came back. `sub` means this person to this agency alone; `token` is for pulls and must stay on the server.

    `organisation` is the company for which the person acts, where the sign-in was for one. Where a proxy acted, `sub`
    is the principal and `actor` the proxy, each as this agency knows them.
    """

    sub: str
    acr: str
    ial: str
    aal: str
    auth_time: int
    token: Mapping[str, Any]
    organisation: Mapping[str, Any] | None = None
    actor: str | None = None


class NationalId:
    """The provider as this agency sees it. Methods raise AskRefused when the answer is no or cannot be trusted."""

    def __init__(self, *, registration: Registration, dpop_key: DpopKey, clock: Callable[[], float]) -> None:
        self._registration = registration
        self._dpop_key = dpop_key
        self._clock = clock
        self._metadata: Mapping[str, Any] | None = None

    @property
    def issuer(self) -> str:
        """The provider's own name, which its answers carry."""
        return self._registration.issuer

    async def begin(
        self,
        *,
        scope: str,
        authorization_details: Sequence[Mapping[str, Any]] = (),
        acr_values: str | None = None,
        ui_locales: str | None = None,
        acting_for: str | None = None,
        resource: str | None = None,
    ) -> tuple[str, Attempt]:
        """Push the request (RFC 9126) and return where to send the browser, and the attempt to keep.

        `resource` names the data gateway where the token is for its counter (RFC 8707).
        """
        attempt = Attempt(
            state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), code_verifier=secrets.token_urlsafe(48)
        )
        metadata = await self._discover()
        request = {
            "client_id": self._registration.client_id,
            "response_type": "code",
            "redirect_uri": self._registration.redirect_uri,
            "scope": scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.code_verifier),
            "code_challenge_method": "S256",
        }
        optional = {
            "authorization_details": json.dumps(list(authorization_details), ensure_ascii=False)
            if authorization_details
            else None,
            "acr_values": acr_values,
            "ui_locales": ui_locales,
            "acting_for": acting_for,
            "resource": resource,
        }
        request |= {name: value for name, value in optional.items() if value}
        pushed = await self._post(metadata["pushed_authorization_request_endpoint"], request)
        where = httpx2.URL(metadata["authorization_endpoint"]).copy_merge_params(
            {"client_id": self._registration.client_id, "request_uri": str(pushed["request_uri"])}
        )
        return str(where), attempt

    async def finish(self, *, attempt: Attempt, answer: Mapping[str, str]) -> SignedIn:
        """Redeem the code the browser brought back; `answer` is the query of the redirect."""
        # RFC 9207 §2.4: "If the value does not match the expected issuer identifier, clients MUST reject"
        if answer.get("iss") != self._registration.issuer:
            raise AskRefused("wrong_issuer", detail="The answer does not come from the provider that was asked.")
        if answer.get("state") != attempt.state:
            raise AskRefused("wrong_state", detail="The answer belongs to another sign-in.")
        if "error" in answer:
            raise AskRefused(answer["error"], detail=answer.get("error_description", ""), status=403)
        token = await self._token(
            grant_type="authorization_code",
            code=answer.get("code", ""),
            redirect_uri=self._registration.redirect_uri,
            code_verifier=attempt.code_verifier,
        )
        claims = await self._id_token_claims(str(token.get("id_token", "")), nonce=attempt.nonce)
        return SignedIn(
            sub=claims["sub"],
            acr=claims["acr"],
            ial=str(claims["ial"]),
            aal=str(claims["aal"]),
            auth_time=int(claims["auth_time"]),
            token=token,
            organisation=claims.get("organisation"),
            actor=claims.get("act", {}).get("sub"),
        )

    async def fresh(self, token: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same token while it is young enough, else the one its refresh token brings."""
        if float(token.get("expires_at", 0)) - REFRESH_BEFORE_SECONDS > self._clock():
            return token
        renewed = await self._token(grant_type="refresh_token", refresh_token=token.get("refresh_token", ""))
        return {"refresh_token": token.get("refresh_token"), **renewed}

    async def own_token(self, authorization_details: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """A token in the agency's own name (client credentials), for what no person must agree to."""
        details = json.dumps(list(authorization_details), ensure_ascii=False)
        return await self._token(grant_type="client_credentials", authorization_details=details)

    async def events_token(self) -> Mapping[str, Any]:
        """A token in the agency's own name for its event stream."""
        return await self._token(grant_type="client_credentials", scope="ssf.manage")

    async def event_claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a verified security event token (RFC 8417; Shared Signals Framework 1.0 §4.1)."""
        metadata = await self._discover()
        keys = KeySet.import_key_set(await self._get(metadata["jwks_uri"]))  # type: ignore[arg-type]  # as above
        registration = self._registration
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=CLOCK_LEEWAY_SECONDS,
            iss={"essential": True, "value": registration.issuer},
            aud={"essential": True, "value": registration.client_id},
        )
        try:
            decoded = jwt.decode(token, keys, algorithms=["ES256"])
            rules.validate(decoded.claims)
        except (JoseError, ValueError) as untrusted:
            raise AskRefused("event_invalid", detail="An event failed its checks.") from untrusted
        # §4.1.1: "SSF events MUST use explicit typing"; no other token of the provider passes for an event
        if decoded.header.get("typ") != "secevent+jwt":
            raise AskRefused("event_invalid", detail="A token that is no event came as one.")
        return decoded.claims

    async def _token(self, **parameters: Any) -> Mapping[str, Any]:
        metadata = await self._discover()
        try:
            return await self._fetch_token(metadata["token_endpoint"], parameters)
        except OAuthError as refused:
            # RFC 9449 §8: the nonce came with the refusal; the same request is made once more with it
            if refused.error != "use_dpop_nonce":
                raise AskRefused(refused.error, detail=refused.description or "", status=403) from refused
        try:
            return await self._fetch_token(metadata["token_endpoint"], parameters)
        except OAuthError as refused:
            raise AskRefused(refused.error, detail=refused.description or "", status=403) from refused

    async def _fetch_token(self, url: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            async with self._session() as session:
                token = await session.fetch_token(url, **parameters)
        except (httpx2.HTTPError, ValueError) as silence:
            raise AskRefused("provider_unavailable", status=503) from silence
        # RFC 9449 §5: a token_type other than DPoP would mean a token anybody could use
        if str(token.get("token_type", "")).lower() != "dpop":
            raise AskRefused("unbound_token", detail="The access token is not bound to this agency's key.")
        return dict(token)

    async def _id_token_claims(self, id_token: str, *, nonce: str) -> dict[str, Any]:
        """The claims of a verified ID token (OpenID Connect Core §3.1.3.7)."""
        metadata = await self._discover()
        keys = KeySet.import_key_set(await self._get(metadata["jwks_uri"]))  # type: ignore[arg-type]  # JSON from the wire; checked by the import itself
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=CLOCK_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._registration.issuer},
            aud={"essential": True, "value": self._registration.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            acr={"essential": True},
            ial={"essential": True},
            aal={"essential": True},
            auth_time={"essential": True},
        )
        try:
            decoded = jwt.decode(id_token, keys, algorithms=["ES256"])
            rules.validate(decoded.claims)
        except (JoseError, ValueError) as untrusted:
            raise AskRefused("id_token_invalid", detail="The identity answer failed its checks.") from untrusted
        return decoded.claims

    async def _discover(self) -> Mapping[str, Any]:
        if self._metadata is None:
            issuer = self._registration.issuer
            metadata = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            # OpenID Connect Discovery §4.3: "The issuer value returned MUST be identical to the Issuer URL"
            if metadata.get("issuer") != issuer:
                raise AskRefused("wrong_issuer", detail="The provider's own description names another issuer.")
            self._metadata = metadata
        return self._metadata

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            async with self._session() as session:
                response = await session.request("GET", url, withhold_token=True)
        except httpx2.HTTPError as silence:
            raise AskRefused("provider_unavailable", status=503) from silence
        return _json_of(response)

    async def _post(self, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        """A form post as the registered client; sent again once when the server asks for its DPoP nonce."""
        try:
            async with self._session() as session:
                response = await session.post(url, data=form, auth=session.client_auth("private_key_jwt"))
                if response.is_error and refusal_of(response).code == "use_dpop_nonce":
                    response = await session.post(url, data=form, auth=session.client_auth("private_key_jwt"))
        except httpx2.HTTPError as silence:
            raise AskRefused("provider_unavailable", status=503) from silence
        return _json_of(response)

    def _session(self) -> AsyncOAuth2Client:
        async def keep_nonce(response: httpx2.Response) -> None:
            self._dpop_key.note_nonce(response)

        session = AsyncOAuth2Client(
            client_id=self._registration.client_id,
            token_endpoint_auth_method="private_key_jwt",
            transport=AsyncLoopbackTransport(),
            trust_env=False,
            timeout=15,
            event_hooks={"response": [keep_nonce]},
        )
        session.register_client_auth_method(("private_key_jwt", self._authenticate))
        return session

    def _authenticate(
        self, auth: ClientAuth, method: str, url: str, headers: httpx2.Headers, body: bytes
    ) -> tuple[str, httpx2.Headers, bytes]:
        """Client assertion (RFC 7523) and DPoP proof for one request; both are used once."""
        key = self._registration.key
        assertion = private_key_jwt_sign(
            key,
            client_id=auth.client_id,
            # FAPI 2.0 §5.3.3.1: the audience is the issuer, as a string
            token_endpoint=self._registration.issuer,
            alg="ES256",
            header={"kid": key.kid} if key.kid else {},
            issued_at=int(self._clock()),
            expires_in=ASSERTION_SECONDS,
        )
        proof_of_client = {
            "client_id": auth.client_id,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
        form = httpx2.QueryParams(body.decode("ascii")).merge(proof_of_client)
        headers["DPoP"] = self._dpop_key.proof(method=method, url=httpx2.URL(url))
        return url, headers, str(form).encode("ascii")


def _json_of(response: httpx2.Response) -> dict[str, Any]:
    if not response.is_success:
        raise refusal_of(response)
    try:
        body = response.json()
    except ValueError as not_json:
        raise AskRefused("provider_unavailable", status=503) from not_json
    if not isinstance(body, dict):
        raise AskRefused("provider_unavailable", status=503)
    return body
