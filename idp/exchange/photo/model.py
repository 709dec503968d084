"""A photo that an officer asks for, and what is judged before anybody sees it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from idp.agencies.model import Agreement, Member, Service
from idp.catalogue.model import Basis
from idp.exchange.counter.model import OpenedFor
from idp.exchange.decision.model import NotReady, Ready, Reason
from idp.kernel.ids import AgencyId, ClientId, DisclosureId, MemberId, ServiceId, SubscriberId

PhotoRequestId = NewType("PhotoRequestId", str)

LASTS: Final = timedelta(minutes=10)
"""How long a request may be agreed to and shown."""
PHOTO_SHOWN: Final = "photo_shown"
"""Outbox topic; payload `disclosure_id`, `request_id`: each is looked at by the supervisor."""


class PhotoProblem(StrEnum):
    """Why no photo is shown; texts in `idp/web/problems/PHO.toml`."""

    UNKNOWN = "PHO-01"
    NO_RIGHT = "PHO-02"
    NOT_AGREED = "PHO-03"
    OVER = "PHO-04"
    SAME_PERSON = "PHO-05"
    ALREADY_AGREED = "PHO-06"
    MALFORMED = "PHO-07"
    NOT_AT_THIS_MOMENT = "PHO-08"


@dataclass(frozen=True, slots=True)
class PhotoRequest:
    """One officer asks for the photo of the person of one card session or handle, which fixes purpose and case as well.

    `anchor` is the id of that. A second officer agrees to it once; it is shown once, to who asked.
    """

    id: PhotoRequestId
    anchor: str
    agency_id: AgencyId
    client_id: ClientId
    service_id: ServiceId
    officer_id: MemberId
    officer_person: SubscriberId
    opened_at: datetime
    expires_at: datetime
    second_id: MemberId | None = None
    second_person: SubscriberId | None = None
    agreed_at: datetime | None = None
    shown_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A request as either officer sees it; it does not say who the person is."""

    request: PhotoRequest
    opened_for: OpenedFor
    asked_by_th: str
    asked_by_en: str


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """Everything that is judged, read in one transaction.

    `asker` and `second` as they stand now, None where they act for the agency no longer (or nobody agreed yet);
    `is_named` while the owner of the photos names the agency as a security agency; `ground` is the basis on record.
    """

    agency_id: AgencyId
    service: Service | None
    agreement: Agreement | None
    is_named: bool
    asker: Member | None
    asker_is_granted: bool
    second: Member | None
    by_number: bool
    ground: Basis | None
    state: Ready | NotReady
    released_today: int


@dataclass(frozen=True, slots=True)
class MayShow:
    """Nothing stands in the way."""


@dataclass(frozen=True, slots=True)
class MayNotShow:
    """Something does."""

    reason: Reason


PhotoDecision = MayShow | MayNotShow


@dataclass(frozen=True, slots=True, repr=False)
class ShownPhoto:
    """The bytes for one answer."""

    disclosure_id: DisclosureId
    jpeg: bytes
