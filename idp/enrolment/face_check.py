"""A face-comparison service at the counter: its word beside the officer's eye, never in its place.

Where none is connected nothing changes. Its "yes" is evidence that the one policy table knows; its "no" ends the
journey with a code of its own, which two reviewers may let pass; its silence leaves what the officer's eye is worth.
Neither picture leaves memory: the card's comes from the card session, the camera's from the request.
"""

from enum import StrEnum
from typing import Final

from connectors.contracts.errors import RegistryError
from connectors.contracts.face import FaceComparison, FaceNotFound
from idp.enrolment import rules, store
from idp.enrolment.applicants import Applicants
from idp.enrolment.journal import Journal
from idp.enrolment.journeys import BY_PASSPORT
from idp.enrolment.model import Enrolment, EnrolmentProblem, EnrolmentState, EvidenceKind, EvidenceResult
from idp.enrolment.overrides import Overrides
from idp.enrolment.presented import Presented
from idp.enrolment.steps import Steps
from idp.kernel.errors import Conflict, Refused
from idp.storage.storage import Storage, UnitOfWork

UNKNOWN_SERVICE: Final = "face comparison"
"""Named as the source where no service said who it is."""


class FaceWord(StrEnum):
    """What the service said of the person at the counter."""

    NOT_ASKED_HERE = "not_asked_here"
    TO_ASK = "to_ask"
    MATCHES = "matches"
    SILENT = "silent"


class FaceCheck:
    """Asks the service between units of work; `faces` is None where none is connected."""

    def __init__(
        self,
        *,
        storage: Storage,
        applicants: Applicants,
        faces: FaceComparison | None,
        overrides: Overrides,
        steps: Steps,
        journal: Journal,
    ) -> None:
        self._storage = storage
        self._applicants = applicants
        self._faces = faces
        self._overrides = overrides
        self._steps = steps
        self._journal = journal

    async def word(self, enrolment: Enrolment) -> FaceWord:
        """What it said, or whether it may be asked: of a card whose chip was read, and not again of one let pass."""
        if not self._has_a_say(enrolment):
            return FaceWord.NOT_ASKED_HERE
        async with self._storage.reading() as uow:
            return await self._word(uow, enrolment)

    async def compare(self, enrolment: Enrolment, picture: bytes) -> Enrolment:
        """Is the person before the camera the one on the card?

        Raises Conflict (WRONG_STATE), NotFound (NOTHING_READ, PHOTO_GONE), Refused (FACE_UNCLEAR).
        """
        # 1. where it may be asked, with the card still there
        if self._faces is None or not self._has_a_say(enrolment):
            raise Conflict(EnrolmentProblem.WRONG_STATE)
        async with self._storage.reading() as uow:
            if await self._word(uow, enrolment) not in (FaceWord.TO_ASK, FaceWord.SILENT):
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            presented = await self._applicants.presented(uow, enrolment)
            reference = await self._applicants.portrait(uow, enrolment)
        if not rules.is_picture(picture):
            raise Refused(EnrolmentProblem.FACE_UNCLEAR)
        # 2. the service, outside every unit of work
        try:
            score = await self._faces.compare(reference_jpeg=reference, live_jpeg=picture)
        except FaceNotFound as error:
            raise Refused(EnrolmentProblem.FACE_UNCLEAR) from error
        except RegistryError:
            return await self._keep(enrolment, EvidenceResult.UNAVAILABLE, source=UNKNOWN_SERVICE)
        result = rules.face_result(score)
        if result is EvidenceResult.MATCHES:
            return await self._keep(enrolment, result, source=score.source)
        # 3. its "no" ends it; whose card it was is remembered, so that beginning anew passes nothing over
        return await self._end(enrolment, presented, source=score.source)

    def _has_a_say(self, enrolment: Enrolment) -> bool:
        """True where a service is connected, at its step, of a card that was read."""
        is_read = not enrolment.is_typed and enrolment.journey not in BY_PASSPORT
        return self._faces is not None and enrolment.state is EnrolmentState.COMPARE_FACE and is_read

    async def _word(self, uow: UnitOfWork, enrolment: Enrolment) -> FaceWord:
        if EnrolmentProblem.FACE_NOT_CONFIRMED in await self._overrides.decided(uow, enrolment.id):
            return FaceWord.NOT_ASKED_HERE
        said = (await self._steps.held(uow, enrolment)).get(EvidenceKind.FACE_BY_COMPARISON)
        if said is None:
            return FaceWord.TO_ASK
        return FaceWord.MATCHES if said is EvidenceResult.MATCHES else FaceWord.SILENT

    async def _end(self, enrolment: Enrolment, presented: Presented, *, source: str) -> Enrolment:
        """All of it in one commit: a process that dies leaves no "no" behind that could still be passed over."""
        problem, kind, differs = (
            EnrolmentProblem.FACE_NOT_CONFIRMED,
            EvidenceKind.FACE_BY_COMPARISON,
            EvidenceResult.DIFFERS,
        )
        async with self._storage.unit_of_work() as uow:
            holder = await self._applicants.holder(uow, presented.identity)
            if await self._moved(uow, enrolment, to=EnrolmentState.REFUSED, problem=problem):
                await self._journal.keep(uow, enrolment, kind, differs, source=source)
                await self._overrides.remember(uow, enrolment.id, presented, holder=holder)
                await self._steps.close(uow, enrolment)
                await self._journal.note_refusal(uow, enrolment, problem)
            else:  # decided or ended meanwhile: what it said is on record all the same
                await self._journal.note(uow, "enrolment.face_compared", enrolment, result=differs.value)
            return await self._steps.found(uow, enrolment.id)

    async def _keep(self, enrolment: Enrolment, result: EvidenceResult, *, source: str) -> Enrolment:
        async with self._storage.unit_of_work() as uow:
            if await self._moved(uow, enrolment, to=EnrolmentState.COMPARE_FACE):
                await self._journal.keep(uow, enrolment, EvidenceKind.FACE_BY_COMPARISON, result, source=source)
                await self._journal.note(uow, "enrolment.face_compared", enrolment, result=result.value)
            return await self._steps.found(uow, enrolment.id)

    async def _moved(
        self, uow: UnitOfWork, enrolment: Enrolment, *, to: EnrolmentState, problem: EnrolmentProblem | None = None
    ) -> bool:
        """From the same step with the same card only: a word about one card says nothing of another."""
        at, card = EnrolmentState.COMPARE_FACE, enrolment.card_session_id
        return await store.move(uow, enrolment.id, of=(at,), to=to, problem=problem, card_session_id=card)
