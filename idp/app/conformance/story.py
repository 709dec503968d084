"""What a store of the conformance profile holds: one agency, its people with PINs, the clients of the plans given."""

from collections.abc import Sequence

from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError

from idp.agencies.model import Agency, AgencyKind
from idp.app.conformance.citizen_number import grant_citizen_number
from idp.app.conformance.people import make_people
from idp.app.conformance.plans import PlannedClient, PlanUnreadable
from idp.app.rooms import CONFORMANCE_AGENCY, Rooms
from idp.audit.model import SYSTEM
from idp.storage.storage import UnitOfWork


async def prepare_conformance(rooms: Rooms, clients: Sequence[PlannedClient]) -> None:
    """Fill the store; what is there already stays as it is. Raises PlanUnreadable for a client that may not be."""
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
