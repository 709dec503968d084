"""What the demonstration offers to explore by hand, walked as it is printed: its commands, its pages, its people.

A usual run walks two of them, a citizen's whole way and the kiosk, LONG all. They share one demonstration.
"""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from connectors.card.epassport.mrz import LINE
from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from connectors.card.virtual.passports import mrz_lines
from connectors.contracts.card import PassportData
from connectors.contracts.thai_dates import BANGKOK
from connectors.fictitious.personas import PASSPORT_PERSONAS, PERSONAS
from idp.app.demo.tryouts import TRYOUTS
from idp.app.places import desk_socket_of
from idp.kernel.clock import SystemClock
from tests.journeys.conftest import Demonstration
from tests.journeys.test_in_the_browser import DESK, Hands, browser, hands
from tests.patience import PATIENCE_SECONDS, eventually
from tests.provider.pages.browser import decide
from tests.web.days import type_day

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
walked_with_long = pytest.mark.skipif(not os.environ.get("LONG"), reason="a walk of minutes: make test-long")


def test_everybody_has_something_to_try() -> None:
    assert set(TRYOUTS) == {*PERSONAS, *PASSPORT_PERSONAS}


async def command(whole: Demonstration, *words: str) -> str:
    """Run `idp …` as it is printed; gives what it says."""
    given = [sys.executable, "-m", "idp.cli", *words, "--home", str(whole.plan.home)]
    running = await asyncio.create_subprocess_exec(*given, stdout=PIPE)
    said, _ = await asyncio.wait_for(running.communicate(), PATIENCE_SECONDS)
    assert running.returncode == 0, said.decode()
    return said.decode()


async def card(whole: Demonstration, *words: str, station: str = "counter-1") -> None:
    """What `idp card WORDS --station STATION` does, without its start."""
    desk = desk_socket_of(whole.plan.home, station)
    answer = await asyncio.to_thread(desk_command, desk, " ".join(words))
    assert answer["ok"], answer


async def staff(browser: Browser, whole: Demonstration, persona: str) -> Hands:
    """A member of the staff, signed in to the portal."""
    person = await hands(browser, phone=False, language="th-TH")
    await person.add_passkey(await whole.link_of(persona))
    await person.page.goto(whole.endpoints["portal"])
    await person.page.click("#sign_in")
    await person.use_passkey()
    await expect(person.page.locator("#start_enrolment, #subscribers, #paper_mandates").first).to_be_visible()
    return person


async def enrolled(
    officer: Hands, whole: Demonstration, persona: str, journey: str, *, station: str = "counter-1", mrz: str = ""
) -> str | None:
    """One journey at a counter to its end; gives the link for the passkey, where there is one."""
    page = officer.page
    await page.goto(f"{whole.endpoints['portal']}/enrolments/new")
    await page.check(f"#journey_{journey}")
    if mrz:
        await page.fill("#mrz_line", mrz)
    await page.select_option("[name=station_id]", station)
    await page.click("#start_enrolment_form button")
    enrolment = page.locator("#enrolment")
    await expect(enrolment).to_have_attribute("data-state", "waiting_for_card")
    await card(whole, "insert", "citizen", persona, station=station)
    await expect(enrolment).to_have_attribute("data-state", "compare_face")
    await page.check("#unrelated")
    await decide(page, "#face_matches")
    await expect(enrolment).to_have_attribute("data-state", "completed")
    await card(whole, "eject", "citizen", station=station)
    link = page.locator("#passkey_link")
    return await link.get_attribute("href") if await link.count() else None


async def says_whose(officer: Hands, whole: Demonstration, new: PassportData, old_number: str) -> None:
    """The new booklet on the reader, the old one shown, and a second officer asked."""
    page = officer.page
    await page.goto(f"{whole.endpoints['portal']}/enrolments/new")
    await page.check("#journey_new_passport")
    await page.fill("#mrz_line", mrz_lines(new)[LINE:])
    await page.select_option("[name=station_id]", "counter-1")
    await page.click("#start_enrolment_form button")
    await card(whole, "insert", "citizen", "foreigner_renewed")
    await expect(page.locator("#enrolment")).to_have_attribute("data-state", "compare_face")
    await page.fill("#old_number", old_number)
    await page.check("#was_shown")
    await page.check("#unrelated")
    await decide(page, "#ask_second")
    await expect(page.locator("#enrolment")).to_have_attribute("data-state", "second_officer")


@asynccontextmanager
async def before_a_camera(chromium: str, film: Path) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--host-resolver-rules=MAP *.localhost 127.0.0.1",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        try:
            yield await (await running.new_context(locale="th-TH", viewport=DESK)).new_page()
        finally:
            await running.close()


async def test_malee_enrols_at_the_kiosk(chromium: str, whole: Demonstration) -> None:
    said = await command(whole, "card", "camera", "malee")
    film = re.search(r"video-capture=(\S+)", said)
    assert film is not None
    code = re.search(r"/kiosk: ([0-9A-Z]{4}-[0-9A-Z]{4})", await command(whole, "card", "kiosk"))
    assert code is not None
    async with before_a_camera(chromium, Path(film[1])) as page:
        await page.goto(f"{whole.endpoints['issuer']}/kiosk")
        await page.fill("#code", code[1])
        await page.click("#bind")
        await page.click("#start")
        await command(whole, "card", "insert", "citizen", "malee", "--station", "kiosk-1")
        await page.wait_for_selector("#take_picture:not([disabled])")
        await page.click("#take_picture")
        await page.wait_for_selector("[data-state=completed]")
        await card(whole, "eject", "citizen", station="kiosk-1")
        await page.wait_for_selector("[data-state=start]")


async def test_who_enrolled_at_home_is_let_in_and_met_later(browser: Browser, whole: Demonstration) -> None:
    # 1. at home: the page's code into the program, the program's number into the page
    person = await hands(browser, phone=True, language="th-TH")
    page = person.page
    await page.goto(f"{whole.endpoints['issuer']}/enrol/reader")
    await page.click("#start")
    code = await page.inner_text("#pairing_code")
    reading = asyncio.create_task(command(whole, "card", "home", code))

    async def put_in() -> bool:
        try:
            await card(whole, "insert", "citizen", "one_name", station="home")
        except DeskUnavailable:
            return False
        return True

    await eventually(put_in, "the reader at home is there as soon as the program is")
    number = re.search(r"with the code: ([0-9]{6})", await reading)
    assert number is not None
    await page.wait_for_selector("#confirm_number")
    await page.fill("[name=number]", number[1])
    await page.click("#confirm_number")
    await page.wait_for_selector("[data-state=completed]")
    await person.look()
    await page.click("#passkey_here")
    await page.click("#add_passkey")
    await expect(page.locator("#passkey_added")).to_be_visible()
    # 2. the service lets the person in before a meeting
    await page.goto(whole.endpoints["jobs"])
    await page.click("#sign_in")
    await person.use_passkey()
    await expect(page.locator("#meeting")).to_be_visible()
    await person.look()
    await decide(page, "#allow")
    await expect(page.locator("#application, #applicant, h1").first).to_be_visible()
    await page.goto(f"{whole.endpoints['issuer']}/account/meetings")
    await expect(page.locator("[data-meeting]")).to_have_count(1)
    # 3. a clerk of that agency meets the person
    clerk = await staff(browser, whole, "clerk")
    await enrolled(clerk, whole, "one_name", "provisional_completion", station="employment-1")
    await page.reload()
    await expect(page.locator("[data-meeting]")).to_have_count(0)


@walked_with_long
async def test_cards_and_passports_of_every_kind_at_the_counter(browser: Browser, whole: Demonstration) -> None:
    officer = await staff(browser, whole, "officer")
    printed = mrz_lines(PASSPORT_PERSONAS["foreigner"].data)[LINE:]
    for persona, journey, mrz in (
        ("recovered", "recovery", ""),
        ("resident", "non_thai_card", ""),
        ("foreigner", "foreigner_counter", printed),
        ("foreigner", "foreigner_recovery", printed),
    ):
        link = await enrolled(officer, whole, persona, journey, mrz=mrz)
        assert link is not None, persona
        person = await hands(browser, phone=True, language="en-GB")
        await person.add_passkey(link)
        await person.page.goto(f"{whole.endpoints['issuer']}/account")
        await person.use_passkey()
        await expect(person.page.locator("main")).to_contain_text("2.2")
    # the renewed booklet is the same person's: a second officer agrees, and the phone signs in as before
    renewed = PASSPORT_PERSONAS["foreigner_renewed"].data
    await says_whose(officer, whole, renewed, PASSPORT_PERSONAS["foreigner"].data.document_no)
    second = await staff(browser, whole, "admin2")
    await second.page.goto(f"{whole.endpoints['portal']}/passports")
    await second.page.locator("[data-enrolment] a").first.click()
    await second.page.fill("#number", renewed.document_no)
    for seen in ("#seen_person", "#seen_old"):
        await second.page.check(seen)
    await decide(second.page, "#agree")
    await expect(second.page.locator("#decided")).to_have_attribute("data-agreed", "true")
    await expect(officer.page.locator("#ways_stay")).to_be_visible()
    await card(whole, "eject", "citizen")
    await person.page.goto(f"{whole.endpoints['issuer']}/account/notices")
    await expect(person.page.locator("main")).to_contain_text("new passport")
    # who is refused is told why, and how to go on
    for persona, code in (("lost_card", "ENR-05"), ("mismatch", "ENR-06")):
        await officer.page.goto(f"{whole.endpoints['portal']}/enrolments/new")
        await officer.page.select_option("[name=station_id]", "counter-1")
        await officer.page.click("#start_enrolment_form button")
        await card(whole, "insert", "citizen", persona)
        await expect(officer.page.locator("#enrolment")).to_have_attribute("data-state", "refused")
        await expect(officer.page.locator("#error_code")).to_have_text(code)
        await card(whole, "eject", "citizen")


@walked_with_long
async def test_a_proxy_with_a_paper_acts_at_the_service(browser: Browser, whole: Demonstration) -> None:
    clerk = await staff(browser, whole, "clerk")
    page, principal = clerk.page, PERSONAS["recovered"].person
    await page.goto(f"{whole.endpoints['portal']}/mandates/new")
    today = SystemClock().now().astimezone(BANGKOK).date()
    await type_day(page, "signed_on", today)
    await type_day(page, "until", today + timedelta(days=90))
    await page.fill("#principal_id", principal.citizen_id.digits)
    await page.fill("#first_name", principal.name_th.first)
    await page.fill("#last_name", principal.name_th.last)
    await page.fill("#proxy_id", PERSONAS["proxy"].person.citizen_id.digits)
    for name, value in {"paper_no": "12/2569", "case": "JS-77"}.items():
        await page.fill(f"#{name}", value)
    await page.check("input[value='jobseeker-registration']")
    for value in ("dopa.person", "dopa.address", "stamp_duty", "principal", "proxy"):
        await page.check(f"input[value='{value}']")
    await page.click("#record")
    await expect(page.locator("#paper_mandates")).to_be_visible()
    # what is highly sensitive waits for a second clerk, who types both numbers off the paper
    second = await staff(browser, whole, "clerk2")
    await second.page.goto(f"{whole.endpoints['portal']}/mandates")
    approve = second.page.locator("[value=approve]")
    if await approve.count():
        await second.page.locator("[name=principal_id]").fill(principal.citizen_id.digits)
        await second.page.locator("[name=proxy_id]").fill(PERSONAS["proxy"].person.citizen_id.digits)
        await approve.click()
    # the proxy, with the paper's case and no other
    proxy = await hands(browser, phone=True, language="th-TH")
    await proxy.add_passkey(await whole.link_of("proxy"))
    await proxy.page.goto(whole.endpoints["jobs"])
    await proxy.page.click("#for_another")
    await proxy.look()
    await proxy.page.fill("#case", "JS-77")
    await proxy.page.click("#sign_in")
    await proxy.use_passkey()
    await proxy.page.locator("input[value^='mandate:']").check()
    await proxy.page.click("#continue")
    await expect(proxy.page.locator("#acting_for")).to_be_visible()
    await decide(proxy.page, "#allow")
    await expect(proxy.page.locator("#by_proxy")).to_be_visible()
    await expect(proxy.page.locator("main")).to_contain_text(principal.name_th.last)
    await proxy.look()


@walked_with_long
async def test_two_readers_the_light_and_the_window_of_the_registrys_agent(
    browser: Browser, whole: Demonstration
) -> None:
    clerk, window = await staff(browser, whole, "clerk"), await hands(browser, phone=False, language="th-TH")
    await clerk.page.goto(f"{whole.endpoints['portal']}/stations/employment-1")
    light = clerk.page.locator("#station")
    await expect(light).to_have_attribute("data-state", "AgentNotAvailable")
    await card(whole, "insert", "officer", "clerk", station="employment-1")
    await window.page.goto(f"{whole.endpoints['simulators']}/_ami")
    desk = window.page.locator("form#employment-1")
    await desk.locator("select").select_option(PERSONAS["clerk"].person.citizen_id.digits)
    await desk.locator("[value=insert]").click()
    await expect(desk.locator(".state")).to_contain_text("PIN?")
    await desk.locator("[name=pin]").fill("2580")
    await desk.locator("[value=pin]").click()
    await expect(desk.locator(".state")).to_contain_text("AgentAvailable")
    await expect(light).to_have_attribute("data-state", "AgentAvailable")
    await clerk.look()
    await card(whole, "insert", "citizen", "somchai", station="employment-1")
    await expect(light).to_have_attribute("data-state", "CitizenAvailable")
    # two slots: without the officer's card the counter is locked
    await card(whole, "eject", "officer", station="employment-1")
    await expect(light).to_have_attribute("data-state", "AgentNotAvailable")
    await card(whole, "eject", "citizen", station="employment-1")
