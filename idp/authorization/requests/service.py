"""The flow in the browser: what comes next, and the three ways it ends: issued, allowed, denied."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, assert_never

from idp.agencies.service import Agencies
from idp.audit.hot_store import entry_values
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind
from idp.authentication.model import SignedIn, SsoSession
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.grants.service import Grants
from idp.authorization.requests.answers import ClientAnswers
from idp.authorization.requests.granting import Found, code_of, event_of, is_asked, issued_details
from idp.authorization.requests.hot_store import ISSUE
from idp.authorization.requests.judging import Judging
from idp.authorization.requests.model import (
    AskConsent,
    AwaitCosigners,
    ChooseActor,
    ChosenActor,
    Issue,
    OidcProblem,
    PendingRequest,
    Refuse,
    Represented,
    SignIn,
    Step,
    StepUp,
)
from idp.authorization.requests.representing import Choices, CompanyRead, Representing
from idp.authorization.requests.rules import acting_as
from idp.authorization.requests.sealed import PendingRequests
from idp.consent.model import ConsentRecord, Shown
from idp.consent.rules import agreed_details
from idp.consent.service import Consents
from idp.enrolment.provisional import Provisionals
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import SealBroken, SealExpired
from idp.protocol.errors import AccessDeniedError, InteractionRequiredError, OAuth2Error
from idp.protocol.response_mode import ClientAnswer
from idp.representation.companies.model import JointAct
from idp.representation.model import RepresentationProblem
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
        grants: Grants,
        pending_requests: PendingRequests,
        representing: Representing,
        provisionals: Provisionals,
        audit: AuditLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._representing = representing
        self._provisionals = provisionals
        self._judging = Judging(
            storage=storage,
            pairwise=pairwise,
            clients=clients,
            agencies=agencies,
            subscribers=subscribers,
            consents=consents,
            representing=representing,
            provisionals=provisionals,
            grants=grants,
        )
        self._answers = answers
        self._clients = clients
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

    def sent_with(self, handle: str) -> PendingRequest | None:
        """Whose request a handle was made of, also when it cannot be gone on with: over, or in another browser."""
        try:
            return self._pending_requests.sent_with(handle)
        except SealBroken:
            return None

    async def read_company(self, pending: PendingRequest) -> CompanyRead:
        """See `Judging.read_company`."""
        return await self._judging.read_company(pending)

    async def next_step(
        self, uow: UnitOfWork, pending: PendingRequest, session: SsoSession | None, company: CompanyRead
    ) -> Step:
        """See `Judging.next_step`."""
        return await self._judging.next_step(uow, pending, session, company)

    async def find_step(self, pending: PendingRequest, cookie_value: str | None) -> Found:
        """See `Judging.find_step`."""
        return await self._judging.find_step(pending, cookie_value)

    async def choices(self, pending: PendingRequest, session: SsoSession) -> Choices:
        """For whom the citizen may choose to act in this flow."""
        async with self._storage.reading() as uow:
            return await self._representing.choices(uow, pending, session.subscriber_id)

    async def choose(
        self, pending: PendingRequest, session: SsoSession, actor: ChosenActor
    ) -> PendingRequest | StrEnum:
        """The request as the citizen goes on with it, or why this choice cannot be."""
        chosen = acting_as(pending, actor)
        company = await self.read_company(chosen)
        async with self._storage.reading() as uow:
            step = await self.next_step(uow, chosen, session, company)
        if isinstance(step, ChooseActor):
            return step.problem or RepresentationProblem.UNKNOWN_MANDATE
        return chosen

    async def issue(self, pending: PendingRequest, found: Found, consent: ConsentRecord | None) -> ClientAnswer:
        """End a flow in which nobody need be asked, in one statement that looks again.

        Raises Conflict when something it rests on has ended meanwhile, or the flow has.
        """
        assert found.signed_in is not None  # the dispatcher issues to nobody else
        if pending.may_concern_another:
            return await self._issue_for_another(pending, found.signed_in.session)
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

    async def allow(
        self, pending: PendingRequest, session: SsoSession, *, shown: Shown, sealed: bool = False,
        chosen: AbstractSet[str] = frozenset(),
    ) -> ClientAnswer | JointAct | None:  # fmt: skip
        """The citizen allows what was shown: consent, code and entry in one transaction.

        `chosen` are the optional fields that were ticked, as `dataset/field`. None, and nothing is done, when by now
        something else is to be decided than what was shown. For a company it is a signature, `sealed` when the
        signatory affixes its seal; a joint act is the answer while others have to sign.

        Raises Conflict when the session or the flow has ended meanwhile, or the choice for whom to act cannot be any
        more; Refused (COSIGNERS_MISSING: the seal is missing).
        """
        company = await self.read_company(pending)
        async with self._storage.unit_of_work() as uow:
            decided = await self._allow(uow, pending, session, company, shown=shown, sealed=sealed, chosen=chosen)
        if decided is None or isinstance(decided, JointAct):
            return decided
        return await self._answer(pending, session, decided)

    async def await_cosigners(self, pending: PendingRequest) -> ClientAnswer:
        """The citizen goes back to the service, which asks again when all have signed; nothing is spent by that."""
        error = InteractionRequiredError("co-signers of the company have not signed yet; ask again")
        return await self._answers.error(pending.return_address, error)

    async def _issue_for_another(self, pending: PendingRequest, session: SsoSession) -> ClientAnswer:
        """As `issue`, for who acts for another: judged again in the transaction that ends the flow."""
        company = await self.read_company(pending)
        async with self._storage.unit_of_work() as uow:
            match await self.next_step(uow, pending, session, company):
                case Issue(consent, represented):
                    code = await self._issue(uow, pending, session, consent, represented)
                case _:
                    raise Conflict(OidcProblem.SIGN_IN_AGAIN)
        return await self._answer(pending, session, code)

    async def _answer(self, pending: PendingRequest, session: SsoSession, decided: str | OAuth2Error) -> ClientAnswer:
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
        self,
        uow: UnitOfWork,
        pending: PendingRequest,
        session: SsoSession,
        company: CompanyRead,
        *,
        shown: Shown,
        sealed: bool,
        chosen: AbstractSet[str],
    ) -> str | OAuth2Error | JointAct | None:
        """The code, or what the client is told instead; the joint act where others have to sign as well; None where
        something else was shown.
        """
        match await self.next_step(uow, pending, session, company):
            case AskConsent() as asked if not is_asked(shown, asked):
                return None
            case AskConsent() as asked:
                represented = asked.represented
                if represented is not None and represented.role is not None:
                    assert company.facts is not None, "who signs for a company was judged by its record"
                    signed = await self._representing.sign(
                        uow, pending, asked.client, represented, company.facts, sealed=sealed
                    )
                    if isinstance(signed, JointAct):
                        return signed
                    represented = signed
                consent = await self._consent(uow, asked, session, shown, chosen)
                if asked.is_provisional:
                    await self._provisionals.mark(
                        uow,
                        session.subscriber_id,
                        agency_id=asked.client.agency_id,
                        service_id=asked.details[0].purpose,
                        by=Actor(ActorKind.CLIENT, asked.client.id),
                    )
                return await self._issue(uow, pending, session, consent, represented, shown_hash=shown.hash)
            case Issue(consent, represented):
                return await self._issue(uow, pending, session, consent, represented)
            case Refuse(error):
                await self._refuse(uow, pending, session, error)
                return error
            case SignIn() | StepUp() | ChooseActor() | AwaitCosigners():
                raise Conflict(OidcProblem.SIGN_IN_AGAIN)
            case never:
                assert_never(never)

    async def _consent(
        self, uow: UnitOfWork, asked: AskConsent, session: SsoSession, shown: Shown, chosen: AbstractSet[str]
    ) -> ConsentRecord | None:
        """The consent to what was shown, None where the sign-in alone was confirmed."""
        if not shown.details and not shown.claims:
            return None
        represented = asked.represented
        return await self._consents.give(
            uow,
            subscriber_id=session.subscriber_id if represented is None else represented.subject.id,
            on_behalf=None if represented is None else represented.on_behalf,
            agency_id=asked.client.agency_id,
            client_id=asked.client.id,
            service_id=shown.details[0].purpose if shown.details else None,
            details=agreed_details(shown.details, optional=shown.optional, chosen=chosen),
            claims=shown.claims,
            shown_hash=shown.hash,
            consent_days=shown.consent_days,
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
        represented: Represented | None,
        *,
        shown_hash: str | None = None,
    ) -> str:
        await self._complete(uow, pending)
        await self._representing.use(uow, represented, by=session.subscriber_id)
        subscriber = await self._subscribers.get(uow, session.subscriber_id)
        found = SignedIn(session, subscriber)
        client = await self._clients.get(uow, pending.client_id)
        code = self._code(pending, found, consent, client, now=uow.now, represented=represented)
        details = issued_details(code, pending, shown_hash)
        await self._note(uow, "authorization.issued", pending, session, details, subject=code.subscriber_id)
        return self._codes.seal(code)

    def _code(
        self,
        pending: PendingRequest,
        found: SignedIn,
        consent: ConsentRecord | None,
        client: Client | None,
        *,
        now: datetime,
        represented: Represented | None = None,
    ) -> AuthorizationCode:
        return code_of(
            pending,
            found,
            consent,
            client=client,
            code_id=random_text(self._randomness, bits=128),
            fresh_managed_id=random_text(self._randomness, bits=128),
            now=now,
            represented=represented,
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
        subject: SubscriberId | None = None,
    ) -> None:
        client = await self._clients.get(uow, pending.client_id)
        entry = event_of(event, pending, session, client, details, outcome=outcome, subject=subject)
        await self._audit.append(uow, entry)
