"""The first two administrators of an empty deployment: an agency, two members, a one-use link each; once.

Nobody of ours identified them yet, so that they begin at the lowest level; what they do is what two persons do, on
record like everything else (design, section 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from idp.agencies.model import AgencyKind, Role
from idp.app.issuer_agency import ISSUER_CODE
from idp.app.portal_client import register_portal
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM, AuditEvent
from idp.authentication.passkey_links import page_of_link
from idp.kernel.assurance import Ial
from idp.settings import Settings
from idp.storage.leases import take_lease
from idp.subscribers.model import Identity

LINK_LIFE: Final = timedelta(hours=24)
MEMBERSHIP: Final = timedelta(days=90)
"""The first memberships end: by then the agency has invited its own staff."""
FOR_EVER: Final = timedelta(days=36_500)
FIRST_ROLES: Final = (Role.AGENCY_ADMIN, Role.ENROLMENT_ADMIN, Role.ENROLMENT_OFFICER)
PLATFORM_ROLES: Final = (Role.PLATFORM_ADMIN, Role.ENROLMENT_ADMIN)
"""With these the two approve rights whose owner sent a letter, and configurations from the command line; and answer
what people ask of their own accord, which no agency sees.
"""
HOW_MANY: Final = 2


class NotEmpty(RuntimeError):
    """The deployment has, or had, its first administrators; the text says so."""


class NotTwoPersons(ValueError):
    """Two persons act together here, so that two different ones are needed to begin with."""


@dataclass(frozen=True, slots=True)
class FirstAgency:
    """The agency of the first administrators."""

    code: str
    name_th: str
    name_en: str


async def bootstrap(
    rooms: Rooms, settings: Settings, *, agency: FirstAgency, people: Sequence[Identity]
) -> tuple[str, ...]:
    """Make them; gives the addresses of their links, in order, for each to open on the own device.

    Raises NotTwoPersons, NotEmpty, and as the rooms do; then nothing was made.
    """
    numbers = {person.citizen_id for person in people}
    if len(people) != HOW_MANY or len(numbers) != HOW_MANY or None in numbers:
        raise NotTwoPersons(f"exactly {HOW_MANY} different persons, each with a citizen number")
    async with rooms.ground.storage.unit_of_work() as uow:
        # a lease that never ends: of two nodes that try at once, one
        if await take_lease(uow, name="bootstrap", holder="done", for_how_long=FOR_EVER) != 1:
            raise NotEmpty("the first administrators were made before")
        # who was given a role by others keeps it from whoever can type this command
        if await rooms.agencies.has_members(uow):
            raise NotEmpty("there are members already: they invite others")
        if await rooms.agencies.agency_by_code(uow, agency.code) is not None:
            raise NotEmpty(f"there is an agency with the code {agency.code!r} already")
        office = await rooms.agencies.register_agency(
            uow,
            code=agency.code,
            name_th=agency.name_th,
            name_en=agency.name_en,
            kind=AgencyKind.STATE,
            by=SYSTEM,
        )
        await register_portal(uow, rooms, settings)
        platform = await rooms.agencies.agency_by_code(uow, ISSUER_CODE)
        assert platform is not None, "the rooms were built with it"
        links = []
        for person in people:
            subscriber_id = await rooms.subscribers.create(uow, identity=person, ial=Ial.IAL1_1, by=SYSTEM)
            for agency_id, roles in ((office.id, FIRST_ROLES), (platform.id, PLATFORM_ROLES)):
                await rooms.agencies.add_member(
                    uow,
                    agency_id=agency_id,
                    subscriber_id=subscriber_id,
                    position_th="ผู้ดูแลระบบคนแรก",
                    position_en="First administrator",
                    roles=roles,
                    expires_at=uow.now + MEMBERSHIP,
                    by=SYSTEM,
                )
            links.append(await rooms.passkey_links.make(uow, subscriber_id, by=SYSTEM, valid_for=LINK_LIFE))
        event = AuditEvent("deployment.bootstrapped", actor=SYSTEM, agency_id=office.id, details={"people": HOW_MANY})
        await rooms.ground.audit.append(uow, event)
    return tuple(f"{settings.issuer}{page_of_link(token)}" for token in links)
