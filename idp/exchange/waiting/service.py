"""Use cases of waiting pulls: accept, try again, hand over, end."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from idp.agencies.model import AccessHours
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import InvalidGdxDetail
from idp.exchange.decision.model import Reason
from idp.exchange.decision.rules import channel_of
from idp.exchange.model import ExchangeProblem, Pull, Released, WaitingPullId
from idp.exchange.pull.records import PROBLEMS, Asked
from idp.exchange.pull.service import Pulls
from idp.exchange.pull.store import drop_answer
from idp.exchange.waiting import rules, sealed, store
from idp.exchange.waiting.model import WaitingPull, WaitingState
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError, Unavailable
from idp.kernel.ids import is_id, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork

LEASE: Final = timedelta(seconds=60)
"""Longer than a registry's deadline and a document together take."""
BATCH: Final = 20
MOST_WAITING: Final = 1000
"""For one client: more is no queue but a second store of requests."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Nothing left yet; the pull waits."""

    waiting: WaitingPull


class WaitingPulls:
    """Pulls that may wait. Opens its own units of work."""

    def __init__(
        self,
        *,
        storage: Storage,
        pulls: Pulls,
        agencies: Agencies,
        personal: PersonalData,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._storage = storage
        self._pulls = pulls
        self._agencies = agencies
        self._personal = personal
        self._audit = audit
        self._randomness = randomness

    async def pull(self, pull: Pull) -> Released | Accepted:
        """Release now, or accept for later where the service chose that. Raises as `Pulls.pull` does."""
        asked = await self._pulls.asked(pull)
        # 1. the same key again is the same request, which waits
        known = await store.find_by_key(self._storage, pull.access_token.client_id, asked.idempotency_digest)
        if known is not None and known.state in (WaitingState.WAITING, WaitingState.READY):
            if known.request_digest != asked.request_digest:
                raise Conflict(ExchangeProblem.KEY_REUSED)
            return Accepted(known)
        # 2. now, if it can be
        try:
            return await self._pulls.carry_out(asked)
        except Unavailable as error:
            reason = self._passing(error)
            if known is not None or reason is None:
                raise
            accepted = await self._accept(asked, reason)
            if accepted is None:
                raise
            return accepted

    async def look(self, waiting_id: str, token: VerifiedAccessToken) -> Released | WaitingPull:
        """How the pull of this client stands; the answer, once, when there is one.

        Raises NotFound (PULL_UNKNOWN), also for another client's, Conflict (PULL_OVER) after delivery or end, and what
        the decision says when what it rests on has ended meanwhile: then nothing leaves, ever.
        """
        waiting = await self._own(waiting_id, token)
        if waiting.state not in (WaitingState.WAITING, WaitingState.READY):
            raise Conflict(ExchangeProblem.PULL_OVER, "" if waiting.reason is None else waiting.reason.value)
        pull = await self._request(waiting)
        if isinstance(pull, Reason):
            await self._end(waiting, pull)
            raise Conflict(ExchangeProblem.PULL_OVER)
        # every live predicate, as for a release: consent withdrawn meanwhile counts at once
        try:
            if waiting.state is WaitingState.WAITING:
                await self._pulls.require_possible(pull)
                return waiting
            return await self._pulls.hand_over(pull)
        except (Refused, Conflict) as refused:
            await self._end(waiting, _reason_of(refused) or Reason.CHANGED_MEANWHILE)
            raise

    async def cancel(self, waiting_id: str, token: VerifiedAccessToken) -> None:
        """The client needs it no more. Raises NotFound (PULL_UNKNOWN)."""
        await self._end(await self._own(waiting_id, token), Reason.CANCELLED)

    async def advance(self) -> int:
        """Try pulls that are due, and end answers that may not be told (any more); the worker's job, on any node. Gives
        how many.
        """
        async with self._storage.reading() as uow:
            due = await store.due(uow, limit=BATCH)
            over = dict.fromkeys(await store.without_consent(uow, limit=BATCH), Reason.CONSENT_ENDED)
            over |= dict.fromkeys(await store.overdue(uow, limit=BATCH), Reason.TOO_LATE)
        tried = 0
        for waiting_id in due:
            # each is taken when its turn has come: the lease is of one try, not of those before it
            async with self._storage.unit_of_work() as uow:
                is_mine = await store.claim(uow, waiting_id, lease=LEASE)
            waiting = await self._find(waiting_id) if is_mine else None
            if waiting is not None:
                await self._try(waiting)
                tried += 1
        for waiting_id, reason in over.items():
            waiting = await self._find(waiting_id)
            if waiting is not None:
                await self._end(waiting, reason)
        return tried + len(over)

    async def forget_person(self, uow: UnitOfWork, owner: str) -> None:
        """An identity was closed: nothing about it waits any more."""
        await store.end_of(uow, owner)

    async def _try(self, waiting: WaitingPull) -> None:
        pull = await self._request(waiting)
        now = self._storage.clock.now()
        if isinstance(pull, Reason) or now >= waiting.deadline:
            await self._end(waiting, pull if isinstance(pull, Reason) else Reason.TOO_LATE)
            return
        try:
            await self._pulls.pull(pull)  # released: the row became ready in the same transaction
        except TuatonError as error:
            reason = self._passing(error)
            if reason is None:
                await self._end(waiting, _reason_of(error) or Reason.CHANGED_MEANWHILE)
                return
            async with self._storage.unit_of_work() as uow:
                hours = await self._hours(uow, pull)
                again = rules.next_try(reason, attempts=waiting.attempts, hours=hours, now=now)
                next_at = min(again, waiting.deadline)
                await store.put_off(uow, waiting.id, reason=reason, next_at=next_at)

    async def _accept(self, asked: Asked, reason: Reason) -> Accepted | None:
        token, detail = asked.pull.access_token, asked.detail
        async with self._storage.unit_of_work() as uow:
            service = (await self._agencies.services_named(uow, [detail.purpose])).get(detail.purpose)
            if not rules.may_wait(asked.pull, detail, service, reason):
                return None
            if await store.count_waiting(uow, token.client_id) >= MOST_WAITING:
                return None
            again = rules.next_try(reason, attempts=0, hours=await self._hours(uow, asked.pull), now=uow.now)
            waiting = WaitingPull(
                id=WaitingPullId(new_id("pul", now=uow.now, randomness=self._randomness)),
                client_id=token.client_id,
                agency_id=token.agency_id,
                key_owner=token.subscriber_id or token.agency_id,
                dataset=detail.dataset,
                request_digest=asked.request_digest,
                state=WaitingState.WAITING,
                reason=reason,
                attempts=0,
                accepted_at=uow.now,
                next_at=min(again, uow.now + rules.WAITS_AT_MOST),
                deadline=uow.now + rules.WAITS_AT_MOST,
                disclosure_id=None,
            )
            sealed_request = await self._personal.seal(
                uow, waiting.key_owner, table="waiting_pull", column="sealed_request", row=waiting.id,
                value=sealed.to_bytes(asked.pull),
            )  # fmt: skip
            if not await store.insert_waiting(
                uow, waiting, idempotency_digest=asked.idempotency_digest, sealed_request=sealed_request
            ):
                return None
            await self._note(uow, "exchange.accepted", waiting, reason)
        return Accepted(waiting)

    async def _hours(self, uow: UnitOfWork, pull: Pull) -> AccessHours | None:
        """When the agreement of the pull may be used; None for always, and where there is none."""
        token = pull.access_token
        [detail] = [one for one in token.details if one.dataset == pull.dataset]
        agreement = await self._agencies.agreement_for(
            uow, token.agency_id, detail.purpose, detail.dataset, uow.now, channel=channel_of(detail.subject)
        )
        return None if agreement is None else agreement.hours

    async def _end(self, waiting: WaitingPull, reason: Reason) -> None:
        async with self._storage.unit_of_work() as uow:
            if not await store.end(uow, waiting.id, reason=reason):
                return
            # a worker may have released it since `waiting` was read
            ended = await store.find_waiting(uow, waiting.id)
            if ended is not None and ended.disclosure_id is not None:
                await drop_answer(uow, ended.disclosure_id)
            await self._note(uow, "exchange.wait_ended", waiting, reason)
            await enqueue(
                uow,
                topic=rules.ENDED_TOPIC,
                payload={"pull_id": waiting.id, "client_id": waiting.client_id},
                randomness=self._randomness,
            )

    async def _request(self, waiting: WaitingPull) -> Pull | Reason:
        """What was asked, or why nobody can say it any more."""
        async with self._storage.reading() as uow:
            text = await store.sealed_request(uow, waiting.id)
            if text is None:
                return Reason.SUBSCRIBER_ENDED
            try:
                opened = await self._personal.open(
                    uow, waiting.key_owner, table="waiting_pull", column="sealed_request", row=waiting.id, sealed=text
                )
            except SealBroken:
                return Reason.SUBSCRIBER_ENDED  # the person's key was destroyed
        try:
            return sealed.from_bytes(opened, waiting_id=waiting.id)
        except InvalidGdxDetail:
            return Reason.NOT_IN_TOKEN  # this release's catalogue has it no more

    async def _own(self, waiting_id: str, token: VerifiedAccessToken) -> WaitingPull:
        found = await self._find(WaitingPullId(waiting_id)) if is_id("pul", waiting_id) else None
        if found is None or (found.client_id, found.agency_id) != (token.client_id, token.agency_id):
            raise NotFound(ExchangeProblem.PULL_UNKNOWN)
        return found

    async def _find(self, waiting_id: WaitingPullId) -> WaitingPull | None:
        async with self._storage.reading() as uow:
            return await store.find_waiting(uow, waiting_id)

    def _passing(self, error: TuatonError) -> Reason | None:
        """The reason when it passes by itself."""
        reason = _reason_of(error)
        return reason if reason in rules.PASSING else None

    async def _note(self, uow: UnitOfWork, event: str, waiting: WaitingPull, reason: Reason) -> None:
        event_of = AuditEvent(
            event=event,
            actor=Actor(ActorKind.CLIENT, waiting.client_id),
            agency_id=waiting.agency_id,
            client_id=waiting.client_id,
            details={"pull": waiting.id, "dataset": waiting.dataset, "reason": reason.value},
        )
        await self._audit.append(uow, event_of)


def _reason_of(error: TuatonError) -> Reason | None:
    return next((reason for reason in Reason if reason.value == error.detail and error.code is PROBLEMS[reason]), None)
