"""What a data set is, and the words in which it may be asked for: whose data, on which ground, by which channel."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Basis(StrEnum):
    """On what ground data are released. `owner` is internal and never in a request."""

    CONSENT = "consent"
    CARD_HANDED_OVER = "card_handed_over"
    SIGNED_FORM = "signed_form"
    DUTY = "duty"
    OWNER = "owner"


class Channel(StrEnum):
    """Two channels, two rights: an officer at a counter, or the agency's system online."""

    COUNTER = "counter"
    ONLINE = "online"


class Sensitivity(StrEnum):
    """How carefully a field is shown: `high` ones are masked in previews."""

    NORMAL = "normal"
    HIGH = "high"


class SubjectKind(StrEnum):
    """Whose data a data set holds."""

    PERSON = "person"
    COMPANY = "company"


class SubjectSource(StrEnum):
    """How a request says whose data it wants: the member of its `subject`, by the names they have on the wire."""

    SELF = "self"
    MANDATE = "mandate"
    CARD_SESSION = "card_session"
    CITIZEN_REF = "citizen_ref"
    JURISTIC_ID = "juristic_id"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name on the wire and its label for people."""

    name: str
    label_th: str
    label_en: str
    sensitivity: Sensitivity = Sensitivity.NORMAL


@dataclass(frozen=True, slots=True)
class DataSet:
    """One entry of the catalogue. `service` is the wire service of the owner; `retention` is of the sealed document.

    `subjects`, `bases` and `channels` are all that may ever be agreed for it; an agreement only narrows them.
    """

    id: str
    title_th: str
    title_en: str
    owner_th: str
    owner_en: str
    service: str
    subject: SubjectKind
    subjects: frozenset[SubjectSource]
    bases: frozenset[Basis]
    channels: frozenset[Channel]
    fields: tuple[Field, ...]
    template: str
    retention: timedelta

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def field_names(self) -> tuple[str, ...]:
        """All field names, in the order in which they are shown."""
        return tuple(field.name for field in self.fields)
