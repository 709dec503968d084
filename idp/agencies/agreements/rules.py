"""Decisions about the life of an agreement, pure."""

from dataclasses import dataclass, replace
from datetime import time

from idp.agencies.agreements.model import Second
from idp.agencies.model import AccessHours, Agency, AgencyProblem, Agreement, Role, Standing
from idp.approvals.model import Approvers, Decider
from idp.kernel.ids import AgencyId


@dataclass(frozen=True, slots=True)
class MayPropose:
    """This person may propose it; `approvers` decide."""

    approvers: Approvers


@dataclass(frozen=True, slots=True)
class MayNotPropose:
    """This person may not; `problem` says why."""

    problem: AgencyProblem


def is_owners(by: Decider, owner: Agency | None) -> bool:
    """True for whoever speaks for the owner of a data set."""
    return owner is not None and by.agency_id == owner.id and Role.DATA_OWNER.value in by.roles


def is_platforms(by: Decider, platform_id: AgencyId) -> bool:
    """True for whoever administers the platform; the role counts in no other agency."""
    return by.agency_id == platform_id and Role.PLATFORM_ADMIN.value in by.roles


def decide_proposal(
    agreement: Agreement, *, by: Decider, owner: Agency | None, second: Second, platform_id: AgencyId
) -> MayPropose | MayNotPropose:
    """May `by` propose these terms, and who approves?

    The asking agency asks the data's owner; the owner's own staff grant it, with a colleague, the agency above or the
    platform as the second; the platform enters the owner's letter.
    """
    if is_owners(by, owner):
        allowed = frozenset(Second)
    elif is_platforms(by, platform_id):
        allowed = frozenset({Second.PLATFORM, Second.OWNER})
    elif by.agency_id == agreement.agency_id and Role.AGENCY_ADMIN.value in by.roles:
        allowed = frozenset({Second.OWNER})
    else:
        return MayNotPropose(AgencyProblem.NOT_THE_OWNER)
    approvers = _approvers(second, owner=owner, platform_id=platform_id)
    if second not in allowed or approvers is None:
        return MayNotPropose(AgencyProblem.NO_SUCH_SECOND)
    # nobody grants to themselves: the agency that gets the data is the second person only for data it owns
    if approvers.agency_id == agreement.agency_id and (owner is None or owner.id != agreement.agency_id):
        return MayNotPropose(AgencyProblem.NO_SUCH_SECOND)
    return MayPropose(approvers)


def _approvers(second: Second, *, owner: Agency | None, platform_id: AgencyId) -> Approvers | None:
    if second is Second.PLATFORM:
        return Approvers(Role.PLATFORM_ADMIN.value, platform_id)
    if owner is None:
        return None
    if second is Second.OWNER:
        return Approvers(Role.DATA_OWNER.value, owner.id)
    return None if owner.parent_id is None else Approvers(Role.DATA_OWNER.value, owner.parent_id)


def is_narrower(new: Agreement, present: Agreement) -> bool:
    """True when the new terms give nothing that the present ones do not, and something less.

    Whatever is no limit of the right (whose it is, its papers) is as it was.
    """
    alike = replace(
        present,
        fields=new.fields,
        bases=new.bases,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        daily_quota=new.daily_quota,
        hours=new.hours,
        by_number=new.by_number,
        officers_need_grant=new.officers_need_grant,
    )
    return (
        new == alike
        and new != present
        and new.fields <= present.fields
        and new.bases <= present.bases
        and present.valid_from <= new.valid_from
        and new.valid_until <= present.valid_until
        and new.daily_quota <= present.daily_quota
        and new.by_number <= present.by_number
        and new.officers_need_grant >= present.officers_need_grant
        and _hours_are_within(new.hours, present.hours)
    )


def can_follow(new: Agreement, present: Agreement | None) -> bool:
    """True when `new` may stand in the place of `present`: the same right, which has not ended for good."""
    if present is None:
        return new.status is not Standing.ENDED
    same = (new.agency_id, new.service_id, new.dataset, new.channel) == (
        present.agency_id,
        present.service_id,
        present.dataset,
        present.channel,
    )
    return same and present.status is not Standing.ENDED


def _hours_are_within(new: AccessHours | None, present: AccessHours | None) -> bool:
    if present is None or new is None:
        return present is None
    closes, until = (hours.closes if hours.closes != time(0, 0) else time.max for hours in (new, present))
    return new.days <= present.days and new.opens >= present.opens and closes <= until
