"""Use cases of requests that wait: open one, decide it, answer the polls, redeem it once."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any, Literal, assert_never

from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.authentication.model import SsoSession
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.deferred import rules, store
from idp.authorization.deferred.deciding import decision_of, draft_of
from idp.authorization.deferred.model import (
    POLL_INTERVAL,
    POLL_INTERVAL_OF_COMPANIES,
    SLOWER_BY,
    AuthorizationPending,
    Deferred,
    DeferredId,
    DeferredKind,
    DeferredProblem,
    DeferredState,
    ExpiredToken,
    SlowDown,
    Waiting,
    company_of,
)
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.grants.sealed import GrantSeals
from idp.catalogue.gdx import GdxDetail
from idp.consent.model import ConsentRecord, OnBehalf, Shown
from idp.consent.rules import agreed_details
from idp.consent.service import Consents
from idp.kernel.assurance import Acr
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId, new_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.protocol.errors import AccessDeniedError, InvalidAuthorizationDetails, InvalidGrantError
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork

NOTE = "deferred_note"
DECIDED_TOPIC = "deferred_decided"
KEPT_AFTER_EXPIRY = timedelta(hours=1)


class DeferredRequests:
    """Requests that wait for a decision made elsewhere. Every method joins the caller's unit of work."""

    def __init__(
        self,
        *,
        clients: Clients,
        agencies: Agencies,
        consents: Consents,
        sealer: TokenSealer,
        audit: AuditLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._clients = clients
        self._agencies = agencies
        self._consents = consents
        self._sealer = sealer
        self.seals = GrantSeals(sealer)  # requests of companies keep theirs in the same table
        self._audit = audit
        self._randomness = randomness

    async def within_right(
        self, uow: UnitOfWork, client: Client, text: str | None, *, of_companies: bool = False
    ) -> tuple[GdxDetail, ...]:
        """The details of a request, all within the agency's right; with `of_companies` about a company, too.

        Raises InvalidAuthorizationDetails.
        """
        details = rules.deferred_details(client, text, of_companies=of_companies)
        try:
            await self._agencies.ceiling(uow, client.agency_id, details)
        except Refused as beyond:
            raise InvalidAuthorizationDetails("beyond what the agency may have") from beyond
        return details

    async def open(
        self,
        uow: UnitOfWork,
        *,
        kind: DeferredKind,
        client: Client,
        scope: tuple[str, ...],
        details: tuple[GdxDetail, ...],
        acr_values: Sequence[str],
        acr_prefix: str,
        code: str,
        lifetime: timedelta,
        user_code: str | None = None,
        subscriber_id: SubscriberId | None = None,
        note: Mapping[str, str] | None = None,
    ) -> Deferred:
        """Save a request that waits. `code` is what its client polls with; `note` is kept sealed beside it."""
        minimum = None if not details else (await self._agencies.service(uow, details[0].purpose)).minimum
        expires_at = uow.now + lifetime
        of_company = company_of(details) is not None
        record = Deferred(
            id=DeferredId(new_id("dfr", now=uow.now, randomness=self._randomness)),
            kind=kind,
            client_id=client.id,
            subscriber_id=subscriber_id,
            scope=scope,
            details=details,
            required=rules.required_acr(asked=acr_values, prefix=acr_prefix, minimum=minimum, of_company=of_company),
            state=DeferredState.WAITING,
            interval=POLL_INTERVAL_OF_COMPANIES if of_company else POLL_INTERVAL,
            last_polled_at=None,
            created_at=uow.now,
            expires_at=expires_at,
            decision=None,
            sealed_note=None if note is None else self._sealer.seal(NOTE, note, expires_at=expires_at),
        )
        await store.insert_deferred(uow, self.seals, record, code=code, user_code=user_code)
        actor = Actor(ActorKind.CLIENT, client.id)
        await self._note(uow, f"{kind.value}.asked", actor, client, record, subscriber_id)
        return record

    async def waiting_for(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Waiting]:
        """What this citizen is asked to decide, the newest first."""
        return [
            await self._waiting(uow, request) for request in await store.waiting_for(uow, self.seals, subscriber_id)
        ]

    async def asked_of(self, uow: UnitOfWork, request_id: str, subscriber_id: SubscriberId) -> Waiting:
        """One request that this citizen is asked to decide. Raises Refused(NOTHING_WAITING)."""
        request = await store.find(uow, self.seals, DeferredId(request_id))
        if request is None or request.subscriber_id != subscriber_id:
            raise Refused(DeferredProblem.NOTHING_WAITING)
        return await self._waiting(uow, request)

    async def by_user_code(self, uow: UnitOfWork, user_code: str) -> Waiting:
        """The request behind a user code. Raises Refused(NOTHING_WAITING)."""
        request = await store.find_waiting_by_user_code(uow, self.seals, user_code)
        if request is None:
            raise Refused(DeferredProblem.NOTHING_WAITING)
        return await self._waiting(uow, request)

    async def by_code(self, uow: UnitOfWork, code: str, *, kind: DeferredKind) -> Waiting:
        """The request behind the code its client polls with. Raises Refused(NOTHING_WAITING)."""
        request = await store.find_by_code(uow, self.seals, code, kind=kind)
        if request is None:
            raise Refused(DeferredProblem.NOTHING_WAITING)
        return await self._waiting(uow, request)

    async def allow(
        self, uow: UnitOfWork, waiting: Waiting, session: SsoSession, *, reached: Acr, shown: Shown,
        chosen: AbstractSet[str] = frozenset(),
    ) -> None:  # fmt: skip
        """The citizen of `session` allows what was `shown`: consent, decision and entry in one transaction.

        `chosen` are the optional fields that were ticked, as `dataset/field`. For a company nobody decides so, but by
        signing (`CompanyRequests`).

        Raises Refused: NOTHING_WAITING when it was decided or has expired, NOT_STRONG_ENOUGH when more is required than
        `reached`.
        """
        if waiting.request.company is not None:
            raise Refused(DeferredProblem.NOTHING_WAITING, "a company signs")
        await self.expect_may_decide(uow, waiting.request, session, reached)
        draft = draft_of(waiting, session, reached, code_id=self.fresh_id(), managed_id=self.fresh_id())
        consent = await self.consent(uow, waiting.client, draft, shown, chosen)
        decision = decision_of(draft, consent, now=uow.now)
        if not await store.decide(uow, self.seals, waiting.request.id, decision=decision):
            raise Refused(DeferredProblem.NOTHING_WAITING)
        details = {"shown_hash": shown.hash, "consent": decision.consent_id}
        await self.tell_decided(uow, waiting.request, waiting.client, by=session.subscriber_id, details=details)

    async def deny(self, uow: UnitOfWork, waiting: Waiting, session: SsoSession) -> None:
        """The citizen says no: the client's next poll is told `access_denied`. Raises Refused(NOTHING_WAITING)."""
        if not await store.decide(uow, self.seals, waiting.request.id, decision=None):
            raise Refused(DeferredProblem.NOTHING_WAITING)
        await self.tell_decided(
            uow, waiting.request, waiting.client, by=session.subscriber_id, outcome="refused", details={}
        )

    async def poll(self, uow: UnitOfWork, client: Client, code: str, *, kind: DeferredKind) -> AuthorizationCode:
        """What the citizen allowed, once.

        Raises AuthorizationPending, SlowDown, ExpiredToken, AccessDeniedError, or InvalidGrantError for a code that is
        not this client's or was redeemed before.
        """
        request = await store.find_by_code(uow, self.seals, code, kind=kind)
        # RFC 8628 §3.4 with RFC 6749 §5.2: a code "issued to another client" is an invalid grant.
        if request is None or request.client_id != client.id:
            raise InvalidGrantError("the code is not one of this client")
        match rules.judge_poll(request, now=uow.now):
            case rules.StillPending():
                await store.note_poll(uow, request.id, slower_by=timedelta(0))
                raise AuthorizationPending()
            case rules.TooSoon():
                await store.note_poll(uow, request.id, slower_by=SLOWER_BY)
                raise SlowDown()
            case rules.Expired():
                raise ExpiredToken()
            case rules.Denied():
                raise AccessDeniedError("the citizen did not allow it")
            case rules.Used():
                raise InvalidGrantError("the code was used before")
            case rules.Redeemable():
                if request.decision is None or not await store.redeem(uow, request.id):
                    raise InvalidGrantError("the code was used before")
                return request.decision
            case never:
                assert_never(never)

    async def redeemable(
        self, uow: UnitOfWork, client: Client, code: str, *, kind: DeferredKind
    ) -> AuthorizationCode | None:
        """What the next poll of this client would be given; None while that is nothing."""
        request = await store.find_by_code(uow, self.seals, code, kind=kind)
        if request is None or request.client_id != client.id:
            return None
        return request.decision if isinstance(rules.judge_poll(request, now=uow.now), rules.Redeemable) else None

    def note_of(self, request: Deferred, uow: UnitOfWork) -> Mapping[str, str]:
        """What was kept sealed beside a request; empty once it has expired."""
        try:
            return {} if request.sealed_note is None else self._sealer.open(NOTE, request.sealed_note, now=uow.now)
        except (SealBroken, SealExpired):
            return {}

    async def forget_expired(self, uow: UnitOfWork) -> None:
        """Drop requests whose time was over an hour ago."""
        await store.drop_expired(uow, kept_for=KEPT_AFTER_EXPIRY)

    async def _waiting(self, uow: UnitOfWork, request: Deferred) -> Waiting:
        client = await self._clients.live(uow, request.client_id)
        if client is None or request.state is not DeferredState.WAITING or request.expires_at <= uow.now:
            raise Refused(DeferredProblem.NOTHING_WAITING)
        return Waiting(request, client, self.note_of(request, uow).get("message"))

    async def expect_may_decide(self, uow: UnitOfWork, request: Deferred, session: SsoSession, reached: Acr) -> None:
        """Raise Refused unless the session counts (NOTHING_WAITING) and reaches enough (NOT_STRONG_ENOUGH)."""
        if not await store.session_counts(uow, session.id):
            raise Refused(DeferredProblem.NOTHING_WAITING)
        if request.required is not None and not reached.meets(request.required):
            raise Refused(DeferredProblem.NOT_STRONG_ENOUGH)

    def fresh_id(self) -> str:
        """A name that nobody guesses, for a decision and for the grant that its client manages."""
        return random_text(self._randomness, bits=128)

    async def consent(
        self,
        uow: UnitOfWork,
        client: Client,
        draft: AuthorizationCode,
        shown: Shown,
        chosen: AbstractSet[str] = frozenset(),
    ) -> ConsentRecord | None:
        """The consent to what was shown; None where the sign-in alone was confirmed."""
        if not shown.details and not shown.claims:
            return None
        acted = draft.acted_for
        return await self._consents.give(
            uow,
            subscriber_id=draft.subscriber_id,
            on_behalf=None if acted is None else OnBehalf(acted.actor, acted.mandate_id, acted.juristic_id),
            agency_id=client.agency_id,
            client_id=client.id,
            service_id=shown.details[0].purpose if shown.details else None,
            details=agreed_details(shown.details, optional=shown.optional, chosen=chosen),
            claims=shown.claims,
            shown_hash=shown.hash,
            consent_days=shown.consent_days,
        )

    async def tell_decided(
        self,
        uow: UnitOfWork,
        request: Deferred,
        client: Client,
        *,
        by: SubscriberId | None,
        details: Mapping[str, Any],
        outcome: Literal["ok", "refused"] = "ok",
    ) -> None:
        """The entry of a decision, and the ping; `by` is None where nobody decided, but what it rested on ended."""
        event = f"{request.kind.value}.{'allowed' if outcome == 'ok' else 'denied'}"
        actor = SYSTEM if by is None else Actor(ActorKind.SUBSCRIBER, by)
        await self._note(uow, event, actor, client, request, by or request.subscriber_id, outcome, details)
        await enqueue(uow, topic=DECIDED_TOPIC, payload={"request_id": request.id}, randomness=self._randomness)

    async def _note(
        self,
        uow: UnitOfWork,
        event: str,
        actor: Actor,
        client: Client,
        request: Deferred,
        subject: SubscriberId | None,
        outcome: Literal["ok", "refused"] = "ok",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        asked = {"request": request.id, "scope": list(request.scope), "datasets": [d.dataset for d in request.details]}
        await self._audit.append(
            uow,
            AuditEvent(
                event,
                actor=actor,
                outcome=outcome,
                subject=subject,
                agency_id=client.agency_id,
                client_id=client.id,
                details={**asked, **(details or {})},
            ),
        )
