"""What a registry said instead of a record, as a reason of our own: each reads differently to people.

A name that was never changed is no reason but an answer; the readers make it one. Where such an outcome comes from a
service that has no empty answer, it says that this part of the record is empty.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from connectors.contracts.errors import RegistryError, RegistryOutcome
from idp.exchange.decision.model import Reason

REASONS: Final[Mapping[RegistryOutcome, Reason]] = MappingProxyType(
    {
        RegistryOutcome.UNAVAILABLE: Reason.REGISTRY_UNAVAILABLE,
        RegistryOutcome.GARBAGE: Reason.REGISTRY_UNREADABLE,
        RegistryOutcome.UNEXPLAINED: Reason.REGISTRY_UNEXPLAINED,
        RegistryOutcome.OUT_OF_HOURS: Reason.REGISTRY_CLOSED,
        RegistryOutcome.OVER_QUOTA: Reason.REGISTRY_QUOTA,
        RegistryOutcome.BUSY: Reason.REGISTRY_BUSY,
        RegistryOutcome.NO_RIGHT: Reason.REGISTRY_REFUSED,
        RegistryOutcome.NO_SESSION: Reason.REGISTRY_SESSION_OVER,
        RegistryOutcome.ACCOUNT_REFUSED: Reason.REGISTRY_ACCOUNT,
        RegistryOutcome.BAD_QUESTION: Reason.REGISTRY_QUESTION,
        RegistryOutcome.MISMATCH: Reason.REGISTRY_MISMATCH,
        RegistryOutcome.TOO_LARGE: Reason.REGISTRY_TOO_LARGE,
        RegistryOutcome.NOT_FOUND: Reason.NO_RECORD,
        RegistryOutcome.NO_CHANGE: Reason.NO_VALUE,
        RegistryOutcome.NO_VALUE: Reason.NO_VALUE,
        RegistryOutcome.WRONG_PERSON: Reason.WRONG_PERSON,
    }
)
"""Every outcome has its reason; a test checks that none is missing."""

MAY_PASS: Final = frozenset(
    {Reason.REGISTRY_UNAVAILABLE, Reason.REGISTRY_CLOSED, Reason.REGISTRY_QUOTA, Reason.REGISTRY_BUSY}
)
"""Reasons that end by themselves: the same request may succeed later."""


def reason_of(error: RegistryError) -> Reason:
    """Why there is no record."""
    return REASONS[error.outcome]
