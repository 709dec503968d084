"""Use cases of enrolment by ThaiD: leaving for ThaiD, and coming back."""

import hashlib
import hmac
from datetime import datetime
from typing import Final, assert_never

from connectors.contracts.errors import RegistryRefused, RegistryUnavailable, WrongPerson
from connectors.contracts.thai_dates import BANGKOK
from connectors.contracts.thaid import ThaidAnswerRefused, ThaidAttempt, ThaidCodeRefused, ThaidIdentity, ThaidPort
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication.held import holds_authenticator
from idp.enrolment.by_thaid import rules, store
from idp.enrolment.by_thaid.model import (
    Admit,
    Arrival,
    Create,
    Departure,
    Facts,
    SignedIn,
    ThaidEnrolmentId,
    ThaidProblem,
    TurnAway,
)
from idp.enrolment.completion import LINK_LIFE, PasskeyInvitations
from idp.enrolment.looking_twice import looking_twice
from idp.kernel.errors import Refused, TuatonError, Unavailable
from idp.kernel.ids import SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.notices.model import NoticeTopic
from idp.notices.service import Notices
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import Identity, Subscriber
from idp.subscribers.service import Subscribers

HANDLE: Final = "thaid_attempt"


class ThaidEnrolments:
    """Enrolment by ThaiD. `alone_suffices`: see `Facts`; off unless the operator says otherwise."""

    def __init__(
        self,
        *,
        storage: Storage,
        thaid: ThaidPort,
        subscribers: Subscribers,
        invitations: PasskeyInvitations,
        sealer: TokenSealer,
        notices: Notices,
        audit: AuditLog,
        security_log: SecurityLog,
        alone_suffices: bool = False,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._thaid = thaid
        self._subscribers = subscribers
        self._invitations = invitations
        self._sealer = sealer
        self._notices = notices
        self._audit = audit
        self._security_log = security_log
        self._alone_suffices = alone_suffices
        self._randomness = randomness

    @property
    def thaid_origin(self) -> str:
        """Where a form that leaves for ThaiD ends."""
        return self._thaid.origin

    async def leave(self, *, browser_id: str, language: str) -> Departure:
        """The person agreed to the check: an attempt for this browser. Raises Unavailable (UNAVAILABLE)."""
        attempt = self._thaid.new_attempt()
        try:
            url = await self._thaid.authorization_url(attempt, language=language)
        except RegistryUnavailable as error:
            raise Unavailable(ThaidProblem.UNAVAILABLE, "discovery") from error
        async with self._storage.unit_of_work() as uow:
            enrolment_id = ThaidEnrolmentId(new_id("tde", now=uow.now, randomness=self._randomness))
            expires_at = uow.now + rules.ATTEMPT_LIFE
            await store.insert_attempt(uow, enrolment_id, browser_digest=_digest(browser_id), expires_at=expires_at)
        sealed = {"id": enrolment_id, "state": attempt.state, "nonce": attempt.nonce, "verifier": attempt.code_verifier}
        return Departure(url, self._sealer.seal(HANDLE, sealed, expires_at=expires_at))

    async def arrive(
        self, *, handle: str, browser_id: str, state: str, code: str, error: str, signed_in: SignedIn | None
    ) -> Arrival:
        """Take ThaiD's answer, once.

        Raises Refused (NOT_THIS_ATTEMPT, DENIED, ANSWER_REFUSED, ANOTHER_PERSON, LEVEL_TOO_LOW, CARD_EXPIRED,
        HAS_AUTHENTICATOR, BELOW_IDENTITY, IDENTITY_STOPPED) and Unavailable (UNAVAILABLE).
        """
        # 1. the answer to this browser's own attempt, taken by one caller only, whatever comes after
        enrolment_id, attempt = await self._claim(handle, browser_id, state)
        # 2. the person may have said no
        if error or not code:
            raise await self._refused(enrolment_id, ThaidProblem.DENIED, None)
        # 3. who it is, from server to server: nothing that the browser says of a person is looked at
        identity = await self._ask(enrolment_id, attempt, code)
        # 4. what that is worth here, decided and done in one unit of work
        return await looking_twice(lambda: self._settle(enrolment_id, identity, signed_in))

    async def _claim(self, handle: str, browser_id: str, state: str) -> tuple[ThaidEnrolmentId, ThaidAttempt]:
        async with self._storage.unit_of_work() as uow:
            try:
                sealed = self._sealer.open(HANDLE, handle, now=uow.now)
            except (SealBroken, SealExpired) as error:
                raise self._not_ours("no attempt of this browser") from error
            # RFC 6749 §10.12: "The client MUST implement CSRF protection for its redirection URI."
            if not hmac.compare_digest(state.encode(), sealed["state"].encode()):
                raise self._not_ours("state")
            enrolment_id = ThaidEnrolmentId(sealed["id"])
            if not await store.claim(uow, enrolment_id, browser_digest=_digest(browser_id)):
                raise self._not_ours("used, over, or another browser's")
        return enrolment_id, ThaidAttempt(sealed["state"], sealed["nonce"], sealed["verifier"])

    async def _ask(self, enrolment_id: ThaidEnrolmentId, attempt: ThaidAttempt, code: str) -> ThaidIdentity:
        try:
            return await self._thaid.redeem(attempt, code=code)
        except (RegistryUnavailable, RegistryRefused) as error:
            await self._refused(enrolment_id, ThaidProblem.UNAVAILABLE, None, detail=type(error).__name__)
            raise Unavailable(ThaidProblem.UNAVAILABLE, type(error).__name__) from error
        except ThaidCodeRefused as error:
            raise await self._refused(enrolment_id, ThaidProblem.NOT_THIS_ATTEMPT, None, detail="code") from error
        except (ThaidAnswerRefused, WrongPerson) as error:
            reason = type(error).__name__
            raise await self._refused(enrolment_id, ThaidProblem.ANSWER_REFUSED, None, detail=reason) from error

    async def _settle(
        self, enrolment_id: ThaidEnrolmentId, identity: ThaidIdentity, signed_in: SignedIn | None
    ) -> Arrival:
        async with self._storage.unit_of_work() as uow:
            holder = await self._subscribers.find_by_citizen_id(uow, identity.citizen_id)
            decision = rules.decide(
                Facts(
                    stated=rules.ial_stated(identity.ial),
                    card_has_expired=_has_expired(identity, uow.now),
                    holder=holder,
                    holds_authenticator=holder is not None and await holds_authenticator(uow, holder.id),
                    signed_in=signed_in,
                    alone_suffices=self._alone_suffices,
                )
            )
            if not isinstance(decision, TurnAway):
                return await self._admit(uow, enrolment_id, identity, decision)
        raise await self._refused(enrolment_id, decision.problem, holder)

    async def _admit(
        self, uow: UnitOfWork, enrolment_id: ThaidEnrolmentId, identity: ThaidIdentity, decision: Create | Admit
    ) -> Arrival:
        subscriber_id = await self._subscriber(uow, identity, decision)
        by = Actor(ActorKind.SUBSCRIBER, subscriber_id)
        stated = decision.ial if isinstance(decision, Create) else decision.stated
        ial = (await self._subscribers.get(uow, subscriber_id)).ial
        await store.complete(uow, enrolment_id, subscriber_id=subscriber_id, stated=stated, ial=ial)
        link = await self._invitations.make(uow, subscriber_id, by=by, valid_for=LINK_LIFE)
        is_new = isinstance(decision, Create)
        topic = NoticeTopic.IDENTITY_ENROLLED if is_new else NoticeTopic.IDENTITY_PROOFED_AGAIN
        await self._notices.tell(uow, subscriber_id, topic, cause=enrolment_id)
        details = {
            "enrolment": enrolment_id,
            "evidence": "thaid",
            "stated": stated.value,
            "ial": ial.value,
            "is_new": is_new,
        }
        await self._audit.append(
            uow, AuditEvent(event="thaid_enrolment.completed", actor=by, subject=subscriber_id, details=details)
        )
        return Arrival(subscriber_id, link)

    async def _subscriber(self, uow: UnitOfWork, identity: ThaidIdentity, decision: Create | Admit) -> SubscriberId:
        attributes = Identity(
            identity.citizen_id, identity.name_th, identity.name_en, identity.birth_date, identity.sex
        )
        match decision:
            case Create(ial):
                return await self._subscribers.create(uow, identity=attributes, ial=ial, by=SYSTEM)
            case Admit(holder, stated, raises):
                if raises:
                    by = Actor(ActorKind.SUBSCRIBER, holder)
                    await self._subscribers.raise_ial(uow, holder, identity=attributes, ial=stated, by=by)
                return holder
            case _ as unreachable:
                assert_never(unreachable)

    async def _refused(
        self,
        enrolment_id: ThaidEnrolmentId,
        problem: ThaidProblem,
        holder: Subscriber | None,
        *,
        detail: str = "",
    ) -> TuatonError:
        """End the attempt. Of a proven person it is an entry; else a line of the security log."""
        async with self._storage.unit_of_work() as uow:
            await store.refuse(uow, enrolment_id, problem)
            if holder is not None:
                event = AuditEvent(
                    event="thaid_enrolment.refused",
                    actor=Actor(ActorKind.SUBSCRIBER, holder.id),
                    outcome="refused",
                    subject=holder.id,
                    details={"enrolment": enrolment_id, "code": problem.value},
                )
                await self._audit.append(uow, event)
        if holder is None:
            self._security_log.note("thaid.refused", code=problem.value, reason=detail)
        return Refused(problem, detail)

    def _not_ours(self, reason: str) -> Refused:
        self._security_log.note("thaid.refused", code=ThaidProblem.NOT_THIS_ATTEMPT.value, reason=reason)
        return Refused(ThaidProblem.NOT_THIS_ATTEMPT, reason)


def _has_expired(identity: ThaidIdentity, now: datetime) -> bool:
    return identity.card_expires_on is not None and identity.card_expires_on.is_before(now.astimezone(BANGKOK).date())


def _digest(browser_id: str) -> bytes:
    return hashlib.sha256(browser_id.encode()).digest()
