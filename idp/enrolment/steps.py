"""Moving along a journey at a counter: found, owned, allowed by its table, ended. Shared by the room's use cases."""

from collections.abc import Sequence

from connectors.contracts.card import ProofReason
from connectors.contracts.errors import CardFault
from idp.agencies.model import Member
from idp.enrolment import journeys, store
from idp.enrolment.applications import Applications
from idp.enrolment.case_numbers import CaseNumber
from idp.enrolment.journal import Journal
from idp.enrolment.journeys import JOURNEYS, Held
from idp.enrolment.model import (
    ENDS,
    Enrolment,
    EnrolmentProblem,
    EnrolmentState,
    EvidenceKind,
    EvidenceResult,
)
from idp.kernel.errors import Conflict, NotFound
from idp.kernel.ids import EnrolmentId
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork

STILL_OPEN = tuple(state for state in EnrolmentState if state not in ENDS)


class Steps:
    """Finds journeys and ends them; says whether the table lets somebody on."""

    def __init__(self, *, storage: Storage, stations: Stations, applications: Applications, journal: Journal) -> None:
        self._storage = storage
        self._stations = stations
        self._applications = applications
        self._journal = journal

    async def found(self, uow: UnitOfWork, enrolment_id: EnrolmentId) -> Enrolment:
        """The enrolment with this id. Raises NotFound (UNKNOWN)."""
        found = await store.find(uow, enrolment_id)
        if found is None:
            raise NotFound(EnrolmentProblem.UNKNOWN)
        return found

    async def own(self, uow: UnitOfWork, enrolment_id: EnrolmentId, officer: Member) -> Enrolment:
        """The officer's own enrolment. Raises NotFound (UNKNOWN), also for a colleague's."""
        enrolment = await self.found(uow, enrolment_id)
        if enrolment.officer != officer.id:
            raise NotFound(EnrolmentProblem.UNKNOWN)
        return enrolment

    async def held(self, uow: UnitOfWork, enrolment: Enrolment) -> Held:
        """What its evidence says."""
        return journeys.held_of(await store.evidence_of_enrolment(uow, enrolment.id))

    async def validate_entry(
        self, uow: UnitOfWork, enrolment: Enrolment, *, at: EnrolmentState, to: EnrolmentState
    ) -> None:
        """Does the table let the journey on from `at`, with what is held now? Raises Conflict (WRONG_STATE)."""
        if not journeys.may_enter(JOURNEYS[enrolment.journey], at=at, to=to, held=await self.held(uow, enrolment)):
            raise Conflict(EnrolmentProblem.WRONG_STATE)

    async def end(
        self,
        enrolment: Enrolment,
        problem: EnrolmentProblem,
        *,
        fault: CardFault | None = None,
        evidence: Sequence[tuple[EvidenceKind, EvidenceResult]] = (),
        other_case_no: CaseNumber | None = None,
        reasons: Sequence[ProofReason] = (),
    ) -> Enrolment:
        """The journey ends without an identity; one that ended already stays as it is."""
        async with self._storage.unit_of_work() as uow:
            if await store.move(
                uow,
                enrolment.id,
                of=STILL_OPEN,
                to=EnrolmentState.REFUSED,
                problem=problem,
                fault=fault,
                other_case_no=other_case_no,
                reasons=reasons,
            ):
                for kind, result in evidence:
                    await self._journal.keep(uow, enrolment, kind, result)
                await self.close(uow, enrolment)
                await self._journal.note_refusal(uow, enrolment, problem)
            return await self.found(uow, enrolment.id)

    async def close(self, uow: UnitOfWork, enrolment: Enrolment) -> None:
        """What every end does: the card session is over, and the person may apply again."""
        await self._stations.end(uow, enrolment.card_session_id)
        await self._applications.close(uow, enrolment.id)
