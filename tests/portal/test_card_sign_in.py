"""Card and PIN at a counter, both sides over HTTP: the officer's pages, and the page on which the citizen types."""

from pathlib import Path
from typing import cast

import httpx2
import pytest
from starlette.applications import Starlette

from connectors.dopa.card_status import CardStatusClient
from idp.audit.model import SYSTEM
from idp.authentication.card_sign_in import CardSignIns
from idp.authentication.known_devices import KnownDevices
from idp.authentication.pin_hashing import HashingCost, PinHashing
from idp.authentication.pins import Pins
from idp.kernel.assurance import Aal, Ial
from idp.kernel.ids import SubscriberId
from idp.provider.pages.card_pin import CardPinPages
from idp.provider.pages.flows import Flows
from idp.provider.pages.session_cookie import Citizens, DeviceCookie, SessionCookie
from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.middleware import door_middleware
from idp.web.pages import Pages
from idp.web.routes import build_routes
from tests.enrolment.world import ISSUER, STATION, World, identity_of
from tests.portal.office import BRAND, Browser, Office, Page, make_assets

pytestmark = pytest.mark.anyio
PIN = "27182845"


class Counter:
    """The office with its pages for card and PIN, and the issuer's page on the counter's screen."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.pins = Pins(
            storage=world.storage,
            subscribers=world.subscribers,
            hashing=PinHashing(pepper=b"p" * 32, cost=HashingCost(memory_kib=8, passes=1)),
            audit=world.audit,
            security_log=world.security_log,
        )
        card_sign_ins = CardSignIns(
            storage=world.storage,
            stations=world.stations,
            subscribers=world.subscribers,
            pins=self.pins,
            card_status=CardStatusClient(
                base_url="http://registry", http=world.registry_http, clock=world.clock.now, deadline_seconds=30
            ),
            audit=world.audit,
            security_log=world.security_log,
        )
        assets = make_assets(folder)
        self.office = Office(world, folder, assets=assets, card_sign_ins=card_sign_ins)
        browsers = BrowserIds(door="id", https=False)
        csrf = Csrf(key=b"i" * 32, browsers=browsers, origin=ISSUER)
        pages = Pages(
            template_packages=[("idp.provider", "templates")], assets=assets, brand=BRAND, csrf=csrf, https=False
        )
        self.citizens = Citizens(
            storage=world.storage,
            sessions=world.sessions,
            known_devices=KnownDevices(audit=world.audit),
            cookie=SessionCookie(https=False),
            device_cookie=DeviceCookie(https=False),
        )
        errors = ErrorAnswers(catalogue=ProblemCatalogue(), pages=pages, usual="page")
        page = CardPinPages(
            pages=pages,
            csrf=csrf,
            problems=ProblemCatalogue(),
            card_sign_ins=card_sign_ins,
            citizens=self.citizens,
            flows=cast(Flows, None),  # no service asks in these tests
        )
        app = Starlette(
            routes=list(build_routes(page.entries())),
            middleware=door_middleware(hosts=["id.localhost"], https=False, last_resort=errors),
            exception_handlers=errors.handlers(),
        )
        own_site = {"origin": ISSUER, "sec-fetch-site": "same-origin", "accept": "text/html"}
        self.screen = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url=ISSUER, headers=own_site, follow_redirects=False
        )

    async def settle(self) -> SubscriberId:
        """Somchai with a PIN."""
        async with self.world.storage.unit_of_work() as uow:
            somchai = await self.world.subscribers.create(
                uow, identity=identity_of("somchai"), ial=Ial.IAL2_2, by=SYSTEM
            )
        await self.pins.choose(somchai, PIN, by=SYSTEM)
        return somchai

    async def type_in(self, code: str, pin: str = PIN) -> httpx2.Response:
        shown = Page(await self.screen.get("/sign-in/card"))
        form = {"csrf": shown.csrf, "code": code, "pin": pin, "flow": "", "return": ""}
        return await self.screen.post("/sign-in/card", data=form)


@pytest.fixture
async def counter(world: World, tmp_path: Path) -> Counter:
    (tmp_path / "assets").mkdir()
    return Counter(world, tmp_path / "assets")


async def begin(browser: Browser) -> tuple[str, Page]:
    form = await browser.get("/card-sign-ins")
    page = await browser.post("/card-sign-ins", csrf=form.csrf, station_id=STATION)
    return str(page.response.url.path), page


async def test_from_the_card_to_a_session_of_the_middle_level(counter: Counter, world: World) -> None:
    somchai, officer = await counter.settle(), counter.office.browser()
    await officer.sign_in("officer")
    path, page = await begin(officer)
    assert page["card_sign_in"]["data-state"] == "waiting"
    look = page["card_sign_in"]["data-look"]
    assert (await officer.http.get(look)).json() == {"state": "waiting"}
    await world.insert("somchai")
    assert (await officer.http.get(look)).json() == {"state": "read"}
    page = await officer.get(path)
    assert page["card_sign_in"]["data-state"] == "read"
    page = await officer.post(path, csrf=page.csrf)
    assert page.response.headers["cache-control"] == "no-store"
    code = page.response.text.split('govuk-panel__title">')[1].split("<")[0].strip()

    wrong = await counter.type_in(code, "31415926")
    assert (wrong.status_code, "AUT-09" in wrong.text) == (400, True)
    done = await counter.type_in(code)
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert "id-session" in counter.screen.cookies
    assert "id-device" not in counter.screen.cookies, "a counter's browser is nobody's own device"
    async with world.storage.reading() as uow:
        [session] = await world.sessions.live_of(uow, somchai)
    assert (session.aal, session.amr) == (Aal.AAL2_1, ("sc", "pin", "mfa"))
    again = await counter.type_in(code)
    assert (again.status_code, "AUT-23" in again.text) == (410, True)
    assert (await officer.get(path))["card_sign_in"]["data-state"] == "ended"


async def test_a_form_of_another_site_types_nothing(counter: Counter) -> None:
    await counter.screen.get("/sign-in/card")
    form = {"csrf": "x", "code": "0000-0000", "pin": PIN}
    sent = await counter.screen.post("/sign-in/card", data=form, headers={"origin": "https://elsewhere.example"})
    assert sent.status_code == 403


async def test_another_officers_reading_is_not_shown(counter: Counter, world: World) -> None:
    officer = counter.office.browser()
    await officer.sign_in("officer")
    path, _ = await begin(officer)
    other = counter.office.browser()
    await other.sign_in("malee")  # an auditor
    assert (await other.get(path)).status == 403
    assert (await other.get("/card-sign-ins")).status == 403
