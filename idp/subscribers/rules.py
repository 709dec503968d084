"""Decisions about a subscriber's status, pure."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Final

from idp.kernel.errors import Conflict, Refused
from idp.subscribers.model import ActingMember, Identity, Subscriber, SubscriberProblem, SubscriberStatus

SUSPENDABLE: Final = frozenset({SubscriberStatus.ACTIVE, SubscriberStatus.FROZEN})

COOLING: Final = timedelta(days=7)
"""How long an owner may take the closing back: somebody who got at the account can destroy nothing unnoticed."""


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
    (facts/security-and-reliability, row 49), under whichever membership. What a registry's notice stopped nobody made:
    there two persons lift it together.

    Raises Refused (OWN_RECORD, NEEDS_TWO) and Conflict (NOT_SUSPENDED, SAME_PERSON).
    """
    if by.person == subscriber.id:
        raise Refused(SubscriberProblem.OWN_RECORD)
    if subscriber.suspension is None:
        raise Conflict(SubscriberProblem.NOT_SUSPENDED)
    if subscriber.suspension.is_by_registry:
        raise Refused(SubscriberProblem.NEEDS_TWO)
    if by.person == subscriber.suspension.by_person or by.member_id == subscriber.suspension.by:
        raise Conflict(SubscriberProblem.SAME_PERSON)


def validate_closing(*, subscriber: Subscriber) -> None:
    """May this identity be ended by somebody else than its owner? Only once it is stopped: its owner was told then.

    Raises Conflict (CLOSED, NOT_STOPPED).
    """
    if subscriber.status is SubscriberStatus.CLOSED:
        raise Conflict(SubscriberProblem.CLOSED)
    if subscriber.status is not SubscriberStatus.SUSPENDED:
        raise Conflict(SubscriberProblem.NOT_STOPPED)


def validate_same_person(*, before: Identity, after: Identity) -> None:
    """Newer attributes are of the person whose older ones they replace. Raises Refused (OTHER_PERSON)."""
    same_citizen = before.citizen_id is not None and before.citizen_id == after.citizen_id
    same_passport = before.passport is not None and before.passport == after.passport
    # a number that nobody had before may be added; another one in its place is another person's
    other_citizen = None not in (before.citizen_id, after.citizen_id) and not same_citizen
    if other_citizen or not (same_citizen or same_passport):
        raise Refused(SubscriberProblem.OTHER_PERSON)


def validate_new_passport(*, before: Identity, after: Identity) -> None:
    """A newer passport takes the place of an older one, and of nothing else. Raises Refused (OTHER_PERSON)."""
    is_newer = None not in (before.passport, after.passport) and before.passport != after.passport
    if not is_newer or before.citizen_id != after.citizen_id:
        raise Refused(SubscriberProblem.OTHER_PERSON)


def with_numbers_of(before: Identity, after: Identity) -> Identity:
    """The newer attributes, and every number that was known before: evidence of one kind says nothing of the other."""
    return replace(after, citizen_id=after.citizen_id or before.citizen_id, passport=after.passport or before.passport)


def changed_names(before: Identity, after: Identity) -> tuple[str, ...]:
    """The names of the attributes that are others now."""
    names = (field.name for field in fields(Identity))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
