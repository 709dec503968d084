"""Decisions about a subscriber's status, pure."""

from typing import Final

from idp.kernel.errors import Conflict, Refused
from idp.subscribers.model import ActingMember, Subscriber, SubscriberProblem, SubscriberStatus

SUSPENDABLE: Final = frozenset({SubscriberStatus.ACTIVE, SubscriberStatus.FROZEN})


def validate_suspension(*, subscriber: Subscriber, by: ActingMember, reason: str) -> None:
    """May `by` stop this identity now?

    A frozen one may be suspended: that is how a counter, which saw the owner in person, takes the freezing over, so
    that another person than that officer gives the identity back.

    Raises Refused (OWN_RECORD, REASON_MISSING) and Conflict (NOT_ACTIVE).
    """
    if by.person == subscriber.id:
        raise Refused(SubscriberProblem.OWN_RECORD)
    if not reason.strip():
        raise Refused(SubscriberProblem.REASON_MISSING)
    if subscriber.status not in SUSPENDABLE:
        raise Conflict(SubscriberProblem.NOT_ACTIVE)


def validate_lifting(*, subscriber: Subscriber, by: ActingMember) -> None:
    """May `by` give this identity back?

    Two persons stand behind every suspension that ends: the one who made it never lifts it
    (facts/security-and-reliability, row 49), under whichever membership.

    Raises Refused (OWN_RECORD) and Conflict (NOT_SUSPENDED, SAME_PERSON).
    """
    if by.person == subscriber.id:
        raise Refused(SubscriberProblem.OWN_RECORD)
    if subscriber.suspension is None:
        raise Conflict(SubscriberProblem.NOT_SUSPENDED)
    if by.person == subscriber.suspension.by_person or by.member_id == subscriber.suspension.by:
        raise Conflict(SubscriberProblem.SAME_PERSON)
