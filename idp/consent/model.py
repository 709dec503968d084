"""The records of the consent room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.catalogue.gdx import GdxDetail
from idp.kernel.ids import AgencyId, ClientId, ConsentId, ServiceId, SubscriberId

SIGN_IN_CONSENT_DAYS = 365
"""How long claims are remembered where no service sets its own days: asked again once a year."""


class ConsentProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/CON.toml`."""

    UNKNOWN = "CON-01"
    ALREADY_WITHDRAWN = "CON-02"
    NOTHING_TO_CONSENT_TO = "CON-03"
    PAPER_NOT_MADE = "CON-04"
    RECEIPT_IN_THE_MAKING = "CON-05"


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """Who decided where that was not the subscriber for themselves: a proxy under a mandate, or the subscriber for a
    juristic person. The ids are those of the rooms that know what they mean.
    """

    decided_by: SubscriberId
    mandate_id: str | None
    juristic_id: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page said and asked for, by which somebody decides: nothing else can be agreed to by that.

    `hash` is the lower-case hex SHA-256 of its text, kept before by `Consents.keep_shown`. `optional` fields, as
    `dataset/field`, are given only when they are ticked.
    """

    hash: str
    details: tuple[GdxDetail, ...] = ()
    claims: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    consent_days: int = SIGN_IN_CONSENT_DAYS


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One decision of a subscriber: these details and claims, to this client of this agency, for at most one service.

    `claims` are told at sign-in, by the names that `idp.protocol.scopes.consent_names` gives them; `service_id` is None
    where no service asked. `shown_hash` is the lower-case hex SHA-256 of what the page showed. In force while
    `given_at <= now < valid_until` and not withdrawn; `uses_left` counts the pulls left for each data set.

    `on_behalf` says who decided where that was not the subscriber for themselves: such a consent covers only what is
    asked for in the same way.
    """

    id: ConsentId
    subscriber_id: SubscriberId
    agency_id: AgencyId
    service_id: ServiceId | None
    client_id: ClientId
    details: tuple[GdxDetail, ...]
    shown_hash: str
    given_at: datetime
    valid_until: datetime
    withdrawn_at: datetime | None
    uses_left: dict[str, int]
    claims: tuple[str, ...] = ()
    on_behalf: OnBehalf | None = None

    def is_live(self, now: datetime) -> bool:
        """True while it may be relied on; the SQL twin is `store.live_consent`."""
        return self.withdrawn_at is None and self.given_at <= now < self.valid_until

    def detail_of(self, dataset: str) -> GdxDetail | None:
        """What was agreed for a data set."""
        return next((detail for detail in self.details if detail.dataset == dataset), None)
