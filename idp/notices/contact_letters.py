"""Letters about a mail address itself: the code that goes to a new one, and the word that goes to the one before.

Both are sent at least once; a mail server that is away is tried again, a code only while it may be typed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from connectors.contracts.notices import Letter, MailPort, MailRefused, MailUnavailable
from idp.kernel.randomness import Randomness, system_randomness
from idp.notices import rules
from idp.notices.model import MailState, Notice, NoticeId, NoticeTopic
from idp.notices.service import ATTEMPTS, ENGLISH, FIRST_RETRY
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage
from idp.subscribers.contacts.model import CODE_LIFE, ContactProof, ContactProofId, ProofState
from idp.subscribers.contacts.service import CONTACT_CODE_DUE, Contacts

FORMER_DUE: Final = "contact_former_due"
"""Topic of the outbox: the address before is told. The payload has `proof_id`, `at` and `attempt`."""

CODE_RETRY: Final = timedelta(seconds=5)


class ContactLetters:
    """Sends them. Without `mail` there is nothing to send them by, and no address is ever proven."""

    def __init__(
        self,
        *,
        storage: Storage,
        contacts: Contacts,
        mail: MailPort | None,
        account_url: str,
        freeze_url: Callable[[Notice], str] | None = None,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._contacts = contacts
        self._mail = mail
        self._account_url = account_url
        self._freeze_url = freeze_url
        self._randomness = randomness

    @property
    def are_sent(self) -> bool:
        """False where this deployment sends no letters."""
        return self._mail is not None

    async def send_code(self, proof_id: ContactProofId, *, attempt: int) -> None:
        """Send the code to the new address, while it may be typed."""
        async with self._storage.reading() as uow:
            proof = await self._contacts.proof(uow, proof_id)
            if proof is None or not proof.is_open(uow.now):
                return
            english = (await self._contacts.of(uow, proof.subscriber_id)).locale == ENGLISH
        minutes = int(CODE_LIFE.total_seconds() // 60)
        subject, text = rules.code_letter(self._contacts.code_of(proof), minutes=minutes, english_first=english)
        if not await self._handed_in(Letter(to=proof.email, subject=subject, text=text, message_id=proof.id)):
            await self._again(CONTACT_CODE_DUE, proof, attempt=attempt, after=CODE_RETRY * 2 ** min(attempt - 1, 5))

    async def tell_former(self, proof_id: ContactProofId, *, at: datetime, attempt: int) -> None:
        """Tell the address before that another one took its place at `at`, with the link that stops the identity."""
        async with self._storage.reading() as uow:
            proof = await self._contacts.proof(uow, proof_id)
            if proof is None or proof.state is not ProofState.CONFIRMED or not proof.former:
                return
            english = (await self._contacts.of(uow, proof.subscriber_id)).locale == ENGLISH
        # of no list: it is read in the mailbox that the person may have lost
        notice = Notice(
            NoticeId(f"{proof.id}-former"), proof.subscriber_id, NoticeTopic.CONTACT_CHANGED, at, MailState.WAITING
        )
        subject, text = rules.letter_of(
            notice,
            account_url=self._account_url,
            freeze_url=None if self._freeze_url is None else self._freeze_url(notice),
            english_first=english,
        )
        letter = Letter(to=proof.former, subject=subject, text=text, message_id=notice.id)
        if not await self._handed_in(letter) and attempt < ATTEMPTS:
            after = FIRST_RETRY * 2 ** (attempt - 1)
            await self._again(FORMER_DUE, proof, attempt=attempt, after=after, at=at.isoformat())

    async def _handed_in(self, letter: Letter) -> bool:
        """False when it should be tried again. Never raises for the server's sake: other messages must not wait."""
        if self._mail is None:
            return True
        try:
            await self._mail.send(letter)
        except MailUnavailable:
            return False
        except MailRefused:
            # there is no such mailbox: nobody will type this code
            return True
        return True

    async def _again(self, topic: str, proof: ContactProof, *, attempt: int, after: timedelta, **more: str) -> None:
        payload = {"proof_id": proof.id, "attempt": str(attempt + 1), **more}
        async with self._storage.unit_of_work() as uow:
            await enqueue(uow, topic=topic, payload=payload, after=after, randomness=self._randomness)
