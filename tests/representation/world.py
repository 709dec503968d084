"""A small world: subscribers with the personas' names, companies that a test says, a registry that answers at once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from connectors.contracts.errors import RecordNotFound, RegistryUnavailable, WrongPerson
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import CompanyOfficer, CompanyRecord, Provenance, RegistryAnswer
from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.companies import LIMITED_COMPANY, juristic_number
from connectors.fictitious.people import FEMALE, citizen_number
from connectors.fictitious.personas import PERSONAS
from idp.agencies.model import Agency, AgencyKind, Service
from idp.agencies.service import Agencies
from idp.approvals.model import Decider
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import MemberId, ServiceId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.representation.acting.service import Acting
from idp.representation.companies.model import CompanyFacts
from idp.representation.companies.service import Companies
from idp.representation.mandates.by_companies import CompanyMandates
from idp.representation.mandates.papers import Papers
from idp.representation.mandates.service import Mandates
from idp.representation.model import Signer
from idp.storage.storage import Storage
from idp.subscribers.model import Identity
from idp.subscribers.service import Subscribers
from tests.clock import FrozenClock

COMPANY = juristic_number(7, juristic_type=LIMITED_COMPANY, year_be=2560)
OTHER_COMPANY = juristic_number(8, juristic_type=LIMITED_COMPANY, year_be=2560)
STRONG = Acr(Ial.IAL2_3, Aal.AAL2_2)


def identity_of(persona: str) -> Identity:
    person = PERSONAS[persona].person
    return Identity(person.citizen_id, person.name_th, person.name_en, person.birth_date, person.sex)


def namesake_of(persona: str) -> Identity:
    """Another person with the same name."""
    return replace(identity_of(persona), citizen_id=citizen_number(777, 2530), sex=FEMALE)


def name_of(persona: str) -> str:
    return PERSONAS[persona].person.name_th.full()


class AnsweringRegistry:
    """Implements CompanyRegistry over records that a test puts in.

    `silent` answers nothing, `mistaken` about another company.
    """

    def __init__(self, clock: FrozenClock) -> None:
        self.records: dict[JuristicId, CompanyRecord] = {}
        self.silent = self.mistaken = False
        self._clock = clock

    async def company(
        self, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[CompanyRecord]:
        if self.silent:
            raise RegistryUnavailable("no answer in time")
        if self.mistaken:
            raise WrongPerson("the registry answered about another company")
        if juristic_id not in self.records:
            raise RecordNotFound("no such juristic person")
        return RegistryAnswer(self.records[juristic_id], Provenance("DBD", "DBD-001", self._clock.now()))

    def put(
        self,
        rule: str,
        directors: Sequence[str],
        *,
        status: str = "ยังดำเนินกิจการอยู่",
        juristic_id: JuristicId = COMPANY,
        role: str = "กรรมการ",
        limits: tuple[str, ...] = (),
        juristic_type: str = LIMITED_COMPANY,
    ) -> None:
        """Register a company whose committee has these names."""
        self.records[juristic_id] = CompanyRecord(
            juristic_id=juristic_id,
            former_id="",
            juristic_type=juristic_type,
            name_th="บริษัท ตัวอย่าง จำกัด",
            name_en="Tuayang Co., Ltd.",
            registered_on=PartialDate(2560, 1, 1),
            status=status,
            registered_capital=Decimal(1_000_000),
            paid_up_capital=Decimal(1_000_000),
            directors=tuple(CompanyOfficer(place, role, name) for place, name in enumerate(directors, start=1)),
            signing_rule="\n".join((rule, *limits)),
            powers=(rule,) if rule else (),
            limits=limits,
            remarks=(),
            objectives=(),
            objective_count=1,
            objective_pages=1,
            address="",
        )


@dataclass
class World:
    """The rooms over one store."""

    storage: Storage
    clock: FrozenClock
    counter_first: bool = False
    root_keys: RootKeys = field(default_factory=lambda: RootKeys({1: secrets.token_bytes(32)}))

    def __post_init__(self) -> None:
        self.registry = AnsweringRegistry(self.clock)
        personal, blind_index = PersonalData(self.root_keys), BlindIndex(self.root_keys)
        audit = AuditLog(
            mac=lambda _: b"mac",
            pseudonym=PairwiseSubjects(self.root_keys).pseudonym,
            randomness=system_randomness,
        )
        self.subscribers = Subscribers(personal=personal, blind_index=blind_index, audit=audit)
        self.agencies = Agencies(audit=audit, randomness=system_randomness)
        self.approvals = Approvals(personal=personal, audit=audit, randomness=system_randomness)
        self.companies = Companies(
            storage=self.storage,
            registry=self.registry,
            subscribers=self.subscribers,
            audit=audit,
            randomness=system_randomness,
            counter_first=self.counter_first,
        )
        self.mandates = Mandates(
            subscribers=self.subscribers,
            agencies=self.agencies,
            companies=self.companies,
            blind_index=blind_index,
            audit=audit,
            randomness=system_randomness,
        )
        self.papers = Papers(
            mandates=self.mandates,
            subscribers=self.subscribers,
            agencies=self.agencies,
            approvals=self.approvals,
            personal=personal,
        )
        self.company_mandates = CompanyMandates(companies=self.companies, mandates=self.mandates)
        self.acting = Acting(companies=self.companies, mandates=self.mandates)

    async def enrol(self, persona: str, *, ial: Ial = Ial.IAL2_3) -> Signer:
        return await self.enrol_identity(identity_of(persona), ial=ial)

    async def enrol_identity(self, identity: Identity, *, ial: Ial = Ial.IAL2_3) -> Signer:
        async with self.storage.unit_of_work() as uow:
            subscriber_id = await self.subscribers.create(uow, identity=identity, ial=ial, by=SYSTEM)
        return Signer(subscriber_id, Acr(ial, Aal.AAL2_2))

    async def facts(self, juristic_id: JuristicId = COMPANY) -> CompanyFacts:
        return await self.companies.read(juristic_id)

    async def agency_with_service(self, code: str = "counter", service: str = "permits") -> tuple[Agency, ServiceId]:
        async with self.storage.unit_of_work() as uow:
            agency = await self.agencies.register_agency(
                uow, code=code, name_th="หน่วยงานสาธิต", name_en="Demo agency", kind=AgencyKind.STATE, by=SYSTEM
            )
            texts = {f"{part}_{language}": "-" for part in TEXTS for language in ("th", "en")}
            record = Service(
                id=ServiceId(service),
                agency_id=agency.id,
                **texts,
                papers_replaced=(),
                minimum=STRONG,
                consent_days=30,
                uses=1,
            )
            await self.agencies.register_service(uow, record, by=SYSTEM)
        return agency, record.id


TEXTS = ("title", "purpose", "law", "refusal_route", "retention")


def officer(agency: Agency, person: Signer, number: int = 1, role: str = "lookup_officer") -> Decider:
    return Decider(MemberId(f"mem_{number}"), person.subscriber_id, agency.id, frozenset({role}))
