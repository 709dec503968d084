"""What an owner reads about one use of their data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from idp.catalogue.model import Basis
from idp.exchange.decision.model import Reason
from idp.exchange.pull.model import Outcome
from idp.kernel.ids import AgencyId, ConsentId, DisclosureId, GrantId, SubscriberId
from idp.subscribers.model import LookKind


@dataclass(frozen=True, slots=True)
class FieldLabel:
    """A field in words."""

    name: str
    label_th: str
    label_en: str


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One release or refusal: who, for what, which fields, on which basis. Names only, no values.

    `fields` are those that left, or that were asked for when nothing left; `reason` says why nothing did;
    `times` counts like refusals, or fetches of documents, within one minute. `acted_by` is the proxy who acted, or the
    owner where it was for the company `acting_juristic_id`; None where the owner acted for nobody else. Of an officer
    the position is told, never the name, and at which station the card was read; `by_number`: no card was there.
    """

    disclosure_id: DisclosureId
    at: datetime
    agency_id: AgencyId
    agency_name_th: str
    agency_name_en: str
    service_title_th: str
    service_title_en: str
    dataset: str
    dataset_title_th: str
    dataset_title_en: str
    fields: tuple[FieldLabel, ...]
    basis: Basis
    consent_id: ConsentId | None
    case: str | None
    outcome: Outcome
    reason: Reason | None
    times: int
    acted_by: SubscriberId | None = None
    acting_juristic_id: str | None = None
    officer_position_th: str | None = None
    officer_position_en: str | None = None
    station_name_th: str | None = None
    station_name_en: str | None = None
    by_number: bool = False

    @property
    def place(self) -> str:
        """Where it stands among all entries: later ones compare greater."""
        return place_of(self.disclosure_id)


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """The person stands in somebody else's record that was released: to which agency, which data set, on which day
    (its first moment in Bangkok). Neither what for nor when exactly: that would tell something about the other person.
    """

    disclosure_id: DisclosureId
    day: datetime
    agency_id: AgencyId
    agency_name_th: str
    agency_name_en: str
    dataset: str
    dataset_title_th: str
    dataset_title_en: str

    @property
    def place(self) -> str:
        """Where it stands among all entries: later ones compare greater."""
        return place_of(self.disclosure_id)


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """One sign-in at which a program was given claims. Names only, as a consent spells them, no values."""

    grant_id: GrantId
    at: datetime
    agency_id: AgencyId
    agency_name_th: str
    agency_name_en: str
    client_name_th: str
    client_name_en: str
    claims: tuple[str, ...]
    consent_id: ConsentId

    @property
    def place(self) -> str:
        """Where it stands among all entries: later ones compare greater."""
        return place_of(self.grant_id)


@dataclass(frozen=True, slots=True)
class LookRecord:
    """Somebody who manages identities opened something of the person; no field left the system."""

    look_id: str
    at: datetime
    agency_id: AgencyId
    agency_name_th: str
    agency_name_en: str
    what: LookKind

    @property
    def place(self) -> str:
        """Where it stands among all entries: later ones compare greater."""
        return place_of(self.look_id)


Entry = AccessRecord | NamedRecord | SignInRecord | LookRecord


def place_of(record_id: str) -> str:
    """The part of an identifier that tells its time, alike for records of every kind."""
    return record_id.partition("_")[2]


class Became(StrEnum):
    """What an owner may ask for: what became of it, or what kind of entry it is."""

    RECEIVED = "received"
    REFUSED = "refused"
    NAMED = "named"
    TOLD = "told"
    LOOKED = "looked"


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which entries are listed; None leaves a question open. `since` belongs to them, `until` no more."""

    agency_id: AgencyId | None = None
    dataset: str | None = None
    became: Became | None = None
    since: datetime | None = None
    until: datetime | None = None
    entry_id: str | None = None


EVERYTHING: Final = HistoryFilter()


@dataclass(frozen=True, slots=True)
class Known:
    """Something that entries name: an agency or a data set."""

    id: str
    title_th: str
    title_en: str


@dataclass(frozen=True, slots=True)
class InHistory:
    """Which agencies and data sets the entries of one person name, so that a choice never leads to nothing."""

    agencies: tuple[Known, ...]
    datasets: tuple[Known, ...]
