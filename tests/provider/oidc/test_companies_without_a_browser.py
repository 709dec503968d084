"""A program asks a company without a browser (CIBA): a signatory is asked, others co-sign in my account, the program
finds it complete or is told no, and is pinged either way.
"""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.model import SYSTEM
from idp.kernel.assurance import Aal, Ial
from idp.representation.mandates.model import CompanyPrincipal, MandateKind, MandateState, Terms
from idp.representation.mandates.store import insert_mandate
from idp.representation.model import Scope
from idp.storage.outbox import outbox
from tests.provider.oidc.companies_afar import (
    DAY,
    answers,
    asked,
    asking,
    events,
    hears,
    page_of,
    poll,
    polled_error,
    signs_first,
)
from tests.provider.oidc.test_acting_for_others import ONE, SEALED, TWO, claims_of, enrol, introspected, signed_in
from tests.provider.oidc.test_without_a_browser import listening, press
from tests.provider.oidc.world import SERVICE, World
from tests.provider.pages.house import Fields
from tests.representation.world import COMPANY, name_of

pytestmark = pytest.mark.anyio

ALL_THREE = "กรรมการสามคนลงลายมือชื่อร่วมกัน"


@pytest.mark.parametrize("mode", ["poll", "ping"])
async def test_two_directors_sign_and_the_program_that_asked_finds_it_complete(world: World, mode: str) -> None:
    async with listening() as agency:
        there = f"{agency.url.replace('127.0.0.1', 'localhost')}/ping"
        ping = {"backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": there}
        afar = await asking(world, **(ping if mode == "ping" else {}))
        somchai, malee = await enrol(world, "somchai"), await enrol(world, "malee")
        world.registry.put(TWO, [name_of("somchai"), name_of("malee")])
        request = await asked(afar, "somchai", **({"client_notification_token": "t" * 32} if mode == "ping" else {}))
        assert (request["expires_in"], request["interval"]) == (7 * DAY, 30)
        assert (await poll(afar, request)).json()["error"] == "authorization_pending"
        assert (await poll(afar, request)).json()["error"] == "slow_down"

        first, second = await signed_in(world, somchai), await signed_in(world, malee)
        path, page = await page_of(first)
        assert "W4-SCT" in page.text
        assert COMPANY.digits in page.text
        act_id = await signs_first(first)
        assert (await first.get(path)).text == "OID-08"  # it waits for others now
        assert name_of("malee") in (await first.get(f"/account/signatures/{act_id}")).text
        # days go by: the first signatory's session is long over
        world.clock.advance(3 * DAY)
        assert await polled_error(afar, request) == "authorization_pending"
        second = await signed_in(world, malee)
        shown = await second.get(f"/account/signatures/{act_id}")
        assert 'id="purpose"' in shown.text
        assert (await answers(second, act_id)).status_code == 303
        # the worker hears of it, twice and at once on two nodes
        await asyncio.gather(hears(world, "joint_act_completed"), hears(world, "joint_act_completed"))
        await hears(world, "joint_act_completed")
        async with world.storage.reading() as uow:
            (decided,) = await uow.all(select(outbox).where(outbox.c.topic == "deferred_decided"))
        await world.further.backchannel.ping(decided.payload["request_id"])
        assert len(agency.heard) == (1 if mode == "ping" else 0)
    if mode == "ping":
        ((headers, content),) = agency.heard
        assert headers["authorization"] == f"Bearer {'t' * 32}"
        assert request["auth_req_id"].encode() in content

    answer = await poll(afar, request)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    organisation = {"juristic_id": COMPANY.digits, "name": "บริษัท ตัวอย่าง จำกัด", "name#en": "Tuayang Co., Ltd."}
    assert claims_of(tokens["id_token"])["organisation"] == organisation
    assert tokens["authorization_details"][0]["subject"] == {"juristic_id": COMPANY.digits}
    assert (await introspected(afar, tokens["access_token"]))["organisation"] == organisation
    assert (await afar.pull(tokens["access_token"])).json()["datasets"] == ["dbd.company"]
    # once: neither the code nor the act counts again
    assert (await poll(afar, request)).json()["error"] == "invalid_grant"
    assert len(await events(world, "backchannel.allowed")) == len(await events(world, "consent.given")) == 1
    assert len(await events(world, "representation.joint_act_used")) == 1
    async with world.storage.reading() as uow:
        (consent,) = await world.consents.list_of(uow, somchai)
    assert consent.on_behalf is not None
    assert (consent.on_behalf.decided_by, consent.on_behalf.juristic_id) == (somchai, COMPANY.digits)


async def test_a_sole_director_answers_at_once_and_affixes_the_seal(world: World) -> None:
    afar, somchai = await asking(world), await enrol(world, "somchai")
    world.registry.put(SEALED, [name_of("somchai")])
    request = await asked(afar, "somchai")
    browser = await signed_in(world, somchai)
    path, page = await page_of(browser)
    again = await press(browser, page, path, decision="allow")
    assert again.headers["location"] == f"{path}?seal=missing"
    page = await browser.get(again.headers["location"])
    assert "sealed" in Fields(page.text).ids
    done = await press(browser, page, path, decision="allow", sealed="yes")
    assert 'data-allowed="true"' in done.text
    answer = await poll(afar, request)
    assert claims_of(answer.json()["id_token"])["organisation"]["juristic_id"] == COMPANY.digits
    # what completed in the same transaction is no second answer when the worker hears of it
    await hears(world, "joint_act_completed")
    assert len(await events(world, "consent.given")) == 1
    refresh = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
    world.registry.put(ONE, [name_of("malee")])
    assert (await afar.token(refresh)).json()["error"] == "invalid_grant"


async def test_an_employee_answers_under_the_mandate_of_the_company(world: World) -> None:
    afar, malee = await asking(world), await enrol(world, "malee")
    world.registry.put(ONE, [name_of("somchai")])
    await asked(afar, "malee")
    browser = await signed_in(world, malee)
    path, page = await page_of(browser)
    assert (page.status_code, "REP-05" in page.text, "allow" in Fields(page.text).ids) == (403, True, False)
    pressed = await press(browser, page, path, decision="allow")  # by hand, without the button
    assert "REP-05" in pressed.text
    await press(browser, page, path, decision="deny")

    request = await asked(afar, "malee")
    scope = Scope(frozenset({SERVICE}), frozenset({"dbd.company"}), None)
    terms = Terms(malee, scope, world.clock.now(), world.clock.now() + timedelta(days=30))
    async with world.storage.unit_of_work() as uow:
        mandate = world.representation.mandates.new(
            uow, MandateKind.COMPANY, CompanyPrincipal(COMPANY), terms, state=MandateState.ACTIVE
        )
        await insert_mandate(uow, mandate)
    path, page = await page_of(browser)
    assert page.status_code == 200, page.text
    assert 'data-allowed="true"' in (await press(browser, page, path, decision="allow")).text
    token = (await poll(afar, request)).json()["access_token"]
    assert (await afar.pull(token)).status_code == 200
    async with world.storage.unit_of_work() as uow:
        await world.representation.mandates.end(uow, mandate, by=SYSTEM)
    assert (await afar.pull(token)).status_code == 401


@pytest.mark.parametrize("who", ["co-signer", "first"])
async def test_declined_by_a_signatory_is_told_to_the_program(world: World, who: str) -> None:
    async with listening() as agency:
        there = f"{agency.url.replace('127.0.0.1', 'localhost')}/ping"
        afar = await asking(
            world, backchannel_token_delivery_mode="ping", backchannel_client_notification_endpoint=there
        )
        people = {one: await enrol(world, one) for one in ("somchai", "malee")}
        world.registry.put(ALL_THREE, [name_of("somchai"), name_of("malee"), name_of("director")])
        request = await asked(afar, "somchai", client_notification_token="t" * 32)
        first, second = await signed_in(world, people["somchai"]), await signed_in(world, people["malee"])
        act_id = await signs_first(first)
        await answers(second, act_id)
        assert await polled_error(afar, request) == "authorization_pending"
        # a signature given is taken back as well: the act is over for all
        browser = first if who == "first" else second
        page = await browser.get(f"/account/signatures/{act_id}")
        assert "decline" in Fields(page.text).ids
        assert (await answers(browser, act_id, "decline")).status_code == 303
        await hears(world, "joint_act_declined")
        await hears(world, "joint_act_declined")
        async with world.storage.reading() as uow:
            (decided,) = await uow.all(select(outbox).where(outbox.c.topic == "deferred_decided"))
        await world.further.backchannel.ping(decided.payload["request_id"])
        assert len(agency.heard) == 1
    assert await polled_error(afar, request) == "access_denied"
    (denied,) = await events(world, "backchannel.denied")
    assert (denied["outcome"], denied["details"]["reason"]) == ("refused", "declined")


async def test_whoever_was_asked_says_no(world: World) -> None:
    afar, somchai = await asking(world), await enrol(world, "somchai")
    world.registry.put(TWO, [name_of("somchai"), name_of("malee")])
    request = await asked(afar, "somchai")
    browser = await signed_in(world, somchai)
    path, page = await page_of(browser)
    assert 'data-allowed="false"' in (await press(browser, page, path, decision="deny")).text
    assert await polled_error(afar, request) == "access_denied"


async def test_what_is_signed_for_one_request_is_good_for_no_other(world: World) -> None:
    afar = await asking(world)
    somchai, malee = await enrol(world, "somchai"), await enrol(world, "malee")
    world.registry.put(TWO, [name_of("somchai"), name_of("malee")])
    one = await asked(afar, "somchai")
    first = await signed_in(world, somchai)
    act_id = await signs_first(first)
    other = await asked(afar, "somchai")  # alike in everything
    other_act = await signs_first(first)
    assert act_id != other_act
    await answers(await signed_in(world, malee), act_id)
    await hears(world, "joint_act_completed")
    assert (await poll(afar, one)).status_code == 200
    assert await polled_error(afar, other) == "authorization_pending"


async def test_nobody_signs_with_less_than_a_passkey_or_another_ones_form(world: World) -> None:
    afar, somchai, malee = await asking(world), await enrol(world, "somchai"), await enrol(world, "malee")
    world.registry.put(ONE, [name_of("somchai"), name_of("malee")])
    request = await asked(afar, "somchai")
    browser = await signed_in(world, somchai)
    path, page = await page_of(browser)
    # a stale sign-in, one without a passkey, another person, and the form of another session
    world.clock.advance(DAY // 24)
    assert (await browser.get(path)).headers["location"].startswith("/sign-in?")
    weak = await signed_in(world, somchai, Aal.AAL1)
    assert (await weak.get(path)).headers["location"].startswith("/sign-in?")
    assert (await press(weak, page, path, decision="allow")).headers["location"].startswith("/sign-in?")
    assert (await (await signed_in(world, malee)).get(path)).text == "OID-08"
    await world.sign_in(browser)
    assert (await press(browser, page, path, decision="allow")).text.startswith("WEB-")
    assert (await poll(afar, request)).json()["error"] == "authorization_pending"


async def test_an_identity_known_too_little_is_told_so(world: World) -> None:
    afar, weak = await asking(world), await enrol(world, "somchai", ial=Ial.IAL1_3)
    world.registry.put(ONE, [name_of("somchai")])
    await asked(afar, "somchai")
    _, page = await page_of(await signed_in(world, weak))
    assert "REP-09" in page.text
    assert {"deny"} == {"allow", "deny"} & Fields(page.text).ids
