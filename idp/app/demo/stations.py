"""The demonstration's counters and its kiosk, each with readers of its own: plain data, so that `idp card` is quick."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from idp.kernel.ids import StationId
from idp.stations.model import StationMode


@dataclass(frozen=True, slots=True)
class DemoStation:
    """A station: where it stands, and how its readers are shared."""

    id: StationId
    agency_code: str
    mode: StationMode
    name_th: str
    name_en: str


STATIONS: Final = (
    DemoStation(
        StationId("counter-1"), "registration-office", StationMode.ONE_SLOT, "ช่องบริการ 1", "Counter 1, one reader"
    ),
    DemoStation(
        StationId("employment-1"), "employment", StationMode.TWO_SLOT, "เคาน์เตอร์จัดหางาน", "Job desk, two readers"
    ),
    DemoStation(
        StationId("water-1"), "waterworks", StationMode.TWO_SLOT, "เคาน์เตอร์การประปา 1", "Water counter 1, two readers"
    ),
    DemoStation(
        StationId("kiosk-1"), "registration-office", StationMode.KIOSK, "ตู้บริการ 1", "Kiosk 1, nobody beside it"
    ),
)
"""The first is where the story enrols people, the waterworks' where it takes a request; the others are there to be
explored by hand.
"""

FIRST: Final = STATIONS[0].id
WATER: Final = STATIONS[2].id
KIOSK: Final = STATIONS[-1].id


def agent_file_of(home: Path, station_id: StationId) -> Path:
    """The configuration of a station's agent."""
    return home / "agent" / f"{station_id}.json"
