"""A public reader that nobody here wrote reads an emulated card through the real stack.

`pythaiidcard` (PyPI) is no dependency: `PUBLIC_CARD_READER_PYTHON` names an interpreter that has it.
"""

import json
import os
import subprocess

import pytest

from connectors.card.virtual.card_stack import CardStack
from connectors.card.virtual.desk_socket import desk_command
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from tests.patience import PATIENCE_SECONDS, until

pytestmark = pytest.mark.pcsc

READ = """
import json
from pythaiidcard import ThaiIDCardReader
reader = ThaiIDCardReader(reader_index=1, skip_system_check=True)
reader.connect()
card = reader.read_card(include_photo=True)
laser = reader.read_laser_id()
reader.disconnect()
print(json.dumps({"cid": card.cid, "name": card.thai_name.full_name.split(),
                  "photo": card.photo.hex(), "issued": card.issue_date.isoformat(), "laser": laser}))
"""


@pytest.mark.parametrize("key", ["somchai", "malee"])
def test_it_reads_the_emulated_card(pcsc_stack: CardStack, key: str) -> None:
    interpreter = os.environ.get("PUBLIC_CARD_READER_PYTHON")
    if interpreter is None:
        pytest.skip("pythaiidcard wants Python 3.13: name an interpreter that has it in PUBLIC_CARD_READER_PYTHON")
    assert desk_command(pcsc_stack.desk_socket, f"insert citizen {key}")["ok"]
    reader = pcsc_stack.readers["citizen"]
    until(reader.is_card_present)
    try:
        done = subprocess.run(
            [interpreter, "-c", READ],
            env=os.environ | {"PCSCLITE_CSOCK_NAME": str(pcsc_stack.pcsc_socket)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    finally:
        desk_command(pcsc_stack.desk_socket, "eject citizen")
    assert done.returncode == 0, done.stderr
    data, found = PERSONAS[key].card.data, json.loads(done.stdout)
    assert found["cid"] == data.citizen_id.digits
    # this reader takes the marks between the parts for spaces
    assert found["name"] == [data.name_th.prefix, data.name_th.first, data.name_th.last]
    assert bytes.fromhex(found["photo"]).startswith(photo(PERSONAS[key].card))
    issued = data.issue_date
    assert found["issued"] == f"{issued.year_ce}-{issued.month:02}-{issued.day:02}"
    assert data.laser_code is not None
    # this reader asks for seven bytes of it
    assert found["laser"] == data.laser_code.text[:7]
