"""Devices that their owner signed in on before: they have their own count of tries, and a new one is told of."""

from idp.audit.log import AuditLog
from idp.authentication import tries
from idp.authentication.changes import AuthenticatorChange, Changes
from idp.kernel.ids import SubscriberId
from idp.storage.storage import UnitOfWork


class KnownDevices:
    """Remembers devices by a secret that their browser keeps; the table has its digest."""

    def __init__(self, *, audit: AuditLog) -> None:
        self._changes = Changes(audit=audit)

    async def remember(self, uow: UnitOfWork, subscriber_id: SubscriberId, device: str) -> None:
        """The subscriber signed in on this device; at the first time there is an entry, and the owner is told."""
        if await tries.remember_device(uow, subscriber_id, device):
            await self._changes.record(uow, AuthenticatorChange.DEVICE_NEW, subscriber_id)
