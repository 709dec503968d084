"""grant_type=refresh_token. A sender-constrained client of FAPI keeps its refresh token; a baseline client's rotates.

A rotated token is `{family, generation}` and its successor follows from it alone, so that a client whose answer was
lost, or two calls at once, get the same one within the grace of that client: a family never forks (design, section 6).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from idp.audit.model import Entry
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.grants.rules import is_repeatable
from idp.authorization.grants.service import Grants, RevocationReason
from idp.authorization.tokens.issuing import Issuing
from idp.authorization.tokens.minting import REFRESH_TOKEN_KIND
from idp.authorization.tokens.model import ForPerson, KeyBinding
from idp.authorization.tokens.standing import still_acts
from idp.kernel.ids import GrantId
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.protocol.errors import InvalidGrantError, InvalidScopeError
from idp.protocol.token_request import Refresh
from idp.representation.acting.service import Acting
from idp.storage.storage import Storage


class Refreshing:
    """Steps 4 to 6 of the token endpoint for refresh tokens, and their entry."""

    def __init__(
        self, *, storage: Storage, sealer: TokenSealer, grants: Grants, issuing: Issuing, acting: Acting
    ) -> None:
        self._acting = acting
        self._storage = storage
        self._sealer = sealer
        self._grants = grants
        self._issuing = issuing

    async def due(self, client: Client, request: Refresh, binding: KeyBinding, *, now: datetime) -> ForPerson:
        """Fresh tokens of a live grant. Raises InvalidGrantError or InvalidScopeError."""
        # 4. open
        try:
            payload = self._sealer.open(REFRESH_TOKEN_KIND, request.refresh_token, now=now)
        except (SealBroken, SealExpired) as error:
            raise InvalidGrantError("the refresh token is not valid") from error
        grant = await self._grants.known_live(self._storage, GrantId(payload["gid"]), now=now)
        # 5. RFC 6749 §6: the server MUST "ensure that the refresh token was issued to the authenticated client"
        if grant is None or grant.client_id != client.id:
            raise InvalidGrantError("the refresh token is not valid")
        if not _is_bound(client, grant, binding):
            await self._misused(client, grant)
            raise InvalidGrantError("the refresh token is bound to another key")
        # RFC 9449 §5: a refresh token for "a public client that presents a valid DPoP proof … MUST be bound to the
        # respective public key": ours is as its grant was opened, so that such a client has to sign its person in anew.
        # A confidential client may begin with DPoP whenever it likes: this access token is bound then.
        if grant.jkt is None and binding.jkt is not None and client.is_public:
            raise InvalidGrantError("the refresh token is not bound to this key")
        # §6: "The requested scope MUST NOT include any scope not originally granted by the resource owner"
        if not set(grant.scope).issuperset(request.scope):
            raise InvalidScopeError("the scope goes beyond the grant")
        await self._issuing.within_right_now(client, grant.details)
        if not await still_acts(self._storage, self._acting, grant.acted_for, acr=grant.acr):
            raise InvalidGrantError("the person does not act for the company any more")
        # 6. and 7. spend, with the entry in the same statement
        shown = _Shown(client, payload["generation"], request.scope, binding, now)
        if shown.generation == grant.generation and not client.is_fapi:
            return await self._rotated(shown, grant)
        return await self._repeated(shown, grant)

    async def _rotated(self, shown: "_Shown", grant: Grant) -> ForPerson:
        due = self._of(shown, replace(grant, generation=grant.generation + 1, rotated_at=shown.now))
        if await self._grants.rotate(self._storage, grant, entry=self._entry(due), now=shown.now):
            return due
        # Another call rotated it since it was read: this one is the second showing.
        again = await self._grants.known_live(self._storage, grant.id, now=shown.now)
        if again is None:
            raise InvalidGrantError("the refresh token is not valid")
        return await self._repeated(shown, again)

    async def _repeated(self, shown: "_Shown", grant: Grant) -> ForPerson:
        if not is_repeatable(grant, shown.client, generation=shown.generation, now=shown.now):
            # RFC 9700 §4.14.2: "If a refresh token is compromised and subsequently used by both the attacker and the
            # legitimate client, one of them will present an invalidated refresh token, which will inform the
            # authorization server of the breach. The authorization server cannot determine which party submitted the
            # invalid refresh token, but it will revoke the active refresh token."
            await self._misused(shown.client, grant)
            raise InvalidGrantError("the refresh token was used before")
        due = self._of(shown, grant)
        if not await self._grants.note_use(self._storage, grant, entry=self._entry(due), now=shown.now):
            raise InvalidGrantError("the refresh token is not valid")
        return due

    def _of(self, shown: "_Shown", grant: Grant) -> ForPerson:
        return self._issuing.due(
            shown.client,
            grant,
            shown.scope or grant.scope,
            shown.binding,
            nonce=None,
            with_refresh_token=not shown.client.is_fapi,
            now=shown.now,
        )

    def _entry(self, due: ForPerson) -> Entry:
        return self._issuing.entry_of("token.refreshed", due)

    async def _misused(self, client: Client, grant: Grant) -> None:
        async with self._storage.unit_of_work() as uow:
            await self._grants.revoke(uow, grant, reason=RevocationReason.REFRESH_TOKEN_MISUSED, client=client)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A refresh token that may be used, by whom and for what; whether it is the present one is not judged yet."""

    client: Client
    generation: int
    scope: tuple[str, ...]
    binding: KeyBinding
    now: datetime


def _is_bound(client: Client, grant: Grant, binding: KeyBinding) -> bool:
    if grant.jkt is not None and grant.jkt != binding.jkt:
        return False
    # RFC 8705 §4: refresh tokens of public clients are bound to the certificate; those of others to the client, whose
    # certificates may be renewed.
    return not client.is_public or grant.x5t == binding.x5t
