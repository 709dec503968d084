"""PINs: which are taken, what a wrong one costs, and that nothing tells who has one."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.personas import PERSONAS
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.security_log import SecurityLog
from idp.audit.store import audit_entry
from idp.authentication import rules
from idp.authentication.model import AuthenticationProblem
from idp.authentication.pin_hashing import HashingCost, PinHashing
from idp.authentication.pin_store import pin as pin_table
from idp.authentication.pins import Pins
from idp.authentication.tries import remember_device, sign_in_tries
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Refused, Unavailable
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.storage import Storage
from idp.subscribers.model import ActingMember, Identity
from idp.subscribers.service import Subscribers
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio
SOMCHAI = PERSONAS["somchai"].person
NUMBER = SOMCHAI.citizen_id.digits
PIN, WRONG = "27182845", "16180339"
QUICK = HashingCost(memory_kib=8, passes=1)


@dataclass(frozen=True)
class Office:
    storage: Storage
    subscribers: Subscribers
    pins: Pins
    somchai: SubscriberId

    async def refusal(self, identifier: str, pin: str, *, device: str | None = None) -> AuthenticationProblem:
        with pytest.raises(Refused) as refused:
            await self.pins.authenticate(identifier=identifier, pin=pin, device=device)
        assert isinstance(refused.value.code, AuthenticationProblem)
        return refused.value.code


@pytest.fixture
async def office(storage: Storage, clock: FrozenClock) -> Office:
    keys = RootKeys({1: secrets.token_bytes(32)})
    audit = AuditLog(mac=lambda text: text[:4], pseudonym=lambda subject: subject[:3], randomness=system_randomness)
    subscribers = Subscribers(personal=PersonalData(keys), blind_index=BlindIndex(keys), audit=audit)
    identity = Identity(SOMCHAI.citizen_id, SOMCHAI.name_th, SOMCHAI.name_en, SOMCHAI.birth_date, SOMCHAI.sex)
    async with storage.unit_of_work() as uow:
        somchai = await subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)
    pins = Pins(
        storage=storage,
        subscribers=subscribers,
        hashing=PinHashing(pepper=b"p" * 32, cost=QUICK),
        audit=audit,
        security_log=SecurityLog(clock),
    )
    await pins.choose(somchai, PIN, by=SYSTEM)
    return Office(storage, subscribers, pins, somchai)


@pytest.mark.parametrize(
    "pin",
    ["11111111", "12345678", "87654321", "01234567", "12121212", "25802580", "11112222", "19284444", "95678213",
     "12344321", "38291837"],
)  # fmt: skip
def test_an_easy_pin_is_refused(pin: str) -> None:
    assert rules.pin_is_easy(pin, known_numbers=("1009938291837",))


@pytest.mark.parametrize("pin", [PIN, WRONG, "90210768", "44719082"])
def test_another_pin_is_taken(pin: str) -> None:
    assert rules.pin_is_well_formed(pin)
    assert not rules.pin_is_easy(pin, known_numbers=(NUMBER,))


@given(st.text(max_size=10))
def test_a_pin_is_eight_ascii_digits(text: str) -> None:
    assert rules.pin_is_well_formed(text) is (len(text) == 8 and set(text) <= set("0123456789"))


def test_digits_of_other_scripts_are_no_pin() -> None:
    assert not rules.pin_is_well_formed("๒๗๑๘๒๘๔๕")


@given(st.integers(0, 1000))
def test_each_five_failures_double_the_rest(failures: int) -> None:
    rest = rules.lock_after(failures)
    if failures == 0 or failures % 5:
        assert rest is None
    else:
        assert rest == timedelta(minutes=15) * 2 ** min(failures // 5 - 1, rules.MOST_DOUBLINGS)


@pytest.mark.parametrize("typed", [NUMBER, SOMCHAI.citizen_id.formatted(), f" {NUMBER} "])
async def test_the_right_pin_signs_in_at_the_lowest_level(office: Office, typed: str) -> None:
    authenticated = await office.pins.authenticate(identifier=typed, pin=PIN)
    assert (authenticated.subscriber_id, authenticated.aal, authenticated.amr) == (office.somchai, Aal.AAL1, ("pin",))


@pytest.mark.parametrize(
    ("identifier", "pin"),
    [
        (NUMBER, WRONG),
        (NUMBER, ""),
        (NUMBER, PIN + "0"),
        (PERSONAS["malee"].person.citizen_id.digits, PIN),
        ("", PIN),
        ("somchai", PIN),
        ("1" * 13, PIN),
    ],
)
async def test_whatever_is_wrong_has_one_answer(office: Office, identifier: str, pin: str) -> None:
    assert await office.refusal(identifier, pin) is AuthenticationProblem.PIN_NOT_ACCEPTED


async def test_after_five_tries_the_right_pin_must_wait(office: Office, clock: FrozenClock) -> None:
    for _ in range(5):
        await office.refusal(NUMBER, WRONG)
    assert await office.refusal(NUMBER, PIN) is AuthenticationProblem.PIN_NOT_ACCEPTED
    clock.advance(15 * 60)
    await office.pins.authenticate(identifier=NUMBER, pin=PIN)


async def test_the_next_five_cost_twice_as_much(office: Office, clock: FrozenClock) -> None:
    for _ in range(5):
        await office.refusal(NUMBER, WRONG)
    clock.advance(15 * 60)
    for _ in range(5):
        await office.refusal(NUMBER, WRONG)
    clock.advance(30 * 60 - 1)
    await office.refusal(NUMBER, PIN)
    clock.advance(1)
    await office.pins.authenticate(identifier=NUMBER, pin=PIN)


async def test_the_right_pin_makes_tries_start_again(office: Office) -> None:
    for _ in range(3):
        for _ in range(4):
            await office.refusal(NUMBER, WRONG)
        await office.pins.authenticate(identifier=NUMBER, pin=PIN)


async def test_guesses_made_at_once_are_counted_one_by_one(office: Office) -> None:
    guesses = [f"{number:08d}" for number in range(31415926, 31415946)]
    await asyncio.gather(*(office.refusal(NUMBER, guess) for guess in guesses))
    async with office.storage.reading() as uow:
        row = await uow.first(select(sign_in_tries))
    assert row is not None
    assert row.failures == 5


async def test_strangers_who_guess_do_not_stop_the_owner(office: Office) -> None:
    async with office.storage.unit_of_work() as uow:
        assert await remember_device(uow, office.somchai, "own phone")
        assert not await remember_device(uow, office.somchai, "own phone")
    for number in range(6):
        await office.refusal(NUMBER, f"{31415926 + number}", device=f"stranger's {number}")
    assert await office.refusal(NUMBER, PIN) is AuthenticationProblem.PIN_NOT_ACCEPTED
    await office.pins.authenticate(identifier=NUMBER, pin=PIN, device="own phone")


async def test_the_own_device_rests_as_well(office: Office) -> None:
    async with office.storage.unit_of_work() as uow:
        await remember_device(uow, office.somchai, "own phone")
    for _ in range(5):
        await office.refusal(NUMBER, WRONG, device="own phone")
    assert await office.refusal(NUMBER, PIN, device="own phone") is AuthenticationProblem.PIN_NOT_ACCEPTED


async def test_numbers_nobody_has_are_charged_and_leave_nothing(office: Office) -> None:
    for _ in range(6):
        await office.refusal("1" * 13, WRONG)
    async with office.storage.reading() as uow:
        assert await uow.first(select(sign_in_tries)) is None


async def test_a_stopped_identity_is_told_so_only_after_its_pin(office: Office) -> None:
    officer = ActingMember(MemberId("mem_1"), SubscriberId("sub_officer"), AgencyId("agc_1"))
    async with office.storage.unit_of_work() as uow:
        await office.subscribers.suspend(uow, office.somchai, by=officer, reason="asked for it")
    assert await office.refusal(NUMBER, WRONG) is AuthenticationProblem.PIN_NOT_ACCEPTED
    assert await office.refusal(NUMBER, PIN) is AuthenticationProblem.IDENTITY_NOT_LIVE


async def test_refusals_of_somebody_who_exists_are_entries(office: Office) -> None:
    await office.refusal(NUMBER, WRONG)
    await office.refusal("1" * 13, WRONG)
    async with office.storage.reading() as uow:
        rows = await uow.all(select(audit_entry))
    assert sum(b"sign_in.refused" in bytes(row.canonical) for row in rows) == 1
    assert not any(WRONG.encode() in bytes(row.canonical) or NUMBER.encode() in bytes(row.canonical) for row in rows)


def test_the_owners_own_numbers_are_no_pin() -> None:
    numbers = rules.numbers_of_owner(SOMCHAI.citizen_id, PartialDate(2533, 12, 7))
    for pin in ("07122533", "25331207", "07121990", "12071990", "19901207", NUMBER[:8], NUMBER[5:]):
        assert rules.pin_is_easy(pin, known_numbers=numbers), pin


async def test_an_easy_pin_cannot_be_chosen(office: Office) -> None:
    with pytest.raises(Refused) as refused:
        await office.pins.choose(office.somchai, "12345678", by=SYSTEM)
    assert refused.value.code is AuthenticationProblem.PIN_TOO_EASY


async def test_no_digit_of_a_pin_is_in_the_table(office: Office) -> None:
    async with office.storage.reading() as uow:
        row = await uow.first(select(pin_table))
    assert row is not None
    assert row.hashed.startswith("$argon2id$")
    assert PIN not in row.hashed


async def test_a_crowd_is_turned_away_before_memory_runs_out() -> None:
    hashing = PinHashing(pepper=b"p" * 32, cost=QUICK)
    answers = await asyncio.gather(*(hashing.hash(PIN) for _ in range(200)), return_exceptions=True)
    assert any(isinstance(answer, str) for answer in answers)
    assert any(isinstance(answer, Unavailable) for answer in answers)
