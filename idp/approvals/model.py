"""The records of the approvals room."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

from idp.audit.model import ActorKind
from idp.kernel.ids import AgencyId, MemberId, SubscriberId

ProposalId = NewType("ProposalId", str)

LONGEST = timedelta(days=30)
"""A proposal that nobody decides in this time was not meant."""
MAX_REMARK = 1_000
"""Characters of a question, an answer or a reason."""


class ApprovalProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/APR.toml`."""

    UNKNOWN = "APR-01"
    SAME_PERSON = "APR-02"
    NOT_ALLOWED = "APR-03"
    EXPIRED = "APR-04"
    CHANGED_UNDERNEATH = "APR-05"
    ALREADY_DECIDED = "APR-06"
    NOTHING_TO_CHANGE = "APR-07"
    REMARK_NOT_POSSIBLE = "APR-08"
    WAITS_FOR_AN_ANSWER = "APR-09"
    ALREADY_PROPOSED = "APR-10"


class ProposalState(StrEnum):
    """Open ones wait for the approver, asked-back ones for the proposer; every other state is for ever."""

    OPEN = "open"
    ASKED_BACK = "asked_back"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


UNDECIDED = (ProposalState.OPEN, ProposalState.ASKED_BACK)


class RemarkKind(StrEnum):
    """What somebody said about a proposal."""

    QUESTION = "question"
    ANSWER = "answer"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Decider:
    """Who proposes or decides: a membership, the person behind it, and what the agency lets that membership do.

    Two persons are two subscribers: one person with two memberships is still one person. What proposes without being a
    person, the command line or a program, says so by `kind`, and has no role to decide with.
    """

    member_id: MemberId
    person: SubscriberId
    agency_id: AgencyId
    roles: frozenset[str]
    kind: ActorKind = ActorKind.MEMBER


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may approve: members with `role`, of `agency_id` where it is set, else of any agency."""

    role: str
    agency_id: AgencyId | None


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """What shall change. `kind` is `room.thing`, `target` the id of the thing; `before` and `after` are JSON values by
    name, `before` as it stands while proposing.
    """

    kind: str
    target: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One name whose value changes; None where there is none."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that waits for a second person, or no longer does."""

    id: ProposalId
    change: ProposedChange
    approvers: Approvers
    proposed_by: MemberId
    proposed_by_person: SubscriberId
    proposed_for: AgencyId
    proposed_at: datetime
    expires_at: datetime
    state: ProposalState
    decided_by: MemberId | None
    decided_at: datetime | None

    def waits(self, now: datetime) -> bool:
        """True while it can still be decided; the SQL twin is `store.waiting_proposal`."""
        return self.state in UNDECIDED and now < self.expires_at


@dataclass(frozen=True, slots=True, repr=False)
class Remark:
    """A question, an answer or a reason in somebody's own words."""

    kind: RemarkKind
    by: MemberId
    at: datetime
    text: str
