"""The staff's pages over HTTP, from the sign-in to the enrolled person and back to a suspended one."""

import asyncio
import json
import re

import pytest

from connectors.fictitious.personas import PERSONAS
from connectors.simulators.switchboard import Mode
from idp.web.routes import Access
from tests.enrolment.world import STATION, World, card_read_of
from tests.patience import PATIENCE_SECONDS
from tests.portal.office import Browser, Office, Page

pytestmark = pytest.mark.anyio


async def start(browser: Browser) -> tuple[str, Page]:
    form = await browser.get("/enrolments/new")
    page = await browser.post("/enrolments", csrf=form.csrf, station_id=STATION)
    return str(page.response.url.path), page


async def signed_in(office: Office, persona: str) -> Browser:
    browser = office.browser()
    await browser.sign_in(persona)
    return browser


async def test_an_officer_enrols_a_person(office: Office, world: World) -> None:
    browser = await signed_in(office, "officer")
    path, page = await start(browser)
    assert page["enrolment"]["data-state"] == "waiting_for_card"
    await world.insert("somchai")

    page = await browser.get(path)
    assert page["enrolment"]["data-state"] == "compare_face"
    assert "ทดสอบดี" in page.response.text
    assert PERSONAS["somchai"].person.citizen_id.formatted() not in page.response.text
    assert PERSONAS["somchai"].person.citizen_id.digits not in page.response.text
    photo = await browser.http.get(page["photo"]["src"])
    assert photo.headers["content-type"] == "image/jpeg"
    assert photo.headers["cache-control"] == "no-store"
    assert photo.content == card_read_of("somchai").photo

    page = await browser.post(f"{path}/face", csrf=page.csrf, decision="matches", unrelated="yes")
    assert page["enrolment"]["data-state"] == "completed"
    assert page.text("ial") == "2.2"
    assert re.fullmatch(r"http://id\.localhost:8000/passkeys/new#[\w-]{43}", page["passkey_link"]["href"])
    assert "<svg" in page.response.text
    assert "style=" not in page.response.text
    assert (await browser.http.get(f"{path}/photo")).status_code == 404


async def test_a_silent_registry_waits_for_the_button(office: Office, world: World) -> None:
    browser = await signed_in(office, "officer")
    path, _ = await start(browser)
    world.registry(Mode.DOWN)
    await world.insert("somchai")
    page = await browser.get(path)
    assert (page["enrolment"]["data-state"], page.error_code) == ("pending_registry", "ENR-08")
    assert "retry" in page
    world.switchboard.reset()
    world.clock.advance(60)
    page = await browser.post(f"{path}/retry", csrf=page.csrf)
    assert page["enrolment"]["data-state"] == "compare_face"


@pytest.mark.parametrize(
    ("persona", "code"),
    [("lost_card", "ENR-05"), ("mismatch", "ENR-06"), ("expired", "ENR-04"), ("officer", "ENR-03")],
)
@pytest.mark.parametrize("language", ["th", "en"])
async def test_a_refusal_says_what_and_what_next(
    office: Office, world: World, persona: str, code: str, language: str
) -> None:
    browser = await signed_in(office, "officer")
    path, _ = await start(browser)
    await world.insert(persona)
    page = await browser.get(path, lang=language)
    assert (page["enrolment"]["data-state"], page.error_code) == ("refused", code)
    assert f'lang="{language}"' in page.response.text


async def test_a_fault_of_the_reader_is_named(office: Office, world: World) -> None:
    browser = await signed_in(office, "officer")
    path, _ = await start(browser)
    await world.agent.answer(await world.agent.next_request(), None, outcome="fault", fault="CARD-05")
    page = await browser.get(path)
    assert (page.error_code, page.text("card_fault")) == ("ENR-13", "CARD-05")


async def test_a_pulled_card_ends_the_stream_of_the_page(office: Office, world: World) -> None:
    browser = await signed_in(office, "officer")
    path, _ = await start(browser)
    request = await world.agent.next_request()
    await world.agent.answer(request, card_read_of("somchai"))
    stream = asyncio.create_task(browser.http.get(f"{path}/events"))
    await asyncio.sleep(0.5)
    await world.agent.pull(request)
    response = await asyncio.wait_for(stream, PATIENCE_SECONDS)
    assert response.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]
    states = [news["state"] for news in told if "state" in news]
    assert states == ["compare_face", "refused"]
    assert (await browser.get(path)).error_code == "ENR-12"


async def test_the_page_moves_by_itself_with_and_without_script(office: Office) -> None:
    browser = await signed_in(office, "officer")
    path, page = await start(browser)
    assert page["enrolment"]["data-events"] == f"{path}/events"
    assert '<noscript><meta http-equiv="refresh"' in page.response.text


async def test_another_officers_enrolment_is_not_there(office: Office, world: World) -> None:
    browser = await signed_in(office, "officer")
    world.members["officer"], mine = world.members["admin1"], world.members["officer"]
    foreign = await world.start()
    world.members["officer"] = mine
    page = await browser.get(f"/enrolments/{foreign.id}")
    assert (page.status, page.error_code) == (404, "ENR-01")


async def test_a_form_of_another_site_is_refused(office: Office) -> None:
    browser = await signed_in(office, "officer")
    form = await browser.get("/enrolments/new")
    foreign = await browser.post("/enrolments", csrf=form.csrf, origin="http://evil.example", station_id=STATION)
    unsigned = await browser.post("/enrolments", csrf="x" * 43, station_id=STATION)
    assert [page.error_code for page in (foreign, unsigned)] == ["WEB-04", "WEB-04"]


async def test_an_unknown_station_or_decision_is_refused(office: Office, world: World) -> None:
    browser = await signed_in(office, "officer")
    form = await browser.get("/enrolments/new")
    assert (await browser.post("/enrolments", csrf=form.csrf, station_id="counter-9")).error_code == "STA-01"
    path, _ = await start(browser)
    assert (await browser.post(f"{path}/face", csrf=form.csrf, decision="perhaps")).error_code == "WEB-05"
    assert (await browser.post(f"{path}/face", csrf=form.csrf, decision="matches")).error_code == "ENR-02"
    assert (await browser.post(f"{path}/retry", csrf=form.csrf)).error_code == "ENR-02"


async def enrolled(world: World) -> str:
    completed = await world.confirm(await world.enrol("somchai"))
    assert completed.subscriber_id is not None
    return str(completed.subscriber_id)


async def test_two_admins_suspend_and_give_back(office: Office, world: World) -> None:
    subscriber_id = await enrolled(world)
    first, second = await signed_in(office, "admin1"), await signed_in(office, "admin2")
    listed = await first.get("/subscribers")
    assert subscriber_id in [row["data-subscriber"] for row in listed.rows("data-subscriber")]
    path = f"/subscribers/{subscriber_id}"
    page = await first.get(path)
    assert (page["status"]["data-status"], page.text("ial")) == ("active", "2.2")
    assert {row["data-evidence"] for row in page.rows("data-evidence")} >= {"card_read", "face_by_officer"}

    assert (await first.post(f"{path}/suspend", csrf=page.csrf, reason=" ")).error_code == "SUB-07"
    page = await first.post(f"{path}/suspend", csrf=page.csrf, reason="แจ้งเหตุสงสัย")
    assert page["status"]["data-status"] == "suspended"
    same = await first.post(f"{path}/lift", csrf=page.csrf)
    assert (same.status, same.error_code) == (409, "SUB-05")
    assert "SUB-05" in await world.refusals("portal.refused")
    page = await second.get(path)
    page = await second.post(f"{path}/lift", csrf=page.csrf)
    assert page["status"]["data-status"] == "active"


async def test_an_admin_does_not_act_on_the_own_identity(office: Office, world: World) -> None:
    browser = await signed_in(office, "admin1")
    path = f"/subscribers/{world.people['admin1']}"
    page = await browser.get(path)
    refused = await browser.post(f"{path}/suspend", csrf=page.csrf, reason="x")
    assert (refused.status, refused.error_code) == (403, "SUB-06")


async def test_exactly_one_person_is_found_by_number(office: Office, world: World) -> None:
    completed = await world.confirm(await world.enrol("somchai"))
    browser = await signed_in(office, "admin1")
    form = await browser.get("/subscribers")
    citizen_id = PERSONAS["somchai"].person.citizen_id
    thai = citizen_id.formatted().translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    for query in (citizen_id.digits, citizen_id.formatted(), thai, completed.id, completed.case_no.text):
        found = await browser.post("/subscribers", csrf=form.csrf, query=query)
        assert found.response.url.path == f"/subscribers/{completed.subscriber_id}"
    for query in ("", "สมชาย", citizen_id.digits[:-1], "enr_unknown"):
        nothing = await browser.post("/subscribers", csrf=form.csrf, query=query)
        assert (nothing.status, "not_found" in nothing, nothing.error_code) == (404, True, "SUB-01")


async def test_a_look_at_a_person_is_written_down(office: Office, world: World) -> None:
    subscriber_id = await enrolled(world)
    browser = await signed_in(office, "admin1")
    await browser.get(f"/subscribers/{subscriber_id}")
    assert "subscriber.looked_at" in [entry["event"] for entry in await world.entries()]


async def test_an_unknown_subscriber_is_not_there(office: Office) -> None:
    browser = await signed_in(office, "admin1")
    page = await browser.get("/subscribers/sub_nobody")
    assert (page.status, page.error_code) == (404, "SUB-01")


async def test_every_staff_path_sends_strangers_to_sign_in(office: Office) -> None:
    browser = office.browser()
    staff = [entry for entry in office.entries if entry.access is Access.STAFF]
    assert len(staff) >= 12
    for entry in staff:
        path = re.sub(r"\{\w+\}", "x", entry.path)
        for method in entry.methods:
            response = await browser.http.request(method, path)
            assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/sign-in"), path


@pytest.mark.parametrize("language", ["th", "en"])
async def test_pages_keep_the_content_policy(office: Office, world: World, language: str) -> None:
    subscriber_id = await enrolled(world)
    admin, officer = await signed_in(office, "admin1"), await signed_in(office, "officer")
    pages = [
        await office.browser().get("/", lang=language),
        await officer.get("/enrolments/new", lang=language),
        await admin.get("/subscribers", lang=language),
        await admin.get(f"/subscribers/{subscriber_id}", lang=language),
    ]
    for page in pages:
        assert page.status == 200
        assert "default-src 'none'" in page.response.headers["content-security-policy"]
        assert page.response.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src=)|<style|style=\"|\son\w+=\"", page.response.text)
