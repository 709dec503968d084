"""Recovery codes: ten on paper, each good once, for a person whose devices are gone.

A code leads to a link that adds one passkey and to nothing else; acts of high risk wait a day after it.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication import recovery_store, tries
from idp.authentication.changes import AuthenticatorChange, Changes
from idp.authentication.model import AuthenticationProblem, SsoSession
from idp.authentication.owner_acts import hold_fresh_and_settled
from idp.authentication.owners import find_owner
from idp.authentication.passkey_links import PasskeyLinks
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, system_randomness
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

CODES = 10
CODE_BYTES = 10
GROUP = 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LINK_LIFE = timedelta(minutes=15)
MISREAD = str.maketrans("ILO", "110", " -")
USUAL_COOLING = timedelta(hours=24)


class RecoveryCodes:
    """Makes codes, spends them, and lets a person back in. `pepper` is a key that the store does not hold."""

    def __init__(
        self,
        *,
        storage: Storage,
        subscribers: Subscribers,
        links: PasskeyLinks,
        pepper: bytes,
        audit: AuditLog,
        security_log: SecurityLog,
        cooling: timedelta = USUAL_COOLING,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._links = links
        self._pepper = pepper
        self._audit = audit
        self._changes = Changes(audit=audit)
        self._security_log = security_log
        self._cooling = cooling
        self._randomness = randomness

    async def make(self, uow: UnitOfWork, session: SsoSession) -> tuple[str, ...]:
        """Ten new codes, 80 random bits each, told this once; those made before are gone.

        Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED), Conflict (COOLING).
        """
        await hold_fresh_and_settled(uow, session)
        codes = tuple(readable_code(self._randomness(CODE_BYTES)) for _ in range(CODES))
        digests = [self._digest(code) for code in codes]
        await recovery_store.replace_codes(uow, session.subscriber_id, digests)
        await tries.forget_tries(uow, session.subscriber_id)
        await self._changes.record(
            uow, AuthenticatorChange.RECOVERY_CODES_MADE, session.subscriber_id, details={"codes": CODES}
        )
        return codes

    async def left(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
        """How many codes are not used yet."""
        return await recovery_store.unspent_codes(uow, subscriber_id)

    async def cooling_until(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> datetime | None:
        """Until when acts of high risk wait after a recovery; None when none waits."""
        until = await recovery_store.cooling_until(uow, subscriber_id)
        return until if until is not None and uow.now < until else None

    async def spend(self, uow: UnitOfWork, subscriber_id: SubscriberId, code: str) -> bool:
        """Use a code up; True exactly once for each, for its owner only. Tries are the caller's to charge."""
        if not await recovery_store.spend_code(uow, subscriber_id, self._digest(code)):
            return False
        await self._changes.record(uow, AuthenticatorChange.RECOVERY_CODE_USED, subscriber_id)
        return True

    async def recover(self, *, identifier: str, code: str, device: str | None) -> str:
        """The token of a link by which the owner of a citizen number and a code adds a passkey.

        Raises Refused (RECOVERY_NOT_ACCEPTED), one answer for whatever is wrong, (IDENTITY_NOT_LIVE) only to a right
        code, which is not used up then.
        """
        # 1. the try is paid for, committed, before it is judged
        async with self._storage.reading() as uow:
            subscriber_id = await find_owner(uow, self._subscribers, identifier)
        account = tries.account_of(subscriber_id, typed=identifier)
        async with self._storage.unit_of_work() as uow:
            may_try = await tries.take_try(uow, account, device)
        # 2. code, link, entry and notice are one act
        if subscriber_id is not None and may_try:
            try:
                async with self._storage.unit_of_work() as uow:
                    if await self.spend(uow, subscriber_id, code):
                        return await self._let_in(uow, subscriber_id, account, device)
            except Refused as refused:
                # the code is not used up; that somebody has it is on record all the same
                await self.note_refusal(subscriber_id, account, reason=refused.code.name.lower())
                raise
        # 3. anything else has one answer
        await self.note_refusal(subscriber_id, account)
        raise Refused(AuthenticationProblem.RECOVERY_NOT_ACCEPTED)

    async def _let_in(self, uow: UnitOfWork, subscriber_id: SubscriberId, account: str, device: str | None) -> str:
        if not (await self._subscribers.get(uow, subscriber_id)).is_live:
            raise Refused(AuthenticationProblem.IDENTITY_NOT_LIVE)  # the unit of work takes the spending back
        await tries.clear_tries(uow, account, device)
        await recovery_store.save_recovery(uow, subscriber_id, cooling_until=uow.now + self._cooling)
        owner = Actor(ActorKind.SUBSCRIBER, subscriber_id)
        return await self._links.make(uow, subscriber_id, by=owner, valid_for=LINK_LIFE)

    async def note_refusal(self, subscriber_id: SubscriberId | None, account: str, *, reason: str = "code") -> None:
        """An entry when it is about somebody; for nobody, what was charged is given back, which takes as long."""
        self._security_log.note("recovery.failed", reason=reason)
        async with self._storage.unit_of_work() as uow:
            if subscriber_id is None:
                await tries.forget_tries(uow, account)
                return
            owner = Actor(ActorKind.SUBSCRIBER, subscriber_id)
            details = {"reason": reason}
            event = AuditEvent(
                "recovery.refused", actor=owner, outcome="refused", subject=subscriber_id, details=details
            )
            await self._audit.append(uow, event)

    def _digest(self, code: str) -> bytes:
        return hmac.digest(self._pepper, code.upper().translate(MISREAD).encode(), hashlib.sha256)


def readable_code(secret: bytes) -> str:
    """The secret in Crockford's alphabet (no I, L, O, U), in groups of four."""
    number = int.from_bytes(secret)
    digits = [ALPHABET[number >> shift & 31] for shift in range(len(secret) * 8 - 5, -1, -5)]
    return "-".join("".join(digits[start : start + GROUP]) for start in range(0, len(digits), GROUP))
