"""The job-seeker service against a provider that checks what it is sent, over real sockets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from relying_party_demo.jobs.__main__ import build
from relying_party_demo.journey.browser import Browser, Page
from relying_party_demo.program import open_ground
from tests.patience import until
from tests.relying_party_demo.serving import free_socket, served
from tests.relying_party_demo.stand_in import PDF, StandIn

JURISTIC_ID = "0105500000001"


@pytest.fixture
def provider() -> Iterator[StandIn]:
    listener = free_socket()
    issuer = f"http://id.localhost:{listener.getsockname()[1]}"
    stand_in = StandIn(client_key=ECKey.generate_key("P-256"), issuer=issuer)
    with served(stand_in.app(), listener):
        yield stand_in


@pytest.fixture
def jobs(provider: StandIn, tmp_path: Path) -> Iterator[str]:
    listener = free_socket()
    base_url = f"http://jobs.localhost:{listener.getsockname()[1]}"
    (tmp_path / "key.json").write_text(json.dumps(provider.client_key.as_dict(private=True)))
    config = {
        "issuer": provider.issuer,
        "gateway": provider.issuer,
        "client_id": "jobs",
        "client_key_file": "key.json",
        "base_url": base_url,
        "store": "jobs.sqlite",
    }
    (tmp_path / "jobs.json").write_text(json.dumps(config))
    with served(build(open_ground(tmp_path / "jobs.json", package="relying_party_demo.jobs")), listener):
        yield base_url


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


def signed_in(browser: Browser, jobs: str) -> Page:
    return browser.follow(browser.open(jobs), "sign_in")


def test_signing_in_shows_who_and_the_data(browser: Browser, jobs: str, provider: StandIn) -> None:
    page = signed_in(browser, jobs)
    assert page.url.path == "/application"
    assert (page.text("ial"), page.text("aal"), page.text("acr")) == ("2.2", "2.2", "urn:tuaton:ial:2.2:aal:2.2")
    assert provider.name in page.rows("data-field")["name_th"]
    assert [pull["dataset"] for pull in provider.pulls] == ["dopa.person", "dopa.address"]
    assert len({pull["key"] for pull in provider.pulls}) == 2


def test_what_is_asked_is_two_data_sets_with_consent_for_a_year(browser: Browser, jobs: str, provider: StandIn) -> None:
    signed_in(browser, jobs)
    (request,) = provider.requests
    details = json.loads(request["authorization_details"])
    assert [(detail["dataset"], detail["basis"], detail["subject"]) for detail in details] == [
        ("dopa.person", "consent", "self"),
        ("dopa.address", "consent", "self"),
    ]
    assert all(detail["type"] == "gdx" and detail["purpose"] == "jobseeker-registration" for detail in details)
    assert request["code_challenge_method"] == "S256"
    assert request["response_type"] == "code"
    assert request["redirect_uri"] == f"{jobs}/callback"


def test_papers_are_there_for_their_applicant_alone(browser: Browser, jobs: str, provider: StandIn) -> None:
    signed_in(browser, jobs)
    assert browser.open(f"{jobs}/application/dopa.person.pdf").content == PDF
    payload = json.loads(browser.open(f"{jobs}/application/dopa.person.json").content)
    assert payload["fields"]["name_th"] == provider.name
    assert "document" not in payload
    assert browser.open(f"{jobs}/application/dopa.house.pdf").text("error_code") == "JOBS-03"
    with Browser() as stranger:
        assert stranger.open(f"{jobs}/application/dopa.person.pdf").url.path == "/"


def test_a_second_report_says_what_changed(browser: Browser, jobs: str, provider: StandIn) -> None:
    page = signed_in(browser, jobs)
    page = browser.submit(page, "pull_again")
    assert set(page.rows("data-changed")) == {"0"}
    provider.name = "นางสาวตัวอย่าง เปลี่ยนชื่อ"
    page = browser.submit(page, "pull_again")
    assert page.rows("data-changed")["1"].endswith("ชื่อ")


def test_a_report_pressed_twice_is_one(browser: Browser, jobs: str, provider: StandIn) -> None:
    page = signed_in(browser, jobs)
    for _ in range(2):
        again = browser.submit(page, "pull_again")
    assert len(provider.pulls) == 4
    assert len(browser.submit(again, "pull_again").rows("data-field")) > 0
    assert len(provider.pulls) == 6


def test_an_old_access_token_is_renewed_with_the_refresh_token(browser: Browser, jobs: str, provider: StandIn) -> None:
    provider.expires_in = 20
    page = signed_in(browser, jobs)
    browser.submit(page, "pull_again")
    assert provider.grants_used == ["authorization_code", "refresh_token", "refresh_token"]


def test_a_demand_for_a_dpop_nonce_is_followed(browser: Browser, jobs: str, provider: StandIn) -> None:
    provider.wants_nonce = True
    assert signed_in(browser, jobs).url.path == "/application"


def test_a_company_is_looked_up_with_a_case_and_given_with_a_password(
    browser: Browser, jobs: str, provider: StandIn
) -> None:
    page = signed_in(browser, jobs)
    page = browser.submit(browser.follow(page, "employer"), "employer_form", {"juristic_id": JURISTIC_ID})
    assert page.text("document_password") == "ABCD-EFGH-IJKL-MNOP"
    assert browser.open(f"{jobs}/employer/dbd.company.pdf").content == PDF
    assert browser.open(f"{jobs}/employer/dbd.company-password.pdf").content == PDF
    assert provider.grants_used[-1] == "client_credentials"
    assert [(pull["delivery"], pull["case"]) for pull in provider.pulls[-2:]] == [
        ("sealed", "JS-000001"),
        ("password", "JS-000001"),
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "http://evil.localhost"}, "wrong_issuer"),
        ({"code": "forged"}, "invalid_grant"),
        ({"state": "another"}, "JOBS-01"),
        ({"error": "access_denied"}, "access_denied"),
    ],
)
def test_a_bad_answer_signs_nobody_in(
    browser: Browser, jobs: str, provider: StandIn, changes: dict[str, str], code: str
) -> None:
    provider.answer_changes = changes
    assert signed_in(browser, jobs).text("error_code") == code
    assert browser.open(jobs).find("sign_in") is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"aud": "somebody-else"},
        {"iss": "http://evil.localhost"},
        {"exp": 1},
        {"acr": None},
    ],
)
def test_an_id_token_that_fails_a_check_signs_nobody_in(
    browser: Browser, jobs: str, provider: StandIn, changes: dict[str, Any]
) -> None:
    provider.id_token_changes = changes
    assert signed_in(browser, jobs).text("error_code") == "id_token_invalid"


def test_an_id_token_signed_by_another_key_signs_nobody_in(browser: Browser, jobs: str, provider: StandIn) -> None:
    provider.id_token_key = ECKey.generate_key("P-256")
    assert signed_in(browser, jobs).text("error_code") == "id_token_invalid"


def test_a_token_not_bound_to_the_key_is_not_used(browser: Browser, jobs: str, provider: StandIn) -> None:
    provider.token_type = "Bearer"
    assert signed_in(browser, jobs).text("error_code") == "unbound_token"


def test_an_answer_in_another_browser_is_refused(browser: Browser, jobs: str, provider: StandIn) -> None:
    provider.answer_changes = {"state": "lost-on-the-way"}
    browser.open(f"{jobs}/login")
    answer = f"{jobs}/callback?code=x&state={provider.requests[-1]['state']}&iss={provider.issuer}"
    with Browser() as thief:
        assert thief.open(answer).text("error_code") == "JOBS-01"
    assert browser.open(answer).text("error_code") == "invalid_grant", "the attempt still waited for its own browser"


def test_a_gateway_s_refusal_is_shown_in_its_words_with_its_code(
    browser: Browser, jobs: str, provider: StandIn
) -> None:
    page = signed_in(browser, jobs)
    provider.gateway_problem = {
        "status": 403,
        "code": "EXC-03",
        "title": "คุณถอนความยินยอมแล้ว",
        "detail": "หน่วยงานนี้ดึงข้อมูลไม่ได้อีก",
        "next": "ให้ความยินยอมใหม่ได้ทุกเมื่อ",
    }
    page = browser.submit(page, "pull_again")
    assert (page.status, page.text("error_code")) == (403, "EXC-03")
    assert "คุณถอนความยินยอมแล้ว" in page.words
    # trying again changes nothing: agreeing again does
    assert page.element("consent_anew").get("href") == "/login"
    assert "ลองใหม่" not in page.words
    provider.gateway_problem = {}
    assert browser.follow(page, "consent_anew").url.path == "/application"


def test_a_document_that_is_not_the_announced_one_is_not_kept(browser: Browser, jobs: str, provider: StandIn) -> None:
    provider.pdf_changed = True
    assert signed_in(browser, jobs).text("error_code") == "document_changed"
    assert browser.open(f"{jobs}/application/dopa.person.pdf").text("error_code") == "JOBS-03"


def test_a_provider_that_is_down_is_said_plainly(browser: Browser, jobs: str, provider: StandIn) -> None:
    page = browser.open(jobs)
    provider.down = True
    answer = browser.follow(page, "sign_in")
    assert (answer.status, answer.text("error_code")) == (503, "provider_unavailable")
    assert "ยังไม่ตอบในขณะนี้" in answer.words


def test_a_form_of_another_site_does_nothing(browser: Browser, jobs: str, provider: StandIn) -> None:
    page = signed_in(browser, jobs)
    pulls = len(provider.pulls)
    elsewhere = Page(url=page.url.copy_with(host="evil.localhost"), status=200, content=b"", tree=page.tree)
    elsewhere.element("pull_again").set("action", f"{jobs}/application/pull")
    assert browser.submit(elsewhere, "pull_again").text("error_code") == "JOBS-02"
    assert len(provider.pulls) == pulls


def test_leaving_ends_the_session(browser: Browser, jobs: str) -> None:
    browser.submit(signed_in(browser, jobs), "sign_out")
    assert browser.open(f"{jobs}/application").url.path == "/"


@pytest.mark.parametrize("path", ["/", "/application", "/employer"])
def test_pages_speak_english_when_asked(browser: Browser, jobs: str, path: str) -> None:
    signed_in(browser, jobs)
    page = browser.open(f"{jobs}{path}?lang=en")
    assert page.tree is not None
    assert page.tree.get("lang") == "en"
    assert "fictitious" in page.words


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("en-GB,en;q=0.9,th;q=0.8", "en"), ("fr, EN;q=0.7", "en"), ("th-TH,en;q=0.5", "th"), ("fr", "th"), ("", "th")],
)
def test_pages_speak_as_the_browser_says_and_so_does_the_sign_in(
    jobs: str, provider: StandIn, accepted: str, language: str
) -> None:
    with Browser(language=accepted) as reader:
        page = signed_in(reader, jobs)
        assert page.tree is not None
        assert page.tree.get("lang") == language
        assert provider.requests[-1]["ui_locales"] == language
        # what was chosen goes before what the browser says
        other = "th" if language == "en" else "en"
        reader.open(f"{jobs}/?lang={other}")
        chosen = reader.open(f"{jobs}/application")
        assert chosen.tree is not None
        assert chosen.tree.get("lang") == other


def test_an_address_that_is_not_there_leads_back(browser: Browser, jobs: str) -> None:
    page = browser.open(f"{jobs}/nowhere")
    assert (page.status, page.text("error_code")) == (404, "JOBS-04")


def test_a_proxy_names_the_case_and_has_an_application_of_its_own(
    browser: Browser, jobs: str, provider: StandIn
) -> None:
    page = browser.submit(browser.open(f"{jobs}/for-another"), "for_another_form", {"case": "  "})
    assert (page.status, page.text("error_code")) == (400, "JOBS-05")
    principal = signed_in(browser, jobs).text("case")
    provider.id_token_changes = {"act": {"sub": "the proxy"}}
    with Browser() as other:
        page = other.submit(other.open(f"{jobs}/for-another"), "for_another_form", {"case": "JS-77"})
        # what the principal gave before belongs to another application
        assert page.text("case") != principal
        assert page.text("by_proxy")
    pushed = provider.requests[-1]
    assert pushed["acting_for"] == "person"
    assert {detail["case"] for detail in json.loads(pushed["authorization_details"])} == {"JS-77"}


def until_settled(provider: StandIn) -> None:
    """The program listens in its own time; what it was given is gone when it has dealt with it."""
    until(lambda: not provider.sets, "nobody listens")


def test_a_consent_taken_back_is_heard_of_and_shown_until_the_person_comes_again(
    browser: Browser, jobs: str, provider: StandIn
) -> None:
    signed_in(browser, jobs)
    provider.withdraw("set_1")
    until_settled(provider)
    assert "ถอนความยินยอมแล้ว" in browser.open(f"{jobs}/application").text("consent_ended")
    [stream] = provider.streams
    assert stream["events_requested"] == ["urn:tuaton:event-type:consent-withdrawn"]
    assert any(said.get("ack") == ["set_1"] for said in provider.polled)


def test_a_proxy_is_not_told_what_the_principal_took_back(browser: Browser, jobs: str, provider: StandIn) -> None:
    signed_in(browser, jobs)
    with Browser() as other:
        provider.id_token_changes = {"act": {"sub": "the proxy"}}
        other.submit(other.open(f"{jobs}/for-another"), "for_another_form", {"case": "JS-77"})
        provider.withdraw("set_1")
        until_settled(provider)
        assert other.open(f"{jobs}/application").find("consent_ended") is None
        # and a proxy who comes again hides nothing from the principal
        other.submit(other.open(f"{jobs}/for-another"), "for_another_form", {"case": "JS-77"})
    assert browser.open(f"{jobs}/application").text("consent_ended")


def test_what_is_no_event_of_the_provider_is_refused_and_changes_nothing(
    browser: Browser, jobs: str, provider: StandIn
) -> None:
    signed_in(browser, jobs)
    provider.withdraw("set_1", key=ECKey.generate_key("P-256"))
    provider.withdraw("set_2", typ="JWT")
    provider.withdraw("set_3", aud="somebody-else")
    until_settled(provider)
    assert browser.open(f"{jobs}/application").find("consent_ended") is None
    refused = {jti for said in provider.polled for jti in said.get("setErrs", {})}
    assert refused == {"set_1", "set_2", "set_3"}


def test_outside_the_registrys_hours_a_report_waits_and_is_seen(browser: Browser, jobs: str, provider: StandIn) -> None:
    page = signed_in(browser, jobs)
    provider.closed = True
    page = browser.submit(page, "pull_again")
    assert set(page.rows("data-waiting")) == {"dopa.person", "dopa.address"}
    assert "อยู่นอกเวลาทำการของทะเบียน" in page.words
    page.element("reported")
    # what was known before is there still; pressed again, nothing is asked twice
    assert provider.name in page.rows("data-field")["name_th"]
    assert page.find("pull_again") is None
    asked = len(provider.pulls)
    browser.open(f"{jobs}/application").element("reported")
    assert len(provider.pulls) == asked
    # the registry opens: the answers come by themselves, from the gateway whatever address it named
    provider.closed = False
    provider.name = "นางสาวตัวอย่าง เปลี่ยนชื่อ"
    page = browser.open(f"{jobs}/application")
    assert page.rows("data-waiting") == {}
    assert page.rows("data-changed")["1"].endswith("ชื่อ")


def test_what_came_to_nothing_is_told_and_can_be_asked_again(browser: Browser, jobs: str, provider: StandIn) -> None:
    provider.closed = True
    page = signed_in(browser, jobs)
    assert set(page.rows("data-waiting")) == {"dopa.person", "dopa.address"}
    provider.waiting_problem = {"status": 503, "code": "EXC-07"}
    assert browser.open(f"{jobs}/application").text("error_code") == "EXC-07"
    provider.waiting_problem = {"status": 410, "code": "EXC-60"}
    for _ in range(2):
        assert browser.open(f"{jobs}/application").text("error_code") == "EXC-60"
    provider.closed, provider.waiting_problem = False, None
    page = browser.open(f"{jobs}/application")
    assert page.rows("data-waiting") == {}
    assert provider.name in page.rows("data-field")["name_th"]


def test_what_is_no_longer_asked_for_is_told_to_everybody(browser: Browser, jobs: str) -> None:
    page = browser.follow(browser.open(jobs), "papers")
    assert "สำเนาทะเบียนบ้าน" in page.words
    page.element("help_line")
