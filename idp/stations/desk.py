"""The counter as its officer sees it: the agent's word about the cards and the registry's about the session, in one."""

from datetime import datetime

from idp.agencies.model import Member, Role
from idp.kernel.errors import Refused
from idp.kernel.ids import StationId
from idp.stations.model import OfficerProblem, Station, StationNeed, StationState
from idp.stations.officer_sessions import AmiSessions, OfficerState
from idp.stations.service import Stations
from idp.stations.state_rules import StationView, view_of
from idp.storage.storage import Storage

_NOBODY = OfficerState(None, None)


class Desk:
    """Looks; changes nothing but the note that the first citizen's card has come.

    `officers` is None where the registry's agent is not used: then cards alone decide.
    """

    def __init__(self, *, storage: Storage, stations: Stations, officers: AmiSessions | None) -> None:
        self._storage = storage
        self._stations = stations
        self._officers = officers

    def light(self, station: Station, *, now: datetime) -> StationView:
        """The light for somebody who reads cards and asks no registry."""
        return view_of(station, officer_session=None, officer_is_needed=False, now=now)

    async def view(self, station_id: StationId, *, member: Member) -> StationView:
        """The light for this member, who needs a session of his own where he looks up registry data."""
        async with self._storage.reading() as uow:
            station, now = await self._stations.get(uow, station_id), uow.now
        if self._officers is None or Role.LOOKUP_OFFICER not in member.roles:
            return self.light(station, now=now)
        state = await self._officers.state_of(member, station) if station.is_present_at(now) else _NOBODY
        view = view_of(station, officer_session=state.session, officer_is_needed=True, now=now)
        if view.state is StationState.CITIZEN_AVAILABLE and state.session is not None:
            await self._officers.note_citizen(member, station, state.session)
        if view.need in (StationNeed.OFFICER_CARD, StationNeed.OFFICER_PIN) and state.trouble is not None:
            return StationView(view.state, view.need, state.trouble)
        return view

    async def require_green(self, station_id: StationId, *, officer: Member) -> None:
        """May this officer look up now? Raises Refused with what is missing."""
        view = await self.view(station_id, member=officer)
        if view.state is not StationState.CITIZEN_AVAILABLE:
            raise Refused(view.trouble or OfficerProblem.NOT_SIGNED_IN, view.need.value)
