"""The step at which a passport is judged: by the states this deployment trusts, in the process that asked for it.

A passport travels encrypted to a key that only the asking process has, portrait and all. Another process sees that it
was read and leaves it alone; its officer goes one step back and reads it again.
"""

from connectors.contracts.card import ChipCheck, PassportFiles, PassportProof
from idp.enrolment import store
from idp.enrolment.applicants import Applicants
from idp.enrolment.journal import Journal
from idp.enrolment.model import (
    Enrolment,
    EnrolmentFlag,
    EnrolmentProblem,
    EnrolmentState,
    EvidenceKind,
    EvidenceResult,
)
from idp.enrolment.presented import Presented
from idp.enrolment.steps import Steps
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork


class PassportCheck:
    """Judges a passport's signed files and keeps what they prove."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        applicants: Applicants,
        steps: Steps,
        journal: Journal,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._applicants = applicants
        self._steps = steps
        self._journal = journal

    async def judge(self, enrolment: Enrolment, presented: Presented) -> Enrolment:
        """From `checking_card`, claimed by this process, to the comparison of faces or to an end."""
        # 1. what the files prove
        async with self._storage.reading() as uow:
            files = await self._stations.passport_of(uow, enrolment.card_session_id)
            proof = self._applicants.passports.prove(files, now=uow.now)
        problem = _problem_of(files, proof)
        if problem is not None:
            failed = (EvidenceKind.PASSPORT_DATA, EvidenceResult.NOT_PROVEN)
            return await self._steps.end(enrolment, problem, evidence=(failed,), reasons=proof.reasons)
        # 2. on record, and on to the face
        async with self._storage.unit_of_work() as uow:
            to = EnrolmentState.COMPARE_FACE
            checking = (EnrolmentState.CHECKING_CARD,)
            if await store.move(
                uow, enrolment.id, of=checking, to=to, checked_at=uow.now, card_session_id=enrolment.card_session_id
            ):
                await self._keep(uow, enrolment, presented, proof)
                await self._steps.validate_entry(uow, enrolment, at=EnrolmentState.CHECKING_CARD, to=to)
                await self._journal.note(uow, "enrolment.card_passed", enrolment)
            return await self._steps.found(uow, enrolment.id)

    async def _keep(self, uow: UnitOfWork, enrolment: Enrolment, presented: Presented, proof: PassportProof) -> None:
        state = f"passive authentication, {proof.issuer_state}"
        await self._journal.keep(uow, enrolment, EvidenceKind.PASSPORT_DATA, EvidenceResult.GENUINE, source=state)
        chip = EvidenceResult.PROVEN if proof.chip_proven else EvidenceResult.UNPROVEN
        await self._journal.keep(uow, enrolment, EvidenceKind.PASSPORT_CHIP, chip)
        flags = await self._applicants.flags(uow, enrolment, presented)
        if not proof.chip_proven:
            flags |= {EnrolmentFlag.CHIP_UNPROVEN}
        await store.save_flags(uow, enrolment.id, flags)


def _problem_of(files: PassportFiles, proof: PassportProof) -> EnrolmentProblem | None:
    # a chip that tried to prove itself and failed is a copy, however genuine its data are
    if files.chip is ChipCheck.FAILED:
        return EnrolmentProblem.CHIP_IS_A_COPY
    return None if proof.data_genuine else EnrolmentProblem.PASSPORT_NOT_PROVEN
