"""Introspection: a client asks about a token of its own (RFC 7662), plain or signed (RFC 9701)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication
from idp.authorization.grants.model import Grant
from idp.authorization.grants.rules import is_repeatable
from idp.authorization.grants.service import Grants
from idp.authorization.tokens.reading import ReadToken, TokenKind, TokenReader
from idp.keys.model import DEFAULT_SIGNATURE
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.signing import SigningKeys
from idp.protocol.access_token import confirmation
from idp.protocol.client_credentials import ClientCredentials
from idp.protocol.errors import InvalidClientError
from idp.protocol.introspection import INACTIVE, TYP, active_members, signed_answer_claims
from idp.protocol.token_exchange import with_person
from idp.representation.acting.rules import claims_of
from idp.storage.storage import Storage


@dataclass(frozen=True, slots=True, repr=False)
class IntrospectionAnswer:
    """The members, and as a JWT when the caller asked for that."""

    members: Mapping[str, Any]
    jwt: str | None


class Introspection:
    """Tells a client whether a token it holds is good."""

    def __init__(
        self,
        *,
        storage: Storage,
        issuer: str,
        acr_prefix: str,
        authentication: ClientAuthentication,
        reader: TokenReader,
        grants: Grants,
        pairwise: PairwiseSubjects,
        keys: SigningKeys,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._acr_prefix = acr_prefix
        self._authentication = authentication
        self._reader = reader
        self._grants = grants
        self._pairwise = pairwise
        self._keys = keys

    async def answer(self, credentials: ClientCredentials, token: str, *, signed: bool) -> IntrospectionAnswer:
        """What the token is good for; `active` false and nothing else for one that is not the caller's (attack row 43).

        Raises InvalidClientError when the client does not prove who it is.
        """
        await self._keys.refresh()
        now = self._storage.clock.now()
        client = await self._authentication.prove(self._storage, credentials, now=now)
        # §2.1: "the endpoint MUST also require some form of authorization to access this endpoint"
        if client.is_public:
            raise InvalidClientError("a public client may not ask", status_code=401)
        members = await self._members(client, token, now)
        if not signed:
            return IntrospectionAnswer(members, None)
        claims = signed_answer_claims(issuer=self._issuer, audience=client.id, now=now, introspection=members)
        alg = client.introspection_signed_response_alg or DEFAULT_SIGNATURE
        return IntrospectionAnswer(members, await self._keys.sign_jwt(claims, typ=TYP, alg=alg))

    async def _members(self, client: Client, token: str, now: datetime) -> Mapping[str, Any]:
        read = await self._reader.read(token, now=now)
        if read is None:
            return INACTIVE
        grant = None
        if read.grant_id is not None:
            grant = await self._grants.known_live(self._storage, read.grant_id, now=now)
        if not read.is_held_by(client.id, grant) or not _is_active(read, grant, client, now):
            return INACTIVE
        return self._told(client, read, grant)

    def _told(self, client: Client, read: ReadToken, grant: Grant | None) -> Mapping[str, Any]:
        scope = read.sealed_scope if read.sealed_scope is not None else () if grant is None else grant.scope
        optional: dict[str, Any] = {
            "scope": " ".join(scope),
            "jti": read.token_id,
            "cnf": confirmation(jkt=read.jkt, x5t=read.x5t),
            "act": read.act,
            "authorization_details": [detail.to_json() for detail in read.details],
            "sub": client.id if grant is None else self._pairwise.sub(client.sector, grant.subscriber_id),
        }
        if grant is not None and grant.acted_for is not None:
            acting = claims_of(grant.acted_for, sub_of=partial(self._pairwise.sub, client.sector))
            person = acting.get("act", {}).get("sub")
            optional["act"] = with_person(read.act, person_sub=person, issuer=self._issuer)
            optional["organisation"] = acting.get("organisation")
        if read.audience is not None:
            optional["aud"] = read.audience
        if read.kind is not TokenKind.REFRESH:
            optional["token_type"] = "Bearer" if read.jkt is None else "DPoP"
        if grant is not None:
            optional |= {"acr": grant.acr.text(self._acr_prefix), "auth_time": int(grant.auth_time.timestamp())}
        return active_members(issuer=self._issuer, client_id=client.id, expires_at=read.expires_at, optional=optional)


def _is_active(read: ReadToken, grant: Grant | None, client: Client, now: datetime) -> bool:
    if read.grant_id is not None and grant is None:
        return False
    if grant is None or read.generation is None or read.generation == grant.generation:
        return True
    return is_repeatable(grant, client, generation=read.generation, now=now)
