"""Asking the registry about a card that was read without an officer, by one caller at a time, on any node."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

from connectors.contracts.card import ThaiCardData
from connectors.contracts.errors import CardFault
from connectors.contracts.registry import CardStatus
from connectors.contracts.thai_dates import BANGKOK
from idp.enrolment import rules as policy
from idp.enrolment.card_check import CardCheck, RegistryWord
from idp.enrolment.journeys import JOURNEYS, held_of, may_enter
from idp.enrolment.looking_twice import looking_twice
from idp.enrolment.model import ENDS, CardPassed, CardPending, CardRefused, EnrolmentState
from idp.enrolment.unattended import rules, store
from idp.enrolment.unattended.admission import Admission
from idp.enrolment.unattended.journal import UnattendedJournal
from idp.enrolment.unattended.model import Application, FoundEvidence, UnattendedProblem
from idp.kernel.errors import Conflict, NotFound
from idp.kernel.ids import EnrolmentId
from idp.storage.storage import Storage, UnitOfWork

CLAIM: Final = timedelta(seconds=30)
"""How long one caller may take to ask before another may; the registry's own deadline is far below."""

STILL_OPEN: Final = tuple(state for state in EnrolmentState if state not in ENDS)


class Checking:
    """What both journeys do with a card. Opens its own units of work: the registry is asked between them."""

    def __init__(
        self, *, storage: Storage, card_check: CardCheck, admission: Admission, journal: UnattendedJournal
    ) -> None:
        self._storage = storage
        self._card_check = card_check
        self._admission = admission
        self._journal = journal

    async def check(self, application: Application, card: ThaiCardData, *, then: EnrolmentState) -> Application:
        """Ask about the card and go on to `then`, to waiting for the registry, or to the end."""
        # 1. one caller checks
        before = [row.key for row in JOURNEYS[application.journey].steps if EnrolmentState.CHECKING_CARD in row.next]
        async with self._storage.unit_of_work() as uow:
            if not await store.claim_check(uow, application.id, of=before, until=uow.now + CLAIM):
                return await found(uow, application.id)
            today = uow.now.astimezone(BANGKOK).date()
        # 2. what the card itself says. Nothing is said of who has an identity before the registry knows this card:
        #    else anybody could ask about anybody's number
        if card.expiry_date is not None and card.expiry_date.is_before(today):
            return await self.end(application, UnattendedProblem.CARD_EXPIRED)
        # 3. the decision to ask is on record before anybody is asked
        async with self._storage.unit_of_work() as uow:
            await self._journal.note(uow, "unattended.card_status_asked", application)
        # 4. what the registry says
        return await self._take_words(application, card, await self._card_check.ask(card), then)

    async def complete(
        self,
        application: Application,
        card: ThaiCardData,
        *,
        of: EnrolmentState,
        evidence: Sequence[FoundEvidence],
        stay: timedelta | None = None,
    ) -> Application:
        """The end that was hoped for, or the reason why not. `evidence` is kept with it, it is shown for `stay`."""

        async def act() -> Application:
            async with self._storage.unit_of_work() as uow:
                until = None if stay is None else uow.now + stay
                if await store.move(uow, application.id, of=(of,), to=EnrolmentState.COMPLETED, expires_at=until):
                    await self._keep(uow, application, evidence)
                    await self._settle(uow, application, card, of=of)
                return await found(uow, application.id)

        return await looking_twice(act)

    async def end(
        self,
        application: Application,
        problem: UnattendedProblem,
        *,
        fault: CardFault | None = None,
        reason: str = "",
    ) -> Application:
        """It ends without an identity; what was read is forgotten in the same statement."""
        async with self._storage.unit_of_work() as uow:
            to, now = EnrolmentState.REFUSED, uow.now
            if await store.move(
                uow, application.id, of=STILL_OPEN, to=to, problem=problem, fault=fault, expires_at=now
            ):
                await self._journal.note_refusal(uow, application, problem, reason=reason)
            return await found(uow, application.id)

    async def _take_words(
        self, application: Application, card: ThaiCardData, words: Sequence[RegistryWord], then: EnrolmentState
    ) -> Application:
        checking, said = EnrolmentState.CHECKING_CARD, [_evidence_of(word) for word in words]

        async def act() -> Application:
            async with self._storage.unit_of_work() as uow:
                to, problem, until = _after(words, application, then=then, now=uow.now)
                again_at = uow.now + rules.ASKED_EVERY if to is EnrolmentState.PENDING_REGISTRY else None
                if not await store.move(
                    uow, application.id, of=(checking,), to=to, problem=problem, expires_at=until, not_before=again_at
                ):
                    return await found(uow, application.id)  # it ended meanwhile, or another caller took it over
                await self._keep(uow, application, said)
                if problem is not None and to is EnrolmentState.REFUSED:
                    await self._journal.note_refusal(uow, application, problem)
                else:
                    await self._journal.note(uow, "unattended.card_checked", application, state=to.value)
                if to is EnrolmentState.COMPLETED:
                    await self._settle(uow, application, card, of=checking)
                return await found(uow, application.id)

        return await looking_twice(act)

    async def _keep(self, uow: UnitOfWork, application: Application, evidence: Sequence[FoundEvidence]) -> None:
        for piece in evidence:
            await self._journal.keep(
                uow, application, piece.kind, piece.result, source=piece.source, wire_code=piece.wire_code
            )

    async def _settle(
        self, uow: UnitOfWork, application: Application, card: ThaiCardData, *, of: EnrolmentState
    ) -> None:
        held = held_of(await store.evidence_of_enrolment(uow, application.id))
        completed = EnrolmentState.COMPLETED
        if not may_enter(JOURNEYS[application.journey], at=of, to=completed, held=held):
            raise Conflict(UnattendedProblem.WRONG_STEP)
        turned_away = await self._admission.settle(uow, application, card)
        if turned_away is not None:
            refused = EnrolmentState.REFUSED
            problem = turned_away.problem
            await store.move(uow, application.id, of=(completed,), to=refused, problem=problem, expires_at=uow.now)


def _after(
    words: Sequence[RegistryWord], application: Application, *, then: EnrolmentState, now: datetime
) -> tuple[EnrolmentState, UnattendedProblem | None, datetime]:
    """Where the registry's words leave an application, the code to show, and until when it stays there."""
    match policy.decide_card(answers=[word.status for word in words]):
        case CardPassed():
            return then, None, now + rules.ANSWER_STAY
        case CardPending():
            until = (application.read_at or now) + rules.pending_stay(application.journey)
            return EnrolmentState.PENDING_REGISTRY, UnattendedProblem.REGISTRY_UNAVAILABLE, until
        case CardRefused():
            said = next(word.status for word in words if word.status not in (None, CardStatus.NORMAL))
            return EnrolmentState.REFUSED, rules.problem_of(said), now
        case _ as unreachable:
            assert_never(unreachable)


def _evidence_of(word: RegistryWord) -> FoundEvidence:
    return FoundEvidence(word.kind, word.result, word.source, word.wire_code)


async def found(uow: UnitOfWork, enrolment_id: EnrolmentId) -> Application:
    """The application as it stands now. Raises NotFound (NOT_THIS_BROWSER)."""
    application = await store.find(uow, enrolment_id)
    if application is None:
        raise NotFound(UnattendedProblem.NOT_THIS_BROWSER)
    return application
