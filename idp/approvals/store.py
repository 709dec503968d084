"""Tables and SQL of proposals, with the predicate that says in SQL which still wait."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    func,
    insert,
    select,
    text,
    true,
    union_all,
    update,
)

from idp.approvals.model import (
    UNDECIDED,
    Approvers,
    Decider,
    Proposal,
    ProposalId,
    ProposalState,
    ProposedChange,
    RemarkKind,
)
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

_WAITING_STATES = tuple(state.value for state in UNDECIDED)
_ONE_WAITING = text("state IN ('open', 'asked_back')")

proposal = Table(
    "proposal",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("before", JsonText, nullable=False),
    Column("after", JsonText, nullable=False),
    Column("approver_role", Text, nullable=False),
    Column("approver_agency_id", Text),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_by_person", Text, nullable=False),
    Column("proposed_for", Text, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Instant),
    Index("ix_proposal_state_expires_at", "state", "expires_at"),
    # one thing has one change waiting: two could undo each other
    Index(
        "uq_proposal_waiting",
        "kind",
        "target",
        unique=True,
        sqlite_where=_ONE_WAITING,
        postgresql_where=_ONE_WAITING,
    ),
    # what waits for a role at an agency, oldest first; of an agency's own by their kind; of a person's own the newest
    Index(
        "ix_proposal_waiting",
        "approver_role",
        "approver_agency_id",
        "id",
        sqlite_where=_ONE_WAITING,
        postgresql_where=_ONE_WAITING,
    ),
    Index("ix_proposal_proposed_for", "proposed_for", "kind", "state"),
    Index("ix_proposal_proposed_by_person", "proposed_by_person", "id"),
)

proposal_remark = Table(
    "proposal_remark",
    metadata,
    Column("id", Text, primary_key=True),
    Column("proposal_id", Text, ForeignKey("proposal.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Instant, nullable=False),
    Column("sealed_text", LargeBinary, nullable=False),
)


def waiting_proposal(now: datetime) -> ColumnElement[bool]:
    """The proposal can still be decided."""
    return and_(proposal.c.state.in_(_WAITING_STATES), proposal.c.expires_at > now)


async def insert_proposal(uow: UnitOfWork, record: Proposal) -> bool:
    """Save a new proposal; False when another change of the same thing waits."""
    statement = insert_on_conflict(proposal, uow.dialect).values(
        id=record.id,
        kind=record.change.kind,
        target=record.change.target,
        before=dict(record.change.before),
        after=dict(record.change.after),
        approver_role=record.approvers.role,
        approver_agency_id=record.approvers.agency_id,
        proposed_by=record.proposed_by,
        proposed_by_person=record.proposed_by_person,
        proposed_for=record.proposed_for,
        proposed_at=record.proposed_at,
        expires_at=record.expires_at,
        state=record.state.value,
    )
    return await uow.changed(statement.on_conflict_do_nothing()) == 1


async def find_proposal(uow: UnitOfWork, proposal_id: ProposalId) -> Proposal | None:
    """The proposal, waiting or not."""
    row = await uow.first(select(proposal).where(proposal.c.id == proposal_id))
    return None if row is None else _proposal(row)


async def find_waiting_for(
    uow: UnitOfWork, by: Decider, *, after: ProposalId | None, limit: int
) -> tuple[Proposal, ...]:
    """What this member may decide now, oldest first; `after` is the last id of the page before."""
    at_agencies = (proposal.c.approver_agency_id.is_(None), proposal.c.approver_agency_id == by.agency_id)
    # a stretch of the index for each: one condition with OR has the store read all that waits for anybody
    stretches = [
        select(proposal.c.id)
        .where(
            _ONE_WAITING,
            proposal.c.approver_role == role,
            at_agency,
            proposal.c.expires_at > uow.now,
            proposal.c.proposed_by_person != by.person,
            true() if after is None else proposal.c.id > after,
        )
        .order_by(proposal.c.id)
        .limit(limit)
        .subquery()
        for role in sorted(by.roles)
        for at_agency in at_agencies
    ]
    if not stretches:
        return ()
    oldest = select(proposal).where(proposal.c.id.in_(union_all(*map(select, stretches))))
    return tuple(_proposal(row) for row in await uow.all(oldest.order_by(proposal.c.id).limit(limit)))


async def find_waiting_on(uow: UnitOfWork, *, kind: str, target: str) -> Proposal | None:
    """The change of one thing that waits."""
    of_this = (proposal.c.kind == kind, proposal.c.target == target)
    row = await uow.first(select(proposal).where(*of_this, waiting_proposal(uow.now)))
    return None if row is None else _proposal(row)


async def count_waiting_of(uow: UnitOfWork, *, kind: str, proposed_for: AgencyId) -> int:
    """How many changes of one kind that an agency proposed wait."""
    of_agency = (proposal.c.kind == kind, proposal.c.proposed_for == proposed_for)
    row = await uow.first(select(func.count()).where(*of_agency, waiting_proposal(uow.now)))
    return 0 if row is None else int(row[0])


async def find_proposed_by(uow: UnitOfWork, person: SubscriberId, *, limit: int) -> tuple[Proposal, ...]:
    """What this person proposed, newest first."""
    own = select(proposal).where(proposal.c.proposed_by_person == person)
    return tuple(_proposal(row) for row in await uow.all(own.order_by(proposal.c.id.desc()).limit(limit)))


async def decide(
    uow: UnitOfWork,
    proposal_id: ProposalId,
    *,
    by: Decider,
    into: ProposalState,
    out_of: Collection[ProposalState],
) -> bool:
    """Take the proposal out of a waiting state, by another person than the proposer.

    One conditional statement, so that over all nodes one decision counts; False for every other.
    """
    statement = (
        update(proposal)
        .where(
            proposal.c.id == proposal_id,
            waiting_proposal(uow.now),
            proposal.c.state.in_([state.value for state in out_of]),
            proposal.c.proposed_by_person != by.person,
        )
        .values(state=into.value, decided_by=by.member_id, decided_at=uow.now)
    )
    return await uow.changed(statement) == 1


async def move_own(
    uow: UnitOfWork,
    proposal_id: ProposalId,
    *,
    person: SubscriberId,
    into: ProposalState,
    out_of: Collection[ProposalState],
) -> bool:
    """The proposer's own step."""
    statement = (
        update(proposal)
        .where(
            proposal.c.id == proposal_id,
            waiting_proposal(uow.now),
            proposal.c.state.in_([state.value for state in out_of]),
            proposal.c.proposed_by_person == person,
        )
        .values(state=into.value)
    )
    return await uow.changed(statement) == 1


async def expire(uow: UnitOfWork, *, kind: str | None = None, target: str | None = None) -> Sequence[ProposalId]:
    """End what was not decided in time, everywhere or of one thing; which they are."""
    statement = (
        update(proposal)
        .where(proposal.c.state.in_(_WAITING_STATES), proposal.c.expires_at <= uow.now)
        .values(state=ProposalState.EXPIRED.value)
        .returning(proposal.c.id)
    )
    if kind is not None:
        statement = statement.where(proposal.c.kind == kind, proposal.c.target == target)
    return [ProposalId(row.id) for row in await uow.all(statement)]


async def insert_remark(
    uow: UnitOfWork, *, remark_id: str, proposal_id: ProposalId, kind: RemarkKind, by: MemberId, sealed: bytes
) -> None:
    """Keep what somebody said."""
    await uow.execute(
        insert(proposal_remark).values(
            id=remark_id,
            proposal_id=proposal_id,
            kind=kind.value,
            said_by=by,
            said_at=uow.now,
            sealed_text=sealed,
        )
    )


async def remark_rows(uow: UnitOfWork, proposal_id: ProposalId) -> Sequence[Row[Any]]:
    """What was said, oldest first."""
    said = select(proposal_remark).where(proposal_remark.c.proposal_id == proposal_id)
    return await uow.all(said.order_by(proposal_remark.c.id))


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        id=ProposalId(row.id),
        change=ProposedChange(row.kind, row.target, row.before, row.after),
        approvers=Approvers(
            row.approver_role, None if row.approver_agency_id is None else AgencyId(row.approver_agency_id)
        ),
        proposed_by=MemberId(row.proposed_by),
        proposed_by_person=SubscriberId(row.proposed_by_person),
        proposed_for=AgencyId(row.proposed_for),
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        state=ProposalState(row.state),
        decided_by=None if row.decided_by is None else MemberId(row.decided_by),
        decided_at=row.decided_at,
    )
