"""The owner sees who asked for their data: each release and each refusal."""

import pytest

from idp.exchange.decision.model import Reason
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.oversight.model import AccessRecord, SignInRecord
from idp.oversight.service import AccessHistory
from tests.exchange.test_pull import withdraw
from tests.exchange.world import World, person_detail, pull

pytestmark = pytest.mark.anyio


async def test_the_owner_sees_releases_and_refusals(world: World) -> None:
    _, token = await world.consented()
    await world.exchange().pull(pull(token))
    world.clock.advance(1)
    await withdraw(world)
    with pytest.raises(Refused):
        await world.exchange().pull(pull(token, "dopa.address"))
    async with world.storage.reading() as uow:
        history = AccessHistory(personal=world.personal)
        newest, oldest = await history.of(uow, world.somchai)
        assert await history.of(uow, world.somchai, before=newest.place) == [oldest]
        assert await history.of(uow, SubscriberId("sub_other")) == []
    assert (newest.outcome.value, newest.dataset_title_th) == ("refused", "ข้อมูลที่อยู่")
    assert newest.reason is Reason.CONSENT_ENDED
    assert (oldest.outcome.value, oldest.agency_name_en) == ("released", "Demonstration employment agency")
    assert [label.label_en for label in oldest.fields] == ["Citizen ID number", "Name in Thai", "Date of birth"]
    assert oldest.service_title_en == "Register as a job seeker"


async def test_the_owner_sees_what_was_told_at_each_sign_in(world: World) -> None:
    agreed = ("name", "birthdate", "email", "verified_claims", "verified_claims/name")
    record = await world.signed_in(claims=agreed, scope=("openid", "name"), asked={"id_token": {"birthdate": None}})
    world.clock.advance(1)
    _, token = await world.consented(person_detail())
    await world.exchange().pull(pull(token))
    world.clock.advance(1)
    verified = {"verification": {"trust_framework": None}, "claims": {"name": None, "gender": None}}
    await world.signed_in(record, claims=agreed, asked={"userinfo": {"verified_claims": verified}})
    async with world.storage.reading() as uow:
        history = AccessHistory(personal=world.personal)
        newest, between, oldest = await history.of(uow, world.somchai)
        assert await history.of(uow, world.somchai, before=newest.place, limit=1) == [between]
        assert await history.of(uow, world.somchai, before=between.place) == [oldest]
        assert await history.of(uow, SubscriberId("sub_other")) == []
    assert isinstance(between, AccessRecord)
    assert isinstance(oldest, SignInRecord)
    assert (oldest.claims, oldest.consent_id) == (("name", "birthdate"), record.id)
    assert (oldest.agency_name_en, oldest.at) == ("Demonstration employment agency", record.given_at)
    # what goes beyond the consent was not told
    assert isinstance(newest, SignInRecord)
    assert newest.claims == ("verified_claims", "verified_claims/name")


async def test_a_sign_in_stays_on_record_after_its_consent_was_taken_back(world: World) -> None:
    record = await world.signed_in(claims=("email",), scope=("openid", "email"))
    async with world.storage.unit_of_work() as uow:
        await world.consents.withdraw(uow, record.id, subscriber_id=world.somchai)
    async with world.storage.reading() as uow:
        (entry,) = await AccessHistory(personal=world.personal).of(uow, world.somchai)
    assert isinstance(entry, SignInRecord)
    assert entry.claims == ("email",)
