"""The records of onboarding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType, TypeAlias

from connectors.contracts.onboarding_papers import AskedOfDopa, OnboardingCase
from idp.agencies.model import Agency, AgencyKind, Member, Service
from idp.agencies.seats.model import Seat
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Ial
from idp.kernel.ids import AgencyId, MemberId, ServiceId, SubscriberId

ApplicationId = NewType("ApplicationId", str)
PaperId = NewType("PaperId", str)

KIND: Final = "onboarding.application"
"""Of the proposals that the second person of the platform decides; the target is the application."""
LASTING: Final = timedelta(days=30)
NEEDED_IAL: Final = Ial.IAL2_1
"""Who applies for an agency was identified against a source."""
REVIEW_DAYS: Final = 15
"""In how many days an application is to be decided."""
MOST_OPEN: Final = 5
"""Applications of one person, or of one agency, that are not over or were begun within `COUNTED_BACK`."""
COUNTED_BACK: Final = timedelta(days=7)
MOST_PAPERS: Final = 30
PAPER_BYTES: Final = 5 * 1024 * 1024
LONGEST_TEXT: Final = 500


class OnboardingProblem(StrEnum):
    """Why an application does not go on; texts in `idp/web/problems/ONB.toml`."""

    UNKNOWN = "ONB-01"
    NOT_COMPLETE = "ONB-02"
    CHANGED_MEANWHILE = "ONB-03"
    NOT_NOW = "ONB-04"
    NOT_POSSIBLE = "ONB-05"
    NO_PDF = "ONB-06"
    PAPER_TOO_LARGE = "ONB-07"
    PAPER_ACTIVE = "ONB-08"
    TOO_MANY = "ONB-09"
    OWN_APPLICATION = "ONB-10"
    LEVEL_TOO_LOW = "ONB-11"
    NAME_TAKEN = "ONB-12"
    NO_WORDS = "ONB-13"
    LINES_OPEN = "ONB-14"
    NOT_PRINTED = "ONB-15"


class ApplicationState(StrEnum):
    """Where an application stands; refused, withdrawn and active are for ever."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ASKED_BACK = "asked_back"
    APPROVED = "approved"
    ACTIVE = "active"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


EDITABLE: Final = frozenset({ApplicationState.DRAFT, ApplicationState.ASKED_BACK})
OVER: Final = frozenset({ApplicationState.ACTIVE, ApplicationState.REFUSED, ApplicationState.WITHDRAWN})


class Part(StrEnum):
    """The parts of the request form."""

    CASES = "cases"
    AGENCY = "agency"
    SERVICE = "service"
    DATA = "data"
    PEOPLE = "people"


class Line(StrEnum):
    """The lines of the check-lists, in the source document's order; the last ones are of every case."""

    DOPA_PERMISSION = "dopa_permission"
    OFFICERS_NAMED = "officers_named"
    OFFICERS_PIN = "officers_pin"
    DBD_LETTER = "dbd_letter"
    DBD_ACCOUNT = "dbd_account"
    READERS = "readers"
    REQUEST_FORM = "request_form"
    DATA_WANTED = "data_wanted"
    ADMIN_NAMED = "admin_named"
    REGISTERED = "registered"
    RIGHTS = "rights"
    ADMIN_SIGNS_IN = "admin_signs_in"
    USERS = "users"
    SUPERVISOR = "supervisor"


class LineState(StrEnum):
    """How a line stands. `later`: it waits for the registration; `sent`: somebody of the platform looks at it."""

    TODO = "todo"
    LATER = "later"
    SENT = "sent"
    RETURNED = "returned"
    DONE = "done"


class PaperKind(StrEnum):
    """What an agency sends, signed."""

    REQUEST_FORM = "request_form"
    DOPA_ANSWER = "dopa_answer"
    OFFICER_LIST = "officer_list"
    DBD_ANSWER = "dbd_answer"
    SUPERVISOR_ORDER = "supervisor_order"


class PaperState(StrEnum):
    """What the platform said to a paper."""

    GIVEN = "given"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class Declaration(StrEnum):
    """What only the agency knows, and says: its officers have their PIN; its programs alone use the data."""

    OFFICERS_HAVE_PIN = "officers_have_pin"
    PROGRAMS_ALONE = "programs_alone"


class EventKind(StrEnum):
    """What happened to an application."""

    BEGUN = "begun"
    SUBMITTED = "submitted"
    ASKED_BACK = "asked_back"
    PAPER_GIVEN = "paper_given"
    PAPER_ACCEPTED = "paper_accepted"
    PAPER_RETURNED = "paper_returned"
    DECLARED = "declared"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    INVITED = "invited"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ACTIVATED = "activated"


class Side(StrEnum):
    """Which side did something; persons of the platform are not named to agencies."""

    APPLICANT = "applicant"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Somebody of the agency, as the form names them."""

    name: str = ""
    position: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class AgencyWish:
    """The agency as it wants to be known; `code` is its short name."""

    code: str
    name_th: str
    name_en: str
    kind: AgencyKind
    address: str = ""


@dataclass(frozen=True, slots=True)
class ServiceWish:
    """The purpose for which it asks; the words are shown to citizens as they stand."""

    short: str
    title_th: str
    title_en: str
    purpose_th: str
    purpose_en: str
    law_th: str
    law_en: str
    refusal_route_th: str
    refusal_route_en: str
    retention_th: str
    retention_en: str
    minimum_ial: Ial = Ial.IAL2_1
    minimum_aal: Aal = Aal.AAL2_1
    consent_days: int = 30
    uses: int = 1


@dataclass(frozen=True, slots=True)
class WantedRight:
    """One data set by one channel, and no more of it than is needed."""

    dataset: str
    channel: Channel
    fields: tuple[str, ...]
    bases: tuple[Basis, ...]
    daily_quota: int


@dataclass(frozen=True, slots=True, repr=False)
class Wishes:
    """The content of the request form; kept sealed, since it names people."""

    cases: tuple[OnboardingCase, ...] = ()
    agency: AgencyWish | None = None
    service: ServiceWish | None = None
    rights: tuple[WantedRight, ...] = ()
    head: Person = Person()
    admin: Person = Person()
    supervisor: Person = Person()
    officers: tuple[Person, ...] = ()
    readers: int = 0
    asked_of_dopa: AskedOfDopa = AskedOfDopa.PERMISSION


@dataclass(frozen=True, slots=True, repr=False)
class Application:
    """An agency on its way. `agency_id` is known from the beginning where the agency is there already (`is_new`
    False), else from the approval on. `version` counts all changes, `content_version` those of the form.
    """

    id: ApplicationId
    applicant: SubscriberId
    agency_id: AgencyId | None
    is_new: bool
    state: ApplicationState
    version: int
    content_version: int
    wishes: Wishes
    declared: frozenset[Declaration]
    service_id: ServiceId | None
    made_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    admin_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper that was sent, its content apart. `content_version`: which state of the form it was signed for."""

    id: PaperId
    application_id: ApplicationId
    kind: PaperKind
    reference_no: str
    given_at: datetime
    size: int
    sha256: str
    content_version: int
    state: PaperState


@dataclass(frozen=True, slots=True, repr=False)
class Happened:
    """One line of the timeline, with the words of whoever did it."""

    kind: EventKind
    side: Side
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class By:
    """Who acts for an agency: the person, and of which agencies they are an administrator at this moment."""

    person: SubscriberId
    admin_of: Mapping[AgencyId, MemberId]


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in the house for an application, read anew each time."""

    papers: Mapping[PaperKind, Paper]
    members: tuple[Member, ...]
    readers: int
    account_is_accepted: bool
    rights_in_force: int


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """One line of the check-list; `case` None for those of every case."""

    line: Line
    case: OnboardingCase | None
    state: LineState


@dataclass(frozen=True, slots=True)
class Registration:
    """What an approval puts in place; `parent_code` is of the agency above, where there is one."""

    agency: Agency
    parent_code: str | None
    seats: tuple[Seat, ...]
    service: Service


Terms: TypeAlias = dict[str, Any]
