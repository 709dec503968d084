import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idp.agencies.model import Member, Role
from idp.agencies.seats.model import Seat
from idp.audit.model import SYSTEM
from tests.clock import FrozenClock
from tests.portal.auditing.house import Desk, PortalHouse, Seeded, open_portal


@pytest.fixture
async def portal(seeded: Seeded, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[PortalHouse]:
    async with open_portal(seeded, tmp_path / "home", clock) as portal:
        yield portal


@pytest.fixture
async def admin(portal: PortalHouse) -> Member:
    """The administrator of the employment office, which has three places for officers."""
    member = await portal.hire("employment", Role.AGENCY_ADMIN)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        for role, places in ((Role.LOOKUP_OFFICER, 3), (Role.SUPERVISOR, 1)):
            seat = Seat(member.agency_id, "", role, "ตำแหน่ง", "Position", places, 365)
            await portal.rooms.seats.put(uow, seat, by=SYSTEM)
    return member


@pytest.fixture
async def desk(portal: PortalHouse, admin: Member) -> Desk:
    return await portal.signed_in(admin)


@pytest.fixture
def pictures() -> Path | None:
    """Where the pages are drawn to, for who wants to look at them: `PICTURES=dir`."""
    folder = os.environ.get("PICTURES")
    return None if folder is None else Path(folder)
