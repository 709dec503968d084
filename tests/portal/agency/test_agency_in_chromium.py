"""The pages of the agency's administrator in a real browser: both languages, on a phone and on a desk."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import expect

from idp.agencies.model import Member, Role
from idp.agencies.seats.attendance import REVIEWED_EVERY, note_sign_in
from idp.agencies.seats.model import Seat
from idp.app.portal_door import portal_door
from idp.audit.model import SYSTEM
from tests.attacks.house import settings_of
from tests.portal.agency.counted import asked, ending, noticed, papers_replaced
from tests.portal.agency.test_diary import unknown_key, written, wrong_redirect_uri, wrong_verifier
from tests.portal.agency.test_officers import prolonged
from tests.portal.auditing.house import PortalHouse
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import Program
from tests.provider.pages.browser import free_port, launched, serving, violations

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

SIZES = (("th", 320), ("en", 1280))
FURTHER = (("th", 360), ("en", 360), ("th", 1280))
"""Looked at by whoever asks for pictures."""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def furnished(portal: PortalHouse, admin: Member) -> Member:
    """An office with something on every page."""
    officer = await portal.hire("employment", Role.LOOKUP_OFFICER, Role.ENROLMENT_OFFICER)
    for member in (admin, officer):
        await prolonged(portal, member)
    portal.house.clock.advance(int(REVIEWED_EVERY.total_seconds()) + 60)
    others = [await portal.hire("employment", Role.LOOKUP_OFFICER) for _ in range(3)]
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await note_sign_in(uow, [officer.id, admin.id])
        seat = Seat(admin.agency_id, "", Role.LOOKUP_OFFICER, "เจ้าหน้าที่ประจำเคาน์เตอร์", "Counter clerk", 9, 365)
        await portal.rooms.seats.put(uow, seat, by=SYSTEM)
        for days in range(7):
            await asked(uow, officer, days_ago=days, times=20 + 7 * (days % 3))
            await asked(uow, officer, days_ago=days, times=3 + days, outcome="refused")
        for one in others:
            await asked(uow, one, times=8)
        await noticed(uow, officer, "night", "bulk")
    await papers_replaced(portal, {"2027-01": 5, "2027-02": 12, "2026-12": 9})
    await ending(portal, days=25)
    jobs = Program(portal.house)
    for mistake in (wrong_redirect_uri, wrong_verifier, unknown_key):
        await mistake(jobs)
    await written(portal)
    return officer


async def test_every_page_looks_right_everywhere(
    chromium: str, portal: PortalHouse, admin: Member, tmp_path: Path, pictures: Path | None
) -> None:
    officer = await furnished(portal, admin)
    desk = await portal.signed_in(admin)
    await desk.send("/agency/invitations", page="/agency/invitations", seat="lookup_officer|", reference="HR-0042")
    wish = {"seat": "lookup_officer|", "places": "12", "reference_no": "ปน 1/2570"}
    await desk.send("/agency/seats", page="/agency/seats", **wish)
    shown = (
        ("/agency", "#agency_overview"),
        ("/agency/officers", "#agency_officers"),
        (f"/agency/officers/{officer.id}", "#officer_form"),
        ("/agency/leavers", "#agency_leavers"),
        ("/agency/invitations", "#invitation_form"),
        ("/agency/invitations/file", "#list_form"),
        ("/agency/seats", "#seats_form"),
        ("/agency/programs", "#agency_programs"),
        ("/agency/programs/jobs", "#agency_program"),
        ("/agency/new-program", "#program_form"),
        ("/agency/requests", "#agency_requests"),
        ("/agency/usage", "#agency_usage"),
        ("/agency/calendar", "#agency_calendar"),
        ("/agency/papers", "#agency_papers"),
    )
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(portal.portal, listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        await context.add_cookies([{"name": "portal-session", "value": desk.secret, "url": origin}])
        tab = await context.new_page()
        for path, element in shown:
            for language, width in (*SIZES, *(() if pictures is None else FURTHER)):
                await tab.set_viewport_size({"width": width, "height": 800})
                await tab.goto(f"{origin}{path}?lang={language}")
                await expect(tab.locator(element)).to_be_visible()
                await tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                where = f"{path} {language} {width}"
                assert await tab.evaluate(OVERFLOW) <= 0, where
                if width in (320, 1280):
                    assert await violations(tab) == [], where
                if pictures is not None:
                    name = path.strip("/").replace("/", "-").replace(officer.id, "one")
                    await tab.screenshot(path=pictures / f"{name}-{language}-{width}.png", full_page=True)


async def test_a_letter_a_list_and_a_wrong_key(
    chromium: str, portal: PortalHouse, admin: Member, tmp_path: Path
) -> None:
    """What answers to a form looks right as well; a list is chosen as a file, and a private key is told."""
    desk = await portal.signed_in(admin)
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    settings = settings_of(tmp_path / "home").model_copy(update={"portal_url": origin})
    async with serving(portal_door(settings, portal.rooms), listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        await context.add_cookies([{"name": "portal-session", "value": desk.secret, "url": origin}])
        tab = await context.new_page()
        await tab.set_viewport_size({"width": 320, "height": 800})
        await tab.goto(f"{origin}/agency")
        await tab.click("#invitations")
        await tab.fill("#reference", "HR-0042")
        await tab.click("#invite")
        await fits(tab, "#letter")
        await tab.click("#invite_another")
        await tab.click("#from_file")
        file = tmp_path / "list.csv"
        file.write_text("role,site,reference,citizen_id\nemperor,,HR-1,\nlookup_officer,,HR-2,\n", "utf-8")
        await tab.set_input_files("#file", file)
        await expect(tab.locator("#list")).to_have_value(file.read_text("utf-8"))
        await tab.click("#check")
        await fits(tab, "#faults")
        await tab.fill("#list", "role,site,reference,citizen_id\nlookup_officer,,HR-2,\n")
        await tab.click("#check")
        await fits(tab, "#fine")
        async with tab.expect_download() as links:
            await tab.click("#invite_all")
        assert "HR-2" in Path(await (await links.value).path()).read_text("utf-8")
        await tab.goto(f"{origin}/agency/programs/jobs")
        await tab.click("#change_keys summary")
        await tab.fill("#jwks", json.dumps(ec_key().as_dict(private=True)))
        await tab.click("#look")
        await fits(tab, "#lint")
        assert (await tab.input_value("#jwks")) == ""


async def fits(tab: Tab, element: str) -> None:
    await expect(tab.locator(element)).to_be_visible()
    assert await violations(tab) == [], element
    assert await tab.evaluate(OVERFLOW) <= 0, element
