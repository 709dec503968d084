"""Minting: access tokens for the gateway or for userinfo, refresh tokens, ID tokens. Nothing here decides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.agencies.service import Agencies
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.tokens.claims import members_claim
from idp.authorization.tokens.model import ACCESS_TOKEN_LIFETIME, ID_TOKEN_LIFETIME, TokenResponse
from idp.catalogue.gdx import GdxDetail
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.access_token import TYP, access_token_claims
from idp.protocol.id_token import id_token_claims
from idp.protocol.scopes import OPENID, STAFF
from idp.protocol.token_request import REFRESH_TOKEN
from idp.storage.storage import UnitOfWork

USERINFO_TOKEN = "userinfo_access_token"
REFRESH_TOKEN_KIND = "refresh_token"


class Mint:
    """Makes tokens. `gateway` is the audience of tokens with authorization details; `acr_prefix` as `urn:tuaton`."""

    def __init__(
        self,
        *,
        issuer: str,
        gateway: str,
        acr_prefix: str,
        keys: SigningKeys,
        sealer: TokenSealer,
        pairwise: PairwiseSubjects,
        agencies: Agencies,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._issuer = issuer
        self._gateway = gateway
        self._acr_prefix = acr_prefix
        self._keys = keys
        self._sealer = sealer
        self._pairwise = pairwise
        self._agencies = agencies
        self._randomness = randomness

    async def prepare(self) -> None:
        """Bring the signing keys up to date while no transaction is open: a call must not need two connections."""
        await self._keys.refresh()

    async def for_grant(
        self, uow: UnitOfWork, *, client: Client, grant: Grant, scope: tuple[str, ...], nonce: str | None, first: bool
    ) -> tuple[str, TokenResponse]:
        """The token's id and the answer for a live grant; `first` when its code was just redeemed."""
        token_id = random_text(self._randomness, bits=128)
        sub = self._pairwise.sub(client.sector, grant.subscriber_id)
        access_token = await self._access_token(uow.now, token_id, client, grant, scope, sub)
        id_token = None
        if OPENID in scope:
            id_token = await self._id_token(uow, client, grant, scope, sub, nonce, access_token)
        refresh_token = None
        if first and REFRESH_TOKEN in client.grant_types:
            refresh_token = self._sealer.seal(
                REFRESH_TOKEN_KIND,
                {"gid": grant.id, "generation": grant.generation},
                expires_at=grant.expires_at,
            )
        return token_id, TokenResponse(
            access_token=access_token,
            token_type=_token_type(grant.jkt),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            scope=scope,
            authorization_details=grant.details,
            refresh_token=refresh_token,
            id_token=id_token,
        )

    async def for_client(
        self, uow: UnitOfWork, *, client: Client, details: tuple[GdxDetail, ...], jkt: str | None
    ) -> tuple[str, TokenResponse]:
        """The token's id and the answer for a client that acts on its own authority."""
        token_id = random_text(self._randomness, bits=128)
        claims = access_token_claims(
            issuer=self._issuer,
            audience=self._gateway,
            jti=token_id,
            client_id=client.id,
            # RFC 9068 §2.2: "In cases of access tokens obtained through grants where no resource owner is involved …
            # the value of sub SHOULD correspond to an identifier the authorization server uses to indicate the client"
            sub=client.id,
            now=uow.now,
            lifetime=ACCESS_TOKEN_LIFETIME,
            scope=(),
            authorization_details=[detail.to_json() for detail in details],
            jkt=jkt,
            gid=None,
            acr=None,
            auth_time=None,
        )
        return token_id, TokenResponse(
            access_token=await self._keys.sign_jwt(claims, typ=TYP),
            token_type=_token_type(jkt),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            scope=(),
            authorization_details=details,
        )

    async def _access_token(
        self, now: datetime, token_id: str, client: Client, grant: Grant, scope: tuple[str, ...], sub: str
    ) -> str:
        if not grant.details:
            payload = {"jti": token_id, "gid": grant.id, "scope": list(scope)}
            return self._sealer.seal(USERINFO_TOKEN, payload, expires_at=now + ACCESS_TOKEN_LIFETIME)
        claims = access_token_claims(
            issuer=self._issuer,
            audience=self._gateway,
            jti=token_id,
            client_id=client.id,
            sub=sub,
            now=now,
            lifetime=ACCESS_TOKEN_LIFETIME,
            scope=scope,
            authorization_details=[detail.to_json() for detail in grant.details],
            jkt=grant.jkt,
            gid=grant.id,
            acr=grant.acr.text(self._acr_prefix),
            auth_time=grant.auth_time,
        )
        return await self._keys.sign_jwt(claims, typ=TYP)

    async def _id_token(
        self,
        uow: UnitOfWork,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        sub: str,
        nonce: str | None,
        access_token: str,
    ) -> str:
        algorithm = client.id_token_signed_response_alg
        claims = id_token_claims(
            issuer=self._issuer,
            sub=sub,
            client_id=client.id,
            now=uow.now,
            lifetime=ID_TOKEN_LIFETIME,
            auth_time=grant.auth_time,
            acr=grant.acr.text(self._acr_prefix),
            ial=grant.acr.ial.value,
            aal=grant.acr.aal.value,
            amr=grant.amr,
            nonce=nonce,
            access_token=access_token,
            algorithm=algorithm,
            extra=await self._staff_claims(uow, client, grant, scope),
        )
        return await self._keys.sign_jwt(claims, typ="JWT", alg=algorithm)

    async def _staff_claims(
        self, uow: UnitOfWork, client: Client, grant: Grant, scope: tuple[str, ...]
    ) -> Mapping[str, Any]:
        if STAFF not in scope or not client.first_party:
            return {}
        return {"members": members_claim(await self._agencies.members_of(uow, grant.subscriber_id))}


def _token_type(jkt: str | None) -> str:
    return "Bearer" if jkt is None else "DPoP"
