"""PINs: eight digits that a subscriber types beside the citizen number. Worth AAL 1 by themselves."""

from collections.abc import Iterable

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, ascii_digits
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication import pin_store, rules
from idp.authentication.model import AuthenticatedPin, AuthenticationProblem, StoredPin
from idp.authentication.pin_hashing import PinHashing
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers


class Pins:
    """Sets PINs and signs in with them. Methods open their own units of work: hashing happens outside of any."""

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
        self._security_log = security_log

    async def choose(
        self, subscriber_id: SubscriberId, pin: str, *, known_numbers: Iterable[str] = (), by: Actor
    ) -> None:
        """The subscriber's PIN from now on. `known_numbers`: the owner's own, of which no PIN may be a part.

        Raises Refused (PIN_TOO_EASY), Unavailable (TOO_BUSY).
        """
        if not rules.pin_is_well_formed(pin) or rules.pin_is_easy(pin, known_numbers=known_numbers):
            raise Refused(AuthenticationProblem.PIN_TOO_EASY)
        hashed = await self._hashing.hash(pin)
        async with self._storage.unit_of_work() as uow:
            await pin_store.put_pin(uow, subscriber_id, hashed)
            await self._audit.append(uow, AuditEvent("pin.chosen", actor=by, subject=subscriber_id))

    async def authenticate(self, *, identifier: str, pin: str) -> AuthenticatedPin:
        """Who typed this citizen number and the PIN that belongs to it.

        Raises Refused (PIN_NOT_ACCEPTED): one answer, after the same work, for a number nobody has, a person without
        a PIN, a wrong PIN and one that rests. Refused (IDENTITY_NOT_LIVE) only after the right PIN.
        Unavailable (TOO_BUSY).
        """
        # 1. whose: what people type may hold spaces, hyphens, Thai digits
        subscriber_id = await self._owner(identifier)
        # 2. the try is paid for, committed, before it is judged
        stored = None
        if subscriber_id is not None and rules.pin_is_well_formed(pin):
            async with self._storage.unit_of_work() as uow:
                stored = await pin_store.take_try(uow, subscriber_id)
        # 3. the same work whether there is something to compare with or not
        is_right = await self._hashing.matches(pin, None if stored is None else stored.hashed)
        if stored is None or not is_right:
            await self._refuse(subscriber_id, "wrong" if stored is not None else "none or resting")
            raise Refused(AuthenticationProblem.PIN_NOT_ACCEPTED)
        # 4. right: tries start again, unless the PIN was replaced meanwhile or its owner is stopped
        return await self._accept(stored)

    async def _owner(self, identifier: str) -> SubscriberId | None:
        try:
            citizen_id = CitizenId.parse(ascii_digits(identifier))
        except InvalidIdentifier:
            return None
        async with self._storage.reading() as uow:
            subscriber = await self._subscribers.find_by_citizen_id(uow, citizen_id)
        return None if subscriber is None else subscriber.id

    async def _accept(self, stored: StoredPin) -> AuthenticatedPin:
        async with self._storage.unit_of_work() as uow:
            is_current = await pin_store.clear_tries(uow, stored)
        if not is_current:
            raise Refused(AuthenticationProblem.PIN_NOT_ACCEPTED, "replaced meanwhile")
        if not stored.subscriber_is_live:
            await self._refuse(stored.subscriber_id, AuthenticationProblem.IDENTITY_NOT_LIVE.name.lower())
            raise Refused(AuthenticationProblem.IDENTITY_NOT_LIVE)
        return AuthenticatedPin(stored.subscriber_id, aal=rules.PIN_AAL, amr=rules.PIN_AMR)

    async def _refuse(self, subscriber_id: SubscriberId | None, reason: str) -> None:
        """An entry when it is about somebody who exists, so that the owner can see it; a line of the log always."""
        self._security_log.note("sign_in.failed", reason=f"pin {reason}")
        if subscriber_id is None:
            return
        async with self._storage.unit_of_work() as uow:
            event = AuditEvent(
                "sign_in.refused",
                actor=Actor(ActorKind.SUBSCRIBER, subscriber_id),
                outcome="refused",
                subject=subscriber_id,
                details={"method": "pin", "reason": reason},
            )
            await self._audit.append(uow, event)
