"""A registration office: rooms on a real store, the card-status service over its wire, an agent that signs."""

import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx2
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select
from starlette.applications import Starlette

from connectors.card.agent.messages import CardRequest, ReadRequest, encrypt_card, encrypt_photo, sign, verify_request
from connectors.card.epassport.authority import Passports
from connectors.card.epassport.trust import TrustStore
from connectors.card.virtual.passports import utopian_trust
from connectors.contracts.card import CardRead
from connectors.contracts.card_wire import (
    ANSWER_TYP,
    HELLO_TYP,
    PROGRESS_TYP,
    AnswerClaims,
    HelloClaims,
    ProgressClaims,
)
from connectors.dopa.card_status import CardStatusClient
from connectors.face.comparison import FaceComparisonClient
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.switchboard import Behaviour, Mode, Service, Switchboard
from idp.agencies.model import AgencyKind, Member, Role
from idp.agencies.service import Agencies
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.security_log import SecurityLog
from idp.audit.store import audit_entry
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.revoking import Revoking
from idp.authentication.sessions import Sessions
from idp.enrolment.applicants import Applicants
from idp.enrolment.applications import Applications
from idp.enrolment.card_check import CardCheck
from idp.enrolment.checking import Checking
from idp.enrolment.completion import Completion
from idp.enrolment.face_check import FaceCheck
from idp.enrolment.journal import Journal
from idp.enrolment.model import Enrolment, JourneyKey
from idp.enrolment.new_passport.service import NewPassports
from idp.enrolment.overrides import Overrides, Overriding
from idp.enrolment.passport_check import PassportCheck
from idp.enrolment.provisional import Provisionals
from idp.enrolment.registry_waiting import RegistryWaiting
from idp.enrolment.reviews.service import Reviews
from idp.enrolment.service import Enrolments
from idp.enrolment.steps import Steps
from idp.kernel.assurance import Ial
from idp.kernel.ids import AgencyId, StationId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.envelope import PersonalData
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.signing import SigningKeys
from idp.notices.service import Notices
from idp.provider.agent.endpoints import AgentEndpoints
from idp.stations.mail_slots import MailSlots
from idp.stations.photos import PhotoVault
from idp.stations.service import Stations
from idp.storage.storage import Storage
from idp.subscribers.closing import Closings
from idp.subscribers.model import Identity
from idp.subscribers.service import Subscribers
from idp.web.routes import build_routes
from tests.clock import FrozenClock
from tests.keys.made_once import ROOT_KEYS, ensure_signing_keys

ISSUER = "http://id.localhost:8000"
STATION = StationId("counter-1")


def identity_of(persona: str) -> Identity:
    person = PERSONAS[persona].person
    return Identity(person.citizen_id, person.name_th, person.name_en, person.birth_date, person.sex)


def card_read_of(persona: str) -> CardRead:
    card = PERSONAS[persona].card
    return CardRead(card.data, photo(card), "3B7900", "Virtual PCD 00 00", is_virtual=True, card_stack="memory")


ISSUER_AGENCY = AgencyId("agc_issuer")
"""Whose reviewers see what no agency's counter had a part in."""


@dataclass
class World:
    """Everything between the agent's HTTP and the registry's HTTP is the product."""

    storage: Storage
    clock: FrozenClock
    registry_http: httpx2.AsyncClient
    switchboard: Switchboard
    hold_poll: float = 0.0
    registry_seconds: float = 30.0
    members: dict[str, Member] = field(default_factory=dict)
    people: dict[str, SubscriberId] = field(default_factory=dict)
    hour: timedelta = timedelta(hours=1)
    trusted: TrustStore = field(default_factory=utopian_trust)

    def __post_init__(self) -> None:
        root_keys = self.root_keys = ROOT_KEYS
        personal, blind_index = PersonalData(root_keys), BlindIndex(root_keys)
        encryption = ServerEncryptionKey(root_keys)
        self.audit = AuditLog(
            mac=lambda content: b"mac" + content[:4],
            pseudonym=PairwiseSubjects(root_keys).pseudonym,
            randomness=system_randomness,
        )
        self.photos = PhotoVault()
        self.security_log = SecurityLog(self.clock)
        self.agencies = Agencies(audit=self.audit, randomness=system_randomness)
        self.subscribers = Subscribers(personal=personal, blind_index=blind_index, audit=self.audit)
        self.stations = Stations(audit=self.audit, encryption=encryption, photos=self.photos)
        self.signing = SigningKeys(storage=self.storage, root_keys=root_keys, clock=self.clock)
        self.passkey_links = PasskeyLinks(audit=self.audit, security_log=self.security_log)
        journal = Journal(audit=self.audit)
        self.faces = FaceComparisonClient(base_url="http://faces", http=self.registry_http, clock=self.clock.now)
        status = CardStatusClient(
            base_url="http://registry",
            http=self.registry_http,
            clock=self.clock.now,
            deadline_seconds=self.registry_seconds,
        )
        self.provisionals = Provisionals(audit=self.audit)
        self.notices = Notices(storage=self.storage, subscribers=self.subscribers, mail=None, account_url=ISSUER)
        self.sessions = Sessions(audit=self.audit)
        applications = Applications(blind_index=blind_index)
        approvals = Approvals(personal=personal, audit=self.audit, randomness=system_randomness)
        self.reviews = Reviews(
            subscribers=self.subscribers,
            approvals=approvals,
            personal=personal,
            audit=self.audit,
            issuer_agency=ISSUER_AGENCY,
        )
        overrides = Overrides(reviews=self.reviews, blind_index=blind_index)
        applicants = Applicants(
            stations=self.stations,
            subscribers=self.subscribers,
            provisionals=self.provisionals,
            encryption=encryption,
            blind_index=blind_index,
            passports=Passports(trust=lambda now: self.trusted),
            overrides=overrides,
        )
        steps = Steps(storage=self.storage, stations=self.stations, applications=applications, journal=journal)
        asked = CardCheck(card_status=status, deadline_seconds=2 * self.registry_seconds)
        revoking = Revoking(
            sessions=self.sessions,
            links=self.passkey_links,
            closings=Closings(personal=personal, audit=self.audit),
            audit=self.audit,
        )
        completion = Completion(
            subscribers=self.subscribers,
            applicants=applicants,
            provisionals=self.provisionals,
            invitations=self.passkey_links,
            recoveries=revoking,
            notices=self.notices,
            personal=personal,
            journal=journal,
        )
        self.enrolments = Enrolments(
            storage=self.storage,
            stations=self.stations,
            applicants=applicants,
            checking=Checking(
                storage=self.storage,
                stations=self.stations,
                applicants=applicants,
                applications=applications,
                card_check=asked,
                passport_check=PassportCheck(
                    storage=self.storage, stations=self.stations, applicants=applicants, steps=steps, journal=journal
                ),
                steps=steps,
                journal=journal,
                overrides=overrides,
            ),
            face_check=FaceCheck(
                storage=self.storage,
                applicants=applicants,
                faces=self.faces,
                overrides=overrides,
                steps=steps,
                journal=journal,
            ),
            completion=completion,
            waiting=RegistryWaiting(
                storage=self.storage,
                stations=self.stations,
                applicants=applicants,
                applications=applications,
                card_check=asked,
                completion=completion,
                steps=steps,
                journal=journal,
            ),
            steps=steps,
            journal=journal,
        )
        self.overriding = Overriding(
            storage=self.storage,
            stations=self.stations,
            steps=steps,
            journal=journal,
            overrides=overrides,
            reviews=self.reviews,
        )
        self.new_passports = NewPassports(
            storage=self.storage,
            stations=self.stations,
            enrolments=self.enrolments,
            applicants=applicants,
            subscribers=self.subscribers,
            sessions=self.sessions,
            completion=completion,
            recoveries=revoking,
            approvals=Approvals(personal=personal, audit=self.audit, randomness=system_randomness),
            notices=self.notices,
            encryption=encryption,
            steps=steps,
            journal=journal,
        )
        self.mail_slots = MailSlots(
            storage=self.storage,
            agencies=self.agencies,
            signing=self.signing,
            encryption=encryption,
            audit=self.audit,
            security_log=self.security_log,
            clock=self.clock,
            issuer=ISSUER,
            hold_poll=self.hold_poll,
        )

    async def furnish(self) -> None:
        """An agency with its staff and one paired station."""
        await ensure_signing_keys(self.signing, self.storage)
        roles = {
            "officer": (Role.ENROLMENT_OFFICER,),
            "admin1": (Role.ENROLMENT_ADMIN,),
            "admin2": (Role.ENROLMENT_ADMIN,),
            "malee": (Role.AUDITOR,),
        }
        async with self.storage.unit_of_work() as uow:
            agency = await self.agencies.register_agency(
                uow, code="agc", name_th="สำนักทะเบียนสาธิต", name_en="Demo Office", kind=AgencyKind.STATE, by=SYSTEM
            )
            for persona, held in roles.items():
                person = await self.subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_2, by=SYSTEM)
                self.people[persona] = person
                self.members[persona] = await self.agencies.add_member(
                    uow,
                    agency_id=agency.id,
                    subscriber_id=person,
                    position_th="เจ้าหน้าที่",
                    position_en="Officer",
                    roles=held,
                    expires_at=uow.now + timedelta(days=30),
                    by=SYSTEM,
                )
        self.agency_id = agency.id
        self.agent = await self.pair(STATION)

    async def go_on_as(self, other: "World") -> None:
        """The store is a copy of another office's, made when that stood still: the same staff, people and stations."""
        self.members, self.people, self.agency_id = dict(other.members), dict(other.people), other.agency_id
        self.agent = await self.agent_of(other.agent.station_id, other.agent.key)

    async def pair(
        self, station_id: StationId, *, allow_virtual: bool = True, agency_id: AgencyId | None = None
    ) -> "Agent":
        """One more station with its agent."""
        key = ECKey.generate_key("P-256")
        async with self.storage.unit_of_work() as uow:
            await self.stations.enrol(
                uow,
                station_id=station_id,
                agency_id=agency_id or self.agency_id,
                name_th="เคาน์เตอร์ 1",
                name_en="Counter 1",
                public_jwk=key.as_dict(private=False),
                allow_virtual=allow_virtual,
                by=SYSTEM,
            )
        return await self.agent_of(station_id, key)

    async def agent_of(self, station_id: StationId, key: ECKey) -> "Agent":
        """What speaks for a station that is enrolled with this key."""
        app = Starlette(routes=list(build_routes(AgentEndpoints(mail_slots=self.mail_slots).entries())))
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ISSUER)
        jwks = await self.signing.public_jwks()
        return Agent(http, station_id, key, KeySet.import_key_set(jwks), self.clock)

    async def pair_second(self) -> None:
        """A second counter of the same office, with an officer of its own."""
        async with self.storage.unit_of_work() as uow:
            person = await self.subscribers.create(uow, identity=identity_of("thaid_holder"), ial=Ial.IAL2_2, by=SYSTEM)
            self.members["colleague"] = await self.agencies.add_member(
                uow,
                agency_id=self.agency_id,
                subscriber_id=person,
                position_th="เจ้าหน้าที่",
                position_en="Officer",
                roles=(Role.ENROLMENT_OFFICER,),
                expires_at=uow.now + timedelta(days=30),
                by=SYSTEM,
            )
        self.second_station = StationId("counter-2")
        self.second_agent = await self.pair(self.second_station)

    async def start(
        self,
        *,
        station: StationId = STATION,
        journey: JourneyKey = JourneyKey.COUNTER,
        officer: str = "officer",
        line: str = "",
    ) -> Enrolment:
        return await self.enrolments.start(
            station_id=station, officer=self.members[officer], journey=journey, passport_line=line
        )

    async def insert(self, persona: str, *, read: CardRead | None = None) -> None:
        """The card is put into the reader of the station, and read."""
        request = await self.agent.next_request()
        answer = await self.agent.answer(request, read or card_read_of(persona))
        assert answer.status_code == 204, answer.text

    async def enrol(self, persona: str, *, journey: JourneyKey = JourneyKey.COUNTER) -> Enrolment:
        """As far as the registry lets it go."""
        enrolment = await self.start(journey=journey)
        await self.insert(persona)
        return await self.enrolments.advance(enrolment.id)

    async def confirm(self, enrolment: Enrolment, *, matches: bool = True, is_unrelated: bool = True) -> Enrolment:
        return await self.enrolments.decide_face(
            enrolment.id, officer=self.members["officer"], matches=matches, is_unrelated=is_unrelated
        )

    def registry(self, mode: Mode) -> None:
        self.switchboard.switch(Service.CARD_STATUS, Behaviour(mode))

    async def entries(self) -> list[dict[str, Any]]:
        """The whole audit log, oldest first."""
        async with self.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical).order_by(audit_entry.c.id))
        return [json.loads(row.canonical) for row in rows]

    async def refusals(self, event: str) -> list[str]:
        """The codes of refusals of this kind."""
        written = await self.entries()
        return [
            entry["details"]["code"] for entry in written if entry["event"] == event and entry["outcome"] == "refused"
        ]


@dataclass
class Agent:
    """A desktop agent: its messages are those of the real one; each can be bent."""

    http: httpx2.AsyncClient
    station_id: StationId
    key: ECKey
    issuer_keys: KeySet
    clock: FrozenClock

    def hello(self, *, key: ECKey | None = None, typ: str = HELLO_TYP, **bent: Any) -> str:
        now = int(self.clock.now().timestamp())
        claims = HelloClaims(
            iss=self.station_id,
            aud=ISSUER,
            iat=now,
            exp=now + 60,
            jti=secrets.token_hex(8),
            version="0.1.0",
            card_stack="memory",
            virtual=True,
            slots={"officer": "empty", "citizen": "present"},
        )
        return sign(replace(claims, **bent), typ=typ, station_key=key or self.key)

    async def poll(self, message: str | None = None, **bent: Any) -> httpx2.Response:
        return await self.post("/agent/poll", message or self.hello(**bent))

    async def post(self, path: str, message: str) -> httpx2.Response:
        return await self.http.post(path, content=message, headers={"content-type": "application/jwt"})

    async def next_message(self, **bent: Any) -> CardRequest:
        response = await self.poll(**bent)
        assert response.status_code == 200, response.text
        return verify_request(
            response.text,
            expected_issuer=ISSUER,
            expected_station=self.station_id,
            issuer_keys=self.issuer_keys,
            now=self.clock.now(),
        )

    async def next_request(self, **bent: Any) -> ReadRequest:
        """The next card request; ends of older sessions come first."""
        while not isinstance(message := await self.next_message(**bent), ReadRequest):
            pass
        return message

    def answer_message(self, request: ReadRequest, read: CardRead | None, **bent: Any) -> str:
        now = int(self.clock.now().timestamp())
        claims = AnswerClaims(
            iss=self.station_id,
            aud=ISSUER,
            iat=now,
            exp=now + 60,
            jti=secrets.token_hex(8),
            sid=request.session_id,
            nonce=request.nonce,
            outcome="read",
            fault=None,
            card=None if read is None else encrypt_card(read, data_key=request.data_key),
            photo=None if read is None else encrypt_photo(read, photo_key=request.photo_key),
            atr="3B7900",
            reader="Virtual PCD 00 00",
            virtual=True,
            card_stack="memory",
            agent_version="0.1.0",
            started_at=now,
            finished_at=now,
        )
        return sign(replace(claims, **bent), typ=ANSWER_TYP, station_key=self.key)

    def progress_message(self, request: ReadRequest, percent: int, **bent: Any) -> str:
        now = int(self.clock.now().timestamp())
        claims = ProgressClaims(
            iss=self.station_id,
            aud=ISSUER,
            iat=now,
            exp=now + 60,
            jti=secrets.token_hex(8),
            sid=request.session_id,
            nonce=request.nonce,
            percent=percent,
        )
        return sign(replace(claims, **bent), typ=PROGRESS_TYP, station_key=self.key)

    async def answer(self, request: ReadRequest, read: CardRead | None, **bent: Any) -> httpx2.Response:
        return await self.post("/agent/answer", self.answer_message(request, read, **bent))

    async def pull(self, request: ReadRequest) -> httpx2.Response:
        return await self.answer(request, None, outcome="removed")


def simulated_registry(clock: FrozenClock) -> tuple[httpx2.AsyncClient, Switchboard]:
    switchboard = Switchboard()
    app = create_simulators(
        population=create_population(houses=2, companies=0), clock=clock.now, switchboard=switchboard
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)), switchboard
