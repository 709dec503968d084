"""New programs that an agency's own program asks for: two administrators of that agency approve, where two are needed.

What such a program may do is at most what its agency may: the agency's own services, scopes that every program may
register, and looking after the agency's things. Rules of plain OpenID Connect are not to be had this way.
"""

from collections.abc import Mapping
from typing import Any, Final

from idp.agencies.model import Role
from idp.agencies.service import Agencies
from idp.app.configuration.applying import DRAFT, KIND, Configurations
from idp.app.configuration.model import Change, Terms
from idp.app.configuration.programs import judge_by
from idp.approvals.model import Approvers, Decider, Proposal, ProposalId, ProposalState
from idp.approvals.service import Approvals
from idp.audit.model import Actor, ActorKind
from idp.authorization.client_registration.model import ClientProfile, ClientStatus, ProgramProblem
from idp.authorization.client_registration.service import Clients
from idp.gateway.agency.model import NewProgram, ProposalStanding, ProposalView
from idp.kernel.errors import NotFound, Refused, TuatonError
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.storage.storage import UnitOfWork

MOST_WAITING: Final = 20
_GRACE: Final = 10


class ProgramProposals:
    """`two_persons`: a new program waits for two administrators; elsewhere it stands at once."""

    def __init__(
        self,
        *,
        configurations: Configurations,
        agencies: Agencies,
        clients: Clients,
        approvals: Approvals,
        randomness: Randomness,
        two_persons: bool,
    ) -> None:
        self._configurations = configurations
        self._agencies = agencies
        self._clients = clients
        self._approvals = approvals
        self._randomness = randomness
        self._two_persons = two_persons

    async def add(self, uow: UnitOfWork, agency_id: AgencyId, wishes: Mapping[str, Any], *, by: ClientId) -> NewProgram:
        """Register a program under a new id, or propose it. Raises Refused (NOT_POSSIBLE, TOO_MANY_WAITING)."""
        # a program decides nothing: one administrator takes its draft up, another approves that
        return await self._add(uow, agency_id, wishes, by=_program(by, agency_id, person=SubscriberId(by)), kind=DRAFT)

    async def add_in_person(
        self, uow: UnitOfWork, agency_id: AgencyId, wishes: Mapping[str, Any], *, by: Decider
    ) -> NewProgram:
        """As `add`, by an administrator, who is the first of the two."""
        return await self._add(uow, agency_id, wishes, by=by, kind=KIND)

    async def _add(
        self, uow: UnitOfWork, agency_id: AgencyId, wishes: Mapping[str, Any], *, by: Decider, kind: str
    ) -> NewProgram:
        client_id = ClientId(new_id("cli", now=uow.now, randomness=self._randomness))
        agency = await self._agencies.agency(uow, agency_id)
        terms = await self._judged(uow, agency_id, self._terms(agency.code, client_id, wishes))
        if not self._two_persons:
            await self._configurations.put_program(uow, terms, by=Actor(by.kind, by.member_id))
            return NewProgram(client_id, None)
        if await self._approvals.how_many_wait(uow, kind=kind, proposed_for=agency_id) >= MOST_WAITING:
            raise Refused(ProgramProblem.TOO_MANY_WAITING)
        name = f"program/{client_id}"
        proposal = await self._configurations.propose(
            uow,
            [Change(name, None, terms)],
            by=by,
            target=name,
            approvers=Approvers(Role.AGENCY_ADMIN.value, agency_id),
            kind=kind,
        )
        return NewProgram(client_id, proposal.id)

    async def view(self, uow: UnitOfWork, agency_id: AgencyId, proposal_id: ProposalId) -> ProposalView:
        """How a proposal of one of the agency's programs stands. Raises NotFound (UNKNOWN)."""
        draft = await self._own(uow, agency_id, proposal_id)
        client_id = ClientId(draft.change.target.removeprefix("program/"))
        return ProposalView(draft.id, client_id, await self._standing(uow, draft, client_id), draft.expires_at)

    async def withdraw(self, uow: UnitOfWork, agency_id: AgencyId, proposal_id: ProposalId, *, by: ClientId) -> None:
        """Take it back before the first person decided. Raises NotFound (UNKNOWN), Conflict (ALREADY_DECIDED)."""
        draft = await self._own(uow, agency_id, proposal_id)
        # another program of the same agency may take it back as well: they are one and the same house
        await self._approvals.withdraw(uow, draft.id, by=_program(by, agency_id, person=draft.proposed_by_person))

    def _terms(self, code: str, client_id: ClientId, wishes: Mapping[str, Any]) -> Terms:
        return {
            "profile": ClientProfile.FAPI2.value,
            "services": [],
            "dpop_nonce_required": False,
            **{name: value for name, value in wishes.items() if value is not None},
            "agency": code,
            "id": client_id,
            "status": ClientStatus.ACTIVE.value,
            "pkce_required": True,
            "nonce_required": True,
            "refresh_grace_seconds": _GRACE,
        }

    async def _judged(self, uow: UnitOfWork, agency_id: AgencyId, terms: Terms) -> Terms:
        try:
            judged = judge_by(self._clients)(terms)
            owners = {(await self._agencies.service(uow, ServiceId(one))).agency_id for one in terms["services"]}
        except TuatonError as error:
            # a service of nobody is refused as one of another agency is: nobody learns which there are
            raise Refused(ProgramProblem.NOT_POSSIBLE, error.detail) from error
        if not owners <= {agency_id}:
            raise Refused(ProgramProblem.NOT_POSSIBLE, "service")
        return judged

    async def _standing(self, uow: UnitOfWork, draft: Proposal, client_id: ClientId) -> ProposalStanding:
        if draft.waits(uow.now):
            return ProposalStanding.WAITS_FOR_TWO
        if draft.state is not ProposalState.APPROVED:
            return ProposalStanding.WITHDRAWN if draft.state is ProposalState.WITHDRAWN else ProposalStanding.REFUSED
        if await self._clients.get(uow, client_id) is not None:
            return ProposalStanding.IN_FORCE
        second = await self._approvals.waiting_on(uow, kind=KIND, target=draft.change.target)
        return ProposalStanding.REFUSED if second is None else ProposalStanding.WAITS_FOR_ONE

    async def _own(self, uow: UnitOfWork, agency_id: AgencyId, proposal_id: ProposalId) -> Proposal:
        try:
            found = await self._approvals.get(uow, proposal_id)
        except NotFound as error:
            raise NotFound(ProgramProblem.UNKNOWN) from error
        is_of_program = found.change.kind == DRAFT and found.change.target.startswith("program/")
        if found.proposed_for != agency_id or not is_of_program:
            raise NotFound(ProgramProblem.UNKNOWN)
        return found


def _program(client_id: ClientId, agency_id: AgencyId, *, person: SubscriberId) -> Decider:
    """A program as the one who proposes: no person, and with no role to decide anything."""
    return Decider(MemberId(client_id), person, agency_id, frozenset(), ActorKind.CLIENT)
