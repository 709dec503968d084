"""A place where somebody types or presses, and every trouble that a browser can bring to it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urljoin

import httpx2
from sqlalchemy import update

from idp.authentication.store import sso_session
from idp.portal.store import portal_session
from tests.portal.look_ups.house import Browser, LookUps
from tests.portal.office import PORTAL, Page
from tests.provider.pages.ways_on import PageParts

IN_APP = "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 Line/14.9.1"
SESSIONS = ("portal-session", "id-session")

Opens = Callable[[Browser], Awaitable[str]]
GOES_ON, SIGN_IN = "goes on", "sign-in"
Typed = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Place:
    """A form on a page of one of the doors: whose, where, and what is typed there."""

    persona: str
    page: str
    action: str = ""
    typed: Typed = field(default_factory=dict)
    origin: str = PORTAL
    opens: Opens | None = None
    """What is begun first, and the page it leads to; `action` goes on from that page."""

    @property
    def target(self) -> str:
        """Where the form goes, or where that begins; to its own page where nothing else is said."""
        return self.action or self.page


class Tab:
    """A tab at a place: its page, and what its form sends."""

    def __init__(self, browser: Browser, place: Place, page: Page) -> None:
        self.browser = browser
        self.place = place
        self.page = page
        parts = PageParts(page.response.text)
        meant = [form for form in parts.forms if form.action == place.target]
        meant = meant or [form for form in parts.forms if form.action.startswith(f"{place.target}/")]
        assert meant, (place, page.status, page.response.text[-2000:])
        self.target = meant[-1].action
        self.fields = {**meant[-1].fields, **place.typed}

    async def send(self) -> Page:
        headers = {"origin": self.place.origin, "referer": self.place.origin + self.place.page}
        address = self.place.origin + self.target
        answer = await self.browser.http.post(address, data=self.fields, headers=headers)
        return await followed(self.browser, answer)


Trouble = Callable[[Tab], Awaitable[None]]


async def followed(browser: Browser, answer: httpx2.Response) -> Page:
    for _ in range(12):
        if not answer.is_redirect:
            return Page(answer)
        answer = await browser.http.get(urljoin(str(answer.url), answer.headers["location"]))
    raise AssertionError(f"redirected for ever: {answer.url}")


async def arrive(house: LookUps, place: Place, **headers: str) -> Tab:
    """Somebody signed in opens the page in a new browser."""
    browser = Browser(house, place.persona)
    browser.http.headers.update(headers)
    if place.origin == PORTAL:
        await browser.sign_in()
    else:
        await browser.at_issuer(place.persona)
    if place.opens is not None:
        page = await place.opens(browser)
        place = replace(place, page=page, action=page + place.action)
    return Tab(browser, place, await browser.open(place.origin + place.page))


async def reopened(tab: Tab) -> Page:
    return await tab.browser.open(tab.place.origin + tab.place.page)


async def forget(tab: Tab) -> None:
    """All cookies are cleared."""
    tab.browser.http.cookies.clear()


async def sign_out(tab: Tab) -> None:
    """The sessions end, as another tab ends them; the browser stays known."""
    for cookie in list(tab.browser.http.cookies.jar):
        if cookie.name in SESSIONS:
            tab.browser.http.cookies.delete(cookie.name, domain=cookie.domain)


async def be_away(tab: Tab) -> None:
    """Nobody touched anything for a day: the sessions are over, and the browser does not know it yet."""
    async with tab.browser.house.rooms.ground.storage.unit_of_work() as uow:
        for sessions in (sso_session, portal_session):
            await uow.execute(update(sessions).values(last_seen=uow.now - timedelta(days=1)))


def seen(page: Page) -> str:
    """What somebody sees: a page that says what is wrong by its code, a sign-in, or a page to go on with."""
    if page.status >= 400:
        return f"{page.status} {page.error_code}"
    return SIGN_IN if page.response.url.path == "/sign-in" else GOES_ON


async def expect_way_on(tab: Tab, page: Page) -> None:
    """Whatever the page is, something on it leads on, and no link of a page of faults leads into nothing.

    Where somebody outside is away the page says so (503), and by its code.
    """
    parts = PageParts(page.response.text)
    assert page.status < 500 or page.status == 503, (tab.place, page.response.text[-1500:])
    assert parts.links or parts.forms, (tab.place, page.response.url)
    if page.status < 400:
        return
    assert page.error_code, (tab.place, page.response.text[-1500:])
    for link in dict.fromkeys(parts.links):
        if link.startswith("/"):
            led = await tab.browser.open(urljoin(str(page.response.url), link))
            assert led.status in (200, 400, 403, 409), (tab.place, link, led.status)


async def opened_after(house: LookUps, place: Place, trouble: Trouble) -> tuple[Tab, Page]:
    tab = await arrive(house, place)
    await trouble(tab)
    return tab, await reopened(tab)


async def sent_after(house: LookUps, place: Place, trouble: Trouble) -> tuple[Tab, Page]:
    tab = await arrive(house, place)
    await trouble(tab)
    return tab, await tab.send()


async def what_is_seen(house: LookUps, place: Place) -> dict[str, str]:
    """Every trouble at a place in turn, with what it shows; each has a way on."""
    answers: dict[str, str] = {}

    async def note(trouble: str, tab: Tab, page: Page) -> None:
        await expect_way_on(tab, page)
        answers[trouble] = seen(page)

    tab = await arrive(house, place, **{"user-agent": IN_APP})
    await note("inside another app", tab, tab.page)
    for name, trouble in (("cookies cleared", forget), ("signed out", sign_out), ("away for a day", be_away)):
        await note(f"{name}, opened", *await opened_after(house, place, trouble))
        await note(f"{name}, sent", *await sent_after(house, place, trouble))
    tab = await arrive(house, place)
    again = [await reopened(tab) for _ in range(4)]  # five tabs
    for page in again:
        await note("reloaded", tab, page)
    first, second = await asyncio.gather(tab.send(), tab.send())
    for page in sorted((first, second), key=lambda page: page.status):
        await expect_way_on(tab, page)
    # the better answer of the two first
    answers["sent"], answers["sent twice at once"] = sorted((seen(first), seen(second)), key=lambda one: one != GOES_ON)
    await note("back, sent again", tab, await tab.send())
    return answers
