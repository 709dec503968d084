"""E-submission for companies before a provider that answers as told: every refusal has a code and a way on."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey

from relying_party_demo.efiling import asking
from relying_party_demo.efiling.__main__ import build
from relying_party_demo.journey.browser import Browser, Page
from relying_party_demo.program import open_ground
from tests.relying_party_demo.serving import free_socket, served
from tests.relying_party_demo.stand_in import PDF, StandIn

COMPANY = "0105560000072"
ORGANISATION = {"juristic_id": COMPANY, "name": "บริษัท ตัวอย่าง จำกัด"}
HOLDERS = [{"sequence": 1, "name": "นายตัวอย่าง ถือหุ้น", "nationality": "ไทย", "occupation": ""}]


@pytest.fixture
def provider() -> Iterator[StandIn]:
    listener = free_socket()
    made = StandIn(client_key=ECKey.generate_key("P-256"), issuer=f"http://id.localhost:{listener.getsockname()[1]}")
    with served(made.app(), listener):
        yield made


@pytest.fixture
def filing(tmp_path: Path, provider: StandIn) -> Iterator[str]:
    listener = free_socket()
    base_url = f"http://efiling.localhost:{listener.getsockname()[1]}"
    (tmp_path / "key.json").write_text(json.dumps(provider.client_key.as_dict(private=True) | {"kid": "k1"}))
    config = {
        "issuer": provider.issuer,
        "gateway": provider.issuer,
        "client_id": "jobs",
        "client_key_file": "key.json",
        "base_url": base_url,
        "store": "efiling.sqlite",
    }
    (tmp_path / "efiling.json").write_text(json.dumps(config))
    with served(build(open_ground(tmp_path / "efiling.json", package="relying_party_demo.efiling")), listener):
        yield base_url


def ask(browser: Browser, filing: str, number: str) -> Page:
    return browser.submit(browser.open(filing), "company_form", {"juristic_id": number})


def has_a_way_on(page: Page) -> bool:
    return any(link.get("href") == "/" for link in page.element("content").iter("a"))


@pytest.mark.parametrize("number", ["", "123", "01055600000721", "010556000007x", "\u0e50105560000072"])
def test_what_is_no_companys_number_is_refused(filing: str, number: str) -> None:
    with Browser() as browser:
        page = ask(browser, filing, number)
    assert (page.status, page.text("error_code")) == (400, "FILE-03")
    assert has_a_way_on(page)


def test_a_form_sent_from_elsewhere_begins_nothing(filing: str, provider: StandIn) -> None:
    foreign = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    with httpx2.Client() as program:
        address = filing.replace("efiling.localhost", "127.0.0.1")
        answer = program.post(f"{address}/login", data={"juristic_id": COMPANY}, headers=foreign)
    assert answer.status_code == 403
    assert "FILE-02" in answer.text
    assert provider.requests == []


def test_an_answer_that_nobody_waits_for_is_refused(filing: str, provider: StandIn) -> None:
    with Browser() as browser:
        page = browser.open(f"{filing}/callback?code=x&state=unknown&iss={provider.issuer}")
    assert (page.status, page.text("error_code")) == (400, "FILE-01")
    assert has_a_way_on(page)


def test_who_comes_for_no_company_files_for_none(filing: str, provider: StandIn) -> None:
    with Browser() as browser:
        page = ask(browser, filing, COMPANY)
        assert (page.status, page.text("error_code")) == (403, "FILE-05")
        assert has_a_way_on(page)
        assert browser.open(f"{filing}/filing").url.path == "/"
    assert provider.requests[-1]["acting_for"] == "company"


@pytest.fixture
def director(provider: StandIn) -> StandIn:
    """The provider says who acts for the company, the gateway what the registry knows of it."""
    provider.id_token_changes = {"organisation": ORGANISATION}
    provider.told = {name: dict.fromkeys(fields, "x") for name, fields in asking.FIELDS.items()}
    provider.told[asking.SHAREHOLDERS] |= {"holders": HOLDERS}
    return provider


def test_a_form_is_filed_with_both_papers_and_what_verification_says(filing: str, director: StandIn) -> None:
    with Browser() as browser:
        page = ask(browser, filing, COMPANY)
        assert [pull["dataset"] for pull in director.pulls] == list(asking.FIELDS)
        assert "นายตัวอย่าง ถือหุ้น" in page.words
        assert page.rows("data-verdict") == {}
        first, second = (browser.submit(page, "file_form", {"form": "licence"}) for _ in range(2))
        assert first.text("receipt") == second.text("receipt") == "EF-000001"
        assert set(first.rows("data-verdict")) == {"valid"}
        assert director.judged == [PDF, PDF]
        for dataset in asking.FIELDS:
            assert browser.open(f"{filing}/filing/{dataset}.pdf").content == PDF
        assert browser.open(f"{filing}/filing/dopa.person.pdf").text("error_code") == "FILE-08"
        # who comes again for the company files another one
        page = ask(browser, filing, COMPANY)
        page.element("file_form")
        assert browser.submit(page, "file_form").text("receipt") == "EF-000002"
    with Browser() as stranger:
        assert stranger.open(f"{filing}/filing/dbd.company.pdf").url.path == "/"


def test_a_paper_that_is_not_found_good_is_not_filed(filing: str, director: StandIn) -> None:
    director.verdict = "changed"
    with Browser() as browser:
        page = browser.submit(ask(browser, filing, COMPANY), "file_form")
        assert (page.status, page.text("error_code")) == (409, "FILE-07")
        assert has_a_way_on(page)
        page = browser.open(f"{filing}/filing")
        assert set(page.rows("data-verdict")) == {"changed"}
        page.element("file_form")


def test_a_form_that_there_is_not_is_not_filed(filing: str, director: StandIn) -> None:
    with Browser() as browser:
        page = browser.submit(ask(browser, filing, COMPANY), "file_form", {"form": "invented"})
        assert (page.status, page.text("error_code")) == (400, "FILE-06")
    assert director.judged == []


def test_who_waits_for_cosigners_is_told(filing: str, provider: StandIn) -> None:
    provider.answer_changes = {"error": "interaction_required"}
    with Browser() as browser:
        page = ask(browser, filing, COMPANY)
        page.element("waiting")
        assert has_a_way_on(page)


def test_what_is_no_longer_asked_for_is_told_to_everybody(filing: str) -> None:
    with Browser() as browser:
        page = browser.follow(browser.open(filing), "papers")
        assert "สำเนาหนังสือรับรองนิติบุคคล" in page.words
        page.element("help_line")
        assert browser.open(f"{filing}/nowhere").text("error_code") == "FILE-04"
