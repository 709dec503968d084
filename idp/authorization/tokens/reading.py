"""Reading any token of ours, whoever holds it: for revocation, introspection and exchange. Proves no possession."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from idp.authorization.grants.model import Grant
from idp.authorization.tokens.minting import REFRESH_TOKEN_KIND, USERINFO_TOKEN
from idp.catalogue.gdx import GdxDetail, InvalidGdxDetail, parse_authorization_details
from idp.kernel.ids import ClientId, GrantId
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.access_token import TYP, AccessTokenClaims, validate_access_token_claims
from idp.protocol.errors import InvalidTokenError

JWT_BEGINS = "ey"
"""A JSON object in base64url; a sealed token begins with a digit."""


class TokenKind(StrEnum):
    """What a token is for."""

    EXCHANGE = "exchange"
    USERINFO = "userinfo"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadToken:
    """A token that is ours and whose time is not over. `holder` is None where it is the client of the grant.

    `sealed_scope` is None for a refresh token: it may be used for all of its grant.
    `audience` is that of a signed token.
    """

    kind: TokenKind
    expires_at: datetime
    grant_id: GrantId | None
    holder: ClientId | None = None
    token_id: str | None = None
    sealed_scope: tuple[str, ...] | None = None
    details: tuple[GdxDetail, ...] = ()
    act: Mapping[str, Any] | None = None
    jkt: str | None = None
    x5t: str | None = None
    generation: int | None = None
    audience: str | None = None

    def is_held_by(self, client_id: ClientId, grant: Grant | None) -> bool:
        """True for the client that the token was issued to."""
        if self.holder is not None:
            return self.holder == client_id
        return grant is not None and grant.client_id == client_id


class TokenReader:
    """Opens sealed tokens and verifies signed ones. `gateway` is the audience of signed access tokens,
    `grant_management` of those by which clients manage their grants.
    """

    def __init__(
        self, *, issuer: str, gateway: str, grant_management: str, keys: SigningKeys, sealer: TokenSealer
    ) -> None:
        self._issuer = issuer
        self._gateway = gateway
        self._grant_management = grant_management
        self._keys = keys
        self._sealer = sealer

    async def prepare(self) -> None:
        """Have the keys at hand, before a transaction opens."""
        await self._keys.refresh()

    async def read(self, token: str, *, now: datetime) -> ReadToken | None:
        """What the token says, None when it is not ours, of no kind that may be asked about, or over."""
        if token.startswith(JWT_BEGINS):
            return await self._signed(token, now)
        for kind, told in ((USERINFO_TOKEN, _userinfo_token), (REFRESH_TOKEN_KIND, _refresh_token)):
            try:
                payload, expires_at = self._sealer.open_dated(kind, token, now=now)
            except SealBroken:
                continue
            except SealExpired:
                return None
            return told(payload, expires_at)
        return None

    async def _signed(self, token: str, now: datetime) -> ReadToken | None:
        try:
            claims = await self._keys.verify_jwt(token, expected_typ=TYP)
            about_grants = claims.get("aud") == self._grant_management
            audience = self._grant_management if about_grants else self._gateway
            judged = validate_access_token_claims(
                claims, expected_issuer=self._issuer, expected_audience=audience, now=now
            )
            return _signed_token(judged, audience)
        except (SealBroken, InvalidTokenError, InvalidGdxDetail):
            return None


def _refresh_token(payload: Mapping[str, Any], expires_at: datetime) -> ReadToken:
    return ReadToken(
        kind=TokenKind.REFRESH,
        expires_at=expires_at,
        grant_id=GrantId(payload["gid"]),
        generation=payload["generation"],
    )


def _userinfo_token(payload: Mapping[str, Any], expires_at: datetime) -> ReadToken:
    holder = payload.get("holder")
    return ReadToken(
        kind=TokenKind.USERINFO,
        expires_at=expires_at,
        grant_id=GrantId(payload["gid"]),
        holder=None if holder is None else ClientId(holder),
        token_id=payload["jti"],
        sealed_scope=tuple(payload["scope"]),
        act=payload.get("act"),
        jkt=payload.get("jkt"),
        x5t=payload.get("x5t"),
    )


def _signed_token(judged: AccessTokenClaims, audience: str) -> ReadToken:
    listed = list(judged.authorization_details)
    return ReadToken(
        kind=TokenKind.EXCHANGE,
        expires_at=datetime.fromtimestamp(judged.expires_at, UTC),
        grant_id=None if judged.gid is None else GrantId(judged.gid),
        holder=ClientId(judged.client_id),
        token_id=judged.jti,
        sealed_scope=judged.scope,
        details=parse_authorization_details(listed) if listed else (),
        audience=audience,
        act=judged.act,
        jkt=judged.jkt,
        x5t=judged.x5t,
    )
