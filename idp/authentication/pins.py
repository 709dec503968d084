"""PINs: eight digits that a subscriber types beside the citizen number. Worth AAL 1 by themselves."""

from collections.abc import Iterable
from datetime import datetime

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication import pin_store, rules, store, tries
from idp.authentication.changes import AuthenticatorChange, Changes
from idp.authentication.model import AuthenticatedPin, AuthenticationProblem, SsoSession, StoredPin
from idp.authentication.owner_acts import hold_fresh_and_settled
from idp.authentication.owners import find_owner
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.pin_hashing import PinHashing
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers


class Pins:
    """Sets PINs and signs in with them. Methods that hash open their own units of work: hashing is outside of any."""

    def __init__(
        self,
        *,
        storage: Storage,
        subscribers: Subscribers,
        hashing: PinHashing,
        audit: AuditLog,
        security_log: SecurityLog,
    ) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._hashing = hashing
        self._audit = audit
        self._changes = Changes(audit=audit)
        self._security_log = security_log

    async def choose(
        self, subscriber_id: SubscriberId, pin: str, *, known_numbers: Iterable[str] = (), by: Actor
    ) -> None:
        """The subscriber's PIN from now on. `known_numbers`: the owner's own, of which no PIN may be a part.

        Raises Refused (PIN_TOO_EASY), Unavailable (TOO_BUSY).
        """
        hashed = await self._hashed(pin, known_numbers)
        async with self._storage.unit_of_work() as uow:
            await store.hold_owner(uow, subscriber_id)
            await self._put(uow, subscriber_id, hashed, by=by)

    async def choose_by_link(self, links: PasskeyLinks, link: str, pin: str, *, repeated: str) -> None:
        """The first PIN, in place of the passkey that the link is for: the link is used up by it.

        Raises Refused (LINK_UNUSABLE, PINS_DIFFER, PIN_TOO_EASY), Unavailable (TOO_BUSY).
        """
        if pin != repeated:
            raise Refused(AuthenticationProblem.PINS_DIFFER)
        async with self._storage.reading() as uow:
            subscriber_id = await links.open(uow, link)
            identity = await self._subscribers.identity(uow, subscriber_id)
        hashed = await self._hashed(pin, rules.numbers_of_owner(identity.citizen_id, identity.birth_date))
        async with self._storage.unit_of_work() as uow:
            await links.spend(uow, link)
            await self._put(uow, subscriber_id, hashed, by=Actor(ActorKind.SUBSCRIBER, subscriber_id))

    async def choose_own(self, session: SsoSession, pin: str, *, repeated: str) -> None:
        """The PIN that the owner of a session wants, typed twice.

        Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED, PINS_DIFFER, PIN_TOO_EASY), Conflict (COOLING),
        Unavailable (TOO_BUSY).
        """
        if pin != repeated:
            raise Refused(AuthenticationProblem.PINS_DIFFER)
        async with self._storage.reading() as uow:
            identity = await self._subscribers.identity(uow, session.subscriber_id)
        hashed = await self._hashed(pin, rules.numbers_of_owner(identity.citizen_id, identity.birth_date))
        # judged in the act: hashing took a while, in which the session may have been ended
        async with self._storage.unit_of_work() as uow:
            await hold_fresh_and_settled(uow, session)
            await self._put(uow, session.subscriber_id, hashed, by=Actor(ActorKind.SUBSCRIBER, session.subscriber_id))

    async def remove_own(self, uow: UnitOfWork, session: SsoSession) -> None:
        """No PIN from now on; removing none is no error and no entry.

        Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED), Conflict (COOLING).
        """
        await hold_fresh_and_settled(uow, session)
        if await pin_store.delete_pin(uow, session.subscriber_id):
            await self._changes.record(uow, AuthenticatorChange.PIN_REMOVED, session.subscriber_id)

    async def _hashed(self, pin: str, known_numbers: Iterable[str]) -> str:
        if not rules.pin_is_well_formed(pin) or rules.pin_is_easy(pin, known_numbers=known_numbers):
            raise Refused(AuthenticationProblem.PIN_TOO_EASY)
        return await self._hashing.hash(pin)

    async def _put(self, uow: UnitOfWork, subscriber_id: SubscriberId, hashed: str, *, by: Actor) -> None:
        await pin_store.put_pin(uow, subscriber_id, hashed)
        await tries.forget_tries(uow, subscriber_id)
        await self._changes.record(uow, AuthenticatorChange.PIN_CHOSEN, subscriber_id, by=by)

    async def chosen_at(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> datetime | None:
        """When the present PIN was chosen, None without one."""
        return await pin_store.pin_set_at(uow, subscriber_id)

    async def authenticate(self, *, identifier: str, pin: str, device: str | None = None) -> AuthenticatedPin:
        """Who typed this citizen number and the PIN that belongs to it. `device`: what the browser is known by.

        Raises Refused (PIN_NOT_ACCEPTED): one answer, after the same work, for a number nobody has, a person without
        a PIN, a wrong PIN and one that rests. Refused (IDENTITY_NOT_LIVE) only after the right PIN.
        Unavailable (TOO_BUSY).
        """
        # 1. whose: what people type may hold spaces, hyphens, Thai digits
        async with self._storage.reading() as uow:
            subscriber_id = await find_owner(uow, self._subscribers, identifier)
        account = tries.account_of(subscriber_id, typed=identifier)
        stored = await self._prove(subscriber_id, account, pin, device)
        return AuthenticatedPin(stored.subscriber_id, stored.hashed, aal=rules.PIN_AAL, amr=rules.PIN_AMR)

    async def prove_at_station(self, subscriber_id: SubscriberId, pin: str) -> StoredPin:
        """The PIN of somebody whose card lies in a counter's reader. Tries there have a count of their own.

        Raises as `authenticate` does.
        """
        return await self._prove(subscriber_id, subscriber_id, pin, tries.STATIONS)

    async def still_counts(self, uow: UnitOfWork, authenticated: AuthenticatedPin) -> None:
        """The PIN that was typed is its owner's still; judged where the owner is held (`hold_owner`), in what it gives.

        Raises Refused (PIN_NOT_ACCEPTED) when it was taken away or replaced since.
        """
        present = await pin_store.find_pin(uow, authenticated.subscriber_id)
        if present is None or present.hashed != authenticated.hashed:
            raise Refused(AuthenticationProblem.PIN_NOT_ACCEPTED, "taken away meanwhile")

    async def _prove(self, subscriber_id: SubscriberId | None, account: str, pin: str, device: str | None) -> StoredPin:
        # 2. the try is paid for, committed, before it is judged
        async with self._storage.unit_of_work() as uow:
            may_try = await tries.take_try(uow, account, device)
            found = await pin_store.find_pin(uow, subscriber_id)
        stored = found if may_try and rules.pin_is_well_formed(pin) else None
        # 3. the same work whether there is something to compare with or not
        is_right = await self._hashing.matches(pin, None if stored is None else stored.hashed)
        if stored is None or not is_right:
            await self._refuse(subscriber_id, account, "wrong" if stored is not None else "none or resting")
            raise Refused(AuthenticationProblem.PIN_NOT_ACCEPTED)
        # 4. right: tries start again, unless the PIN was replaced meanwhile or its owner is stopped
        await self._accept(stored, account, device)
        return stored

    async def _accept(self, stored: StoredPin, account: str, device: str | None) -> None:
        async with self._storage.unit_of_work() as uow:
            present = await pin_store.find_pin(uow, stored.subscriber_id)
            is_current = present is not None and present.hashed == stored.hashed
            if is_current:
                await tries.clear_tries(uow, account, device)
        if not is_current:
            raise Refused(AuthenticationProblem.PIN_NOT_ACCEPTED, "replaced meanwhile")
        if not stored.subscriber_is_live:
            await self._refuse(stored.subscriber_id, account, AuthenticationProblem.IDENTITY_NOT_LIVE.name.lower())
            raise Refused(AuthenticationProblem.IDENTITY_NOT_LIVE)

    async def _refuse(self, subscriber_id: SubscriberId | None, account: str, reason: str) -> None:
        """An entry when it is about somebody who exists, so that the owner can see it; a line of the log always.

        For nobody, what was charged is given back: a commit as well, so that the answer takes as long.
        """
        self._security_log.note("sign_in.failed", reason=f"pin {reason}")
        async with self._storage.unit_of_work() as uow:
            if subscriber_id is None:
                await tries.forget_tries(uow, account)
                return
            event = AuditEvent(
                "sign_in.refused",
                actor=Actor(ActorKind.SUBSCRIBER, subscriber_id),
                outcome="refused",
                subject=subscriber_id,
                details={"method": "pin", "reason": reason},
            )
            await self._audit.append(uow, event)
