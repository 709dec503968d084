"""OpenID Connect Core §4: what a client registers so that others begin its sign-ins, and the issuer doing so."""

from urllib.parse import parse_qsl, urlsplit

from tests.conformance.browser import Browser, Page
from tests.conformance.newcomers import newcomer, register
from tests.conformance.server import ISSUER, Server

START = "https://client.example/start"


def test_oidcc_3rd_party_init_login(server: Server) -> None:
    answer = register(server, initiate_login_uri=START).json()
    assert answer["initiate_login_uri"] == START
    headers = {"authorization": f"Bearer {answer['registration_access_token']}"}
    read = server.http().get(answer["registration_client_uri"], headers=headers)
    assert read.json()["initiate_login_uri"] == START


def test_oidcc_3rd_party_init_login_nohttps(server: Server) -> None:
    for address in ("http://client.example/start", "http://localhost/start", "ftp://client.example/start"):
        answer = register(server, initiate_login_uri=address)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


def test_the_issuer_begins_at_the_registered_address(server: Server) -> None:
    party = newcomer(server, initiate_login_uri=f"{START}?tenant=1")
    answer = server.http().get(f"/start/{party.id}?target_link_uri=https://elsewhere.example/")
    assert answer.status_code == 303
    sent = urlsplit(answer.headers["location"])
    assert f"{sent.scheme}://{sent.netloc}{sent.path}" == START
    # §4: iss is required; nothing about a person goes along, and nothing that the visitor brought
    assert parse_qsl(sent.query) == [("tenant", "1"), ("iss", ISSUER)]


def test_nobody_is_sent_to_a_client_that_did_not_ask_for_it(server: Server) -> None:
    for client_id in (newcomer(server).id, "nobody"):
        answer = server.http().get(f"/start/{client_id}", headers={"accept": "text/html"})
        assert answer.status_code == 400
        assert Page(answer).error_code == "OID-01"
    assert server.http().get("/start/%00").status_code == 404


def test_my_account_leads_to_it(server: Server, browser: Browser) -> None:
    party = newcomer(server, initiate_login_uri=START)
    party.sign_in(browser)
    page = browser.http.get("/account/apps")
    assert f'href="/start/{party.id}"' in page.text
