"""On which ground data are asked for without online consent, and what is kept to prove it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType, assert_never

from idp.catalogue.model import Basis
from idp.kernel.ids import AgencyId, ServiceId, StationId

BasisEvidenceId = NewType("BasisEvidenceId", str)


class BasisProblem(StrEnum):
    """Why a ground is not accepted; texts in `idp/web/problems/BSE.toml`."""

    CONSENT_ONLY = "BSE-01"
    NOT_ITS_SERVICE = "BSE-02"
    NO_CARD = "BSE-03"
    NOTICE_NOT_READ = "BSE-04"
    FORM_NOT_NAMED = "BSE-05"
    FORM_DAY = "BSE-06"
    LAW_NOT_REGISTERED = "BSE-07"
    ALREADY_STATED = "BSE-08"


@dataclass(frozen=True, slots=True)
class CardHandedOver:
    """The person handed the card to an officer at this station, after the notice was read out or shown to them."""

    station_id: StationId
    notice_read_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class SignedForm:
    """The person signed a paper: its number at the agency, the day, and where the agency keeps it."""

    reference: str
    signed_on: date
    kept_where: str


@dataclass(frozen=True, slots=True)
class LegalDuty:
    """A law obliges the agency: the person is given notice, not a choice."""

    law: str
    section: str


Ground = CardHandedOver | SignedForm | LegalDuty


def basis_of(ground: Ground) -> Basis:
    """The basis as requests and agreements name it."""
    match ground:
        case CardHandedOver():
            return Basis.CARD_HANDED_OVER
        case SignedForm():
            return Basis.SIGNED_FORM
        case LegalDuty():
            return Basis.DUTY
        case never:
            assert_never(never)


@dataclass(frozen=True, slots=True, repr=False)
class BasisEvidence:
    """The ground stated for everything that is released in one card session or under one handle, or for one release
    about a company; never changed.

    `anchor` is the id of that card session, handle or release, `stated_by` the id of the member or client who
    stated it.
    """

    id: BasisEvidenceId
    anchor: str
    agency_id: AgencyId
    service_id: ServiceId
    ground: Ground
    stated_by: str
    stated_at: datetime

    @property
    def basis(self) -> Basis:
        """The basis as requests and agreements name it."""
        return basis_of(self.ground)
