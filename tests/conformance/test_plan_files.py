"""The plan files: each is one that the issuer takes, with clients that work and a browser that gets through."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from idp.app.conformance.plans import clients_of
from tests.conformance.make_plans import PLANS, SUITES, configuration
from tests.conformance.party import PLANS as FOLDER
from tests.conformance.party import Party
from tests.conformance.server import ISSUER, Server
from tests.conformance.suite_browser import SuiteBrowser

FILES = sorted(path.stem for path in FOLDER.glob("*.json"))
CLIENTS = [
    pytest.param(alias, name, id=f"{alias}-{name}")
    for alias in FILES
    for name in json.loads((FOLDER / f"{alias}.json").read_text("utf-8"))["tuaton"]
    if name != "redirect_uris"
]
WITH_PAGES = [alias for alias in FILES if clients_of(FOLDER / f"{alias}.json") and "ciba" not in alias]


def read(alias: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{alias}.json").read_text("utf-8"))
    return document


def browser_of(server: Server, alias: str, module: str | None = None) -> SuiteBrowser:
    document = read(alias)
    return SuiteBrowser(server, document["browser"] if module is None else document["override"][module]["browser"])


def told(address: str) -> dict[str, list[str]]:
    assert address.startswith(SUITES), address
    return parse_qs(urlsplit(address).query)


def test_every_plan_has_a_file_and_every_file_a_plan() -> None:
    assert set(FILES) == set(PLANS)


@pytest.mark.parametrize("alias", FILES)
def test_a_file_has_what_the_suite_reads(alias: str) -> None:
    document, fresh = read(alias), configuration(alias, ISSUER)
    assert document["alias"] == alias
    assert document["server"]["discoveryUrl"] == f"{ISSUER}/.well-known/openid-configuration"
    assert set(document) == set(fresh)
    assert document["browser"] == fresh["browser"]
    assert document.get("override") == fresh.get("override")
    clients = [document[name]["client_id"] for name in document["tuaton"] if name != "redirect_uris"]
    assert [client.id for client in clients_of(FOLDER / f"{alias}.json")] == clients


def test_no_two_plans_share_a_client() -> None:
    ids = [client.id for alias in FILES for client in clients_of(FOLDER / f"{alias}.json")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("alias", "name"), CLIENTS)
def test_a_client_proves_itself_with_what_its_file_holds(server: Server, alias: str, name: str) -> None:
    party = Party.of(server, alias, name)
    answer = party.post(server.metadata["revocation_endpoint"], {"token": "none"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("alias", WITH_PAGES)
def test_the_browser_of_a_file_signs_in_and_allows(server: Server, alias: str) -> None:
    party, browser = Party.of(server, alias), browser_of(server, alias)
    scope = " ".join(party.configuration["scope"].split()[:2])
    end = browser.visit(party.authorize_url(party.ask(scope=scope)))
    assert {"code", "response"} & set(told(end)), end
    assert browser.done[:1] == ["Sign in"]
    assert browser.done[-1] == "Back at the suite"
    assert "pin" in browser.pictures


def test_the_browser_takes_a_picture_of_the_consent_page(server: Server) -> None:
    party, browser = Party.of(server, "ekyc", "client2"), browser_of(server, "ekyc")
    browser.visit(party.authorize_url(party.ask(scope="openid profile email", prompt="consent")))
    assert browser.done == ["Sign in", "Consent", "Back at the suite"]
    assert browser.pictures == ["pin", "consent"]


def test_the_browser_stops_at_an_error_page(server: Server) -> None:
    party, browser = Party.of(server, "oidcc-basic"), browser_of(server, "oidcc-basic")
    end = browser.visit(party.authorize_url(party.ask(redirect_uri="https://elsewhere.example/")))
    assert end.startswith(f"{ISSUER}/authorize")
    assert (browser.done, browser.pictures) == (["Error page"], ["error_code"])


@pytest.mark.parametrize("alias", [alias for alias in FILES if alias.startswith("fapi2")])
def test_the_modules_that_need_another_browser(server: Server, alias: str) -> None:
    document, party = read(alias), Party.of(server, alias)
    deny, twice = (next(name for name in document["override"] if end in name) for end in ("rejects", "reused-request"))
    end = browser_of(server, alias, deny).visit(party.authorize_url(party.ask(scope="openid profile")))
    assert "code" not in told(end)
    patient, address = browser_of(server, alias, twice), party.authorize_url(party.ask())
    assert patient.visit(address).startswith(f"{ISSUER}/sign-in/pin")
    assert told(patient.visit(address))


@pytest.mark.parametrize("alias", [alias for alias in FILES if "logout" in alias or "session" in alias])
def test_the_browser_signs_out_and_comes_back(server: Server, alias: str) -> None:
    party, browser = Party.of(server, alias), browser_of(server, alias)
    asked = party.ask(response_mode=None)
    landed = told(browser.visit(party.authorize_url(asked)))
    answer = party.redeem(asked, landed["code"][0])
    back = party.registered["post_logout_redirect_uris"][0]
    wanted = {"id_token_hint": answer.json()["id_token"], "post_logout_redirect_uri": back, "state": "s"}
    end = browser.visit(f"{server.metadata['end_session_endpoint']}?{urlencode(wanted)}")
    assert (end.partition("?")[0], told(end)) == (back, {"state": ["s"]})
    browser.visit(f"{server.metadata['end_session_endpoint']}?{urlencode({**wanted, 'id_token_hint': 'bad'})}")
    assert browser.pictures[-1] == "error_code"


def test_files_are_made_for_any_issuer(tmp_path: Path) -> None:
    text = json.dumps(configuration("fapi-ciba-ping", "https://other.example"))
    assert ISSUER not in text
    (tmp_path / "plan.json").write_text(text, "utf-8")
    assert len(clients_of(tmp_path / "plan.json")) == 2
    approval = json.loads(text)["automated_ciba_approval_url"]
    assert approval == "https://other.example/conformance/decide?auth_req_id={auth_req_id}&action={action}"
