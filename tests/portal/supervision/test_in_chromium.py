"""The pages of supervisors and owners in a real browser: by visible links, on a phone and on a desk."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from idp.agencies.model import AgencyKind, Role
from idp.app.portal_door import portal_door
from idp.audit.model import SYSTEM
from idp.exchange.counter.model import LookUpFlag
from tests.attacks.house import settings_of
from tests.portal.auditing.house import Desk, PortalHouse
from tests.portal.supervision.watch import Watch, number, set_watch
from tests.provider.pages.browser import decide, free_port, launched, serving, violations

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

SIZES = (("th", 320, 720), ("en", 1280, 800))
PICTURED = (*SIZES, ("th", 1280, 800), ("en", 360, 760))


async def look(page: Page, name: str) -> None:
    """Accessible in Thai on a phone and in English on a desk; with SCREENS set, pictures of all four for people."""
    folder = os.environ.get("SCREENS")
    for language, width, height in PICTURED if folder else SIZES:
        await page.context.add_cookies([{"name": "lang", "value": language, "domain": "portal.localhost", "path": "/"}])
        await page.set_viewport_size({"width": width, "height": height})
        await page.reload()
        assert await violations(page) == [], (name, language, width)
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(wider) <= 0, (name, language, width)
        if folder:
            await page.screenshot(path=Path(folder) / f"{name}-{language}-{width}.png", full_page=True)


async def furnish(portal: PortalHouse) -> tuple[Watch, Desk]:
    """A busy agency with its supervisor, and an owner of the data it uses."""
    watch = await set_watch(portal, "busy")
    for at, serial in enumerate((1000, 2000, 3000, 4000)):
        flags = frozenset(list(LookUpFlag)[: at % 3])
        await watch.disclosed(await watch.look_up(serial, flags=flags))
        portal.house.clock.advance(60)
    await watch.noticed()
    await watch.name_all()
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await portal.rooms.agencies.register_agency(
            uow, code="population", name_th="เจ้าของข้อมูลทะเบียนราษฎรตัวอย่าง (สาธิต)", name_en="Sample owner",
            kind=AgencyKind.STATE, owns=["dopa.person", "dopa.photo"], by=SYSTEM,
        )  # fmt: skip
    owner = await portal.signed_in(await portal.hire("population", Role.DATA_OWNER))
    colleague = await portal.signed_in(await portal.hire("population", Role.DATA_OWNER))
    said = {"agency": "busy", "reference_no": "มท 0309/77", "days": "365"}
    page = await owner.send("/namings", page="/namings?agency=busy", **said)
    waits = await colleague.get("/namings")
    (proposal,) = (row["data-waiting"] for row in waits.rows("data-waiting"))
    await colleague.send("/namings/decided", page="/namings", proposal=proposal, decision="approve")
    await colleague.send("/namings", page="/namings?agency=busy", **(said | {"reference_no": "มท 0309/78"}))
    named = {"citizen_id": number(77).digits, "reference_no": "ลับ 12/2569", "days": "90"}
    key = (await owner.get("/watched-persons"))["form_key"]["value"]
    page = await owner.send("/watched-persons", page="/watched-persons", form_key=key, **named)
    assert page.status == 200
    return watch, owner


async def test_they_look_right_everywhere(portal: PortalHouse, chromium: str, tmp_path: Path) -> None:
    watch, owner = await furnish(portal)
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    here = settings_of(tmp_path / "home").model_copy(update={"portal_url": origin})
    async with serving(portal_door(here, portal.rooms), listener), launched(chromium) as browser:

        async def sit(desk: Desk) -> Page:
            context = await browser.new_context(locale="th-TH")
            await context.add_cookies([{"name": "portal-session", "value": desk.secret, "url": origin}])
            page = await context.new_page()
            await page.goto(f"{origin}/")
            return page

        page = await sit(await watch.sit_down())
        await page.click("#supervise")
        await expect(page.locator("#stopped")).to_be_visible()
        await look(page, "supervision-1-waiting")
        await page.click("#waiting a >> nth=0")
        await look(page, "supervision-2-look-up")
        await page.check("#verdict_question")
        await page.fill("#reason", "เรื่องนี้จำเป็นต้องดูที่อยู่ด้วยเหตุใด")
        await decide(page, "#save")
        await page.click("#months")
        await expect(page.locator("#chart")).to_be_visible()
        await look(page, "supervision-3-month")
        officer = await sit(await portal.signed_in(watch.officer))
        await officer.click("#look_up_questions")
        await look(officer, "supervision-4-questions")
        await officer.fill("textarea", "ผู้ยื่นย้ายบ้านระหว่างเรื่อง")
        await officer.click("main button")
        await look(officer, "supervision-5-answered")
        auditor = await sit(await portal.signed_in(await portal.hire("busy", Role.AUDITOR)))
        await auditor.click("#evidence")
        await look(auditor, "supervision-6-evidence")
        mine = await sit(owner)
        await mine.click("#my_data")
        await look(mine, "owners-1-usage")
        await mine.click("main #namings")
        await look(mine, "owners-2-namings")
        await mine.goto(f"{origin}/watched-persons")
        await look(mine, "owners-3-watched")
        # finish one for good and see it among what is reviewed
        await page.goto(f"{origin}/supervision")
        await page.click("#waiting a >> nth=0")
        await page.check("#verdict_misuse")
        await page.fill("#reason", "ไม่มีเรื่องตามเลขที่นี้")
        await decide(page, "#save")
        await look(page, "supervision-7-misuse")
        await page.goto(f"{origin}/supervision")
        await page.click("#reviewed")
        await look(page, "supervision-8-reviewed")
