"""Requests of any shape: read in one way or refused, and an answer never goes where nobody registered."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import InvalidGdxDetail, parse_authorization_details
from idp.protocol.authorization_header import parse_authorization
from idp.protocol.claims_request import claim_names, essential_values, parse_claims_request, requested_value
from idp.protocol.client_secret import parse_basic
from idp.protocol.errors import InvalidClientError, InvalidRequestError, InvalidTokenError
from idp.protocol.parameters import parse_parameters, words
from idp.protocol.redirection import (
    RedirectUriRefused,
    is_loopback,
    is_registered,
    validate_registered_redirect_uri,
    with_answer,
)

# redirect URIs

PIECES = st.sampled_from(
    (
        "https://", "http://", "HTTPS://", "javascript:", "//", "/", "\\", "@", ":", "?", "#", ".", "..", "%2e", "%2F",
        "%40", ";", ":443", ":80", ":99999", "jobs.example", "evil.example", "localhost", "127.0.0.1", "[::1]",
        "0x7f.1", "2130706433", "\u0435vil.example", "xn--e1awd7f.com", "evil\uff0eexample", "user", "callback", "a=b",
        "&", " ", "\t", "\n", "\0", "|", "*", "{", "localhost.evil.example", "evil.localhost",
    )
)  # fmt: skip
URIS = st.lists(PIECES, min_size=1, max_size=8).map("".join)
REGISTERED = ("https://jobs.example/callback", "https://jobs.example/callback?a=b", "http://localhost:8010/callback")


@settings(deadline=None)
@given(URIS | URIS.map(lambda rest: "https://jobs.example" + rest) | URIS.map(lambda rest: "http://localhost" + rest))
def test_what_may_be_registered_is_read_alike_by_two_parsers(uri: str) -> None:
    try:
        validate_registered_redirect_uri(uri, loopback_allowed=True)
    except RedirectUriRefused:
        return
    ours, theirs = urlsplit(uri), httpx2.URL(uri)
    assert (ours.scheme, ours.hostname, ours.port) in (
        (theirs.scheme, theirs.raw_host.decode(), theirs.port),
        (theirs.scheme, theirs.raw_host.decode(), {"https": 443, "http": 80}[ours.scheme]),
    )
    assert ours.scheme == "https" or is_loopback(ours.hostname or "")
    assert not theirs.userinfo
    assert not theirs.fragment
    assert "\\" not in uri
    assert ours.scheme == "http" or not (ours.hostname or "").rpartition(".")[2][:1].isdigit()
    assert not {".", ".."} & set(ours.path.split("/"))


@settings(deadline=None)
@given(st.sampled_from(REGISTERED), URIS, st.sampled_from(("before", "after", "instead", "host", "case", "path")))
def test_a_redirect_uri_that_differs_is_not_registered(uri: str, piece: str, how: str) -> None:
    changed = {
        "before": piece + uri,
        "after": uri + piece,
        "instead": piece,
        "host": uri.replace("//", f"//{piece}", 1),
        "case": uri.swapcase(),
        "path": uri.replace("/callback", f"/{piece}callback"),
    }[how]
    assert is_registered(changed, registered=REGISTERED) == (changed in REGISTERED)


ANSWERS = st.dictionaries(st.sampled_from(("code", "state", "iss", "error")), st.text(max_size=30), min_size=1)


@settings(deadline=None)
@given(st.sampled_from(REGISTERED), ANSWERS)
def test_an_answer_stays_at_the_registered_address(uri: str, answer: dict[str, str]) -> None:
    try:
        address = with_answer(uri, answer)
    except UnicodeEncodeError:
        assert any("\ud800" <= character <= "\udfff" for value in answer.values() for character in value)
        return
    before, after = urlsplit(uri), urlsplit(address)
    assert (after.scheme, after.netloc, after.path, after.fragment) == (before.scheme, before.netloc, before.path, "")
    assert after.query.startswith(before.query)
    assert dict(parse_qsl(after.query, keep_blank_values=True)).items() >= answer.items()
    assert httpx2.URL(address).host == before.hostname
    assert address.isascii()
    assert address.isprintable()


# parameters

SCRAPS = st.sampled_from((b"a=", b"b=", b"&", b"%", b"%ED%A0%80", b"%00", b"+", b";", b"\xff"))
NAMES = st.sampled_from(("client_id", "state", "scope", "code", "x", "\u0e01"))
VALUES = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_parameters_are_read_as_written_or_refused(pairs: list[tuple[str, str]]) -> None:
    names = [name for name, _ in pairs]
    controlled = any(ord(character) < 0x20 or ord(character) == 0x7F for _, value in pairs for character in value)
    try:
        parameters = parse_parameters(urlencode(pairs))
    except InvalidRequestError:
        assert len(set(names)) < len(names) or controlled
        return
    assert parameters == {name: value for name, value in pairs if value}
    assert parse_parameters(urlencode(pairs).encode()) == parameters


@settings(deadline=None)
@given(
    st.binary(max_size=80)
    | st.lists(st.sampled_from((b"a=", b"&", b"%", b"%ED%A0%80", b"%00", b"+", b";", b"\xff"))).map(b"".join)
)
def test_bytes_of_any_kind_are_parameters_or_refused(raw: bytes) -> None:
    try:
        parameters = parse_parameters(raw)
    except InvalidRequestError:
        return
    for value in parameters.values():
        assert value
        assert value.encode()
        assert not any(ord(character) < 0x20 for character in value)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_words_are_each_there_once_in_their_order(text: str) -> None:
    found = words(text)
    assert len(set(found)) == len(found)
    assert set(found) == (set(text.split(" ")) if text else set())
    assert "" in found or words(" ".join(found)) == found


# headers

SECRETS = st.text(
    st.characters(exclude_categories=("Cs",), min_codepoint=0x20, exclude_characters="\x7f"), min_size=1, max_size=60
)


@settings(deadline=None)
@given(SECRETS, SECRETS)
def test_basic_credentials_are_read_as_they_were_encoded(client_id: str, secret: str) -> None:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
    assert parse_basic(f"Basic {b64encode(pair).decode()}") == (client_id, secret)


@settings(deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: f"Basic {b64encode(raw).decode()}"))
def test_other_headers_are_refused(header: str) -> None:
    try:
        client_id, secret = parse_basic(header)
    except InvalidClientError:
        pass
    else:
        assert client_id
        assert secret
    try:
        presented = parse_authorization(header)
    except InvalidTokenError:
        return
    assert presented.access_token.isascii()


# JSON parameters

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WANTED = JSON | st.fixed_dictionaries(
    {}, optional={"essential": st.booleans() | JSON, "value": JSON, "values": st.lists(st.text(max_size=4)) | JSON}
)
CLAIMS = st.dictionaries(
    st.sampled_from(("userinfo", "id_token", "other")),
    st.dictionaries(st.sampled_from(("sub", "acr", "name", "verified_claims", "x#th")), WANTED, max_size=3) | JSON,
    max_size=2,
)


@settings(deadline=None)
@given(CLAIMS.map(json.dumps) | JSON.map(json.dumps) | st.text(max_size=40))
def test_a_claims_parameter_is_refused_or_can_be_kept(text: str) -> None:
    try:
        request = parse_claims_request(text)
    except InvalidRequestError:
        return
    assert set(request) <= {"userinfo", "id_token"}
    # It travels sealed, as UTF-8: what cannot be written so must have been refused.
    assert json.dumps(request, ensure_ascii=False, allow_nan=False).encode()
    for name in claim_names(request):
        requested_value(request, name)
        assert all(isinstance(value, str) for value in essential_values(request, name))


@pytest.mark.parametrize("depth", [*range(18, 30), *range(880, 1000, 3)])
def test_a_claims_parameter_of_any_depth_is_refused_or_can_be_kept(depth: int) -> None:
    text = '{"userinfo":{"name":{"value":' + "[" * depth + "]" * depth + "}}}"
    with pytest.raises(InvalidRequestError):
        parse_claims_request(text)


DETAIL: dict[str, Any] = {
    "type": "gdx",
    "dataset": "dopa.person",
    "subject": "self",
    "purpose": "jobseeker-registration",
    "basis": "consent",
    "fields": ["citizen_id", "name_th"],
}
MEMBERS = st.sampled_from((*DETAIL, "case", "formats", "uses", "valid_until", "unknown"))
MEMBER_VALUES = JSON | st.sampled_from(
    (
        *DATASETS,
        "self",
        {"juristic_id": "0105500000001"},
        ["json", "pdf"],
        1,
        1000,
        1001,
        "2026-11-22",
        "20261122",
        "duty",
    )
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(MEMBERS, MEMBER_VALUES, max_size=3), min_size=1, max_size=2) | JSON)
def test_details_are_refused_or_mean_the_same_when_written_again(changes: Any) -> None:
    wanted = [{**DETAIL, **change} for change in changes] if _are_changes(changes) else changes
    try:
        details = parse_authorization_details(json.dumps(wanted))
    except InvalidGdxDetail:
        return
    written = json.dumps([detail.to_json() for detail in details], ensure_ascii=False)
    assert written.encode()
    assert parse_authorization_details(written) == details


def _are_changes(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


@pytest.mark.parametrize("text", ['[{"type":"gdx","type":"gdx"}]', "[NaN]", "[" * 9000, '["\\ud800"]', ""])
def test_details_that_readers_differ_about_are_refused(text: str) -> None:
    with pytest.raises(InvalidGdxDetail):
        parse_authorization_details(text)
