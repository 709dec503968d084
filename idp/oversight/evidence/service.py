"""Use cases of evidence for supervisors and auditors."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Row, select, union

from idp.agencies.member_store import member
from idp.agencies.model import Role
from idp.approvals.model import Decider
from idp.audit.model import Actor, ActorKind
from idp.exchange.evidence import EvidenceBundle, EvidenceBundles, NoSuchDisclosure
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId, DisclosureId, is_id
from idp.oversight.evidence.model import Disclosed, EvidenceProblem
from idp.oversight.followup.store import looks_up_there, oversight_sample
from idp.storage.storage import Storage, UnitOfWork

MOST = 50


class EvidenceForReview:
    """Bundles of evidence, for whoever answers for look-ups. The platform's auditors see all agencies."""

    def __init__(self, *, storage: Storage, bundles: EvidenceBundles, is_platform: Callable[[AgencyId], bool]) -> None:
        self._storage = storage
        self._bundles = bundles
        self._is_platform = is_platform

    async def disclosed(self, uow: UnitOfWork, anchor: str, agency_id: AgencyId) -> tuple[Disclosed, ...]:
        """What a look-up of this agency led to, oldest first."""
        mine = (disclosure.c.counter_id == anchor, disclosure.c.agency_id == agency_id)
        asked = select(disclosure).where(*mine, disclosure.c.outcome != Outcome.NAMED.value)
        return tuple(_disclosed(row) for row in await uow.all(asked.order_by(disclosure.c.id).limit(MOST)))

    async def take(self, disclosure_id: DisclosureId, *, reason: str, by: Decider) -> EvidenceBundle:
        """The bundle; that it was taken out is on record with the reason.

        Raises NotFound (UNKNOWN), the same for another agency's and for what this person had a hand in; Refused
        (REASON).
        """
        async with self._storage.reading() as uow:
            row = None
            if is_id("dis", disclosure_id):
                row = await uow.first(select(disclosure).where(disclosure.c.id == disclosure_id))
            if row is None or not await self._may_have(uow, row, by):
                raise NotFound(EvidenceProblem.UNKNOWN)
        try:
            return await self._bundles.bundle(disclosure_id, reason=reason, by=Actor(ActorKind.MEMBER, by.member_id))
        except NoSuchDisclosure as error:
            raise NotFound(EvidenceProblem.UNKNOWN) from error
        except ValueError as error:
            raise Refused(EvidenceProblem.REASON) from error

    async def _may_have(self, uow: UnitOfWork, row: Row[Any], by: Decider) -> bool:
        """A supervisor has the evidence of officers' look-ups in the own agency, an auditor all of the agency's; nobody
        that of what they looked up themselves, or agreed to.
        """
        if row.outcome == Outcome.NAMED.value or await _had_a_hand(uow, row, by):
            return False
        if Role.AUDITOR.value in by.roles and (by.agency_id == row.agency_id or self._is_platform(by.agency_id)):
            return True
        supervises = Role.SUPERVISOR.value in by.roles and row.agency_id == by.agency_id and row.counter_id is not None
        return supervises and not await looks_up_there(uow, by)


async def _had_a_hand(uow: UnitOfWork, row: Row[Any], by: Decider) -> bool:
    looked = select(member.c.id).where(member.c.id == row.officer_id, member.c.subscriber_id == by.person)
    agreed = select(oversight_sample.c.id).where(
        oversight_sample.c.about == row.id, oversight_sample.c.second_person == by.person
    )
    return await uow.first(union(looked, agreed)) is not None


def _disclosed(row: Row[Any]) -> Disclosed:
    return Disclosed(DisclosureId(row.id), row.dataset, tuple(row.fields), row.outcome, row.reason, row.at)
