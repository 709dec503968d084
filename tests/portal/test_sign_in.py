"""Who gets into the portal: through the issuer alone, with an answer to the own request, as a live member."""

import pytest
from sqlalchemy import select

from idp.audit.model import SYSTEM
from idp.portal.store import portal_session
from tests.portal.office import Office

pytestmark = pytest.mark.anyio


async def test_a_stranger_sees_where_to_sign_in(office: Office) -> None:
    page = await office.browser().get("/")
    assert page["sign_in"]["href"] == "/sign-in"
    assert "start_enrolment" not in page


async def test_a_member_signs_in_and_sees_the_own_tasks(office: Office) -> None:
    browser = office.browser()
    page = await browser.sign_in("officer")
    assert page["start_enrolment"]["href"] == "/enrolments/new"
    assert "subscribers" not in page
    admin = office.browser()
    page = await admin.sign_in("admin1")
    assert page["subscribers"]["href"] == "/subscribers"
    assert "start_enrolment" not in page


async def test_the_request_asks_for_what_is_checked(office: Office) -> None:
    sent = await office.browser().http.get("/sign-in")
    location = sent.headers["location"]
    assert location.startswith("http://id.localhost:8000/authorize?")
    for part in ("scope=openid+staff", "code_challenge_method=S256", "acr_values=urn%3Atuaton%3Aial%3A1.1%3Aaal%3A2.2"):
        assert part in location
    assert "HttpOnly" in sent.headers["set-cookie"]


async def test_sign_in_leads_back_to_the_page_asked_for(office: Office) -> None:
    browser = office.browser()
    asked = await browser.http.get("/enrolments/new")
    assert asked.headers["location"] == "/sign-in?return=%2Fenrolments%2Fnew"
    page = await browser.sign_in("officer", return_to="/enrolments/new")
    assert "start_enrolment_form" in page


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"])
async def test_sign_in_never_leads_elsewhere(office: Office, elsewhere: str) -> None:
    browser = office.browser()
    office.issuer.say = {"members": [{"member_id": office.world.members["officer"].id}]}
    answer = await browser.begin(return_to=elsewhere)
    response = await browser.http.get("/callback", params=answer)
    assert response.headers["location"] == "/"


@pytest.mark.parametrize(
    "say",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": ["portal", "another"]},
        {"iss": "http://evil.example"},
        {"exp": 1},
        {"iat": 4_000_000_000},
        {"acr": "urn:tuaton:ial:2.2:aal:2.1"},
        {"acr": None},
    ],
)
async def test_an_id_token_that_does_not_hold_signs_nobody_in(office: Office, say: dict[str, object]) -> None:
    browser = office.browser()
    page = await browser.sign_in("officer", **say)
    assert (page.status, page.error_code) == (400, "POR-01")
    async with office.world.storage.reading() as uow:
        assert await uow.all(select(portal_session)) == []


@pytest.mark.parametrize(
    "bent", [{"state": "another"}, {"iss": "http://evil.example"}, {"iss": ""}, {"code": "another"}]
)
async def test_an_answer_to_another_request_signs_nobody_in(office: Office, bent: dict[str, str]) -> None:
    browser = office.browser()
    page = await browser.get("/callback", **(await browser.begin() | bent))
    assert (page.status, page.error_code) == (400, "POR-01")


async def test_an_answer_in_another_browser_signs_nobody_in(office: Office) -> None:
    answer = await office.browser().begin()
    page = await office.browser().get("/callback", **answer)
    assert page.error_code == "POR-01"


async def test_a_refusal_at_the_issuer_is_said_so(office: Office) -> None:
    browser = office.browser()
    answer = await browser.begin()
    page = await browser.get("/callback", state=answer["state"], iss=answer["iss"], error="access_denied")
    assert (page.status, page.error_code) == (403, "POR-05")


@pytest.mark.parametrize("garbled", ["jwks", "token"])
async def test_an_issuer_that_answers_no_json_is_away(office: Office, garbled: str) -> None:
    browser = office.browser()
    office.issuer.garbles = garbled
    page = await browser.get("/callback", **await browser.begin())
    assert (page.status, page.error_code) == (503, "POR-04")
    async with office.world.storage.reading() as uow:
        assert await uow.all(select(portal_session)) == []


async def test_an_attempt_is_good_for_ten_minutes(office: Office) -> None:
    browser = office.browser()
    answer = await browser.begin()
    office.world.clock.advance(601)
    assert (await browser.get("/callback", **answer)).error_code == "POR-01"


async def test_a_person_without_membership_stays_outside(office: Office) -> None:
    page = await office.browser().sign_in("officer", members=[])
    assert (page.status, page.error_code) == (403, "POR-02")


async def test_a_member_without_the_role_is_refused_and_written_down(office: Office) -> None:
    browser = office.browser()
    await browser.sign_in("officer")
    page = await browser.get("/subscribers")
    assert (page.status, page.error_code) == (403, "POR-03")
    assert await office.world.refusals("portal.refused") == ["POR-03"]


async def test_an_ended_member_is_out_at_once(office: Office) -> None:
    browser = office.browser()
    await browser.sign_in("officer")
    async with office.world.storage.unit_of_work() as uow:
        await office.world.agencies.end_member(uow, office.world.members["officer"].id, by=SYSTEM)
    page = await browser.get("/enrolments/new")
    assert (page.status, page.error_code) == (403, "POR-02")


async def test_an_idle_session_ends(office: Office) -> None:
    browser = office.browser()
    await browser.sign_in("officer")
    for _ in range(3):
        office.world.clock.advance(14 * 60)
        assert "start_enrolment_form" in await browser.get("/enrolments/new")
    office.world.clock.advance(15 * 60)
    response = await browser.http.get("/enrolments/new")
    assert response.headers["location"].startswith("/sign-in")


async def test_a_session_ends_after_eight_hours(office: Office) -> None:
    browser = office.browser()
    await browser.sign_in("officer")
    for _ in range(8 * 60 // 14 + 1):
        office.world.clock.advance(14 * 60)
        response = await browser.http.get("/enrolments/new")
    assert response.status_code == 303


async def test_signing_out_ends_the_session(office: Office) -> None:
    browser = office.browser()
    page = await browser.sign_in("officer")
    cookie = browser.http.cookies["portal-session"]
    signed_out = await browser.post("/sign-out", csrf=page.csrf)
    assert "signed_out" in signed_out
    assert {"portal.signed_in", "portal.signed_out"} <= {entry["event"] for entry in await office.world.entries()}
    response = await browser.http.get("/enrolments/new", headers={"cookie": f"portal-session={cookie}"})
    assert response.status_code == 303
