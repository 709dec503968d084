"""`make screens OUT=dir`: pictures of every screen, Thai and English, phone and desktop, for people to look at."""

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page

from idp.cli.demo_stack import Plan, start_everything
from idp.cli.processes import Processes
from tests.journeys.conftest import Demonstration, free_port_base
from tests.provider.pages.browser import launched, with_authenticator

LANGUAGES = ("th", "en")
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
            for size, viewport in SIZES.items():
                await page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
                await page.screenshot(path=self._folder / f"{name}-{language}-{size}.png", full_page=True)


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
    await officer.goto(demonstration.link_of("officer"))
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
    await officer.wait_for_timeout(600)
    await officer.check("#unrelated")
    await officer.click("#face_matches")
    await officer.wait_for_selector("[data-state=completed]", timeout=15_000)
    await camera.take(officer, "enrolment-completed")
    link = await officer.get_attribute("#passkey_link", "href")
    assert link is not None
    demonstration.card("eject", "citizen")
    # an administrator's
    admin = await person(browser)
    await add_passkey(admin, demonstration.link_of("admin1"))
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
    await citizen.wait_for_timeout(600)
    await citizen.click("#allow")
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
        ("efiling", told["efiling"]),
    ):
        await citizen.goto(address)
        await camera.take(citizen, name)


def main() -> None:
    """Start everything, walk, and leave the pictures in the folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        parser.exit(2, "Chromium is missing: as root, `make test` installs it\n")

    async def photograph(demonstration: Demonstration) -> None:
        async with launched(chromium) as browser:
            await walk(browser, demonstration, Photographer(folder))

    with tempfile.TemporaryDirectory(prefix="tuaton-screens-") as home:
        plan = Plan(out=Path(home), home=Path(home) / "store", port_base=free_port_base(), card="auto")
        plan.home.mkdir()
        with Processes(logs=plan.home / "logs") as processes:
            asyncio.run(photograph(Demonstration(plan, start_everything(plan, processes, say=print))))
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
