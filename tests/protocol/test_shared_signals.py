"""Whatever a receiver sends is read whole or refused; nothing it sends gets into a request of ours."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.security_event import iss_sub, opaque, session_of, set_claims
from idp.protocol.shared_signals import (
    MOST_SETS,
    POLL,
    PUSH,
    Polled,
    PushTo,
    SignalsRequestRefused,
    parse_poll,
    parse_status,
    parse_stream,
    parse_subject,
    parse_verification,
)
from tests.clock import FrozenClock

ISSUER = "https://id.example"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = (
    "stream_id",
    "events_requested",
    "delivery",
    "description",
    "status",
    "reason",
    "state",
    "subject",
    "ack",
    "maxEvents",
)


def read(parse: Any, body: bytes) -> Any:
    if parse is parse_stream:
        return parse_stream(body, loopback_allowed=False)
    return parse_subject(body, expected_issuer=ISSUER) if parse is parse_subject else parse(body)


@pytest.mark.parametrize("parse", [parse_stream, parse_status, parse_subject, parse_verification, parse_poll])
@given(body=st.binary(max_size=200) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), JSON, max_size=6))
def test_anything_is_read_or_refused(parse: Any, body: Any) -> None:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    with suppress(SignalsRequestRefused):
        read(parse, sent)


@given(header=st.text(max_size=40))
def test_a_header_of_a_receiver_is_one_field_value_or_nothing(header: str) -> None:
    delivery = {"method": PUSH, "endpoint_url": "https://agency.example/events", "authorization_header": header}
    try:
        wish = parse_stream(json.dumps({"delivery": delivery}).encode(), loopback_allowed=False)
    except SignalsRequestRefused:
        return
    assert isinstance(wish.delivery, PushTo)
    assert wish.delivery.authorization_header == header
    assert all(" " <= character <= "~" for character in header)


@pytest.mark.parametrize(
    "url",
    [
        "http://agency.example/e",
        "https://127.0.0.1/e",
        "https://[::1]/e",
        "https://0x7f.1/",
        "https://a.example/e#f",
        "https://user@a.example/e",
        "https://a.example\\@b.example/",
        "https://a.example/../x",
        "file:///etc/passwd",
        "//a.example/e",
        "",
    ],
)
def test_an_address_that_could_lead_elsewhere_is_refused(url: str) -> None:
    body = json.dumps({"delivery": {"method": PUSH, "endpoint_url": url}}).encode()
    with pytest.raises(SignalsRequestRefused):
        parse_stream(body, loopback_allowed=False)


def test_without_a_word_a_stream_is_polled_and_asks_for_nothing() -> None:
    wish = parse_stream(b"", loopback_allowed=False)
    assert (wish.delivery, wish.events_requested, wish.supplied) == (None, None, {})
    named = parse_stream(json.dumps({"delivery": {"method": POLL}}).encode(), loopback_allowed=False)
    assert named.delivery == Polled(None)


@given(asked=st.integers(min_value=0, max_value=10**9))
def test_a_poll_never_asks_for_more_than_there_is_at_once(asked: int) -> None:
    assert parse_poll(json.dumps({"maxEvents": asked}).encode()).max_events == min(asked, MOST_SETS)
    assert parse_poll(b"{}").return_immediately is False


def test_a_token_has_what_the_profile_asks_for_and_nothing_that_it_forbids() -> None:
    user = iss_sub(issuer=ISSUER, sub="pairwise")
    claims = set_claims(
        issuer=ISSUER,
        audience="jobs",
        jti="set_1",
        issued_at=FrozenClock().now(),
        txn="txn",
        sub_id=session_of(user, sid="sid"),
        event_type="urn:x",
        event={},
    )
    assert set(claims) == {"iss", "aud", "jti", "iat", "txn", "sub_id", "events"}
    assert claims["sub_id"] == {"format": "complex", "user": user, "session": opaque("sid")}
    assert list(claims["events"]) == ["urn:x"]


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "x" * 201])
def test_no_text_comes_in_that_no_store_takes(text: str) -> None:
    for parse, body in (
        (lambda body: parse_stream(body, loopback_allowed=False), {"description": text}),
        (parse_status, {"stream_id": "str_1", "status": "paused", "reason": text}),
    ):
        with pytest.raises(SignalsRequestRefused):
            parse(json.dumps(body).encode())
