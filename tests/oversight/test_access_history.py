"""The owner sees who asked for their data: each release and each refusal."""

import json
import secrets
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from connectors.fictitious.hard_cases import PEOPLE
from idp.audit.model import SYSTEM
from idp.catalogue.gdx import CitizenRefSubject
from idp.catalogue.model import Basis
from idp.exchange.counter.person_store import counter_person
from idp.exchange.decision.model import Reason
from idp.exchange.pull.store import disclosure
from idp.kernel.assurance import Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import DisclosureId, SubscriberId
from idp.keys.blind_index import BlindIndex
from idp.keys.files import RootKeys
from idp.oversight.model import AccessRecord, SignInRecord
from idp.oversight.service import AccessHistory
from idp.oversight.store import about
from idp.storage.hot.postgresql import PINNED
from idp.storage.storage import Storage
from idp.subscribers.model import Identity
from idp.subscribers.service import Subscribers
from idp.subscribers.store import subscriber_index
from tests.exchange.test_at_a_counter import COUNTER, LAW, officer_of, token_for
from tests.exchange.test_pull import withdraw
from tests.exchange.world import ACR, World, person_detail, pull
from tests.storage.hot.test_postgresql_plans import scans_of

pytestmark = pytest.mark.anyio

FIVE = PEOPLE["five_names"]


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


async def looked_up_before_enrolling(world: World) -> DisclosureId:
    """Somebody without a digital ID was looked up by number."""
    await officer_of(world)
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    token = replace(world.own_token(), subscriber_id=officer.subscriber_id, scope=("openid", "look_up"), acr=ACR)
    ref = await world.counters.name_by_number(
        token, citizen_id=FIVE.citizen_id, service_id=COUNTER, case="1", ground=LAW
    )
    released = await world.exchange().pull(pull(token_for(world, CitizenRefSubject(ref.id), "dopa.person", Basis.DUTY)))
    return released.disclosure_id


async def enrolled(world: World) -> SubscriberId:
    identity = Identity(FIVE.citizen_id, FIVE.name_th, FIVE.name_en, FIVE.birth_date, "2")
    async with world.storage.unit_of_work() as uow:
        return await world.subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)


async def test_who_enrols_later_sees_what_was_looked_up_before(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    disclosure_id = await looked_up_before_enrolling(world)
    person = await enrolled(world)
    history = AccessHistory(personal=world.personal)
    async with world.storage.reading() as uow:
        (entry,) = await history.of(uow, person)
        assert await history.of(uow, world.somchai) == []
        assert await history.log_entry(uow, person, disclosure_id) is not None
        assert await history.log_entry(uow, world.somchai, disclosure_id) is None
    assert isinstance(entry, AccessRecord)
    assert (entry.disclosure_id, entry.case, entry.by_number) == (disclosure_id, "1", True)
    assert entry.officer_position_en == "Officer"


@pytest.mark.parametrize("rotated", ["between", "after"])
async def test_a_root_key_that_is_replaced_meanwhile_hides_nothing(world_on_each_engine: World, rotated: str) -> None:
    """Nodes know both keys before one is used: what is written meanwhile has a row for each."""
    world = world_on_each_engine
    newer = RootKeys({1: world.root_keys._versions[1], 2: secrets.token_bytes(32)})
    if rotated == "after":
        world.counters._blind_index = BlindIndex(newer)
    await looked_up_before_enrolling(world)
    async with world.storage.reading() as uow:
        kept = await uow.all(select(counter_person.c.key_version, counter_person.c.digest))
    assert sorted(row.key_version for row in kept) == ([1, 2] if rotated == "after" else [1])
    assert all(FIVE.citizen_id.digits.encode() not in bytes(row.digest) for row in kept)
    if rotated == "between":
        world.subscribers = Subscribers(personal=world.personal, blind_index=BlindIndex(newer), audit=world.audit)
    person = await enrolled(world)
    async with world.storage.reading() as uow:
        found = await uow.all(select(subscriber_index.c.key_version).where(subscriber_index.c.subscriber_id == person))
        assert sorted(row.key_version for row in found) == ([1] if rotated == "after" else [1, 2])
        assert len(await AccessHistory(personal=world.personal).of(uow, person)) == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_nobody_elses_disclosures_are_gone_through(storage: Storage) -> None:
    """Each way to what is about a person has an index of its own, whatever else the page shows."""
    query = select(disclosure).where(about(SubscriberId("sub_one"))).order_by(disclosure.c.id.desc()).limit(50)
    spelled = query.compile(dialect=storage.engine.dialect, compile_kwargs={"literal_binds": True})
    async with storage.unit_of_work() as uow:
        for name, value in PINNED.items():
            await uow.execute(text(f"SET LOCAL {name} = '{value}'"))
        row = await uow.first(text(f"EXPLAIN (FORMAT JSON) {spelled}"))
    assert row is not None
    scans = [scan for scan in scans_of(row[0][0]["Plan"]) if scan["Relation Name"] == "disclosure"]
    assert {"ix_disclosure_subscriber_id", "ix_disclosure_counter_id"} <= {scan["Index Name"] for scan in scans}
    assert all("Index Cond" in scan for scan in scans), json.dumps(scans)
