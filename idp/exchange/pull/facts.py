"""Reading the facts of a release decision, in one transaction."""

from typing import assert_never

from connectors.contracts.identifiers import JuristicId
from idp.agencies.service import Agencies
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject, JuristicSubject, MandateSubject, SelfSubject
from idp.catalogue.model import Channel
from idp.consent.service import Consents
from idp.exchange.decision.model import Reason, ReleaseFacts
from idp.exchange.mapping.model import RegistrySubject
from idp.exchange.pull import counting, store
from idp.exchange.pull.model import Chain
from idp.exchange.pull.records import Asked
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.representation.acting.service import Acting
from idp.representation.companies.model import CompanyFacts
from idp.representation.model import RepresentationProblem
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers


class FactsReader:
    """Gathers what `decide_release` judges from the rooms that own it."""

    def __init__(self, *, agencies: Agencies, consents: Consents, subscribers: Subscribers, acting: Acting) -> None:
        self._acting = acting
        self._agencies = agencies
        self._consents = consents
        self._subscribers = subscribers

    async def chain(self, uow: UnitOfWork, asked: Asked) -> Chain:
        """The ids of everything that this release would hang on."""
        token, detail = asked.pull.access_token, asked.detail
        agreement = await self._agencies.agreement_for(
            uow, token.agency_id, detail.purpose, detail.dataset, uow.now, channel=Channel.ONLINE
        )
        return Chain(
            client_id=token.client_id,
            grant_id=token.grant_id,
            subscriber_id=token.subscriber_id,
            consent_id=token.consent_id,
            agreement_id=agreement.id if agreement is not None else None,
            acted_for=token.acted_for,
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

    async def _standing(self, uow: UnitOfWork, asked: Asked, company: CompanyFacts | Reason | None) -> Reason | None:
        token = asked.pull.access_token
        if isinstance(company, Reason):
            return company
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
        self, uow: UnitOfWork, asked: Asked, chain: Chain, company: CompanyFacts | Reason | None
    ) -> ReleaseFacts:
        """Everything that is judged; `company` was read before the transaction."""
        token, detail = asked.pull.access_token, asked.detail
        agreement = await self._agencies.agreement_for(
            uow, token.agency_id, detail.purpose, detail.dataset, uow.now, channel=Channel.ONLINE
        )
        services = await self._agencies.services_named(uow, [detail.purpose])
        consent = await self._consents.get(uow, chain.consent_id) if chain.consent_id is not None else None
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
            released_today=await counting.count_released_today(uow, agreement.id) if agreement is not None else 0,
            released_under_token=await counting.count_released_under_token(uow, asked.token_scope),
        )

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
            case CardSessionSubject() | CitizenRefSubject():
                raise AssertionError("no release is decided for a subject that an officer names")
            case never:
                assert_never(never)
