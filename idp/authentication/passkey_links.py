"""One-use links by which a subscriber adds a passkey on the own phone: given at the counter, good for one passkey."""

import hashlib
from datetime import timedelta

from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication import passkey_store
from idp.authentication.model import AuthenticationProblem
from idp.authentication.store import hold_owner
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.storage.storage import UnitOfWork


def page_of_link(token: str) -> str:
    """The page that a link leads to. The token stands behind the `#`: browsers send that to nobody, so that it is in no
    log, no Referer and no history of a proxy (ASVS 14.2.1).
    """
    return f"/passkeys/new#{token}"


class PasskeyLinks:
    """Makes, opens and spends links. The token is in the link alone; the table has its digest."""

    def __init__(
        self, *, audit: AuditLog, security_log: SecurityLog, randomness: Randomness = system_randomness
    ) -> None:
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness

    async def make(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor, valid_for: timedelta) -> str:
        """The token of a new link, for `page_of_link`. An earlier unused link of the subscriber ends."""
        token = random_text(self._randomness)
        await passkey_store.insert_link(
            uow, digest=_digest(token), subscriber_id=subscriber_id, expires_at=uow.now + valid_for
        )
        await self._audit.append(
            uow,
            AuditEvent(
                event="passkey.link_made",
                actor=by,
                subject=subscriber_id,
                details={"valid_seconds": int(valid_for.total_seconds())},
            ),
        )
        return token

    async def open(self, uow: UnitOfWork, token: str) -> SubscriberId:
        """Whose link it is, without spending it.

        Raises Refused (LINK_UNUSABLE) when it was used, is over, never was, or the identity is stopped: one answer.
        """
        subscriber_id = await passkey_store.find_usable_link(uow, _digest(token))
        if subscriber_id is None:
            raise await self._refused(uow, token)
        return subscriber_id

    async def spend(self, uow: UnitOfWork, token: str) -> SubscriberId:
        """Use the link up, in the transaction that adds the passkey or PIN; gives whose it was.

        Their owner is held until that ends: what takes all ways to sign in away runs before it or after it, never
        beside. Raises Refused (LINK_UNUSABLE).
        """
        subscriber_id = await self.open(uow, token)
        await hold_owner(uow, subscriber_id)
        # who waited for the owner looks again
        await self.open(uow, token)
        if not await passkey_store.spend_link(uow, _digest(token)):
            raise await self._refused(uow, token)
        return subscriber_id

    async def _refused(self, uow: UnitOfWork, token: str) -> Refused:
        """Who shows a link that was used may have it from its owner's screen or post: the log tells it from a typo."""
        state = await passkey_store.state_of_link(uow, _digest(token))
        self._security_log.note("passkey.link_refused", reason=state)
        return Refused(AuthenticationProblem.LINK_UNUSABLE, state)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
