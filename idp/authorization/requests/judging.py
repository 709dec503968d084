"""What must happen next for a request: gathering the facts that the dispatcher judges."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from idp.agencies.service import Agencies
from idp.authentication.hot_store import signed_in_of
from idp.authentication.model import SignedIn, SsoSession
from idp.authentication.sessions import cookie_digest
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.service import Grants
from idp.authorization.requests import rules, store
from idp.authorization.requests.granting import Found
from idp.authorization.requests.hot_store import SIGN_IN_FACTS
from idp.authorization.requests.model import (
    AskConsent,
    AwaitCosigners,
    ChooseActor,
    Issue,
    OidcProblem,
    PendingRequest,
    Refuse,
    Represented,
    Step,
)
from idp.authorization.requests.representing import CompanyRead, Representing
from idp.catalogue.gdx import GdxDetail
from idp.consent.model import ConsentRecord
from idp.consent.rules import first_covering
from idp.consent.service import Consents
from idp.consent.store import claims_of
from idp.enrolment.provisional import Provisionals
from idp.kernel.errors import Refused
from idp.keys.pairwise import PairwiseSubjects
from idp.protocol.errors import AccessDeniedError, InvalidGrantId
from idp.representation.model import are_alike
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers


class Judging:
    """Asks the dispatcher; writes nothing."""

    def __init__(
        self,
        *,
        storage: Storage,
        pairwise: PairwiseSubjects,
        clients: Clients,
        agencies: Agencies,
        subscribers: Subscribers,
        consents: Consents,
        representing: Representing,
        provisionals: Provisionals,
        grants: Grants,
    ) -> None:
        self._grants = grants
        self._storage = storage
        self._pairwise = pairwise
        self._clients = clients
        self._agencies = agencies
        self._subscribers = subscribers
        self._consents = consents
        self._representing = representing
        self._provisionals = provisionals

    async def read_company(self, pending: PendingRequest) -> CompanyRead:
        """The company for which somebody chose to act, as its registry has it now; before `next_step` and no longer
        than a minute.
        """
        return await self._representing.read(pending)

    async def next_step(
        self, uow: UnitOfWork, pending: PendingRequest, session: SsoSession | None, company: CompanyRead
    ) -> Step:
        """What must happen now; asked again after every step, and once more in the transaction that ends the flow.

        `company` was read before the transaction.
        """
        client = await self._clients.live(uow, pending.client_id)
        if client is None:
            raise Refused(OidcProblem.UNKNOWN_CLIENT)
        try:
            await self._agencies.ceiling(uow, client.agency_id, pending.details)
        except Refused:
            # the agency's right ended while the request was on its way: nobody is asked for what may not be given
            return Refuse(AccessDeniedError("the agency's right has ended"))
        if session is not None and not await store.session_counts(uow, session.id):
            session = None
        subscriber = None if session is None else await self._subscribers.get(uow, session.subscriber_id)
        covering, represented = None, None
        claims = rules.released_claims(client, pending.request.scope, pending.request.claims)
        found = None if session is None or subscriber is None else SignedIn(session, subscriber)
        if found is not None and pending.may_concern_another:
            represented = await self._representing.judge(uow, pending, client, found, claims, company)
            claims = rules.told_claims(claims, represented)
        if found is not None and (pending.details or claims):
            covering = await self._covering(uow, pending, client, found, claims, represented)
        facts = self._facts(pending, client, found, covering, uow.now, represented)
        if found is not None and pending.provisional_ial is not None:
            meeting = await self._provisionals.meeting(uow, found.subscriber.id, agency_id=client.agency_id)
            facts = replace(facts, meeting=meeting)
        step = rules.decide_step(facts)
        if isinstance(step, AskConsent | Issue) and not await self._may_replace(uow, pending, found, step.represented):
            return Refuse(InvalidGrantId())
        return step

    async def _covering(
        self,
        uow: UnitOfWork,
        pending: PendingRequest,
        client: Client,
        found: SignedIn,
        claims: Sequence[str],
        represented: Represented | ChooseActor | AwaitCosigners | None,
    ) -> ConsentRecord | None:
        """An earlier consent to all of it, decided by the same person in the same role."""
        optional = await self._optional(uow, pending.details)
        if not isinstance(represented, Represented):
            return await self._consents.covering(
                uow, found.subscriber.id, client.id, pending.details, claims, optional=optional
            )
        return await self._consents.covering(
            uow,
            represented.subject.id,
            client.id,
            represented.details,
            claims,
            optional=optional,
            on_behalf=represented.on_behalf,
        )

    async def _optional(self, uow: UnitOfWork, details: Sequence[GdxDetail]) -> frozenset[str]:
        """The fields without which the service of these details can work."""
        if not details:
            return frozenset()
        return (await self._agencies.service(uow, details[0].purpose)).optional_fields

    async def _may_replace(
        self, uow: UnitOfWork, pending: PendingRequest, found: SignedIn | None, represented: Represented | None
    ) -> bool:
        """The grant to be replaced, if any, still counts and is of the person who is to decide, in the same role."""
        managed = pending.request.managed
        if managed is None or managed.grant_id is None or found is None:
            return True
        # Grant Management §5.2: a grant_id identifies a grant "for a certain client and a certain resource owner".
        managing = await self._grants.managed(uow, managed.grant_id, pending.client_id)
        if managing is None:
            return False
        older, _ = managing
        if represented is None:
            return older.subscriber_id == found.subscriber.id and older.acted_for is None
        # nor does a proxy replace what the principal granted, or who signs for a company what is granted for oneself
        return older.subscriber_id == represented.subject.id and are_alike(older.acted_for, represented.acted_for)

    def _facts(
        self,
        pending: PendingRequest,
        client: Client,
        found: SignedIn | None,
        covering: ConsentRecord | None,
        now: datetime,
        represented: Represented | ChooseActor | AwaitCosigners | None = None,
    ) -> rules.Facts:
        if found is None:
            return rules.Facts(pending, client, None, None, None, now)
        subject = represented.subject if isinstance(represented, Represented) else found.subscriber
        sub = self._pairwise.sub(client.sector, subject.id)
        return rules.Facts(pending, client, found.session, found.subscriber, covering, now, sub, represented)

    async def find_step(self, pending: PendingRequest, cookie_value: str | None) -> Found:
        """What must happen now in a browser with this cookie, read at once. Raises Refused(UNKNOWN_CLIENT)."""
        now = self._storage.clock.now()
        client = await self._clients.known(self._storage, pending.client_id, now=now)
        if client is None:
            raise Refused(OidcProblem.UNKNOWN_CLIENT)
        digest = cookie_digest(cookie_value)
        rows: Sequence[Any] = ()
        if digest is not None:
            rows = await self._storage.hot.all(SIGN_IN_FACTS, cookie_digest=digest, client_id=client.id, now=now)
        found = signed_in_of(rows[0]) if rows else None
        if pending.details or pending.request.managed is not None or pending.may_concern_another:
            # rights and uses of data sets are looked up one by one, and so is a grant to be replaced, and a mandate
            company = await self.read_company(pending)
            async with self._storage.reading() as uow:
                session = None if found is None else found.session
                return Found(client, found, await self.next_step(uow, pending, session, company))
        claims = rules.released_claims(client, pending.request.scope, pending.request.claims)
        given = [claims_of(row) for row in rows if row.id is not None]
        covering = first_covering(given, (), claims, now=now)
        return Found(client, found, rules.decide_step(self._facts(pending, client, found, covering, now)))
