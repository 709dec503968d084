"""A mandate, its principal, and the papers it may rest on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.thai_dates import PartialDate
from idp.kernel.ids import MemberId, SubscriberId
from idp.representation.model import JointActId, MandateId, Scope

LONGEST = timedelta(days=731)
"""Two years, one of them a leap year; legal representatives act until majority."""
OFFER_LASTS = timedelta(days=14)
"""How long a proxy may take to accept."""
MOST_OFFERS = 20
"""How many offers of one person or company may wait for an answer: nobody is flooded with them."""
ENDED_COUNT_FOR = timedelta(days=1)
"""How long one that was taken back, or ended otherwise, still counts among them: each was a notice to somebody."""
LONGEST_MINORITY = timedelta(days=20 * 366)
"""More than any minority lasts."""
MAJORITY_YEARS = 20
"""Civil and Commercial Code, section 19. Majority by marriage (section 20) is recorded by ending the mandate."""
PAPER_KIND = "representation.mandate"
"""The kind of proposal that waits for a second officer."""


class MandateKind(StrEnum):
    """On what a mandate rests."""

    ONLINE = "online"
    COMPANY = "company"
    PAPER = "paper"
    LEGAL_REPRESENTATIVE = "legal_representative"


class MandateState(StrEnum):
    """Offered ones need the proxy's own word, awaiting ones a second officer; both are good for nothing yet. Ended is
    for ever.
    """

    OFFERED = "offered"
    AWAITING = "awaiting"
    ACTIVE = "active"
    ENDED = "ended"


class LegalSource(StrEnum):
    """What shows that somebody is a legal representative."""

    REGISTRY = "registry"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class PersonPrincipal:
    """A subscriber."""

    subscriber_id: SubscriberId


@dataclass(frozen=True, slots=True, repr=False)
class PaperPrincipal:
    """A person of a paper, who may not be a subscriber: identified by the officer."""

    citizen_id: CitizenId
    name: PersonName


@dataclass(frozen=True, slots=True)
class CompanyPrincipal:
    """A juristic person."""

    juristic_id: JuristicId


@dataclass(frozen=True, slots=True)
class UnenrolledPrincipal:
    """A person who was no subscriber when the paper was recorded; number and name are sealed with the mandate."""


Principal = PersonPrincipal | CompanyPrincipal | UnenrolledPrincipal


@dataclass(frozen=True, slots=True)
class Terms:
    """To whom, for what, from when until when."""

    proxy: SubscriberId
    scope: Scope
    valid_from: datetime
    valid_until: datetime

    @property
    def last_moment(self) -> datetime:
        """The last moment at which it may be used: on the last day, where it ends at midnight after it."""
        return self.valid_until - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PaperForm:
    """A power of attorney on paper as the officer saw it; both signatures and identities were compared."""

    form_no: str
    signed_on: date
    stamp_duty_seen: bool
    principal_identity_seen: bool
    proxy_identity_seen: bool


@dataclass(frozen=True, slots=True)
class LegalPaper:
    """What shows a legal representative: an extract of the registry or a court's paper, by its number."""

    source: LegalSource
    reference_no: str
    issued_on: date
    child_birth_date: PartialDate


@dataclass(frozen=True, slots=True)
class Mandate:
    """Whoever holds it may act for the principal within its terms, while live."""

    id: MandateId
    kind: MandateKind
    principal: Principal
    terms: Terms
    state: MandateState
    given_at: datetime
    ended_at: datetime | None
    paper_no: str | None
    recorded_by: MemberId | None
    joint_act_id: JointActId | None

    def is_live(self, now: datetime) -> bool:
        """True while it may be used, if the persons behind are live; the SQL twin is `store.live_mandate`."""
        return self.state is MandateState.ACTIVE and self.terms.valid_from <= now < self.terms.valid_until
