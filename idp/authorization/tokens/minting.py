"""Minting: access tokens for the gateway or for userinfo, refresh tokens, ID tokens. Nothing here decides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.tokens.model import ACCESS_TOKEN_LIFETIME, ID_TOKEN_LIFETIME, KeyBinding, TokenResponse
from idp.authorization.tokens.persons import PersonClaims
from idp.catalogue.gdx import GdxDetail
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.access_token import TYP, access_token_claims
from idp.protocol.id_token import id_token_claims
from idp.protocol.nested_jwt import encrypt_for_client
from idp.protocol.scopes import OPENID
from idp.protocol.token_exchange import ACCESS_TOKEN_TYPE
from idp.protocol.token_request import REFRESH_TOKEN
from idp.storage.storage import UnitOfWork

USERINFO_TOKEN = "userinfo_access_token"
REFRESH_TOKEN_KIND = "refresh_token"


class Mint:
    """Makes tokens. `gateway` is the audience of tokens for the data exchange; `acr_prefix` as `urn:tuaton`."""

    def __init__(
        self,
        *,
        issuer: str,
        gateway: str,
        acr_prefix: str,
        keys: SigningKeys,
        sealer: TokenSealer,
        pairwise: PairwiseSubjects,
        persons: PersonClaims,
        key_sets: ClientKeySets,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._issuer = issuer
        self._gateway = gateway
        self._acr_prefix = acr_prefix
        self._keys = keys
        self._sealer = sealer
        self._pairwise = pairwise
        self._persons = persons
        self._key_sets = key_sets
        self._randomness = randomness

    async def prepare(self) -> None:
        """Bring the signing keys up to date while no transaction is open: a call must not need two connections."""
        await self._keys.refresh()

    async def for_grant(
        self,
        uow: UnitOfWork,
        *,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        binding: KeyBinding,
        nonce: str | None,
        with_refresh_token: bool,
    ) -> tuple[str, TokenResponse]:
        """The token's id and the answer for a live grant."""
        token_id = random_text(self._randomness, bits=128)
        if grant.details or grant.resource is not None:
            access_token = await self._signed(
                uow.now, token_id, client, grant, scope, grant.details, binding, None, uow.now + ACCESS_TOKEN_LIFETIME
            )
        else:
            payload = {"jti": token_id, "gid": grant.id, "scope": list(scope)}
            access_token = self._sealed(payload, binding, uow.now + ACCESS_TOKEN_LIFETIME)
        id_token = None
        if OPENID in scope:
            id_token = await self._id_token(uow, client, grant, scope, nonce, access_token)
        return token_id, TokenResponse(
            access_token=access_token,
            token_type=_token_type(binding),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            scope=scope,
            authorization_details=grant.details,
            refresh_token=self._refresh_token(client, grant) if with_refresh_token else None,
            id_token=id_token,
        )

    async def for_exchange(
        self,
        uow: UnitOfWork,
        *,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        details: tuple[GdxDetail, ...],
        act: Mapping[str, Any] | None,
        binding: KeyBinding,
        latest: datetime,
    ) -> tuple[str, TokenResponse]:
        """The token's id and the answer of RFC 8693 §2.2.1: an access token that ends at `latest` at the latest."""
        token_id = random_text(self._randomness, bits=128)
        expires_at = min(uow.now + ACCESS_TOKEN_LIFETIME, latest)
        if details or grant.resource is not None:
            access_token = await self._signed(
                uow.now, token_id, client, grant, scope, details, binding, act, expires_at
            )
        else:
            payload = {"jti": token_id, "gid": grant.id, "scope": list(scope), "holder": client.id}
            access_token = self._sealed(payload | ({} if act is None else {"act": act}), binding, expires_at)
        return token_id, TokenResponse(
            access_token=access_token,
            token_type=_token_type(binding),
            expires_in=int((expires_at - uow.now).total_seconds()),
            scope=scope,
            authorization_details=details,
            issued_token_type=ACCESS_TOKEN_TYPE,
        )

    async def for_client(
        self,
        uow: UnitOfWork,
        *,
        client: Client,
        scope: tuple[str, ...],
        details: tuple[GdxDetail, ...],
        binding: KeyBinding,
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
            scope=scope,
            authorization_details=[detail.to_json() for detail in details],
            jkt=binding.jkt,
            x5t=binding.x5t,
            gid=None,
            acr=None,
            auth_time=None,
        )
        return token_id, TokenResponse(
            access_token=await self._keys.sign_jwt(claims, typ=TYP),
            token_type=_token_type(binding),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            scope=scope,
            authorization_details=details,
        )

    async def _signed(
        self,
        now: datetime,
        token_id: str,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        details: tuple[GdxDetail, ...],
        binding: KeyBinding,
        act: Mapping[str, Any] | None,
        expires_at: datetime,
    ) -> str:
        claims = access_token_claims(
            issuer=self._issuer,
            audience=self._gateway,
            jti=token_id,
            client_id=client.id,
            sub=self._pairwise.sub(client.sector, grant.subscriber_id),
            now=now,
            lifetime=expires_at - now,
            scope=scope,
            authorization_details=[detail.to_json() for detail in details],
            jkt=binding.jkt,
            x5t=binding.x5t,
            gid=grant.id,
            acr=grant.acr.text(self._acr_prefix),
            auth_time=grant.auth_time,
            act=act,
        )
        return await self._keys.sign_jwt(claims, typ=TYP)

    def _sealed(self, payload: Mapping[str, Any], binding: KeyBinding, expires_at: datetime) -> str:
        bound = {name: value for name, value in (("jkt", binding.jkt), ("x5t", binding.x5t)) if value is not None}
        return self._sealer.seal(USERINFO_TOKEN, {**payload, **bound}, expires_at=expires_at)

    def _refresh_token(self, client: Client, grant: Grant) -> str | None:
        if REFRESH_TOKEN not in client.grant_types:
            return None
        payload = {"gid": grant.id, "generation": grant.generation}
        # The same generation is the same text: a client whose answer was lost gets the very successor it missed.
        return self._sealer.seal_repeatably(REFRESH_TOKEN_KIND, payload, expires_at=grant.expires_at)

    async def _id_token(
        self,
        uow: UnitOfWork,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        nonce: str | None,
        access_token: str,
    ) -> str:
        algorithm = client.id_token_signed_response_alg
        claims = id_token_claims(
            issuer=self._issuer,
            sub=self._pairwise.sub(client.sector, grant.subscriber_id),
            client_id=client.id,
            now=uow.now,
            lifetime=ID_TOKEN_LIFETIME,
            auth_time=grant.auth_time,
            acr=grant.acr.text(self._acr_prefix),
            ial=grant.acr.ial.value,
            aal=grant.acr.aal.value,
            amr=grant.amr,
            nonce=nonce,
            sid=self._pairwise.sid(client.sector, grant.sso_session_id),
            access_token=access_token,
            algorithm=algorithm,
            extra=await self._persons.for_id_token(uow, client=client, grant=grant, scope=scope),
        )
        signed = await self._keys.sign_jwt(claims, typ="JWT", alg=algorithm)
        if client.id_token_encrypted_response_alg is None:
            return signed
        return encrypt_for_client(
            signed,
            client_jwks=self._key_sets.of(client),
            alg=client.id_token_encrypted_response_alg,
            enc=client.id_token_encrypted_response_enc,
        )


def _token_type(binding: KeyBinding) -> str:
    # RFC 8705 §3 keeps the scheme of a certificate-bound token Bearer.
    return "Bearer" if binding.jkt is None else "DPoP"
