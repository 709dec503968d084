"""A device asks for data of which some may be left out: un-ticked is not given, and all left out is no consent."""

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from idp.agencies.store import update_service
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from tests.provider.oidc.program import Program
from tests.provider.oidc.test_without_a_browser import poll_device, press
from tests.provider.oidc.world import CALLBACK, SERVICE, World

pytestmark = pytest.mark.anyio

DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def detail(*fields: str) -> dict[str, Any]:
    return {
        "type": "gdx",
        "dataset": "dopa.person",
        "subject": "self",
        "purpose": SERVICE,
        "basis": "consent",
        "fields": list(fields),
    }


async def asked(world: World, *fields: str, optional: frozenset[str]) -> tuple[Program, dict[str, Any]]:
    """A device of a program that asks for these fields."""
    key = world.sown.jobs_key
    async with world.storage.unit_of_work() as uow:
        service = await world.agencies.service(uow, SERVICE)
        await update_service(uow, replace(service, optional_fields=optional))
        await world.clients.register(
            uow,
            client_id=ClientId("device"),
            agency_id=world.sown.agency_id,
            name_th="เครื่อง",
            name_en="Device",
            metadata={
                "redirect_uris": [CALLBACK],
                "jwks": {"keys": [key.as_dict(private=False)]},
                "grant_types": ["authorization_code", DEVICE_CODE_GRANT],
                "scope": "openid profile",
                "dpop_bound_access_tokens": False,
            },
            profile=ClientProfile.BASELINE,
            services=[SERVICE],
            by=SYSTEM,
        )
    device = Program(world, "device", key)
    body = {"scope": "openid", "authorization_details": json.dumps([detail(*fields)])}
    answer = await device.http.post("/device_authorization", data=device.authenticated(body))
    assert answer.status_code == 200, answer.text
    return device, answer.json()


async def opened(world: World, code: str) -> tuple[httpx2.AsyncClient, str, httpx2.Response]:
    """The question on the citizen's own device."""
    browser = world.browser()
    await world.sign_in(browser)
    where = (await press(browser, await browser.get("/account/device"), "/account/device", user_code=code)).headers[
        "location"
    ]
    return browser, where, await browser.get(where)


async def test_what_is_not_ticked_is_not_given(world: World) -> None:
    optional = frozenset({"dopa.person/birth_date", "dopa.person/citizen_id"})
    device, waiting = await asked(world, "citizen_id", "name_th", "birth_date", optional=optional)
    browser, where, page = await opened(world, waiting["user_code"])
    assert page.text.count('type="checkbox"') == 2
    await press(browser, page, where, decision="allow", optional="dopa.person/birth_date")
    tokens = (await poll_device(device, waiting)).json()
    assert [one["fields"] for one in tokens["authorization_details"]] == [["name_th", "birth_date"]]


async def test_all_left_out_is_asked_again_with_words(world: World) -> None:
    device, waiting = await asked(world, "name_th", optional=frozenset({"dopa.person/name_th"}))
    browser, where, page = await opened(world, waiting["user_code"])
    again = await press(browser, page, where, decision="allow")
    assert again.status_code == 303
    assert "error-summary" in (await browser.get(again.headers["location"])).text
    assert (await poll_device(device, waiting)).json()["error"] == "authorization_pending"
