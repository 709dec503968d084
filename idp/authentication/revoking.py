"""All ways to sign in taken away: the counter found the owner in person, and the old devices are not in good hands."""

from datetime import timedelta

from idp.audit.log import AuditLog
from idp.audit.model import Actor
from idp.authentication import passkey_store, pin_store, recovery_store, store, tries
from idp.authentication.changes import AuthenticatorChange, Changes
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.recovery_codes import USUAL_COOLING
from idp.authentication.sessions import Sessions
from idp.kernel.ids import SubscriberId
from idp.storage.storage import UnitOfWork
from idp.subscribers.closing import Closings


class Revoking:
    """What the counter does before it gives a link for a new passkey, where the owner wants the old ones gone."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        links: PasskeyLinks,
        closings: Closings,
        audit: AuditLog,
        cooling: timedelta = USUAL_COOLING,
    ) -> None:
        self._sessions = sessions
        self._links = links
        self._closings = closings
        self._changes = Changes(audit=audit)
        self._cooling = cooling

    async def recover_at_counter(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor, valid_for: timedelta
    ) -> str:
        """The token of a link for a new passkey, all old ways in gone: one act with whatever the caller does in `uow`.

        Acts of high risk wait as they do after a recovery code: was it somebody else at the counter, then the owner is
        told and has that long to object. What `revoke_all` leaves to its caller is left here too.
        """
        await self.revoke_all(uow, subscriber_id, by=by)
        await recovery_store.save_recovery(uow, subscriber_id, cooling_until=uow.now + self._cooling)
        return await self._links.make(uow, subscriber_id, by=by, valid_for=valid_for)

    async def revoke_all(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor) -> None:
        """No passkey, PIN, recovery code or session from this commit on; unused links end, and a closing that was asked
        for is not: whoever came in by one of them may have asked.

        That the owner was identified, and that an identity frozen by its owner is given back by two persons first, is
        for the caller.
        """
        await store.hold_owner(uow, subscriber_id)
        passkeys = await passkey_store.delete_passkeys_of(uow, subscriber_id)
        await passkey_store.end_links_of(uow, subscriber_id)
        await pin_store.delete_pin(uow, subscriber_id)
        await recovery_store.replace_codes(uow, subscriber_id, ())
        await tries.forget_tries(uow, subscriber_id)
        await tries.forget_devices(uow, subscriber_id)
        await self._sessions.end_all_of(uow, subscriber_id)
        await self._closings.drop(uow, subscriber_id, by=by)
        details = {"passkeys": passkeys}
        await self._changes.record(uow, AuthenticatorChange.ALL_REVOKED, subscriber_id, by=by, details=details)
