"""What is refused on the look-up pages, and what is nobody else's: each with its code and a way on."""

import asyncio

import pytest
from sqlalchemy import update

from connectors.contracts.identifiers import InvalidIdentifier, JuristicId
from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from idp.agencies.member_store import member
from idp.audit.model import SYSTEM
from idp.kernel.ids import ClientId
from tests.portal.look_ups.house import CARD, DESK, Browser, LookUps
from tests.portal.office import PORTAL

pytestmark = pytest.mark.anyio


def _is_juristic(number: str) -> bool:
    try:
        JuristicId.parse(number)
    except InvalidIdentifier:
        return False
    return True


COMPANY = COMPANY_PERSONAS["thongdee"].juristic_id.digits
NOWHERE = next(number for number in (f"099999999999{last}" for last in range(10)) if _is_juristic(number))
CLERK = PERSONAS["clerk"].person.citizen_id.digits


@pytest.fixture
async def clerk(house: LookUps) -> Browser:
    browser = house.browser()
    await browser.sign_in()
    await browser.acknowledged()
    return browser


async def company_visit(browser: Browser) -> tuple[object, str]:
    visit = await browser.begin("company", number=COMPANY, basis="duty")
    assert visit["look_up"]["data-state"] == "ready", visit.error_code
    return visit, str(visit.response.url.path)


async def test_what_a_form_lacks_is_said_beside_it_and_nothing_is_opened(house: LookUps, clerk: Browser) -> None:
    given = {"station": DESK, **CARD}
    for fields, code in (
        ({**given, "purpose": "jobseeker-registration"}, "LKP-02"),
        ({**given, "purpose": "nothing"}, "LKP-02"),
        ({**given, "case": "  "}, "LKP-04"),
        ({**given, "case": "x" * 65}, "LKP-04"),
        ({**given, "notice_read": ""}, "LKP-03"),
        ({**given, "basis": "consent"}, "LKP-03"),
        ({**given, "basis": "signed_form", "reference": "ค 1", "kept_where": "แฟ้ม"}, "LKP-03"),
        ({**given, "station": "counter-1"}, "LKP-12"),
    ):
        page = await clerk.begin("card", **fields)
        assert (page.status, page.error_code) == (422, code), fields
        assert "visit_form" in page
    for number in ("", "123", "0105500000014"):
        assert (await clerk.begin("company", number=number, basis="duty")).error_code == "LKP-05"
    assert (await clerk.get("/look-ups/new/anything")).error_code == "LKP-01"
    assert await house.events("look_up.visit_begun") == []
    assert not [request for request in house.line.said if request.url.host == "data.localhost"]


async def test_an_officer_of_one_site_uses_no_station_of_another(house: LookUps, clerk: Browser) -> None:
    officer, form = await house.member("clerk"), await clerk.get("/look-ups/new/card")
    async with house.rooms.ground.storage.unit_of_work() as uow:
        await uow.execute(update(member).where(member.c.id == officer.id).values(site="elsewhere"))
    page = await clerk.post("/look-ups/new/card", form, purpose="counter-check", case="1/2569", station=DESK, **CARD)
    assert (page.status, page.error_code) == (422, "LKP-12")
    assert await house.events("look_up.visit_begun") == []
    assert not list((await clerk.get("/look-ups/reader")).rows("data-station"))


async def test_a_case_with_a_number_of_a_citizen_is_refused_by_the_exchange(clerk: Browser) -> None:
    page = await clerk.begin("card", station=DESK, case=CLERK, **CARD)
    assert page.error_code == "CTR-08"
    assert "back" in page


async def test_nobody_looks_the_own_number_up(clerk: Browser) -> None:
    assert (await clerk.begin("number", number=CLERK, basis="duty")).error_code == "CTR-04"
    assert (await clerk.begin("number", number="1", basis="duty")).error_code == "CTR-05"


async def test_a_visit_is_its_officers_alone(house: LookUps, clerk: Browser) -> None:
    visit, path = await company_visit(clerk)
    entry = await _looked_up(clerk, visit, path)
    colleague = house.browser("clerk2")
    await colleague.sign_in()
    await colleague.acknowledged()
    form = await colleague.get("/look-ups/new/company")
    for tried in (path, f"{path}/events", f"{path}/photo", f"{path}/registry-photo", f"/look-ups/today/{entry}"):
        assert (await colleague.get(tried)).error_code == "LKP-01", tried
    for place in (
        "data",
        "compared",
        "document",
        "officer-copy",
        "slip",
        "end",
        "registry-photo",
        "registry-photo/shown",
    ):
        page = await colleague.post(f"{path}/{place}", form, dataset="dbd.company")
        assert page.error_code == "LKP-01", place
    for tried in (f"/look-ups/today/{entry}", f"/look-ups/waiting/{entry}", f"/look-ups/waiting/{entry}/cancel"):
        assert (await colleague.post(tried, form, note="ไม่ใช่ของฉัน")).error_code == "LKP-01", tried


async def _looked_up(browser: Browser, visit: object, path: str) -> str:
    page = await browser.get(path)
    await browser.look_up(page, path, "check.company")
    today = await browser.get("/look-ups/today")
    return next(row["data-entry"] for row in today.rows("data-entry"))


async def test_who_holds_no_such_role_has_no_such_pages(house: LookUps) -> None:
    officer = house.browser("officer")
    await officer.sign_in()
    for path in ("/look-ups", "/look-ups/notice", "/look-ups/today", "/look-ups/new/card", "/look-ups/callback"):
        assert (await officer.get(path)).error_code == "POR-03", path
    assert "look_ups" not in await officer.get("/")


async def test_a_data_set_without_a_right_is_not_offered_and_not_given(clerk: Browser) -> None:
    _, path = await company_visit(clerk)
    page = await clerk.get(path)
    for dataset in ("dopa.person", "dopa.photo", "nothing"):
        assert (await clerk.look_up(page, path, dataset)).error_code == "LKP-10", dataset
    assert (await clerk.get(f"{path}/registry-photo")).error_code == "LKP-10"


async def test_somebody_else_at_the_issuer_opens_nothing_here(house: LookUps, clerk: Browser) -> None:
    await clerk.at_issuer("clerk2")
    page = await clerk.begin("card", station=DESK, **CARD)
    assert page.error_code == "LKP-06"
    assert await house.events("counter.session_opened") == []
    assert [request for request in house.line.said if request.url.path == "/revoke"]


async def test_an_answer_of_the_issuer_counts_for_the_browser_that_asked_and_once(clerk: Browser) -> None:
    assert (await clerk.get("/look-ups/callback?code=x&state=y")).error_code == "POR-01"
    page = await clerk.begin("card", station=DESK, **CARD)
    assert "look_up" in page
    for forged in ("code=x&state=y&iss=http://id.localhost:8000", "error=access_denied"):
        assert (await clerk.get(f"/look-ups/callback?{forged}")).error_code == "POR-01"


async def test_an_exchange_that_does_not_answer_is_said_and_can_be_tried_again(house: LookUps, clerk: Browser) -> None:
    _, path = await company_visit(clerk)
    page = await clerk.get(path)
    house.line.is_cut = True
    down = await clerk.look_up(page, path, "dbd.company")
    assert (down["answer"]["data-outcome"], down.error_code, down.status) == ("down", "LKP-07", 503)
    assert "try_again" in down
    house.line.is_cut = False
    again = await clerk.look_up(page, path, "dbd.company")
    assert again["answer"]["data-outcome"] == "found"
    today = await clerk.get("/look-ups/today")
    assert [row["data-outcome"] for row in today.rows("data-entry")] == ["found", "down"]


async def test_a_registry_that_is_away_says_so_and_gives_a_way_on(house: LookUps, clerk: Browser) -> None:
    _, path = await company_visit(clerk)
    page = await clerk.get(path)
    await house.switch("dbd", "down")
    try:
        down = await clerk.look_up(page, path, "dbd.company")
    finally:
        await house.switch("dbd", "ok")
    assert down["answer"]["data-outcome"] == "down"
    assert "try_again" in down


async def test_a_company_that_is_not_there_is_an_answer(clerk: Browser) -> None:
    page = await clerk.begin("company", number=NOWHERE, basis="duty")
    path = str(page.response.url.path)
    answer = await clerk.look_up(page, path, "dbd.company")
    assert (answer["answer"]["data-outcome"], answer.status) == ("nothing", 200)


async def test_when_the_membership_ends_so_do_the_pages(house: LookUps, clerk: Browser) -> None:
    _, path = await company_visit(clerk)
    member = await house.member("clerk")
    async with house.rooms.ground.storage.unit_of_work() as uow:
        await house.rooms.agencies.end_member(uow, member.id, by=SYSTEM)
    assert (await clerk.get(path)).error_code in ("POR-02", "POR-03")


async def test_a_form_of_another_site_or_without_its_token_does_nothing(house: LookUps, clerk: Browser) -> None:
    _, path = await company_visit(clerk)
    page = await clerk.get(path)
    sent = {"csrf": page.csrf, "dataset": "dbd.company"}
    for fields, origin in ((sent, "http://evil.example"), ({**sent, "csrf": "x"}, PORTAL)):
        answer = await clerk.http.post(f"{PORTAL}{path}/data", data=fields, headers={"origin": origin})
        assert answer.status_code == 403
    assert await house.events("look_up.done") == []


async def test_the_program_is_made_once_and_belongs_to_the_agency(house: LookUps, clerk: Browser) -> None:
    await company_visit(clerk)
    page = await clerk.get("/look-ups")
    assert "current_visit" in page
    _, path = await company_visit(clerk)
    shown = await clerk.get(path)
    await asyncio.gather(*(clerk.look_up(shown, path, "check.company") for _ in range(3)))
    member = await house.member("clerk")
    async with house.rooms.ground.storage.reading() as uow:
        program = await house.rooms.clients.get(uow, ClientId(f"portal-{member.agency_id}"))
    assert program is not None
    assert (program.agency_id, program.first_party, program.dpop_bound) == (member.agency_id, True, True)
    assert set(program.scopes) == {"openid", "staff", "look_up"}
    registered = [one for one in await house.events("client.registered") if program.id in str(one)]
    assert len(registered) == 1
    # pressing three times at once is one release
    assert len(await house.events("exchange.released")) == 1
