"""Visits, what came of their look-ups, and the codes of these pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NewType, Protocol

from idp.agencies.model import Agreement, Service
from idp.catalogue.model import Basis, DataSet
from idp.kernel.ids import AgencyId, MemberId, ServiceId, StationId
from idp.portal.openid import PortalClient

VisitId = NewType("VisitId", str)
EntryId = NewType("EntryId", str)

SCOPE: Final = "openid staff look_up"
"""What the portal asks for as an agency's program: that an officer may look up, and who came back."""


class LookUpProblem(StrEnum):
    """Why a page of look-ups does not go on; texts in `idp/web/problems/LKP.toml`."""

    UNKNOWN = "LKP-01"
    NO_PURPOSE = "LKP-02"
    GROUND_MISSING = "LKP-03"
    CASE_MISSING = "LKP-04"
    NOT_A_COMPANY = "LKP-05"
    OTHER_PERSON = "LKP-06"
    EXCHANGE_AWAY = "LKP-07"
    OVER = "LKP-08"
    REASON_TOO_SHORT = "LKP-09"
    NOT_OFFERED = "LKP-10"
    NOTE_MISSING = "LKP-11"
    STATION_MISSING = "LKP-12"


class VisitKind(StrEnum):
    """How it is said whose data are wanted."""

    CARD = "card"
    NUMBER = "number"
    COMPANY = "company"


class Outcome(StrEnum):
    """What came of one look-up, as the officer's diary says it."""

    FOUND = "found"
    NOTHING = "nothing"
    DENIED = "denied"
    WAITING = "waiting"
    DOWN = "down"
    DOCUMENT = "document"
    PHOTO = "photo"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, repr=False)
class OfficerToken:
    """The officer's own token at the agency's program, until it ends; kept sealed, on the server alone."""

    text: str
    until: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """One officer looks something up for one purpose and one case.

    `ground` is the basis as the data exchange takes it. `number` is whom it is about as long as that has no handle yet
    (a citizen's number, gone as soon as there is one), and the number of a company. `anchor` is the card session or the
    handle; None before the officer came back from the issuer, and for companies. `photo_request` and `photo_reason` are
    there where a photo of the registry was asked for.
    """

    id: VisitId
    member_id: MemberId
    agency_id: AgencyId
    service_id: ServiceId
    kind: VisitKind
    case: str
    ground: Mapping[str, Any]
    station_id: StationId | None
    number: str | None
    anchor: str | None
    token: OfficerToken | None
    photo_request: str | None
    photo_reason: str | None
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    @property
    def basis(self) -> Basis:
        """On what ground data are asked for in it."""
        return Basis(self.ground["kind"])

    def is_over(self, now: datetime) -> bool:
        """True when it was ended, or its time is."""
        return self.ended_at is not None or self.expires_at <= now

    def ended(self, at: datetime) -> "Visit":
        """As it is kept after its end: without the officer's token and the citizen's number. A company's stays: what
        waits is asked for with it.
        """
        return replace(self, ended_at=at, token=None, number=self.number if self.kind is VisitKind.COMPANY else None)

    def subject(self) -> dict[str, str]:
        """Whom its look-ups are about, as `authorization_details` name it."""
        match self.kind:
            case VisitKind.COMPANY:
                return {"juristic_id": self.number or ""}
            case VisitKind.CARD:
                return {"card_session": self.anchor or ""}
            case VisitKind.NUMBER:
                return {"citizen_ref": self.anchor or ""}


@dataclass(frozen=True, slots=True, repr=False)
class DiaryEntry:
    """One look-up in the diary of the officer who did it. It says what was asked and what came of it, never about whom.

    `pull_id` is that of a request that waits; `note` what the officer added afterwards.
    """

    id: EntryId
    visit_id: VisitId
    member_id: MemberId
    agency_id: AgencyId
    service_id: ServiceId
    dataset: str
    outcome: Outcome
    code: str | None
    disclosure_id: str | None
    pull_id: str | None
    at: datetime
    case: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A data set that a service may have, with what the owner agreed to."""

    dataset: DataSet
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Purpose:
    """A service for which an officer may look something up, and what it may have in which way."""

    service: Service
    offers: tuple[Offer, ...]
    by_number: bool

    @property
    def bases(self) -> frozenset[Basis]:
        """The grounds of at least one of its rights."""
        return frozenset(basis for offer in self.offers for basis in offer.agreement.bases)


class Programs(Protocol):
    """The portal's registrations at the issuer, one for each agency."""

    async def of_agency(self, agency_id: AgencyId) -> PortalClient:
        """The program of this agency, registered when it is not yet, with the services that the agency has now."""
        ...


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An officer read the notice of liability that day."""

    member_id: MemberId
    day: date
    at: datetime
