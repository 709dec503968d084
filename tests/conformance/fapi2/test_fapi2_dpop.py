"""FAPI 2.0 Security Profile Final, one test per module: tokens that are bound by DPoP."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from tests.conformance.browser import Browser
from tests.conformance.fapi2.conftest import BY_DPOP
from tests.conformance.fapi2.refusals import refused_at_par
from tests.conformance.party import LEFT_OUT, Party, digest, now, signed

pytestmark = pytest.mark.parametrize("plan", BY_DPOP, indirect=True, scope="session")


@pytest.fixture
def holder(party: Party) -> Party:
    assert party.sender == "dpop"
    return party


def redeemed_with(holder: Party, browser: Browser, **proof: Any) -> Any:
    asked = holder.ask()
    code = holder.authorize(asked, browser).code
    return holder.redeem(asked, code, proof=holder.proof("POST", holder.metadata["token_endpoint"], **proof))


def test_check_dpop_proof_nbf_exp(holder: Party, browser: Browser) -> None:
    answer = redeemed_with(holder, browser, nbf=now() - 5, exp=now() + 60)
    assert answer.status_code == 200, answer.text


def test_ensure_dpopproof_with_iat_10seconds_before_succeeds(holder: Party, browser: Browser) -> None:
    assert redeemed_with(holder, browser, iat=now() - 10).status_code == 200


def test_ensure_dpopproof_with_iat_10seconds_after_succeeds(holder: Party, browser: Browser) -> None:
    assert redeemed_with(holder, browser, iat=now() + 10).status_code == 200


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


def test_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(holder: Party, browser: Browser) -> None:
    answer = pushed_and_redeemed(holder, browser, by_proof=True, same_key=False)
    assert answer.json()["error"] in ("invalid_grant", "invalid_dpop_proof")


def test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(holder: Party, browser: Browser) -> None:
    answer = pushed_and_redeemed(holder, browser, by_proof=False, same_key=False)
    assert answer.json()["error"] in ("invalid_grant", "invalid_dpop_proof")


def test_ensure_dpopproof_at_par_endpoint_binding_success(holder: Party, browser: Browser) -> None:
    assert pushed_and_redeemed(holder, browser, by_proof=True, same_key=True).status_code == 200


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


def test_dpop_negative_tests(holder: Party, browser: Browser) -> None:
    _, tokens = holder.sign_in(browser)
    access_token = tokens["access_token"]
    for name, made in BAD_PROOFS.items():
        answer = holder.userinfo(access_token, proof=made(holder, holder.metadata["userinfo_endpoint"], access_token))
        assert answer.status_code in (400, 401), f"{name}: {answer.text}"
        assert "DPoP" in answer.headers["www-authenticate"], name
