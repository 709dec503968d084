"""Freezing: an owner stops the own identity in one tap, and takes it back with a passkey and a recovery code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authentication import store, tries
from idp.authentication.freeze_links import FreezeLinks
from idp.authentication.model import AuthenticationProblem, Ceremony, SsoSession
from idp.authentication.owner_acts import hold_live
from idp.authentication.passkeys import Passkeys
from idp.authentication.recovery_codes import RecoveryCodes
from idp.authentication.sessions import Sessions
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

UNFREEZING = "passkey_unfreezing"


class Freezing:
    """The owner's own stop. The other way back is the counter, where two persons act (`subscribers`)."""

    def __init__(
        self,
        *,
        storage: Storage,
        subscribers: Subscribers,
        sessions: Sessions,
        passkeys: Passkeys,
        recovery_codes: RecoveryCodes,
        links: FreezeLinks,
        audit: AuditLog,
    ) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._sessions = sessions
        self._passkeys = passkeys
        self._recovery_codes = recovery_codes
        self._links = links
        self._audit = audit

    async def freeze(self, uow: UnitOfWork, session: SsoSession) -> None:
        """Stop the identity and every session of its owner, from this commit on.

        Any live session may: whoever could misuse it gains nothing by a freeze. Raises Refused (SIGN_IN_NEEDED).
        """
        await hold_live(uow, session)
        await self._subscribers.freeze(uow, session.subscriber_id)
        await self._sessions.end_all_of(uow, session.subscriber_id)

    async def freeze_by_link(self, uow: UnitOfWork, token: str) -> None:
        """The same by the link of a letter. Nobody is signed in: whoever reads the owner's letters can do no worse.

        Raises Refused (FREEZE_LINK_UNUSABLE), Conflict (NOT_ACTIVE); then the link stays good.
        """
        owner = await self._links.spend(uow, token)
        await store.hold_owner(uow, owner)
        await self._subscribers.freeze(uow, owner)
        await self._sessions.end_all_of(uow, owner)
        actor = Actor(ActorKind.SUBSCRIBER, owner)
        await self._audit.append(uow, AuditEvent("freeze.link_used", actor=actor, subject=owner))

    def options(self, *, browser_id: str, now: datetime) -> Ceremony:
        """A ceremony for the first of the two proofs."""
        return self._passkeys.authentication_options(browser_id=browser_id, now=now, kind=UNFREEZING)

    async def unfreeze(
        self, *, handle: str, browser_id: str, credential: Mapping[str, Any], code: str, device: str | None
    ) -> None:
        """Give the identity back to who shows a passkey and a code; the code is used up with it.

        Raises Refused (CEREMONY_UNUSABLE, SIGN_IN_FAILED, RECOVERY_NOT_ACCEPTED), Conflict (NOT_FROZEN).
        """
        # 1. the passkey, with its user verified
        passkey = await self._passkeys.prove(
            handle=handle, browser_id=browser_id, credential=credential, kind=UNFREEZING
        )
        # 2. the try is paid for, committed, before the code is judged
        owner = passkey.subscriber_id
        async with self._storage.unit_of_work() as uow:
            may_try = await tries.take_try(uow, owner, device)
        # 3. code and identity are one act
        if not may_try or not await self._spend_and_unfreeze(owner, code, device):
            await self._recovery_codes.note_refusal(owner, owner)
            raise Refused(AuthenticationProblem.RECOVERY_NOT_ACCEPTED)

    async def _spend_and_unfreeze(self, owner: SubscriberId, code: str, device: str | None) -> bool:
        async with self._storage.unit_of_work() as uow:
            if not await self._recovery_codes.spend(uow, owner, code):
                return False
            await self._subscribers.unfreeze(uow, owner)
            await tries.clear_tries(uow, owner, device)
            return True
