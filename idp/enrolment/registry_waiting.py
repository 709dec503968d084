"""An enrolment whose officer is done while the registry is silent: it ends by itself when the registry answers.

What the card said waits sealed to this server, without the photo and for three days at most. The person left, so that
no link for a passkey is made: whoever is enrolled so comes back for it, or is told where they are known already.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, assert_never

from idp.enrolment import kept_store, rules, store
from idp.enrolment.applicants import NOT_USABLE, Applicants
from idp.enrolment.applications import Applications
from idp.enrolment.card_check import CardCheck, RegistryWord
from idp.enrolment.completion import Completion
from idp.enrolment.journal import Journal
from idp.enrolment.looking_twice import looking_twice
from idp.enrolment.model import (
    CardPassed,
    CardPending,
    CardRefused,
    Enrolment,
    EnrolmentProblem,
    EnrolmentState,
    EvidenceKind,
    EvidenceResult,
)
from idp.enrolment.presented import Presented
from idp.enrolment.steps import Steps
from idp.kernel.errors import Conflict, NotFound
from idp.stations.service import Stations
from idp.storage.storage import Storage

ASKED_EVERY: Final = timedelta(minutes=1)


class RegistryWaiting:
    """Begins to wait, and asks again; any node may, one a minute does."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        applicants: Applicants,
        applications: Applications,
        card_check: CardCheck,
        completion: Completion,
        steps: Steps,
        journal: Journal,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._applicants = applicants
        self._applications = applications
        self._card_check = card_check
        self._completion = completion
        self._steps = steps
        self._journal = journal

    async def begin(self, enrolment: Enrolment) -> Enrolment:
        """The officer is done and the card goes back. Raises Conflict (WRONG_STATE), NotFound (NOTHING_READ)."""
        async with self._storage.unit_of_work() as uow:
            presented = await self._applicants.presented(uow, enrolment)
            await self._journal.keep(uow, enrolment, EvidenceKind.FACE_BY_OFFICER, EvidenceResult.MATCHES)
            await self._journal.keep(uow, enrolment, EvidenceKind.NO_RELATION, EvidenceResult.DECLARED)
            await self._steps.validate_entry(
                uow, enrolment, at=EnrolmentState.PENDING_REGISTRY, to=EnrolmentState.AWAITING_REGISTRY
            )
            if not await kept_store.keep(uow, enrolment.id, self._applicants.sealed(presented)):
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            await self._applications.extend(uow, enrolment.id, until=enrolment.started_at + rules.WAITING_LIFE)
            await self._stations.end(uow, enrolment.card_session_id)
            await self._journal.note(uow, "enrolment.waits_for_registry", enrolment)
            return await self._steps.found(uow, enrolment.id)

    async def ask(self, enrolment: Enrolment) -> Enrolment:
        """Ask the registry once more, and end the journey either way when it answers."""
        # 1. one caller asks
        async with self._storage.unit_of_work() as uow:
            if not await kept_store.claim_waiting(uow, enrolment.id, until=uow.now + ASKED_EVERY):
                return enrolment
            try:
                presented = await self._applicants.presented(uow, enrolment)
            except (NotFound, *NOT_USABLE):
                presented = None
            else:
                await self._journal.note(uow, "enrolment.card_status_asked", enrolment)
        if presented is None:
            return await self._steps.end(enrolment, EnrolmentProblem.CARD_DATA_UNUSABLE)
        # 2. what it says
        words = await self._card_check.ask_about(presented.card, presented.typed)
        decision = rules.decide_card(answers=[word.status for word in words])
        match decision:
            case CardPending():
                return enrolment
            case CardRefused(problem):
                said = [(word.kind, word.result) for word in words]
                return await self._steps.end(enrolment, problem, evidence=said)
            case CardPassed():
                return await looking_twice(lambda: self._complete(enrolment, presented, words))
            case _ as unreachable:
                assert_never(unreachable)

    async def _complete(self, enrolment: Enrolment, presented: Presented, words: Sequence[RegistryWord]) -> Enrolment:
        async with self._storage.unit_of_work() as uow:
            obstacle = rules.find_obstacle(await self._applicants.facts(uow, enrolment, presented))
            if obstacle is None:
                at, to = EnrolmentState.AWAITING_REGISTRY, EnrolmentState.COMPLETED
                if not await store.move(uow, enrolment.id, of=(at,), to=to, checked_at=uow.now):
                    return await self._steps.found(uow, enrolment.id)  # somebody ended it meanwhile
                for word in words:
                    await self._journal.keep(
                        uow, enrolment, word.kind, word.result, source=word.source, wire_code=word.wire_code
                    )
                await self._steps.validate_entry(uow, enrolment, at=at, to=to)
                await self._completion.complete(uow, enrolment, presented, is_present=False)
                await self._steps.close(uow, enrolment)
                return await self._steps.found(uow, enrolment.id)
        return await self._steps.end(enrolment, obstacle)
