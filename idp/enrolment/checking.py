"""The step at which a card is judged: by itself first, then by the registry, which is asked between units of work."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, assert_never

from idp.enrolment import rules, store
from idp.enrolment.applicants import NOT_USABLE, Applicants
from idp.enrolment.applications import Applications
from idp.enrolment.card_check import CardCheck, RegistryWord
from idp.enrolment.journal import Journal
from idp.enrolment.journeys import BY_PASSPORT
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
from idp.enrolment.overrides import Overrides
from idp.enrolment.passport_check import PassportCheck
from idp.enrolment.presented import Presented
from idp.enrolment.steps import Steps
from idp.kernel.errors import NotFound
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import AttributeSource

CLAIM: Final = timedelta(seconds=30)
"""How long one node may take to check a card before another may; the registry's own deadline is far below."""

APPLICATION_LIFE: Final = timedelta(hours=1)
"""How long an application counts as open when nobody ended it; longer than any journey at a counter."""


class Checking:
    """Judges what was presented. Any node may do it; one at a time does."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        applicants: Applicants,
        applications: Applications,
        card_check: CardCheck,
        passport_check: PassportCheck,
        steps: Steps,
        journal: Journal,
        overrides: Overrides,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._applicants = applicants
        self._applications = applications
        self._card_check = card_check
        self._passport_check = passport_check
        self._steps = steps
        self._journal = journal
        self._overrides = overrides

    async def check(self, enrolment: Enrolment) -> Enrolment:
        """From whichever step may lead here, to the comparison of faces, to waiting for the registry, or to an end."""
        # 1. one caller checks; of a passport the process that can open it
        if not await self._may_judge(enrolment):
            return enrolment
        async with self._storage.unit_of_work() as uow:
            if not await store.claim_check(uow, enrolment.id, until=uow.now + CLAIM):
                return await self._steps.found(uow, enrolment.id)
        # 2. what is presented says by itself
        presented = await self._presented(enrolment)
        if isinstance(presented, EnrolmentProblem):
            return await self._steps.end(enrolment, presented)
        async with self._storage.reading() as uow:
            facts = await self._applicants.facts(uow, enrolment, presented)
        obstacle = rules.find_obstacle(facts)
        if obstacle is not None:
            if obstacle in rules.MAY_BE_OVERRIDDEN:
                async with self._storage.unit_of_work() as uow:
                    await self._overrides.remember(uow, enrolment.id, presented, holder=facts.holder)
            return await self._steps.end(enrolment, obstacle, evidence=(_how_read(enrolment),))
        # 3. the owner's consent, the person's one application, and the decision to ask: on record before anybody is
        async with self._storage.unit_of_work() as uow:
            present = await self._steps.found(uow, enrolment.id)
            if present.card_session_id != enrolment.card_session_id:
                return present  # a step back meanwhile: another card was asked for
            other = await self._applications.open(
                uow,
                presented.number,
                application_id=enrolment.id,
                case_no=enrolment.case_no,
                is_attended=True,
                expires_at=uow.now + APPLICATION_LIFE,
            )
            if other is None:
                await self._put_on_record(uow, enrolment, presented)
        if other is not None:
            return await self._steps.end(enrolment, EnrolmentProblem.APPLICATION_OPEN, other_case_no=other)
        # 4. what the issuing state's signature says, or the registry
        if presented.source is AttributeSource.PASSPORT:
            return await self._passport_check.judge(enrolment, presented)
        return await self._take_words(enrolment, await self._card_check.ask_about(presented.card, presented.typed))

    async def _may_judge(self, enrolment: Enrolment) -> bool:
        """Another process's passport is left alone: only who asked for it can open it."""
        if enrolment.journey not in BY_PASSPORT:
            return True
        async with self._storage.reading() as uow:
            return self._stations.can_open(enrolment.card_session_id, now=uow.now)

    async def _presented(self, enrolment: Enrolment) -> Presented | EnrolmentProblem:
        async with self._storage.reading() as uow:
            try:
                return await self._applicants.presented(uow, enrolment)
            except NotFound:
                return EnrolmentProblem.CARD_REMOVED
            except NOT_USABLE:
                return EnrolmentProblem.CARD_DATA_UNUSABLE

    async def _put_on_record(self, uow: UnitOfWork, enrolment: Enrolment, presented: Presented) -> None:
        await self._gather(uow, enrolment)
        if enrolment.state is not EnrolmentState.CHECKING_CARD:
            await self._steps.validate_entry(uow, enrolment, at=enrolment.state, to=EnrolmentState.CHECKING_CARD)
        await store.save_flags(uow, enrolment.id, await self._applicants.flags(uow, enrolment, presented))
        if presented.source is not AttributeSource.PASSPORT:
            await self._journal.note(uow, "enrolment.card_status_asked", enrolment)

    async def _gather(self, uow: UnitOfWork, enrolment: Enrolment) -> None:
        """Keep how the card came here, once."""
        held = await self._steps.held(uow, enrolment)
        if EvidenceKind.CARD_HANDED_OVER not in held:
            await self._journal.keep(uow, enrolment, EvidenceKind.CARD_HANDED_OVER, EvidenceResult.GIVEN)
        kind, result = _how_read(enrolment)
        if kind not in held:
            session = await self._stations.session(uow, enrolment.card_session_id)
            reader = f"station {enrolment.station_id}" + (", virtual reader" if session.is_virtual else "")
            await self._journal.keep(uow, enrolment, kind, result, source=reader)

    async def _take_words(self, enrolment: Enrolment, words: Sequence[RegistryWord]) -> Enrolment:
        decision = rules.decide_card(answers=[word.status for word in words])
        async with self._storage.unit_of_work() as uow:
            to, problem = rules.state_after(decision)
            checked_at = uow.now if isinstance(decision, CardPassed) else None
            checking = (EnrolmentState.CHECKING_CARD,)
            if not await store.move(
                uow,
                enrolment.id,
                of=checking,
                to=to,
                problem=problem,
                checked_at=checked_at,
                card_session_id=enrolment.card_session_id,
            ):
                # it ended meanwhile, another node took the check over, or another card is checked by now
                return await self._steps.found(uow, enrolment.id)
            for word in words:
                await self._journal.keep(
                    uow, enrolment, word.kind, word.result, source=word.source, wire_code=word.wire_code
                )
            match decision:
                case CardPassed():
                    await self._steps.validate_entry(uow, enrolment, at=EnrolmentState.CHECKING_CARD, to=to)
                    await self._journal.note(uow, "enrolment.card_passed", enrolment)
                case CardPending():
                    await self._journal.note(uow, "enrolment.registry_pending", enrolment)
                case CardRefused(problem):
                    await self._steps.close(uow, enrolment)
                    await self._journal.note_refusal(uow, enrolment, problem)
                case _ as unreachable:
                    assert_never(unreachable)
            return await self._steps.found(uow, enrolment.id)


def _how_read(enrolment: Enrolment) -> tuple[EvidenceKind, EvidenceResult]:
    if enrolment.is_typed:
        return EvidenceKind.CARD_TYPED, EvidenceResult.GIVEN
    if enrolment.journey in BY_PASSPORT:
        return EvidenceKind.PASSPORT_READ, EvidenceResult.READ
    return EvidenceKind.CARD_READ, EvidenceResult.READ
