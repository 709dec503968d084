"""Signed and sealed tokens under mutation: a changed token is refused, or it says and proves what it said before."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from idp.keys.files import RootKeys
from idp.keys.sealing import SealBroken, TokenSealer
from idp.protocol.client_assertion import verify_client_assertion
from idp.protocol.dpop import verify_dpop_proof
from idp.protocol.errors import InvalidClientError, InvalidDpopProof, InvalidRequestObject
from idp.protocol.jose import JwtRefused, import_public_key, read_unverified, verify_jwt_signature
from idp.protocol.request_object import verify_request_object
from tests.protocol.signing import assertion, ec_key, proof, signed

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ISSUER, URL = "https://id.example", "https://server.example.com/token"
KEY = ec_key()
JWKS = {"keys": [KEY.as_dict(private=False)]}
SEALER = TokenSealer(RootKeys({1: b"\x07" * 32, 12: b"\x08" * 32}))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ %~\n\0\u00e9\uff21"

PROOF = proof(KEY, now=NOW, url=URL)
ASSERTION = assertion(KEY, now=NOW, client_id="jobs", audience=ISSUER)
MOMENT = int(NOW.timestamp())
REQUEST = signed(
    {"alg": "ES256", "kid": KEY.kid, "typ": "oauth-authz-req+jwt"},
    {"iss": "jobs", "aud": ISSUER, "client_id": "jobs", "nbf": MOMENT, "exp": MOMENT + 300, "state": "s"},
    KEY,
)


def read_proof(token: str) -> Any:
    return verify_dpop_proof(token, expected_method="POST", expected_url=URL, now=NOW)


def read_assertion(token: str) -> Any:
    return verify_client_assertion(
        client_assertion=token, expected_client_id="jobs", expected_audience=ISSUER, expected_jwks=JWKS, now=NOW
    )


def read_request(token: str) -> Any:
    return verify_request_object(
        request_object=token,
        expected_client_id="jobs",
        expected_issuer=ISSUER,
        expected_jwks=JWKS,
        expected_algorithms=("ES256",),
        strict=True,
        now=NOW,
    )


READERS: dict[str, tuple[str, Callable[[str], Any], type[Exception]]] = {
    "proof": (PROOF, read_proof, InvalidDpopProof),
    "assertion": (ASSERTION, read_assertion, InvalidClientError),
    "request object": (REQUEST, read_request, InvalidRequestObject),
}


@st.composite
def mutated(draw: st.DrawFn, token: str) -> str:
    """The token after one to three edits: a character replaced, put in, taken out, or two places swapped."""
    characters = list(token)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(characters) - 1))
        match draw(st.sampled_from(("replace", "insert", "delete", "swap"))):
            case "replace":
                characters[at] = draw(st.sampled_from(ALPHABET))
            case "insert":
                characters.insert(at, draw(st.sampled_from(ALPHABET)))
            case "delete" if len(characters) > 1:
                del characters[at]
            case _:
                other = draw(st.integers(0, len(characters) - 1))
                characters[at], characters[other] = characters[other], characters[at]
    return "".join(characters)


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None)
@given(data=st.data())
def test_an_edited_token_is_refused_or_means_the_same(name: str, data: st.DataObject) -> None:
    token, read, refusal = READERS[name]
    changed = data.draw(mutated(token))
    try:
        meaning = read(changed)
    except refusal:
        return
    assert meaning == read(token)
    assert changed.split(".")[:2] == token.split(".")[:2], "only bits after the end of a signature mean nothing"


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None)
@given(data=st.data())
def test_a_flipped_bit_of_any_part_is_refused(name: str, data: st.DataObject) -> None:
    token, read, refusal = READERS[name]
    parts = token.split(".")
    which = data.draw(st.integers(0, 2))
    raw = bytearray(urlsafe_b64decode(parts[which] + "=" * (-len(parts[which]) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    parts[which] = _b64(bytes(raw))
    with pytest.raises(refusal):
        read(".".join(parts))


@settings(deadline=None)
@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{1,90}"))
def test_any_text_is_read_or_refused(text: str) -> None:
    for _, read, refusal in READERS.values():
        with pytest.raises(refusal):
            read(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(("iss", "sub", "aud", "jti", "iat", "exp", "nbf", "x")), JSON, max_size=4))
def test_claims_of_any_type_are_judged_not_believed(changes: dict[str, Any]) -> None:
    token = assertion(KEY, now=NOW, client_id="jobs", audience=ISSUER, claims=changes)
    try:
        verified = read_assertion(token)
    except InvalidClientError:
        return
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("jobs", "jobs", ISSUER)
    assert verified.jti == claims["jti"]
    assert verified.expires_at <= NOW + timedelta(seconds=300 + 20)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(("alg", "kid", "typ", "jwk", "crit", "b64", "jku", "x")), JSON, max_size=3))
def test_headers_of_any_type_are_judged_not_believed(changes: dict[str, Any]) -> None:
    header = {"alg": "ES256", "kid": KEY.kid, **changes}
    token = _signed_anyway(header, {"sub": "x"})
    try:
        verified = verify_jwt_signature(token, find_key=lambda _: KEY, expected_algorithms=("ES256",))
    except JwtRefused:
        return
    assert verified.header["alg"] == "ES256"
    assert not {"crit", "b64"} & set(verified.header)
    assert read_unverified(token)[1] == verified.claims


def _signed_anyway(header: dict[str, Any], claims: dict[str, Any]) -> str:
    good = ECKey.import_key(KEY.as_dict(private=True))
    signing_input = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    token = signed({"alg": "ES256"}, claims, good)
    return f"{signing_input}.{token.rpartition('.')[2]}" if header["alg"] != "ES256" else signed(header, claims, good)


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


# sealed tokens


@settings(deadline=None)
@given(st.data())
def test_a_sealed_token_has_one_spelling(data: st.DataObject) -> None:
    token = SEALER.seal("code", {"client": "jobs"}, expires_at=NOW + timedelta(minutes=1))
    changed = data.draw(mutated(token))
    if changed == token:
        return
    with pytest.raises(SealBroken):
        SEALER.open("code", changed, now=NOW)


@settings(deadline=None)
@given(st.sampled_from(("code", "refresh", "flow", "")), st.sampled_from(("code", "refresh", "flow", "")))
def test_a_sealed_token_opens_as_its_own_kind_alone(kind: str, other: str) -> None:
    token = SEALER.seal(kind, {"a": [1, "\u0e01"]}, expires_at=NOW + timedelta(minutes=1))
    if kind == other:
        assert SEALER.open(other, token, now=NOW) == {"a": [1, "\u0e01"]}
        return
    with pytest.raises(SealBroken):
        SEALER.open(other, token, now=NOW)


@settings(deadline=None)
@given(st.text(max_size=80) | st.from_regex(r"[0-9]{1,12}\.[A-Za-z0-9_-]{0,60}", fullmatch=True))
def test_what_we_did_not_seal_does_not_open(text: str) -> None:
    with pytest.raises(SealBroken):
        SEALER.open("code", text, now=NOW)


# keys that a token brings along

PUBLIC = {name: value for name, value in KEY.as_dict(private=False).items() if name not in ("kid", "use")}
MEMBERS = st.sampled_from(("kty", "crv", "x", "y", "n", "e", "d", "k", "use", "key_ops", "alg", "x5c"))
VALUES = JSON | st.sampled_from(
    ("EC", "RSA", "OKP", "oct", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "X25519", "AQAB", "AA", "")
)


@settings(deadline=None)
@given(st.dictionaries(MEMBERS, VALUES, max_size=4), st.sets(MEMBERS, max_size=2))
def test_a_key_of_any_form_is_a_public_key_or_refused(changes: dict[str, Any], gone: set[str]) -> None:
    jwk = {name: value for name, value in {**PUBLIC, **changes}.items() if name not in gone}
    try:
        key = import_public_key(jwk)
    except JwtRefused:
        return
    assert not key.is_private
    assert key.key_type in ("EC", "RSA", "OKP")


@pytest.mark.parametrize("crv", ["P-257", "secp256k2", "", "p-256", "Ed25519", None, 256, ["P-256"], {}])
@pytest.mark.parametrize("kty", ["EC", "OKP"])
def test_an_unknown_curve_is_no_key(kty: str, crv: Any) -> None:
    with pytest.raises(JwtRefused):
        import_public_key({**PUBLIC, "kty": kty, "crv": crv, "x": "AA"})
