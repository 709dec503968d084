"""`/agency/stations`: the agency's counters, their computers, and the codes by which those are paired."""

from hashlib import sha256
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.service import Agencies
from idp.gateway.agency.asking import PAGE, Asking, actor, cursor, expect_printable, named_in_path, page_of, read_body
from idp.gateway.agency.model import AgencyApiProblem
from idp.kernel.errors import Refused
from idp.kernel.ids import StationId
from idp.stations.model import PairingCode, PlannedStation, Station, StationMode, StationProblem
from idp.stations.pairing import Pairings
from idp.stations.service import Stations
from idp.web.routes import Access, Entry

LIST: Final = "/agency/stations"
ONE: Final = f"{LIST}/{{station_id}}"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class StationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /agency/stations`: a counter at one of the agency's sites, or at none in particular."""

    name_th: Name
    name_en: Name
    site: Annotated[str, msgspec.Meta(max_length=64)] = ""
    mode: Literal["one-slot", "two-slot"] = "one-slot"


class StationEndpoints:
    """The agency's stations, as its program sees them."""

    def __init__(self, *, asking: Asking, agencies: Agencies, stations: Stations, pairings: Pairings) -> None:
        self._asking = asking
        self._agencies = agencies
        self._stations = stations
        self._pairings = pairings

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        token = Access.ACCESS_TOKEN
        return (
            Entry(LIST, ("GET",), self.list_all, token, "agency_stations"),
            Entry(LIST, ("POST",), self.add, token, "agency_station_planned"),
            Entry(ONE, ("GET",), self.read, token, "agency_station"),
            Entry(ONE, ("DELETE",), self.remove, token, "agency_station_removed"),
            Entry(f"{ONE}/code", ("POST",), self.renew, token, "agency_station_code"),
        )

    async def list_all(self, request: Request) -> Response:
        """The stations that are believed: when each was last seen, and with which version of the card program."""
        token = await self._asking.reader(request)
        after = cursor(request, None) or ""
        async with self._asking.storage.reading() as uow:
            found = await self._stations.of_agency(uow, token.agency_id)
        # an office has dozens of them, by id: the page is cut here
        page = [one for one in found if one.id > after][:PAGE]
        return self._asking.answer(page_of("stations", [_described(one) for one in page]))

    async def read(self, request: Request) -> Response:
        """One of them; its ETag is what its removal names."""
        token = await self._asking.reader(request)
        async with self._asking.storage.reading() as uow:
            found = await self._stations.active_of(uow, _station_id(request), agency_id=token.agency_id)
        return self._asking.answer(_described(found), headers={"etag": _tag(found)})

    async def add(self, request: Request) -> Response:
        """A code for the computer of a new counter: typed there within ten minutes, shown this once."""
        token = await self._asking.manager(request)
        wish = await read_body(request, StationRequest)
        expect_printable(wish.name_th, wish.name_en)
        planned = PlannedStation(wish.name_th, wish.name_en, wish.site, StationMode(wish.mode))
        async with self._asking.storage.unit_of_work() as uow:
            agency = await self._agencies.agency(uow, token.agency_id)
            if wish.site not in {"", *(site.code for site in agency.sites)}:
                raise Refused(StationProblem.BAD_STATION, "site")
            code = await self._pairings.offer_to(uow, planned, agency_id=agency.id, by=actor(token))
        return self._asking.answer(_code(code), status=201)

    async def renew(self, request: Request) -> Response:
        """A code by which another computer, or a new key, takes this station's place; its older codes are void."""
        token = await self._asking.manager(request)
        async with self._asking.storage.unit_of_work() as uow:
            found = await self._stations.active_of(uow, _station_id(request), agency_id=token.agency_id)
            planned = PlannedStation(found.name_th, found.name_en, found.site, found.mode, replaces=found.id)
            code = await self._pairings.offer_to(uow, planned, agency_id=token.agency_id, by=actor(token))
        return self._asking.answer(_code(code), status=201)

    async def remove(self, request: Request) -> Response:
        """The station is believed no more, for good; a read that is under way there ends."""
        token = await self._asking.manager(request)
        named = request.headers.getlist("if-match")
        if not named:
            raise Refused(AgencyApiProblem.PRECONDITION_MISSING)
        async with self._asking.storage.unit_of_work() as uow:
            found = await self._stations.active_of(uow, _station_id(request), agency_id=token.agency_id)
            if named != [_tag(found)]:
                raise Refused(AgencyApiProblem.CHANGED_MEANWHILE)
            await self._stations.revoke(uow, found.id, by=actor(token))
        return self._asking.done()


def _described(station: Station) -> dict[str, Any]:
    presence = station.presence
    return {
        "id": station.id,
        "name_th": station.name_th,
        "name_en": station.name_en,
        "site": station.site,
        "mode": station.mode.value,
        "last_seen_at": None if presence is None else presence.seen_at.isoformat(timespec="seconds"),
        "agent_version": None if presence is None else presence.agent_version,
    }


def _tag(station: Station) -> str:
    """Names, place, key: not when it was last seen, which changes all day."""
    parts = (station.name_th, station.name_en, station.site, station.mode.value, station.public_jwk["x"])
    return f'"{sha256("|".join(parts).encode()).hexdigest()[:32]}"'


def _code(code: PairingCode) -> dict[str, Any]:
    return {
        "station_id": code.station_id,
        "code": code.text,
        "expires_at": code.expires_at.isoformat(timespec="seconds"),
    }


def _station_id(request: Request) -> StationId:
    return StationId(named_in_path(request, "station_id", prefix=None, absent=StationProblem.UNKNOWN_STATION))
