"""Enrolment without an officer, built together."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from idp.agencies.service import Agencies
from idp.app.ground import Ground
from idp.app.outside import Outside
from idp.enrolment.card_check import CardCheck
from idp.enrolment.completion import PasskeyInvitations
from idp.enrolment.unattended.admission import Admission
from idp.enrolment.unattended.checking import Checking
from idp.enrolment.unattended.face_tries import FaceTries
from idp.enrolment.unattended.home import HomeEnrolments
from idp.enrolment.unattended.home_agents import HomeAgents
from idp.enrolment.unattended.journal import UnattendedJournal
from idp.enrolment.unattended.kiosk import KioskEnrolments
from idp.enrolment.unattended.kiosk_browsers import KioskBrowsers
from idp.keys.files import FIRST_VERSION
from idp.notices.service import Notices
from idp.settings import Settings
from idp.stations.service import Stations
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class UnattendedRooms:
    """The room's use cases: the browser and the agent of somebody at home, kiosks; `advance_open` is the worker's."""

    home: HomeEnrolments
    home_agents: HomeAgents
    kiosk_browsers: KioskBrowsers
    kiosks: KioskEnrolments
    advance_open: Callable[[], Awaitable[int]]


def build_unattended_rooms(
    settings: Settings,
    ground: Ground,
    outside: Outside,
    *,
    agencies: Agencies,
    stations: Stations,
    subscribers: Subscribers,
    invitations: PasskeyInvitations,
    notices: Notices,
) -> UnattendedRooms:
    """Build them bottom up."""
    journal = UnattendedJournal(audit=ground.audit, security_log=ground.security_log)
    admission = Admission(
        subscribers=subscribers,
        invitations=invitations,
        personal=ground.personal,
        blind_index=ground.blind_index,
        notices=notices,
        journal=journal,
    )
    checking = Checking(
        storage=ground.storage,
        card_check=CardCheck(card_status=outside.card_status),
        admission=admission,
        journal=journal,
    )
    codes_key = ground.root_keys.derive("unattended-codes", version=FIRST_VERSION)
    home = HomeEnrolments(
        storage=ground.storage,
        encryption=ground.encryption_key,
        sealer=ground.sealer,
        checking=checking,
        admission=admission,
        journal=journal,
        key=codes_key,
    )
    home_agents = HomeAgents(
        storage=ground.storage,
        signing=ground.signing_keys,
        encryption=ground.encryption_key,
        journal=journal,
        clock=ground.clock,
        issuer=settings.issuer,
        name="ตัวตน (Tuaton)",
        key=codes_key,
        allow_virtual=settings.is_demo,
    )
    kiosk_browsers = KioskBrowsers(
        storage=ground.storage,
        stations=stations,
        agencies=agencies,
        audit=ground.audit,
        security_log=ground.security_log,
    )
    kiosks = KioskEnrolments(
        storage=ground.storage,
        stations=stations,
        faces=outside.faces,
        checking=checking,
        admission=admission,
        face_tries=FaceTries(blind_index=ground.blind_index),
        journal=journal,
    )

    async def advance_open() -> int:
        return await home.advance_open() + await kiosks.advance_open()

    return UnattendedRooms(home, home_agents, kiosk_browsers, kiosks, advance_open)
