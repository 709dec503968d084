"""A passport's files on their way from the station to whoever decides."""

import json

import pytest

from connectors.card.epassport.proof import prove_passport
from connectors.card.virtual.passports import utopian_trust
from connectors.contracts.card_wire import passport_to_wire, wire_to_passport
from connectors.contracts.errors import CardError, CardFault
from tests.connectors.card.epassport import samples


@pytest.mark.parametrize("has_chip_keys", [True, False])
def test_what_arrives_proves_what_was_read(has_chip_keys: bool) -> None:
    how = {} if has_chip_keys else {"chip": None}
    files = samples.read(samples.passport(**how)).files
    arrived = wire_to_passport(json.loads(json.dumps(passport_to_wire(files))))
    assert arrived == files
    assert prove_passport(arrived, trust=utopian_trust(), now=samples.NOW).data_genuine


@pytest.mark.parametrize("change", [{"mrz": "no base64!"}, {"mrz": None}, {"chip": "certain"}, {"access": "key"}])
def test_anything_else_is_refused(change: dict[str, object]) -> None:
    wire = passport_to_wire(samples.read(samples.passport()).files) | change
    with pytest.raises(CardError) as caught:
        wire_to_passport(wire)
    assert caught.value.fault is CardFault.MALFORMED_DATA
