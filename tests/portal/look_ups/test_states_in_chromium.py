"""What a look-up can end in, as an officer sees it: each state on a phone in Thai and on a desk in English."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page as Screen
from playwright.async_api import Route

from connectors.fictitious.personas import COMPANY_PERSONAS
from tests.journeys.looks import DESK as WIDE
from tests.journeys.looks import PHONE, WayOfSeeing, defects
from tests.portal.look_ups.house import Browser, LookUps
from tests.portal.look_ups.test_refusals import NOWHERE
from tests.portal.look_ups.test_waiting import visit_that_may_wait
from tests.portal.office import Page
from tests.provider.pages.browser import launched

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

COMPANY = COMPANY_PERSONAS["thongdee"].juristic_id.digits
SEEN = [pytest.param("th", PHONE, id="th-phone"), pytest.param("en", WIDE, id="en-desk")]
_OF_THE_LINE = {"content-length", "content-encoding", "transfer-encoding", "set-cookie"}


class Eyes:
    """A screen in front of the officer's browser: it shows what that got, and asks what a page asks for through it."""

    def __init__(self, screen: Screen, officer: Browser, way: WayOfSeeing) -> None:
        self._screen = screen
        self._officer = officer
        self._way = way
        self._page: Page | None = None

    async def __aenter__(self) -> "Eyes":
        await self._screen.route("**/*", self._answer)
        return self

    async def __aexit__(self, *_: object) -> None:
        # what the page's script asks for is answered before the house closes
        await self._screen.unroute_all(behavior="wait")
        await self._screen.close()

    async def see(self, page: Page, state: str) -> None:
        """Nothing is wrong with the page as it came."""
        self._page = page
        await self._screen.goto(str(page.response.url))
        assert await defects(self._screen, self._way) == [], state

    async def _answer(self, route: Route) -> None:
        request, shown = route.request, self._page
        assert shown is not None
        answer = shown.response
        if not request.is_navigation_request():
            answer = await self._officer.http.request(request.method, request.url, headers={"accept": "*/*"})
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_THE_LINE}
        await route.fulfill(status=answer.status_code, headers=headers, body=answer.content)


@pytest.fixture
async def screens(chromium: str) -> AsyncIterator[Chromium]:
    async with launched(chromium) as browser:
        yield browser


@asynccontextmanager
async def officer_of(
    house: LookUps, screens: Chromium, language: str, way: WayOfSeeing
) -> AsyncIterator[tuple[Browser, Eyes]]:
    clerk = house.browser()
    clerk.http.headers["accept-language"] = language
    await clerk.sign_in()
    await clerk.acknowledged()
    screen = await screens.new_page(viewport=way.viewport, locale=language)
    async with Eyes(screen, clerk, way) as eyes:
        yield clerk, eyes


@pytest.mark.parametrize(("language", "way"), SEEN)
async def test_what_a_registry_answers_or_does_not(
    house: LookUps, screens: Chromium, language: str, way: WayOfSeeing
) -> None:
    async with officer_of(house, screens, language, way) as (clerk, eyes):
        await eyes.see(await clerk.get("/look-ups/today"), "nothing today")
        nowhere = await clerk.begin("company", number=NOWHERE, basis="duty")
        none = await clerk.look_up(nowhere, str(nowhere.response.url.path), "dbd.company")
        assert none["answer"]["data-outcome"] == "nothing"
        await eyes.see(none, "none")
        visit = await clerk.begin("company", number=COMPANY, basis="duty")
        path = str(visit.response.url.path)
        await eyes.see(visit, "a company's visit")
        house.line.is_cut = True
        down = await clerk.look_up(visit, path, "dbd.company")
        house.line.is_cut = False
        assert down["answer"]["data-outcome"] == "down"
        await eyes.see(down, "down")
        found = await clerk.look_up(visit, path, "dbd.company")
        assert found["answer"]["data-outcome"] == "found"
        await eyes.see(found, "found")
        await eyes.see(await clerk.get("/look-ups/today"), "today")


@pytest.mark.parametrize(("language", "way"), SEEN)
async def test_what_waits_and_is_asked_for_again(
    house: LookUps, screens: Chromium, language: str, way: WayOfSeeing
) -> None:
    async with officer_of(house, screens, language, way) as (_, eyes):
        clerk, visit, path = await visit_that_may_wait(house)
        clerk.http.headers["accept-language"] = language
        await house.switch("dbd", "closed")
        try:
            waiting = await clerk.look_up(visit, path, "dbd.company")
            assert waiting["answer"]["data-outcome"] == "waiting"
            await eyes.see(waiting, "waiting")
            today = await clerk.get("/look-ups/today")
            await eyes.see(today, "waits, today")
            (row,) = today.rows("data-entry")
            given_up = await clerk.post(f"/look-ups/waiting/{row['data-entry']}/cancel", waiting)
        finally:
            await house.switch("dbd", "ok")
        await eyes.see(given_up, "given up")


@pytest.mark.parametrize(("language", "way"), SEEN)
async def test_a_card_before_and_after_it_is_there(
    house: LookUps, screens: Chromium, language: str, way: WayOfSeeing
) -> None:
    async with officer_of(house, screens, language, way) as (clerk, eyes):
        await eyes.see(await clerk.get("/look-ups/new/card"), "the form")
        ready, path = await clerk.ready()
        await eyes.see(ready, "card read")
        card = await clerk.look_up(ready, path, "card.identity")
        await eyes.see(card, "on card")
        await eyes.see(await clerk.look_up(ready, path, "card.identity", "compared"), "card and registry")
        await house.pulled()
        over = await clerk.get(path)
        assert over["look_up"]["data-state"] == "over"
        await eyes.see(over, "card taken out")
        late = await clerk.look_up(ready, path, "dopa.person")
        assert late["answer"]["data-outcome"] == "denied"
        await eyes.see(late, "too late")
