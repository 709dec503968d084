"""All ways to sign in taken away: the counter found the owner in person, and the old devices are not in good hands."""

from idp.audit.log import AuditLog
from idp.audit.model import Actor
from idp.authentication import passkey_store, pin_store, recovery_store, store, tries
from idp.authentication.changes import AuthenticatorChange, Changes
from idp.authentication.sessions import Sessions
from idp.kernel.ids import SubscriberId
from idp.storage.storage import UnitOfWork


class Revoking:
    """What the counter does before it gives a link for a new passkey, where the owner wants the old ones gone."""

    def __init__(self, *, sessions: Sessions, audit: AuditLog) -> None:
        self._sessions = sessions
        self._changes = Changes(audit=audit)

    async def revoke_all(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor) -> None:
        """No passkey, PIN, recovery code or session from this commit on; links that were not used end as well.

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
        details = {"passkeys": passkeys}
        await self._changes.record(uow, AuthenticatorChange.ALL_REVOKED, subscriber_id, by=by, details=details)
