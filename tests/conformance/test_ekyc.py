"""eKYC and Identity Assurance over OpenID Connect: one test per module."""

import json
from typing import Any

import pytest

from tests.conformance.browser import Browser
from tests.conformance.party import Party
from tests.conformance.server import Server

ANY: dict[str, Any] = {"trust_framework": None}
PLACES = ("id_token", "userinfo")


@pytest.fixture
def party(server: Server) -> Party:
    return Party.of(server, "oidcc-basic")


def told(party: Party, browser: Browser, request: Any, *places: str) -> dict[str, Any]:
    """What stands under `verified_claims`, by place, when this was asked for at these places."""
    wanted = {place: {"verified_claims": request} for place in places}
    asked, tokens = party.sign_in(browser, claims=json.dumps(wanted))
    both = {"id_token": party.id_token(tokens, asked), "userinfo": party.userinfo(tokens["access_token"]).json()}
    return {place: claims["verified_claims"] for place, claims in both.items() if "verified_claims" in claims}


def test_ekyc_server_happypath(server: Server, party: Party, browser: Browser) -> None:
    metadata = server.metadata
    assert metadata["verified_claims_supported"] is True
    assert metadata["claims_parameter_supported"] is True
    answers = told(party, browser, {"verification": ANY, "claims": {"given_name": None, "family_name": None}}, *PLACES)
    assert set(answers) == set(PLACES)
    for answer in answers.values():
        assert answer["verification"]["trust_framework"] in metadata["trust_frameworks_supported"]
        assert set(answer["claims"]) == {"given_name", "family_name"}
        assert set(answer["claims"]) <= set(metadata["claims_in_verified_claims_supported"])


def test_ekyc_server_happypath_emptyobject(party: Party, browser: Browser) -> None:
    answers = told(party, browser, {"verification": ANY, "claims": {"given_name": {}}}, "userinfo")
    assert answers["userinfo"]["claims"]["given_name"]


def test_ekyc_server_happypath_essentialfalse(party: Party, browser: Browser) -> None:
    request = {"verification": ANY, "claims": {"given_name": {"essential": False}}}
    assert told(party, browser, request, "userinfo")["userinfo"]["claims"]["given_name"]


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param({"no_such_claim": None}, id="ekyc-server-unknown-claim-omitted"),
        pytest.param({"no_such_claim": {"essential": True}}, id="ekyc-server-unknown-essential-claim-omitted"),
        pytest.param({"ก!@#$%^&*()_+{}": None}, id="ekyc-server-unknown-claim-specialchars-omitted"),
        pytest.param({"family_name": {"value": "zzz-nobody"}}, id="ekyc-server-one-claim-with-random-value-omitted"),
    ],
)
def test_what_cannot_be_told_is_left_out(party: Party, browser: Browser, unknown: dict[str, Any]) -> None:
    request = {"verification": ANY, "claims": {"given_name": None, **unknown}}
    answer = told(party, browser, request, "userinfo").get("userinfo")
    assert answer is None or set(answer["claims"]) == {"given_name"}


def test_ekyc_server_request_only_in_idtoken(party: Party, browser: Browser) -> None:
    assert set(told(party, browser, {"verification": ANY, "claims": {"given_name": None}}, "id_token")) == {"id_token"}


def test_ekyc_server_request_only_in_userinfo(party: Party, browser: Browser) -> None:
    assert set(told(party, browser, {"verification": ANY, "claims": {"given_name": None}}, "userinfo")) == {"userinfo"}


def test_ekyc_server_testuserprovidedrequest(party: Party, browser: Browser) -> None:
    framework = party.metadata["trust_frameworks_supported"][0]
    request = {"verification": {"trust_framework": {"value": framework}}, "claims": {"birthdate": None, "name": None}}
    assert set(told(party, browser, request, "userinfo")["userinfo"]["claims"]) == {"birthdate", "name"}


def test_ekyc_server_testbasedonuserinfo_defaults(server: Server, party: Party, browser: Browser) -> None:
    every = dict.fromkeys(server.metadata["claims_in_verified_claims_supported"])
    answer = told(party, browser, {"verification": ANY, "claims": every}, "userinfo")["userinfo"]
    assert {"name", "given_name", "family_name", "birthdate", "gender"} <= set(answer["claims"]) <= set(every)
    assert "citizen_id" not in answer["claims"]  # no right of this agency to it


def test_ekyc_server_test_userinfo_notfoundinop(party: Party, browser: Browser) -> None:
    request = {"verification": {"trust_framework": {"value": "no-such-framework"}}, "claims": {"given_name": None}}
    assert told(party, browser, request, "userinfo") == {}
