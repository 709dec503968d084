"""Use cases on both screens: begin and take here; open, prove, answer or report on the phone."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication.changes import AuthenticatorChange, Changes
from idp.authentication.model import AuthenticationProblem, Ceremony
from idp.authentication.other_device import rules, store
from idp.authentication.other_device.model import (
    PREFIX,
    Answer,
    Attempt,
    AttemptId,
    AttemptState,
    Numbers,
    OtherDeviceProblem,
    ShownAsker,
    TakenSignIn,
)
from idp.authentication.passkeys import Passkeys
from idp.authentication.store import hold_owner, may_act
from idp.kernel.assurance import Aal
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.protocol.device import parse_user_code, user_code_of
from idp.storage.storage import Storage, UnitOfWork


class OtherDevice:
    """Attempts over two browsers, each known by its own cookie: what one shows, the other never learns.

    `key` (32 bytes) makes code and numbers of an attempt's id; `life` is how long a code may be opened, and how long
    the rest may take from then on.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        passkeys: Passkeys,
        key: bytes,
        life: timedelta,
        audit: AuditLog,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._passkeys = passkeys
        self._key = key
        self._life = life
        self._audit = audit
        self._changes = Changes(audit=audit, randomness=randomness)
        self._security_log = security_log
        self._randomness = randomness

    async def begin(
        self, *, browser_id: str, way: str, required: Aal | None, asker: ShownAsker | None, device: str
    ) -> AttemptId:
        """A new attempt of this browser; `way` is where it leads and can only be taken for.

        Raises Refused (LEVEL_TOO_HIGH) where more is needed than this is worth.
        """
        if not rules.is_offered(required):
            raise Refused(OtherDeviceProblem.LEVEL_TOO_HIGH)
        async with self._storage.unit_of_work() as uow:
            attempt_id = AttemptId(new_id(PREFIX, now=uow.now, randomness=self._randomness))
            attempt = Attempt(
                id=attempt_id,
                state=AttemptState.WAITING,
                asker=asker,
                device=device,
                phone="",
                subscriber_id=None,
                begun_at=uow.now,
                expires_at=uow.now + self._life,
            )
            await store.insert_attempt(
                uow,
                attempt,
                code_digest=self._digest("code", self.code(attempt_id)),
                browser_digest=self._digest("browser", browser_id),
                way_digest=self._digest("way", way),
            )
        return attempt_id

    def code(self, attempt_id: AttemptId) -> str:
        """The eight letters of an attempt, to be scanned or typed."""
        return user_code_of(self._digest("code-of", attempt_id))

    def numbers(self, attempt_id: AttemptId) -> Numbers:
        """The numbers of an attempt: for the screen that waits from the moment that a passkey was shown, not before."""
        return rules.numbers_of(self._digest("numbers-of", attempt_id))

    async def here(self, attempt_id: AttemptId, *, browser_id: str) -> Attempt:
        """The attempt that this browser began. Raises Refused (ATTEMPT_OVER) for all others."""
        async with self._storage.reading() as uow:
            found = await store.find_here(uow, attempt_id, browser_digest=self._digest("browser", browser_id))
        if found is None:
            raise Refused(OtherDeviceProblem.ATTEMPT_OVER)
        return found

    async def on_phone(self, attempt_id: AttemptId, *, phone_id: str) -> Attempt:
        """The attempt whose code this phone opened. Raises Refused (CODE_UNUSABLE) for all others."""
        async with self._storage.reading() as uow:
            found = await store.find_on_phone(uow, attempt_id, phone_digest=self._digest("phone", phone_id))
        if found is None:
            raise self._unusable("not this phone's")
        return found

    async def open(self, typed: str, *, phone_id: str, phone: str) -> AttemptId:
        """The attempt of a code, this phone's alone from now on. Raises Refused (CODE_UNUSABLE)."""
        code = parse_user_code(typed)
        if code is None:
            raise self._unusable("no code")
        async with self._storage.unit_of_work() as uow:
            opened = await store.open_code(
                uow,
                code_digest=self._digest("code", code),
                phone_digest=self._digest("phone", phone_id),
                phone=phone,
                until=uow.now + self._life,
            )
        if opened is None:
            raise self._unusable("unknown, used or over")
        return opened

    def ceremony(self, attempt_id: AttemptId, *, phone_id: str, now: datetime) -> Ceremony:
        """What a passkey on this phone must answer; the answer counts for this attempt alone."""
        return self._passkeys.authentication_options(browser_id=phone_id, now=now, kind=_kind(attempt_id))

    async def prove(self, attempt_id: AttemptId, *, phone_id: str, handle: str, credential: Mapping[str, Any]) -> None:
        """Somebody showed a passkey on the phone. No session begins there, nor here yet.

        Raises Refused: CODE_UNUSABLE (another phone's, over, proven before), what `Passkeys.authenticate` raises,
        IDENTITY_NOT_LIVE, TOO_MANY_WRONG.
        """
        # 1. the attempt waits for this phone
        attempt = await self.on_phone(attempt_id, phone_id=phone_id)
        if attempt.state_at(self._storage.clock.now()) is not AttemptState.OPENED:
            raise self._unusable("not waiting for a passkey")
        # 2. the passkey
        proven = await self._passkeys.authenticate(
            handle=handle, browser_id=phone_id, credential=credential, kind=_kind(attempt_id)
        )
        # 3. the person may act, and did not just choose wrong again and again
        async with self._storage.unit_of_work() as uow:
            await self._hold_live(uow, proven.subscriber_id)
            await self._passkeys.still_counts(uow, proven)
            if await self._rests(uow, proven.subscriber_id):
                raise Refused(OtherDeviceProblem.TOO_MANY_WRONG)
            noted = await store.note_proof(
                uow, attempt_id, phone_digest=self._digest("phone", phone_id), subscriber_id=proven.subscriber_id
            )
        if not noted:
            raise self._unusable("proven before or over")

    async def answer(self, attempt_id: AttemptId, *, phone_id: str, chosen: str) -> Answer:
        """The number that the phone's owner reads on the other screen; one choice, and a wrong one ends the attempt.

        The third wrong one ends whatever else waits for this person: nobody opens ten attempts and guesses in each.
        Raises Refused (CODE_UNUSABLE) when there is nothing to answer (any more).
        """
        said = rules.judge(chosen, self.numbers(attempt_id))
        state = AttemptState.APPROVED if said is Answer.RIGHT else AttemptState.REJECTED
        phone_digest = self._digest("phone", phone_id)
        async with self._storage.unit_of_work() as uow:
            found = await store.find_on_phone(uow, attempt_id, phone_digest=phone_digest)
            owner = None if found is None else found.subscriber_id
            settled = None
            if owner is not None:
                # the person first: choices made at once are counted one after another
                await hold_owner(uow, owner)
                settled = await store.settle_on_phone(uow, attempt_id, state, phone_digest=phone_digest)
                if settled is not None and said is Answer.WRONG:
                    await self._note_wrong(uow, owner, attempt_id)
        if settled is None:
            raise self._unusable("nothing to answer")
        if said is Answer.WRONG:
            self._security_log.note("other_device.wrong_number", attempt=attempt_id)
        return said

    async def report(self, attempt_id: AttemptId, *, phone_id: str) -> None:
        """The phone's owner did not begin this: it is over, and on record. Raises Refused (CODE_UNUSABLE)."""
        async with self._storage.unit_of_work() as uow:
            reported = await store.report_opened(uow, attempt_id, phone_digest=self._digest("phone", phone_id))
            if reported is not None and reported.subscriber_id is not None:
                await self._changes.record(
                    uow,
                    AuthenticatorChange.OTHER_DEVICE_REPORTED,
                    reported.subscriber_id,
                    details={"attempt": attempt_id},
                )
        if reported is None:
            raise self._unusable("nothing to report")
        self._security_log.note("other_device.reported", attempt=attempt_id)

    async def take(self, uow: UnitOfWork, attempt_id: AttemptId, *, browser_id: str, way: str) -> TakenSignIn:
        """Who is to be signed in here, once; an entry, and its owner is told. The session begins in the same `uow`.

        Raises Refused: ATTEMPT_OVER (not approved, taken, over, another browser's, another way), IDENTITY_NOT_LIVE.
        """
        browser_digest = self._digest("browser", browser_id)
        found = await store.find_here(uow, attempt_id, browser_digest=browser_digest)
        if found is None or found.subscriber_id is None:
            raise Refused(OtherDeviceProblem.ATTEMPT_OVER)
        # the person first, as where all sessions end: who stops them waits for this, or this for them
        await self._hold_live(uow, found.subscriber_id)
        way_digest = self._digest("way", way)
        if not await store.take(uow, attempt_id, browser_digest=browser_digest, way_digest=way_digest):
            raise Refused(OtherDeviceProblem.ATTEMPT_OVER)
        await self._changes.record(
            uow,
            AuthenticatorChange.OTHER_DEVICE_SIGNED_IN,
            found.subscriber_id,
            details={"attempt": attempt_id},
        )
        return TakenSignIn(found.subscriber_id, aal=rules.OTHER_DEVICE_AAL, amr=rules.OTHER_DEVICE_AMR)

    async def forget_old(self, uow: UnitOfWork) -> int:
        """Drop attempts that have long been over; gives how many."""
        return await store.forget(uow, kept_for=rules.FORGOTTEN_AFTER)

    async def _hold_live(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        await hold_owner(uow, subscriber_id)
        if not await may_act(uow, subscriber_id):
            raise Refused(AuthenticationProblem.IDENTITY_NOT_LIVE)

    async def _rests(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> bool:
        """Too many wrong numbers of late; with the person's row held."""
        return await store.wrong_numbers(uow, subscriber_id, within=rules.WRONG_WITHIN) >= rules.MOST_WRONG

    async def _note_wrong(self, uow: UnitOfWork, subscriber_id: SubscriberId, attempt_id: AttemptId) -> None:
        if await self._rests(uow, subscriber_id):
            await store.end_open_of(uow, subscriber_id)
        event = AuditEvent(
            "sign_in.other_device_refused",
            actor=Actor(ActorKind.SUBSCRIBER, subscriber_id),
            outcome="refused",
            subject=subscriber_id,
            details={"attempt": attempt_id, "reason": "wrong_number"},
        )
        await self._audit.append(uow, event)

    def _unusable(self, reason: str) -> Refused:
        self._security_log.note("other_device.refused", reason=reason)
        return Refused(OtherDeviceProblem.CODE_UNUSABLE, reason)

    def _digest(self, what: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{what}\x1f{text}".encode(), hashlib.sha256)


def _kind(attempt_id: AttemptId) -> str:
    """The kind of challenge: an answer made for another attempt, or for a sign-in, is none for this one."""
    return f"other_device:{attempt_id}"
