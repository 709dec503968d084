"""Mandates: given, recorded from paper, of legal representatives, of companies; and their end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from connectors.contracts.card import PersonName
from connectors.contracts.thai_dates import BANGKOK, PartialDate
from connectors.fictitious.people import citizen_number
from idp.approvals.model import ApprovalProblem
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import AgencyId, MemberId, ServiceId, SubscriberId
from idp.representation.companies.model import JointActState
from idp.representation.mandates.by_companies import terms_from_json, terms_to_json
from idp.representation.mandates.model import (
    MOST_OFFERS,
    LegalPaper,
    LegalSource,
    Mandate,
    MandateKind,
    MandateState,
    PaperForm,
    PaperPrincipal,
    PersonPrincipal,
    Terms,
    UnenrolledPrincipal,
)
from idp.representation.mandates.rules import majority_at, validate_terms
from idp.representation.mandates.store import live_mandate, mandate
from idp.representation.model import ForPerson, ForSelf, MandateId, RepresentationProblem, Scope, Signer
from idp.storage.outbox import outbox
from idp.subscribers.model import ActingMember
from tests.clock import FrozenClock
from tests.representation.world import COMPANY, World, identity_of, name_of, officer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PERMITS = ServiceId("permits")
SCOPE = Scope(frozenset({PERMITS}), frozenset({"dopa.address"}), None)
CASE = replace(SCOPE, case="ร.12/2569")
SENSITIVE = replace(CASE, datasets=frozenset({"dopa.person"}))
FORM = PaperForm("12/2569", date(2026, 11, 20), True, True, True)
ON_PAPER = {"principal": identity_of("somchai").citizen_id, "proxy": identity_of("malee").citizen_id}
CHILD = PaperPrincipal(citizen_number(900, 2560), PersonName("เด็กหญิง", "ตัวอย่าง", "", "สมมติสุข"))
BORN = PartialDate(2560, 3, 15)
REGISTRY_EXTRACT = LegalPaper(LegalSource.REGISTRY, "ท.ร.14/1", date(2026, 11, 1), BORN)


def terms_for(proxy: Signer, scope: Scope = SCOPE, *, days: int = 30) -> Terms:
    return Terms(proxy.subscriber_id, scope, NOW, NOW + timedelta(days=days))


async def given_mandate(world: World, giver: Signer, proxy: Signer) -> Mandate:
    async with world.storage.unit_of_work() as uow:
        one = await world.mandates.give(uow, terms_for(proxy), by=giver, acting=ForSelf(giver.subscriber_id))
        return await world.mandates.accept(uow, one.id, by=proxy)


async def is_live(world: World, mandate_id: MandateId) -> bool:
    async with world.storage.reading() as uow:
        row = await uow.first(select(mandate.c.id).where(mandate.c.id == mandate_id, live_mandate(uow.now)))
    return row is not None


async def test_a_mandate_is_listed_on_both_sides_and_ends_at_once(world: World) -> None:
    await world.agency_with_service()
    giver, proxy, other = [await world.enrol(key) for key in ("somchai", "malee", "officer")]
    one = await given_mandate(world, giver, proxy)
    async with world.storage.reading() as uow:
        assert await world.mandates.of_proxy(uow, proxy.subscriber_id) == (one,)
        assert await world.mandates.of_principal(uow, giver.subscriber_id) == (one,)
        assert await world.mandates.of_principal(uow, other.subscriber_id) == ()
        assert await world.mandates.live(uow, one.id, proxy=proxy.subscriber_id) == one
        with pytest.raises(NotFound):
            await world.mandates.live(uow, one.id, proxy=other.subscriber_id)
    assert await is_live(world, one.id)
    with pytest.raises(NotFound):
        async with world.storage.unit_of_work() as uow:
            await world.mandates.withdraw(uow, one.id, by=other.subscriber_id)
    async with world.storage.unit_of_work() as uow:
        await world.mandates.withdraw(uow, one.id, by=giver.subscriber_id)
        assert [(row.topic, row.payload) for row in await uow.all(select(outbox))] == [
            ("mandate_offered", {"mandate_id": one.id}),
            ("mandate_given", {"mandate_id": one.id}),
            ("mandate_ended", {"mandate_id": one.id}),
        ]
    assert not await is_live(world, one.id)
    async with world.storage.unit_of_work() as uow:
        with pytest.raises(Refused) as over:
            await world.mandates.live(uow, one.id, proxy=proxy.subscriber_id)
        with pytest.raises(Conflict):
            await world.mandates.withdraw(uow, one.id, by=proxy.subscriber_id)
        (shown,) = await world.mandates.of_principal(uow, giver.subscriber_id)
    assert over.value.code is RepresentationProblem.MANDATE_NOT_LIVE
    assert (shown.state, shown.ended_at) == (MandateState.ENDED, NOW)


async def test_an_offer_is_good_for_nothing_until_the_proxy_accepts(world: World, clock: FrozenClock) -> None:
    await world.agency_with_service()
    giver, proxy, other = [await world.enrol(key) for key in ("somchai", "malee", "officer")]
    weak = replace(proxy, acr=Acr(Ial.IAL2_3, Aal.AAL2_1))
    async with world.storage.unit_of_work() as uow:
        one = await world.mandates.give(uow, terms_for(proxy), by=giver, acting=ForSelf(giver.subscriber_id))
    assert one.state is MandateState.OFFERED
    assert not await is_live(world, one.id)
    async with world.storage.unit_of_work() as uow:
        with pytest.raises(NotFound):
            await world.mandates.accept(uow, one.id, by=other)
        with pytest.raises(NotFound):
            await world.mandates.accept(uow, one.id, by=giver)
        with pytest.raises(Refused) as too_weak:
            await world.mandates.accept(uow, one.id, by=weak)
        assert too_weak.value.code is RepresentationProblem.SIGN_IN_TOO_WEAK
        await world.mandates.accept(uow, one.id, by=proxy)
        with pytest.raises(Conflict):
            await world.mandates.accept(uow, one.id, by=proxy)
    assert await is_live(world, one.id)
    async with world.storage.unit_of_work() as uow:
        late = await world.mandates.give(uow, terms_for(proxy), by=giver, acting=ForSelf(giver.subscriber_id))
        back = await world.mandates.give(uow, terms_for(proxy), by=giver, acting=ForSelf(giver.subscriber_id))
        await world.mandates.withdraw(uow, back.id, by=giver.subscriber_id)
    clock.advance(timedelta(days=14).total_seconds())
    for never in (late, back):
        async with world.storage.unit_of_work() as uow:
            with pytest.raises(Conflict):
                await world.mandates.accept(uow, never.id, by=proxy)
        assert not await is_live(world, never.id)


async def test_an_offer_to_a_number_that_nobody_has_looks_like_any_other(small_world: World) -> None:
    world = small_world
    await world.agency_with_service()
    giver, proxy = await world.enrol("somchai"), await world.enrol("malee")
    async with world.storage.unit_of_work() as uow:
        known = await world.mandates.proxy_of(uow, identity_of("malee").citizen_id)
        unknown = await world.mandates.proxy_of(uow, CHILD.citizen_id)
        assert known == proxy.subscriber_id
        assert len(unknown) == len(known)
        # a co-signer who types the number again is answered as for anybody else's
        assert await world.mandates.proxy_of(uow, CHILD.citizen_id) == unknown
        assert await world.mandates.proxy_of(uow, citizen_number(779, 2530)) != unknown
        for proxy_id in (known, unknown):
            terms = replace(terms_for(proxy), proxy=proxy_id)
            await world.mandates.give(uow, terms, by=giver, acting=ForSelf(giver.subscriber_id))
    async with world.storage.reading() as uow:
        both = await world.mandates.of_principal(uow, giver.subscriber_id)
        assert [one.state for one in both] == [MandateState.OFFERED] * 2
        held = [one for one in both if one.terms.proxy == proxy.subscriber_id]
        assert list(await world.mandates.of_proxy(uow, proxy.subscriber_id)) == held
        assert len(held) == 1


async def test_taking_offers_back_makes_no_room_for_a_flood(small_world: World, clock: FrozenClock) -> None:
    world = small_world
    await world.agency_with_service()
    giver, proxy = await world.enrol("somchai"), await world.enrol("malee")

    async def offer_and_take_back() -> None:
        async with world.storage.unit_of_work() as uow:
            terms = replace(terms_for(proxy), valid_from=uow.now, valid_until=uow.now + timedelta(days=30))
            one = await world.mandates.give(uow, terms, by=giver, acting=ForSelf(giver.subscriber_id))
            await world.mandates.withdraw(uow, one.id, by=giver.subscriber_id)

    for _ in range(MOST_OFFERS):
        await offer_and_take_back()
    with pytest.raises(Refused) as flood:
        await offer_and_take_back()
    assert flood.value.code is RepresentationProblem.TERMS_NOT_POSSIBLE
    clock.advance(timedelta(days=1).total_seconds())
    await offer_and_take_back()


async def test_a_proxy_lays_it_down_and_cannot_pass_it_on(small_world: World) -> None:
    world = small_world
    await world.agency_with_service()
    giver, proxy, third = [await world.enrol(key) for key in ("somchai", "malee", "officer")]
    one = await given_mandate(world, giver, proxy)
    acting = ForPerson(proxy.subscriber_id, giver.subscriber_id, one.id, one.terms.scope)
    async with world.storage.unit_of_work() as uow:
        for by, representation in ((proxy, acting), (giver, acting), (third, ForSelf(giver.subscriber_id))):
            with pytest.raises(Refused) as passed_on:
                await world.mandates.give(uow, terms_for(third), by=by, acting=representation)
            assert passed_on.value.code is RepresentationProblem.NOT_YOURS_TO_PASS_ON
        await world.mandates.withdraw(uow, one.id, by=proxy.subscriber_id)
    assert not await is_live(world, one.id)


async def test_a_mandate_ends_by_the_clock_and_with_either_person(world: World, clock: FrozenClock) -> None:
    await world.agency_with_service()
    giver, proxy = await world.enrol("somchai"), await world.enrol("malee")
    one = await given_mandate(world, giver, proxy)
    by = ActingMember(MemberId("mem_1"), SubscriberId("sub_x"), AgencyId("agc_1"))
    lifting = ActingMember(MemberId("mem_2"), SubscriberId("sub_y"), AgencyId("agc_1"))
    for person in (giver, proxy):
        async with world.storage.unit_of_work() as uow:
            await world.subscribers.suspend(uow, person.subscriber_id, by=by, reason="test")
        assert not await is_live(world, one.id)
        async with world.storage.unit_of_work() as uow:
            await world.subscribers.lift(uow, person.subscriber_id, by=lifting)
        assert await is_live(world, one.id)
    clock.advance(timedelta(days=30).total_seconds())
    assert not await is_live(world, one.id)
    assert not one.is_live(clock.now())


async def test_what_cannot_be_given_is_refused(small_world: World) -> None:
    world = small_world
    await world.agency_with_service()
    giver, proxy = await world.enrol("somchai"), await world.enrol("malee")
    weak = replace(giver, acr=Acr(Ial.IAL2_3, Aal.AAL2_1))
    nothing = replace(SCOPE, services=frozenset[ServiceId]())
    unknown = replace(SCOPE, datasets=frozenset({"dopa.everything"}))
    cases = [
        (weak, terms_for(proxy), RepresentationProblem.SIGN_IN_TOO_WEAK),
        (giver, terms_for(giver), RepresentationProblem.SAME_PERSON),
        (giver, terms_for(proxy, nothing), RepresentationProblem.TERMS_NOT_POSSIBLE),
        (giver, terms_for(proxy, unknown), RepresentationProblem.TERMS_NOT_POSSIBLE),
        (giver, terms_for(proxy, days=800), RepresentationProblem.TERMS_NOT_POSSIBLE),
        (giver, terms_for(proxy, days=0), RepresentationProblem.TERMS_NOT_POSSIBLE),
    ]
    async with world.storage.unit_of_work() as uow:
        for by, terms, problem in cases:
            with pytest.raises(Refused) as refused:
                await world.mandates.give(uow, terms, by=by, acting=ForSelf(by.subscriber_id))
            assert refused.value.code is problem
        with pytest.raises(NotFound):
            other = replace(SCOPE, services=frozenset({ServiceId("nowhere")}))
            await world.mandates.give(uow, terms_for(proxy, other), by=giver, acting=ForSelf(giver.subscriber_id))


@given(st.integers(-800, 800), st.integers(-800, 800))
def test_terms_hold_two_years_at_most_and_are_not_over(starts: int, lasts: int) -> None:
    terms = Terms(SubscriberId("sub_1"), SCOPE, NOW + timedelta(days=starts), NOW + timedelta(days=starts + lasts))
    assert terms_from_json(terms_to_json(terms)) == terms
    if 0 < lasts <= 731 and starts + lasts > 0:
        validate_terms(terms, now=NOW)
        return
    with pytest.raises(Refused):
        validate_terms(terms, now=NOW)


# -- papers ------------------------------------------------------------------------------------------------------------


async def test_a_paper_is_good_for_its_case_and_found_by_the_principal_who_enrols_later(world: World) -> None:
    agency, _ = await world.agency_with_service()
    clerk, proxy = await world.enrol("officer"), await world.enrol("malee")
    absent = identity_of("somchai")
    principal = PaperPrincipal(absent.citizen_id, absent.name_th)
    async with world.storage.unit_of_work() as uow:
        one, proposal = await world.papers.record_paper(
            uow, FORM, principal, terms_for(proxy, CASE), by=officer(agency, clerk)
        )
        row = await uow.first(select(mandate.c.sealed_principal))
    assert (one.kind, one.principal, one.paper_no, proposal) == (
        MandateKind.PAPER,
        UnenrolledPrincipal(),
        FORM.form_no,
        None,
    )
    assert row is not None
    assert absent.citizen_id.digits.encode() not in bytes(row.sealed_principal)
    assert await is_live(world, one.id)
    somchai = await world.enrol("somchai")
    async with world.storage.unit_of_work() as uow:
        assert await world.mandates.of_principal(uow, somchai.subscriber_id) == (one,)
        await world.mandates.withdraw(uow, one.id, by=somchai.subscriber_id)
    assert not await is_live(world, one.id)


async def test_a_sensitive_paper_waits_for_a_second_officer(world: World) -> None:
    agency, _ = await world.agency_with_service()
    keys = ("officer", "malee", "somchai", "admin1")
    clerk, proxy, principal, second = [await world.enrol(key) for key in keys]
    paper = PaperPrincipal(identity_of("somchai").citizen_id, identity_of("somchai").name_th)
    first_officer, second_officer = officer(agency, clerk), officer(agency, second, 2)
    async with world.storage.unit_of_work() as uow:
        one, proposal = await world.papers.record_paper(uow, FORM, paper, terms_for(proxy, SENSITIVE), by=first_officer)
    assert proposal is not None
    assert one.principal == PersonPrincipal(principal.subscriber_id)
    assert not await is_live(world, one.id)
    for by, problem in (
        (first_officer, ApprovalProblem.SAME_PERSON),
        (officer(agency, proxy, 3), RepresentationProblem.SAME_PERSON),
        (officer(agency, principal, 4), RepresentationProblem.SAME_PERSON),
    ):
        async with world.storage.unit_of_work() as uow:
            with pytest.raises(Refused) as refused:
                await world.papers.approve_paper(uow, proposal.id, **ON_PAPER, by=by)
        assert refused.value.code is problem
    for wrong in ("principal", "proxy"):
        async with world.storage.unit_of_work() as uow:
            with pytest.raises(Refused) as other:
                typed = {**ON_PAPER, wrong: identity_of("admin1").citizen_id}
                await world.papers.approve_paper(uow, proposal.id, **typed, by=second_officer)
        assert other.value.code is RepresentationProblem.NOT_WHAT_WAS_SHOWN
        assert not await is_live(world, one.id)
    async with world.storage.unit_of_work() as uow:
        active = await world.papers.approve_paper(uow, proposal.id, **ON_PAPER, by=second_officer)
    assert active.state is MandateState.ACTIVE
    assert await is_live(world, one.id)
    async with world.storage.unit_of_work() as uow:
        with pytest.raises(Conflict):
            await world.papers.approve_paper(uow, proposal.id, **ON_PAPER, by=second_officer)


async def test_a_paper_to_which_no_second_officer_came_ends(small_world: World, clock: FrozenClock) -> None:
    world = small_world
    agency, _ = await world.agency_with_service()
    clerk, proxy, _ = [await world.enrol(key) for key in ("officer", "malee", "somchai")]
    paper = PaperPrincipal(identity_of("somchai").citizen_id, identity_of("somchai").name_th)
    async with world.storage.unit_of_work() as uow:
        waiting, _ = await world.papers.record_paper(
            uow, FORM, paper, terms_for(proxy, SENSITIVE), by=officer(agency, clerk)
        )
    clock.advance(timedelta(days=7).total_seconds() - 1)
    async with world.storage.unit_of_work() as uow:
        assert await world.papers.end_unconfirmed(uow) == 0
    clock.advance(1)
    async with world.storage.unit_of_work() as uow:
        assert await world.papers.end_unconfirmed(uow) == 1
        assert await world.papers.end_unconfirmed(uow) == 0
        assert (await world.mandates.get(uow, waiting.id)).state is MandateState.ENDED


async def test_the_second_officer_names_a_principal_without_a_digital_id_too(small_world: World) -> None:
    world = small_world
    agency, _ = await world.agency_with_service()
    clerk, proxy, second = [await world.enrol(key) for key in ("officer", "malee", "admin1")]
    second_officer = officer(agency, second, 2)
    async with world.storage.unit_of_work() as uow:
        one, proposal = await world.papers.record_paper(
            uow, FORM, CHILD, terms_for(proxy, SENSITIVE), by=officer(agency, clerk)
        )
    assert proposal is not None
    async with world.storage.unit_of_work() as uow:
        with pytest.raises(Refused):
            await world.papers.approve_paper(uow, proposal.id, **ON_PAPER, by=second_officer)
    async with world.storage.unit_of_work() as uow:
        typed = {**ON_PAPER, "principal": CHILD.citizen_id}
        await world.papers.approve_paper(uow, proposal.id, **typed, by=second_officer)
    assert await is_live(world, one.id)


async def test_a_paper_that_the_second_officer_refuses_or_that_was_withdrawn_never_counts(small_world: World) -> None:
    world = small_world
    agency, _ = await world.agency_with_service()
    keys = ("officer", "malee", "somchai", "admin1")
    clerk, proxy, principal, second = [await world.enrol(key) for key in keys]
    paper = PaperPrincipal(identity_of("somchai").citizen_id, identity_of("somchai").name_th)
    second_officer = officer(agency, second, 2)
    made = []
    async with world.storage.unit_of_work() as uow:
        for _ in range(2):
            made.append(
                await world.papers.record_paper(
                    uow, FORM, paper, terms_for(proxy, SENSITIVE), by=officer(agency, clerk)
                )
            )
        (refused, first), (withdrawn, later) = made
        assert first is not None
        assert later is not None
        await world.papers.refuse_paper(uow, first.id, by=second_officer, reason="stamp is missing")
        await world.mandates.withdraw(uow, withdrawn.id, by=principal.subscriber_id)
        with pytest.raises(TuatonError) as changed:
            await world.papers.approve_paper(uow, later.id, **ON_PAPER, by=second_officer)
        assert changed.value.code is ApprovalProblem.CHANGED_UNDERNEATH
        assert (await world.mandates.get(uow, refused.id)).state is MandateState.ENDED


async def test_a_paper_that_is_not_complete_is_not_recorded(small_world: World) -> None:
    world = small_world
    agency, _ = await world.agency_with_service()
    elsewhere, _ = await world.agency_with_service("elsewhere", "other-service")
    clerk, proxy = await world.enrol("officer"), await world.enrol("malee")
    by = officer(agency, clerk)
    own = PaperPrincipal(identity_of("malee").citizen_id, identity_of("malee").name_th)
    good = terms_for(proxy, CASE)
    cases = [
        (replace(FORM, form_no=" "), CHILD, good, by, RepresentationProblem.PAPER_NOT_COMPLETE),
        (replace(FORM, stamp_duty_seen=False), CHILD, good, by, RepresentationProblem.PAPER_NOT_COMPLETE),
        (replace(FORM, principal_identity_seen=False), CHILD, good, by, RepresentationProblem.PAPER_NOT_COMPLETE),
        (replace(FORM, proxy_identity_seen=False), CHILD, good, by, RepresentationProblem.PAPER_NOT_COMPLETE),
        (replace(FORM, signed_on=date(2026, 11, 23)), CHILD, good, by, RepresentationProblem.PAPER_NOT_COMPLETE),
        (FORM, CHILD, terms_for(proxy, SCOPE), by, RepresentationProblem.PAPER_NOT_COMPLETE),
        (FORM, own, good, by, RepresentationProblem.SAME_PERSON),
        (FORM, CHILD, good, officer(agency, proxy), RepresentationProblem.SAME_PERSON),
        (FORM, CHILD, good, officer(agency, clerk, role="auditor"), RepresentationProblem.NOT_A_RECORDING_OFFICER),
        (FORM, CHILD, good, officer(elsewhere, clerk), RepresentationProblem.TERMS_NOT_POSSIBLE),
    ]
    for form, principal, terms, recorder, problem in cases:
        async with world.storage.unit_of_work() as uow:
            with pytest.raises(Refused) as refused:
                await world.papers.record_paper(uow, form, principal, terms, by=recorder)
        assert refused.value.code is problem


# -- legal representatives ---------------------------------------------------------------------------------------------


async def test_a_legal_representative_acts_until_the_child_comes_of_age(small_world: World, clock: FrozenClock) -> None:
    world = small_world
    agency, _ = await world.agency_with_service()
    clerk, parent = await world.enrol("officer"), await world.enrol("malee")
    by = officer(agency, clerk)
    nearly = replace(REGISTRY_EXTRACT, child_birth_date=PartialDate(2549, 12, 1))
    async with world.storage.unit_of_work() as uow:
        one, _ = await world.papers.record_legal_representative(uow, nearly, CHILD, terms_for(parent), by=by)
    assert one.kind is MandateKind.LEGAL_REPRESENTATIVE
    assert one.terms.valid_until == datetime(2026, 12, 1, tzinfo=BANGKOK)
    assert await is_live(world, one.id)
    clock.advance((one.terms.valid_until - clock.now()).total_seconds() - 1)
    assert await is_live(world, one.id)
    clock.advance(1)
    assert not await is_live(world, one.id)


async def test_an_officer_ends_what_the_law_gave_and_a_child_does_not(small_world: World) -> None:
    world = small_world
    agency, _ = await world.agency_with_service()
    elsewhere, _ = await world.agency_with_service("elsewhere", "other-service")
    clerk, parent = await world.enrol("officer"), await world.enrol("malee")
    by = officer(agency, clerk)
    child = replace(identity_of("somchai"), birth_date=BORN)
    async with world.storage.unit_of_work() as uow:
        one, _ = await world.papers.record_legal_representative(
            uow, REGISTRY_EXTRACT, PaperPrincipal(child.citizen_id, child.name_th), terms_for(parent), by=by
        )
    enrolled = await world.enrol_identity(child)
    cases = [
        (officer(elsewhere, clerk), RepresentationProblem.UNKNOWN_MANDATE),
        (officer(agency, parent), RepresentationProblem.SAME_PERSON),
        (officer(agency, clerk, role="auditor"), RepresentationProblem.NOT_A_RECORDING_OFFICER),
    ]
    async with world.storage.unit_of_work() as uow:
        with pytest.raises(Refused) as by_law:
            await world.mandates.withdraw(uow, one.id, by=enrolled.subscriber_id)
        for recorder, problem in cases:
            with pytest.raises(TuatonError) as refused:
                await world.papers.end_recorded(uow, one.id, by=recorder)
            assert refused.value.code is problem
        await world.papers.end_recorded(uow, one.id, by=by)
    assert by_law.value.code is RepresentationProblem.BY_LAW
    assert not await is_live(world, one.id)


async def test_a_small_child_is_represented_for_years(small_world: World) -> None:
    agency, _ = await small_world.agency_with_service()
    clerk, parent = await small_world.enrol("officer"), await small_world.enrol("malee")
    async with small_world.storage.unit_of_work() as uow:
        one, _ = await small_world.papers.record_legal_representative(
            uow, REGISTRY_EXTRACT, CHILD, terms_for(parent, days=7_000), by=officer(agency, clerk)
        )
    assert one.terms.valid_until == datetime(2037, 3, 15, tzinfo=BANGKOK)


async def test_the_proofed_birth_date_counts_before_the_paper_s(small_world: World) -> None:
    agency, _ = await small_world.agency_with_service()
    clerk, parent, grown = [await small_world.enrol(key) for key in ("officer", "malee", "somchai")]
    identity = identity_of("somchai")
    async with small_world.storage.unit_of_work() as uow:
        with pytest.raises(Refused) as of_age:
            await small_world.papers.record_legal_representative(
                uow,
                REGISTRY_EXTRACT,
                PaperPrincipal(identity.citizen_id, identity.name_th),
                terms_for(parent),
                by=officer(agency, clerk),
            )
        assert await small_world.mandates.of_principal(uow, grown.subscriber_id) == ()
    assert of_age.value.code is RepresentationProblem.OF_AGE


@pytest.mark.parametrize(
    ("paper", "problem"),
    [
        (replace(REGISTRY_EXTRACT, child_birth_date=PartialDate(2549, 11, 22)), RepresentationProblem.OF_AGE),
        (replace(REGISTRY_EXTRACT, child_birth_date=PartialDate(2549, None, None)), RepresentationProblem.OF_AGE),
        (replace(REGISTRY_EXTRACT, reference_no=""), RepresentationProblem.PAPER_NOT_COMPLETE),
        (replace(REGISTRY_EXTRACT, issued_on=date(2026, 11, 23)), RepresentationProblem.PAPER_NOT_COMPLETE),
    ],
)
async def test_who_is_of_age_or_has_no_paper_has_no_representative(
    small_world: World, paper: LegalPaper, problem: RepresentationProblem
) -> None:
    agency, _ = await small_world.agency_with_service()
    clerk, parent = await small_world.enrol("officer"), await small_world.enrol("malee")
    async with small_world.storage.unit_of_work() as uow:
        with pytest.raises(Refused) as refused:
            await small_world.papers.record_legal_representative(
                uow, paper, CHILD, terms_for(parent), by=officer(agency, clerk)
            )
    assert refused.value.code is problem


@pytest.mark.parametrize(
    ("born", "comes_of_age"),
    [
        (PartialDate(2560, 3, 15), (2037, 3, 15)),
        (PartialDate(2560, 3, None), (2037, 3, 1)),
        (PartialDate(2560, None, None), (2037, 1, 1)),
        (PartialDate(2547, 2, 29), (2024, 2, 29)),
        (PartialDate(2623, 2, 29), (2100, 3, 1)),
    ],
)
def test_majority_is_the_twentieth_birthday(born: PartialDate, comes_of_age: tuple[int, int, int]) -> None:
    assert majority_at(born) == datetime(*comes_of_age, tzinfo=BANGKOK)
    assert born.age_on(date(*comes_of_age)) == 20
    assert born.age_on(date(*comes_of_age) - timedelta(days=1)) == 19


# -- companies ---------------------------------------------------------------------------------------------------------


async def test_a_company_gives_no_mandate_to_its_signatory_for_a_persons_record_or_without_its_seal(
    small_world: World,
) -> None:
    world = small_world
    await world.agency_with_service()
    somchai, employee = [await world.enrol(key) for key in ("somchai", "admin2")]
    world.registry.put("กรรมการคนใดคนหนึ่งลงลายมือชื่อและประทับตราสำคัญของบริษัท", [name_of("somchai"), name_of("malee")])
    facts, companys = await world.facts(), replace(SCOPE, datasets=frozenset({"dbd.company"}))
    for terms, sealed, code in (
        (terms_for(somchai, companys), True, RepresentationProblem.SAME_PERSON),
        (
            terms_for(employee, replace(SCOPE, datasets=frozenset({"dopa.person"}))),
            True,
            RepresentationProblem.BEYOND_MANDATE,
        ),
        (terms_for(employee, companys), False, RepresentationProblem.COSIGNERS_MISSING),
    ):
        with pytest.raises(Refused) as refused:
            async with world.storage.unit_of_work() as uow:
                await world.company_mandates.begin(uow, facts, terms, digest="ab" * 32, by=somchai, sealed=sealed)
        assert refused.value.code is code


async def test_a_company_gives_a_mandate_when_its_rule_is_met(world: World, clock: FrozenClock) -> None:
    await world.agency_with_service()
    somchai, malee, employee = [await world.enrol(key) for key in ("somchai", "malee", "admin2")]
    world.registry.put("กรรมการสองคนลงลายมือชื่อร่วมกัน", [name_of("somchai"), name_of("malee")])
    terms = terms_for(employee, replace(SCOPE, datasets=frozenset({"dbd.company"})))
    facts = await world.facts()
    async with world.storage.unit_of_work() as uow:
        act, none = await world.company_mandates.begin(uow, facts, terms, digest="ab" * 32, by=somchai, sealed=False)
    assert (act.state, none) == (JointActState.WAITING, None)
    async with world.storage.unit_of_work() as uow:
        with pytest.raises(Refused):
            await world.company_mandates.co_sign(
                uow, act.id, facts, by=employee, expected_digest="ab" * 32, sealed=False
            )
        act, one = await world.company_mandates.co_sign(
            uow, act.id, facts, by=malee, expected_digest="ab" * 32, sealed=False
        )
    assert one is not None
    assert (one.terms, one.kind, one.joint_act_id) == (terms, MandateKind.COMPANY, act.id)
    assert not await is_live(world, one.id)
    async with world.storage.unit_of_work() as uow:
        one = await world.mandates.accept(uow, one.id, by=employee)
    assert await is_live(world, one.id)
    async with world.storage.unit_of_work() as uow:
        assert (await world.companies.get(uow, act.id)).state is JointActState.USED
        assert await world.mandates.of_company(uow, facts, by=malee) == (one,)
        assert await world.mandates.of_proxy(uow, employee.subscriber_id) == (one,)
        with pytest.raises(Refused):
            await world.mandates.of_company(uow, facts, by=employee)
        with pytest.raises(Refused):
            await world.mandates.withdraw_for_company(uow, one.id, facts, by=employee)
        with pytest.raises(NotFound):
            await world.mandates.withdraw(uow, one.id, by=somchai.subscriber_id)
        await world.mandates.withdraw_for_company(uow, one.id, facts, by=malee)
    assert not await is_live(world, one.id)
    assert facts.juristic_id == COMPANY
