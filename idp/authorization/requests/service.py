"""The flow in the browser: what comes next, and the three ways it ends: issued, allowed, denied."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, assert_never

from idp.agencies.service import Agencies
from idp.audit.hot_store import entry_values
from idp.audit.log import AuditLog
from idp.authentication.hot_store import signed_in_of
from idp.authentication.model import SignedIn, SsoSession
from idp.authentication.sessions import cookie_digest
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.requests import rules, store
from idp.authorization.requests.answers import ClientAnswers
from idp.authorization.requests.granting import Found, code_of, event_of, issued_details
from idp.authorization.requests.hot_store import ISSUE, SIGN_IN_FACTS
from idp.authorization.requests.model import (
    AskConsent,
    Issue,
    OidcProblem,
    PendingRequest,
    Refuse,
    SignIn,
    Step,
    StepUp,
)
from idp.authorization.requests.sealed import PendingRequests
from idp.consent.model import SIGN_IN_CONSENT_DAYS, ConsentRecord
from idp.consent.rules import first_covering
from idp.consent.service import Consents
from idp.consent.store import record_of
from idp.kernel.errors import Conflict, Refused
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import SealBroken, SealExpired
from idp.protocol.errors import AccessDeniedError, InvalidGrantId, OAuth2Error
from idp.protocol.response_mode import ClientAnswer
from idp.storage.spent import is_spent, spend_in, spending_values
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers


class AuthorizationRequests:
    """Leads a pending request to its end. Each end is one transaction and gives the answer for the client."""

    def __init__(
        self,
        *,
        storage: Storage,
        answers: ClientAnswers,
        pairwise: PairwiseSubjects,
        clients: Clients,
        agencies: Agencies,
        subscribers: Subscribers,
        consents: Consents,
        codes: Codes,
        pending_requests: PendingRequests,
        audit: AuditLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._answers = answers
        self._pairwise = pairwise
        self._clients = clients
        self._agencies = agencies
        self._subscribers = subscribers
        self._consents = consents
        self._codes = codes
        self._pending_requests = pending_requests
        self._audit = audit
        self._randomness = randomness

    def flow_handle(self, pending: PendingRequest, browser_id: str) -> str:
        """The handle by which this browser carries the request along, for 30 minutes."""
        return self._pending_requests.seal_flow(pending, browser_id=browser_id)

    def open_flow(self, handle: str, browser_id: str) -> PendingRequest:
        """The request behind a handle. Raises Refused(FLOW_UNUSABLE): another browser's, too old, or not ours."""
        now = self._storage.clock.now()
        try:
            return self._pending_requests.open_flow(handle, browser_id=browser_id, now=now)
        except (SealBroken, SealExpired) as error:
            raise Refused(OidcProblem.FLOW_UNUSABLE) from error

    async def next_step(self, uow: UnitOfWork, pending: PendingRequest, session: SsoSession | None) -> Step:
        """What must happen now; asked again after every step, and once more in the transaction that ends the flow."""
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
        covering = None
        claims = rules.released_claims(client, pending.request.scope, pending.request.claims)
        if session is not None and (pending.details or claims):
            covering = await self._consents.covering(uow, session.subscriber_id, client.id, pending.details, claims)
        found = None if session is None or subscriber is None else SignedIn(session, subscriber)
        step = rules.decide_step(self._facts(pending, client, found, covering, uow.now))
        if isinstance(step, AskConsent | Issue) and not await self._may_replace(uow, pending, found):
            return Refuse(InvalidGrantId())
        return step

    async def _may_replace(self, uow: UnitOfWork, pending: PendingRequest, found: SignedIn | None) -> bool:
        """The grant to be replaced, if any, still counts and is of the person who is to decide."""
        managed = pending.request.managed
        if managed is None or managed.grant_id is None or found is None:
            return True
        # Grant Management §5.2: a grant_id identifies a grant "for a certain client and a certain resource owner".
        owner = await store.owner_of_managed(uow, managed.grant_id, pending.client_id)
        return owner == found.session.subscriber_id

    def _facts(
        self,
        pending: PendingRequest,
        client: Client,
        found: SignedIn | None,
        covering: ConsentRecord | None,
        now: datetime,
    ) -> rules.Facts:
        if found is None:
            return rules.Facts(pending, client, None, None, None, now)
        sub = self._pairwise.sub(client.sector, found.session.subscriber_id)
        return rules.Facts(pending, client, found.session, found.subscriber, covering, now, sub)

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
        if pending.details or pending.request.managed is not None:
            # rights and uses of data sets are looked up one by one, and so is a grant to be replaced
            async with self._storage.reading() as uow:
                return Found(
                    client, found, await self.next_step(uow, pending, None if found is None else found.session)
                )
        claims = rules.released_claims(client, pending.request.scope, pending.request.claims)
        given = [record_of(row, ()) for row in rows if row.id is not None]
        covering = first_covering(given, (), claims, now=now)
        return Found(client, found, rules.decide_step(self._facts(pending, client, found, covering, now)))

    async def issue(self, pending: PendingRequest, found: Found, consent: ConsentRecord | None) -> ClientAnswer:
        """End a flow in which nobody need be asked, in one statement that looks again.

        Raises Conflict when something it rests on has ended meanwhile, or the flow has.
        """
        assert found.signed_in is not None  # the dispatcher issues to nobody else
        now, session = self._storage.clock.now(), found.signed_in.session
        code = self._code(pending, found.signed_in, consent, found.client, now=now)
        event = event_of("authorization.issued", pending, session, found.client, issued_details(code, pending, None))
        issued = await self._storage.hot.write(
            ISSUE,
            session_id=session.id,
            subscriber_id=session.subscriber_id,
            client_id=pending.client_id,
            consent_id=code.consent_id,
            now=now,
            **spending_values(pending.spend),
            **entry_values(self._audit.entry(event, now=now)),
        )
        if not issued:
            completed = await is_spent(self._storage, pending.spend)
            raise Conflict(OidcProblem.FLOW_COMPLETED if completed else OidcProblem.SIGN_IN_AGAIN)
        return await self._answers.code(pending.return_address, self._codes.seal(code), session)

    async def allow(self, pending: PendingRequest, session: SsoSession, *, shown_hash: str) -> ClientAnswer:
        """The citizen allows what was shown: consent, code and entry in one transaction.

        `shown_hash` is the lower-case hex SHA-256 of what the page showed. Raises Conflict when the session or the flow
        has ended meanwhile.
        """
        async with self._storage.unit_of_work() as uow:
            decided = await self._allow(uow, pending, session, shown_hash=shown_hash)
        if isinstance(decided, OAuth2Error):
            return await self._answers.error(pending.return_address, decided)
        return await self._answers.code(pending.return_address, decided, session)

    async def deny(self, pending: PendingRequest, session: SsoSession) -> ClientAnswer:
        """The citizen says no: the client is told `access_denied`, and the request cannot be granted any more."""
        error = AccessDeniedError("the citizen did not allow it")
        async with self._storage.unit_of_work() as uow:
            await self._refuse(uow, pending, session, error)
        return await self._answers.error(pending.return_address, error)

    async def refuse(self, pending: PendingRequest, session: SsoSession | None, error: OAuth2Error) -> ClientAnswer:
        """The dispatcher said no: the client is told `error`. The request may be shown again, unless it was granted."""
        async with self._storage.unit_of_work() as uow:
            if session is not None:
                details = {"error": str(error.error)}
                await self._note(uow, "authorization.refused", pending, session, details, outcome="refused")
        return await self._answers.error(pending.return_address, error)

    async def _allow(
        self, uow: UnitOfWork, pending: PendingRequest, session: SsoSession, *, shown_hash: str
    ) -> str | OAuth2Error:
        """The code, or what the client is told instead."""
        match await self.next_step(uow, pending, session):
            case AskConsent() as asked:
                consent = await self._consent(uow, asked, session, shown_hash=shown_hash)
                return await self._issue(uow, pending, session, consent, shown_hash=shown_hash)
            case Issue(consent):
                return await self._issue(uow, pending, session, consent)
            case Refuse(error):
                await self._refuse(uow, pending, session, error)
                return error
            case SignIn() | StepUp():
                raise Conflict(OidcProblem.SIGN_IN_AGAIN)
            case never:
                assert_never(never)

    async def _consent(
        self, uow: UnitOfWork, asked: AskConsent, session: SsoSession, *, shown_hash: str
    ) -> ConsentRecord | None:
        """The consent to what was asked, None where the sign-in alone was confirmed."""
        if not asked.details and not asked.claims:
            return None
        days = SIGN_IN_CONSENT_DAYS
        if asked.details:
            days = (await self._agencies.service(uow, asked.details[0].purpose)).consent_days
        return await self._consents.give(
            uow,
            subscriber_id=session.subscriber_id,
            agency_id=asked.client.agency_id,
            client_id=asked.client.id,
            details=asked.details,
            claims=asked.claims,
            shown_hash=shown_hash,
            consent_days=days,
        )

    async def _refuse(self, uow: UnitOfWork, pending: PendingRequest, session: SsoSession, error: OAuth2Error) -> None:
        await self._complete(uow, pending)
        details = {"error": str(error.error)}
        await self._note(uow, "authorization.denied", pending, session, details, outcome="refused")

    async def _issue(
        self,
        uow: UnitOfWork,
        pending: PendingRequest,
        session: SsoSession,
        consent: ConsentRecord | None,
        *,
        shown_hash: str | None = None,
    ) -> str:
        await self._complete(uow, pending)
        subscriber = await self._subscribers.get(uow, session.subscriber_id)
        found = SignedIn(session, subscriber)
        client = await self._clients.get(uow, pending.client_id)
        code = self._code(pending, found, consent, client, now=uow.now)
        await self._note(uow, "authorization.issued", pending, session, issued_details(code, pending, shown_hash))
        return self._codes.seal(code)

    def _code(
        self,
        pending: PendingRequest,
        found: SignedIn,
        consent: ConsentRecord | None,
        client: Client | None,
        *,
        now: datetime,
    ) -> AuthorizationCode:
        return code_of(
            pending,
            found,
            consent,
            client=client,
            code_id=random_text(self._randomness, bits=128),
            fresh_managed_id=random_text(self._randomness, bits=128),
            now=now,
        )

    async def _complete(self, uow: UnitOfWork, pending: PendingRequest) -> None:
        if not await spend_in(uow, pending.spend):
            raise Conflict(OidcProblem.FLOW_COMPLETED)

    async def _note(
        self,
        uow: UnitOfWork,
        event: str,
        pending: PendingRequest,
        session: SsoSession,
        details: Mapping[str, Any],
        *,
        outcome: Literal["ok", "refused"] = "ok",
    ) -> None:
        client = await self._clients.get(uow, pending.client_id)
        await self._audit.append(uow, event_of(event, pending, session, client, details, outcome=outcome))
