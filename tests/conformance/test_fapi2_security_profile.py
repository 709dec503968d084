"""FAPI 2.0 Security Profile Final: one test per module, for each way tokens are bound."""

import base64
import json
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey, OctKey

from tests.conformance.browser import Browser, Landed
from tests.conformance.party import ISSUER, LEFT_OUT, Asked, Party, digest, error_of, now, signed
from tests.conformance.server import Server

PLANS = ("fapi2-sp-dpop", "fapi2-sp-mtls", "fapi2-ms-dpop")
PERSONAL = "openid profile"
CODE_SECONDS, REQUEST_URI_SECONDS = 60, 90


@pytest.fixture(scope="session", params=PLANS)
def plan(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def party(server: Server, plan: str) -> Party:
    return Party.of(server, plan)


@pytest.fixture
def other(server: Server, plan: str) -> Party:
    return Party.of(server, plan, "client2")


Early = tuple[Party, Asked, str, str, float]


@pytest.fixture(scope="session", autouse=True)
def made_early(server: Server) -> dict[str, Early]:
    """For each plan a code and a request_uri, made before anything else and used when their time is over."""
    return {plan: _made(Party.of(server, plan), Browser(server)) for plan in PLANS}


def _made(party: Party, browser: Browser) -> Early:
    asked = party.ask()
    code = party.authorize(asked, browser).code
    request_uri = party.push(party.ask()).json()["request_uri"]
    return party, asked, code, request_uri, time.monotonic()


@pytest.fixture
def early(made_early: dict[str, Early], plan: str) -> Early:
    return made_early[plan]


def wait_until(made: float, age: float) -> None:
    time.sleep(max(0.0, made + age - time.monotonic()))


def refused_at_par(party: Party, asked: Asked, **options: Any) -> str:
    answer = party.push(asked, **options)
    assert answer.status_code in (400, 401), answer.text
    return str(answer.json()["error"])


REFUSED = ("invalid_request", "invalid_request_object")
WRONG_RESPONSE_TYPE = (*REFUSED, "unsupported_response_type", "unauthorized_client")


# metadata


def test_discovery_end_point_verification(server: Server) -> None:
    metadata = server.metadata
    strong = {"PS256", "ES256", "EdDSA", "Ed25519"}
    assert metadata["issuer"] == ISSUER
    for algorithms in ("id_token_signing", "token_endpoint_auth_signing", "dpop_signing"):
        assert strong & set(metadata[f"{algorithms}_alg_values_supported"])
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["require_pushed_authorization_requests"] in (True, False)
    assert "S256" in metadata["code_challenge_methods_supported"]
    assert "code" in metadata["response_types_supported"]
    assert all(url.startswith("https://") for name, url in metadata.items() if name.endswith(("_endpoint", "_uri")))
    assert {"pushed_authorization_request_endpoint", "token_endpoint", "jwks_uri"} <= set(metadata)


# the happy way and its variations


def test_happy_flow(party: Party, other: Party, browser: Browser) -> None:
    for client in (party, other):
        _, tokens = client.sign_in(browser)
        assert tokens["token_type"].lower() == ("dpop" if client.sender == "dpop" else "bearer")
        assert client.userinfo(tokens["access_token"]).json()["sub"]
    assert browser.sign_ins == 1


def test_user_rejects_authentication(party: Party, new_browser: Callable[..., Browser]) -> None:
    asked = party.ask(scope=PERSONAL)
    landed = party.authorize(asked, new_browser(decision="deny"))
    assert landed.error == "access_denied"


def test_ensure_authorization_request_without_state_success(party: Party, browser: Browser) -> None:
    party.sign_in(browser, state=LEFT_OUT)


def test_ensure_authorization_request_without_nonce_success(party: Party, browser: Browser) -> None:
    party.sign_in(browser, nonce=LEFT_OUT)


def test_ensure_authorization_request_with_64_char_nonce_success(party: Party, browser: Browser) -> None:
    party.sign_in(browser, nonce="n" * 64)


def test_ensure_other_scope_order_succeeds(party: Party, browser: Browser) -> None:
    party.sign_in(browser, scope="profile openid")


def test_test_claims_parameter_identity_claims(party: Party, browser: Browser) -> None:
    wanted = json.dumps({"id_token": {"given_name": None}, "userinfo": {"family_name": {"essential": True}}})
    asked, tokens = party.sign_in(browser, claims=wanted)
    assert party.id_token(tokens, asked)["given_name"]
    assert party.userinfo(tokens["access_token"]).json()["family_name"]


def test_access_token_type_header_case_sensitivity(party: Party, browser: Browser) -> None:
    _, tokens = party.sign_in(browser)
    usual = "DPoP" if party.sender == "dpop" else "Bearer"
    for scheme in (usual.lower(), usual.upper()):
        assert party.userinfo(tokens["access_token"], scheme=scheme).status_code == 200


def test_ensure_authorization_request_with_long_nonce(party: Party, browser: Browser) -> None:
    party.sign_in(browser, nonce="n" * 384)


def test_ensure_authorization_request_with_long_state(party: Party, browser: Browser) -> None:
    party.sign_in(browser, state="s" * 384)


def test_refresh_token(party: Party, other: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser)
    sub = party.id_token(tokens, asked)["sub"]
    for _ in range(2):
        answer = party.refresh(tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        fresh = answer.json()
        assert party.userinfo(fresh["access_token"]).json()["sub"] == sub
        # FAPI 2.0 §5.3.2.1: "shall not use refresh token rotation"
        assert fresh.get("refresh_token", tokens["refresh_token"]) == tokens["refresh_token"]
    assert other.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


# what is pushed, and what is not


def test_ensure_different_nonce_inside_and_outside_request_object(party: Party, browser: Browser) -> None:
    asked = party.ask()
    landed = party.opened(browser.land(party.authorize_url(asked, nonce="outside")), asked)
    assert party.id_token(party.tokens(asked, landed), asked)["nonce"] == asked.nonce


def test_ensure_different_state_inside_and_outside_request_object(party: Party, browser: Browser) -> None:
    asked = party.ask()
    party.opened(browser.land(party.authorize_url(asked, state="outside")), asked)


def test_state_only_outside_request_object_not_used(party: Party, browser: Browser) -> None:
    asked = party.ask(state=LEFT_OUT)
    landed = party.opened(browser.land(party.authorize_url(asked, state="outside")), asked)
    assert "state" not in landed.parameters


@pytest.mark.parametrize("changes", [{"redirect_uri": LEFT_OUT}])
def test_ensure_request_object_without_redirect_uri_fails(party: Party, changes: dict[str, Any]) -> None:
    assert refused_at_par(party, party.ask(**changes)) in REFUSED


def test_ensure_redirect_uri_in_authorization_request(party: Party) -> None:
    assert refused_at_par(party, party.ask(redirect_uri=LEFT_OUT)) in REFUSED


def test_plain_fapi_tolerate_unregistered_redirect_uri(party: Party) -> None:
    answer = party.push(party.ask(redirect_uri=f"{party.redirect_uri}/unregistered"))
    assert answer.status_code in (201, 400)
    assert answer.status_code == 201 or answer.json()["error"] in ("invalid_request", "invalid_redirect_uri")


def test_ensure_unsigned_authorization_request_without_using_par_fails(party: Party, browser: Browser) -> None:
    asked = party.ask()
    plain = f"{party.metadata['authorization_endpoint']}?{urlencode(asked.parameters)}"
    end = browser.open(plain)
    assert error_of(end) is not None
    assert not isinstance(end, Landed) or "code" not in end.parameters


@pytest.mark.parametrize("response_type", ["code id_token"])
def test_ensure_response_type_code_idtoken_fails(party: Party, response_type: str) -> None:
    assert refused_at_par(party, party.ask(response_type=response_type)) in WRONG_RESPONSE_TYPE


def test_ensure_response_type_token_fails(party: Party) -> None:
    assert refused_at_par(party, party.ask(response_type="token")) in WRONG_RESPONSE_TYPE


def test_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(party: Party, browser: Browser) -> None:
    asked = party.ask()
    url = party.authorize_url(asked)
    for _ in range(2):  # shown, and not gone on with
        assert browser.http.get(url).status_code == 303
    party.tokens(asked, party.opened(browser.land(url), asked))


def test_par_attempt_reuse_request_uri(party: Party, browser: Browser) -> None:
    asked = party.ask()
    url = party.authorize_url(asked)
    browser.land(url)
    end = browser.open(url)
    assert not isinstance(end, Landed) or end.error in ("invalid_request_uri", "invalid_request")


def test_par_attempt_to_use_request_uri_for_different_client(party: Party, other: Party, browser: Browser) -> None:
    request_uri = party.push(party.ask()).json()["request_uri"]
    end = browser.open(other.pushed_url(request_uri))
    assert not isinstance(end, Landed) or "code" not in end.parameters
    assert error_of(end) is not None


def test_par_authorization_request_containing_request_uri_form_param(party: Party) -> None:
    # RFC 9126 §2.1: "The request_uri authorization request parameter is one exception, and it MUST NOT be provided."
    pushed = party.push(party.ask()).json()["request_uri"]
    assert refused_at_par(party, party.ask(), extra={"request_uri": pushed}) == "invalid_request"


def test_par_attempt_invalid_http_method(party: Party) -> None:
    url = party.metadata["pushed_authorization_request_endpoint"]
    for method in ("GET", "PUT"):
        assert party.http.request(method, url).status_code == 405


def test_par_without_duplicate_parameters(party: Party, browser: Browser) -> None:
    asked = party.ask()
    url = party.authorize_url(asked)
    assert url.partition("?")[2].count("=") == 2  # client_id and request_uri
    party.opened(browser.land(url), asked)


# PKCE


@pytest.mark.parametrize("missing", [("code_challenge",), ("code_challenge", "code_challenge_method")])
def test_par_ensure_pkce_required(party: Party, missing: tuple[str, ...]) -> None:
    asked = party.ask(**dict.fromkeys(missing, LEFT_OUT))
    assert refused_at_par(party, asked) in REFUSED


def test_par_plain_pkce_rejected(party: Party) -> None:
    plain = secrets.token_urlsafe(32)
    asked = party.ask(code_challenge=plain, code_challenge_method="plain")
    assert refused_at_par(party, asked) in REFUSED


@pytest.mark.parametrize("verifier", [LEFT_OUT])
def test_ensure_pkce_code_verifier_required(party: Party, browser: Browser, verifier: None) -> None:
    asked = party.ask()
    answer = party.redeem(asked, party.authorize(asked, browser).code, changes={"code_verifier": verifier})
    assert (answer.status_code, answer.json()["error"]) in ((400, "invalid_grant"), (400, "invalid_request"))


def test_incorrect_pkce_code_verifier_rejected(party: Party, browser: Browser) -> None:
    asked = party.ask()
    wrong = secrets.token_urlsafe(32)
    answer = party.redeem(asked, party.authorize(asked, browser).code, changes={"code_verifier": wrong})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


# codes


def test_ensure_authorization_code_is_bound_to_client(party: Party, other: Party, browser: Browser) -> None:
    asked = party.ask()
    answer = other.redeem(asked, party.authorize(asked, browser).code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_attempt_reuse_authorization_code_after_one_second(party: Party, browser: Browser) -> None:
    asked = party.ask()
    landed = party.authorize(asked, browser)
    party.tokens(asked, landed)
    time.sleep(1)
    assert party.redeem(asked, landed.code).json()["error"] == "invalid_grant"


def test_ensure_client_id_in_token_endpoint(party: Party, other: Party, browser: Browser) -> None:
    asked = party.ask()
    code = party.authorize(asked, browser).code
    wrong = party.redeem(asked, code, changes={"client_id": other.id})
    assert wrong.status_code in (400, 401)
    assert wrong.json()["error"] in ("invalid_client", "invalid_grant", "invalid_request")


def test_ensure_holder_of_key_required(server: Server, party: Party, browser: Browser) -> None:
    asked = party.ask()
    code = party.authorize(asked, browser).code
    if party.sender == "mtls":
        party.http = server.http()
    answer = party.redeem(asked, code, proof="")
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_request", "invalid_grant", "invalid_dpop_proof", "invalid_client")


# client assertions


@pytest.fixture
def offered(party: Party, browser: Browser) -> Callable[..., None]:
    """Offers an assertion at the token endpoint with a good code, and sees it refused."""

    def offer(assertion: str) -> None:
        asked = party.ask()
        answer = party.redeem(asked, party.authorize(asked, browser).code, assertion=assertion)
        assert answer.status_code in (400, 401), answer.text
        assert answer.json()["error"] in ("invalid_client", "invalid_request")

    return offer


def test_ensure_signed_client_assertion_with_RS256_fails(party: Party, offered: Callable[..., None]) -> None:
    offered(party.assertion(alg="RS256"))


def test_ensure_client_assertion_in_token_endpoint(party: Party, browser: Browser) -> None:
    asked = party.ask()
    answer = party.redeem(
        asked, party.authorize(asked, browser).code, changes={"client_id": party.id}, authenticated=False
    )
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_client", "invalid_request")


def test_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(
    party: Party, offered: Callable[..., None]
) -> None:
    offered(party.assertion(exp=now() - 300, iat=now() - 360))


def test_ensure_client_assertion_with_wrong_aud_fails(party: Party, offered: Callable[..., None]) -> None:
    offered(party.assertion(aud="https://other.example"))


def test_ensure_client_assertion_with_no_sub_fails(party: Party, offered: Callable[..., None]) -> None:
    offered(party.assertion(sub=LEFT_OUT))


def test_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(party: Party) -> None:
    assert party.push(party.ask(), assertion=party.assertion(nbf=now() + 8)).status_code == 201


def test_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(party: Party) -> None:
    assertion = party.assertion(nbf=now() + 70, exp=now() + 130)
    assert refused_at_par(party, party.ask(), assertion=assertion) == "invalid_client"


def test_par_test_array_as_audience_fails(party: Party) -> None:
    assert refused_at_par(party, party.ask(), assertion=party.assertion(aud=[ISSUER])) == "invalid_client"


def test_par_test_par_endpoint_url_as_audience_fails(party: Party) -> None:
    url = party.metadata["pushed_authorization_request_endpoint"]
    assert refused_at_par(party, party.ask(), assertion=party.assertion(aud=url)) == "invalid_client"


def test_par_test_token_endpoint_url_as_audience_fails(party: Party) -> None:
    url = party.metadata["token_endpoint"]
    assert refused_at_par(party, party.ask(), assertion=party.assertion(aud=url)) == "invalid_client"


# DPoP


by_dpop = pytest.mark.parametrize(
    "plan", [plan for plan in PLANS if plan.endswith("-dpop")], indirect=True, scope="session"
)
"""The plans whose tokens are bound by DPoP; the suite leaves these modules out of the others."""


@pytest.fixture
def holder(party: Party) -> Party:
    assert party.sender == "dpop"
    return party


def redeemed_with(holder: Party, browser: Browser, **proof: Any) -> Any:
    asked = holder.ask()
    code = holder.authorize(asked, browser).code
    return holder.redeem(asked, code, proof=holder.proof("POST", holder.metadata["token_endpoint"], **proof))


@by_dpop
def test_check_dpop_proof_nbf_exp(holder: Party, browser: Browser) -> None:
    answer = redeemed_with(holder, browser, nbf=now() - 5, exp=now() + 60)
    assert answer.status_code == 200, answer.text


@by_dpop
def test_ensure_dpopproof_with_iat_10seconds_before_succeeds(holder: Party, browser: Browser) -> None:
    assert redeemed_with(holder, browser, iat=now() - 10).status_code == 200


@by_dpop
def test_ensure_dpopproof_with_iat_10seconds_after_succeeds(holder: Party, browser: Browser) -> None:
    assert redeemed_with(holder, browser, iat=now() + 10).status_code == 200


@by_dpop
def test_ensure_mismatched_dpop_jkt_fails(holder: Party) -> None:
    another = ECKey.generate_key("P-256")
    asked = holder.ask(dpop_jkt=another.thumbprint())
    proof = holder.proof("POST", holder.metadata["pushed_authorization_request_endpoint"])
    assert refused_at_par(holder, asked, proof=proof) in ("invalid_dpop_proof", "invalid_request")


def pushed_and_redeemed(holder: Party, browser: Browser, *, by_proof: bool, same_key: bool) -> Any:
    asked = holder.ask(**({} if by_proof else {"dpop_jkt": holder.dpop_key.thumbprint()}))
    proof = holder.proof("POST", holder.metadata["pushed_authorization_request_endpoint"]) if by_proof else None
    pushed = holder.push(asked, proof=proof)
    assert pushed.status_code == 201, pushed.text
    code = holder.opened(browser.land(holder.pushed_url(pushed.json()["request_uri"])), asked).code
    if not same_key:
        holder.dpop_key = ECKey.generate_key("P-256")
    return holder.redeem(asked, code)


@by_dpop
def test_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(holder: Party, browser: Browser) -> None:
    answer = pushed_and_redeemed(holder, browser, by_proof=True, same_key=False)
    assert answer.json()["error"] in ("invalid_grant", "invalid_dpop_proof")


@by_dpop
def test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(holder: Party, browser: Browser) -> None:
    answer = pushed_and_redeemed(holder, browser, by_proof=False, same_key=False)
    assert answer.json()["error"] in ("invalid_grant", "invalid_dpop_proof")


@by_dpop
def test_ensure_dpopproof_at_par_endpoint_binding_success(holder: Party, browser: Browser) -> None:
    assert pushed_and_redeemed(holder, browser, by_proof=True, same_key=True).status_code == 200


@by_dpop
def test_ensure_dpop_auth_code_binding_success(holder: Party, browser: Browser) -> None:
    assert pushed_and_redeemed(holder, browser, by_proof=False, same_key=True).status_code == 200


def _flipped(proof: str) -> str:
    head, payload, signature = proof.split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[0] ^= 1
    return ".".join((head, payload, base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()))


BAD_PROOFS: dict[str, Callable[[Party, str, str], str]] = {
    "no typ": lambda p, url, t: p.proof("GET", url, access_token=t, header={"typ": LEFT_OUT}),
    "typ JWT": lambda p, url, t: p.proof("GET", url, access_token=t, header={"typ": "JWT"}),
    "no jwk": lambda p, url, t: p.proof("GET", url, access_token=t, header={"jwk": LEFT_OUT}),
    "private jwk": lambda p, url, t: p.proof(
        "GET", url, access_token=t, header={"jwk": p.dpop_key.as_dict(private=True)}
    ),
    "key of another": lambda p, url, t: p.proof("GET", url, access_token=t, key=ECKey.generate_key("P-256")),
    "signed by another": lambda p, url, t: p.proof(
        "GET", url, access_token=t, header={"jwk": ECKey.generate_key("P-256").as_dict(private=False)}
    ),
    "bad signature": lambda p, url, t: _flipped(p.proof("GET", url, access_token=t)),
    "no jti": lambda p, url, t: p.proof("GET", url, access_token=t, jti=LEFT_OUT),
    "no htm": lambda p, url, t: p.proof("GET", url, access_token=t, htm=LEFT_OUT),
    "wrong htm": lambda p, url, t: p.proof("POST", url, access_token=t),
    "no htu": lambda p, url, t: p.proof("GET", url, access_token=t, htu=LEFT_OUT),
    "wrong htu": lambda p, url, t: p.proof("GET", "https://other.example/", access_token=t),
    "no iat": lambda p, url, t: p.proof("GET", url, access_token=t, iat=LEFT_OUT),
    "iat long ago": lambda p, url, t: p.proof("GET", url, access_token=t, iat=now() - 3600),
    "iat far ahead": lambda p, url, t: p.proof("GET", url, access_token=t, iat=now() + 3600),
    "no ath": lambda p, url, t: p.proof("GET", url),
    "wrong ath": lambda p, url, t: p.proof("GET", url, access_token=t, ath=digest("another")),
    "not a JWT": lambda p, url, t: "not.a.jwt",
    "alg none": lambda p, url, t: ".".join([*p.proof("GET", url, access_token=t).split(".")[:2], ""]),
    "symmetric": lambda p, url, t: signed({"typ": "dpop+jwt", "alg": "HS256"}, {"jti": "x"}, _octets()),
}


def _octets() -> Any:
    return OctKey.import_key("k" * 32)


@by_dpop
@pytest.mark.parametrize("name", BAD_PROOFS)
def test_dpop_negative_tests(holder: Party, browser: Browser, name: str) -> None:
    _, tokens = holder.sign_in(browser)
    access_token = tokens["access_token"]
    bad = BAD_PROOFS[name](holder, holder.metadata["userinfo_endpoint"], access_token)
    answer = holder.userinfo(access_token, proof=bad)
    assert answer.status_code in (400, 401), answer.text
    assert "DPoP" in answer.headers["www-authenticate"]


# what takes time: made at the start, used now


def test_ensure_token_endpoint_fails_with_expired_auth_code(early: Early) -> None:
    party, asked, code, _, made = early
    wait_until(made, CODE_SECONDS + 2)
    assert party.redeem(asked, code).json()["error"] == "invalid_grant"


def test_par_attempt_to_use_expired_request_uri(early: Early, browser: Browser) -> None:
    party, _, _, request_uri, made = early
    wait_until(made, REQUEST_URI_SECONDS + 2)
    end = browser.open(party.pushed_url(request_uri))
    assert not isinstance(end, Landed) or end.error in ("invalid_request_uri", "invalid_request")
