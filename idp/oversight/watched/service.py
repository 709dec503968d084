"""Use cases of watched persons. Each joins the caller's unit of work and is audited in it."""

from datetime import datetime

from connectors.contracts.identifiers import CitizenId
from idp.agencies.agreements.rules import is_owners
from idp.agencies.service import Agencies
from idp.approvals.model import Decider
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.exchange.pull.cases import is_fit_case
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import new_id
from idp.kernel.randomness import Randomness
from idp.keys.blind_index import BlindIndex
from idp.oversight.watched import rules, store
from idp.oversight.watched.model import NAMES, WatchedId, WatchedPerson, WatchedProblem
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import CITIZEN_ID


class WatchedPersons:
    """Persons whose every look-up is reviewed."""

    def __init__(self, *, agencies: Agencies, blind_index: BlindIndex, audit: AuditLog, randomness: Randomness) -> None:
        self._agencies = agencies
        self._blind_index = blind_index
        self._audit = audit
        self._randomness = randomness

    async def name(
        self, uow: UnitOfWork, citizen_id: CitizenId, *, reference_no: str, valid_until: datetime, by: Decider
    ) -> WatchedPerson:
        """Watch over this person from now on; nobody learns whether they are known here, or named already.

        Raises Refused (NOT_THE_OWNER, NOT_POSSIBLE).
        """
        owner = await self._agencies.owner_of(uow, NAMES)
        problem = rules.why_not(by=by, owner=owner, reference_no=reference_no, valid_until=valid_until, now=uow.now)
        if problem is not None:
            raise Refused(problem)
        # kept and shown as it is written: a number in it would stand in a list of those who are watched
        if not is_fit_case(reference_no):
            raise Refused(WatchedProblem.NOT_POSSIBLE)
        record = WatchedPerson(
            id=WatchedId(new_id("wat", now=uow.now, randomness=self._randomness)),
            reference_no=reference_no.strip(),
            named_by=by.member_id,
            named_at=uow.now,
            valid_until=valid_until,
        )
        await store.insert_watched(uow, record, self._blind_index.digests(CITIZEN_ID, citizen_id.digits))
        await self._note(uow, "oversight.person_watched", record.id, by)
        return record

    async def end(self, uow: UnitOfWork, watched_id: WatchedId, *, by: Decider) -> None:
        """Watch over them no longer. Raises Refused (NOT_THE_OWNER), NotFound (UNKNOWN)."""
        await self._expect_owner(uow, by)
        if not await store.end(uow, watched_id):
            raise NotFound(WatchedProblem.UNKNOWN)
        await self._note(uow, "oversight.person_no_longer_watched", watched_id, by)

    async def page(
        self, uow: UnitOfWork, *, by: Decider, after: WatchedId | None, limit: int
    ) -> tuple[WatchedPerson, ...]:
        """Who is named, by the numbers of papers. Raises Refused (NOT_THE_OWNER)."""
        await self._expect_owner(uow, by)
        return await store.page(uow, after=after, limit=limit)

    async def _expect_owner(self, uow: UnitOfWork, by: Decider) -> None:
        if not is_owners(by, await self._agencies.owner_of(uow, NAMES)):
            raise Refused(WatchedProblem.NOT_THE_OWNER)

    async def _note(self, uow: UnitOfWork, event: str, watched_id: WatchedId, by: Decider) -> None:
        actor = Actor(ActorKind.MEMBER, by.member_id)
        details = {"watched": watched_id}
        await self._audit.append(uow, AuditEvent(event=event, actor=actor, agency_id=by.agency_id, details=details))
