"""What an application leaves behind: its evidence, its audit entries, its lines in the security log."""

from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.enrolment.model import Evidence, EvidenceKind, EvidenceResult
from idp.enrolment.unattended import store
from idp.enrolment.unattended.model import Application, UnattendedProblem
from idp.kernel.ids import EvidenceId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.storage.storage import UnitOfWork


class UnattendedJournal:
    """Writes in the unit of work of the step itself. Who acts is the kiosk; at home nobody is proven yet."""

    def __init__(
        self, *, audit: AuditLog, security_log: SecurityLog, randomness: Randomness = system_randomness
    ) -> None:
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness

    async def keep(
        self,
        uow: UnitOfWork,
        application: Application,
        kind: EvidenceKind,
        result: EvidenceResult,
        *,
        source: str,
        wire_code: str = "",
    ) -> None:
        """One more piece of evidence."""
        piece = Evidence(
            id=EvidenceId(new_id("evd", now=uow.now, randomness=self._randomness)),
            enrolment_id=application.id,
            kind=kind,
            result=result,
            source=source,
            wire_code=wire_code,
            checked_at=uow.now,
            by=None,
        )
        await store.insert_evidence(uow, piece)

    async def note(
        self,
        uow: UnitOfWork,
        event: str,
        application: Application,
        *,
        subject: SubscriberId | None = None,
        **details: str,
    ) -> None:
        """An act."""
        await self._audit.append(uow, self._event(event, application, subject, details))

    async def note_refusal(
        self,
        uow: UnitOfWork,
        application: Application,
        problem: UnattendedProblem,
        *,
        subject: SubscriberId | None = None,
        reason: str = "",
    ) -> None:
        """A refusal: an entry where a person or a station is proven, else a line of the security log."""
        if subject is None and application.station_id is None:
            self._security_log.note("unattended.refused", code=problem.value, reason=reason)
            return
        event = self._event("unattended.refused", application, subject, {"code": problem.value}, is_refused=True)
        await self._audit.append(uow, event)

    def unproven(self, problem: UnattendedProblem, reason: str) -> None:
        """A message of nobody's application."""
        self._security_log.note("unattended.refused", code=problem.value, reason=reason)

    def _event(
        self,
        event: str,
        application: Application,
        subject: SubscriberId | None,
        details: dict[str, str],
        *,
        is_refused: bool = False,
    ) -> AuditEvent:
        told = {"enrolment": application.id, "journey": application.journey.value, **details}
        if application.station_id is not None:
            told["station"] = application.station_id
        return AuditEvent(
            event=event,
            actor=actor_of(application),
            subject=subject,
            outcome="refused" if is_refused else "ok",
            details=told,
        )


def actor_of(application: Application) -> Actor:
    """Who acts in an application."""
    if application.station_id is None:
        return SYSTEM
    return Actor(ActorKind.STATION, application.station_id)
