"""From where a request comes: the header of a proxy counts from the configured proxy alone."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from idp.web.addresses import CallerAddresses

BEHIND = CallerAddresses(trusted_proxies=[ip_network("10.0.0.0/8")], header="X-Forwarded-For")


def request(host: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return Request({"type": "http", "headers": headers, "client": None if host is None else (host, 1)})


@pytest.mark.parametrize(
    ("host", "forwarded", "caller"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        # past the proxy: what the caller writes is not believed
        ("198.51.100.7", ("203.0.113.1",), "198.51.100.7"),
        ("10.1.1.1", ("203.0.113.1",), "203.0.113.1"),
        # what stands before the proxies' own words was written by the caller
        ("10.1.1.1", ("192.0.2.66, 203.0.113.1",), "203.0.113.1"),
        ("10.1.1.1", ("192.0.2.66", "203.0.113.1, 10.2.2.2"), "203.0.113.1"),
        # one household of IPv6 is one caller; a mapped address is the address
        ("2001:db8:1:2:3::4", (), "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", (), "198.51.100.7"),
        ("::ffff:10.1.1.1", ("203.0.113.1",), "203.0.113.1"),
        # nobody that could be told apart
        ("10.1.1.1", (), None),
        ("10.1.1.1", ("unknown",), None),
        ("10.1.1.1", ("10.2.2.2",), None),
        (None, (), None),
    ],
)
def test_who_calls(host: str | None, forwarded: tuple[str, ...], caller: str | None) -> None:
    assert BEHIND.of(request(host, *forwarded)) == caller


@given(st.text(alphabet="0123456789.:, abcdef%[]", max_size=80))
def test_whatever_a_caller_writes_the_proxy_s_word_stands(written: str) -> None:
    assert BEHIND.of(request("10.1.1.1", f"{written}, 203.0.113.1")) == "203.0.113.1"
    assert BEHIND.of(request("198.51.100.7", written)) == "198.51.100.7"
