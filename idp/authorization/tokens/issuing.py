"""What every grant type does last: the agency's right once more, the tokens, their entry in the log."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.tokens.claims import names_for_userinfo
from idp.authorization.tokens.minting import Mint
from idp.authorization.tokens.model import KeyBinding, TokenResponse
from idp.catalogue.gdx import GdxDetail
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.protocol.errors import InvalidGrantError
from idp.storage.storage import UnitOfWork


class Issuing:
    """Mints within the right and notes it."""

    def __init__(self, *, mint: Mint, agencies: Agencies, audit: AuditLog) -> None:
        self._mint = mint
        self._agencies = agencies
        self._audit = audit

    async def within_right(self, uow: UnitOfWork, client: Client, details: Sequence[GdxDetail]) -> None:
        """Raise InvalidGrantError when the agency may no longer have what was granted."""
        try:
            await self._agencies.ceiling(uow, client.agency_id, details)
        except Refused as ended:
            raise InvalidGrantError("the agency's right has ended") from ended

    async def for_grant(
        self,
        uow: UnitOfWork,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        binding: KeyBinding,
        *,
        nonce: str | None,
        event: Literal["token.issued", "token.refreshed"],
        with_refresh_token: bool,
    ) -> TokenResponse:
        """The tokens of a live grant, and their entry."""
        token_id, response = await self._mint.for_grant(
            uow,
            client=client,
            grant=grant,
            scope=scope,
            binding=binding,
            nonce=nonce,
            with_refresh_token=with_refresh_token,
        )
        # The entry names what userinfo may give under this token, which itself writes none (design, section 6).
        details = {
            "token": token_id,
            "grant": grant.id,
            "claims": list(names_for_userinfo(grant, client, scope)),
            "claims_in_id_token": sorted(grant.claims.get("id_token", {})),
            **asked(grant.details),
        }
        await self.note(uow, event, client, grant.subscriber_id, details)
        return response

    async def note(
        self,
        uow: UnitOfWork,
        event: str,
        client: Client,
        subject: SubscriberId | None,
        details: Mapping[str, Any],
        *,
        outcome: Literal["ok", "refused"] = "ok",
    ) -> None:
        """One entry about what this client did or was refused."""
        await self._audit.append(
            uow,
            AuditEvent(
                event,
                actor=Actor(ActorKind.CLIENT, client.id),
                outcome=outcome,
                subject=subject,
                agency_id=client.agency_id,
                client_id=client.id,
                details=details,
            ),
        )


def asked(details: Sequence[GdxDetail]) -> dict[str, list[str]]:
    """Data sets and fields by name, for an entry."""
    fields = [f"{detail.dataset}/{name}" for detail in details for name in detail.fields]
    return {"datasets": [detail.dataset for detail in details], "fields": fields}
