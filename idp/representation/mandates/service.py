"""Use cases of mandates between persons, and their end. Each joins the caller's unit of work and is audited in it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.contracts.identifiers import CitizenId
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, MemberId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.blind_index import BlindIndex, IndexDigest
from idp.representation.companies.model import CompanyFacts
from idp.representation.companies.rules import validate_assurance
from idp.representation.companies.service import Companies
from idp.representation.mandates import rules, store
from idp.representation.mandates.model import (
    LONGEST,
    MOST_OFFERS,
    CompanyPrincipal,
    Mandate,
    MandateKind,
    MandateState,
    PersonPrincipal,
    Principal,
    Terms,
)
from idp.representation.model import (
    JointActId,
    MandateId,
    Representation,
    RepresentationProblem,
    Signer,
)
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers

_PRINCIPAL_NUMBER = "mandate_principal"
_UNKNOWN_PROXY = "mandate_unknown_proxy"


class Mandates:
    """Who may act for whom."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        agencies: Agencies,
        companies: Companies,
        blind_index: BlindIndex,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._subscribers = subscribers
        self._agencies = agencies
        self._companies = companies
        self._blind_index = blind_index
        self._audit = audit
        self._randomness = randomness

    async def give(self, uow: UnitOfWork, terms: Terms, *, by: Signer, acting: Representation) -> Mandate:
        """A person offers a mandate online, at AAL 2.2; the proxy's `accept` puts it in force.

        Raises Refused (NOT_YOURS_TO_PASS_ON, IDENTITY_TOO_WEAK, SIGN_IN_TOO_WEAK, SAME_PERSON, TERMS_NOT_POSSIBLE),
        NotFound (a service).
        """
        rules.validate_giver(acting, expected_principal=by.subscriber_id)
        validate_assurance(by.acr)
        await self.check_terms(uow, terms)
        if terms.proxy == by.subscriber_id:
            raise Refused(RepresentationProblem.SAME_PERSON)
        mandate = self.new(
            uow, MandateKind.ONLINE, PersonPrincipal(by.subscriber_id), terms, state=MandateState.OFFERED
        )
        await store.insert_mandate(uow, mandate)
        await self.offered(uow, mandate, by=Actor(ActorKind.SUBSCRIBER, by.subscriber_id))
        return mandate

    async def proxy_of(self, uow: UnitOfWork, citizen_id: CitizenId) -> SubscriberId:
        """The subscriber with this number, for the terms of an offer.

        For a number that nobody here has it is an id that nobody has, the same each time the number is typed: the offer
        stays unanswered, and neither who makes it nor who co-signs it learns anything about the number
        (facts/security-and-reliability, row on enumeration).
        """
        found = await self._subscribers.find_by_citizen_id(uow, citizen_id)
        if found is not None:
            return found.id
        keyed = self._blind_index.digests(_UNKNOWN_PROXY, citizen_id.digits)[0].digest
        # dated where no subscriber's id is, so that it can be nobody's
        return SubscriberId(new_id("sub", now=datetime.fromtimestamp(0, UTC), randomness=lambda size: keyed[:size]))

    async def accept(self, uow: UnitOfWork, mandate_id: MandateId, *, by: Signer) -> Mandate:
        """The proxy takes the mandate on, at AAL 2.2; from now on it may be used.

        Raises NotFound (not offered to this person), Refused (IDENTITY_TOO_WEAK, SIGN_IN_TOO_WEAK), Conflict
        (MANDATE_NOT_LIVE: taken back, accepted before, or the fourteen days are over).
        """
        mandate = await self.get(uow, mandate_id)
        if mandate.terms.proxy != by.subscriber_id:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        validate_assurance(by.acr)
        if not await store.accept(uow, mandate_id):
            raise Conflict(RepresentationProblem.MANDATE_NOT_LIVE)
        await self.note(uow, "representation.mandate_accepted", mandate, Actor(ActorKind.SUBSCRIBER, by.subscriber_id))
        await self.tell(uow, "mandate_given", mandate)
        return await self.get(uow, mandate_id)

    async def offered(self, uow: UnitOfWork, mandate: Mandate, *, by: Actor) -> None:
        """Write that a mandate was offered, and tell the proxy. Raises Refused (TERMS_NOT_POSSIBLE: too many made)."""
        if await store.count_offers(uow, mandate.principal) > MOST_OFFERS:
            raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE, "too many offers")
        await self.note(uow, "representation.mandate_given", mandate, by)
        await self.tell(uow, "mandate_offered", mandate)

    async def tell(self, uow: UnitOfWork, topic: str, mandate: Mandate) -> None:
        """Tell the rooms above what became of a mandate."""
        await enqueue(uow, topic=topic, payload={"mandate_id": mandate.id}, randomness=self._randomness)

    async def withdraw(self, uow: UnitOfWork, mandate_id: MandateId, *, by: SubscriberId) -> None:
        """The principal takes it back, or the proxy lays it down; refused everywhere from this commit on.

        Raises NotFound (also for everybody else's), Conflict (over before), Refused (BY_LAW: a legal representative).
        """
        mandate = await self.get(uow, mandate_id)
        own = await self.of_principal(uow, by)
        if mandate.terms.proxy != by and mandate.id not in {one.id for one in own}:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        # a child does not dismiss a parent: the law gave the power, an officer ends it
        if mandate.kind is MandateKind.LEGAL_REPRESENTATIVE and mandate.terms.proxy != by:
            raise Refused(RepresentationProblem.BY_LAW)
        await self.end(uow, mandate, by=Actor(ActorKind.SUBSCRIBER, by))

    async def withdraw_for_company(
        self, uow: UnitOfWork, mandate_id: MandateId, facts: CompanyFacts, *, by: Signer
    ) -> None:
        """Any one signatory takes a company's mandate back alone: less power in the world needs no second signature.

        Raises NotFound, Conflict, and as `Companies.role_of`.
        """
        mandate = await self.get(uow, mandate_id)
        if mandate.principal != CompanyPrincipal(facts.juristic_id):
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        await self._companies.role_of(uow, by, facts)
        await self.end(uow, mandate, by=Actor(ActorKind.SUBSCRIBER, by.subscriber_id))

    async def get(self, uow: UnitOfWork, mandate_id: MandateId) -> Mandate:
        """The mandate, live or not. Raises NotFound."""
        mandate = await store.find_mandate(uow, mandate_id)
        if mandate is None:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        return mandate

    async def live(self, uow: UnitOfWork, mandate_id: MandateId, *, proxy: SubscriberId) -> Mandate:
        """The proxy's own mandate while it may be used. Raises NotFound (not the proxy's), Refused."""
        if (await self.get(uow, mandate_id)).terms.proxy != proxy:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        mandate = await store.find_live_mandate(uow, mandate_id)
        if mandate is None:
            raise Refused(RepresentationProblem.MANDATE_NOT_LIVE)
        return mandate

    async def of_proxy(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Mandate, ...]:
        """What this subscriber holds or held, newest first."""
        return await store.find_by_proxy(uow, subscriber_id)

    async def live_of_proxy(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Mandate, ...]:
        """What this subscriber may use now, newest first."""
        return await store.find_live_by_proxy(uow, subscriber_id)

    async def of_principal(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Mandate, ...]:
        """What this subscriber gave, or had recorded on paper before enrolling, newest first."""
        number = (await self._subscribers.identity(uow, subscriber_id)).citizen_id
        return await store.find_by_principal(uow, subscriber_id, () if number is None else self.digests_of(number))

    async def end_of_person(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """An identity was closed: what the person gave and what the person held ends, whichever was not over."""
        given = await store.find_by_principal(uow, subscriber_id, ())
        for mandate in (*given, *await store.find_by_proxy(uow, subscriber_id)):
            if mandate.ended_at is None:
                await self.end(uow, mandate, by=SYSTEM)

    async def recorded_by_agency(
        self, uow: UnitOfWork, agency_id: AgencyId, *, before: MandateId | None, limit: int
    ) -> tuple[Mandate, ...]:
        """What officers of this agency recorded from paper, newest first; `before` is the last of the page before."""
        return await store.find_by_agency(uow, agency_id, before=before, limit=limit)

    async def of_company(self, uow: UnitOfWork, facts: CompanyFacts, *, by: Signer) -> tuple[Mandate, ...]:
        """What a company gave, for one of its signatories. Raises as `Companies.role_of`."""
        await self._companies.role_of(uow, by, facts)
        return await store.find_by_company(uow, facts.juristic_id)

    def digests_of(self, citizen_id: CitizenId) -> Sequence[IndexDigest]:
        """By which a principal who was no subscriber is found again."""
        return self._blind_index.digests(_PRINCIPAL_NUMBER, citizen_id.digits)

    async def check_terms(self, uow: UnitOfWork, terms: Terms, *, longest: timedelta = LONGEST) -> None:
        """Raises Refused (TERMS_NOT_POSSIBLE), NotFound (a service)."""
        rules.validate_terms(terms, now=uow.now, longest=longest)
        for service_id in sorted(terms.scope.services):
            await self._agencies.service(uow, service_id)

    def new(
        self,
        uow: UnitOfWork,
        kind: MandateKind,
        principal: Principal,
        terms: Terms,
        *,
        state: MandateState = MandateState.ACTIVE,
        paper_no: str | None = None,
        recorded_by: MemberId | None = None,
        joint_act_id: JointActId | None = None,
    ) -> Mandate:
        """A mandate with an id of its own, not yet saved."""
        return Mandate(
            id=MandateId(new_id("mdt", now=uow.now, randomness=self._randomness)),
            kind=kind,
            principal=principal,
            terms=terms,
            state=state,
            given_at=uow.now,
            ended_at=None,
            paper_no=paper_no,
            recorded_by=recorded_by,
            joint_act_id=joint_act_id,
        )

    async def note(self, uow: UnitOfWork, event: str, mandate: Mandate, by: Actor) -> None:
        """Write the entry about a mandate; its subject is the principal where that is a subscriber, else the proxy."""
        entry = AuditEvent(
            event=event,
            actor=by,
            subject=person_of(mandate.principal) or mandate.terms.proxy,
            details={
                "mandate": mandate.id,
                "kind": mandate.kind.value,
                "services": sorted(mandate.terms.scope.services),
                "datasets": sorted(mandate.terms.scope.datasets),
            },
        )
        await self._audit.append(uow, entry)

    async def end(self, uow: UnitOfWork, mandate: Mandate, *, by: Actor) -> None:
        """End it at once and tell whoever relies on it. Raises Conflict (over before)."""
        if not await store.end_mandate(uow, mandate.id):
            raise Conflict(RepresentationProblem.MANDATE_NOT_LIVE)
        await self.note(uow, "representation.mandate_ended", mandate, by)
        await self.tell(uow, "mandate_ended", mandate)


def person_of(principal: Principal) -> SubscriberId | None:
    """The subscriber behind a principal, if there is one."""
    return principal.subscriber_id if isinstance(principal, PersonPrincipal) else None
