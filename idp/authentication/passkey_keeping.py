"""Passkeys as they are kept: added, listed, named anew, taken away; in the caller's unit of work."""

from idp.audit.log import AuditLog
from idp.authentication import passkey_store
from idp.authentication.changes import AuthenticatorChange, Changes
from idp.authentication.model import AuthenticationProblem, NewCredential, Passkey
from idp.kernel.errors import Conflict, NotFound
from idp.kernel.ids import PasskeyId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.envelope import PersonalData
from idp.storage.storage import UnitOfWork


class PasskeyKeeping:
    """The table of passkeys with its sealed names. Who may do what is decided before."""

    def __init__(self, *, personal: PersonalData, audit: AuditLog, randomness: Randomness = system_randomness) -> None:
        self._personal = personal
        self._changes = Changes(audit=audit, randomness=randomness)
        self._randomness = randomness

    async def add(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, credential: NewCredential, *, nickname: str
    ) -> PasskeyId:
        """A further passkey of a subscriber. Raises Conflict (PASSKEY_KNOWN)."""
        passkey_id = PasskeyId(new_id("pky", now=uow.now, randomness=self._randomness))
        sealed_nickname = await self._seal(uow, subscriber_id, passkey_id, nickname)
        if not await passkey_store.insert_passkey(
            uow,
            passkey_id=passkey_id,
            subscriber_id=subscriber_id,
            credential=credential,
            sealed_nickname=sealed_nickname,
        ):
            raise Conflict(AuthenticationProblem.PASSKEY_KNOWN)
        details = {"passkey": passkey_id, "aaguid": credential.aaguid}
        await self._changes.record(uow, AuthenticatorChange.PASSKEY_ADDED, subscriber_id, details=details)
        return passkey_id

    async def of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Passkey, ...]:
        """The subscriber's passkeys, oldest first."""
        passkeys = []
        for row in await passkey_store.passkey_rows(uow, subscriber_id):
            nickname = await self._personal.open(
                uow,
                subscriber_id,
                table=passkey_store.passkey.name,
                column="sealed_nickname",
                row=row.id,
                sealed=row.sealed_nickname,
            )
            passkeys.append(
                Passkey(
                    id=PasskeyId(row.id),
                    nickname=nickname.decode(),
                    aaguid=row.aaguid,
                    is_synced=row.backup_eligible,
                    is_backed_up=row.backed_up,
                    added_at=row.added_at,
                    last_used_at=row.last_used_at,
                    is_suspended=row.suspended_at is not None,
                    is_attested=row.attested,
                )
            )
        return tuple(passkeys)

    async def rename(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, passkey_id: PasskeyId, *, nickname: str
    ) -> None:
        """Another name for one's own passkey. Raises NotFound (PASSKEY_UNKNOWN)."""
        sealed = await self._seal(uow, subscriber_id, passkey_id, nickname)
        if not await passkey_store.rename_passkey(uow, subscriber_id, passkey_id, sealed_nickname=sealed):
            raise NotFound(AuthenticationProblem.PASSKEY_UNKNOWN)
        details = {"passkey": passkey_id}
        await self._changes.record(uow, AuthenticatorChange.PASSKEY_RENAMED, subscriber_id, details=details)

    async def remove(self, uow: UnitOfWork, subscriber_id: SubscriberId, passkey_id: PasskeyId) -> None:
        """Take one's own passkey away. Raises NotFound (PASSKEY_UNKNOWN)."""
        if not await passkey_store.delete_passkey(uow, subscriber_id, passkey_id):
            raise NotFound(AuthenticationProblem.PASSKEY_UNKNOWN)
        details = {"passkey": passkey_id}
        await self._changes.record(uow, AuthenticatorChange.PASSKEY_REMOVED, subscriber_id, details=details)

    async def suspend(self, uow: UnitOfWork, subscriber_id: SubscriberId, passkey_id: PasskeyId) -> None:
        """Stop a passkey that may have been copied."""
        await passkey_store.suspend_passkey(uow, passkey_id)
        details = {"passkey": passkey_id}
        await self._changes.record(uow, AuthenticatorChange.PASSKEY_SUSPENDED, subscriber_id, details=details)

    async def _seal(self, uow: UnitOfWork, subscriber_id: SubscriberId, passkey_id: PasskeyId, nickname: str) -> bytes:
        return await self._personal.seal(
            uow,
            subscriber_id,
            table=passkey_store.passkey.name,
            column="sealed_nickname",
            row=passkey_id,
            value=nickname.encode(),
        )
