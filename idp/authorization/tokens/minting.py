"""Minting: access tokens for the gateway or for userinfo, refresh tokens, ID tokens. Nothing here decides."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, assert_never

from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.tokens.model import (
    ACCESS_TOKEN_LIFETIME,
    ID_TOKEN_LIFETIME,
    Due,
    ForActor,
    ForClient,
    ForPerson,
    KeyBinding,
    TokenResponse,
)
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
from idp.protocol.token_exchange import ACCESS_TOKEN_TYPE, with_person
from idp.protocol.token_request import REFRESH_TOKEN
from idp.representation.acting.rules import claims_of

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

    def token_id(self) -> str:
        """The name of a token to be minted, for its entry."""
        return random_text(self._randomness, bits=128)

    async def mint(self, due: Due) -> TokenResponse:
        """The answer with the tokens that are due; no transaction may be open."""
        match due:
            case ForPerson():
                return await self._for_person(due)
            case ForClient():
                return await self._for_client(due)
            case ForActor():
                return await self._for_actor(due)
            case never:
                assert_never(never)

    async def _for_person(self, due: ForPerson) -> TokenResponse:
        grant, expires_at = due.grant, due.now + ACCESS_TOKEN_LIFETIME
        if grant.details or grant.resource is not None:
            access_token = await self._signed(due, grant, grant.details, expires_at)
        else:
            payload = {"jti": due.token_id, "gid": grant.id, "scope": list(due.scope)}
            access_token = self._sealed(payload, due.binding, expires_at)
        return TokenResponse(
            access_token=access_token,
            token_type=_token_type(due.binding),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            scope=due.scope,
            authorization_details=grant.details,
            refresh_token=self._refresh_token(due.client, grant) if due.with_refresh_token else None,
            id_token=await self._id_token(due, access_token) if OPENID in due.scope else None,
            grant_id=grant.managed_id,
        )

    async def _for_actor(self, due: ForActor) -> TokenResponse:
        """The answer of RFC 8693 §2.2.1."""
        if due.details or due.grant.resource is not None:
            access_token = await self._signed(due, due.grant, due.details, due.expires_at, act=due.act)
        else:
            payload = {
                "jti": due.token_id,
                "gid": due.grant.id,
                "scope": list(due.scope),
                "holder": due.client.id,
                **({} if due.act is None else {"act": due.act}),
            }
            access_token = self._sealed(payload, due.binding, due.expires_at)
        return TokenResponse(
            access_token=access_token,
            token_type=_token_type(due.binding),
            expires_in=int((due.expires_at - due.now).total_seconds()),
            scope=due.scope,
            authorization_details=due.details,
            issued_token_type=ACCESS_TOKEN_TYPE,
        )

    async def _for_client(self, due: ForClient) -> TokenResponse:
        return TokenResponse(
            access_token=await self._signed(due, None, due.details, due.now + ACCESS_TOKEN_LIFETIME),
            token_type=_token_type(due.binding),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            scope=due.scope,
            authorization_details=due.details,
        )

    async def _signed(
        self,
        due: Due,
        grant: Grant | None,
        details: tuple[GdxDetail, ...],
        expires_at: datetime,
        *,
        act: Mapping[str, Any] | None = None,
    ) -> str:
        acting = {} if grant is None else self._acting(due.client, grant)
        person = acting.get("act", {}).get("sub")
        claims = access_token_claims(
            issuer=self._issuer,
            audience=due.audience if isinstance(due, ForClient) else self._gateway,
            jti=due.token_id,
            client_id=due.client.id,
            # RFC 9068 §2.2: "In cases of access tokens obtained through grants where no resource owner is involved …
            # the value of sub SHOULD correspond to an identifier the authorization server uses to indicate the client"
            sub=due.client.id if grant is None else self._pairwise.sub(due.client.sector, grant.subscriber_id),
            now=due.now,
            lifetime=expires_at - due.now,
            scope=due.scope,
            authorization_details=[detail.to_json() for detail in details],
            jkt=due.binding.jkt,
            x5t=due.binding.x5t,
            gid=None if grant is None else grant.id,
            acr=None if grant is None else grant.acr.text(self._acr_prefix),
            auth_time=None if grant is None else grant.auth_time,
            act=with_person(act, person_sub=person, issuer=self._issuer),
            organisation=acting.get("organisation"),
        )
        return await self._keys.sign_jwt(claims, typ=TYP)

    def _acting(self, client: Client, grant: Grant) -> Mapping[str, Any]:
        """What the client is told of who acts for whom, each person as this client knows them."""
        return claims_of(grant.acted_for, sub_of=partial(self._pairwise.sub, client.sector))

    def _sealed(self, payload: Mapping[str, Any], binding: KeyBinding, expires_at: datetime) -> str:
        bound = {name: value for name, value in (("jkt", binding.jkt), ("x5t", binding.x5t)) if value is not None}
        return self._sealer.seal(USERINFO_TOKEN, {**payload, **bound}, expires_at=expires_at)

    def _refresh_token(self, client: Client, grant: Grant) -> str | None:
        if REFRESH_TOKEN not in client.grant_types:
            return None
        payload = {"gid": grant.id, "generation": grant.generation}
        # The same generation is the same text: a client whose answer was lost gets the very successor it missed.
        return self._sealer.seal_repeatably(REFRESH_TOKEN_KIND, payload, expires_at=grant.expires_at)

    async def _id_token(self, due: ForPerson, access_token: str) -> str:
        client, grant = due.client, due.grant
        algorithm = client.id_token_signed_response_alg
        claims = id_token_claims(
            issuer=self._issuer,
            sub=self._pairwise.sub(client.sector, grant.subscriber_id),
            client_id=client.id,
            now=due.now,
            lifetime=ID_TOKEN_LIFETIME,
            auth_time=grant.auth_time,
            acr=grant.acr.text(self._acr_prefix),
            ial=grant.acr.ial.value,
            aal=grant.acr.aal.value,
            amr=grant.amr,
            nonce=due.nonce,
            sid=self._pairwise.sid(client.sector, grant.sso_session_id),
            access_token=access_token,
            algorithm=algorithm,
            extra={
                **await self._persons.for_id_token(client=client, grant=grant, scope=due.scope, now=due.now),
                **self._acting(client, grant),
            },
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
