"""Whoever is not the caller that was agreed is nobody; what is said on the wire means the same when it is read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.errors import RegistryOutcome
from connectors.gdx.faults import FAULT_WORDS, fault_of
from idp.agencies.model import Standing
from idp.exchange.decision.model import Reason
from idp.exchange.model import ExchangeProblem
from idp.gateway.bridge.asking import outcome_of
from idp.gateway.bridge.endpoints import texts_of
from idp.gateway.bridge.model import BridgeAccess, BridgeReason, BridgeTerm
from idp.gateway.bridge.rules import LONGEST_ACCESS, case_on, impossible_term, why_not
from idp.kernel.errors import Refused, Unavailable
from idp.kernel.ids import AgencyId, ClientId, ServiceId

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NETWORKS = ("203.0.113.0/29", "2001:db8:1::/64")
THUMBPRINT = "A" * 43
ACCESS = BridgeAccess(
    client_id=ClientId("gdx"),
    agency_id=AgencyId("agc"),
    service_id=ServiceId("duty"),
    case="GDX {day}",
    ends_at=NOW + timedelta(days=30),
    certificate=None,
    addresses=NETWORKS,
    agents={"gdx-system": None},
    key_digest="digest",
)
ADDRESSES = st.one_of(
    st.ip_addresses(v=4), st.ip_addresses(v=6), *(st.ip_addresses(network=network) for network in NETWORKS)
)


@given(ADDRESSES)
def test_only_listed_addresses_are_let_in(address: IPv4Address | IPv6Address) -> None:
    is_listed = any(address in ip_network(network) for network in NETWORKS)
    told = why_not(ACCESS, host=str(address), thumbprint=None, now=NOW)
    assert told is (None if is_listed else BridgeReason.OTHER_ADDRESS)


@given(st.text(max_size=60))
def test_what_is_no_address_is_nobody_s(host: str) -> None:
    try:
        ip_address(host)
    except ValueError:
        assert why_not(ACCESS, host=host, thumbprint=None, now=NOW) is BridgeReason.OTHER_ADDRESS


@given(st.one_of(st.none(), st.text(max_size=50), st.just(THUMBPRINT)), ADDRESSES)
def test_where_both_are_agreed_both_must_fit(thumbprint: str | None, address: IPv4Address | IPv6Address) -> None:
    both = replace(ACCESS, certificate=THUMBPRINT)
    is_in = why_not(both, host=str(address), thumbprint=thumbprint, now=NOW) is None
    assert is_in == (thumbprint == THUMBPRINT and why_not(ACCESS, host=str(address), thumbprint=None, now=NOW) is None)


def test_nobody_is_let_in_where_nothing_was_agreed() -> None:
    nothing = replace(ACCESS, addresses=())
    assert why_not(nothing, host="203.0.113.1", thumbprint=THUMBPRINT, now=NOW) is BridgeReason.OTHER_ADDRESS


@pytest.mark.parametrize(
    "over",
    [{"ends_at": NOW}, {"status": Standing.ENDED}, {"status": Standing.SUSPENDED}, {"key_digest": None}],
)
def test_what_is_over_lets_nobody_in(over: dict[str, object]) -> None:
    told = why_not(replace(ACCESS, **over), host="203.0.113.1", thumbprint=None, now=NOW)  # type: ignore[arg-type] # terms of any kind
    assert told is BridgeReason.ACCESS_ENDED


@pytest.mark.parametrize(
    ("terms", "term"),
    [
        ({}, None),
        ({"addresses": ()}, BridgeTerm.CALLER),
        ({"certificate": "short"}, BridgeTerm.CERTIFICATE),
        ({"addresses": ("10.0.0.0/8",)}, BridgeTerm.ADDRESSES),
        ({"addresses": ("203.0.113.1/29",)}, BridgeTerm.ADDRESSES),
        ({"agents": {"1234567890121": None}}, BridgeTerm.AGENTS),
        ({"agents": {"x y": None}}, BridgeTerm.AGENTS),
        ({"agents": {"1-2345-67890-12-1": None}}, BridgeTerm.AGENTS),
        ({"case": " "}, BridgeTerm.CASE),
        ({"case": "x" * 65}, BridgeTerm.CASE),
        ({"case": "1-2345-67890-12-1"}, BridgeTerm.CASE),
        ({"case": "12345{day}"}, BridgeTerm.CASE),
        ({"case": "ทส 7/2569 {day}"}, None),
        ({"ends_at": NOW + LONGEST_ACCESS + timedelta(days=1)}, BridgeTerm.ENDS),
    ],
)
def test_terms_that_cannot_be(terms: dict[str, object], term: BridgeTerm | None) -> None:
    assert impossible_term(replace(ACCESS, **terms), now=NOW) is term  # type: ignore[arg-type] # terms of any kind


def test_the_case_names_the_day() -> None:
    assert case_on(ACCESS, date(2026, 11, 22)) == "GDX 2026-11-22"


@given(st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=20), max_size=8))
def test_parameters_are_read_as_they_were_written(parameters: dict[str, str]) -> None:
    assert texts_of(urlencode(parameters).encode()) == parameters


@given(st.binary(max_size=200))
def test_whatever_stands_in_a_query_is_read_or_not(query: bytes) -> None:
    read = texts_of(query)
    assert read is None or all(isinstance(value, str) for value in read.values())


@pytest.mark.parametrize("outcome", RegistryOutcome)
def test_every_outcome_has_words_that_mean_it(outcome: RegistryOutcome) -> None:
    """One table for both directions; what no code stands for says that the registry cannot be asked."""
    word = FAULT_WORDS.of_outcome[outcome]
    unspoken = (RegistryOutcome.GARBAGE, RegistryOutcome.UNEXPLAINED, RegistryOutcome.WRONG_PERSON)
    for message, code in ((f"[{word.code}] {word.text}" if word.code else word.text, ""), (word.text, word.code)):
        fault = fault_of(word.status, message, code=code)
        assert fault is not None
        assert fault.outcome is (RegistryOutcome.UNAVAILABLE if outcome in unspoken else outcome)


def test_keys_and_tokens_that_are_unknown_are_no_missing_right() -> None:
    for word in (FAULT_WORDS.consumer_unknown, FAULT_WORDS.consumer_ended):
        fault = fault_of(word.status, word.text)
        assert fault is not None
        assert fault.outcome is RegistryOutcome.ACCOUNT_REFUSED
    token = fault_of(FAULT_WORDS.token_unknown.status, FAULT_WORDS.token_unknown.text)
    assert token is not None
    assert token.outcome is RegistryOutcome.NO_SESSION


@pytest.mark.parametrize("reason", Reason)
def test_no_reason_reads_as_a_record(reason: Reason) -> None:
    told = outcome_of(Refused(ExchangeProblem.BEYOND_RIGHT, reason.value))
    assert FAULT_WORDS.of_outcome[told].status >= 400


def test_what_nobody_foresaw_is_no_record_either() -> None:
    assert outcome_of(Refused(ExchangeProblem.NOT_IN_TOKEN, "no such detail")) is RegistryOutcome.NO_RIGHT
    assert outcome_of(Unavailable(ExchangeProblem.REGISTRY_BUSY, "the store")) is RegistryOutcome.UNAVAILABLE
