"""For whom somebody acts now, what tokens say of it, and what lies within it."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from connectors.contracts.card import PersonName
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import ServiceId, SubscriberId
from idp.representation.acting.model import AsMyself, AsSignatory, ByMandate, Wish
from idp.representation.acting.rules import acted_for, claims_of, lies_within, subject_of
from idp.representation.companies.model import ActTerms
from idp.representation.mandates.model import PaperForm, PaperPrincipal, Terms
from idp.representation.model import (
    ForCompany,
    ForPerson,
    ForSelf,
    MandateId,
    Representation,
    RepresentationProblem,
    Scope,
    Signer,
)
from tests.clock import FrozenClock
from tests.representation.world import COMPANY, OTHER_COMPANY, World, identity_of, name_of, officer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PERMITS = ServiceId("permits")
DIGEST = "ab" * 32
ONE, TWO = "กรรมการคนใดคนหนึ่งลงลายมือชื่อ", "กรรมการสองคนลงลายมือชื่อร่วมกัน"


async def acting(world: World, signer: Signer, wish: Wish) -> Representation:
    async with world.storage.reading() as uow:
        return await world.acting.actor_for(uow, signer, wish)


async def refusal(world: World, signer: Signer, wish: Wish) -> TuatonError:
    with pytest.raises(TuatonError) as caught:
        await acting(world, signer, wish)
    return caught.value


def sub_of(subscriber_id: SubscriberId) -> str:
    return f"pairwise-of-{subscriber_id}"


async def test_a_person_acts_for_themselves(small_world: World) -> None:
    somchai = await small_world.enrol("somchai")
    representation = await acting(small_world, somchai, AsMyself())
    assert representation == ForSelf(somchai.subscriber_id)
    assert subject_of(representation) == somchai.subscriber_id
    assert claims_of(acted_for(representation), sub_of=sub_of) == {}
    assert lies_within(representation, service=PERMITS, dataset="dopa.person", case=None)


async def test_a_director_who_signs_alone_acts_for_the_company(small_world: World) -> None:
    world = small_world
    somchai = await world.enrol("somchai")
    world.registry.put(ONE, [name_of("somchai")])
    wish = AsSignatory(await world.facts(), None, DIGEST, sealed=False)
    representation = await acting(world, somchai, wish)
    assert isinstance(representation, ForCompany)
    assert subject_of(representation) == somchai.subscriber_id
    assert claims_of(acted_for(representation), sub_of=sub_of) == {
        "organisation": {
            "juristic_id": COMPANY.digits,
            "name": "บริษัท ตัวอย่าง จำกัด",
            "name#en": "Tuayang Co., Ltd.",
        },
    }
    # a company's consent never opens a person's record, not even the director's own
    assert lies_within(representation, service=PERMITS, dataset="dbd.company", case=None)
    assert lies_within(representation, service=PERMITS, dataset=None, case=None)
    for dataset in ("dopa.person", "dopa.address", "dopa.unheard-of"):
        assert not lies_within(representation, service=PERMITS, dataset=dataset, case=None)
        with pytest.raises(Refused) as beyond:
            world.acting.validate_within(representation, service=PERMITS, dataset=dataset, case=None)
        assert beyond.value.code is RepresentationProblem.BEYOND_MANDATE


async def test_a_joint_act_is_asked_for_again_until_it_is_complete(world: World, clock: FrozenClock) -> None:
    somchai, malee = await world.enrol("somchai"), await world.enrol("malee")
    world.registry.put(TWO, [name_of("somchai"), name_of("malee")])
    facts = await world.facts()
    wish = AsSignatory(facts, None, DIGEST, sealed=False)
    assert (await refusal(world, somchai, wish)).code is RepresentationProblem.COSIGNERS_MISSING
    async with world.storage.unit_of_work() as uow:
        act = await world.companies.begin(uow, facts, ActTerms("efiling", DIGEST, {}), by=somchai, sealed=False)
    wish = replace(wish, joint_act_id=act.id)
    waiting = await refusal(world, somchai, wish)
    assert (waiting.code, type(waiting)) == (RepresentationProblem.COSIGNERS_MISSING, Conflict)
    async with world.storage.unit_of_work() as uow:
        await world.companies.co_sign(uow, act.id, facts, by=malee, expected_digest=DIGEST, sealed=False)
    representation = await acting(world, somchai, wish)
    assert isinstance(representation, ForCompany)
    assert representation.joint_act_id == act.id
    differs = replace(wish, expected_digest="cd" * 32)
    assert (await refusal(world, somchai, differs)).code is RepresentationProblem.NOT_WHAT_WAS_SHOWN
    async with world.storage.unit_of_work() as uow:
        await world.companies.use(uow, act.id, by=somchai.subscriber_id)
    assert (await refusal(world, somchai, wish)).code is RepresentationProblem.JOINT_ACT_OVER


async def test_a_completed_act_is_over_with_its_time_and_for_who_left(small_world: World, clock: FrozenClock) -> None:
    world = small_world
    somchai = await world.enrol("somchai")
    world.registry.put(ONE, [name_of("somchai")])
    async with world.storage.unit_of_work() as uow:
        facts = await world.facts()
        act = await world.companies.begin(uow, facts, ActTerms("efiling", DIGEST, {}), by=somchai, sealed=False)
    world.registry.put(ONE, [name_of("malee")])
    wish = AsSignatory(await world.facts(), act.id, DIGEST, sealed=False)
    assert (await refusal(world, somchai, wish)).code is RepresentationProblem.NOT_A_SIGNATORY
    clock.advance(timedelta(days=7).total_seconds())
    world.registry.put(ONE, [name_of("somchai")])
    wish = replace(wish, facts=await world.facts())
    assert (await refusal(world, somchai, wish)).code is RepresentationProblem.JOINT_ACT_OVER


async def test_a_proxy_acts_for_a_person_within_the_mandate(small_world: World) -> None:
    world = small_world
    await world.agency_with_service()
    giver, proxy = await world.enrol("somchai"), await world.enrol("malee")
    scope = Scope(frozenset({PERMITS}), frozenset({"dopa.address"}), "ร.1/2569")
    terms = Terms(proxy.subscriber_id, scope, NOW, NOW + timedelta(days=1))
    async with world.storage.unit_of_work() as uow:
        one = await world.mandates.give(uow, terms, by=giver, acting=ForSelf(giver.subscriber_id))
        await world.mandates.accept(uow, one.id, by=proxy)
    representation = await acting(world, proxy, ByMandate(one.id, None))
    assert representation == ForPerson(proxy.subscriber_id, giver.subscriber_id, one.id, scope)
    # RFC 8693 section 4.1: the token is about the principal, `act` names who acts
    assert subject_of(representation) == giver.subscriber_id
    assert claims_of(acted_for(representation), sub_of=sub_of) == {"act": {"sub": sub_of(proxy.subscriber_id)}}
    assert lies_within(representation, service=PERMITS, dataset="dopa.address", case="ร.1/2569")
    assert not lies_within(representation, service=PERMITS, dataset="dopa.address", case=None)
    assert not lies_within(representation, service=PERMITS, dataset="dopa.person", case="ร.1/2569")
    assert not lies_within(representation, service=ServiceId("other"), dataset=None, case="ร.1/2569")
    assert isinstance(await refusal(world, giver, ByMandate(one.id, None)), NotFound)
    assert isinstance(await refusal(world, proxy, ByMandate(MandateId("mdt_0"), None)), NotFound)
    async with world.storage.unit_of_work() as uow:
        await world.mandates.withdraw(uow, one.id, by=giver.subscriber_id)
    assert (await refusal(world, proxy, ByMandate(one.id, None))).code is RepresentationProblem.MANDATE_NOT_LIVE


async def test_a_mandated_employee_acts_while_the_company_operates(small_world: World) -> None:
    world = small_world
    await world.agency_with_service()
    somchai, employee = await world.enrol("somchai"), await world.enrol("admin2")
    world.registry.put(ONE, [name_of("somchai")])
    world.registry.put(ONE, [name_of("somchai")], juristic_id=OTHER_COMPANY)
    scope = Scope(frozenset({PERMITS}), frozenset({"dbd.company"}), None)
    terms = Terms(employee.subscriber_id, scope, NOW, NOW + timedelta(days=1))
    facts = await world.facts()
    async with world.storage.unit_of_work() as uow:
        _, one = await world.company_mandates.begin(uow, facts, terms, digest=DIGEST, by=somchai, sealed=False)
        assert one is not None
        await world.mandates.accept(uow, one.id, by=employee)
    representation = await acting(world, employee, ByMandate(one.id, facts))
    assert isinstance(representation, ForCompany)
    assert representation.mandate_id == one.id
    assert subject_of(representation) == employee.subscriber_id
    assert lies_within(representation, service=PERMITS, dataset="dbd.company", case=None)
    assert not lies_within(representation, service=ServiceId("other"), dataset="dbd.company", case=None)
    for wrong in (None, await world.facts(OTHER_COMPANY)):
        error = await refusal(world, employee, ByMandate(one.id, wrong))
        assert error.code is RepresentationProblem.UNKNOWN_COMPANY
    world.registry.put(ONE, [name_of("somchai")], status="ล้มละลาย")
    error = await refusal(world, employee, ByMandate(one.id, await world.facts()))
    assert error.code is RepresentationProblem.COMPANY_NOT_OPERATING


async def test_a_principal_without_a_digital_id_is_served_at_the_counter(small_world: World) -> None:
    world = small_world
    agency, _ = await world.agency_with_service()
    clerk, proxy = await world.enrol("officer"), await world.enrol("malee")
    principal = PaperPrincipal(identity_of("somchai").citizen_id, PersonName("นาย", "สมชาย", "", "ทดสอบดี"))
    scope = Scope(frozenset({PERMITS}), frozenset({"dopa.address"}), "ร.1/2569")
    terms = Terms(proxy.subscriber_id, scope, NOW, NOW + timedelta(days=1))
    form = PaperForm("1/2569", NOW.date(), True, True, True)
    async with world.storage.unit_of_work() as uow:
        one, _ = await world.papers.record_paper(uow, form, principal, terms, by=officer(agency, clerk))
    assert (await refusal(world, proxy, ByMandate(one.id, None))).code is RepresentationProblem.NOT_ENROLLED


def test_each_code_has_its_text() -> None:
    entries = tomllib.loads((resources.files("idp.web") / "problems" / "REP.toml").read_text("utf-8"))
    assert set(entries) == {code.value for code in RepresentationProblem}
    assert all(entry[f"{part}_en"].isascii() for entry in entries.values() for part in ("title", "text", "next"))
