"""eKYC and Identity Assurance over OpenID Connect: one test per module."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.conformance.browser import Browser
from tests.conformance.party import Party, now
from tests.conformance.server import Server

ANY: dict[str, Any] = {"trust_framework": None}
PLACES = ("id_token", "userinfo")


@pytest.fixture
def party(server: Server) -> Party:
    return Party.of(server, "ekyc")


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


# what stands behind the claims

WHOLE: dict[str, Any] = {"trust_framework": None, "assurance_level": None, "time": None, "evidence": None}


@pytest.mark.parametrize(("citizen", "pin"), [("1009900000011", "27182845"), ("1009900000020", "41421356")])
def test_the_evidence_is_that_of_an_enrolment_at_a_counter(
    party: Party, new_browser: Callable[..., Browser], citizen: str, pin: str
) -> None:
    browser = new_browser(citizen=citizen, pin=pin)
    request = {"verification": WHOLE, "claims": {"given_name": None}}
    verification = told(party, browser, request, "userinfo")["userinfo"]["verification"]
    assert verification["assurance_level"] == "ial2.2"
    document, record = verification["evidence"]
    assert (document["type"], document["document_details"]["type"]) == ("document", "idcard")
    # the card in the hand, the person beside it, its data with the registry
    assert {check["check_method"] for check in document["check_details"]} == {"vpip", "pvp", "data"}
    assert (record["type"], record["record"]["type"]) == ("electronic_record", "population_register")
    assert {check["check_method"] for check in record["check_details"]} == {"data"}
    times = [check["time"] for part in (document, record) for check in part["check_details"]]
    assert all(datetime.fromisoformat(moment).timestamp() <= now() for moment in (*times, verification["time"]))


def test_evidence_says_what_the_metadata_offer(server: Server, party: Party, browser: Browser) -> None:
    metadata = server.metadata
    request = {"verification": WHOLE, "claims": {"given_name": None}}
    document, record = told(party, browser, request, "id_token")["id_token"]["verification"]["evidence"]
    assert {document["type"], record["type"]} <= set(metadata["evidence_supported"])
    assert document["document_details"]["type"] in metadata["documents_supported"]
    assert record["record"]["type"] in metadata["electronic_records_supported"]
    methods = {check["check_method"] for part in (document, record) for check in part["check_details"]}
    assert methods <= set(metadata["documents_check_methods_supported"])


@pytest.mark.parametrize(
    ("evidence", "is_met"),
    [
        ([{"type": {"value": "document"}}], True),
        ([{"type": {"value": "electronic_record"}}], True),
        ([{"type": {"value": "vouch"}}], False),
    ],
)
def test_evidence_of_a_kind_is_given_or_nothing(
    party: Party, browser: Browser, evidence: list[dict[str, Any]], is_met: bool
) -> None:
    request = {"verification": {"trust_framework": None, "evidence": evidence}, "claims": {"given_name": None}}
    answer = told(party, browser, request, "userinfo")
    assert bool(answer) is is_met
    if is_met:
        kinds = [part["type"] for part in answer["userinfo"]["verification"]["evidence"]]
        assert kinds == [evidence[0]["type"]["value"]]


def test_every_standard_claim_has_a_value(party: Party, browser: Browser) -> None:
    _, tokens = party.sign_in(browser, scope="openid profile email address phone")
    # OpenID Connect Core §5.1, all twenty
    standard = """sub name given_name family_name middle_name nickname preferred_username profile picture website email
        email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at"""
    assert set(standard.split()) <= set(party.userinfo(tokens["access_token"]).json())
