"""The disclosure record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from idp.catalogue.model import Basis
from idp.exchange import outcomes
from idp.exchange.decision.model import Reason
from idp.kernel.ids import (
    AgencyId,
    AgreementId,
    AuditEntryId,
    ClientId,
    ConsentId,
    DisclosureId,
    GrantId,
    MemberId,
    ServiceId,
    SubscriberId,
    is_id,
)
from idp.representation.model import ActedFor, MandateId


class Outcome(StrEnum):
    """What became of a pull; `fetched` is a client that collected the document of an earlier one, `named` a person who
    stands in somebody else's record that was released.
    """

    RELEASED = "released"
    FETCHED = "fetched"
    NAMED = "named"
    REFUSED = "refused"
    FAILED = "failed"


FAILURES: Final = frozenset(
    {
        Reason.QUOTA,
        Reason.OUT_OF_HOURS,
        *outcomes.REASONS.values(),
        Reason.DOCUMENT_NOT_MADE,
    }
)
"""Reasons that are nobody's refusal: something outside did not work."""


Named = Mapping[SubscriberId, tuple[str, ...]]
"""Who else stands in which of the fields that leave."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The ids of everything a release hangs on; None where that link plays no part, or nobody acts for another.

    `counter_id` is the card session or handle that `officer` opened; `about` whom it is about, where that person has a
    digital ID: their data are theirs to watch, and nothing hangs on it. `agreement_version`: the terms by which it was
    decided; under narrower ones it is decided anew.
    """

    client_id: ClientId
    grant_id: GrantId | None
    subscriber_id: SubscriberId | None
    consent_id: ConsentId | None
    agreement_id: AgreementId | None
    acted_for: ActedFor | None = None
    counter_id: str | None = None
    officer: MemberId | None = None
    about: SubscriberId | None = None
    agreement_version: int | None = None

    @property
    def owner_id(self) -> SubscriberId | None:
        """Whose data it is, as far as they are known here: who sees the record."""
        return self.subscriber_id or self.about

    @property
    def is_by_card(self) -> bool:
        """True where a card in a reader carries it, not a handle."""
        return self.counter_id is not None and is_id("cds", self.counter_id)

    @property
    def mandate_id(self) -> MandateId | None:
        """The mandate under which somebody acts, where there is one."""
        return None if self.acted_for is None else self.acted_for.mandate_id


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Who got, or was refused, which fields about whom, for what, on which basis. Names of fields, never values.

    The chain's owner is set for data about a known person, `juristic_id` for data about a company; `reason` unless
    released.
    """

    id: DisclosureId
    chain: Chain
    agency_id: AgencyId
    service_id: ServiceId
    dataset: str
    juristic_id: str | None
    fields: tuple[str, ...]
    basis: Basis
    case: str | None
    outcome: Outcome
    reason: Reason | None
    at: datetime
    audit_entry_id: AuditEntryId
    access_token_id: str


@dataclass(frozen=True, slots=True, repr=False)
class KeptAnswer:
    """What a repeated request with the same Idempotency-Key gets; `sealed` is None once the answer is no longer
    kept.
    """

    disclosure_id: DisclosureId
    request_digest: bytes
    sealed: bytes | None
