"""How to reach a higher level: the one next step for each lack, and no secret about anybody."""

import pytest

from idp.kernel.assurance import Aal, Acr, Ial
from tests.provider.pages.house import Fields, House, Visitor

pytestmark = pytest.mark.anyio


async def open_levels(visitor: Visitor, required: Acr | None) -> str:
    await visitor.http.get("/recover")  # a form: from now on this browser has an id
    flow = visitor.house.flow(visitor.browser_id, required=required)
    answer = await visitor.http.get("/levels", params={"flow": flow, "lang": "en"})
    assert answer.status_code == 200
    return answer.text


async def test_a_stranger_is_sent_to_sign_in(visitor: Visitor) -> None:
    html = await open_levels(visitor, Acr(Ial.IAL2_1, Aal.AAL2_2))
    assert "You are not signed in." in html
    assert "IAL 2.1 and AAL 2.2" in html
    assert "Sign in with a passkey" in html


async def test_who_signed_in_with_too_little_is_sent_to_a_passkey(house: House, citizen: Visitor) -> None:
    html = await open_levels(citizen, Acr(Ial.IAL2_1, Aal.AAL3))
    assert "Sign in with your security key" in html


async def test_who_has_enough_goes_on(citizen: Visitor) -> None:
    html = await open_levels(citizen, Acr(Ial.IAL2_1, Aal.AAL2_2))
    assert "Continue to the service" in html


async def test_whose_identity_is_proofed_too_little_is_sent_to_an_office(citizen: Visitor) -> None:
    html = await open_levels(citizen, Acr(Ial.IAL3, Aal.AAL2_2))
    assert "Visit a registration office with your ID card; then open the service again." in html


async def test_without_a_service_all_levels_are_told(visitor: Visitor) -> None:
    html = (await visitor.http.get("/levels", params={"lang": "en"})).text
    fields = Fields(html)
    assert fields.data["data-aal"] == ["1", "2.1", "2.2", "3"]
    assert html.count("How to reach it:") == 11
    assert "next_step" not in fields.ids


async def test_a_flow_of_another_browser_tells_nothing(house: House, visitor: Visitor) -> None:
    flow = house.flow("another-browser")
    answer = await visitor.http.get("/levels", params={"flow": flow})
    assert answer.status_code == 400
