"""`make screens OUT=dir`: pictures of every screen, Thai and English, phone and desktop, for people to look at."""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, expect

from connectors.fictitious.personas import PERSONAS
from idp.cli.demo_stack import Plan, start_everything, start_other_stations
from idp.cli.processes import Processes
from tests.journeys.conftest import Demonstration, free_port_base
from tests.journeys.source_map import FILE, Row, rows
from tests.journeys.test_source_map import PHONE, Walker, door_of, leave, walker_of
from tests.patience import PATIENCE_SECONDS
from tests.provider.pages.browser import decide, launched, with_authenticator

LANGUAGES = ("en", "th")
"""The last one is in which people go on."""
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}

ACCOUNT = (
    "",
    "activity",
    "consents",
    "data",
    "requests",
    "security",
    "level",
    "meetings",
    "notices",
    "mandates",
    "mandates/new",
    "companies",
    "signatures",
    "memberships",
    "invitation",
    "close",
)
"""Pages of my account."""


class Photographer:
    """Takes every page in each language and size."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def take(self, page: Page, name: str) -> None:
        """Pictures of the page as it stands; asking for it again in the other language must not change it."""
        for language in LANGUAGES:
            host = urlsplit(page.url).hostname or ""
            await page.context.add_cookies([{"name": "lang", "value": language, "domain": host, "path": "/"}])
            await page.reload()
            await self.take_as_it_is(page, f"{name}-{language}")

    async def take_as_it_is(self, page: Page, name: str) -> None:
        """Pictures of a page that is shown once, in the language it is in."""
        for size, viewport in SIZES.items():
            await page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
            await page.screenshot(path=self._folder / f"{name}-{size}.png", full_page=True)


async def person(browser: Browser) -> Page:
    """Somebody with a browser and a passkey device."""
    context = await browser.new_context(locale="th-TH")
    page = await context.new_page()
    await with_authenticator(context, page)
    return page


async def add_passkey(page: Page, link: str) -> None:
    await page.goto(link)
    await page.click("#add_passkey")
    await page.wait_for_selector("#passkey_added")


async def walk(browser: Browser, demonstration: Demonstration, camera: Photographer) -> None:
    """The journey, with a picture at each page."""
    told = demonstration.endpoints
    officer, citizen = await person(browser), await person(browser)
    # the officer's pages
    await officer.goto(await demonstration.link_of("officer"))
    await camera.take(officer, "passkey-new")
    await officer.click("#add_passkey")
    await officer.wait_for_selector("#passkey_added")
    await camera.take(officer, "passkey-added")
    await officer.goto(told["portal"])
    await camera.take(officer, "portal-welcome")
    await officer.click("#sign_in")
    await camera.take(officer, "sign-in")
    await officer.click("#sign_in")
    await officer.wait_for_selector("#start_enrolment")
    await camera.take(officer, "portal-home")
    await officer.click("#start_enrolment")
    await camera.take(officer, "enrolment-new")
    await officer.select_option("[name=station_id]", told["station_id"])
    await officer.click("#start_enrolment_form button")
    await officer.wait_for_selector("[data-state=waiting_for_card]")
    await camera.take(officer, "enrolment-waiting")
    demonstration.card("insert", "citizen", "somchai")
    await officer.wait_for_selector("[data-state=compare_face]", timeout=30_000)
    await camera.take(officer, "enrolment-compare-face")
    await officer.check("#unrelated")
    await decide(officer, "#face_matches")
    await officer.wait_for_selector("[data-state=completed]", timeout=15_000)
    await camera.take(officer, "enrolment-completed")
    link = await officer.get_attribute("#passkey_link", "href")
    assert link is not None
    demonstration.card("eject", "citizen")
    # an administrator's
    admin = await person(browser)
    await add_passkey(admin, await demonstration.link_of("admin1"))
    await admin.goto(told["portal"])
    await admin.click("#sign_in")
    await admin.click("#sign_in")
    await admin.click("#subscribers")
    await camera.take(admin, "subscribers")
    await admin.locator("tr[data-subscriber] a").first.click()
    await camera.take(admin, "subscriber")
    for name in ("reviews", "stations"):
        await admin.goto(f"{told['portal']}/{name}")
        await camera.take(admin, f"portal-{name}")
    # the citizen's
    await add_passkey(citizen, link)
    await citizen.goto(link)
    await camera.take(citizen, "error")
    await citizen.goto(told["jobs"])
    await camera.take(citizen, "jobs-home")
    await citizen.click("#sign_in")
    await citizen.click("#sign_in")
    await citizen.wait_for_selector("#consent_form")
    await camera.take(citizen, "consent")
    await decide(citizen, "#allow")
    await citizen.wait_for_url(f"{told['jobs']}/**")
    await camera.take(citizen, "jobs-application")
    for name in ACCOUNT:
        await citizen.goto(f"{told['issuer']}/account/{name}".removesuffix("/"))
        await camera.take(citizen, name.replace("/", "-") or "account")
    await citizen.goto(f"{told['issuer']}/account/consents")
    await citizen.locator("[data-consent] a").first.click()
    await camera.take(citizen, "consent-withdraw")
    for name, address in (
        ("verify", f"{told['gateway']}/verify"),
        ("levels", f"{told['issuer']}/levels"),
        ("enrol", f"{told['issuer']}/enrol"),
        ("enrol-counters", f"{told['issuer']}/enrol/counters"),
        ("enrol-reader", f"{told['issuer']}/enrol/reader"),
        ("sign-in-card", f"{told['issuer']}/sign-in/card"),
        ("jobs-employer", f"{told['jobs']}/employer"),
        ("jobs-for-another", f"{told['jobs']}/for-another"),
        ("jobs-papers", f"{told['jobs']}/papers"),
    ):
        await citizen.goto(address)
        await camera.take(citizen, name)


async def file_for_a_company(browser: Browser, demonstration: Demonstration, camera: Photographer) -> None:
    """E-submission: a director, the company, its papers, the receipt."""
    told, director = demonstration.endpoints, await person(browser)
    juristic_id = told["companies"]["thanakit"]["juristic_id"]
    await add_passkey(director, await demonstration.link_of("director"))
    await director.goto(told["efiling"])
    await camera.take(director, "efiling")
    await director.fill("#juristic_id", juristic_id)
    await director.click("#sign_in")
    await director.click("#sign_in")
    await director.check(f"#actor_company_{juristic_id}")
    await camera.take(director, "acting-for")
    await director.check(f"#actor_company_{juristic_id}")
    await director.click("#continue")
    await director.wait_for_selector("#acting_for")
    await camera.take(director, "consent-for-a-company")
    if await director.locator("#sealed").count():
        await director.check("#sealed")
    await decide(director, "#allow")
    await director.wait_for_selector("#file_form")
    await camera.take(director, "efiling-filing")
    await director.click("#file")
    await director.wait_for_selector("#filed")
    await camera.take(director, "efiling-filed")
    await director.goto(f"{told['efiling']}/papers")
    await camera.take(director, "efiling-papers")


async def ask_for_a_meter(browser: Browser, demonstration: Demonstration, camera: Photographer) -> None:
    """The waterworks' counter: the light from red to green, the form, the card taken out, the receipt."""
    water, officer = demonstration.endpoints["water"], await person(browser)
    at = ("--station", water["station_id"])
    await add_passkey(officer, await demonstration.link_of(water["officer"]))
    await officer.goto(water["url"])
    await camera.take(officer, "water-home")
    await officer.click("#sign_in")
    await officer.click("#sign_in")
    await officer.wait_for_selector("#new_request")
    await camera.take(officer, "water-requests")
    await officer.click("#new_request")
    await camera.take(officer, "water-new")
    await officer.check("#notice")
    await officer.click("#open")
    await officer.wait_for_selector("#light")
    await camera.take(officer, "water-red")
    demonstration.card("insert", "officer", water["officer"], *at)
    window = await officer.context.new_page()
    await window.goto(f"{demonstration.endpoints['simulators']}/_ami")
    desk = window.locator(f"form#{water['station_id']}")
    await desk.locator("select").select_option(PERSONAS[water["officer"]].person.citizen_id.digits)
    await desk.locator("[value=insert]").click()
    await desk.locator("[name=pin]").fill("2580")
    await desk.locator("[value=pin]").click()
    await officer.wait_for_selector("#light[data-light=yellow]", timeout=15_000)
    await camera.take(officer, "water-yellow")
    demonstration.card("insert", "citizen", water["visitor"], *at)
    await officer.wait_for_selector("#meter_form", timeout=15_000)
    await camera.take(officer, "water-form")
    demonstration.card("eject", "citizen", *at)
    await officer.wait_for_selector("#over")
    await camera.take(officer, "water-card-out")
    await officer.click("#again")
    demonstration.card("insert", "citizen", water["visitor"], *at)
    await officer.wait_for_selector("#meter_form", timeout=15_000)
    await officer.click("#save")
    await officer.wait_for_selector("#saved")
    await camera.take(officer, "water-saved")
    await officer.goto(f"{water['url']}/requests/999")
    await camera.take(officer, "water-problem")
    await officer.goto(f"{water['url']}/papers")
    await camera.take(officer, "water-papers")


async def left_to_people(_walker: Walker, _row: Row) -> None:
    """No program looks at the page: the picture is for that."""


async def walk_the_source_map(
    browser: Browser, demonstration: Demonstration, camera: Photographer, personas: Sequence[str]
) -> None:
    """Every page that `docs/source-map.md` names, as these people come to it; the number is the row's."""
    for persona in personas:
        mine = {number: row for number, row in enumerate(rows(), start=1) if row.persona == persona}
        signs_in_at = door_of(list(mine.values()))
        walker = await walker_of(browser, demonstration, persona, signs_in_at=signs_in_at, looks=left_to_people)
        for number, row in mine.items():
            await walker.walk(row)
            name = f"map-{number:02}-{persona}"
            if row.is_shown_once:
                await camera.take_as_it_is(walker.page, f"{name}-th")
            elif row.address != FILE:
                await camera.take(walker.page, name)
            await walker.page.set_viewport_size(PHONE)
        await leave(walker)
        await walker.page.context.close()


def main() -> None:
    """Start everything, walk, and leave the pictures in the folder."""
    people = sorted({row.persona for row in rows()})
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--of", nargs="+", choices=people, help="only what docs/source-map.md has of these people")
    asked = parser.parse_args()
    folder: Path = asked.out
    journeys = () if asked.of else (walk, file_for_a_company, ask_for_a_meter)
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        parser.exit(2, "Chromium is missing: as root, `make test` installs it\n")

    expect.set_options(timeout=PATIENCE_SECONDS * 1000)

    async def photograph(demonstration: Demonstration) -> None:
        async with launched(chromium) as browser:
            camera = Photographer(folder)
            for journey in journeys:
                await journey(browser, demonstration, camera)
            await walk_the_source_map(browser, demonstration, camera, asked.of or people)

    with tempfile.TemporaryDirectory(prefix="tuaton-screens-") as home:
        plan = Plan(out=Path(home), home=Path(home) / "store", port_base=free_port_base(), card="auto")
        plan.home.mkdir()
        with Processes(logs=plan.home / "logs") as processes:
            demonstration = Demonstration(plan, start_everything(plan, processes, say=print))
            start_other_stations(plan, processes)
            asyncio.run(photograph(demonstration))
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
