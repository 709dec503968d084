"""Reading the facts of a release decision, in one transaction."""

from dataclasses import dataclass
from typing import assert_never

from connectors.contracts.documents import PrintedBy
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry_desk import Asker
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.model import Agreement
from idp.agencies.service import Agencies
from idp.audit.model import Actor, ActorKind
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject, JuristicSubject, MandateSubject, SelfSubject
from idp.catalogue.model import Basis
from idp.consent.service import Consents
from idp.exchange.bases.rules import why_not
from idp.exchange.bases.service import Bases
from idp.exchange.counter.model import Opened
from idp.exchange.counter.rules import may_look_up
from idp.exchange.counter.service import Counters
from idp.exchange.decision.model import CounterFacts, Reason, ReleaseFacts
from idp.exchange.decision.rules import channel_of
from idp.exchange.mapping.model import Fetched, PresentedCard, RegistrySubject
from idp.exchange.mapping.readers import CARD_READERS
from idp.exchange.pull import counting, store
from idp.exchange.pull.model import Chain, Named
from idp.exchange.pull.records import Asked
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.kernel.ids import SubscriberId
from idp.representation.acting.service import Acting
from idp.representation.companies.model import CompanyFacts
from idp.representation.model import RepresentationProblem
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The company's registry was not asked: nothing is released by what is judged now."""


class FactsReader:
    """Gathers what `decide_release` judges from the rooms that own it."""

    def __init__(
        self,
        *,
        agencies: Agencies,
        consents: Consents,
        subscribers: Subscribers,
        acting: Acting,
        counters: Counters,
        bases: Bases,
        accounts: CompanyAccounts,
    ) -> None:
        self._accounts = accounts
        self._acting = acting
        self._counters = counters
        self._bases = bases
        self._agencies = agencies
        self._consents = consents
        self._subscribers = subscribers

    async def opened(self, asked: Asked) -> Opened | None:
        """What an officer opened for this, as it stands at this moment; outside any transaction."""
        subject = asked.detail.subject
        if not isinstance(subject, CardSessionSubject | CitizenRefSubject):
            return None
        token = asked.pull.access_token
        return await self._counters.opened(
            subject, asked.detail.dataset, agency_id=token.agency_id, client_id=token.client_id
        )

    async def chain(self, uow: UnitOfWork, asked: Asked, agreement: Agreement | None) -> Chain:
        """The ids of everything that this release would hang on."""
        token, opened = asked.pull.access_token, asked.own
        return Chain(
            client_id=token.client_id,
            grant_id=token.grant_id,
            subscriber_id=token.subscriber_id,
            consent_id=token.consent_id,
            agreement_id=agreement.id if agreement is not None else None,
            acted_for=token.acted_for,
            counter_id=None if opened is None else opened.anchor,
            officer=None if opened is None else opened.opened_for.member_id,
            about=await self._about(uow, asked),
            agreement_version=agreement.version if agreement is not None else None,
        )

    async def _about(self, uow: UnitOfWork, asked: Asked) -> SubscriberId | None:
        """Whose card or number it is, where that person has a digital ID: they see the record."""
        subject, opened = asked.detail.subject, asked.own
        if opened is None or not isinstance(subject, CardSessionSubject | CitizenRefSubject):
            return None
        try:
            citizen_id = _number_of(await self._counters.person_of(uow, subject))
        except (NotFound, Refused):
            return None  # nothing read, or no longer
        person = await self._subscribers.find_by_citizen_id(uow, citizen_id)
        return None if person is None else person.id

    async def agreement(self, uow: UnitOfWork, asked: Asked) -> Agreement | None:
        """The right under which the agency asks, while it is in force."""
        agency_id, detail = asked.pull.access_token.agency_id, asked.detail
        return await self._agencies.agreement_for(
            uow, agency_id, detail.purpose, detail.dataset, uow.now, channel=channel_of(detail.subject)
        )

    async def company(self, asked: Asked) -> CompanyFacts | Reason | None:
        """The company for which somebody acts, as its registry has it now, or why that is not known; outside any
        transaction. None where nobody acts for a company.
        """
        try:
            return await self._acting.read(asked.pull.access_token.acted_for)
        except NotFound:
            return Reason.COMPANY_NOT_OPERATING
        except Unavailable:
            return Reason.REGISTRY_UNAVAILABLE

    async def _standing(
        self, uow: UnitOfWork, asked: Asked, company: CompanyFacts | Reason | NotAsked | None
    ) -> Reason | None:
        token = asked.pull.access_token
        if isinstance(company, Reason):
            return company
        if isinstance(company, NotAsked):
            return None
        if token.acr is None:
            # a client's own token: nobody signed in, so that nobody acts for anybody
            return None if token.acted_for is None else Reason.NOT_A_SIGNATORY
        try:
            await self._acting.expect_standing(uow, token.acted_for, company, acr=token.acr)
        except Refused as refused:
            ended = refused.code is RepresentationProblem.COMPANY_NOT_OPERATING
            return Reason.COMPANY_NOT_OPERATING if ended else Reason.NOT_A_SIGNATORY
        except Unavailable:
            return Reason.REGISTRY_UNAVAILABLE
        return None

    async def facts(
        self,
        uow: UnitOfWork,
        asked: Asked,
        chain: Chain,
        agreement: Agreement | None,
        company: CompanyFacts | Reason | NotAsked | None,
    ) -> ReleaseFacts:
        """Everything that is judged; `company` was read before the transaction."""
        token, detail, officer = asked.pull.access_token, asked.detail, chain.officer
        services = await self._agencies.services_named(uow, [detail.purpose])
        consent = await self._consents.get(uow, chain.consent_id) if chain.consent_id is not None else None
        counted = await counting.count_releases(uow, chain.agreement_id, asked.token_scope)
        return ReleaseFacts(
            request=detail,
            agency_id=token.agency_id,
            client_id=token.client_id,
            subscriber_id=token.subscriber_id,
            acted_for=token.acted_for,
            standing=await self._standing(uow, asked, company),
            wants_document=asked.pull.format.needs_document,
            case=asked.case,
            acr=token.acr,
            service=services.get(detail.purpose),
            agreement=agreement,
            consent=consent,
            broken=await store.broken_links(uow, chain),
            released_today=counted.today,
            released_before=counted.before,
            counter=await self._counter(uow, asked),
            officer_is_granted=officer is not None
            and await self._agencies.officer_is_granted(uow, officer, detail.dataset),
            stated=await self._stated(uow, asked),
        )

    async def _counter(self, uow: UnitOfWork, asked: Asked) -> CounterFacts | None:
        opened = asked.own
        if opened is None:
            return None
        evidence = await self._bases.of(uow, opened.anchor)
        made_for = opened.opened_for
        return CounterFacts(
            agency_id=made_for.agency_id,
            client_id=made_for.client_id,
            service_id=made_for.service_id,
            case=made_for.case,
            basis=None if evidence is None else evidence.basis,
            is_officers=may_look_up(opened.officer, agency_id=made_for.agency_id),
            state=opened.state,
        )

    async def _stated(self, uow: UnitOfWork, asked: Asked) -> Basis | None:
        """The ground that came with the request, where it would be accepted."""
        form, token = asked.pull.form, asked.pull.access_token
        if form is None or asked.juristic_id is None:
            return None
        services = await self._agencies.services_named(uow, [asked.detail.purpose])
        service = services.get(asked.detail.purpose)
        if service is None:
            return None
        agency = await self._agencies.agency(uow, token.agency_id)
        problem = why_not(form, anchor="", agency=agency, service=service, now=uow.now)
        return Basis.SIGNED_FORM if problem is None else None

    async def subject(self, uow: UnitOfWork, asked: Asked) -> RegistrySubject | None:
        """Whom the registry is asked about: the person of the token, or the company of its detail.

        None for a person without a citizen number, of whom these registries know nothing.

        Of a mandate's token that person is the principal: the decision held the detail's mandate against the token's.
        """
        match asked.detail.subject:
            case SelfSubject() | MandateSubject():
                subscriber_id = asked.pull.access_token.subscriber_id
                assert subscriber_id is not None, "a release about a person is decided for a subscriber only"
                return (await self._subscribers.identity(uow, subscriber_id)).citizen_id
            case JuristicSubject(number):
                return JuristicId.parse(number)
            case CardSessionSubject() | CitizenRefSubject() as subject:
                person = await self._counters.person_of(uow, subject)
                return person if asked.detail.dataset in CARD_READERS else _number_of(person)
            case never:
                assert_never(never)

    async def state_form(self, uow: UnitOfWork, asked: Asked, anchor: str) -> None:
        """Put the form that came with a request about a company on record, under the id of the release it carries.

        With the decision, before the registry answers: the form was relied on also where nothing is released then.
        """
        if asked.pull.form is None or asked.detail.basis is not Basis.SIGNED_FORM or asked.own is not None:
            return
        token = asked.pull.access_token
        await self._bases.open(
            uow,
            asked.pull.form,
            anchor=anchor,
            agency_id=token.agency_id,
            service_id=asked.detail.purpose,
            by=Actor(ActorKind.CLIENT, token.acting_client_id),
            client_id=token.client_id,
        )

    async def named(self, uow: UnitOfWork, fetched: Fetched, fields: tuple[str, ...]) -> Named:
        """Who else stands in which of these fields and has a digital ID: they see that the record was read."""
        where: dict[CitizenId, tuple[str, ...]] = {}
        for name in fields:
            for number in fetched.others_named.get(name, ()):
                where[number] = (*where.get(number, ()), name)
        found = {number: await self._subscribers.find_by_citizen_id(uow, number) for number in where}
        return {person.id: where[number] for number, person in found.items() if person is not None}

    async def asker(self, uow: UnitOfWork, asked: Asked) -> Asker:
        """As whom the registry is asked: at a counter as the officer, whose session with it is open; about a company
        with the account that its registry issued to the agency, where it keeps one.
        """
        if isinstance(asked.detail.subject, JuristicSubject):
            return Asker(company_account=await self._accounts.account_of(uow, asked.pull.access_token.agency_id))
        officer = None if asked.own is None else asked.own.officer
        if officer is None:
            return Asker()
        return Asker(officer=(await self._subscribers.identity(uow, officer.subscriber_id)).citizen_id)

    async def printed_by(self, uow: UnitOfWork, asked: Asked) -> PrintedBy | None:
        """The officer who opened what the request rests on, and so takes the document out of the system."""
        officer = None if asked.own is None else asked.own.officer
        if officer is None:
            return None
        agency = await self._agencies.agency(uow, officer.agency_id)
        place = next((site.name_th for site in agency.sites if site.code == officer.site), agency.name_th)
        named = await self._subscribers.identity(uow, officer.subscriber_id)
        return PrintedBy(named.name_th.full(), officer.position_th, place)


def _number_of(person: CitizenId | PresentedCard) -> CitizenId:
    return person.data.citizen_id if isinstance(person, PresentedCard) else person
