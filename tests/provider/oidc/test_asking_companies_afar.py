"""What a program may ask a company without a browser (CIBA), and what it may not."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from idp.authorization.deferred.store import MOST_LISTED, deferred_request
from tests.provider.oidc.companies_afar import DAY, ask, asking
from tests.provider.oidc.program import PERSON
from tests.provider.oidc.test_acting_for_others import OF_COMPANY, enrol, signed_in
from tests.provider.oidc.world import World
from tests.provider.pages.house import Fields
from tests.representation.world import COMPANY, identity_of

pytestmark = pytest.mark.anyio


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
