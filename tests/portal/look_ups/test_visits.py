"""An officer's visit from the notice to the slip, through the real doors (S9 to S19, S24 to S29)."""

import re

import pytest

from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from idp.portal.look_ups.answers import MENU
from tests.portal.look_ups.house import CASE, DESK, Browser, LookUps
from tests.portal.office import PORTAL, Page

pytestmark = pytest.mark.anyio
SOMCHAI = PERSONAS["somchai"].person.citizen_id.digits
COMPANY = COMPANY_PERSONAS["thongdee"].juristic_id.digits
SCREENS = (
    "check.person", "card.identity", "dopa.person", "dopa.house", "dopa.address", "dopa.name_changes",
    "dopa.marriage", "dlt.driving_licence",
)  # fmt: skip
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}")


@pytest.fixture
async def clerk(house: LookUps) -> Browser:
    browser = house.browser()
    assert "look_ups" in await browser.sign_in()
    return browser


async def test_the_notice_is_read_once_a_day_and_put_on_record(house: LookUps, clerk: Browser) -> None:
    for path in ("/look-ups", "/look-ups/new/card", "/look-ups/today", "/look-ups/reader"):
        assert "liability_notice" in await clerk.get(path), path
    assert "look_ups_home" in await clerk.acknowledged()
    assert "look_ups_home" in await clerk.get("/look-ups")
    (entry,) = await house.events("look_up.notice_read")
    assert entry["actor"]["id"] == (await house.member("clerk")).id


async def test_the_menu_has_the_words_of_the_source_document(clerk: Browser) -> None:
    home = await clerk.acknowledged()
    for dataset, (title_th, _) in MENU.items():
        assert title_th in home.response.text, dataset


async def test_every_screen_of_a_person_in_a_visit(house: LookUps, clerk: Browser) -> None:
    page, path = await clerk.ready()
    assert all(name in page for name in ("visit_bar", "end_visit", "slip"))
    for dataset in SCREENS:
        answer = await clerk.look_up(page, path, dataset)
        assert answer.status == 200, (dataset, answer.response.text[-2000:])
        assert (answer["answer"]["data-dataset"], answer["answer"]["data-outcome"]) == (dataset, "found")
        assert answer.response.headers["cache-control"] == "no-store"
        assert "certification" in answer
    # the officer's diary says what, never about whom
    today = await clerk.get("/look-ups/today")
    assert [row["data-outcome"] for row in today.rows("data-entry")] == ["found"] * len(SCREENS)
    assert CASE in today.response.text
    assert SOMCHAI not in today.response.text
    # who looked up is in the log with every release
    done = await house.events("look_up.done")
    assert {entry["actor"]["id"] for entry in done} == {(await house.member("clerk")).id}
    released = await house.events("exchange.released")
    assert {entry["details"]["disclosure"] for entry in done} <= {_disclosure(entry) for entry in released}


def _disclosure(entry: dict[str, object]) -> object:
    details = entry["details"]
    assert isinstance(details, dict)
    return details.get("disclosure") or details.get("disclosure_id")


async def test_the_same_screen_twice_is_one_release(house: LookUps, clerk: Browser) -> None:
    page, path = await clerk.ready()
    first = await clerk.look_up(page, path, "dopa.person")
    second = await clerk.look_up(page, path, "dopa.person")
    assert first["answer"]["data-outcome"] == second["answer"]["data-outcome"] == "found"
    assert len(await house.events("exchange.released")) == 1


async def test_card_and_registry_stand_side_by_side(clerk: Browser) -> None:
    page, path = await clerk.ready()
    card = await clerk.look_up(page, path, "card.identity")
    assert {"photo", "compare", "officer_copy"} <= {
        name for name in ("photo", "compare", "officer_copy") if name in card
    }
    compared = await clerk.look_up(page, path, "card.identity", "compared")
    differing = {row["data-compared"]: row["data-differs"] for row in compared.rows("data-compared")}
    assert differing["citizen_id"] == differing["name_th"] == "no"
    assert "address_text" in differing


async def test_no_token_reaches_a_page_or_a_cookie(house: LookUps, clerk: Browser) -> None:
    page, path = await clerk.ready()
    await clerk.look_up(page, path, "dopa.person")
    tokens = {
        request.headers["authorization"].removeprefix("DPoP ")
        for request in house.line.said
        if request.headers.get("authorization", "").startswith("DPoP ")
    }
    assert tokens
    shown = "".join(clerk.seen) + "".join(str(cookie.value) for cookie in clerk.http.cookies.jar)
    assert not any(token in shown for token in tokens)
    assert not TOKEN.search(shown)
    # nor does the number in an address
    assert not any(SOMCHAI in str(request.url) for request in house.line.said)


async def test_the_sealed_document_and_the_slip_come_as_files(clerk: Browser) -> None:
    page, path = await clerk.ready()
    pdf = await clerk.look_up(page, path, "dopa.person", "document")
    assert pdf.response.headers["content-type"] == "application/pdf"
    assert pdf.response.content.startswith(b"%PDF-")
    assert "attachment" in pdf.response.headers["content-disposition"]
    slip = await clerk.post(f"{path}/slip", page)
    assert slip.response.content.startswith(b"%PDF-")


async def test_the_photo_of_the_card_goes_through_and_the_copy_has_it(clerk: Browser) -> None:
    page, path = await clerk.ready()
    photo = await clerk.http.get(f"{PORTAL}{path}/photo")
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/jpeg")
    assert photo.headers["cache-control"] == "no-store"
    copy = await clerk.post(f"{path}/officer-copy", page)
    assert copy.response.content.startswith(b"%PDF-"), copy.response.text[-1500:]


async def test_as_the_card_leaves_the_visit_is_over(house: LookUps, clerk: Browser) -> None:
    page, path = await clerk.ready()
    await house.pulled()
    over = await clerk.get(path)
    assert over["look_up"]["data-state"] == "over"
    refused = await clerk.look_up(page, path, "dopa.person")
    assert refused["answer"]["data-outcome"] == "denied"
    assert SOMCHAI not in refused.response.text
    # the person still gets the slip
    assert (await clerk.post(f"{path}/slip", page)).response.content.startswith(b"%PDF-")


async def test_who_ends_the_visit_ends_the_card_session_and_the_token(house: LookUps, clerk: Browser) -> None:
    page, path = await clerk.ready()
    ended = await clerk.post(f"{path}/end", page)
    assert ended["look_up"]["data-state"] == "over"
    assert "new_visit" in ended
    assert len(await house.events("counter.session_ended")) == 1
    revoked = [request for request in house.line.said if request.url.path == "/revoke"]
    assert len(revoked) == 1


async def test_whoever_signs_out_ends_what_is_open(house: LookUps, clerk: Browser) -> None:
    await clerk.ready()
    home = await clerk.get("/")
    await clerk.post("/sign-out", home)
    assert len(await house.events("look_up.visit_ended")) == 1
    assert len(await house.events("counter.session_ended")) == 1


async def test_a_company_needs_no_card_and_no_station(house: LookUps, clerk: Browser) -> None:
    await clerk.acknowledged()
    visit = await clerk.begin("company", number=COMPANY, basis="duty")
    path = str(visit.response.url.path)
    assert visit["look_up"]["data-state"] == "ready"
    assert not [request for request in house.line.said if request.url.path == "/card-sessions"]
    for dataset in ("check.company", "dbd.company", "dbd.memorandum", "dbd.shareholders", "dbd.financials"):
        answer = await clerk.look_up(visit, path, dataset)
        assert answer["answer"]["data-outcome"] == "found", dataset


async def test_by_number_the_number_leaves_with_the_handle(house: LookUps, clerk: Browser) -> None:
    await clerk.acknowledged()
    visit = await clerk.begin("number", number=SOMCHAI, basis="duty")
    assert visit["look_up"]["data-state"] == "ready", visit.response.text[-2500:]
    path = str(visit.response.url.path)
    shown = {row["id"] for row in visit.rows("id") if row["id"].startswith("screen_")}
    assert shown == {"screen_check_person", "screen_dopa_person", "screen_dopa_address"}
    answer = await clerk.look_up(visit, path, "dopa.person")
    assert answer["answer"]["data-outcome"] == "found"


async def test_a_note_puts_a_look_up_right(house: LookUps, clerk: Browser) -> None:
    page, path = await clerk.ready()
    await clerk.look_up(page, path, "check.person")
    today = await clerk.get("/look-ups/today")
    entry = next(row["data-entry"] for row in today.rows("data-entry"))
    form = await clerk.get(f"/look-ups/today/{entry}")
    noted = await clerk.post(f"/look-ups/today/{entry}", form, note="เลขที่เรื่องผิด")
    assert "เลขที่เรื่องผิด" in noted.response.text
    (event,) = await house.events("look_up.noted")
    assert "เลขที่เรื่องผิด" not in str(event)


async def test_the_reader_page_names_station_and_codes(house: LookUps, clerk: Browser) -> None:
    await clerk.acknowledged()
    await house.hello()
    page: Page = await clerk.get("/look-ups/reader")
    assert [row["data-station"] for row in page.rows("data-station")] == [DESK]
    codes = [row["data-code"] for row in page.rows("data-code")]
    assert {"CARD-01", "CARD-03", "CARD-07"} <= set(codes)
