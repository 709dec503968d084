"""Who signs for a company, by what the registry says now; joint acts, complete exactly once."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from connectors.contracts.identifiers import JuristicId
from connectors.fictitious.companies import LIMITED_PARTNERSHIP, OTHER_STATUSES
from idp.audit.store import audit_entry
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError, Unavailable
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.representation.companies.model import ActTerms, CompanyFacts, JointAct, JointActState, SignatoryPaper
from idp.representation.companies.service import MOST_WAITING
from idp.representation.model import JointActId, RecordingOfficer, RepresentationProblem, Signer
from idp.representation.signing.model import LimitedAct
from idp.storage.outbox import outbox
from idp.storage.storage import Storage, open_engine
from idp.subscribers.model import ActingMember
from tests.clock import FrozenClock
from tests.representation.world import OTHER_COMPANY, World, name_of, namesake_of

pytestmark = pytest.mark.anyio

ANY_ONE = "กรรมการคนใดคนหนึ่งลงลายมือชื่อ"
TWO_AND_SEAL = "กรรมการสองคนลงลายมือชื่อร่วมกันและประทับตราสำคัญของบริษัท"
WHAT = ActTerms("efiling", "ab" * 32, {"service": "permits"})
OFFICER = RecordingOfficer(MemberId("mem_1"), SubscriberId("sub_officer"))
PAPER = SignatoryPaper("C-1/2569", date(2026, 10, 1), card_seen=True, certificate_seen=True)


async def role(world: World, signer: Signer, facts: CompanyFacts | None = None) -> bool:
    facts = facts or await world.facts()
    async with world.storage.reading() as uow:
        return (await world.companies.role_of(uow, signer, facts)).alone


async def refusal_of_role(world: World, signer: Signer, facts: CompanyFacts | None = None) -> TuatonError:
    with pytest.raises(TuatonError) as caught:
        await role(world, signer, facts)
    return caught.value


async def begin(world: World, signer: Signer, *, sealed: bool = False, what: ActTerms = WHAT) -> JointAct:
    facts = await world.facts()
    async with world.storage.unit_of_work() as uow:
        return await world.companies.begin(uow, facts, what, by=signer, sealed=sealed)


async def co_sign(world: World, act: JointAct, signer: Signer, *, sealed: bool = False) -> JointAct:
    facts = await world.facts()
    async with world.storage.unit_of_work() as uow:
        return await world.companies.co_sign(uow, act.id, facts, by=signer, expected_digest=WHAT.digest, sealed=sealed)


async def test_a_director_signs_alone_or_with_others_as_the_rule_says(small_world: World) -> None:
    world = small_world
    somchai = await world.enrol("somchai")
    world.registry.put(ANY_ONE, [name_of("somchai"), name_of("malee")])
    assert await role(world, somchai)
    world.registry.put(TWO_AND_SEAL, [name_of("somchai"), name_of("malee")])
    assert not await role(world, somchai)


@pytest.mark.parametrize("status", [*OTHER_STATUSES, "สถานะใหม่", ""])
async def test_nobody_acts_for_a_company_that_does_not_operate(small_world: World, status: str) -> None:
    somchai = await small_world.enrol("somchai")
    small_world.registry.put(ANY_ONE, [name_of("somchai")], status=status)
    error = await refusal_of_role(small_world, somchai)
    assert error.code is RepresentationProblem.COMPANY_NOT_OPERATING
    assert error.detail.isascii()
    assert (error.detail == "unknown") is (status not in OTHER_STATUSES)


@pytest.mark.parametrize(
    ("rule", "directors", "problem"),
    [
        (ANY_ONE, ["นางสาวมาลี ตัวอย่างงาม"], RepresentationProblem.NOT_A_SIGNATORY),
        ("ตามข้อบังคับของบริษัท", ["นายสมชาย ทดสอบดี"], RepresentationProblem.RULE_NOT_UNDERSTOOD),
        ("นายหาย ไปแล้ว ลงลายมือชื่อ", ["นายสมชาย ทดสอบดี"], RepresentationProblem.RULE_NOT_CLEAR),
        ("กรรมการสองคนลงลายมือชื่อร่วมกัน", ["นายสมชาย ทดสอบดี"], RepresentationProblem.RULE_NOT_CLEAR),
        (ANY_ONE, ["นายสมชาย ทดสอบดี", "บริษัท อื่น จำกัด"], RepresentationProblem.JURISTIC_OFFICER),
        (ANY_ONE, ["นายสมชาย ทดสอบดี", "นายสมชาย ทดสอบดี"], RepresentationProblem.TO_THE_COUNTER),
    ],
)
async def test_each_refusal_has_its_own_reason(
    small_world: World, rule: str, directors: list[str], problem: RepresentationProblem
) -> None:
    somchai = await small_world.enrol("somchai")
    small_world.registry.put(rule, directors)
    assert (await refusal_of_role(small_world, somchai)).code is problem


async def test_weak_identities_and_sign_ins_do_not_sign(small_world: World) -> None:
    world = small_world
    somchai = await world.enrol("somchai")
    malee = await world.enrol("malee", ial=Ial.IAL1_3)
    world.registry.put(ANY_ONE, [name_of("somchai"), name_of("malee")])
    assert (await refusal_of_role(world, malee)).code is RepresentationProblem.IDENTITY_TOO_WEAK
    boasting = replace(malee, acr=somchai.acr)
    assert (await refusal_of_role(world, boasting)).code is RepresentationProblem.IDENTITY_TOO_WEAK
    by_pin = replace(somchai, acr=Acr(Ial.IAL2_3, Aal.AAL2_1))
    assert (await refusal_of_role(world, by_pin)).code is RepresentationProblem.SIGN_IN_TOO_WEAK


async def test_the_registry_is_asked_at_use(small_world: World, clock: FrozenClock) -> None:
    world = small_world
    somchai = await world.enrol("somchai")
    world.registry.put(ANY_ONE, [name_of("somchai")])
    facts = await world.facts()
    clock.advance(61)
    error = await refusal_of_role(world, somchai, facts)
    assert (error.code, type(error)) == (RepresentationProblem.REGISTRY_SILENT, Unavailable)
    world.registry.silent = True
    with pytest.raises(Unavailable):
        await world.facts()
    world.registry.silent = False
    with pytest.raises(NotFound) as unknown:
        await world.facts(JuristicId(OTHER_COMPANY.digits))
    assert unknown.value.code is RepresentationProblem.UNKNOWN_COMPANY


async def test_an_answer_about_another_company_raises_the_alarm(small_world: World) -> None:
    small_world.registry.mistaken = True
    with pytest.raises(Unavailable) as silent:
        await small_world.facts()
    assert silent.value.code is RepresentationProblem.REGISTRY_SILENT
    async with small_world.storage.reading() as uow:
        assert [row.topic for row in await uow.all(select(outbox))] == ["wrong_person"]
        entries = await uow.all(select(audit_entry))
    assert b"representation.alarm" in bytes(entries[0].canonical)


async def test_a_partnership_without_a_rule_is_bound_by_its_one_managing_partner(small_world: World) -> None:
    world = small_world
    somchai = await world.enrol("somchai")
    partners, names = {"role": "หุ้นส่วนผู้จัดการ", "juristic_type": LIMITED_PARTNERSHIP}, [name_of("somchai")]
    world.registry.put("", names, **partners)
    assert await role(world, somchai)
    world.registry.put("", [*names, name_of("malee")], **partners)
    assert (await refusal_of_role(world, somchai)).code is RepresentationProblem.RULE_NOT_CLEAR
    world.registry.put("", names, limits=("หุ้นส่วนผู้จัดการต้องปรึกษาหุ้นส่วนอื่น",), **partners)
    assert (await refusal_of_role(world, somchai)).code is RepresentationProblem.RULE_NOT_UNDERSTOOD
    world.registry.put("", names)
    assert (await refusal_of_role(world, somchai)).code is RepresentationProblem.RULE_NOT_UNDERSTOOD


async def test_a_namesake_goes_to_the_counter_and_the_confirmed_one_signs(world: World) -> None:
    somchai = await world.enrol("somchai")
    other = await world.enrol_identity(namesake_of("somchai"))
    world.registry.put(ANY_ONE, [name_of("somchai")])
    act = await begin(world, other)
    assert act.state is JointActState.COMPLETED
    assert (await refusal_of_role(world, somchai)).code is RepresentationProblem.TO_THE_COUNTER
    facts = await world.facts()
    async with world.storage.unit_of_work() as uow:
        await world.companies.confirm_signatory(uow, somchai.subscriber_id, facts, PAPER, by=OFFICER)
    assert await role(world, somchai)
    assert (await refusal_of_role(world, other)).code is RepresentationProblem.TO_THE_COUNTER


async def test_where_the_counter_comes_first_a_name_alone_is_not_enough(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    world = World(sqlite_storage, clock, counter_first=True)
    somchai, malee = await world.enrol("somchai"), await world.enrol("malee")
    world.registry.put(ANY_ONE, [name_of("somchai")])
    assert (await refusal_of_role(world, somchai)).code is RepresentationProblem.TO_THE_COUNTER
    facts = await world.facts()
    async with world.storage.unit_of_work() as uow:
        await world.companies.confirm_signatory(uow, somchai.subscriber_id, facts, PAPER, by=OFFICER)
        with pytest.raises(Refused) as own:
            await world.companies.confirm_signatory(
                uow, somchai.subscriber_id, facts, PAPER, by=RecordingOfficer(MemberId("mem_9"), somchai.subscriber_id)
            )
        with pytest.raises(Refused) as stranger:
            await world.companies.confirm_signatory(uow, malee.subscriber_id, facts, PAPER, by=OFFICER)
    assert own.value.code is RepresentationProblem.SAME_PERSON
    assert stranger.value.code is RepresentationProblem.NOT_A_SIGNATORY
    assert await role(world, somchai)


async def test_a_joint_act_waits_for_signatures_and_the_seal(world: World) -> None:
    somchai, malee = await world.enrol("somchai"), await world.enrol("malee")
    world.registry.put(TWO_AND_SEAL, [name_of("somchai"), name_of("malee"), name_of("admin1")])
    act = await begin(world, somchai)
    act = await co_sign(world, act, somchai)
    assert (act.state, len(act.signed_by)) == (JointActState.WAITING, 1)
    act = await co_sign(world, act, malee)
    assert (act.state, len(act.signed_by)) == (JointActState.WAITING, 2)
    facts = await world.facts()
    async with world.storage.reading() as uow:
        assert await world.companies.waiting(uow, facts, by=malee) == (act,)
    act = await co_sign(world, act, malee, sealed=True)
    assert act.state is JointActState.COMPLETED
    async with world.storage.unit_of_work() as uow:
        assert await world.companies.waiting(uow, facts, by=malee) == ()
        assert {row.topic for row in await uow.all(select(outbox))} == {"joint_act_waiting", "joint_act_completed"}
        assert await world.companies.known_companies(uow, malee.subscriber_id) == (act.juristic_id,)
        await world.companies.use(uow, act.id, by=somchai.subscriber_id)
        with pytest.raises(Conflict):
            await world.companies.use(uow, act.id, by=somchai.subscriber_id)
        entries = b"".join(bytes(row.canonical) for row in await uow.all(select(audit_entry))).decode()
    assert "representation.joint_act_completed" in entries
    assert somchai.subscriber_id not in entries
    assert "สมชาย" not in entries


async def test_who_can_still_sign_is_known_and_in_office(world: World, clock: FrozenClock) -> None:
    somchai, malee, admin = [await world.enrol(key) for key in ("somchai", "malee", "admin1")]
    names = [name_of(key) for key in ("somchai", "malee", "admin1")]
    world.registry.put("กรรมการสองคนลงลายมือชื่อร่วมกัน", names)
    first = await begin(world, somchai)
    # nobody was here before: the registry gives names, and names are not looked for
    assert await still(world, first) == ()
    await co_sign(world, first, malee)
    other = await begin(world, admin, what=replace(WHAT, digest="cd" * 32))
    assert set(await still(world, other)) == {somchai.subscriber_id, malee.subscriber_id}
    # who left the committee is told nothing of the company any more; who is suspended signs nothing
    world.registry.put("กรรมการสองคนลงลายมือชื่อร่วมกัน", [names[0], names[2]])
    assert await still(world, other) == (somchai.subscriber_id,)
    async with world.storage.unit_of_work() as uow:
        by = ActingMember(OFFICER.member_id, OFFICER.person, AgencyId("agc_1"))
        await world.subscribers.suspend(uow, somchai.subscriber_id, by=by, reason="asked by the court")
    assert await still(world, other) == ()
    clock.advance(8 * 24 * 3600)
    assert await still(world, other) == ()


async def still(world: World, act: JointAct) -> tuple[SubscriberId, ...]:
    facts = await world.facts()
    async with world.storage.reading() as uow:
        return await world.companies.may_still_sign(uow, act.id, facts)


async def test_nobody_hides_an_act_among_thousands(small_world: World, clock: FrozenClock) -> None:
    world = small_world
    somchai, malee = await world.enrol("somchai"), await world.enrol("malee")
    world.registry.put(TWO_AND_SEAL, [name_of("somchai"), name_of("malee")])
    facts = await world.facts()
    async with world.storage.unit_of_work() as uow:
        for _ in range(MOST_WAITING):
            await world.companies.begin(uow, facts, WHAT, by=somchai, sealed=True)
    with pytest.raises(Refused) as flood:
        await begin(world, somchai)
    assert flood.value.code is RepresentationProblem.TERMS_NOT_POSSIBLE
    # the others of the company are not held up, and what was not signed in time counts no more
    assert (await begin(world, malee)).state is JointActState.WAITING
    clock.advance(timedelta(days=7).total_seconds())
    assert (await begin(world, somchai)).state is JointActState.WAITING


async def test_a_signatory_declines_for_all(small_world: World) -> None:
    world = small_world
    somchai, malee = await world.enrol("somchai"), await world.enrol("malee")
    outsider = await world.enrol("officer")
    world.registry.put(TWO_AND_SEAL, [name_of("somchai"), name_of("malee")])
    act = await begin(world, somchai)
    facts = await world.facts()
    async with world.storage.unit_of_work() as uow:
        with pytest.raises(Refused):
            await world.companies.decline(uow, act.id, facts, by=outsider)
        await world.companies.decline(uow, act.id, facts, by=malee)
        with pytest.raises(Conflict) as over:
            await world.companies.decline(uow, act.id, facts, by=malee)
    assert over.value.code is RepresentationProblem.JOINT_ACT_OVER
    with pytest.raises(Conflict):
        await co_sign(world, act, malee, sealed=True)


async def test_a_joint_act_ends_after_seven_days(world: World, clock: FrozenClock) -> None:
    somchai, malee = await world.enrol("somchai"), await world.enrol("malee")
    world.registry.put(TWO_AND_SEAL, [name_of("somchai"), name_of("malee")])
    act = await begin(world, somchai, sealed=True)
    clock.advance(timedelta(days=7).total_seconds())
    with pytest.raises(Conflict) as over:
        await co_sign(world, act, malee)
    assert over.value.code is RepresentationProblem.JOINT_ACT_OVER
    async with world.storage.unit_of_work() as uow:
        assert await world.companies.expire_due(uow) == [act.id]
        assert await world.companies.expire_due(uow) == []
        assert (await world.companies.get(uow, act.id)).state is JointActState.EXPIRED


async def test_a_director_who_left_or_is_suspended_no_longer_counts(small_world: World) -> None:
    world = small_world
    somchai, malee, third = [await world.enrol(key) for key in ("somchai", "malee", "admin1")]
    names = {key: name_of(key) for key in ("somchai", "malee", "admin1")}
    rule = "กรรมการสองคนลงลายมือชื่อร่วมกัน"
    world.registry.put(rule, list(names.values()))
    act = await begin(world, somchai)
    world.registry.put(rule, [names["malee"], names["admin1"]])
    act = await co_sign(world, act, malee)
    assert act.state is JointActState.WAITING
    async with world.storage.unit_of_work() as uow:
        by = ActingMember(MemberId("mem_1"), SubscriberId("sub_officer"), AgencyId("agc_1"))
        await world.subscribers.suspend(uow, malee.subscriber_id, by=by, reason="lost phone")
    act = await co_sign(world, act, third)
    assert (act.state, len(act.signed_by)) == (JointActState.WAITING, 3)


async def test_what_was_shown_is_what_is_signed(small_world: World) -> None:
    world = small_world
    somchai, malee = await world.enrol("somchai"), await world.enrol("malee")
    world.registry.put(TWO_AND_SEAL, [name_of("somchai"), name_of("malee")])
    world.registry.put(ANY_ONE, [name_of("malee")], juristic_id=OTHER_COMPANY)
    act = await begin(world, somchai)
    facts, other = await world.facts(), await world.facts(OTHER_COMPANY)
    async with world.storage.unit_of_work() as uow:
        with pytest.raises(Refused) as differs:
            await world.companies.co_sign(uow, act.id, facts, by=malee, expected_digest="cd" * 32, sealed=True)
        with pytest.raises(Refused) as elsewhere:
            await world.companies.co_sign(uow, act.id, other, by=malee, expected_digest=WHAT.digest, sealed=True)
        with pytest.raises(NotFound):
            await world.companies.get(uow, JointActId("jac_0"))
        with pytest.raises(Refused) as too_long:
            await world.companies.begin(uow, facts, WHAT, by=somchai, sealed=True, lasting=timedelta(days=8))
    assert differs.value.code is RepresentationProblem.NOT_WHAT_WAS_SHOWN
    assert elsewhere.value.code is RepresentationProblem.UNKNOWN_COMPANY
    assert too_long.value.code is RepresentationProblem.TERMS_NOT_POSSIBLE


async def test_a_registered_limit_stops_the_act_it_names(small_world: World) -> None:
    world = small_world
    somchai = await world.enrol("somchai")
    world.registry.put(
        "หุ้นส่วนผู้จัดการลงลายมือชื่อ",
        [name_of("somchai")],
        role="หุ้นส่วนผู้จัดการ",
        limits=("ห้ามหุ้นส่วนผู้จัดการกู้ยืมเงิน",),
    )
    assert (await begin(world, somchai)).state is JointActState.COMPLETED
    with pytest.raises(Refused) as limited:
        await begin(world, somchai, what=replace(WHAT, limited=LimitedAct.BORROW))
    assert limited.value.code is RepresentationProblem.LIMITED_POWERS


async def test_two_co_signers_on_two_nodes_complete_an_act_once(database_url: str, clock: FrozenClock) -> None:
    nodes = [Storage(open_engine(database_url), clock) for _ in range(2)]
    first = World(nodes[0], clock)
    worlds = [first, World(nodes[1], clock, root_keys=first.root_keys)]
    keys = ("somchai", "malee", "admin1")
    signers = [await first.enrol(key) for key in keys]
    for world in worlds:
        world.registry.put("กรรมการทุกคนลงลายมือชื่อร่วมกัน", [name_of(key) for key in keys])
    act = await begin(first, signers[0])
    await asyncio.gather(co_sign(worlds[0], act, signers[1]), co_sign(worlds[1], act, signers[2]))
    async with nodes[1].reading() as uow:
        done = await worlds[1].companies.get(uow, act.id)
        topics = [row.topic for row in await uow.all(select(outbox))]
    assert (done.state, len(done.signed_by)) == (JointActState.COMPLETED, 3)
    assert sorted(topics) == ["joint_act_completed", "joint_act_waiting"]
    for node in nodes:
        await node.close()
