"""The four logout plans: RP-initiated, back-channel, front-channel, session management."""

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.conformance.browser import Browser, Landed, Page
from tests.conformance.listener import Listener
from tests.conformance.newcomers import CALLBACK, newcomer
from tests.conformance.party import ISSUER, Asked, Party, now
from tests.conformance.server import Server

SIGNED_OUT = "https://client.example/signed-out"
OTHER = "https://client.example/elsewhere"


@pytest.fixture
def party(server: Server) -> Party:
    return newcomer(server, post_logout_redirect_uris=[SIGNED_OUT])


def end_session(party: Party, browser: Browser, **parameters: str | None) -> Landed | Page:
    """Ask for the end of the session, and confirm it when asked."""
    given = {name: value for name, value in parameters.items() if value is not None}
    end = browser.open(f"{party.metadata['end_session_endpoint']}?{urlencode(given)}")
    if isinstance(end, Page) and "confirm_logout" in end.ids:
        form = next(form for form in end.forms if "csrf" in form.fields)
        return browser.open(form.action, form=form.fields)
    return end


def is_signed_in(party: Party, browser: Browser) -> bool:
    return browser.land(party.authorize_url(party.ask(prompt="none"))).error is None


def signed_in(party: Party, browser: Browser) -> str:
    _, tokens = party.sign_in(browser)
    return str(tokens["id_token"])


# RP-initiated


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(server: Server) -> None:
    assert server.metadata["end_session_endpoint"].startswith(f"{ISSUER}/")


def test_oidcc_rp_initiated_logout(party: Party, browser: Browser) -> None:
    hint = signed_in(party, browser)
    end = end_session(party, browser, id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT, state="as-sent")
    assert isinstance(end, Landed)
    assert (end.address, end.parameters) == (SIGNED_OUT, {"state": "as-sent"})
    assert not is_signed_in(party, browser)


def test_oidcc_rp_initiated_logout_no_state(party: Party, browser: Browser) -> None:
    end = end_session(party, browser, id_token_hint=signed_in(party, browser), post_logout_redirect_uri=SIGNED_OUT)
    assert isinstance(end, Landed)
    assert end.parameters == {}


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"post_logout_redirect_uri": OTHER}, id="oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"),
        pytest.param(
            {"post_logout_redirect_uri": f"{SIGNED_OUT}?foo=bar"},
            id="oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
        ),
        pytest.param({"id_token_hint": "flipped"}, id="oidcc-rp-initiated-logout-modified-id-token-hint"),
        pytest.param({"id_token_hint": "not-a-token"}, id="oidcc-rp-initiated-logout-bad-id-token-hint"),
    ],
)
def test_no_way_out_through_a_wrong_request(party: Party, browser: Browser, wrong: dict[str, str]) -> None:
    hint = signed_in(party, browser)
    if wrong.get("id_token_hint") == "flipped":
        head, payload, signature = hint.split(".")
        wrong = {"id_token_hint": f"{head}.{payload}.{('B' if signature[0] != 'B' else 'C') + signature[1:]}"}
    given = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT, "state": "s", **wrong}
    assert isinstance(end_session(party, browser, **given), Page)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(
            {"post_logout_redirect_uri": SIGNED_OUT, "state": "s"}, id="oidcc-rp-initiated-logout-no-id-token-hint"
        ),
        pytest.param({}, id="oidcc-rp-initiated-logout-no-params"),
        pytest.param({"state": "s"}, id="oidcc-rp-initiated-logout-only-state"),
    ],
)
def test_without_a_hint_the_person_decides_and_stays(party: Party, browser: Browser, given: dict[str, str]) -> None:
    signed_in(party, browser)
    end = end_session(party, browser, **given)
    assert isinstance(end, Page)
    if "post_logout_redirect_uri" not in given:
        assert "signed_out" in end.ids
        assert not is_signed_in(party, browser)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(party: Party, browser: Browser) -> None:
    end = end_session(party, browser, id_token_hint=signed_in(party, browser), state="s")
    assert isinstance(end, Page)
    assert "signed_out" in end.ids
    assert not is_signed_in(party, browser)


# back-channel


def test_oidcc_backchannel_logout_discovery_endpoint_verification(server: Server) -> None:
    assert server.metadata["backchannel_logout_supported"] is True
    assert server.metadata["backchannel_logout_session_supported"] is True


def test_oidcc_backchannel_rp_initiated_logout(server: Server, browser: Browser, listener: Listener) -> None:
    party = newcomer(
        server,
        post_logout_redirect_uris=[SIGNED_OUT],
        backchannel_logout_uri=f"{listener.url}/logout",
        backchannel_logout_session_required=True,
    )
    asked, tokens = party.sign_in(browser)
    claims = party.id_token(tokens, asked)
    end_session(party, browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=SIGNED_OUT)
    received = listener.next()
    assert received.path == "/logout"
    token = party.verified(parse_qs(received.body)["logout_token"][0])
    assert token["aud"] == party.id
    assert (token["sub"], token["sid"]) == (claims["sub"], claims["sid"])
    assert token["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in token
    assert token["jti"]
    assert now() - 60 <= token["iat"] <= now() + 60
    assert token["exp"] <= token["iat"] + 120


def test_a_second_sign_in_is_told_as_the_same_visit_and_both_are_signed_out(
    server: Server, browser: Browser, listener: Listener
) -> None:
    party = newcomer(
        server,
        post_logout_redirect_uris=[SIGNED_OUT],
        backchannel_logout_uri=f"{listener.url}/logout",
        backchannel_logout_session_required=True,
    )
    asked, tokens = party.sign_in(browser)
    cookies = {cookie.name: cookie.value for cookie in browser.http.cookies.jar}
    asked_again, tokens_again = party.sign_in(browser, prompt="login")
    after = {cookie.name: cookie.value for cookie in browser.http.cookies.jar}
    assert cookies != after, "the session of the browser is another one"
    first, second = party.id_token(tokens, asked), party.id_token(tokens_again, asked_again)
    assert first["sid"] == second["sid"]
    end_session(party, browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=SIGNED_OUT)
    token = party.verified(parse_qs(listener.next().body)["logout_token"][0])
    assert token["sid"] == first["sid"]
    assert not is_signed_in(party, browser)


# front-channel


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(server: Server) -> None:
    assert server.metadata["frontchannel_logout_supported"] is True
    assert server.metadata["frontchannel_logout_session_supported"] is True


def test_oidcc_frontchannel_rp_initiated_logout(server: Server, browser: Browser) -> None:
    address = "https://client.example/front"
    party = newcomer(
        server,
        post_logout_redirect_uris=[SIGNED_OUT],
        frontchannel_logout_uri=address,
        frontchannel_logout_session_required=True,
    )
    asked, tokens = party.sign_in(browser)
    sid = party.id_token(tokens, asked)["sid"]
    end = end_session(party, browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=SIGNED_OUT)
    assert isinstance(end, Page)
    frames = [parse_qs(urlsplit(source).query) for source in end.frames if source.startswith(address)]
    assert frames == [{"iss": [ISSUER], "sid": [sid]}]
    assert "frame-src https://client.example" in end.response.headers["content-security-policy"]


# session management


def test_oidcc_session_management_discovery_endpoint_verification(server: Server) -> None:
    assert server.metadata["check_session_iframe"].startswith(f"{ISSUER}/")


def test_oidcc_session_management_rp_initiated_logout(server: Server, party: Party, browser: Browser) -> None:
    def state_of(asked: Asked) -> str:
        landed = browser.land(party.authorize_url(asked))
        return landed.parameters["session_state"]

    signed_in(party, browser)
    told = state_of(party.ask(prompt="none"))
    cookies = {cookie.name: cookie.value for cookie in browser.http.cookies.jar}

    def expected(value: str) -> str:
        origin = "/".join(CALLBACK.split("/")[:3])
        salt = told.partition(".")[2]
        return f"{hashlib.sha256(f'{party.id} {origin} {value} {salt}'.encode()).hexdigest()}.{salt}"

    assert told in {expected(value or "") for value in cookies.values()}
    frame = browser.http.get(server.metadata["check_session_iframe"])
    assert frame.status_code == 200
    assert "frame-ancestors *" in frame.headers["content-security-policy"]
    _, tokens = party.sign_in(browser, prompt="none")
    end_session(party, browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=SIGNED_OUT)
    after: dict[str, Any] = {cookie.name: cookie.value for cookie in browser.http.cookies.jar}
    assert told not in {expected(value or "") for value in after.values()}
