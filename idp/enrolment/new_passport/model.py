"""What is known of a new passport that waits for a second officer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from connectors.contracts.identifiers import PassportNumber
from idp.approvals.model import ProposalId
from idp.enrolment.case_numbers import CaseNumber
from idp.enrolment.rules import SECOND_OFFICER_LIFE
from idp.kernel.ids import EnrolmentId, StationId, SubscriberId
from idp.subscribers.model import Identity

KIND: Final = "enrolment.new_passport"
"""The kind of the proposal that the second officer decides."""

WAITS: Final = SECOND_OFFICER_LIFE
"""Until when, from the start of the journey, the second officer may decide: the person waits at the counter."""


class OldPassport(StrEnum):
    """Where the booklet is by whose number the person is known."""

    SHOWN = "shown"
    LOST = "lost"


class Authenticators(StrEnum):
    """What becomes of the ways to sign in.

    `prove`: they stay where the person signed in with a passkey since the journey began; else all are taken away, and
    the person gets a new one.
    """

    STAY = "stay"
    PROVE = "prove"


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """What waits, sealed to this server, until the second officer decides or the journey ends."""

    identity: Identity
    old_number: PassportNumber


@dataclass(frozen=True, slots=True)
class WaitingPassport:
    """A row of the second officer's list: no name, no number but that of the case."""

    enrolment_id: EnrolmentId
    case_no: CaseNumber
    station_id: StationId
    began_at: datetime
    is_own: bool


@dataclass(frozen=True, slots=True, repr=False)
class Compared:
    """What the second officer is shown: the identity as it is held, and as the new passport has it."""

    enrolment_id: EnrolmentId
    case_no: CaseNumber
    holder_id: SubscriberId
    proposal_id: ProposalId
    before: Identity
    after: Identity
    was: OldPassport
    is_same_name: bool
    authenticators: Authenticators
    has_proven: bool
