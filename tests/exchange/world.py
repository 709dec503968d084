"""A small country: rooms on a real store, simulated registries over their wire, one citizen, one agency."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx2
from joserfc.jwk import ECKey
from sqlalchemy import select

from connectors.contracts.documents import Delivery, DocumentRequest, DocumentWorks, HeldDocument, SealedDocument
from connectors.contracts.errors import DocumentError
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry import CompanyRecord, PersonRecord, RegistryAnswer
from connectors.contracts.registry_desk import Asker, RegistryDesk
from connectors.dopa.ami import AmiClient
from connectors.dopa.card_status import CardStatusClient
from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from connectors.fictitious.population import create_population
from connectors.gdx.session import GdxSession
from connectors.simulators.app import create_simulators
from connectors.simulators.gdx import DEMO_CREDENTIALS
from connectors.simulators.switchboard import Switchboard
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.model import Agency, AgencyKind, Agreement, AgreementKind, Service
from idp.agencies.namings.service import SecurityNamings
from idp.agencies.service import Agencies
from idp.app.company_accounts import try_at
from idp.app.desks import Desks
from idp.app.representation_room import build_representation_room
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.authorization.client_registration.model import Client, ClientProfile, ClientStatus
from idp.authorization.client_registration.store import find_live_client, insert_client
from idp.authorization.grants.model import AuthorizationCode, Grant
from idp.authorization.grants.sealed import GrantSeals
from idp.authorization.grants.service import Grants
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import GdxDetail, JuristicSubject, SelfSubject
from idp.catalogue.model import Basis, Channel
from idp.consent.model import ConsentRecord
from idp.consent.sealed import ConsentSeals
from idp.consent.service import Consents
from idp.exchange.bases.service import Bases
from idp.exchange.changes import Changes
from idp.exchange.counter.card_check import CardJudge
from idp.exchange.counter.service import Counters
from idp.exchange.document.service import Documents
from idp.exchange.model import Pull, PullFormat
from idp.exchange.on_card.records import OnCardRecords
from idp.exchange.on_card.service import OnCard
from idp.exchange.photo.records import PhotoRecords
from idp.exchange.photo.service import Photos
from idp.exchange.preview import Previews
from idp.exchange.pull.facts import FactsReader
from idp.exchange.pull.ledger import DisclosureLedger
from idp.exchange.pull.plain import PlainPulls
from idp.exchange.pull.service import Pulls
from idp.exchange.service import Exchange
from idp.exchange.sources import Registries
from idp.exchange.waiting.service import WaitingPulls
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ClientId, ServiceId, SsoSessionId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import TokenSealer
from idp.stations.desk import Desk
from idp.stations.officer_sessions import AmiSessions
from idp.stations.photos import PhotoVault
from idp.stations.service import Stations
from idp.storage.storage import Storage
from idp.subscribers.model import Identity
from idp.subscribers.service import Subscribers
from tests.clock import FrozenClock

SERVICE = ServiceId("jobseeker-registration")
COMPANY_SERVICE = ServiceId("employer-check")
PREVIEW_SERVICE = ServiceId("owner-preview")
JOBS = ClientId("jobs")
SOMCHAI = PERSONAS["somchai"].person
THONGDEE = COMPANY_PERSONAS["thongdee"]
ACR = Acr(Ial.IAL2_2, Aal.AAL2_2)
PERSON_FIELDS = ("citizen_id", "name_th", "birth_date")
ADDRESS_FIELDS = ("address_text", "province")
COMPANY_FIELDS = ("juristic_id", "name_th", "directors", "registered_on")
GATEWAY = "http://data.localhost:8001"

Step = Callable[[], Awaitable[None]]


class InterruptedRegistry:
    """The population and company registries, with something happening while they are asked."""

    def __init__(self, desk: RegistryDesk) -> None:
        self._desk = desk
        self.asked = 0
        self.meanwhile: Step | None = None

    def of(self, asker: Asker) -> RegistryDesk:
        self.asker = asker
        return replace(self._desk, population=self, companies=self)

    async def person(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[PersonRecord]:
        answer = await self._desk.population.person(
            citizen_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        await self._interrupt()
        return answer

    async def company(
        self, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[CompanyRecord]:
        answer = await self._desk.companies.company(
            juristic_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        await self._interrupt()
        return answer

    async def _interrupt(self) -> None:
        self.asked += 1
        if self.meanwhile is not None:
            step, self.meanwhile = self.meanwhile, None
            await step()


class NoSealer:
    """A sealer whose time-stamp authority never answers."""

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        raise DocumentError("no typeface, no seal")

    async def seal_or_hold(
        self, request: DocumentRequest, *, delivery: Delivery, password: str | None
    ) -> SealedDocument | HeldDocument:
        raise DocumentError("no typeface, no seal")

    async def stamp(self, held: bytes) -> SealedDocument:
        raise DocumentError("no typeface, no seal")

    async def archive(self, pdf: bytes) -> bytes:
        raise DocumentError("no typeface, no seal")


class RegisteredKeys:
    """The keys that clients registered by value."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def of(self, client_id: ClientId) -> Mapping[str, Any] | None:
        async with self._storage.reading() as uow:
            client = await find_live_client(uow, client_id)
        return None if client is None else client.jwks


@dataclass
class World:
    storage: Storage
    clock: FrozenClock
    http: httpx2.AsyncClient
    switchboard: Switchboard
    sealer: DocumentWorks = field(default_factory=NoSealer)
    client_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    root_keys: RootKeys = field(default_factory=lambda: RootKeys({1: secrets.token_bytes(32)}))

    def __post_init__(self) -> None:
        self.pairwise = PairwiseSubjects(self.root_keys)
        self.personal = PersonalData(self.root_keys)
        self.audit = AuditLog(
            mac=lambda content: b"mac" + content[:4], pseudonym=self.pairwise.pseudonym, randomness=system_randomness
        )
        self.agencies = Agencies(audit=self.audit, randomness=system_randomness)
        seals = ConsentSeals(personal=self.personal, blind_index=BlindIndex(self.root_keys))
        self.consents = Consents(seals=seals, audit=self.audit, randomness=system_randomness)
        self.grants = Grants(seals=GrantSeals(TokenSealer(self.root_keys)), audit=self.audit)
        self.subscribers = Subscribers(personal=self.personal, blind_index=BlindIndex(self.root_keys), audit=self.audit)
        self.desks = Desks(
            population=self._session(), linkage=self._session(), companies=self._session(), clock=self.clock.now
        )
        self.registry = InterruptedRegistry(self.desks.of(Asker()))
        self.registries = Registries(desk_of=self.registry.of, clock=self.clock.now)
        self.accounts = CompanyAccounts(
            storage=self.storage,
            agencies=self.agencies,
            personal=self.personal,
            audit=self.audit,
            ask=try_at(self.registry.of),
        )
        self.approvals = Approvals(personal=self.personal, audit=self.audit, randomness=system_randomness)
        self.representation = build_representation_room(
            storage=self.storage,
            personal=self.personal,
            blind_index=BlindIndex(self.root_keys),
            audit=self.audit,
            randomness=system_randomness,
            registry=self.registry,
            subscribers=self.subscribers,
            agencies=self.agencies,
            approvals=self.approvals,
            counter_first=False,
        )
        self.documents = Documents(
            storage=self.storage,
            sealer=self.sealer,
            recipients=RegisteredKeys(self.storage),
            personal=self.personal,
            audit=self.audit,
            randomness=system_randomness,
            blind_index=BlindIndex(self.root_keys),
            verify_url=f"{GATEWAY}/verify",
        )

        self.stations = Stations(audit=self.audit, encryption=ServerEncryptionKey(self.root_keys), photos=PhotoVault())
        officers = AmiSessions(
            storage=self.storage,
            subscribers=self.subscribers,
            registry=AmiClient(consumer=DEMO_CREDENTIALS.consumer_key, session=self._session(), clock=self.clock.now),
            sealer=TokenSealer(self.root_keys),
            audit=self.audit,
        )
        self.bases = Bases(
            agencies=self.agencies, personal=self.personal, audit=self.audit, randomness=system_randomness
        )
        self.counters = Counters(
            storage=self.storage,
            agencies=self.agencies,
            subscribers=self.subscribers,
            stations=self.stations,
            desk=Desk(storage=self.storage, stations=self.stations, officers=officers),
            bases=self.bases,
            judge=CardJudge(
                card_status=CardStatusClient(base_url="http://registries", http=self.http, clock=self.clock.now),
                clock=self.clock,
            ),
            personal=self.personal,
            blind_index=BlindIndex(self.root_keys),
            audit=self.audit,
            randomness=system_randomness,
        )

        self.namings = SecurityNamings(
            agencies=self.agencies, approvals=self.approvals, audit=self.audit, randomness=system_randomness
        )
        self.photos = Photos(
            storage=self.storage,
            agencies=self.agencies,
            namings=self.namings,
            subscribers=self.subscribers,
            counters=self.counters,
            bases=self.bases,
            records=PhotoRecords(audit=self.audit, personal=self.personal, randomness=system_randomness),
            photos_of=self.desks.photos_of,
            randomness=system_randomness,
        )

    def _session(self) -> GdxSession:
        return GdxSession(
            base_url="http://registries", credentials=DEMO_CREDENTIALS, http=self.http, clock=self.clock.now
        )

    def ledger(self) -> DisclosureLedger:
        return DisclosureLedger(
            storage=self.storage,
            consents=self.consents,
            documents=self.documents,
            audit=self.audit,
            personal=self.personal,
            changes=Changes(self.root_keys),
            randomness=system_randomness,
        )

    def on_card(self) -> OnCard:
        return OnCard(
            storage=self.storage,
            agencies=self.agencies,
            counters=self.counters,
            stations=self.stations,
            bases=self.bases,
            facts=self.facts(),
            ledger=self.ledger(),
            documents=self.documents,
            records=OnCardRecords(audit=self.audit, personal=self.personal, randomness=system_randomness),
            personal=self.personal,
        )

    def exchange(self, *, deadline_seconds: float = 5.0) -> Exchange:
        pulls = Pulls(
            storage=self.storage,
            agencies=self.agencies,
            plain=self.plain(),
            facts=self.facts(),
            ledger=self.ledger(),
            registries=self.registries,
            documents=self.documents,
            audit=self.audit,
            registry_deadline_seconds=deadline_seconds,
        )
        previews = Previews(
            storage=self.storage,
            agencies=self.agencies,
            subscribers=self.subscribers,
            registries=self.registries,
            audit=self.audit,
            randomness=system_randomness,
            issuer_id=self.issuer.id,
            service_id=PREVIEW_SERVICE,
            deadline_seconds=deadline_seconds,
        )
        waiting = WaitingPulls(
            storage=self.storage,
            pulls=pulls,
            agencies=self.agencies,
            personal=self.personal,
            audit=self.audit,
            randomness=system_randomness,
        )
        return Exchange(
            pulls=pulls, documents=self.documents, previews=previews, counters=self.counters, waiting=waiting
        )

    def plain(self) -> PlainPulls:
        return PlainPulls(
            storage=self.storage,
            subscribers=self.subscribers,
            accounts=self.accounts,
            personal=self.personal,
            changes=Changes(self.root_keys),
            audit=self.audit,
            randomness=system_randomness,
        )

    def facts(self) -> FactsReader:
        return FactsReader(
            agencies=self.agencies,
            consents=self.consents,
            subscribers=self.subscribers,
            acting=self.representation.acting,
            counters=self.counters,
            bases=self.bases,
            accounts=self.accounts,
        )

    async def settle(self) -> None:
        """Found the country: agencies, services, agreements, the client, the citizen."""
        async with self.storage.unit_of_work() as uow:
            self.issuer = await self.agencies.register_agency(
                uow, code="issuer", name_th="ผู้ออก (ตัวอย่าง)", name_en="Issuer", kind=AgencyKind.STATE, by=SYSTEM
            )
            self.agency = await self.agencies.register_agency(
                uow,
                code="employment",
                name_th="หน่วยงานจัดหางานสาธิต (ตัวอย่าง)",
                name_en="Demonstration employment agency",
                kind=AgencyKind.STATE,
                by=SYSTEM,
            )
            for service_id, agency in (
                (SERVICE, self.agency),
                (COMPANY_SERVICE, self.agency),
                (PREVIEW_SERVICE, self.issuer),
            ):
                await self.agencies.register_service(uow, service(service_id, agency.id), by=SYSTEM)
            self.person_agreement = await self.agree(uow, SERVICE, "dopa.person", PERSON_FIELDS, {Basis.CONSENT})
            await self.agree(uow, SERVICE, "dopa.address", ADDRESS_FIELDS, {Basis.CONSENT})
            await self.agree(uow, COMPANY_SERVICE, "dbd.company", COMPANY_FIELDS, {Basis.DUTY})
            for dataset, fields in (("dopa.person", PERSON_FIELDS), ("dopa.address", ADDRESS_FIELDS)):
                await self.agree(uow, PREVIEW_SERVICE, dataset, fields, {Basis.OWNER}, agency=self.issuer)
            await insert_client(uow, client(JOBS, self.agency.id, self.client_key))
            identity = Identity(
                citizen_id=SOMCHAI.citizen_id,
                name_th=SOMCHAI.name_th,
                name_en=SOMCHAI.name_en,
                birth_date=SOMCHAI.birth_date,
                sex="1",
            )
            self.somchai = await self.subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)

    async def agree(
        self,
        uow: Any,
        service_id: ServiceId,
        dataset: str,
        fields: tuple[str, ...],
        bases: set[Basis],
        *,
        agency: Agency | None = None,
        daily_quota: int = 100,
    ) -> Agreement:
        return await self.agencies.grant_agreement(
            uow,
            agency_id=(agency or self.agency).id,
            service_id=service_id,
            dataset=dataset,
            fields=fields,
            bases=bases,
            channel=Channel.ONLINE,
            kind=AgreementKind.OTHER,
            reference_no="ที่ ทส 0001/2569",
            granted_by="เจ้าของข้อมูลสาธิต",
            valid_from=self.clock.now() - timedelta(days=1),
            valid_until=self.clock.now() + timedelta(days=400),
            daily_quota=daily_quota,
            by=SYSTEM,
        )

    async def consented(self, *details: GdxDetail) -> tuple[ConsentRecord, VerifiedAccessToken]:
        """The citizen allows `details`; the access token that follows from it."""
        wanted = details or (person_detail(), address_detail())
        async with self.storage.unit_of_work() as uow:
            record = await self.consents.give(
                uow,
                subscriber_id=self.somchai,
                agency_id=self.agency.id,
                client_id=JOBS,
                details=wanted,
                shown_hash="ab" * 32,
                consent_days=365,
            )
            grant = await self.grants.open(uow, self._code(record, wanted), jkt="thumbprint")
            assert grant is not None
        self.grant: Grant = grant
        return record, self.token_of(grant)

    async def signed_in(
        self,
        record: ConsentRecord | None = None,
        *,
        claims: tuple[str, ...],
        scope: tuple[str, ...] = ("openid",),
        asked: dict[str, Any] | None = None,
    ) -> ConsentRecord:
        """The citizen signs in to the program, on an earlier consent or on a new one to `claims`."""
        async with self.storage.unit_of_work() as uow:
            record = record or await self.consents.give(
                uow,
                subscriber_id=self.somchai,
                agency_id=self.agency.id,
                client_id=JOBS,
                claims=claims,
                shown_hash="ab" * 32,
            )
            code = replace(self._code(record, ()), scope=scope, claims=asked or {})
            assert await self.grants.open(uow, code, jkt="thumbprint") is not None
        return record

    def token_of(self, grant: Grant, *, acr: Acr = ACR) -> VerifiedAccessToken:
        return VerifiedAccessToken(
            token_id=secrets.token_hex(8),
            client_id=JOBS,
            agency_id=self.agency.id,
            grant_id=grant.id,
            subscriber_id=self.somchai,
            sub=self.pairwise.sub(self.agency.id, self.somchai),
            details=grant.details,
            scope=("openid",),
            consent_id=grant.consent_id,
            acr=acr,
            jkt="thumbprint",
        )

    def own_token(self, *details: GdxDetail) -> VerifiedAccessToken:
        """The client on its own authority."""
        return VerifiedAccessToken(
            token_id=secrets.token_hex(8),
            client_id=JOBS,
            agency_id=self.agency.id,
            grant_id=None,
            subscriber_id=None,
            sub=JOBS,
            details=details,
            scope=(),
            consent_id=None,
            acr=None,
            jkt="thumbprint",
        )

    def _code(self, record: ConsentRecord, details: tuple[GdxDetail, ...]) -> AuthorizationCode:
        now = self.clock.now()
        return AuthorizationCode(
            id=secrets.token_hex(8),
            expires_at=now + timedelta(seconds=60),
            client_id=JOBS,
            redirect_uri="http://jobs.localhost:8010/callback",
            code_challenge="x" * 43,
            nonce=None,
            scope=("openid",),
            authorization_details=tuple(detail.to_json() for detail in details),
            subscriber_id=self.somchai,
            sso_session_id=SsoSessionId("sso_1"),
            acr=ACR,
            amr=("pop", "user"),
            auth_time=now,
            consent_id=record.id,
            jkt="thumbprint",
            grant_expires_at=now + timedelta(days=30),
        )

    async def entries(self, event: str) -> list[str]:
        """The canonical texts of the audit entries of an event."""
        async with self.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical).order_by(audit_entry.c.id))
        texts = [bytes(row.canonical).decode() for row in rows]
        return [text for text in texts if f'"event":"{event}"' in text]


def registries_of(clock: FrozenClock, switchboard: Switchboard) -> httpx2.AsyncClient:
    """The simulated registries, spoken to over HTTP."""
    application = create_simulators(
        population=create_population(houses=1, companies=2), clock=clock.now, switchboard=switchboard
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application), base_url="http://registries")


def service(service_id: ServiceId, agency_id: AgencyId) -> Service:
    return Service(
        id=service_id,
        agency_id=agency_id,
        title_th="ขึ้นทะเบียนคนหางาน",
        title_en="Register as a job seeker",
        purpose_th="เพื่อขึ้นทะเบียนคนหางานและจัดหางานให้ท่าน",
        purpose_en="To register you as a job seeker and find you work",
        law_th="พระราชบัญญัติตัวอย่าง มาตรา 1",
        law_en="Example Act, section 1",
        refusal_route_th="ยื่นคำขอด้วยตนเองที่สำนักงาน",
        refusal_route_en="Apply in person at the office",
        retention_th="เก็บไว้ 1 ปี",
        retention_en="Kept for 1 year",
        papers_replaced=(),
        minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
        consent_days=366,
        uses=12,
    )


def client(client_id: ClientId, agency_id: AgencyId, key: ECKey) -> Client:
    return Client(
        id=client_id,
        agency_id=agency_id,
        name_th="ระบบหางานสาธิต",
        name_en="Demonstration jobs",
        first_party=False,
        profile=ClientProfile.FAPI2,
        redirect_uris=("http://jobs.localhost:8010/callback",),
        jwks={"keys": [key.as_dict(private=False)]},
        token_endpoint_auth_method="private_key_jwt",
        id_token_signed_response_alg="ES256",
        dpop_bound=True,
        dpop_nonce_required=False,
        grant_types=("authorization_code", "refresh_token", "client_credentials"),
        scopes=("openid",),
        services=(SERVICE, COMPANY_SERVICE),
        sector=agency_id,
        status=ClientStatus.ACTIVE,
    )


def person_detail(**changes: Any) -> GdxDetail:
    return _detail("dopa.person", **({"fields": PERSON_FIELDS} | changes))


def address_detail(**changes: Any) -> GdxDetail:
    return _detail("dopa.address", **({"fields": ADDRESS_FIELDS} | changes))


def company_detail(**changes: Any) -> GdxDetail:
    settings: dict[str, Any] = {
        "subject": JuristicSubject(THONGDEE.juristic_id.digits),
        "purpose": COMPANY_SERVICE,
        "basis": Basis.DUTY,
        "case": "ทส 7/2569",
        "fields": COMPANY_FIELDS,
    }
    return _detail("dbd.company", **(settings | changes))


def _detail(dataset: str, **changes: Any) -> GdxDetail:
    settings: dict[str, Any] = {
        "dataset": dataset,
        "subject": SelfSubject(),
        "purpose": SERVICE,
        "basis": Basis.CONSENT,
        "case": None,
        "formats": ("json", "pdf"),
        "uses": 12,
        "valid_until": None,
    }
    return GdxDetail(**(settings | changes))


def pull(token: VerifiedAccessToken, dataset: str = "dopa.person", **changes: Any) -> Pull:
    settings: dict[str, Any] = {
        "access_token": token,
        "dataset": dataset,
        "format": PullFormat.JSON,
        "delivery": Delivery.SEALED,
        "case": None,
        "idempotency_key": secrets.token_hex(8),
    }
    return Pull(**(settings | changes))
