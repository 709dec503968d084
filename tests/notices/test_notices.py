"""What people are told: once for each cause, on the list and by letter, and nothing about them in it."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from connectors.contracts.notices import Letter
from connectors.fictitious.personas import PERSONAS
from connectors.mail.smtp import MailServer, SmtpMail
from connectors.simulators.mail import Inbox
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.notices.model import MailState, Notice, NoticeId, NoticeTopic
from idp.notices.rules import OF_AUTHENTICATOR_CHANGE, TEXTS, letter_of
from idp.notices.service import ATTEMPTS, NOTICE_DUE, Notices
from idp.storage.outbox import OutboxMessage, claim, outbox, settle
from idp.storage.storage import Storage
from idp.subscribers.model import ContactDetails, Identity
from idp.subscribers.service import Subscribers
from tests.clock import FrozenClock

ACCOUNT = "http://id.localhost:8000/account/notices"
SOMCHAI = PERSONAS["somchai"].person
MAIL = "somchai@mail.example"


@dataclass
class Away:
    """A mail server that is never there."""

    tried: list[str] = field(default_factory=list)

    async def send(self, letter: Letter) -> None:
        self.tried.append(letter.message_id)
        server = MailServer("127.0.0.1", 1, "no-reply@id.example", starttls=False, timeout_seconds=1.0)
        await SmtpMail(server).send(letter)


@dataclass
class Office:
    """Somchai, and what is told to him."""

    storage: Storage
    clock: FrozenClock

    def __post_init__(self) -> None:
        root_keys = RootKeys({1: secrets.token_bytes(32)})
        audit = AuditLog(
            mac=lambda content: b"mac" + content[:4],
            pseudonym=PairwiseSubjects(root_keys).pseudonym,
            randomness=system_randomness,
        )
        self.subscribers = Subscribers(personal=PersonalData(root_keys), blind_index=BlindIndex(root_keys), audit=audit)

    def notices(self, mail: SmtpMail | Away | None) -> Notices:
        return Notices(storage=self.storage, subscribers=self.subscribers, mail=mail, account_url=ACCOUNT)

    async def enrol(self, *, checked: bool = True) -> SubscriberId:
        identity = Identity(SOMCHAI.citizen_id, SOMCHAI.name_th, SOMCHAI.name_en, SOMCHAI.birth_date, SOMCHAI.sex)
        async with self.storage.unit_of_work() as uow:
            subscriber_id = await self.subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)
            contact = ContactDetails(email=MAIL, email_verified=checked)
            await self.subscribers.save_contact(uow, subscriber_id, contact, by=SYSTEM)
        return subscriber_id

    async def tell(self, notices: Notices, who: SubscriberId, topic: NoticeTopic, cause: str) -> bool:
        async with self.storage.unit_of_work() as uow:
            return await notices.tell(uow, who, topic, cause=cause)

    async def due(self) -> list[OutboxMessage]:
        async with self.storage.unit_of_work() as uow:
            messages = await claim(uow, limit=50, retry_after=timedelta(seconds=30))
            for message in messages:
                await settle(uow, message.id)
        return [message for message in messages if message.topic == NOTICE_DUE]

    async def work(self, notices: Notices) -> int:
        """What the worker does once; gives how many letters were due."""
        messages = await self.due()
        for message in messages:
            notice_id = NoticeId(message.payload["notice_id"])
            await notices.send_letter(notice_id, attempt=int(message.payload["attempt"]))
        return len(messages)

    async def states(self, notices: Notices, who: SubscriberId) -> list[tuple[NoticeTopic, MailState]]:
        async with self.storage.reading() as uow:
            return [(one.topic, one.mail) for one in await notices.of(uow, who, before=None, limit=50)]


@pytest.fixture
def office(storage: Storage, clock: FrozenClock) -> Office:
    return Office(storage, clock)


async def letters_of(inbox: Inbox) -> list[dict[str, str]]:
    transport = httpx2.ASGITransport(app=Starlette(routes=inbox.routes()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://mail.test") as http:
        letters: list[dict[str, str]] = (await http.get("/mail.json")).json()
    return letters


async def test_one_cause_is_one_notice_and_one_letter_without_a_value_of_the_person(office: Office) -> None:
    who, inbox = await office.enrol(), Inbox()
    async with inbox.serving() as port:
        notices = office.notices(SmtpMail(MailServer("127.0.0.1", port, "no-reply@id.example", starttls=False)))
        assert await office.tell(notices, who, NoticeTopic.PASSKEY_ADDED, "out_1")
        assert not await office.tell(notices, who, NoticeTopic.PASSKEY_ADDED, "out_1")
        assert await office.work(notices) == 1
        assert await office.work(notices) == 0
    [letter] = await letters_of(inbox)
    assert letter["to"] == MAIL
    assert ACCOUNT in letter["text"]
    for value in (SOMCHAI.citizen_id.digits, SOMCHAI.name_th.first, SOMCHAI.name_en.first, who):
        assert value not in str(letter)
    assert await office.states(notices, who) == [(NoticeTopic.PASSKEY_ADDED, MailState.SENT)]


async def test_a_message_seen_twice_sends_the_same_letter_at_most_with_the_same_id(office: Office) -> None:
    who, inbox = await office.enrol(), Inbox()
    async with inbox.serving() as port:
        notices = office.notices(SmtpMail(MailServer("127.0.0.1", port, "no-reply@id.example", starttls=False)))
        await office.tell(notices, who, NoticeTopic.NEW_DEVICE, "out_1")
        [message] = await office.due()
        for _ in range(2):
            await notices.send_letter(NoticeId(message.payload["notice_id"]), attempt=1)
    assert len(await letters_of(inbox)) == 1


async def test_no_letter_goes_to_an_address_that_nobody_checked(office: Office) -> None:
    who, inbox = await office.enrol(checked=False), Inbox()
    async with inbox.serving() as port:
        notices = office.notices(SmtpMail(MailServer("127.0.0.1", port, "no-reply@id.example", starttls=False)))
        await office.tell(notices, who, NoticeTopic.PIN_CHANGED, "out_1")
        await office.work(notices)
    assert await letters_of(inbox) == []
    assert await office.states(notices, who) == [(NoticeTopic.PIN_CHANGED, MailState.NONE)]


async def test_a_mail_server_that_is_away_is_tried_again_and_given_up_in_the_end(office: Office) -> None:
    who, away = await office.enrol(), Away()
    notices = office.notices(away)
    await office.tell(notices, who, NoticeTopic.PASSKEY_REMOVED, "out_1")
    for _ in range(ATTEMPTS):
        assert await office.work(notices) == 1
        assert await office.work(notices) == 0
        office.clock.advance(30 * 2**ATTEMPTS)
    assert await office.work(notices) == 0
    assert len(away.tried) == ATTEMPTS
    assert len(set(away.tried)) == 1
    assert await office.states(notices, who) == [(NoticeTopic.PASSKEY_REMOVED, MailState.FAILED)]


async def test_without_a_mail_server_the_list_is_the_channel(office: Office) -> None:
    who, notices = await office.enrol(), office.notices(None)
    assert await office.tell(notices, who, NoticeTopic.IDENTITY_ENROLLED, "tde_1")
    assert await office.states(notices, who) == [(NoticeTopic.IDENTITY_ENROLLED, MailState.NONE)]
    async with office.storage.reading() as uow:
        assert await uow.all(select(outbox).where(outbox.c.topic == NOTICE_DUE)) == []


async def test_a_notice_falls_with_the_act_it_tells_of(office: Office) -> None:
    who, notices = await office.enrol(), office.notices(None)
    with pytest.raises(RuntimeError):
        async with office.storage.unit_of_work() as uow:
            await notices.tell(uow, who, NoticeTopic.PASSKEY_ADDED, cause="out_1")
            raise RuntimeError("the act failed")
    assert await office.states(notices, who) == []


@pytest.mark.parametrize("english_first", [False, True])
def test_each_language_has_the_link_that_stops_the_identity(english_first: bool) -> None:
    at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    notice = Notice(NoticeId("ntc_1"), SubscriberId("sub_1"), NoticeTopic.NEW_DEVICE, at, MailState.WAITING)
    link = "https://id.example/freeze#token"
    _, text = letter_of(notice, account_url=ACCOUNT, freeze_url=link, english_first=english_first)
    halves = text.split("\n\n")
    assert [link in half for half in halves] == [True, True]
    assert halves[0].startswith("Somebody" if english_first else "มีการ")


def test_every_topic_has_words_and_every_change_a_topic() -> None:
    assert set(TEXTS) == set(NoticeTopic)
    assert set(OF_AUTHENTICATOR_CHANGE.values()) <= set(NoticeTopic)
