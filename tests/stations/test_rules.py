"""What is believed of a message, whatever bytes come."""

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from idp.kernel.errors import Refused
from idp.kernel.ids import AgencyId, StationId
from idp.stations import rules
from idp.stations.model import Station, StationProblem, StationStatus

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = ECKey.generate_key("P-256")
STATION = Station(
    StationId("st_1"), AgencyId("agc_1"), "ก", "a", KEY.as_dict(private=False), True, StationStatus.ACTIVE, None
)


@given(st.text(alphabet=st.characters(codec="ascii")) | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True))
def test_what_nobody_signed_is_refused(message: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.verify_hello(message=message, expected_station=STATION, expected_audience="http://x", now=NOW)
    assert refused.value.code is StationProblem.BAD_MESSAGE


@given(st.text(max_size=400))
def test_the_named_station_is_a_short_text_or_nothing(message: str) -> None:
    try:
        named = rules.station_named_in(message)
    except Refused:
        return
    assert 0 < len(named) <= rules.MAX_ID_LENGTH


@pytest.mark.parametrize(
    ("version", "minimum", "is_old"),
    [
        ("", "0.1", True),
        ("0.x", "0.1", True),
        ("1", "0.1", False),
        ("0.1", "0.1", False),
        ("0.1.0", "0.1", False),
        ("0.1", "0.1.0", False),
        ("0.2.9", "0.2.10", True),
        ("0.2.10", "0.2.9", False),
        ("1.0.0", "1.0.1", True),
        ("2", "1.9.9", False),
    ],
)
def test_a_version_is_old_or_it_is_not(version: str, minimum: str, is_old: bool) -> None:
    expectation = pytest.raises(Refused, match="STA-06") if is_old else nullcontext()
    with expectation:
        rules.validate_agent(station=STATION, is_virtual=True, agent_version=version, minimum_version=minimum)
