"""What leaves a card session beside pulls, and what is asked for it."""

from dataclasses import dataclass

from connectors.contracts.documents import Delivery
from idp.exchange.decision.model import Reason
from idp.exchange.document.model import MadeDocument
from idp.kernel.ids import DisclosureId

COPIES_AT_ONCE = 4
"""How many one node makes at a time; more are refused at once: releases need the same processor and authority."""


@dataclass(frozen=True, slots=True)
class CopyWanted:
    """`fields` in any order, None for all that the right covers."""

    fields: frozenset[str] | None
    delivery: Delivery


@dataclass(frozen=True, slots=True, repr=False)
class ShownCardPhoto:
    """The bytes for one answer."""

    disclosure_id: DisclosureId
    jpeg: bytes


@dataclass(frozen=True, slots=True, repr=False)
class OfficerCopy:
    """The file for one answer; `has_photo` is False where the right does not say so or the card gave none."""

    disclosure_id: DisclosureId
    made: MadeDocument
    has_photo: bool


class NotReleased(Exception):
    """What was judged a moment ago does not hold in the transaction that discloses: it is rolled back."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
