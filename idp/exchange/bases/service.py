"""Use cases of the grounds: state one for a card session, handle or release, and find it again."""

from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.exchange.bases import rules, store
from idp.exchange.bases.model import (
    BasisEvidence,
    BasisEvidenceId,
    BasisProblem,
    CardHandedOver,
    Ground,
    LegalDuty,
    SignedForm,
    basis_of,
)
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import AgencyId, ClientId, ServiceId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.storage.storage import UnitOfWork


class Bases:
    """Evidence of the grounds other than consent. Every method joins the caller's unit of work."""

    def __init__(self, *, agencies: Agencies, personal: PersonalData, audit: AuditLog, randomness: Randomness) -> None:
        self._agencies = agencies
        self._personal = personal
        self._audit = audit
        self._randomness = randomness

    async def open(
        self,
        uow: UnitOfWork,
        ground: Ground,
        *,
        anchor: str,
        agency_id: AgencyId,
        service_id: ServiceId,
        by: Actor,
        client_id: ClientId | None = None,
    ) -> BasisEvidence:
        """State the ground of a card session (`cds_…`) or handle (`ctr_…`) as it is opened, or of a release about a
        company (`dis_…`) once it is decided; once for each, for good.

        Raises NotFound (no such service), Refused and Conflict (ALREADY_STATED) with a BasisProblem.
        """
        agency = await self._agencies.agency(uow, agency_id)
        service = await self._agencies.service(uow, service_id)
        problem = rules.why_not(ground, anchor=anchor, agency=agency, service=service, now=uow.now)
        if problem is not None:
            raise Refused(problem, basis_of(ground).value)
        evidence = BasisEvidence(
            id=BasisEvidenceId(new_id("bse", now=uow.now, randomness=self._randomness)),
            anchor=anchor,
            agency_id=agency_id,
            service_id=service_id,
            ground=ground,
            stated_by=by.id,
            stated_at=uow.now,
        )
        if not await store.insert_evidence(uow, self._personal, evidence):
            raise Conflict(BasisProblem.ALREADY_STATED)
        await self._audit.append(uow, _stated(evidence, by=by, client_id=client_id))
        return evidence

    async def of(self, uow: UnitOfWork, anchor: str) -> BasisEvidence | None:
        """The evidence of a card session, handle or release; None where no ground was stated."""
        return await store.find_evidence(uow, self._personal, anchor)


def _stated(evidence: BasisEvidence, *, by: Actor, client_id: ClientId | None) -> AuditEvent:
    """The entry. What the agency wrote about a form is not in it: it stays sealed in the record."""
    return AuditEvent(
        event="basis.stated",
        actor=by,
        agency_id=evidence.agency_id,
        client_id=client_id,
        details={
            "evidence": evidence.id,
            "anchor": evidence.anchor,
            "service": evidence.service_id,
            "basis": evidence.basis.value,
            **_said(evidence.ground),
        },
    )


def _said(ground: Ground) -> dict[str, str]:
    match ground:
        case CardHandedOver(station_id, notice_read_at):
            return {"station": station_id, "notice_read_at": notice_read_at.isoformat()}
        case SignedForm(signed_on=signed_on):
            return {"signed_on": signed_on.isoformat()}
        case LegalDuty(law, section):
            return {"law": law, "section": section}
