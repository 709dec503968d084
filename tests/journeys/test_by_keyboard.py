"""Journeys of people who have a keyboard alone: no mouse, nothing pressed that the focus did not come to.

A usual run walks three, LONG all; the supervisor's is beside the supervisor's pages.
"""

import os

import pytest
from playwright.async_api import Browser, expect

from connectors.fictitious.personas import PERSONAS
from tests.journeys.conftest import Demonstration
from tests.journeys.keyboard import Keyboard
from tests.journeys.test_in_the_browser import browser
from tests.journeys.test_source_map import DESK, Walker, at_desk, at_the_registry, look_twice
from tests.provider.pages.browser import with_authenticator

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
walked_with_long = pytest.mark.skipif(not os.environ.get("LONG"), reason="a walk of minutes: make test-long")

CITIZEN, FREEZING = "dopa_owner2", "platform2"
"""Who walk nowhere else in this demonstration."""


async def somebody(browser: Browser, whole: Demonstration, persona: str) -> Keyboard:
    """The persona, with a passkey that was added by keys."""
    context = await browser.new_context(viewport=DESK, locale="th-TH")
    page = await context.new_page()
    await with_authenticator(context, page)
    keys = Keyboard(page)
    await page.goto(await whole.link_of(persona))
    await keys.press("เพิ่มพาสคีย์", role="button")
    await expect(page.locator("#passkey_added")).to_be_visible()
    return keys


async def sign_in(keys: Keyboard, address: str) -> None:
    """With the passkey, from the first page at this address."""
    await keys.page.goto(address)
    if await keys.page.locator("a#sign_in").count():
        await keys.press("เข้าสู่ระบบ")
    await expect(keys.page.locator("button#sign_in")).to_be_enabled()
    await keys.press("เข้าสู่ระบบด้วยพาสคีย์", role="button")


async def at_account(browser: Browser, whole: Demonstration, persona: str = CITIZEN) -> Keyboard:
    keys = await somebody(browser, whole, persona)
    await sign_in(keys, f"{whole.endpoints['issuer']}/account")
    await expect(keys.page.locator("#account")).to_be_visible()
    return keys


async def at_portal(browser: Browser, whole: Demonstration, persona: str) -> Keyboard:
    keys = await somebody(browser, whole, persona)
    await sign_in(keys, whole.endpoints["portal"])
    await expect(keys.page.locator("#signed_in_as")).to_be_visible()
    return keys


async def to_consent(keys: Keyboard, whole: Demonstration) -> None:
    await keys.page.goto(whole.endpoints["jobs"])
    await keys.press("เข้าใช้ด้วยดิจิทัลไอดี")
    if await keys.page.locator("button#sign_in").count():
        await keys.press("เข้าสู่ระบบด้วยพาสคีย์", role="button")
    await expect(keys.page.locator("#consent_form")).to_be_visible()


async def test_signing_in_and_letting_an_agency_have_data_and_taking_it_back(
    browser: Browser, whole: Demonstration
) -> None:
    keys = await at_account(browser, whole)
    page = keys.page
    # 1. no, and back at the service
    await to_consent(keys, whole)
    await keys.skip_to_content()
    await keys.decide("ไม่ยินยอม")
    await page.wait_for_url(f"{whole.endpoints['jobs']}/**")
    await expect(page.locator("#error_code")).to_have_text("access_denied")
    # 2. yes
    await to_consent(keys, whole)
    await keys.decide("ยินยอม")
    await expect(page.locator("#case")).to_be_visible()
    # 3. who saw my data: one entry is not mine
    await page.goto(f"{whole.endpoints['issuer']}/account")
    await keys.press("ใครดูข้อมูลของฉัน")
    await keys.press("ฉันไม่รู้จักรายการนี้")
    await keys.write("สิ่งที่ท่านเห็นว่าผิดปกติ", "วันนั้นไม่ได้ไป")
    await keys.press("ส่ง", role="button")
    await expect(page.locator("h1")).to_be_visible()
    assert "/doubt" not in page.url
    # 4. what was allowed is taken back
    await keys.press("ความยินยอมของฉัน")
    await keys.press("ดูรายละเอียดหรือถอนความยินยอม")
    await keys.press("ถอนความยินยอม", role="button")
    await expect(page.locator("[data-consent]").first).to_have_attribute("data-live", "false")


async def test_a_company_is_looked_up_and_the_sealed_file_kept(browser: Browser, whole: Demonstration) -> None:
    keys = await at_portal(browser, whole, "clerk")
    page = keys.page
    await to_look_ups(keys)
    await keys.press("ตรวจสอบนิติบุคคล")
    await keys.write("เลขที่เรื่อง", "จห 9/2569")
    await keys.write("เลขทะเบียนนิติบุคคล", whole.endpoints["companies"]["thanakit"]["juristic_id"])
    await keys.decide("เริ่มรายการ")
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "ready")
    await keys.decide("ข้อมูลนิติบุคคล")
    await expect(page.locator("#answer")).to_be_visible()
    await keys.go("บันทึกเป็น PDF", role="button")
    await keys.lives()
    async with page.expect_download() as coming:
        await page.keyboard.press("Enter")
    assert (await (await coming.value).path()).read_bytes().startswith(b"%PDF-")
    # back to the top, against the order: nothing that has the focus hides beneath the bar of the visit
    await keys.press("สิ้นสุดรายการ", role="button", back=True)
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "over")


async def test_an_agency_invites_an_officer(browser: Browser, whole: Demonstration) -> None:
    keys = await at_portal(browser, whole, "clerk2")
    await keys.press("ผู้ดูแลระบบของหน่วยงาน")
    await keys.press("เชิญเจ้าหน้าที่")
    await keys.choose("ตำแหน่ง", role="combobox")
    await keys.write("รหัสอ้างอิงของหน่วยงาน", "HR-0042")
    await keys.press("ออกหนังสือเชิญ", role="button")
    await expect(keys.page.locator("main")).to_contain_text("HR-0042")


@walked_with_long
async def test_a_passkey_is_added_and_named(browser: Browser, whole: Demonstration) -> None:
    keys = await at_account(browser, whole)
    page = keys.page
    await keys.press("พาสคีย์")
    await keys.press("เปลี่ยนชื่อหรือนำออก")
    await keys.write("ชื่ออุปกรณ์นี้", "แท็บเล็ตที่บ้าน")
    await keys.press("บันทึกชื่อ", role="button")
    await expect(page.locator("[data-passkey]").filter(has_text="แท็บเล็ตที่บ้าน").first).to_be_visible()
    await keys.press("เพิ่มพาสคีย์ในอุปกรณ์นี้")
    await expect(page.locator("#add_passkey")).to_be_enabled()
    await keys.press("เพิ่มพาสคีย์", role="button")
    # this device has one: who is told so has the focus there and goes on by key
    await expect(page.locator("#passkey_failure")).to_be_focused()
    await keys.press("กลับไปที่พาสคีย์ของฉัน")
    await expect(page.locator("[data-passkey]").first).to_be_visible()


@walked_with_long
async def test_a_digital_id_is_frozen(browser: Browser, whole: Demonstration) -> None:
    keys = await at_account(browser, whole, FREEZING)
    await keys.press("ความปลอดภัย")
    await keys.press("ระงับดิจิทัลไอดีของฉันชั่วคราว")
    await keys.press("ระงับทันที", role="button")
    await expect(keys.page.locator("h1")).to_be_visible()
    await keys.page.goto(f"{whole.endpoints['issuer']}/account")
    await expect(keys.page.locator("#account")).to_have_count(0)


@walked_with_long
async def test_a_card_is_looked_up(browser: Browser, whole: Demonstration) -> None:
    keys = await at_portal(browser, whole, "clerk")
    page, walker = keys.page, Walker(whole, keys.page, "clerk", look_twice)
    await to_look_ups(keys)
    await keys.press("เริ่มรายการด้วยบัตร")
    await keys.write("เลขที่เรื่อง", "จห 10/2569")
    await keys.tick("ข้าพเจ้าอ่านให้ฟัง")
    await keys.decide("เริ่มรายการ")
    await expect(page.locator("#look_up")).to_have_attribute("data-state", "waiting")
    try:
        await at_desk(walker, "insert", "officer", "clerk")
        await at_the_registry(walker, act="insert", citizen_id=PERSONAS["clerk"].person.citizen_id.digits)
        await at_the_registry(walker, act="pin", pin="2580")
        await at_desk(walker, "insert", "citizen", "somchai")
        await expect(page.locator("#look_up")).to_have_attribute("data-state", "ready")
        await keys.decide("ข้อมูลส่วนบุคคล")
        await expect(page.locator("#answer")).to_be_visible()
        await keys.press("กลับไปที่รายการ")
        await keys.press("สิ้นสุดรายการ", role="button")
        await expect(page.locator("#look_up")).to_have_attribute("data-state", "over")
    finally:
        for slot in ("citizen", "officer"):
            await at_desk(walker, "eject", slot)
        await at_the_registry(walker, act="sign_out")


@walked_with_long
async def test_an_owner_suspends_a_right_at_once(browser: Browser, whole: Demonstration) -> None:
    keys = await at_portal(browser, whole, "dbd_owner")
    await keys.press("สิทธิในข้อมูล")
    await keys.go("ข้อมูลงบการเงิน")
    await keys.page.keyboard.press("Enter")
    await keys.write("เหตุที่ระงับหรือยุติ", "ตรวจสอบการใช้ข้อมูล")
    await keys.press("ระงับการใช้งาน", role="button")
    await expect(keys.page.locator("#agreement")).to_have_attribute("data-status", "suspended")


async def to_look_ups(keys: Keyboard) -> None:
    """By the front page; who looks up is told once a day what they answer for."""
    await keys.press("ตรวจสอบข้อมูลบุคคลหรือนิติบุคคล")
    await expect(keys.page.locator("#liability_notice, #look_ups_home").first).to_be_visible()
    if await keys.page.locator("#acknowledge").count():
        await keys.decide("ข้าพเจ้าอ่านแล้วและจะปฏิบัติตาม")
