"""A program asks a company without a browser: how it asks, and how its signatories answer."""

import json
from typing import Any

import httpx2
from sqlalchemy import select

from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from idp.protocol.backchannel import CIBA_GRANT
from idp.protocol.device import DEVICE_CODE_GRANT
from idp.representation.model import JointActId
from idp.storage.outbox import outbox
from tests.provider.oidc.program import Program
from tests.provider.oidc.test_acting_for_others import OF_COMPANY, TWO, enrol, right_by_consent, signed_in
from tests.provider.oidc.test_without_a_browser import press
from tests.provider.oidc.world import CALLBACK, SERVICE, World
from tests.provider.pages.house import Fields
from tests.representation.world import identity_of, name_of

DAY = 24 * 3600


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
