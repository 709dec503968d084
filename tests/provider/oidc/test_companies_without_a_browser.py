"""A program asks a company without a browser (CIBA): a signatory is asked, others co-sign in my account, the program
finds it complete or is told no, and is pinged either way.
"""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, select

from idp.agencies.agreement_store import find_agreements
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.authorization.deferred.store import MOST_LISTED, deferred_request
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Unavailable
from idp.kernel.ids import ClientId, SubscriberId
from idp.protocol.backchannel import CIBA_GRANT
from idp.protocol.device import DEVICE_CODE_GRANT
from idp.representation.companies.store import joint_act
from idp.representation.mandates.model import CompanyPrincipal, MandateKind, MandateState, Terms
from idp.representation.mandates.store import insert_mandate
from idp.representation.model import JointActId, Scope
from idp.storage.outbox import outbox
from tests.provider.oidc.program import PERSON, Program
from tests.provider.oidc.test_acting_for_others import (
    OF_COMPANY,
    ONE,
    SEALED,
    TWO,
    claims_of,
    enrol,
    introspected,
    right_by_consent,
    signed_in,
)
from tests.provider.oidc.test_without_a_browser import listening, press
from tests.provider.oidc.world import CALLBACK, SERVICE, World
from tests.provider.pages.house import Fields
from tests.representation.world import COMPANY, identity_of, name_of

pytestmark = pytest.mark.anyio

DAY = 24 * 3600
ALL_THREE = "กรรมการสามคนลงลายมือชื่อร่วมกัน"


async def asking(world: World, **metadata: Any) -> Program:
    """A program that may ask companies for their data."""
    await right_by_consent(world)
    key = world.sown.jobs_key
    async with world.storage.unit_of_work() as uow:
        await world.clients.register(
            uow,
            client_id=ClientId("afar"),
            agency_id=world.sown.agency_id,
            name_th="ไกล",
            name_en="Afar",
            metadata={
                "redirect_uris": [CALLBACK],
                "jwks": {"keys": [key.as_dict(private=False)]},
                "grant_types": ["authorization_code", "refresh_token", DEVICE_CODE_GRANT, CIBA_GRANT],
                "scope": "openid",
                "backchannel_token_delivery_mode": "poll",
                **metadata,
            },
            services=[SERVICE],
            profile=ClientProfile.BASELINE,
            by=SYSTEM,
        )
    return Program(world, "afar", key)


async def ask(afar: Program, persona: str, details: Any = None, **changes: str) -> httpx2.Response:
    number = identity_of(persona).citizen_id
    assert number is not None
    body = {
        "scope": "openid",
        "login_hint": number.digits,
        "binding_message": "W4-SCT",
        "authorization_details": json.dumps([OF_COMPANY] if details is None else details),
        **changes,
    }
    return await afar.http.post("/backchannel_authentication", data=afar.authenticated(body))


async def asked(afar: Program, persona: str, **changes: str) -> dict[str, Any]:
    answer = await ask(afar, persona, **changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def poll(afar: Program, request: dict[str, Any]) -> httpx2.Response:
    return await afar.token({"grant_type": CIBA_GRANT, "auth_req_id": request["auth_req_id"]})


async def polled_error(afar: Program, request: dict[str, Any]) -> str:
    afar.world.clock.advance(31)
    answer = await poll(afar, request)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


async def page_of(browser: httpx2.AsyncClient) -> tuple[str, httpx2.Response]:
    """The page of the one question that waits."""
    listed = Fields((await browser.get("/account/requests")).text).data.get("data-request", [])
    assert len(listed) == 1, listed
    path = f"/account/requests/{listed[0]}"
    led = await browser.get(path)
    assert (led.status_code, led.headers["location"]) == (303, f"{path}/company")
    return f"{path}/company", await browser.get(f"{path}/company")


async def signs_first(browser: httpx2.AsyncClient, **more: str) -> JointActId:
    """The person who was asked signs; the act that others have to sign as well."""
    path, page = await page_of(browser)
    answer = await press(browser, page, path, decision="allow", **more)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith("/account/signatures/jac_"), answer.headers["location"]
    return JointActId(answer.headers["location"].rpartition("/")[2])


async def answers(browser: httpx2.AsyncClient, act_id: JointActId, decision: str = "sign") -> httpx2.Response:
    """A co-signer signs or declines in my account."""
    path = f"/account/signatures/{act_id}"
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    assert "data-act" in page.text
    return await press(browser, page, path, decision=decision)


async def hears(world: World, topic: str) -> None:
    """The worker hands on what the joint act caused."""
    async with world.storage.reading() as uow:
        rows = await uow.all(select(outbox).where(outbox.c.topic == topic))
    for row in rows:
        act_id = JointActId(row.payload["joint_act_id"])
        if topic == "joint_act_completed":
            await world.further.company_requests.complete(act_id)
        else:
            await world.further.company_requests.decline(act_id)


async def signed_by_both(world: World) -> tuple[Program, dict[str, Any], JointActId]:
    """Two directors have signed; the worker has not looked at it yet."""
    afar = await asking(world)
    somchai, malee = await enrol(world, "somchai"), await enrol(world, "malee")
    world.registry.put(TWO, [name_of("somchai"), name_of("malee")])
    request = await asked(afar, "somchai")
    act_id = await signs_first(await signed_in(world, somchai))
    assert (await answers(await signed_in(world, malee), act_id)).status_code == 303
    return afar, request, act_id


async def events(world: World, event: str) -> list[dict[str, Any]]:
    return [entry for entry in await world.entries() if entry["event"] == event]


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


@pytest.mark.parametrize(
    "details",
    [
        [OF_COMPANY, PERSON],
        [{**PERSON, "subject": {"juristic_id": COMPANY.digits}}],
        [{**OF_COMPANY, "subject": {"juristic_id": "0105500000009"}}],
        [{**OF_COMPANY, "subject": "self"}],
        [{**OF_COMPANY, "subject": {"mandate": "man_01"}}],
        [{**OF_COMPANY, "basis": "duty"}],
    ],
)
async def test_what_no_company_can_be_asked(world: World, details: list[dict[str, Any]]) -> None:
    afar = await asking(world)
    await enrol(world, "somchai")
    answer = await ask(afar, "somchai", details)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_authorization_details")


async def test_a_device_asks_no_company(world: World) -> None:
    afar = await asking(world)
    body = {"scope": "openid", "authorization_details": json.dumps([OF_COMPANY])}
    answer = await afar.http.post("/device_authorization", data=afar.authenticated(body))
    assert answer.json()["error"] == "invalid_authorization_details"


async def test_a_number_that_nobody_has_waits_like_any_other(world: World) -> None:
    afar = await asking(world)
    answer = await ask(afar, "malee")
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 7 * DAY)


async def test_a_question_about_oneself_is_no_question_about_a_company(world: World) -> None:
    afar, somchai = await asking(world), await enrol(world, "somchai")
    number = identity_of("somchai").citizen_id
    assert number is not None
    plain = afar.authenticated({"scope": "openid", "login_hint": number.digits})
    assert (await afar.http.post("/backchannel_authentication", data=plain)).status_code == 200
    browser = await signed_in(world, somchai)
    (request_id,) = Fields((await browser.get("/account/requests")).text).data["data-request"]
    refused = await browser.get(f"/account/requests/{request_id}/company")
    assert (refused.status_code < 500, refused.text) == (True, "OID-08")


async def test_a_program_that_asks_without_end_makes_no_page_without_end(world: World) -> None:
    afar, somchai = await asking(world), await enrol(world, "somchai")
    number = identity_of("somchai").citizen_id
    assert number is not None
    plain = afar.authenticated({"scope": "openid", "login_hint": number.digits})
    assert (await afar.http.post("/backchannel_authentication", data=plain)).status_code == 200
    async with world.storage.unit_of_work() as uow:
        row = await uow.first(select(deferred_request))
        assert row is not None
        copies = [
            {**row._mapping, "id": f"{row.id}{place}", "code_digest": bytes([place]) * 32, "sealed_note": None}
            for place in range(MOST_LISTED)
        ]
        await uow.execute(insert(deferred_request), copies)
    browser = await signed_in(world, somchai)
    page = await browser.get("/account/requests")
    assert page.status_code == 200
    assert len(Fields(page.text).data["data-request"]) == MOST_LISTED
