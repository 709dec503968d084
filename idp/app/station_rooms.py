"""Stations of one deployment: the agents, their pairing, and what an officer sees of a counter."""

from dataclasses import dataclass

from idp.agencies.service import Agencies
from idp.app.ground import Ground
from idp.app.outside import Outside
from idp.authorization.client_registration.store import find_live_client
from idp.kernel.ids import AgencyId, ClientId
from idp.keys.files import FIRST_VERSION
from idp.settings import Settings
from idp.stations.desk import Desk
from idp.stations.link_keys import LinkKeys
from idp.stations.mail_slots import MailSlots
from idp.stations.officer_sessions import AmiSessions
from idp.stations.pairing import Pairings
from idp.stations.photos import PhotoVault
from idp.stations.service import Stations
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class StationRooms:
    """`officer_sessions` is None where officers have no registry to open a session at."""

    stations: Stations
    mail_slots: MailSlots
    pairings: Pairings
    officer_sessions: AmiSessions | None
    desk: Desk


class LivePrograms:
    """Programs of agencies, as the stations room asks for them."""

    async def is_live(self, uow: UnitOfWork, program_id: str, *, agency_id: AgencyId) -> bool:
        """True while it is a program of this agency and answered."""
        client = await find_live_client(uow, ClientId(program_id))
        return client is not None and client.agency_id == agency_id


def build_station_rooms(
    settings: Settings, ground: Ground, outside: Outside, *, agencies: Agencies, subscribers: Subscribers
) -> StationRooms:
    """Put them together; photos stay in the memory of this process."""
    stations = Stations(audit=ground.audit, encryption=ground.encryption_key, photos=PhotoVault())
    officer_sessions = None
    if outside.officer_sessions is not None:
        officer_sessions = AmiSessions(
            storage=ground.storage,
            subscribers=subscribers,
            registry=outside.officer_sessions,
            sealer=ground.sealer,
            audit=ground.audit,
        )
    return StationRooms(
        stations=stations,
        mail_slots=MailSlots(
            storage=ground.storage,
            agencies=agencies,
            signing=ground.signing_keys,
            encryption=ground.encryption_key,
            audit=ground.audit,
            security_log=ground.security_log,
            clock=ground.clock,
            issuer=settings.issuer,
            minimum_agent_version=settings.minimum_agent_version,
        ),
        pairings=Pairings(
            storage=ground.storage,
            stations=stations,
            agencies=agencies,
            programs=LivePrograms(),
            signing=ground.signing_keys,
            link_keys=LinkKeys(ground.root_keys.derive("station-link", version=FIRST_VERSION)),
            audit=ground.audit,
            security_log=ground.security_log,
            clock=ground.clock,
            issuer=settings.issuer,
            code_key=ground.root_keys.derive("pairing-code", version=FIRST_VERSION),
            allow_virtual=settings.is_demo,
            minimum_agent_version=settings.minimum_agent_version,
        ),
        officer_sessions=officer_sessions,
        desk=Desk(storage=ground.storage, stations=stations, officers=officer_sessions),
    )
