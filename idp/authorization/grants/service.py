"""Use cases of grants: open one for a redeemed code, find a live one, end one. Each joins the caller's unit of work."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, StrEnum, auto

from idp.audit.hot_store import entry_values
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent, Entry
from idp.authorization.client_registration.model import Client
from idp.authorization.grants import store
from idp.authorization.grants.codes import code_digest
from idp.authorization.grants.hot_store import (
    LIVE_GRANT,
    LIVE_GRANT_WITH_PERSON,
    NEXT_GENERATION,
    NOTE_OF_GRANT,
    REDEEM,
)
from idp.authorization.grants.model import AuthorizationCode, Grant
from idp.authorization.grants.sealed import GrantSeals
from idp.kernel.ids import AgencyId, ClientId, ConsentId, GrantId, SsoSessionId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.protocol.scopes import OFFLINE_ACCESS
from idp.representation.model import MandateId, are_alike
from idp.storage.spent import Spend, SpentKind, spend_in, spending_values
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.hot_store import SealedPerson, person_of


class RevocationReason(StrEnum):
    """Why a grant was ended before its time."""

    CODE_REPLAYED = "code_replayed"
    REFRESH_TOKEN_MISUSED = "refresh_token_misused"
    BY_CLIENT = "by_client"
    REPLACED = "replaced"
    NEVER_LIVE = "never_live"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SESSION_ENDED = "session_ended"
    BY_CITIZEN = "by_citizen"
    IDENTITY_CLOSED = "identity_closed"
    MANDATE_ENDED = "mandate_ended"


class Redeemed(Enum):
    """How redeeming a code went."""

    OPENED = auto()
    SPENT_BEFORE = auto()
    ENDED = auto()
    """The code is spent, and what it rests on has ended."""


class Grants:
    """Grants and their end."""

    def __init__(self, *, seals: GrantSeals, audit: AuditLog, randomness: Randomness = system_randomness) -> None:
        self._seals = seals
        self._audit = audit
        self._randomness = randomness

    async def open(
        self, uow: UnitOfWork, code: AuthorizationCode, *, jkt: str | None, x5t: str | None = None
    ) -> Grant | None:
        """Write the grant of a code that was just spent, bound to the key `jkt` and the certificate `x5t`.

        None when its subscriber, client or consent no longer counts: then nothing may be minted.
        """
        opened = self.drafted(code, jkt=jkt, x5t=x5t, now=uow.now)
        await store.insert_grant(uow, self._seals, opened, code_digest=code_digest(code))
        live = await store.find_live_grant(uow, self._seals, opened.id)
        if live is None:
            await store.mark_revoked(uow, opened.id, reason=RevocationReason.NEVER_LIVE.value)
        return live

    async def open_replacing(
        self, uow: UnitOfWork, code: AuthorizationCode, *, client: Client, jkt: str | None, x5t: str | None
    ) -> Grant | None:
        """As `open`, and the live grant that the client manages under the same name ends.

        None as well when there is none any more, when it is another person's or of another role, or when another call
        replaced it first: then nothing has ended.
        """
        older = await self.managed(uow, code.managed_id or "", code.client_id)
        if older is None or older[0].subscriber_id != code.subscriber_id:
            return None
        if not are_alike(older[0].acted_for, code.acted_for):
            return None
        opened = await self.open(uow, code, jkt=jkt, x5t=x5t)
        if opened is None:
            return None
        if not await self._end_for_client(uow, older[0], RevocationReason.REPLACED, client):
            await store.mark_revoked(uow, opened.id, reason=RevocationReason.NEVER_LIVE.value)
            return None
        return opened

    async def managed(self, uow: UnitOfWork, managed_id: str, client_id: ClientId) -> tuple[Grant, datetime] | None:
        """The grant that a client manages under this name, while it counts, and when it was opened."""
        return await store.find_managed_grant(uow, self._seals, managed_id, client_id)

    def drafted(self, code: AuthorizationCode, *, jkt: str | None, x5t: str | None, now: datetime) -> Grant:
        """The grant that a code leads to, written nowhere yet."""
        return Grant(
            id=GrantId(new_id("gra", now=now, randomness=self._randomness)),
            client_id=code.client_id,
            subscriber_id=code.subscriber_id,
            sso_session_id=code.sso_session_id,
            consent_id=code.consent_id,
            details=code.details,
            scope=code.scope,
            acr=code.acr,
            amr=code.amr,
            auth_time=code.auth_time,
            jkt=jkt,
            generation=1,
            expires_at=code.grant_expires_at,
            x5t=x5t,
            claims=code.claims,
            resource=code.resource,
            managed_id=code.managed_id,
            acted_for=code.acted_for,
        )

    async def redeem(
        self, storage: Storage, draft: Grant, code: AuthorizationCode, *, entry: Entry, now: datetime
    ) -> Redeemed:
        """Spend a code and write its grant and their entry in one statement. Raises Unavailable."""
        columns = store.grant_values(draft, self._seals, code_digest=code_digest(code), now=now)
        gates = await storage.hot.write(REDEEM, **columns, **spending_values(_spend_of(code)), **entry_values(entry))
        return (Redeemed.SPENT_BEFORE, Redeemed.ENDED, Redeemed.OPENED)[gates]

    async def known_live(self, storage: Storage, grant_id: GrantId, *, now: datetime) -> Grant | None:
        """The grant while it, its client, its subscriber and its consent count, read just now. Raises Unavailable."""
        row = await storage.hot.first(LIVE_GRANT, grant_id=grant_id, now=now)
        return None if row is None else store.grant_of(row, self._seals)

    async def with_person(
        self, storage: Storage, grant_id: GrantId, *, now: datetime
    ) -> tuple[Grant, SealedPerson] | None:
        """As `known_live`, and what is known of its subscriber. Raises Unavailable."""
        row = await storage.hot.first(LIVE_GRANT_WITH_PERSON, grant_id=grant_id, now=now)
        return None if row is None else (store.grant_of(row, self._seals), person_of(row))

    async def live(self, uow: UnitOfWork, grant_id: GrantId) -> Grant | None:
        """The grant while it, its client, its subscriber and its consent count."""
        return await store.find_live_grant(uow, self._seals, grant_id)

    async def rotate(self, storage: Storage, grant: Grant, *, entry: Entry, now: datetime) -> bool:
        """Make the next refresh token generation the present one; False when it ended, or another call did so first.

        Raises Unavailable.
        """
        given = {"grant_id": grant.id, "generation": grant.generation, "now": now}
        return await storage.hot.write(NEXT_GENERATION, **given, **entry_values(entry)) == 1

    async def note_use(self, storage: Storage, grant: Grant, *, entry: Entry, now: datetime) -> bool:
        """Write the entry of what a grant gives as it is; False when it does not count any more. Raises Unavailable."""
        return await storage.hot.write(NOTE_OF_GRANT, grant_id=grant.id, now=now, **entry_values(entry)) == 1

    async def get(self, uow: UnitOfWork, grant_id: GrantId) -> Grant | None:
        """The grant, live or not."""
        return await store.find_grant(uow, self._seals, grant_id)

    async def burn(self, uow: UnitOfWork, code: AuthorizationCode, *, client: Client) -> bool:
        """Spend a code for which nothing is given; False when it was spent before: the grant that it opened ends then,
        whoever holds its tokens.
        """
        if await spend_in(uow, _spend_of(code)):
            return True
        found = await store.find_grant_of_code(uow, self._seals, code_digest(code))
        if found is not None:
            await self.revoke(uow, found, reason=RevocationReason.CODE_REPLAYED, client=client)
        return False

    async def revoke(self, uow: UnitOfWork, grant: Grant, *, reason: RevocationReason, client: Client) -> None:
        """End a grant: every token of it is refused from this commit on."""
        await self._end_for_client(uow, grant, reason, client)

    async def note_stranger(self, uow: UnitOfWork, grant: Grant, *, client: Client) -> None:
        """A proven client showed a token of another client's grant: nothing changes, and the attempt is on record."""
        await self._audit.append(
            uow,
            AuditEvent(
                "grant.revocation_refused",
                actor=Actor(ActorKind.CLIENT, client.id),
                outcome="refused",
                agency_id=client.agency_id,
                client_id=client.id,
                details={"grant": grant.id},
            ),
        )

    async def end_of_consent(self, uow: UnitOfWork, consent_id: ConsentId) -> None:
        """A consent was withdrawn: its grants end too. They are refused since the withdrawal; this keeps the record."""
        ended = await store.mark_revoked_of_consent(uow, consent_id, reason=RevocationReason.CONSENT_WITHDRAWN.value)
        if ended:
            details = {"consent": consent_id, "grants": ended, "reason": RevocationReason.CONSENT_WITHDRAWN.value}
            await self._audit.append(uow, AuditEvent("grant.revoked", actor=SYSTEM, details=details))

    async def of_session(self, uow: UnitOfWork, session_id: SsoSessionId) -> Sequence[Grant]:
        """Every grant that was given in a session, live or not."""
        return await store.grants_of_session(uow, self._seals, session_id)

    async def live_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Grant]:
        """A citizen's grants that count, the newest first."""
        return await store.live_grants_of(uow, self._seals, subscriber_id)

    async def clients_around(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[ClientId]:
        """The clients that have anything to do with a person at present: who may hear that the identity changed."""
        return await store.clients_around(uow, subscriber_id)

    async def of_mandate(self, uow: UnitOfWork, mandate_id: MandateId) -> Sequence[Grant]:
        """The grants under a mandate that were not ended."""
        return await store.grants_of_mandate(uow, self._seals, mandate_id)

    async def of_sign_in(self, uow: UnitOfWork, client: Client, *, auth_time: datetime) -> Sequence[Grant]:
        """The grants of a client from sign-ins of this second: what an ID token's `auth_time` leads back to."""
        return await store.grants_since(uow, self._seals, client.id, auth_time=auth_time)

    async def end_of_session(self, uow: UnitOfWork, session_id: SsoSessionId) -> None:
        """A session has ended: the grants that stand on nothing else end too.

        Back-Channel Logout §2.7: refresh tokens without offline_access are to be revoked. Data sets that a citizen
        consented to for longer go on until the consent ends or is withdrawn.
        """
        for grant in await store.grants_of_session(uow, self._seals, session_id):
            if not grant.details and OFFLINE_ACCESS not in grant.scope:
                await self._end(uow, grant, SYSTEM, RevocationReason.SESSION_ENDED)

    async def end_of_mandate(self, uow: UnitOfWork, mandate_id: MandateId) -> None:
        """A mandate ended: its grants end too. They are refused since the mandate's end; this keeps the record."""
        for grant in await store.grants_of_mandate(uow, self._seals, mandate_id):
            await self._end(uow, grant, SYSTEM, RevocationReason.MANDATE_ENDED)

    async def end_of_person(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """An identity was closed: its grants end too. They are refused since then; this keeps the record."""
        for grant in await store.grants_of_person(uow, self._seals, subscriber_id):
            await self._end(uow, grant, SYSTEM, RevocationReason.IDENTITY_CLOSED)

    async def end_for_citizen(self, uow: UnitOfWork, grant_id: GrantId, *, subscriber_id: SubscriberId) -> bool:
        """A citizen takes an app's access away; False when it is none of theirs, or had ended."""
        grant = await store.find_live_grant(uow, self._seals, grant_id)
        actor = None if grant is None or grant.acted_for is None else grant.acted_for.actor
        if grant is None or subscriber_id not in (grant.subscriber_id, actor):
            return False
        return await self._end(uow, grant, Actor(ActorKind.SUBSCRIBER, subscriber_id), RevocationReason.BY_CITIZEN)

    async def _end_for_client(self, uow: UnitOfWork, grant: Grant, reason: RevocationReason, client: Client) -> bool:
        actor = Actor(ActorKind.CLIENT, client.id)
        return await self._end(uow, grant, actor, reason, agency_id=client.agency_id)

    async def _end(
        self,
        uow: UnitOfWork,
        grant: Grant,
        actor: Actor,
        reason: RevocationReason,
        *,
        agency_id: AgencyId | None = None,
    ) -> bool:
        if not await store.mark_revoked(uow, grant.id, reason=reason.value):
            return False
        event = AuditEvent(
            "grant.revoked",
            actor=actor,
            subject=grant.subscriber_id,
            agency_id=agency_id,
            client_id=grant.client_id,
            details={"grant": grant.id, "reason": reason.value},
        )
        await self._audit.append(uow, event)
        return True


def _spend_of(code: AuthorizationCode) -> Spend:
    return Spend.of(SpentKind.CODE, scope=code.client_id, secret=code.id, expires_at=code.expires_at)
