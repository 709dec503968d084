"""Papers that an agency prepares to be connected (source document, "what agencies prepare"): printed, signed in ink.

None of them is evidence of anything before somebody signed it: they carry no seal, and say that they are forms.
Nobody's citizen number stands in one; where an office asks for it, there is a column to be filled in by hand.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class OnboardingCase(StrEnum):
    """The three cases of the source document."""

    DOPA_ONLINE = "dopa_online"
    CARD_ONLY = "card_only"
    DBD = "dbd"


class AskedOfDopa(StrEnum):
    """What the agency asks DOPA for: a permission for its officers, or a memorandum for its programs (API use 1)."""

    PERMISSION = "permission"
    MEMORANDUM = "memorandum"


@dataclass(frozen=True, slots=True, repr=False)
class PersonOnPaper:
    """Somebody whom a paper names, with what is needed to reach them. Parts that are not known stay empty."""

    name: str
    position: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class AgencyOnPaper:
    """Whose paper it is. `address` are the lines beneath its name in the head of a letter."""

    name_th: str
    name_en: str = ""
    address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedData:
    """One data set that an agency wants, for one of its services.

    `title_th`, `title_en` and `wire_service` in the catalogue's words (`IKNO-001-02`), `fields` the Thai labels of the
    fields wanted.
    """

    title_th: str
    title_en: str
    wire_service: str
    purpose: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class LetterHead:
    """What stands around the text of a letter or order. `number` and `dated` stay blank to be filled in by hand.

    `application_no` is the number of the application that it belongs to.
    """

    agency: AgencyOnPaper
    signer: PersonOnPaper
    application_no: str
    number: str = ""
    dated: date | None = None
    contact: PersonOnPaper | None = None


@dataclass(frozen=True, slots=True, repr=False)
class RequestForm:
    """ใบคำขอใช้บริการระบบ GDX. `follow_url` is where the application stands: the code on the form leads there."""

    application_no: str
    made_at: datetime
    agency: AgencyOnPaper
    cases: tuple[OnboardingCase, ...]
    wanted: tuple[WantedData, ...]
    admin: PersonOnPaper
    head: PersonOnPaper
    readers: int
    officers: int
    follow_url: str


@dataclass(frozen=True, slots=True, repr=False)
class LetterToDopa:
    """Asks the Department of Provincial Administration for access, and for the rights of the officers on the list."""

    head: LetterHead
    asked: AskedOfDopa
    mission: str
    wanted: tuple[WantedData, ...]
    officers: int


@dataclass(frozen=True, slots=True, repr=False)
class LetterToDbd:
    """Asks the Department of Business Development to link its data through DGA, and for an account."""

    head: LetterHead
    mission: str
    wanted: tuple[WantedData, ...]


@dataclass(frozen=True, slots=True, repr=False)
class SupervisorOrder:
    """The order of the head of the agency that names who controls and follows up its officers' access (S28)."""

    head: LetterHead
    supervisor: PersonOnPaper
    from_day: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class OfficerList:
    """Who is to get rights and a PIN: goes with the letter to DOPA. Numbers of citizens are filled in by hand."""

    head: LetterHead
    officers: tuple[PersonOnPaper, ...]


@dataclass(frozen=True, slots=True, repr=False)
class OfficerAtPost:
    """One who works there now: `rights` names the data sets given to them in person, `pin` what is known of their PIN
    ("" where nothing is), `until` when the post ends.
    """

    name: str
    position: str
    site: str
    rights: tuple[str, ...]
    pin: str
    until: date


@dataclass(frozen=True, slots=True)
class WantedPlaces:
    """How many places of one kind there are (`present`) and shall be."""

    position: str
    site: str
    present: int
    wanted: int


@dataclass(frozen=True, slots=True, repr=False)
class PlacesRequest:
    """Asks for other numbers of places, with the list of those who work there. Who stays is ticked off by hand."""

    head: LetterHead
    asked: tuple[WantedPlaces, ...]
    officers: tuple[OfficerAtPost, ...]


OnboardingPaper = RequestForm | LetterToDopa | LetterToDbd | SupervisorOrder | OfficerList | PlacesRequest


class OnboardingPapers(Protocol):
    """Makes them."""

    async def render(self, paper: OnboardingPaper) -> bytes:
        """The paper as a PDF, to be printed. Raises DocumentError, also when many are being made."""
