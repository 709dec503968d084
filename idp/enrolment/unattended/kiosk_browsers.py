"""Which browser is a kiosk's: bound by a code that the station's own agent shows on the spot."""

from connectors.contracts.pairing_wire import CODE_LENGTH, normal_code
from idp.agencies.model import Standing
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.enrolment.unattended import kiosk_store, rules
from idp.enrolment.unattended.home import digest_of
from idp.enrolment.unattended.model import UnattendedProblem
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import CROCKFORD
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.stations.model import Station, StationMode, StationStatus
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork


class KioskBrowsers:
    """Opens its own units of work. A browser is known by a secret in its cookie; the table has the digest."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        agencies: Agencies,
        audit: AuditLog,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._agencies = agencies
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness

    async def offer(self, station: Station) -> str:
        """A code for the browser of this kiosk, whose agent has just proven itself. Raises Refused (NOT_A_KIOSK)."""
        if station.mode is not StationMode.KIOSK:
            raise Refused(UnattendedProblem.NOT_A_KIOSK)
        code = "".join(CROCKFORD[byte % 32] for byte in self._randomness(CODE_LENGTH))
        async with self._storage.unit_of_work() as uow:
            await kiosk_store.put_code(uow, station.id, digest_of(code), expires_at=uow.now + rules.CODE_LIFE)
            await self._note(uow, "kiosk.code_offered", station)
        return code

    async def bind(self, typed: str) -> str:
        """Bind the browser in which a code was typed; gives its secret. Raises Refused (KIOSK_CODE_WRONG)."""
        code, secret = normal_code(typed), random_text(self._randomness)
        async with self._storage.unit_of_work() as uow:
            station_id = None if code is None else await kiosk_store.take_code(uow, digest_of(code))
            if station_id is not None:
                await kiosk_store.bind_browser(uow, station_id, digest_of(secret))
                await self._note(uow, "kiosk.browser_bound", await self._stations.get(uow, station_id))
        if station_id is None:
            self._security_log.note("kiosk.code_refused", code=UnattendedProblem.KIOSK_CODE_WRONG.value)
            raise Refused(UnattendedProblem.KIOSK_CODE_WRONG)
        return secret

    async def station_of(self, secret: str | None) -> Station | None:
        """The kiosk of this browser, while the station is believed, still is a kiosk, and is an active agency's."""
        if not secret:
            return None
        async with self._storage.reading() as uow:
            station_id = await kiosk_store.station_of(uow, digest_of(secret))
            if station_id is None:
                return None
            try:
                station = await self._stations.get(uow, station_id)
                agency = await self._agencies.agency(uow, station.agency_id)
            except NotFound:
                return None
        is_kiosk = station.status is StationStatus.ACTIVE and station.mode is StationMode.KIOSK
        return station if is_kiosk and agency.status is Standing.ACTIVE else None

    async def _note(self, uow: UnitOfWork, event: str, station: Station) -> None:
        actor = Actor(ActorKind.STATION, station.id)
        told = AuditEvent(event=event, actor=actor, agency_id=station.agency_id, details={"station": station.id})
        await self._audit.append(uow, told)
