"""Use cases of contact details. Each joins the caller's unit of work and is audited in it.

That it is the owner, by a passkey shown minutes ago where an address changes, is for the caller.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, assert_never

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork
from idp.subscribers.contacts import rules, store
from idp.subscribers.contacts.model import (
    A_DAY,
    BETWEEN_CODES,
    CODE_LIFE,
    CODES_A_DAY,
    CODES_TO_ONE_ADDRESS,
    TRIES,
    Confirmation,
    Confirmed,
    ContactProblem,
    ContactProof,
    ContactProofId,
    NothingWaiting,
    ProofState,
    WrongCode,
)
from idp.subscribers.model import ContactDetails, LettersWanted
from idp.subscribers.service import Subscribers

CONTACT_CODE_DUE: Final = "contact_code_due"
"""Topic of the outbox: the code goes to the new address. The payload has `proof_id` and `attempt`."""

CONTACT_CHANGED: Final = "contact_changed"
"""Topic of the outbox: the person is told, at the address before as well. The payload has `subscriber_id`, `proof_id`
(empty for another detail than the mail address), `at` and `attempt`."""

KEPT: Final = timedelta(days=2)
"""How long a proof stays after it was asked for: limits count a day, and the letter to the old address has to leave."""

_TABLE, _EMAIL, _FORMER = "contact_proof", "sealed_email", "sealed_former"
_INDEX: Final = "contact-email"


class Contacts:
    """What people say of how they are reached, and the proof that an address is theirs."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        personal: PersonalData,
        blind_index: BlindIndex,
        codes_key: bytes,
        audit: AuditLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._subscribers = subscribers
        self._personal = personal
        self._blind_index = blind_index
        self._codes_key = codes_key
        self._audit = audit
        self._randomness = randomness

    async def of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> ContactDetails:
        """What the person said, or nothing yet."""
        return await self._subscribers.contact(uow, subscriber_id) or ContactDetails()

    async def waiting(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> ContactProof | None:
        """The new address whose code may be typed."""
        row = await store.find_waiting(uow, subscriber_id)
        return None if row is None else await self._proof(uow, row)

    async def ask_email(self, uow: UnitOfWork, subscriber_id: SubscriberId, text: str) -> ContactProof:
        """Send a code to a new address; the one that is held stays until the code was typed.

        Raises Refused (EMAIL_NOT_POSSIBLE, ALREADY_PROVEN, TOO_MANY_CODES), NotFound, Conflict (CLOSED).
        """
        email = rules.parse_email(text)
        # one after another, so that limits count every one
        await self._subscribers.hold(uow, subscriber_id)
        held = await self.of(uow, subscriber_id)
        if held.email_verified and held.email == email:
            raise Refused(ContactProblem.ALREADY_PROVEN)
        digests = [one.digest for one in self._blind_index.digests(_INDEX, email.lower())]
        await self._expect_few(uow, subscriber_id, digests)
        proof_id = ContactProofId(new_id("ctp", now=uow.now, randomness=self._randomness))
        expires_at = uow.now + CODE_LIFE
        await store.insert_proof(
            uow,
            proof_id=proof_id,
            subscriber_id=subscriber_id,
            sealed_email=await self._seal(uow, subscriber_id, proof_id, _EMAIL, email),
            digest=digests[0],
            expires_at=expires_at,
            tries=TRIES,
        )
        await self._note(uow, "subscriber.contact_proof_asked", subscriber_id)
        await self._enqueue(uow, CONTACT_CODE_DUE, proof_id=proof_id, attempt="1")
        return ContactProof(proof_id, subscriber_id, email, ProofState.WAITING, expires_at, TRIES)

    async def confirm(self, uow: UnitOfWork, subscriber_id: SubscriberId, code: str) -> Confirmation:
        """The person types the code. A value, not an error, so that the try that was paid for is committed.

        Raises Conflict (NOT_ACTIVE).
        """
        await self._subscribers.hold(uow, subscriber_id)
        proof = await self.waiting(uow, subscriber_id)
        if proof is None and await self._is_sent_again(uow, subscriber_id, code):
            return Confirmed()
        left = None if proof is None else await store.take_try(uow, proof.id)
        if proof is None or left is None:
            return NothingWaiting()
        if not rules.is_code(code, self.code_of(proof)):
            await self._note(uow, "subscriber.contact_proof_failed", subscriber_id, tries_left=left)
            return WrongCode(left) if left else NothingWaiting()
        held = await self.of(uow, subscriber_id)
        former = held.email if held.email_verified else ""
        sealed = await self._seal(uow, subscriber_id, proof.id, _FORMER, former) if former else None
        if not await store.mark_confirmed(uow, proof.id, sealed_former=sealed):
            return NothingWaiting()
        await self._save(uow, subscriber_id, replace(held, email=proof.email, email_verified=True), "email")
        await self._tell(uow, subscriber_id, proof.id)
        return Confirmed()

    async def give_up(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """The new address is not wanted any more; that none waited is no error and no entry."""
        if await store.drop_waiting(uow, subscriber_id):
            await self._note(uow, "subscriber.contact_proof_given_up", subscriber_id)

    async def save_phone(self, uow: UnitOfWork, subscriber_id: SubscriberId, text: str) -> None:
        """Keep a telephone number as it was said, or none.

        Raises Refused (PHONE_NOT_POSSIBLE), Conflict (NOT_ACTIVE).
        """
        number = rules.parse_phone(text)
        await self._subscribers.hold(uow, subscriber_id)
        held = await self.of(uow, subscriber_id)
        if held.phone_number == number:
            return
        changed = replace(held, phone_number=number, phone_number_verified=False)
        await self._save(uow, subscriber_id, changed, "phone_number")
        await self._tell(uow, subscriber_id, None)

    async def choose(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, locale: str, letters: LettersWanted
    ) -> None:
        """In which language letters begin, and which are sent at all. Raises Conflict (NOT_ACTIVE)."""
        await self._subscribers.hold(uow, subscriber_id)
        held = await self.of(uow, subscriber_id)
        if (held.locale, held.letters) != (locale, letters):
            await self._save(uow, subscriber_id, replace(held, locale=locale, letters=letters), "locale", "letters")

    async def proof(self, uow: UnitOfWork, proof_id: ContactProofId) -> ContactProof | None:
        """A proof with its addresses, for the letters about it; None when it is forgotten. Raises SealBroken."""
        row = await store.find_proof(uow, proof_id)
        return None if row is None else await self._proof(uow, row)

    def code_of(self, proof: ContactProof) -> str:
        """What is written to the new address, and typed here."""
        return rules.code_of(self._codes_key, proof.id)

    async def forget(self, uow: UnitOfWork) -> int:
        """Delete what no limit counts any more."""
        return await store.forget(uow, asked_before=uow.now - KEPT)

    async def _is_sent_again(self, uow: UnitOfWork, subscriber_id: SubscriberId, code: str) -> bool:
        """The same form came twice: what it asked for is done, and is not done again."""
        row = await store.find_confirmed(uow, subscriber_id)
        return row is not None and rules.is_code(code, rules.code_of(self._codes_key, ContactProofId(row.id)))

    async def _expect_few(self, uow: UnitOfWork, subscriber_id: SubscriberId, digests: list[bytes]) -> None:
        day = uow.now - A_DAY
        limits = (
            (await store.count_asked(uow, since=uow.now - BETWEEN_CODES, by=subscriber_id), 1),
            (await store.count_asked(uow, since=day, by=subscriber_id), CODES_A_DAY),
            (await store.count_asked(uow, since=day, to=digests), CODES_TO_ONE_ADDRESS),
        )
        if any(asked >= most for asked, most in limits):
            raise Refused(ContactProblem.TOO_MANY_CODES)

    async def _save(self, uow: UnitOfWork, subscriber_id: SubscriberId, contact: ContactDetails, *changed: str) -> None:
        by = Actor(ActorKind.SUBSCRIBER, subscriber_id)
        told = replace(contact, updated_at=uow.now)
        await self._subscribers.save_contact(uow, subscriber_id, told, by=by, changed=changed)

    async def _proof(self, uow: UnitOfWork, row: Any) -> ContactProof:
        proof_id, subscriber_id = ContactProofId(row.id), SubscriberId(row.subscriber_id)
        email = await self._open(uow, subscriber_id, proof_id, _EMAIL, row.sealed_email)
        former = ""
        if row.sealed_former is not None:
            former = await self._open(uow, subscriber_id, proof_id, _FORMER, row.sealed_former)
        state = ProofState(row.state)
        return ContactProof(proof_id, subscriber_id, email, state, row.expires_at, row.tries_left, former)

    async def _seal(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, proof_id: ContactProofId, column: str, text: str
    ) -> bytes:
        return await self._personal.seal(
            uow, subscriber_id, table=_TABLE, column=column, row=proof_id, value=text.encode()
        )

    async def _open(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, proof_id: ContactProofId, column: str, sealed: bytes
    ) -> str:
        opened = await self._personal.open(
            uow, subscriber_id, table=_TABLE, column=column, row=proof_id, sealed=bytes(sealed)
        )
        return opened.decode()

    async def _note(self, uow: UnitOfWork, event: str, subscriber_id: SubscriberId, **details: int) -> None:
        by = Actor(ActorKind.SUBSCRIBER, subscriber_id)
        await self._audit.append(uow, AuditEvent(event=event, actor=by, subject=subscriber_id, details=details))

    async def _tell(self, uow: UnitOfWork, subscriber_id: SubscriberId, proof_id: ContactProofId | None) -> None:
        await self._enqueue(
            uow,
            CONTACT_CHANGED,
            subscriber_id=subscriber_id,
            proof_id=proof_id or "",
            at=uow.now.isoformat(),
            attempt="1",
        )

    async def _enqueue(self, uow: UnitOfWork, topic: str, **payload: str) -> None:
        await enqueue(uow, topic=topic, payload=payload, randomness=self._randomness)


def expect_confirmed(confirmation: Confirmation) -> None:
    """Raises Refused (CODE_WRONG), Conflict (NOTHING_WAITING); once the unit of work is committed."""
    match confirmation:
        case Confirmed():
            return
        case WrongCode():
            raise Refused(ContactProblem.CODE_WRONG)
        case NothingWaiting():
            raise Conflict(ContactProblem.NOTHING_WAITING)
        case never:
            assert_never(never)
