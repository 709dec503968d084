"""Userinfo: the claims of the scopes a live token carries (OpenID Connect Core §5.3)."""

from collections.abc import Mapping
from typing import Any

from idp.agencies.service import Agencies
from idp.authorization.tokens.access import AccessTokens, Presentation
from idp.authorization.tokens.claims import members_claim, profile_claims
from idp.protocol.errors import InsufficientScopeError
from idp.protocol.scopes import OPENID, PROFILE, STAFF
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers


class Userinfo:
    """Reads live what a token may show, and writes nothing but the digest of its proof (design, section 6)."""

    def __init__(
        self,
        *,
        storage: Storage,
        access_tokens: AccessTokens,
        subscribers: Subscribers,
        agencies: Agencies,
        acr_prefix: str,
    ) -> None:
        self._storage = storage
        self._access_tokens = access_tokens
        self._subscribers = subscribers
        self._agencies = agencies
        self._acr_prefix = acr_prefix

    async def claims(self, shown: Presentation) -> Mapping[str, Any]:
        """The claims. Raises an OAuth2Error as AccessTokens.verify does, and insufficient_scope without `openid`."""
        async with self._storage.unit_of_work() as uow:
            grant, token = await self._access_tokens.verify_for_userinfo(uow=uow, shown=shown)
            if OPENID not in token.scope:
                raise InsufficientScopeError("the token was not issued with the openid scope")
            claims: dict[str, Any] = {
                # §5.3.2: "The sub (subject) Claim MUST always be returned in the UserInfo Response."
                "sub": token.sub,
                "acr": grant.acr.text(self._acr_prefix),
                "ial": grant.acr.ial.value,
                "aal": grant.acr.aal.value,
                "amr": list(grant.amr),
                "auth_time": int(grant.auth_time.timestamp()),
            }
            if PROFILE in token.scope:
                claims |= profile_claims(await self._subscribers.identity(uow, grant.subscriber_id))
            if STAFF in token.scope:
                claims["members"] = members_claim(await self._agencies.members_of(uow, grant.subscriber_id))
        return claims
