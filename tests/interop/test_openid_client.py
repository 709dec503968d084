"""openid-client (npm) as it is: every flow we offer, each a program of its own in `openid_client/`."""

import pytest

from tests.conformance.browser import CITIZEN
from tests.conformance.server import ISSUER
from tests.interop.conftest import Plans, Play, fapi


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_code_with_pkce(run: Play, method: str) -> None:
    told = run("openid_client/code", method=method)
    assert told["method"] == method
    assert told["person"]["sub"] == told["sub"]
    assert told["person"]["email"] == "somchai@people.example"


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA"])
def test_pushed_requests_and_private_key_jwt(run: Play, alg: str) -> None:
    assert run("openid_client/pushed", alg=alg)["alg"] == alg


@pytest.mark.parametrize("alg", ["ES256", "PS256"])
def test_signed_requests(run: Play, alg: str) -> None:
    assert run("openid_client/signed_request", alg=alg)["sub"]


@pytest.mark.parametrize(
    ("mode", "alg"), [("form_post", "RS256"), ("jwt", "ES256"), ("query.jwt", "RS256"), ("form_post.jwt", "PS256")]
)
def test_answers_in_another_form(run: Play, mode: str, alg: str) -> None:
    assert run("openid_client/answer_mode", mode=mode, alg=alg)["sub"]


def test_what_the_citizen_refuses(run: Play) -> None:
    assert run("openid_client/refusal") == {"iss": ISSUER}


def test_single_claims_age_and_assurance(run: Play) -> None:
    told = run("openid_client/claims")
    assert told["acr"].startswith("urn:tuaton:ial:2.")
    assert told["id_token"]
    assert told["userinfo"]


def test_tokens_bound_by_proofs_with_nonces(run: Play) -> None:
    assert run("openid_client/possession")["refusals"] == [401, 400]


def test_refresh_rotates_and_a_replay_ends_everything(run: Play) -> None:
    assert "email" not in run("openid_client/refresh")["narrow"]


def test_revocation(run: Play) -> None:
    assert run("openid_client/revocation")["sub"]


@pytest.mark.parametrize(
    ("alg", "media_type"), [(None, "application/json"), ("ES256", "application/token-introspection+jwt")]
)
def test_introspection(run: Play, alg: str | None, media_type: str) -> None:
    told = run("openid_client/introspection", alg=alg)
    assert told["type"] == media_type
    assert "openid" in told["scope"].split()


@pytest.mark.parametrize(
    ("sign", "alg", "enc"),
    [
        ("ES256", None, None),
        ("PS256", None, None),
        ("EdDSA", None, None),
        ("RS256", "RSA-OAEP-256", "A128CBC-HS256"),
        ("ES256", "ECDH-ES", "A256GCM"),
        ("ES256", "ECDH-ES+A256KW", "A256CBC-HS512"),
    ],
)
def test_signed_and_encrypted_answers(run: Play, sign: str, alg: str | None, enc: str | None) -> None:
    told = run("openid_client/sealed_answers", sign=sign, alg=alg, enc=enc)
    assert told["email"] == "somchai@people.example"
    assert told["type"] == "application/jwt"


def test_a_registration_is_looked_after(run: Play) -> None:
    told = run("openid_client/registration")
    assert told == {"before": ["ops@client.example"], "name": "A friend", "after": None}


def test_signing_out_and_the_logout_token(run: Play) -> None:
    assert run("openid_client/logout")["path"] == "/logout"


def test_a_device_without_a_browser(run: Play) -> None:
    told = run("openid_client/device")
    assert told["uri"] == f"{ISSUER}/device"
    assert told["person"]["given_name"]


@pytest.mark.parametrize("mode", ["poll", "ping"])
def test_an_agency_asks_without_a_browser(run: Play, mode: str) -> None:
    assert run("openid_client/backchannel", mode=mode, citizen=CITIZEN)["mode"] == mode


def test_fapi_security_profile(run: Play, plans: Plans) -> None:
    told = run("openid_client/fapi", **fapi(plans, "fapi2-sp-dpop"), signed=False)
    assert {"code", "iss", "state"} <= set(told["names"])


def test_fapi_with_a_certificate_of_the_clients_own_and_proofs(run: Play, plans: Plans) -> None:
    plan = "fapi2-sp-mtls-auth-dpop"
    told = run("openid_client/fapi", **fapi(plans, plan), certificate=plans[plan]["mtls"], signed=False)
    assert told["person"]["sub"]


def test_fapi_message_signing(run: Play, plans: Plans) -> None:
    assert run("openid_client/fapi", **fapi(plans, "fapi2-ms-dpop"), signed=True)["names"] == ["response"]


@pytest.mark.parametrize(
    ("plan", "method"), [("fapi2-sp-mtls", "private_key_jwt"), ("fapi2-sp-mtls-auth-mtls", "tls_client_auth")]
)
def test_tokens_bound_to_a_certificate(run: Play, plans: Plans, plan: str, method: str) -> None:
    certificate = plans[plan]["mtls"]
    told = run("openid_client/certificate", **fapi(plans, plan), certificate=certificate, method=method)
    assert told["type"] == "bearer"


def test_a_certificate_of_the_clients_own_making(run: Play, plans: Plans) -> None:
    assert run("openid_client/self_signed", certificate=plans["fapi2-sp-mtls"]["mtls2"])["sub"]
