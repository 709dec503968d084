"""The records of seats."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from connectors.contracts.identifiers import CitizenId
from idp.agencies.model import Agency, Member, Role, Standing
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, SubscriberId

InvitationId = NewType("InvitationId", str)

INVITATION_LIFE: Final = timedelta(hours=72)
MOST_WAITING: Final = 200
"""Invitations of one agency that wait at the same time."""

NEEDED: Final = Acr(Ial.IAL2_1, Aal.AAL2_2)
"""Who takes a seat was identified against a source, and signed in with a passkey: a link alone may be anybody's."""


class SeatProblem(StrEnum):
    """Why nobody sits there; texts in `idp/web/problems/SEA.toml`."""

    UNKNOWN = "SEA-01"
    NOT_INVITED_HERE = "SEA-02"
    FULL = "SEA-03"
    INVITATION_UNUSABLE = "SEA-04"
    LEVEL_TOO_LOW = "SEA-05"
    ALREADY_HELD = "SEA-06"
    TOO_MANY_INVITATIONS = "SEA-07"
    NOT_NARROWER = "SEA-08"
    CHANGED_MEANWHILE = "SEA-09"
    NOT_POSSIBLE = "SEA-10"
    INVITED_ALREADY = "SEA-11"
    NOT_THE_NUMBER = "SEA-12"


@dataclass(frozen=True, slots=True)
class Seat:
    """A role at one place of an agency (`site` empty: at all of them) for at most `places` members at a time.

    Whoever takes one is a member for `days`. Only an active seat is given to anybody new.
    """

    agency_id: AgencyId
    site: str
    role: Role
    position_th: str
    position_en: str
    places: int
    days: int
    status: Standing = Standing.ACTIVE


@dataclass(frozen=True, slots=True)
class TakenSeat:
    """A seat and how many live members hold it."""

    seat: Seat
    taken: int


class InvitationState(StrEnum):
    """Where an invitation stands; every state but `waiting` is for ever."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One person may take one seat, once. `reference` is the agency's own name for that person, `person` a digest of
    the number of the only one who may accept, where the agency named it. `program` is which of the agency's programs
    invited, or which of its administrators (a member's id); None: whoever runs the house did.
    """

    id: InvitationId
    agency_id: AgencyId
    site: str
    role: Role
    reference: str
    person: bytes | None
    program: str | None
    made_at: datetime
    expires_at: datetime
    state: InvitationState


@dataclass(frozen=True, slots=True, repr=False)
class Invited:
    """An invitation with its code, which is said this once."""

    invitation: Invitation
    code: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody is invited to."""

    invitation: Invitation
    seat: Seat
    agency: Agency


@dataclass(frozen=True, slots=True, repr=False)
class Invitee:
    """Who would take a seat, as signed in at present."""

    subscriber_id: SubscriberId
    citizen_id: CitizenId | None
    acr: Acr


@dataclass(frozen=True, slots=True)
class SeatedMember:
    """A member as the agency's programs see one: `version` counts the changes."""

    member: Member
    reference: str
    version: int
