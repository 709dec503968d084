"""People known by a passport: found by it, linked to a citizen number once, never to somebody else's."""

import secrets
from dataclasses import replace

import pytest

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import InvalidIdentifier, PassportNumber
from connectors.fictitious.personas import PASSPORT_PERSONAS
from idp.audit.model import SYSTEM
from idp.authorization.tokens.claims import identity_claims
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict, Refused
from idp.keys.files import RootKeys
from idp.storage.storage import Storage
from idp.subscribers.model import Identity, SubscriberProblem
from idp.subscribers.on_file import identity_on_file
from idp.subscribers.service import Subscribers
from idp.subscribers.store import identity_to_bytes
from tests.subscribers.test_subscribers import identity_of, subscribers_with

pytestmark = pytest.mark.anyio

PASSPORT = PASSPORT_PERSONAS["foreigner"].data
NUMBER = PassportNumber(PASSPORT.issuing_state, PASSPORT.document_no)
ELENA = Identity(
    citizen_id=None,
    name_th=PersonName("", "", "", ""),
    name_en=PersonName("", "Elena", "", "Samplerova"),
    birth_date=PASSPORT.birth_date,
    sex="2",
    passport=NUMBER,
)


@pytest.fixture
def subscribers() -> Subscribers:
    return subscribers_with(RootKeys({1: secrets.token_bytes(32)}))


async def test_a_foreigner_is_found_by_state_and_number(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        created = await subscribers.create(uow, identity=ELENA, ial=Ial.IAL2_2, by=SYSTEM)
    async with storage.reading() as uow:
        assert await subscribers.identity(uow, created) == ELENA
        found = await subscribers.find_by_passport(uow, NUMBER)
        elsewhere = await subscribers.find_by_passport(uow, replace(NUMBER, state="D"))
    assert found is not None
    assert found.id == created
    assert elsewhere is None
    with pytest.raises(Conflict) as refused:
        async with storage.unit_of_work() as uow:
            await subscribers.create(uow, identity=ELENA, ial=Ial.IAL2_2, by=SYSTEM)
    assert refused.value.code is SubscriberProblem.ALREADY_ENROLLED


async def test_a_card_links_a_citizen_number_later(storage: Storage, subscribers: Subscribers) -> None:
    number = identity_of("malee").citizen_id
    linked = replace(identity_of("malee"), passport=NUMBER)
    async with storage.unit_of_work() as uow:
        created = await subscribers.create(uow, identity=ELENA, ial=Ial.IAL2_2, by=SYSTEM)
        await subscribers.raise_ial(uow, created, identity=linked, ial=Ial.IAL2_2, by=SYSTEM)
        # a card alone, the next time: the passport stays known
        await subscribers.raise_ial(uow, created, identity=identity_of("malee"), ial=Ial.IAL2_2, by=SYSTEM)
    async with storage.reading() as uow:
        assert number is not None
        by_card, by_passport = (
            await subscribers.find_by_citizen_id(uow, number),
            await subscribers.find_by_passport(uow, NUMBER),
        )
        assert await subscribers.identity(uow, created) == linked
    assert by_card is not None
    assert by_passport is not None
    assert by_card.id == by_passport.id == created


async def test_nobody_takes_a_number_that_is_somebody_elses(storage: Storage, subscribers: Subscribers) -> None:
    async with storage.unit_of_work() as uow:
        elena = await subscribers.create(uow, identity=ELENA, ial=Ial.IAL2_2, by=SYSTEM)
        await subscribers.create(uow, identity=identity_of("malee"), ial=Ial.IAL2_2, by=SYSTEM)
    stolen = replace(identity_of("malee"), passport=NUMBER)
    with pytest.raises(Conflict) as taken:
        async with storage.unit_of_work() as uow:
            await subscribers.raise_ial(uow, elena, identity=stolen, ial=Ial.IAL2_2, by=SYSTEM)
    assert taken.value.code is SubscriberProblem.ALREADY_ENROLLED
    with pytest.raises(Refused) as other:
        async with storage.unit_of_work() as uow:
            await subscribers.raise_ial(uow, elena, identity=identity_of("somchai"), ial=Ial.IAL2_2, by=SYSTEM)
    assert other.value.code is SubscriberProblem.OTHER_PERSON


def test_a_person_has_a_number() -> None:
    with pytest.raises(ValueError, match="number"):
        replace(ELENA, passport=None)


@pytest.mark.parametrize("text", ["", ":", "UTO:", "UTO:X-1", "uto:X1", "UTOP:X1", "UTO:X000000017", "UTO:X๑"])
def test_what_is_no_passport_number(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        PassportNumber.parse(text)


def test_a_passport_number_shows_little_of_itself() -> None:
    assert NUMBER.masked() == "UTO xxxxxx017"
    assert "X00000017" not in repr(NUMBER)


def test_the_claims_of_a_foreigner() -> None:
    claims = identity_claims(identity_on_file(identity_to_bytes(ELENA)))
    assert claims["name"] == claims["name#en"] == "Elena Samplerova"
    assert "name#th" not in claims
    assert not {"citizen_id", "pid"} & claims.keys()
    assert "gender" not in identity_claims(identity_on_file(identity_to_bytes(replace(ELENA, sex=""))))
