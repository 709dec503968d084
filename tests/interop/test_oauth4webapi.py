"""oauth4webapi (npm), which leaves every step to its caller: the same flows, each step by itself."""

import pytest

from tests.conformance.browser import CITIZEN
from tests.interop.conftest import Plans, Play, fapi


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_code_with_pkce_and_a_secret(run: Play, method: str) -> None:
    told = run("oauth4webapi/code", method=method)
    assert told["person"]["sub"] == told["sub"]
    assert told["person"]["email"] == "somchai@people.example"


@pytest.mark.parametrize("alg", ["ES256", "PS256", "Ed25519"])
def test_pushed_requests_bound_by_proofs(run: Play, alg: str) -> None:
    assert run("oauth4webapi/pushed", alg=alg)["alg"] == alg


@pytest.mark.parametrize("mode", ["form_post", "jwt", "form_post.jwt"])
def test_answers_in_another_form(run: Play, mode: str) -> None:
    assert run("oauth4webapi/answer_mode", mode=mode)["sub"]


@pytest.mark.parametrize(("alg", "enc"), [("RSA-OAEP", "A256CBC-HS512"), ("ECDH-ES+A128KW", "A128GCM")])
def test_signed_and_encrypted_answers(run: Play, alg: str, enc: str) -> None:
    told = run("oauth4webapi/sealed_answers", alg=alg, enc=enc)
    assert [(header["alg"], header["enc"], header["cty"]) for header in told["headers"]] == [(alg, enc, "JWT")] * 2
    assert told["email"] == "somchai@people.example"


def test_refresh_introspection_and_revocation(run: Play) -> None:
    assert run("oauth4webapi/after") == {}


def test_a_device_without_a_browser(run: Play) -> None:
    assert run("oauth4webapi/device")["person"]["given_name"]


def test_an_agency_asks_without_a_browser(run: Play) -> None:
    assert run("oauth4webapi/backchannel", citizen=CITIZEN)["sub"]


def test_fapi_message_signing(run: Play, plans: Plans) -> None:
    assert run("oauth4webapi/message_signing", **fapi(plans, "fapi2-ms-dpop"))["person"]["given_name"]


def test_tokens_bound_to_a_certificate(run: Play, plans: Plans) -> None:
    told = run("oauth4webapi/certificate", **fapi(plans, "fapi2-sp-mtls"), certificate=plans["fapi2-sp-mtls"]["mtls"])
    assert told["type"] == "bearer"
