"""What a journey leaves behind: its evidence and its audit entries."""

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.enrolment import store
from idp.enrolment.model import Enrolment, EnrolmentProblem, Evidence, EvidenceKind, EvidenceResult
from idp.kernel.ids import EvidenceId, MemberId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.storage.storage import UnitOfWork


class Journal:
    """Writes evidence and entries in the unit of work of the step itself; the officer is who acts."""

    def __init__(self, *, audit: AuditLog, randomness: Randomness = system_randomness) -> None:
        self._audit = audit
        self._randomness = randomness

    async def keep(
        self,
        uow: UnitOfWork,
        enrolment: Enrolment,
        kind: EvidenceKind,
        result: EvidenceResult,
        *,
        source: str | None = None,
        wire_code: str = "",
        by: MemberId | None = None,
    ) -> Evidence:
        """One more piece of evidence; without a `source` the station itself is, without `by` the journey's officer."""
        piece = Evidence(
            id=EvidenceId(new_id("evd", now=uow.now, randomness=self._randomness)),
            enrolment_id=enrolment.id,
            kind=kind,
            result=result,
            source=source or f"station {enrolment.station_id}",
            wire_code=wire_code,
            checked_at=uow.now,
            by=by or enrolment.officer,
        )
        await store.insert_evidence(uow, piece)
        return piece

    async def note(
        self,
        uow: UnitOfWork,
        event: str,
        enrolment: Enrolment,
        *,
        subject: SubscriberId | None = None,
        **details: str,
    ) -> None:
        """An act of the journey."""
        await self._audit.append(uow, self._event(event, enrolment, subject, details))

    async def note_refusal(self, uow: UnitOfWork, enrolment: Enrolment, problem: EnrolmentProblem) -> None:
        """The journey was refused."""
        refused = self._event("enrolment.refused", enrolment, None, {"code": problem.value}, is_refused=True)
        await self._audit.append(uow, refused)

    def _event(
        self,
        event: str,
        enrolment: Enrolment,
        subject: SubscriberId | None,
        details: dict[str, str],
        *,
        is_refused: bool = False,
    ) -> AuditEvent:
        return AuditEvent(
            event=event,
            actor=Actor(ActorKind.MEMBER, enrolment.officer),
            subject=subject,
            agency_id=enrolment.agency_id,
            outcome="refused" if is_refused else "ok",
            details={
                "enrolment": enrolment.id,
                "journey": enrolment.journey.value,
                "station": enrolment.station_id,
                **details,
            },
        )
