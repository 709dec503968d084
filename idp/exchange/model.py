"""What a pull is, what it gives, and why it may be refused."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NewType

from connectors.contracts.documents import Delivery, SealLevel
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.exchange.bases.model import SignedForm
from idp.kernel.ids import DisclosureId, DocumentId

WaitingPullId = NewType("WaitingPullId", str)


class ExchangeProblem(StrEnum):
    """Why nothing was released; texts in `idp/web/problems/EXC.toml`."""

    NOT_IN_TOKEN = "EXC-01"
    BEYOND_RIGHT = "EXC-02"
    BASIS_ENDED = "EXC-03"
    ASSURANCE_TOO_LOW = "EXC-04"
    CASE_MISSING = "EXC-05"
    QUOTA_REACHED = "EXC-06"
    REGISTRY_UNAVAILABLE = "EXC-07"
    REGISTRY_CLOSED = "EXC-08"
    REGISTRY_REFUSED = "EXC-09"
    NO_RECORD = "EXC-10"
    WRONG_PERSON = "EXC-11"
    DOCUMENT_NOT_MADE = "EXC-12"
    DOCUMENT_UNKNOWN = "EXC-13"
    KEY_REUSED = "EXC-14"
    KEY_MISSING = "EXC-15"
    MALFORMED = "EXC-16"
    ANSWER_NOT_KEPT = "EXC-17"
    NOT_A_PDF = "EXC-18"
    CHANGED_MEANWHILE = "EXC-19"
    VERIFIER_BUSY = "EXC-20"
    REGISTRY_QUOTA = "EXC-21"
    REGISTRY_BUSY = "EXC-22"
    REGISTRY_UNREADABLE = "EXC-23"
    REGISTRY_UNEXPLAINED = "EXC-24"
    REGISTRY_SESSION_OVER = "EXC-25"
    REGISTRY_ACCOUNT = "EXC-26"
    REGISTRY_QUESTION = "EXC-27"
    REGISTRY_MISMATCH = "EXC-28"
    REGISTRY_TOO_LARGE = "EXC-29"
    NO_VALUE = "EXC-30"
    COUNTER_UNKNOWN = "EXC-40"
    COUNTER_OVER = "EXC-41"
    CARD_NOT_READ = "EXC-42"
    CARD_REMOVED = "EXC-43"
    STATION_AWAY = "EXC-44"
    OFFICER_NOT_SIGNED_IN = "EXC-45"
    CARD_NOT_VALID = "EXC-46"
    OFFICER_NOT_ENTITLED = "EXC-47"
    OUT_OF_HOURS = "EXC-48"
    PULL_UNKNOWN = "EXC-49"
    PULL_OVER = "EXC-50"
    BASIS_NOT_PROVEN = "EXC-51"
    NO_RECIPIENT_KEY = "EXC-52"
    NO_SUPERVISOR = "EXC-53"
    REVIEWS_OVERDUE = "EXC-54"
    TOO_LITTLE_TYPED = "EXC-55"
    COMPARED_OFTEN = "EXC-56"


class PullFormat(StrEnum):
    """In which form the data are wanted; `pdf` and `both` make a document, and every answer carries the JSON."""

    JSON = "json"
    PDF = "pdf"
    BOTH = "both"

    @property
    def needs_document(self) -> bool:
        """True when a sealed document is to be made."""
        return self is not PullFormat.JSON


@dataclass(frozen=True, slots=True)
class Pull:
    """One request of a client for one data set. The subject is the token's, never the request's.

    `form` is the signed paper on which a request about a company rests; for a person an officer puts it on record.
    `waiting_id` is set where it was accepted before and is carried out now. `since` is an earlier disclosure to the
    same program: only what changed after it is told.
    """

    access_token: VerifiedAccessToken
    dataset: str
    format: PullFormat
    delivery: Delivery
    case: str | None
    idempotency_key: str
    form: SignedForm | None = None
    waiting_id: WaitingPullId | None = None
    since: DisclosureId | None = None


@dataclass(frozen=True, slots=True, repr=False)
class IssuedDocument:
    """A sealed document as told to the client. `password` is given once, at the pull that made it, and kept nowhere.

    `sha256` is of the file's first `size` bytes, which stay as they are: what makes it last is appended. They and
    `level` are None as long as it awaits its time-stamp.
    """

    id: DocumentId
    sha256: str | None
    size: int | None
    level: SealLevel | None
    delivery: Delivery
    password: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Released:
    """What left: the payload, and the document where one was asked for."""

    disclosure_id: DisclosureId
    payload: dict[str, Any]
    document: IssuedDocument | None
