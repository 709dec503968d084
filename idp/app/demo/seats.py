"""The places for officers of the demonstration's employment office: its administrator invites to them."""

from typing import Final

from idp.agencies.model import Agency, Role
from idp.agencies.seats.model import Seat
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.storage.storage import UnitOfWork

DAYS: Final = 365
PLACES: Final = (
    (Role.LOOKUP_OFFICER, "เจ้าหน้าที่ประจำเคาน์เตอร์", "Counter clerk", 10),
    (Role.ENROLMENT_OFFICER, "เจ้าหน้าที่รับลงทะเบียน", "Enrolment officer", 5),
)


async def make_seats(uow: UnitOfWork, rooms: Rooms, agency: Agency) -> None:
    """Ten at the counter, five who enrol; one of each is taken already."""
    for role, position_th, position_en, places in PLACES:
        seat = Seat(agency.id, "", role, position_th, position_en, places, DAYS)
        await rooms.seats.put(uow, seat, by=SYSTEM)
