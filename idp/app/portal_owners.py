"""The pages of the owners of data, of one deployment."""

from idp.app.door_kit import DoorKit
from idp.app.rooms import Rooms
from idp.oversight.owners.service import OwnerUsage
from idp.portal.owners.desk import Desk
from idp.portal.owners.naming_pages import NamingPages
from idp.portal.owners.usage_pages import UsagePages
from idp.portal.owners.watched_pages import WatchedPages
from idp.portal.staff import StaffGate
from idp.settings import Settings


def owner_pages(
    kit: DoorKit, gate: StaffGate, rooms: Rooms, _settings: Settings
) -> tuple[UsagePages, NamingPages, WatchedPages]:
    """Put them together."""
    desk = Desk(
        pages=kit.pages,
        csrf=kit.csrf,
        problems=kit.problems,
        storage=rooms.ground.storage,
        gate=gate,
        agencies=rooms.agencies,
        usage=OwnerUsage(agencies=rooms.agencies),
        randomness=rooms.ground.randomness,
    )
    return (
        UsagePages(desk),
        NamingPages(desk, namings=rooms.namings, approvals=rooms.representation.approvals),
        WatchedPages(desk, watched=rooms.oversight.watched),
    )
