"""Use cases of notices: telling, listing, and sending the letter."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from connectors.contracts.notices import Letter, MailPort, MailRefused, MailUnavailable
from idp.kernel.ids import SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.notices import rules, store
from idp.notices.model import MailState, Notice, NoticeId, NoticeTopic
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import ContactDetails
from idp.subscribers.service import Subscribers

NOTICE_DUE: Final = "notice_due"
"""Topic of the outbox; the payload has `notice_id` and `attempt`."""

ENGLISH: Final = "en"

FIRST_RETRY: Final = timedelta(seconds=30)
ATTEMPTS: Final = 10
"""Doubling from half a minute: four hours in all. Then the notice stands in my account alone."""


class Notices:
    """What people are told. Without `mail` the list in my account is the one channel.

    `freeze_url` gives the page by which the reader of a letter stops the identity.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        subscribers: Subscribers,
        mail: MailPort | None,
        account_url: str,
        freeze_url: Callable[[Notice], str] | None = None,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._mail = mail
        self._account_url = account_url
        self._freeze_url = freeze_url
        self._randomness = randomness

    async def tell(self, uow: UnitOfWork, subscriber_id: SubscriberId, topic: NoticeTopic, *, cause: str) -> bool:
        """Tell a person, in the transaction of the act or of its message.

        `cause` names the act: told again of the same, the person is told once, and this gives False.
        """
        notice_id = NoticeId(new_id("ntc", now=uow.now, randomness=self._randomness))
        state = MailState.NONE if self._mail is None else MailState.WAITING
        told = await store.insert_notice(uow, Notice(notice_id, subscriber_id, topic, uow.now, state), cause=cause)
        if told and self._mail is not None:
            await self._enqueue(uow, notice_id, attempt=1, after=timedelta(0))
        return told

    async def of(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, before: NoticeId | None, limit: int
    ) -> Sequence[Notice]:
        """What a person was told, newest first."""
        return await store.page(uow, subscriber_id, before=before, limit=limit)

    async def send_letter(self, notice_id: NoticeId, *, attempt: int) -> None:
        """Send the letter of a notice, at least once; a mail server that is away is tried again later.

        Never raises for the mail server's sake: other messages must not wait for it.
        """
        async with self._storage.reading() as uow:
            notice = await store.find(uow, notice_id)
            is_waiting = notice is not None and notice.mail is MailState.WAITING
            contact = await self._reached(uow, notice) if notice and is_waiting else None
        if notice is None or self._mail is None or not is_waiting:
            return
        state = MailState.NONE if contact is None else await self._sent(notice, contact, self._mail)
        async with self._storage.unit_of_work() as uow:
            if state is not MailState.WAITING:
                await store.set_mail(uow, notice_id, state)
            elif attempt >= ATTEMPTS:
                await store.set_mail(uow, notice_id, MailState.FAILED)
            else:
                after = FIRST_RETRY * 2 ** (attempt - 1)
                await self._enqueue(uow, notice_id, attempt=attempt + 1, after=after)

    async def _reached(self, uow: UnitOfWork, notice: Notice) -> ContactDetails | None:
        """How the person reads this letter, None where there is no way or it is not wanted; an address that nobody
        checked may be a stranger's.
        """
        contact = await self._subscribers.contact(uow, notice.subscriber_id)
        if contact is None or not contact.email_verified:
            return None
        return contact if rules.is_letter_wanted(notice.topic, contact.letters) else None

    async def _sent(self, notice: Notice, contact: ContactDetails, mail: MailPort) -> MailState:
        freeze_url = None if self._freeze_url is None else self._freeze_url(notice)
        subject, text = rules.letter_of(
            notice, account_url=self._account_url, freeze_url=freeze_url, english_first=contact.locale == ENGLISH
        )
        try:
            await mail.send(Letter(to=contact.email, subject=subject, text=text, message_id=notice.id))
        except MailUnavailable:
            return MailState.WAITING
        except MailRefused:
            return MailState.FAILED
        return MailState.SENT

    async def _enqueue(self, uow: UnitOfWork, notice_id: NoticeId, *, attempt: int, after: timedelta) -> None:
        payload = {"notice_id": notice_id, "attempt": str(attempt)}
        await enqueue(uow, topic=NOTICE_DUE, payload=payload, after=after, randomness=self._randomness)
