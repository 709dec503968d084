"""What a subscriber is: records and codes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId, PassportNumber
from connectors.contracts.thai_dates import PartialDate
from idp.audit.model import Actor, ActorKind
from idp.kernel.assurance import Ial
from idp.kernel.ids import AgencyId, MemberId, SubscriberId


class SubscriberStatus(StrEnum):
    """Whether an identity may be used: only `active` signs in, is released, or gives consent.

    `frozen` is stopped by its owner, who may end that; `suspended` by an officer, and two persons end that.
    """

    ACTIVE = "active"
    FROZEN = "frozen"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class SubscriberProblem(StrEnum):
    """What can be wrong with a request about a subscriber; the value is the code that people see."""

    UNKNOWN = "SUB-01"
    ALREADY_ENROLLED = "SUB-02"
    NOT_ACTIVE = "SUB-03"
    NOT_SUSPENDED = "SUB-04"
    SAME_PERSON = "SUB-05"
    OWN_RECORD = "SUB-06"
    REASON_MISSING = "SUB-07"
    NOT_FROZEN = "SUB-08"
    OTHER_PERSON = "SUB-09"
    CLOSED = "SUB-10"
    NEEDS_TWO = "SUB-11"
    NOT_CLOSING = "SUB-12"
    NOT_STOPPED = "SUB-13"


class AttributeSource(StrEnum):
    """Who says what a person's attributes are."""

    CARD = "card"
    PASSPORT = "passport"
    REGISTRY = "registry"
    THAID = "thaid"


class ChangeReason(StrEnum):
    """Why attributes were read anew."""

    RENEWAL = "renewal"
    STEP_UP = "step_up"
    REGISTRY_NOTICE = "registry_notice"
    CORRECTION = "correction"
    NEW_PASSPORT = "new_passport"


class LookKind(StrEnum):
    """What of a person a member of the staff opened."""

    RECORD = "record"
    CASE = "case"
    HISTORY = "history"


class ClosingReason(StrEnum):
    """Why an identity was ended for ever."""

    OWNER = "owner"
    DEATH = "death"
    DUPLICATE = "duplicate"
    ENROLLED_IN_ERROR = "enrolled_in_error"
    COURT_ORDER = "court_order"


@dataclass(frozen=True, slots=True)
class ActingMember:
    """The member of an agency who acts on a subscriber, and the person behind that membership.

    Two persons are two subscribers: one person with two memberships is still one person.
    """

    member_id: MemberId
    person: SubscriberId
    agency_id: AgencyId

    @property
    def actor(self) -> Actor:
        """Who acts, as the log has it."""
        return Actor(ActorKind.MEMBER, self.member_id)


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """The attributes a person was identified by, as the evidence gave them. `sex` is DOPA's code: 1 male, 2 female.

    Somebody known by a passport alone has no citizen number, no Thai name, and perhaps no stated sex (empty). At least
    one of both numbers is there; a card for people without Thai nationality links them.
    """

    citizen_id: CitizenId | None
    name_th: PersonName
    name_en: PersonName
    birth_date: PartialDate
    sex: Literal["1", "2", ""]
    passport: PassportNumber | None = None

    def __post_init__(self) -> None:
        if self.citizen_id is None and self.passport is None:
            raise ValueError("a person is known by a number")

    def name(self, *, thai: bool) -> PersonName:
        """The name in the wanted language; in the other where there is none."""
        wanted, other = (self.name_th, self.name_en) if thai else (self.name_en, self.name_th)
        return wanted if wanted.first or wanted.last else other

    def masked_number(self) -> str:
        """The number the person is known by, enough for the owner to recognise it."""
        if self.citizen_id is not None:
            return self.citizen_id.masked()
        return "" if self.passport is None else self.passport.masked()


@dataclass(frozen=True, slots=True, repr=False)
class PastIdentity:
    """Attributes that were held from `held_from` until `held_until`, and what took their place and why.

    `changed` are the names of the attributes that became others then.
    """

    identity: Identity
    held_from: datetime
    held_until: datetime
    changed: tuple[str, ...]
    replaced_by: AttributeSource
    why: ChangeReason


@dataclass(frozen=True, slots=True, repr=False)
class PostalAddress:
    """An address for post (OpenID Connect Core §5.1.1); parts that are not known are empty. `formatted` has lines."""

    formatted: str = ""
    street_address: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


class LettersWanted(StrEnum):
    """Which letters a person wants; those about the safety of the digital ID are always sent."""

    ALL = "all"
    SECURITY = "security"


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class ContactDetails:
    """What a person says of themselves: no evidence stands behind it, but the two `verified` marks tell of a check.

    Texts that are not known are empty. `locale` is a BCP 47 tag, `zoneinfo` a name of the tz database, `letters` which
    notices are sent as well as listed.
    """

    email: str = ""
    email_verified: bool = False
    phone_number: str = ""
    phone_number_verified: bool = False
    address: PostalAddress | None = None
    nickname: str = ""
    preferred_username: str = ""
    profile: str = ""
    picture: str = ""
    website: str = ""
    zoneinfo: str = ""
    locale: str = ""
    letters: LettersWanted = LettersWanted.ALL
    updated_at: datetime | None = None


REGISTRY: Final = "registry"
"""Who stands in a suspension that no person made: the register said that somebody died or a number is void."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """Who stopped an identity and when; the reason is sealed and asked for on its own.

    A registry's notice is `by` the member and the person `REGISTRY`.
    """

    by: MemberId
    by_person: SubscriberId
    at: datetime

    @property
    def is_by_registry(self) -> bool:
        """True when no person made it: then two persons end it."""
        return self.by == REGISTRY


@dataclass(frozen=True, slots=True)
class Closing:
    """The owner asked for the end of the own identity; until `due_at` that can be taken back."""

    requested_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person with a digital identity; no attribute of the person is in this record.

    `suspension` is present exactly while `status` is suspended.
    """

    id: SubscriberId
    status: SubscriberStatus
    ial: Ial
    enrolled_at: datetime
    suspension: Suspension | None

    @property
    def is_live(self) -> bool:
        """True while the identity may be used; the same rule as `store.live_subscriber`."""
        return self.status is SubscriberStatus.ACTIVE
