"""One error tree for every connector.

ConnectorError
├── CardError                     a reader or card fault: `fault` is a `CardFault`
├── RegistryError
│   ├── RegistryUnavailable       down, too slow, or an answer that cannot be read: nothing is known, try later
│   │   └── RegistryResting       failed so often that it is left alone for a moment: it was not asked
│   ├── RegistryClosed            outside the registry's hours
│   ├── RegistryBusy              over the registry's quota or its concurrency
│   ├── RegistryRefused           the registry says this caller has no right
│   ├── RecordNotFound            the registry answered: there is no such record
│   └── WrongPerson               the registry answered about somebody else: discard, raise the alarm
├── AuthorityUnavailable          an authority that vouches for documents gave no usable answer: try later
│   └── TimestampUnavailable      the time-stamp authority gave no usable token
└── DocumentError                 a document could not be made, opened or judged

A `RegistryError` carries its `RegistryOutcome`, which is finer than its class.
Messages are ASCII, for operators, and hold no personal data.
"""

from enum import StrEnum
from typing import ClassVar


class CardFault(StrEnum):
    """What is wrong at the reader; the value is the code that people see (facts/smart-card, section 2, fault table)."""

    NO_READER = "CARD-01"
    NO_CARD = "CARD-02"
    CARD_LOST = "CARD-03"
    NOT_THAI_CARD = "CARD-04"
    UNRESPONSIVE = "CARD-05"
    READER_BUSY = "CARD-06"
    SERVICE_DOWN = "CARD-07"
    TRUNCATED_ANSWER = "CARD-08"
    MALFORMED_DATA = "CARD-09"
    WRONG_CHECK_DIGIT = "CARD-10"
    VIRTUAL_READER_REFUSED = "CARD-11"
    PERMISSION_DENIED = "CARD-12"
    CARD_CHANGED = "CARD-13"
    NOT_A_PASSPORT = "CARD-14"
    ACCESS_DENIED_BY_CHIP = "CARD-15"
    """The printed lines typed or scanned are not those of the passport in the reader."""
    SECURE_MESSAGING_BROKEN = "CARD-16"
    FILE_MISSING = "CARD-17"
    WRONG_MRZ = "CARD-18"
    """The printed lines cannot be: a check digit is wrong."""


class ConnectorError(Exception):
    """Base of everything a connector raises on purpose."""


class CardError(ConnectorError):
    """The card could not be read; nothing of a partial read is kept."""

    def __init__(self, fault: CardFault, detail: str = "") -> None:
        super().__init__(f"{fault.value} {fault.name.lower()}{': ' + detail if detail else ''}")
        self.fault = fault


class RegistryOutcome(StrEnum):
    """What came instead of a record; each reads differently to people and asks for another next step."""

    UNAVAILABLE = "unavailable"
    GARBAGE = "garbage"
    """Something came that is no answer of this registry."""
    UNEXPLAINED = "unexplained"
    """The registry answered with a code whose meaning nobody published."""
    OUT_OF_HOURS = "out_of_hours"
    OVER_QUOTA = "over_quota"
    BUSY = "busy"
    """Too many questions at this moment: the same one may be asked again soon."""
    NO_RIGHT = "no_right"
    NO_SESSION = "no_session"
    """No officer is signed in at the registry, or that session is over."""
    ACCOUNT_REFUSED = "account_refused"
    """The registry does not accept the caller's own key, user, password, card or PIN."""
    BAD_QUESTION = "bad_question"
    """What was asked is incomplete or malformed; asking again does not help."""
    MISMATCH = "mismatch"
    """The data given do not belong together."""
    TOO_LARGE = "too_large"
    """The record exists and is larger than the registry sends, or than is taken."""
    NOT_FOUND = "not_found"
    NO_CHANGE = "no_change"
    """Nothing was ever changed: an empty history, not a fault."""
    NO_VALUE = "no_value"
    """The record exists and this part of it is empty."""
    WRONG_PERSON = "wrong_person"


class RegistryError(ConnectorError):
    """A registry did not give the record asked for. `outcome` is the class's own unless the answer says more."""

    usual_outcome: ClassVar[RegistryOutcome] = RegistryOutcome.UNAVAILABLE

    def __init__(self, detail: str, *, wire_code: str | None = None, outcome: RegistryOutcome | None = None) -> None:
        super().__init__(detail)
        self.wire_code = wire_code
        self.outcome = outcome or self.usual_outcome


class RegistryUnavailable(RegistryError):
    """Nothing is known: the registry is down, too slow, or answered something that cannot be read."""


class RegistryResting(RegistryUnavailable):
    """It was not asked: it failed repeatedly and is being left alone for a moment."""


class RegistryClosed(RegistryError):
    """The registry answers only within its hours."""

    usual_outcome = RegistryOutcome.OUT_OF_HOURS


class RegistryBusy(RegistryError):
    """Over the quota, or too many requests at once."""

    usual_outcome = RegistryOutcome.BUSY


class RegistryRefused(RegistryError):
    """The registry says that this caller has no right to the record."""

    usual_outcome = RegistryOutcome.NO_RIGHT


class RecordNotFound(RegistryError):
    """The registry answered that there is no such record."""

    usual_outcome = RegistryOutcome.NOT_FOUND


class WrongPerson(RegistryError):
    """The registry answered about somebody else; the answer is discarded, never passed on."""

    usual_outcome = RegistryOutcome.WRONG_PERSON


class AuthorityUnavailable(ConnectorError):
    """An authority that vouches for documents gave no usable answer: of time-stamps, or of what was revoked."""


class TimestampUnavailable(AuthorityUnavailable):
    """The time-stamp authority gave no usable token."""


class DocumentError(ConnectorError):
    """A document could not be made, opened or judged."""
