"""Signing in with a PIN over HTTP, without any script."""

import pytest

from connectors.fictitious.personas import PERSONAS
from idp.audit.model import SYSTEM
from idp.kernel.errors import Refused
from tests.provider.pages.house import Fields, House, Visitor

pytestmark = pytest.mark.anyio
NUMBER = PERSONAS["somchai"].person.citizen_id.digits
PIN = "27182845"


@pytest.fixture(autouse=True)
async def with_a_pin(house: House) -> None:
    await house.pins.choose(house.world.somchai, PIN, by=SYSTEM)


async def filled(visitor: Visitor, **more: str) -> dict[str, str]:
    page = await visitor.http.get("/sign-in/pin", params={k: v for k, v in more.items() if k in ("flow", "return")})
    assert page.status_code == 200, page.text
    fields = Fields(page.text)
    assert {"identifier", "pin", "sign_in"} <= fields.ids
    return {"identifier": NUMBER, "pin": PIN, **fields.hidden, **more}


async def test_a_number_and_its_pin_sign_in(visitor: Visitor) -> None:
    answer = await visitor.http.post("/sign-in/pin", data=await filled(visitor))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert 'id="account"' in (await visitor.http.get("/account")).text


async def test_the_way_goes_on_to_the_service(visitor: Visitor) -> None:
    await visitor.http.get("/sign-in/pin")
    flow = visitor.house.flow(visitor.browser_id)
    answer = await visitor.http.post("/sign-in/pin", data=await filled(visitor, flow=flow))
    assert answer.headers["location"].startswith("/authorize?flow=")


@pytest.mark.parametrize("wrong", [{"pin": "16180339"}, {"identifier": "1" * 13}, {"identifier": ""}, {"pin": ""}])
async def test_a_wrong_pin_shows_the_form_again_with_the_code(visitor: Visitor, wrong: dict[str, str]) -> None:
    answer = await visitor.http.post("/sign-in/pin", data=await filled(visitor, **wrong))
    assert answer.status_code == 400
    assert {"identifier", "pin", "sign_in", "error_code"} <= Fields(answer.text).ids
    assert "AUT-09" in answer.text
    assert NUMBER not in answer.text
    assert "set-cookie" not in answer.headers or "id-session" not in answer.headers["set-cookie"]


async def test_only_our_own_form_signs_in(visitor: Visitor) -> None:
    form = await filled(visitor)
    assert (await visitor.http.post("/sign-in/pin", data={**form, "csrf": "x"})).status_code == 403
    elsewhere = await visitor.http.post("/sign-in/pin", data=form, headers={"origin": "https://evil.example"})
    assert elsewhere.status_code == 403


async def test_outside_addresses_are_not_followed(visitor: Visitor) -> None:
    form = await filled(visitor) | {"return": "https://evil.example/account"}
    assert (await visitor.http.post("/sign-in/pin", data=form)).headers["location"] == "/account"


async def test_the_passkey_page_shows_the_other_way(visitor: Visitor) -> None:
    assert "with_pin" in Fields((await visitor.http.get("/sign-in")).text).ids
    other = await visitor.http.get("/sign-in/pin")
    assert "with_passkey" in Fields(other.text).ids


async def test_whom_the_service_expects_stands_in_the_form_and_never_in_an_address(house: House) -> None:
    visitor = house.visitor()
    await visitor.http.get("/sign-in/pin")
    flow = house.flow(visitor.browser_id, login_hint='1100000000016">')
    page = await visitor.http.get("/sign-in/pin", params={"flow": flow})
    assert 'value="1100000000016&#34;&gt;"' in page.text
    assert "1100000000016" not in str(page.request.url)


async def test_a_pin_that_is_taken_away_or_replaced_counts_no_more(house: House) -> None:
    """It was right a moment ago: what stands on it asks again, with its owner held."""
    proven = await house.pins.authenticate(identifier=NUMBER, pin=PIN)
    async with house.storage.unit_of_work() as uow:
        await house.pins.still_counts(uow, proven)
    await house.pins.choose(house.world.somchai, PIN, by=SYSTEM)
    async with house.storage.unit_of_work() as uow:
        with pytest.raises(Refused, match="taken away"):
            await house.pins.still_counts(uow, proven)
        await house.authenticators.revoking.revoke_all(uow, house.world.somchai, by=SYSTEM)
        with pytest.raises(Refused, match="taken away"):
            await house.pins.still_counts(uow, proven)
