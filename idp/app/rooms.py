"""The rooms of one deployment: what doors, worker and command line take from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contracts.outbound import ClientAddresses
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.agreements.service import Agreements
from idp.agencies.namings.service import SecurityNamings
from idp.agencies.seats.asking import SeatRequests
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.app.configuration.applying import Configurations
from idp.app.ground import Ground
from idp.app.life import LifeRooms
from idp.app.onboarding import OnboardingRooms
from idp.app.outside import Outside
from idp.app.oversight_rooms import OversightRooms
from idp.app.receipts_room import ReceiptRooms
from idp.app.representation_room import RepresentationRoom
from idp.app.signal_rooms import SignalRooms
from idp.app.unattended_room import UnattendedRooms
from idp.authentication.card_sign_in import CardSignIns
from idp.authentication.freezing import Freezing
from idp.authentication.known_devices import KnownDevices
from idp.authentication.other_device.service import OtherDevice
from idp.authentication.own_passkeys import OwnPasskeys
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.passkeys import Passkeys
from idp.authentication.pins import Pins
from idp.authentication.recovery_codes import RecoveryCodes
from idp.authentication.revoking import Revoking
from idp.authentication.sessions import Sessions
from idp.authorization.backchannel.service import BackchannelAuthentication
from idp.authorization.client_registration.administration import AgencyPrograms
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.registration import Registration
from idp.authorization.client_registration.service import Clients
from idp.authorization.deferred.companies import CompanyRequests
from idp.authorization.deferred.service import DeferredRequests
from idp.authorization.device.service import DeviceFlow
from idp.authorization.grants.service import Grants
from idp.authorization.logout.service import Logouts
from idp.authorization.requests.intake import RequestIntake
from idp.authorization.requests.service import AuthorizationRequests
from idp.authorization.tokens.access import AccessTokens
from idp.authorization.tokens.introspection import Introspection
from idp.authorization.tokens.revocation import Revocation
from idp.authorization.tokens.service import TokenEndpoint
from idp.authorization.tokens.userinfo import Userinfo
from idp.consent.service import Consents
from idp.enrolment.by_thaid.service import ThaidEnrolments
from idp.enrolment.new_passport.service import NewPassports
from idp.enrolment.overrides import Overriding
from idp.enrolment.provisional import Provisionals
from idp.enrolment.service import Enrolments
from idp.exchange.bases.service import Bases
from idp.exchange.bases.slip import Slips
from idp.exchange.counter.service import Counters
from idp.exchange.document.comparing import Comparing
from idp.exchange.document.service import Documents
from idp.exchange.health.service import RegistryHealth
from idp.exchange.on_card.service import OnCard
from idp.exchange.photo.service import Photos
from idp.exchange.preview import Previews
from idp.exchange.retention import Retention
from idp.exchange.service import Exchange
from idp.notices.contact_letters import ContactLetters
from idp.notices.service import Notices
from idp.oversight.service import AccessHistory
from idp.protocol.dpop import DpopNonces
from idp.stations.desk import Desk
from idp.stations.mail_slots import MailSlots
from idp.stations.officer_sessions import AmiSessions
from idp.stations.pairing import Pairings
from idp.stations.service import Stations
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class Rooms:
    """Every use case of the house. Doors take from here what they need."""

    ground: Ground
    outside: Outside
    metadata: Mapping[str, Any]
    nonces: DpopNonces
    agencies: Agencies
    agreements: Agreements
    seats: Seats
    seat_requests: SeatRequests
    namings: SecurityNamings
    configurations: Configurations
    onboarding: OnboardingRooms
    company_accounts: CompanyAccounts
    subscribers: Subscribers
    life: LifeRooms
    overriding: Overriding
    new_passports: NewPassports
    sessions: Sessions
    known_devices: KnownDevices
    passkeys: Passkeys
    passkey_links: PasskeyLinks
    own_passkeys: OwnPasskeys
    pins: Pins
    recovery_codes: RecoveryCodes
    freezing: Freezing
    card_sign_ins: CardSignIns
    other_device: OtherDevice
    revoking: Revoking
    stations: Stations
    mail_slots: MailSlots
    pairings: Pairings
    officer_sessions: AmiSessions | None
    desk: Desk
    enrolments: Enrolments
    provisionals: Provisionals
    thaid_enrolments: ThaidEnrolments | None
    unattended: UnattendedRooms
    notices: Notices
    contact_letters: ContactLetters
    signals: SignalRooms
    consents: Consents
    clients: Clients
    programs: AgencyPrograms
    addresses: ClientAddresses
    key_sets: ClientKeySets
    registration: Registration
    grants: Grants
    intake: RequestIntake
    requests: AuthorizationRequests
    representation: RepresentationRoom
    deferred: DeferredRequests
    company_requests: CompanyRequests
    device: DeviceFlow
    backchannel: BackchannelAuthentication
    logouts: Logouts
    tokens: TokenEndpoint
    revocation: Revocation
    introspection: Introspection
    access_tokens: AccessTokens
    userinfo: Userinfo
    documents: Documents
    comparing: Comparing
    previews: Previews
    counters: Counters
    photos: Photos
    on_card: OnCard
    retention: Retention
    registries_health: RegistryHealth
    exchange: Exchange
    bases: Bases
    slips: Slips
    receipt_rooms: ReceiptRooms
    access_history: AccessHistory
    oversight: OversightRooms
