"""The waterworks' counter before a provider and gateway that answer as told."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey

from relying_party_demo.journey.browser import Browser, Page
from relying_party_demo.program import open_ground
from relying_party_demo.texts import LANGUAGES, Texts
from relying_party_demo.water import asking, pages
from relying_party_demo.water.__main__ import build
from tests.relying_party_demo.serving import free_socket, served
from tests.relying_party_demo.stand_in import CARD_IN, CARD_OUT, PDF, WAITING_FOR_A_CARD, StandIn

ON_CARD = "12/17 ถนนเดิม"
REGISTERED = "99/17 ถนนตัวอย่าง"


@pytest.fixture
def provider() -> Iterator[StandIn]:
    listener = free_socket()
    made = StandIn(client_key=ECKey.generate_key("P-256"), issuer=f"http://id.localhost:{listener.getsockname()[1]}")
    made.told = {
        asking.CARD: {"address_text": ON_CARD},
        asking.ADDRESS: {"address_text": REGISTERED, "house_id": "00990000017", "domicile_type": "เจ้าบ้าน"},
    }
    with served(made.app(), listener):
        yield made


@pytest.fixture
def water(tmp_path: Path, provider: StandIn) -> Iterator[str]:
    listener = free_socket()
    base_url = f"http://water.localhost:{listener.getsockname()[1]}"
    (tmp_path / "key.json").write_text(json.dumps(provider.client_key.as_dict(private=True) | {"kid": "k1"}))
    config = {
        "issuer": provider.issuer,
        "gateway": provider.issuer,
        "client_id": "water",
        "client_key_file": "key.json",
        "base_url": base_url,
        "store": "water.sqlite",
        "stations": {"water-1": {"th": "เคาน์เตอร์ 1", "en": "Counter 1"}},
    }
    (tmp_path / "water.json").write_text(json.dumps(config))
    with served(build(open_ground(tmp_path / "water.json", package="relying_party_demo.water")), listener):
        yield base_url


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


def started(browser: Browser, water: str, **changes: str) -> Page:
    """A request, as an officer who signed in starts one."""
    if browser.open(f"{water}/requests").find("new_request") is None:
        browser.follow(browser.open(water), "sign_in")
    return browser.submit(browser.open(f"{water}/requests/new"), "new_form", {"notice": "read"} | changes)


def with_card(browser: Browser, water: str, provider: StandIn, **changes: str) -> Page:
    """The form of a request, with the person's card read."""
    provider.visit_state = dict(CARD_IN)
    return started(browser, water, **changes)


def code_of(page: Page) -> tuple[int, str]:
    return page.status, page.text("error_code")


def has_a_way_on(page: Page) -> bool:
    content = page.element("content")
    return any(link.get("href") for link in content.iter("a")) or bool(list(content.iter("form")))


def kept_in(tmp_path: Path) -> str:
    """Everything in the program's store, as bytes that can be searched."""
    return "".join(file.read_bytes().decode("utf-8", "replace") for file in tmp_path.glob("water.sqlite*"))


def test_signing_in_asks_for_card_sessions_and_no_data(browser: Browser, water: str, provider: StandIn) -> None:
    browser.follow(browser.open(water), "sign_in")
    (request,) = provider.requests
    assert (request["scope"], request["resource"]) == ("openid look_up", provider.issuer)
    assert "authorization_details" not in request


def test_a_request_waits_for_the_card_then_fills_itself_in(browser: Browser, water: str, provider: StandIn) -> None:
    page = started(browser, water)
    assert (page.element("light").get("data-light"), page.element("need").get("data-need")) == (
        "yellow",
        "citizen_card",
    )
    (opened,) = provider.visits
    assert (opened["purpose"], opened["station"], opened["case"]) == ("water-meter", "water-1", "WM-000001")
    assert opened["basis"] == {"kind": "card_handed_over", "notice_read": True}
    provider.visit_state = dict(CARD_IN)
    page = browser.open(str(page.url))
    shown = page.rows("data-field")
    assert provider.name.split()[0] in shown["name"]
    assert "ถนนเดิม" in shown["place"]
    assert "ถนนตัวอย่าง" in shown["place"]
    assert [
        page.tree is not None and page.tree.xpath(f"//*[@data-field='{field}']/@data-differs") for field in shown
    ] == [
        ["no"],
        ["yes"],
    ]
    asked = {pull["dataset"] for pull in provider.pulls}
    assert asked == {"card.identity", "dopa.person", "dopa.address"}
    assert {pull["format"] for pull in provider.pulls} == {"json"}
    # looked at again, nothing is asked again
    browser.open(str(page.url))
    assert len(provider.pulls) == 3


def test_what_is_kept_is_the_form_and_nothing_else(
    browser: Browser, water: str, provider: StandIn, tmp_path: Path
) -> None:
    page = with_card(browser, water, provider)
    page = browser.submit(page, "meter_form", {"meter": "one_inch"})
    page.element("saved")
    assert provider.name not in page.words
    kept = kept_in(tmp_path)
    assert REGISTERED in kept
    assert provider.name in kept
    assert ON_CARD not in kept
    for never in ("1-1234-56789-01-2", "1123456789012", "00990000017"):
        assert never not in kept
    assert provider.ended == ["cds_1"]
    assert browser.open(f"{page.url}/slip.pdf").content == PDF
    rows = browser.open(f"{water}/requests").rows("data-request")
    assert list(rows) == ["WM-000001"]
    assert provider.name not in rows["WM-000001"]


def test_saved_twice_is_saved_once(browser: Browser, water: str, provider: StandIn) -> None:
    page = with_card(browser, water, provider)
    browser.submit(page, "meter_form", {"meter": "one_inch"})
    again = browser.submit(page, "meter_form", {"meter": "half_inch"})
    assert "1 นิ้ว" in again.words
    assert provider.ended == ["cds_1"]


def test_the_same_form_opens_one_request(browser: Browser, water: str, provider: StandIn) -> None:
    browser.follow(browser.open(water), "sign_in")
    page = browser.open(f"{water}/requests/new")
    first, second = (browser.submit(page, "new_form", {"notice": "read"}) for _ in range(2))
    assert first.url == second.url
    assert len(provider.visits) == 1


def test_the_card_instead_of_the_registry_needs_a_reason(
    browser: Browser, water: str, provider: StandIn, tmp_path: Path
) -> None:
    page = with_card(browser, water, provider)
    refused = browser.submit(page, "meter_form", {"place": "card"})
    assert code_of(refused) == (400, "WATER-08")
    chosen = refused.element("place_card")
    assert chosen.get("checked") is not None
    browser.submit(refused, "meter_form", {"place": "card", "reason": "บ้านเดิม"}).element("saved")
    assert ON_CARD in kept_in(tmp_path)


@pytest.mark.parametrize("choice", [{"place": "other"}, {"meter": "a_river"}, {"name": "other"}, {"name": "invented"}])
def test_what_is_missing_or_invented_is_not_kept(
    browser: Browser, water: str, provider: StandIn, choice: Mapping[str, str]
) -> None:
    page = with_card(browser, water, provider)
    refused = browser.submit(page, "meter_form", choice)
    assert code_of(refused) == (400, "WATER-09")
    refused.element("meter_form")


@pytest.mark.parametrize("number", ["1101700207030", "1-1017-00207-03-0", "๑๑๐๑๗๐๐๒๐๗๐๓๐"])
def test_nobodys_number_is_typed_into_it(
    browser: Browser, water: str, provider: StandIn, tmp_path: Path, number: str
) -> None:
    page = with_card(browser, water, provider)
    for field in ("reason", "place_other"):
        refused = browser.submit(page, "meter_form", {field: f"เลข {number}"})
        assert code_of(refused) == (400, "WATER-10")
    assert code_of(started(browser, water, who="proxy", proxy_paper=number)) == (400, "WATER-10")
    assert number not in kept_in(tmp_path)


def test_read_again_pressed_twice_opens_one_session(browser: Browser, water: str, provider: StandIn) -> None:
    page = with_card(browser, water, provider)
    provider.visit_state = dict(CARD_OUT)
    over = browser.open(str(page.url))
    provider.fresh_from = 2
    for _ in range(2):
        browser.submit(over, "again")
    assert len(provider.visits) == 2


def test_a_card_taken_out_before_saving_keeps_nothing(
    browser: Browser, water: str, provider: StandIn, tmp_path: Path
) -> None:
    page = with_card(browser, water, provider)
    provider.visit_state = dict(CARD_OUT)
    refused = browser.submit(page, "meter_form")
    assert code_of(refused) == (409, "WATER-07")
    assert has_a_way_on(refused)
    assert REGISTERED not in kept_in(tmp_path)
    # the card is put in again: another session for the same request
    page = browser.open(str(page.url))
    assert page.element("over").get("data-reason") == "card_removed"
    provider.visit_state = dict(WAITING_FOR_A_CARD)
    provider.visit_state["over"] = True
    page = browser.submit(page, "again")
    assert [visit["case"] for visit in provider.visits] == ["WM-000001", "WM-000001"]


def test_what_was_read_is_forgotten_when_the_counter_is_not_green(
    browser: Browser, water: str, provider: StandIn
) -> None:
    page = with_card(browser, water, provider)
    provider.visit_state = dict(WAITING_FOR_A_CARD)
    assert browser.open(str(page.url)).find("meter_form") is None
    provider.visit_state = dict(CARD_IN)
    assert code_of(browser.submit(page, "meter_form")) == (409, "WATER-07")


def test_events_tell_marks_and_nothing_of_anybody(browser: Browser, water: str, provider: StandIn) -> None:
    page = with_card(browser, water, provider)
    told = browser.open(f"{page.url}/events").content.decode()
    mark = json.loads(told.partition("data: ")[2])["mark"]
    assert mark == page.element("visit").get("data-mark")
    assert provider.name not in told
    provider.visit_state = dict(CARD_OUT)
    assert mark not in browser.open(f"{page.url}/events").content.decode()


@pytest.mark.parametrize("dataset", [asking.PERSON, asking.ADDRESS])
def test_a_registry_that_does_not_answer_stops_nobody(
    browser: Browser, water: str, provider: StandIn, dataset: str
) -> None:
    provider.no_pull_of = frozenset({dataset})
    page = with_card(browser, water, provider)
    assert list(page.rows("data-refused")) == [dataset]
    assert "EXC-07" in page.words
    provider.no_pull_of = frozenset()
    page = browser.submit(page, "again")
    assert page.rows("data-refused") == {}
    # what was answered is not asked again
    assert [pull["dataset"] for pull in provider.pulls].count(dataset) == 2
    assert len(provider.pulls) == len(asking.FIELDS) + 1
    browser.submit(page, "meter_form").element("saved")


def test_the_card_alone_is_enough_while_the_registry_is_away(browser: Browser, water: str, provider: StandIn) -> None:
    provider.no_pull_of = frozenset({asking.PERSON, asking.ADDRESS})
    page = with_card(browser, water, provider)
    saved = browser.submit(page, "meter_form")
    saved.element("saved")


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"light": "red", "need": "agent", "reason": "station_not_there"}, "เครื่องอ่านบัตรไม่ตอบ"),
        ({"light": "red", "need": "officer_card"}, "เสียบบัตรของเจ้าหน้าที่"),
        ({"light": "red", "need": "officer_pin", "codes": ["STA-21"]}, "STA-21"),
        ({"light": "green", "need": "nothing", "card": "taken", "percent": 40}, "กำลังอ่านบัตร"),
        ({"light": "green", "need": "nothing", "card": "read", "reason": "registry_unavailable"}, "กำลังตรวจบัตร"),
        ({"card": "fault", "fault": "CARD-05", "over": True}, "CARD-05"),
        ({"card": "read", "reason": "card_not_valid", "over": True}, "บัตรนี้ใช้ไม่ได้"),
        ({"reason": "officer_not_entitled", "over": True}, "สิทธิตรวจสอบข้อมูลของคุณสิ้นสุดแล้ว"),
        ({"reason": "session_or_handle_over", "over": True}, "การอ่านบัตรครั้งนี้สิ้นสุดแล้ว"),
    ],
)
def test_each_state_says_what_to_do(
    browser: Browser, water: str, provider: StandIn, state: dict[str, object], says: str
) -> None:
    provider.visit_state |= state
    page = started(browser, water)
    assert says in page.words
    assert page.find("meter_form") is None
    assert has_a_way_on(page)
    assert provider.pulls == []


def test_who_is_no_officer_opens_nothing_and_leaves_nothing(browser: Browser, water: str, provider: StandIn) -> None:
    provider.counter_problem = {"status": 403, "code": "CTR-01", "title": "ไม่ใช่เจ้าหน้าที่", "next": "ให้ผู้ดูแลกำหนดสิทธิ"}
    refused = started(browser, water)
    assert code_of(refused) == (403, "CTR-01")
    assert has_a_way_on(refused)
    browser.open(f"{water}/requests").element("none_yet")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"who": "proxy"}, "WATER-06"), ({"proxy_paper": "12/2569"}, "WATER-06")],
)
def test_a_proxy_has_a_paper_and_nobody_else(
    browser: Browser, water: str, provider: StandIn, changes: dict[str, str], code: str
) -> None:
    assert code_of(started(browser, water, **changes)) == (400, code)
    assert provider.visits == []


def test_without_the_notice_nothing_is_opened(browser: Browser, water: str, provider: StandIn) -> None:
    browser.follow(browser.open(water), "sign_in")
    page = browser.submit(browser.open(f"{water}/requests/new"), "new_form")
    assert code_of(page) == (400, "WATER-05")
    assert provider.visits == []


def test_a_proxy_is_on_record_and_where_the_proxy_lives_is_not_asked(
    browser: Browser, water: str, provider: StandIn, tmp_path: Path
) -> None:
    page = with_card(browser, water, provider, who="proxy", proxy_paper="12/2569")
    assert {pull["dataset"] for pull in provider.pulls} == {asking.CARD, asking.PERSON}
    form = {"name_other": "นางตัวอย่าง ผู้มอบ", "place_other": "1 ถนนสาธิต"}
    browser.submit(page, "meter_form", form).element("saved")
    kept = kept_in(tmp_path)
    assert all(text in kept for text in ("12/2569", "นางตัวอย่าง ผู้มอบ", "1 ถนนสาธิต", provider.name))


def test_a_request_is_its_officers_alone(browser: Browser, water: str, provider: StandIn) -> None:
    page = with_card(browser, water, provider)
    asked = len(provider.pulls)
    provider.id_token_changes = {"sub": "pairwise-2"}
    with Browser() as colleague:
        colleague.follow(colleague.open(water), "sign_in")
        for path in ("", "/events", "/slip.pdf"):
            assert code_of(colleague.open(f"{page.url}{path}")) == (404, "WATER-03")
        colleague.open(f"{water}/requests").element("none_yet")
    with Browser() as stranger:
        assert stranger.open(str(page.url)).url.path == "/"
    assert len(provider.pulls) == asked


@pytest.mark.parametrize("number", ["0", "999", str(2**63), "9" * 5_000, "1x", "\u0e51"])
def test_a_number_that_no_request_has_is_unknown(browser: Browser, water: str, provider: StandIn, number: str) -> None:
    browser.follow(browser.open(water), "sign_in")
    page = browser.open(f"{water}/requests/{number}")
    assert code_of(page) == (404, "WATER-03")
    assert has_a_way_on(page)


def test_ending_a_visit_keeps_nothing(browser: Browser, water: str, provider: StandIn, tmp_path: Path) -> None:
    page = with_card(browser, water, provider)
    page = browser.submit(page, "end")
    assert page.url.path == "/requests"
    assert provider.ended == ["cds_1"]
    browser.open(f"{water}/requests/1").element("ended")
    assert REGISTERED not in kept_in(tmp_path)


def test_forms_from_elsewhere_do_nothing(browser: Browser, water: str, provider: StandIn) -> None:
    foreign = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    with httpx2.Client() as program:
        address = water.replace("water.localhost", "127.0.0.1")
        for path in ("/requests", "/requests/1", "/requests/1/end", "/requests/1/again", "/logout"):
            answer = program.post(f"{address}{path}", data={"notice": "read"}, headers=foreign)
            assert (answer.status_code, "WATER-02" in answer.text) == (403, True), path
    assert provider.visits == []


def test_other_refusals_have_a_way_on(browser: Browser, water: str, provider: StandIn) -> None:
    for address, expected in (
        (f"{water}/nowhere", (404, "WATER-04")),
        (f"{water}/callback?code=x&state=unknown&iss={provider.issuer}", (400, "WATER-01")),
    ):
        page = browser.open(address)
        assert code_of(page) == expected
        assert has_a_way_on(page)


def test_what_is_no_longer_asked_for_is_told_to_everybody(browser: Browser, water: str) -> None:
    page = browser.follow(browser.open(water), "papers")
    assert "สำเนาทะเบียนบ้าน" in page.words
    page.element("help_line")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_exists(language: str) -> None:
    texts = Texts("relying_party_demo.water")
    folder = files("relying_party_demo.water").joinpath("templates")
    templates = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".html")]
    said = {key for template in templates for key in re.findall(r'say\("([a-z_0-9]+)"\)', template)}
    source = files(pages.__package__ or "").joinpath("pages.py").read_text("utf-8")
    said |= set(re.findall(r'problem\(request, "[0-9]+", "([a-z_]+)"', source))
    said |= {f"meter_{size}" for size in pages.METERS} | set(asking.FIELDS)
    needs = ("agent", "newer_agent", "officer_card", "officer_pin", "officer_card_out", "officer_card_back")
    said |= {f"need_{need}{how}" for need in (*needs, "citizen_card", "nothing") for how in ("", "_how")}
    said |= {"attempt_unknown", "foreign_form", "page_unknown"}
    assert len(said) > 90
    for key in said:
        assert texts.say(key, language)
