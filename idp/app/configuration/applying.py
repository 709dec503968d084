"""Making a configuration stand: at once in a store without two persons, as a proposal everywhere else."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from idp.agencies.agreements.service import Agreements
from idp.agencies.model import Agency, AgencyProblem, Role, Standing
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.app.configuration import standing
from idp.app.configuration.bridges import access_of
from idp.app.configuration.model import Change, Document, Terms, changes_between
from idp.app.configuration.programs import impossible_change, judge_by, program_of
from idp.app.configuration.reading import read_configuration
from idp.app.configuration.seats import seat_of
from idp.approvals.model import Approvers, Decider, Proposal, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.model import Actor, ActorKind
from idp.authorization.client_registration.model import ClientStatus
from idp.authorization.client_registration.service import Clients
from idp.gateway.bridge.accesses import BridgeAccesses
from idp.gateway.bridge.model import BridgeProblem
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId, SubscriberId
from idp.storage.storage import UnitOfWork

DRAFT: Final = "configuration.draft"
KIND: Final = "configuration.change"
TARGET: Final = "configuration"
LASTING: Final = timedelta(days=30)
_COMMAND_LINE: Final = "command-line"


class Configurations:
    """Applies configurations, or has two persons of the platform approve them."""

    def __init__(
        self,
        *,
        agencies: Agencies,
        agreements: Agreements,
        clients: Clients,
        approvals: Approvals,
        seats: Seats,
        platform_id: AgencyId,
        bridges: BridgeAccesses | None = None,
    ) -> None:
        self._agencies = agencies
        self._seats = seats
        self._clients = clients
        self._agreements = agreements
        self._approvals = approvals
        self._platform_id = platform_id
        self._bridges = bridges

    def read(self, text: str) -> Document:
        """The configuration of a file, judged as this deployment judges. Raises ConfigurationWrong."""
        return read_configuration(text, judge=judge_by(self._clients))

    async def changes(self, uow: UnitOfWork, desired: Document) -> tuple[Change, ...]:
        """What the configuration would change."""
        return changes_between(desired, await standing.present_document(uow))

    async def apply(self, uow: UnitOfWork, desired: Document, *, by: Actor) -> tuple[Change, ...]:
        """Make it stand, all or nothing; gives what changed. Raises as the agencies room does."""
        changes = await self.changes(uow, desired)
        # a parent may stand further down in the file: new agencies come first without it
        for change in _of(changes, "agency"):
            await self._put_agency(uow, change, by=by)
        for change in _of(changes, "agency"):
            await self._put_parent(uow, change.after, by=by)
        for change in _of(changes, "seat"):
            agency = await self._agency(uow, change.after["agency"])
            await self._seats.put(uow, seat_of(change.after, agency.id), by=by)
        for change in _of(changes, "service"):
            await self._put_service(uow, change, by=by)
        # what ends makes room for what begins
        agreements = sorted(_of(changes, "agreement"), key=lambda one: one.after["status"] == Standing.ACTIVE)
        for change in agreements:
            await self._put_agreement(uow, change.after, by=by)
        for change in _of(changes, "program"):
            await self.put_program(uow, change.after, by=by)
        for change in _of(changes, "bridge"):
            await self._put_bridge(uow, change.after, by=by)
        return changes

    async def propose_from_command_line(self, uow: UnitOfWork, desired: Document) -> Proposal | None:
        """Lay the changes before the platform's administrators; None when nothing changes.

        Whoever runs commands is nobody here: one administrator takes the draft up as their own proposal, and another
        approves that. Raises Conflict (ALREADY_PROPOSED).
        """
        changes = await self.changes(uow, desired)
        if not changes:
            return None
        nobody = Decider(
            MemberId(_COMMAND_LINE), SubscriberId(_COMMAND_LINE), self._platform_id, frozenset(), ActorKind.SYSTEM
        )
        return await self.propose(uow, changes, by=nobody, target=TARGET, approvers=self._approvers)

    async def propose(
        self,
        uow: UnitOfWork,
        changes: Sequence[Change],
        *,
        by: Decider,
        target: str,
        approvers: Approvers,
        kind: str = DRAFT,
    ) -> Proposal:
        """Lay changes before those who decide; of one target one proposal waits. Raises Conflict (ALREADY_PROPOSED).

        `kind` is `DRAFT` where nobody proposes who counts as one of the two, and `KIND` where somebody does.
        """
        before: Mapping[str, Any] = {change.name: change.before for change in changes if change.before is not None}
        draft = ProposedChange(kind, target, before, {change.name: change.after for change in changes})
        return await self._approvals.propose(uow, draft, by=by, approvers=approvers, lasting=LASTING)

    async def take_up(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> Proposal:
        """The first person: the draft becomes their proposal. Raises as `Approvals.approve`, NotFound."""
        draft = await self._expect_kind(uow, proposal_id, DRAFT)
        change = await self._approve(uow, draft, by=by)
        own = ProposedChange(KIND, change.target, change.before, change.after)
        return await self._approvals.propose(uow, own, by=by, approvers=draft.approvers, lasting=LASTING)

    async def approve(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> tuple[Change, ...]:
        """The second person: it stands with this transaction. Raises as `Approvals.approve` and `apply`."""
        change = await self._approve(uow, await self._expect_kind(uow, proposal_id, KIND), by=by)
        return await self.apply(uow, dict(change.after), by=Actor(ActorKind.MEMBER, by.member_id))

    async def refuse(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, reason: str) -> None:
        """Either person says no. Raises as `Approvals.refuse`, NotFound."""
        await self._expect_kind(uow, proposal_id, DRAFT, KIND)
        await self._approvals.refuse(uow, proposal_id, by=by, reason=reason)

    @property
    def _approvers(self) -> Approvers:
        return Approvers(Role.PLATFORM_ADMIN.value, self._platform_id)

    async def _approve(self, uow: UnitOfWork, proposal: Proposal, *, by: Decider) -> ProposedChange:
        present = await standing.present_document(uow)
        named = {name: present[name] for name in proposal.change.after if name in present}
        return await self._approvals.approve(uow, proposal.id, by=by, present=named)

    async def _expect_kind(self, uow: UnitOfWork, proposal_id: ProposalId, *kinds: str) -> Proposal:
        proposal = await self._approvals.get(uow, proposal_id)
        if proposal.change.kind not in kinds:
            raise NotFound(AgencyProblem.UNKNOWN, "proposal")
        return proposal

    async def _put_agency(self, uow: UnitOfWork, change: Change, *, by: Actor) -> None:
        terms = change.after
        present = await self._agencies.agency_by_code(uow, terms["code"])
        if present is None:
            record = standing.agency_of(terms, AgencyId(""), None)
            present = await self._agencies.register_agency(
                uow,
                code=record.code,
                name_th=record.name_th,
                name_en=record.name_en,
                kind=record.kind,
                sites=record.sites,
                owns=record.owns,
                by=by,
            )
        wanted = standing.agency_of(terms, present.id, present.parent_id)
        if wanted != present:
            await self._agencies.change_agency(uow, wanted, by=by)

    async def _put_parent(self, uow: UnitOfWork, terms: Terms, *, by: Actor) -> None:
        agency = await self._agency(uow, terms["code"])
        parent_id = None if terms["parent"] is None else (await self._agency(uow, terms["parent"])).id
        if agency.parent_id != parent_id:
            await self._agencies.change_agency(uow, standing.agency_of(terms, agency.id, parent_id), by=by)

    async def _put_service(self, uow: UnitOfWork, change: Change, *, by: Actor) -> None:
        record = standing.service_of(change.after, (await self._agency(uow, change.after["agency"])).id)
        if change.before is None:
            await self._agencies.register_service(uow, record, by=by)
        else:
            await self._agencies.change_service(uow, record, by=by)

    async def _put_agreement(self, uow: UnitOfWork, terms: Terms, *, by: Actor) -> None:
        agency = await self._agency(uow, terms["agency"])
        if (await self._agencies.service(uow, ServiceId(terms["service"]))).agency_id != agency.id:
            raise NotFound(AgencyProblem.UNKNOWN, "service of this agency")
        present = await standing.present_agreement(uow, terms, agency.id)
        agreement_id = self._agreements.new_id(uow) if present is None else present.id
        await self._agreements.put(uow, standing.agreement_of(terms, agreement_id, agency.id), by=by)

    async def put_program(self, uow: UnitOfWork, terms: Terms, *, by: Actor) -> None:
        """Register or change one program, where no second person is asked. Raises as `apply`."""
        agency = await self._agency(uow, terms["agency"])
        for service_id in terms["services"]:
            if (await self._agencies.service(uow, ServiceId(service_id))).agency_id != agency.id:
                raise Refused(AgencyProblem.PROGRAM_NOT_POSSIBLE, "service of another agency")
        present = await self._clients.get(uow, ClientId(terms["id"]))
        said = program_of(terms, self._clients, agency.id, present)
        impossible = impossible_change(said, present)
        if impossible is not None:
            raise Refused(AgencyProblem.PROGRAM_NOT_POSSIBLE, impossible)
        if present is None:
            await self._clients.add(uow, said, by=by)
        elif said.status is ClientStatus.ENDED:
            await self._clients.end(uow, present, by=by)
        else:
            await self._clients.replace(uow, said, by=by)

    async def _put_bridge(self, uow: UnitOfWork, terms: Terms, *, by: Actor) -> None:
        if self._bridges is None:
            raise Refused(BridgeProblem.NOT_POSSIBLE, "no bridge is known here")
        await self._bridges.put(uow, access_of(terms, (await self._agency(uow, terms["agency"])).id), by=by)

    async def _agency(self, uow: UnitOfWork, code: str) -> Agency:
        agency = await self._agencies.agency_by_code(uow, code)
        if agency is None:
            raise NotFound(AgencyProblem.UNKNOWN, "agency")
        return agency


def _of(changes: Sequence[Change], kind: str) -> tuple[Change, ...]:
    return tuple(change for change in changes if change.name.startswith(f"{kind}/"))
