"""A sign-in that is about to end: asking prolongs nothing, staying does, and a lost line sends nothing."""

import pytest
from playwright.async_api import Page, expect

from idp.authentication.rules import SESSION_IDLE, SESSION_LIFE
from tests.provider.pages.browser import decide
from tests.provider.pages.house import House, Visitor
from tests.provider.pages.test_in_chromium import Phone, phone

__all__ = ["phone"]

pytestmark = pytest.mark.anyio

IDLE, LIFE = int(SESSION_IDLE.total_seconds()), int(SESSION_LIFE.total_seconds())


async def left(visitor: Visitor) -> int:
    return int((await visitor.http.get("/session/left")).json()["seconds"])


async def stay(visitor: Visitor, **headers: str) -> int:
    answer = await visitor.http.post("/session/stay", headers={"accept": "application/json", **headers})
    return int(answer.json()["seconds"])


async def test_nobody_has_no_time_left(visitor: Visitor) -> None:
    assert await left(visitor) == 0
    assert await stay(visitor) == 0


async def test_asking_prolongs_nothing_and_staying_does(house: House, citizen: Visitor) -> None:
    house.clock.advance(IDLE - 100)
    assert [await left(citizen) for _ in range(3)] == [100, 100, 100]
    assert await stay(citizen) == IDLE
    house.clock.advance(IDLE)
    assert await left(citizen) == 0
    assert await stay(citizen) == 0


async def test_no_staying_beyond_the_longest(house: House, citizen: Visitor) -> None:
    for _ in range(LIFE // (IDLE - 100)):
        house.clock.advance(IDLE - 100)
        await stay(citizen)
    assert 0 < await stay(citizen) < IDLE - 100


async def test_another_site_prolongs_nothing(house: House, citizen: Visitor) -> None:
    house.clock.advance(IDLE - 100)
    refused = await citizen.http.post("/session/stay", headers={"origin": "https://evil.example"})
    assert refused.status_code == 403
    assert await left(citizen) == 100


async def test_the_way_back_in_stays_in_the_house(citizen: Visitor) -> None:
    page = await citizen.http.get("/session/ended", params={"return": 'https://evil.example/"><b>'})
    assert page.status_code == 200
    assert 'href="/sign-in?return=https%3A%2F%2Fevil.example%2F%22%3E%3Cb%3E"' in page.text
    assert (await citizen.http.get("/sign-in?return=https%3A%2F%2Fevil.example")).headers["location"] == "/account"


async def passes(page: Page, seconds: int) -> None:
    """The page's own clock goes on, and whatever falls due is done."""
    await page.clock.run_for(1000 * seconds)


@pytest.mark.browser
async def test_a_sign_in_is_kept_by_one_press(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    page, clock = phone.page, phone.house.clock
    await page.clock.install()
    await phone.open("/account/security")
    ending = page.locator("#session_ending")
    await expect(ending).to_be_hidden()
    clock.advance(IDLE - 110)
    await passes(page, IDLE - 110)
    await expect(ending).to_be_visible()
    await phone.check("signed out soon")
    await page.click("#stay_signed_in")
    await expect(ending).to_be_hidden()
    # another tab keeps it: this one asks, and stays silent
    clock.advance(IDLE - 110)
    other = await phone.context.new_page()
    await other.goto(f"{phone.house.origin}/account")
    await other.close()
    async with page.expect_response("**/session/left"):
        await passes(page, IDLE - 110)
    await expect(ending).to_be_hidden()
    # nobody does anything: what stands on the page goes
    clock.advance(IDLE + 1)
    await passes(page, IDLE)
    await expect(page.locator("#session_ended")).to_be_visible()
    await phone.check("signed out")
    await expect(page.locator("#sign_in_again")).to_have_attribute("href", "/sign-in?return=%2Faccount%2Fsecurity")


@pytest.mark.browser
async def test_a_form_is_not_sent_into_a_lost_line(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    await phone.open("/account/freeze")
    await phone.context.set_offline(True)
    lost = phone.page.locator("#line_lost")
    await expect(lost).to_be_visible()
    await phone.check("no line")
    await decide(phone.page, "#freeze")
    await expect(lost).to_be_focused()
    assert phone.page.url.endswith("/account/freeze")
    await phone.context.set_offline(False)
    await expect(lost).to_be_hidden()
    await expect(phone.page.locator("#line_back")).to_be_visible()
    # nothing was kept to be sent later: whoever is frozen is signed out
    await phone.open("/account/security")
    assert phone.page.url.endswith("/account/security")
    phone.complaints.clear()  # Chromium tells the console what it could not load
