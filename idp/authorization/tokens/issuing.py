"""What every grant type does last before minting: the agency's right once more, and what is due with its entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent, Entry
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.tokens.claims import names_on_record
from idp.authorization.tokens.minting import Mint
from idp.authorization.tokens.model import ForPerson, KeyBinding
from idp.catalogue.gdx import GdxDetail
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.protocol.claims_request import ID_TOKEN, USERINFO
from idp.protocol.errors import InvalidGrantError
from idp.representation.model import ActedFor
from idp.storage.storage import Storage, UnitOfWork


class Issuing:
    """Says what is due within the right, and how it is noted."""

    def __init__(self, *, storage: Storage, mint: Mint, agencies: Agencies, audit: AuditLog) -> None:
        self._storage = storage
        self._mint = mint
        self._agencies = agencies
        self._audit = audit

    async def within_right(self, uow: UnitOfWork, client: Client, details: Sequence[GdxDetail]) -> None:
        """Raise InvalidGrantError when the agency may no longer have what was granted."""
        try:
            await self._agencies.ceiling(uow, client.agency_id, details)
        except Refused as ended:
            raise InvalidGrantError("the agency's right has ended") from ended

    async def within_right_now(self, client: Client, details: Sequence[GdxDetail]) -> None:
        """As `within_right`, outside any transaction; without details there is nothing to ask."""
        if details:
            async with self._storage.reading() as uow:
                await self.within_right(uow, client, details)

    def due(
        self,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        binding: KeyBinding,
        *,
        nonce: str | None,
        with_refresh_token: bool,
        now: datetime,
    ) -> ForPerson:
        """The tokens of a grant, once it is live and their entry is written."""
        return ForPerson(
            token_id=self._mint.token_id(),
            now=now,
            client=client,
            grant=grant,
            scope=scope,
            binding=binding,
            nonce=nonce,
            with_refresh_token=with_refresh_token,
        )

    def entry_of(self, event: Literal["token.issued", "token.refreshed"], due: ForPerson) -> Entry:
        """The entry of tokens that are due, for the statement that lets the client have them."""
        return self._audit.entry(_issued(event, due), now=due.now)

    def entry(self, event: str, client: Client, details: Mapping[str, Any], *, now: datetime) -> Entry:
        """An entry about what this client did by itself, for the statement that lets it."""
        return self._audit.entry(_event(event, client, None, details), now=now)

    async def note_issued(self, uow: UnitOfWork, due: ForPerson) -> None:
        """The entry of tokens that are due, in the transaction that lets the client have them."""
        await self._audit.append(uow, _issued("token.issued", due))

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
        await self._audit.append(uow, _event(event, client, subject, details, outcome=outcome))


def _issued(event: str, due: ForPerson) -> AuditEvent:
    # The entry names what userinfo may give under this token, which itself writes none (design, section 6).
    details = {
        "token": due.token_id,
        "grant": due.grant.id,
        "claims": list(names_on_record(USERINFO, due.grant, due.client, due.scope)),
        "claims_in_id_token": list(names_on_record(ID_TOKEN, due.grant, due.client, due.scope)),
        **asked(due.grant.details),
        **acting_details(due.grant.acted_for),
    }
    return _event(event, due.client, due.grant.subscriber_id, details)


def _event(
    event: str,
    client: Client,
    subject: SubscriberId | None,
    details: Mapping[str, Any],
    *,
    outcome: Literal["ok", "refused"] = "ok",
) -> AuditEvent:
    return AuditEvent(
        event,
        actor=Actor(ActorKind.CLIENT, client.id),
        outcome=outcome,
        subject=subject,
        agency_id=client.agency_id,
        client_id=client.id,
        details=details,
    )


def acting_details(acted: ActedFor | None) -> dict[str, str]:
    """For whom somebody acts, for an entry; nothing for who acts for themselves."""
    if acted is None:
        return {}
    said = {"acted_by": acted.actor, "mandate": acted.mandate_id, "organisation": acted.juristic_id}
    return {name: value for name, value in said.items() if value is not None}


def asked(details: Sequence[GdxDetail]) -> dict[str, list[str]]:
    """Data sets and fields by name, for an entry."""
    fields = [f"{detail.dataset}/{name}" for detail in details for name in detail.fields]
    return {"datasets": [detail.dataset for detail in details], "fields": fields}
