"""A juristic person as it was read just now, and acts that several sign."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import CompanyOfficer
from idp.kernel.ids import SubscriberId
from idp.representation.model import JointActId
from idp.representation.signing.model import LimitedAct, SigningRule, UnknownRule

LONGEST_WAIT = timedelta(days=7)
"""A joint act waits this long for co-signers."""
FRESH = timedelta(seconds=60)
"""How old what the registry said may be when somebody acts by it."""


class CompanyStanding(StrEnum):
    """The registry's nine statuses; only an operating juristic person acts. Anything else it says is `unknown`."""

    OPERATING = "operating"
    IN_RECEIVERSHIP = "in_receivership"
    CONVERTED = "converted"
    IN_LIQUIDATION = "in_liquidation"
    LIQUIDATED = "liquidated"
    AMALGAMATED = "amalgamated"
    WITHDRAWN = "withdrawn"
    STRUCK_OFF = "struck_off"
    BANKRUPT = "bankrupt"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, repr=False)
class CompanyFacts:
    """What the registry said of a juristic person at `read_at`."""

    juristic_id: JuristicId
    name_th: str
    name_en: str
    standing: CompanyStanding
    officers: tuple[CompanyOfficer, ...]
    rule: SigningRule | UnknownRule
    read_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class SigningRole:
    """A subscriber's place in a company: the name on the committee, and whether that signature alone suffices.

    `seal`: with it the company's seal is to be affixed, by this signatory or, where several sign, by any of them.
    """

    subscriber_id: SubscriberId
    name: str
    alone: bool
    seal: bool


@dataclass(frozen=True, slots=True, repr=False)
class SignatoryPaper:
    """What an officer looked at before saying that this person is the one whom the committee names."""

    certificate_no: str
    issued_on: date
    card_seen: bool
    certificate_seen: bool


class JointActState(StrEnum):
    """Waiting ones can still be signed, completed ones be used once; every other state is for ever."""

    WAITING = "waiting"
    COMPLETED = "completed"
    USED = "used"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ActTerms:
    """What is signed. `digest` is the lower-case hex SHA-256 of what the page showed; `terms` are ids and names only.

    `limited` names the act where registered limits know it.
    """

    kind: str
    digest: str
    terms: Mapping[str, Any]
    limited: LimitedAct | None = None


@dataclass(frozen=True, slots=True)
class JointAct:
    """An act of a juristic person that its signing rule has to be met for."""

    id: JointActId
    juristic_id: JuristicId
    what: ActTerms
    begun_by: SubscriberId
    begun_at: datetime
    expires_at: datetime
    state: JointActState
    signed_by: tuple[SubscriberId, ...]
    sealed: bool
