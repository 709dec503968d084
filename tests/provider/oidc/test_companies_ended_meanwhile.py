"""What a program asked of a company without a browser, and what ended before it was told."""

import pytest
from sqlalchemy import select

from idp.agencies.agreement_store import find_agreements
from idp.audit.model import SYSTEM
from idp.authorization.deferred.store import deferred_request
from idp.kernel.errors import Unavailable
from idp.kernel.ids import SubscriberId
from idp.representation.companies.store import joint_act
from tests.provider.oidc.companies_afar import (
    DAY,
    answers,
    asked,
    asking,
    events,
    hears,
    poll,
    polled_error,
    signed_by_both,
    signs_first,
)
from tests.provider.oidc.test_acting_for_others import TWO, enrol, signed_in
from tests.provider.oidc.test_without_a_browser import press
from tests.provider.oidc.world import World
from tests.representation.world import name_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("gone", ["somchai", "malee"])
async def test_who_left_before_it_was_complete_counts_no_more(world: World, gone: str) -> None:
    """The first signatory left: the second signature does not make two. The second left: no signature at all."""
    afar = await asking(world)
    people = {one: await enrol(world, one) for one in ("somchai", "malee")}
    world.registry.put(TWO, [name_of("somchai"), name_of("malee"), name_of("director")])
    request = await asked(afar, "somchai")
    act_id = await signs_first(await signed_in(world, people["somchai"]))
    left = [name_of(one) for one in ("somchai", "malee", "director") if one != gone]
    world.registry.put(TWO, left)
    second = await signed_in(world, people["malee"])
    if gone == "malee":
        refused = await second.get(f"/account/signatures/{act_id}")
        assert (refused.status_code, refused.text) == (400, "REP-05")
    else:
        await answers(second, act_id)
    await hears(world, "joint_act_completed")
    assert await polled_error(afar, request) == "authorization_pending"


@pytest.mark.parametrize("gone", ["somchai", "malee"])
async def test_who_left_before_the_program_was_told_ends_it(world: World, gone: str) -> None:
    afar, request, _ = await signed_by_both(world)
    world.registry.put(TWO, [name_of(one) for one in ("somchai", "malee", "director") if one != gone])
    await hears(world, "joint_act_completed")
    assert await polled_error(afar, request) == "access_denied"
    assert not await events(world, "consent.given")
    assert not await events(world, "representation.joint_act_used")


async def test_a_company_that_is_dissolved_meanwhile_gives_nothing(world: World) -> None:
    afar, request, _ = await signed_by_both(world)
    world.registry.put(TWO, [name_of("somchai"), name_of("malee")], status="เลิก(เสร็จการชำระบัญชี)")
    await hears(world, "joint_act_completed")
    assert await polled_error(afar, request) == "access_denied"


async def test_a_company_that_the_registry_no_longer_knows_gives_nothing(world: World) -> None:
    afar, request, _ = await signed_by_both(world)
    world.registry.records.clear()
    await hears(world, "joint_act_completed")
    assert await polled_error(afar, request) == "access_denied"


async def test_a_silent_registry_is_asked_again(world: World) -> None:
    afar, request, act_id = await signed_by_both(world)
    world.registry.silent = True
    with pytest.raises(Unavailable):
        await world.further.company_requests.complete(act_id)
    assert await polled_error(afar, request) == "authorization_pending"
    world.registry.silent = False
    await hears(world, "joint_act_completed")
    assert (await poll(afar, request)).status_code == 200


async def test_an_agency_whose_right_ended_meanwhile_gets_nothing(world: World) -> None:
    afar, request, _ = await signed_by_both(world)
    world.clock.advance(DAY)
    async with world.storage.unit_of_work() as uow:
        known = await find_agreements(uow, agency_id=world.sown.agency_id)
        for agreement in [one for one in known if one.dataset == "dbd.company"]:
            await world.agencies.suspend_agreement(uow, agreement.id, by=SYSTEM)
    await hears(world, "joint_act_completed")
    assert await polled_error(afar, request) in ("access_denied", "invalid_grant")
    assert not await events(world, "consent.given")


async def test_an_identity_that_is_stopped_meanwhile_signs_for_nobody(world: World) -> None:
    afar, request, _ = await signed_by_both(world)
    async with world.storage.unit_of_work() as uow:
        rows = await uow.all(select(deferred_request.c.subscriber_id))
        await world.subscribers.freeze(uow, SubscriberId(rows[0].subscriber_id))
    await hears(world, "joint_act_completed")
    assert await polled_error(afar, request) == "access_denied"


async def test_it_waits_seven_days_and_no_longer(world: World) -> None:
    afar, somchai, malee = await asking(world), await enrol(world, "somchai"), await enrol(world, "malee")
    world.registry.put(TWO, [name_of("somchai"), name_of("malee")])
    request = await asked(afar, "somchai", requested_expiry=str(8 * DAY))
    assert request["expires_in"] == 7 * DAY
    world.clock.advance(DAY)
    act_id = await signs_first(await signed_in(world, somchai))
    async with world.storage.reading() as uow:
        act, *_ = await uow.all(select(joint_act.c.expires_at))
        waiting, *_ = await uow.all(select(deferred_request.c.expires_at))
    assert act.expires_at == waiting.expires_at  # signing does not lengthen it
    world.clock.advance(6 * DAY)
    late = await signed_in(world, malee)
    page = await late.get(f"/account/signatures/{act_id}")
    assert "REP-" in (await press(late, page, f"/account/signatures/{act_id}", decision="sign")).text
    assert await polled_error(afar, request) == "expired_token"
    await hears(world, "joint_act_completed")
    assert not await events(world, "consent.given")


async def test_a_completed_act_that_nobody_handed_on_in_time_gives_nothing(world: World) -> None:
    afar, request, _ = await signed_by_both(world)
    world.clock.advance(7 * DAY)
    await hears(world, "joint_act_completed")
    assert await polled_error(afar, request) == "expired_token"


async def test_what_all_signed_is_redeemed_within_the_hour(world: World) -> None:
    afar, request, _ = await signed_by_both(world)
    await hears(world, "joint_act_completed")
    world.clock.advance(3600)
    assert await polled_error(afar, request) == "expired_token"


@pytest.mark.parametrize("ended", ["left", "dissolved", "unknown"])
async def test_what_was_allowed_is_not_redeemed_when_its_signatory_or_the_company_is_gone(
    world: World, ended: str
) -> None:
    """The registry is read again at that moment; nothing is spent, so that who was gone by mistake comes back."""
    afar, request, _ = await signed_by_both(world)
    await hears(world, "joint_act_completed")
    both = [name_of("somchai"), name_of("malee")]
    match ended:
        case "left":
            world.registry.put(TWO, [name_of("malee"), name_of("director")])
        case "dissolved":
            world.registry.put(TWO, both, status="เลิก(เสร็จการชำระบัญชี)")
        case _:
            world.registry.records.clear()
    before = len(await events(world, "token.issued"))
    assert await polled_error(afar, request) == "access_denied"
    assert len(await events(world, "token.issued")) == before
    assert await events(world, "token.refused")
    world.registry.put(TWO, both)
    assert (await poll(afar, request)).status_code == 200
    assert await polled_error(afar, request) == "invalid_grant"


async def test_nothing_is_spent_while_the_registry_is_silent(world: World) -> None:
    afar, request, _ = await signed_by_both(world)
    await hears(world, "joint_act_completed")
    world.registry.silent = True
    assert (await poll(afar, request)).text == "REP-11"
    world.registry.silent = False
    assert (await poll(afar, request)).status_code == 200
