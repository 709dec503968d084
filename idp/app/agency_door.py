"""What an agency looks after by one of its programs, at the data exchange."""

from typing import Final

from idp.app.configuration.self_service import ProgramProposals
from idp.app.rooms import Rooms
from idp.gateway.agency.asking import Asking
from idp.gateway.agency.members import MemberEndpoints
from idp.gateway.agency.permissions import PermissionEndpoints
from idp.gateway.agency.programs import ProgramEndpoints
from idp.gateway.agency.stations import StationEndpoints
from idp.gateway.agency.usage import UsageEndpoints
from idp.gateway.own_tokens import OwnTokens
from idp.gateway.tokens import GatewayTokens
from idp.settings import Settings
from idp.storage.profile import Profile
from idp.web.routes import Entry

INVITATION_PATH: Final = "/account/invitation"


def agency_entries(settings: Settings, rooms: Rooms, tokens: GatewayTokens) -> tuple[Entry, ...]:
    """The entries below `/agency`."""
    asking = Asking(storage=rooms.ground.storage, tokens=OwnTokens(tokens))
    new = ProgramProposals(
        configurations=rooms.configurations,
        agencies=rooms.agencies,
        clients=rooms.clients,
        approvals=rooms.representation.approvals,
        randomness=rooms.ground.randomness,
        two_persons=settings.profile is Profile.PRODUCTION,
    )
    programs = ProgramEndpoints(asking=asking, programs=rooms.programs, new=new, base_url=settings.gateway_url)
    members = MemberEndpoints(
        asking=asking,
        agencies=rooms.agencies,
        seats=rooms.seats,
        invitation_page=f"{settings.issuer}{INVITATION_PATH}",
    )
    stations = StationEndpoints(
        asking=asking, agencies=rooms.agencies, stations=rooms.stations, pairings=rooms.pairings
    )
    permissions = PermissionEndpoints(
        asking=asking, programs=rooms.programs, grants=rooms.grants, pairwise=rooms.ground.pairwise
    )
    usage = UsageEndpoints(asking=asking, agencies=rooms.agencies)
    return (
        *programs.entries(),
        *members.entries(),
        *stations.entries(),
        *permissions.entries(),
        *usage.entries(),
    )
