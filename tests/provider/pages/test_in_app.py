"""Inside another app the sign-in says so and where to begin instead; nothing that would work is kept from anybody."""

import pytest

from tests.provider.pages.house import Fields, House, Visitor

pytestmark = pytest.mark.anyio

IN_APPS = {
    "LINE": "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 Line/14.9.1",
    "Facebook": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/470.0]",
    "Instagram": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Instagram 338.0.0.22.92",
}
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


@pytest.mark.parametrize("app", IN_APPS)
async def test_an_app_is_told_and_blocks_nothing(house: House, visitor: Visitor, app: str) -> None:
    await visitor.http.get("/sign-in/pin")
    page = await visitor.http.get(
        f"/sign-in?flow={house.flow(visitor.browser_id)}", headers={"user-agent": IN_APPS[app]}
    )
    fields = Fields(page.text)
    assert fields.data["data-app"] == [app]
    assert 'id="address_to_open">http://jobs.localhost:8010<' in page.text
    assert {"sign_in", "with_pin", "leave"} <= fields.ids
    own = await visitor.http.get("/sign-in?again=1", headers={"user-agent": IN_APPS[app]})
    assert 'id="address_to_open">id.localhost:8000<' in own.text


async def test_a_browser_of_its_own_is_told_nothing(visitor: Visitor) -> None:
    page = await visitor.http.get("/sign-in", headers={"user-agent": PHONE})
    assert "in_app" not in Fields(page.text).ids
