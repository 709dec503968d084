"""What a store of the conformance profile holds: one agency, its people with PINs, the clients of the plans given."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError

from idp.agencies.model import Agency, AgencyKind
from idp.app.client_rooms import CONFORMANCE_AGENCY
from idp.app.conformance.citizen_number import grant_citizen_number
from idp.app.conformance.people import make_people
from idp.app.conformance.plans import PlannedClient, PlanUnreadable
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.kernel.ids import new_id
from idp.storage.leases import take_lease
from idp.storage.storage import UnitOfWork

TURN: Final = timedelta(seconds=60)
"""A server that died while it filled the store holds the others up for so long."""
LOOK_EVERY_SECONDS: Final = 0.2


async def prepare_conformance(rooms: Rooms, clients: Sequence[PlannedClient]) -> None:
    """Fill the store, one server at a time; what is there already stays as it is.

    Raises PlanUnreadable for a client that may not be.
    """
    holder = new_id("srv", now=rooms.ground.clock.now(), randomness=rooms.ground.randomness)
    while not await _take_turn(rooms, holder, TURN):  # noqa: ASYNC110 - another process ends its turn
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    try:
        await _fill(rooms, clients)
    finally:
        await _take_turn(rooms, holder, timedelta(0))


async def _take_turn(rooms: Rooms, holder: str, for_how_long: timedelta) -> bool:
    async with rooms.ground.storage.unit_of_work() as uow:
        return await take_lease(uow, name="conformance.story", holder=holder, for_how_long=for_how_long) is not None


async def _fill(rooms: Rooms, clients: Sequence[PlannedClient]) -> None:
    async with rooms.ground.storage.unit_of_work() as uow:
        agency = await rooms.agencies.agency_by_code(uow, CONFORMANCE_AGENCY) or await _make_agency(uow, rooms)
        for planned in clients:
            if await rooms.clients.get(uow, planned.id) is None:
                await _register(uow, rooms, agency, planned)
    await make_people(rooms, agency_id=agency.id)


async def _make_agency(uow: UnitOfWork, rooms: Rooms) -> Agency:
    return await rooms.agencies.register_agency(
        uow,
        code=CONFORMANCE_AGENCY,
        name_th="หน่วยงานทดสอบมาตรฐาน (ตัวอย่าง)",
        name_en="Conformance Testing Office (example)",
        kind=AgencyKind.STATE,
        by=SYSTEM,
    )


async def _register(uow: UnitOfWork, rooms: Rooms, agency: Agency, planned: PlannedClient) -> None:
    services = [await grant_citizen_number(uow, rooms, agency.id)] if planned.citizen_number else []
    try:
        await rooms.clients.register(
            uow,
            client_id=planned.id,
            agency_id=agency.id,
            name_th=f"โปรแกรมทดสอบ {planned.id}",
            name_en=f"Test program {planned.id}",
            metadata=planned.metadata,
            services=services,
            profile=planned.profile,
            pkce_required=planned.pkce_required,
            nonce_required=planned.nonce_required,
            secret=planned.secret,
            by=SYSTEM,
        )
    except (InvalidClientMetadataError, InvalidRedirectURIError) as error:
        raise PlanUnreadable(f"client {planned.id}: {error.description}") from error
