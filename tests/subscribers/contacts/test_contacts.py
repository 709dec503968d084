"""A mail address counts once its code was typed: once, by its person, within its time and a few tries."""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from connectors.contracts.notices import Letter, MailRefused, MailUnavailable
from connectors.fictitious.personas import PERSONAS
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.kernel.assurance import Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.notices.contact_letters import FORMER_DUE, ContactLetters
from idp.notices.model import NoticeTopic
from idp.notices.rules import OPTIONAL_LETTERS, TEXTS, is_letter_wanted
from idp.storage.outbox import OutboxMessage, claim, settle
from idp.storage.storage import Storage
from idp.subscribers.closing import Closings
from idp.subscribers.contacts.model import (
    CODE_LIFE,
    CODES_A_DAY,
    CODES_TO_ONE_ADDRESS,
    TRIES,
    Confirmation,
    Confirmed,
    ContactProof,
    ContactProofId,
    NothingWaiting,
    WrongCode,
)
from idp.subscribers.contacts.service import CONTACT_CHANGED, CONTACT_CODE_DUE, KEPT, Contacts
from idp.subscribers.contacts.store import contact_proof
from idp.subscribers.model import ClosingReason, ContactDetails, Identity, LettersWanted
from idp.subscribers.service import Subscribers
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

OLD, NEW = "old@mail.example", "new@mail.example"


@dataclass
class Post:
    """A mail server in memory: fulfils MailPort. `away` and `unknown` are how it fails."""

    letters: list[Letter] = field(default_factory=list)
    away: bool = False
    unknown: bool = False

    async def send(self, letter: Letter) -> None:
        if self.away:
            raise MailUnavailable("away")
        if self.unknown:
            raise MailRefused("no such mailbox")
        self.letters.append(letter)


class Office:
    """The room on a store, with persons of the population."""

    def __init__(self, storage: Storage, clock: FrozenClock) -> None:
        root_keys = RootKeys({1: secrets.token_bytes(32)})
        self.storage, self.clock, self.post = storage, clock, Post()
        audit = AuditLog(
            mac=lambda content: b"mac" + content[:4],
            pseudonym=PairwiseSubjects(root_keys).pseudonym,
            randomness=system_randomness,
        )
        self.personal = PersonalData(root_keys)
        self.subscribers = Subscribers(personal=self.personal, blind_index=BlindIndex(root_keys), audit=audit)
        self.closings = Closings(personal=self.personal, audit=audit)
        self.contacts = Contacts(
            subscribers=self.subscribers,
            personal=self.personal,
            blind_index=BlindIndex(root_keys),
            codes_key=root_keys.derive("contact-codes", version=1),
            audit=audit,
        )
        self.letters = ContactLetters(
            storage=storage,
            contacts=self.contacts,
            mail=self.post,
            account_url="http://id.localhost:8000/account/contact",
            freeze_url=lambda notice: f"http://id.localhost:8000/freeze#{notice.id}",
        )

    async def enrol(self, persona: str = "somchai", *, email: str = "") -> SubscriberId:
        person = PERSONAS[persona].person
        identity = Identity(person.citizen_id, person.name_th, person.name_en, person.birth_date, person.sex)
        async with self.storage.unit_of_work() as uow:
            who = await self.subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)
            if email:
                contact = ContactDetails(email=email, email_verified=True, nickname="ชาย")
                await self.subscribers.save_contact(uow, who, contact, by=SYSTEM)
        return who

    async def ask(self, who: SubscriberId, email: str = NEW) -> ContactProof:
        async with self.storage.unit_of_work() as uow:
            return await self.contacts.ask_email(uow, who, email)

    async def confirm(self, who: SubscriberId, code: str) -> Confirmation:
        async with self.storage.unit_of_work() as uow:
            return await self.contacts.confirm(uow, who, code)

    async def held(self, who: SubscriberId) -> ContactDetails:
        async with self.storage.reading() as uow:
            return await self.contacts.of(uow, who)

    async def due(self) -> list[OutboxMessage]:
        async with self.storage.unit_of_work() as uow:
            messages = await claim(uow, limit=50, retry_after=timedelta(seconds=30))
            for message in messages:
                await settle(uow, message.id)
        return list(messages)

    async def work(self) -> list[str]:
        """What the worker does once; gives the topics that were due."""
        messages = await self.due()
        for message in messages:
            payload = message.payload
            if message.topic == CONTACT_CODE_DUE:
                await self.letters.send_code(ContactProofId(payload["proof_id"]), attempt=int(payload["attempt"]))
            elif message.topic in (CONTACT_CHANGED, FORMER_DUE):
                await self.letters.tell_former(
                    ContactProofId(payload["proof_id"]), at=self.clock.now(), attempt=int(payload["attempt"])
                )
        return [message.topic for message in messages]

    async def events(self) -> list[str]:
        async with self.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical).order_by(audit_entry.c.id))
        return [bytes(row.canonical).decode() for row in rows]


@pytest.fixture
def office(storage: Storage, clock: FrozenClock) -> Office:
    return Office(storage, clock)


async def test_the_old_address_stays_until_the_code_was_typed_and_is_told_then(office: Office) -> None:
    who = await office.enrol(email=OLD)
    proof = await office.ask(who)
    assert (await office.held(who)).email == OLD
    assert await office.work() == [CONTACT_CODE_DUE]
    (letter,) = office.post.letters
    code = office.contacts.code_of(proof)
    assert (letter.to, f"{code[:4]} {code[4:]}" in letter.text, letter.message_id) == (NEW, True, proof.id)
    assert "http" not in letter.text
    assert await office.confirm(who, code) == Confirmed()
    held = await office.held(who)
    assert (held.email, held.email_verified, held.nickname) == (NEW, True, "ชาย")
    assert await office.work() == [CONTACT_CHANGED]
    _, told = office.post.letters
    assert told.to == OLD
    assert f"/freeze#{proof.id}-former" in told.text
    assert NEW not in told.text


async def test_what_is_kept_names_no_address_and_no_code(office: Office) -> None:
    who = await office.enrol(email=OLD)
    proof = await office.ask(who)
    code = office.contacts.code_of(proof)
    await office.confirm(who, code)
    async with office.storage.reading() as uow:
        rows = [tuple(row) for row in await uow.all(select(contact_proof))]
        queued = [tuple(row) for row in await uow.all(text("SELECT topic, payload FROM outbox"))]
    kept = repr(rows) + repr(queued) + "".join(await office.events())
    for secret in (OLD, NEW, "mail.example", code):
        assert secret not in kept
    assert "subscriber.contact_changed" in kept
    assert OLD not in repr(proof)


async def test_sixteen_uses_of_one_code_change_the_address_once(office: Office) -> None:
    who = await office.enrol(email=OLD)
    code = office.contacts.code_of(await office.ask(who))
    await office.work()
    answers = await asyncio.gather(*(office.confirm(who, code) for _ in range(16)))
    assert answers == [Confirmed()] * 16
    assert sum("subscriber.contact_changed" in event for event in await office.events()) == 2  # enrolled with one
    assert await office.work() == [CONTACT_CHANGED]


async def test_sixteen_guesses_at_once_are_judged_five_times(office: Office) -> None:
    who = await office.enrol()
    code = office.contacts.code_of(await office.ask(who))
    wrong = f"{(int(code) + 1) % 10**8:08}"
    answers = await asyncio.gather(*(office.confirm(who, wrong) for _ in range(16)))
    assert sorted(answer.tries_left for answer in answers if isinstance(answer, WrongCode)) == list(range(1, TRIES))
    assert sum(isinstance(answer, NothingWaiting) for answer in answers) == 16 - TRIES + 1
    # the right one comes too late
    assert await office.confirm(who, code) == NothingWaiting()
    assert (await office.held(who)).email == ""


async def test_a_code_is_its_persons_alone(office: Office) -> None:
    who, stranger = await office.enrol(), await office.enrol("malee")
    code = office.contacts.code_of(await office.ask(who))
    assert await office.confirm(stranger, code) == NothingWaiting()
    await office.ask(stranger, "stranger@mail.example")
    assert isinstance(await office.confirm(stranger, code), WrongCode)
    assert (await office.held(stranger)).email == ""
    assert await office.confirm(who, code) == Confirmed()


async def test_a_code_is_too_old_after_its_time_and_replaced_by_the_next(office: Office) -> None:
    who = await office.enrol()
    first = office.contacts.code_of(await office.ask(who))
    office.clock.advance(61)
    second = office.contacts.code_of(await office.ask(who, "other@mail.example"))
    assert isinstance(await office.confirm(who, first), WrongCode)
    office.clock.advance(CODE_LIFE.total_seconds())
    assert await office.confirm(who, second) == NothingWaiting()
    assert await office.work() == [CONTACT_CODE_DUE] * 2
    assert office.post.letters == []  # neither can be typed any more


async def test_a_code_that_was_given_up_counts_no_more(office: Office) -> None:
    who = await office.enrol()
    code = office.contacts.code_of(await office.ask(who))
    async with office.storage.unit_of_work() as uow:
        await office.contacts.give_up(uow, who)
    assert await office.confirm(who, code) == NothingWaiting()
    async with office.storage.unit_of_work() as uow:
        await office.contacts.give_up(uow, who)
    # on record once: the second time nothing waited any more
    assert sum("subscriber.contact_proof_given_up" in event for event in await office.events()) == 1


async def test_nobody_floods_a_mailbox(office: Office) -> None:
    who = await office.enrol()
    await office.ask(who)
    with pytest.raises(Refused, match="CTC-04"):
        await office.ask(who)
    for _ in range(CODES_A_DAY - 1):
        office.clock.advance(61)
        await office.ask(who)
    office.clock.advance(61)
    with pytest.raises(Refused, match="CTC-04"):
        await office.ask(who, "another@mail.example")
    # nor do others together, however it is written
    stranger = await office.enrol("malee")
    assert CODES_TO_ONE_ADDRESS == CODES_A_DAY
    with pytest.raises(Refused, match="CTC-04"):
        await office.ask(stranger, "NEW@MAIL.example")
    await office.ask(stranger, "hers@mail.example")
    office.clock.advance(24 * 3600)
    await office.ask(who, "another@mail.example")


async def test_codes_asked_for_at_once_are_one(office: Office) -> None:
    who = await office.enrol()
    asked = await asyncio.gather(*(office.ask(who) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, ContactProof) for one in asked) == 1
    assert sum(isinstance(one, Refused) for one in asked) == 7


async def test_a_proven_address_needs_no_second_proof(office: Office) -> None:
    who = await office.enrol(email=OLD)
    with pytest.raises(Refused, match="CTC-06"):
        await office.ask(who, OLD)


async def test_a_mail_server_that_is_away_is_tried_again_while_it_matters(office: Office) -> None:
    who = await office.enrol(email=OLD)
    proof = await office.ask(who)
    office.post.away = True
    assert await office.work() == [CONTACT_CODE_DUE]
    assert await office.work() == []
    office.clock.advance(6)
    office.post.away = False
    assert await office.work() == [CONTACT_CODE_DUE]
    assert [letter.to for letter in office.post.letters] == [NEW]
    await office.confirm(who, office.contacts.code_of(proof))
    office.post.away = True
    assert await office.work() == [CONTACT_CHANGED]
    office.clock.advance(31)
    office.post.away = False
    assert await office.work() == [FORMER_DUE]
    assert [letter.to for letter in office.post.letters] == [NEW, OLD]
    assert await office.work() == []


async def test_a_mailbox_that_does_not_exist_is_not_tried_again(office: Office) -> None:
    who = await office.enrol()
    await office.ask(who)
    office.post.unknown = True
    assert await office.work() == [CONTACT_CODE_DUE]
    office.clock.advance(60)
    assert await office.work() == []


async def test_a_stopped_identity_changes_nothing_and_a_closed_one_leaves_nothing(office: Office) -> None:
    who = await office.enrol(email=OLD)
    code = office.contacts.code_of(await office.ask(who))
    async with office.storage.unit_of_work() as uow:
        await office.subscribers.freeze(uow, who)
    with pytest.raises(Exception, match="SUB-03"):
        await office.confirm(who, code)
    assert (await office.held(who)).email == OLD
    async with office.storage.unit_of_work() as uow:
        await office.subscribers.suspend_by_registry(uow, who, reason="x")
        await office.closings.close(uow, who, why=ClosingReason.DEATH, by=SYSTEM)
    async with office.storage.reading() as uow:
        assert await uow.all(select(contact_proof)) == []


async def test_telephone_and_choices_are_kept_beside_the_address(office: Office) -> None:
    who = await office.enrol(email=OLD)
    async with office.storage.unit_of_work() as uow:
        await office.contacts.save_phone(uow, who, "081 234 5678")
        await office.contacts.choose(uow, who, locale="en", letters=LettersWanted.SECURITY)
    held = await office.held(who)
    assert (held.email, held.phone_number, held.phone_number_verified) == (OLD, "+66812345678", False)
    assert (held.locale, held.letters, held.updated_at) == ("en", LettersWanted.SECURITY, office.clock.now())
    # the list tells of a new number, and no letter goes to an address before: there is none
    assert await office.work() == [CONTACT_CHANGED]
    assert office.post.letters == []


async def test_proofs_are_forgotten_when_no_limit_counts_them(office: Office) -> None:
    who = await office.enrol()
    await office.ask(who)
    office.clock.advance(KEPT.total_seconds() + 1)
    async with office.storage.unit_of_work() as uow:
        assert await office.contacts.forget(uow) == 1


def test_letters_about_safety_cannot_be_turned_off() -> None:
    for topic in TEXTS:
        assert is_letter_wanted(topic, LettersWanted.ALL)
        assert is_letter_wanted(topic, LettersWanted.SECURITY) is (topic not in OPTIONAL_LETTERS)
    kept = {NoticeTopic.CONTACT_CHANGED, NoticeTopic.PASSKEY_ADDED, NoticeTopic.NEW_DEVICE, NoticeTopic.CLOSING_ASKED}
    assert not kept & OPTIONAL_LETTERS
