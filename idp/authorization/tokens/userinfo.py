"""Userinfo: what a live token lets its client know (OpenID Connect Core §5.3), plain, signed or encrypted."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.model import Client
from idp.authorization.tokens.access import AccessTokens, Presentation
from idp.authorization.tokens.persons import PersonClaims
from idp.kernel.ids import ClientId
from idp.keys.model import DEFAULT_SIGNATURE
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.signing import SigningKeys
from idp.protocol.errors import InsufficientScopeError
from idp.protocol.nested_jwt import encrypt_for_client
from idp.protocol.scopes import OPENID
from idp.protocol.userinfo import signed_userinfo_claims
from idp.representation.acting.rules import claims_of
from idp.storage.storage import Storage


@dataclass(frozen=True, slots=True, repr=False)
class UserinfoAnswer:
    """The claims, and as a JWT when the client registered for that; `client_id` is who may know them."""

    client_id: ClientId
    claims: Mapping[str, Any]
    jwt: str | None


class Userinfo:
    """Reads live what a token may show, and writes nothing but the digest of its proof (design, section 6)."""

    def __init__(
        self,
        *,
        storage: Storage,
        issuer: str,
        access_tokens: AccessTokens,
        pairwise: PairwiseSubjects,
        key_sets: ClientKeySets,
        persons: PersonClaims,
        keys: SigningKeys,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._access_tokens = access_tokens
        self._pairwise = pairwise
        self._key_sets = key_sets
        self._persons = persons
        self._keys = keys

    async def answer(self, shown: Presentation) -> UserinfoAnswer:
        """The claims. Raises an OAuth2Error as AccessTokens.verify does, and insufficient_scope without `openid`."""
        now = self._storage.clock.now()
        token = await self._access_tokens.verify_for_userinfo(shown, now=now)
        if OPENID not in token.scope:
            raise InsufficientScopeError("the token was not issued with the openid scope")
        client, grant = token.holder, token.grant
        told = await self._persons.for_userinfo(
            client=client, grant=grant, person=token.person, scope=token.scope, now=now
        )
        # §5.3.2: "The sub (subject) Claim MUST always be returned in the UserInfo Response."
        acting = claims_of(grant.acted_for, sub_of=partial(self._pairwise.sub, client.sector))
        claims = {**told, **acting, "sub": self._pairwise.sub(client.sector, grant.subscriber_id)}
        return UserinfoAnswer(client.id, claims, await self._jwt(client, claims))

    async def program_of(self, shown: Presentation) -> ClientId | None:
        """Whose the shown token is or was: told to its agency, and proof of nothing. None for no token of ours."""
        return await self._access_tokens.holder_named(shown)

    async def _jwt(self, client: Client, claims: Mapping[str, Any]) -> str | None:
        """Signed, and encrypted after that; an answer is never encrypted without a signature inside."""
        alg, encryption = client.userinfo_signed_response_alg, client.userinfo_encrypted_response_alg
        if alg is None and encryption is None:
            return None
        await self._keys.refresh()
        signed = await self._keys.sign_jwt(
            signed_userinfo_claims(claims, issuer=self._issuer, client_id=client.id),
            typ="JWT",
            alg=alg or DEFAULT_SIGNATURE,
        )
        if encryption is None:
            return signed
        await self._key_sets.prepare(client.id)
        return encrypt_for_client(
            signed, client_jwks=self._key_sets.of(client), alg=encryption, enc=client.userinfo_encrypted_response_enc
        )
