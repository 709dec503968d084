"""What a data set is, and the words in which it may be asked for: whose data, on which ground, by which channel."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any


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


class FieldKind(StrEnum):
    """How a value is set in print; on the wire every one is text."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Code:
    """A value of a field that is no word, with the words for it."""

    value: str
    label_th: str
    label_en: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name on the wire and its label for people.

    `bases` are the only grounds that open it, None for all that the data set has. `columns` are the members of each
    row where the value is a list of rows or one row; `codes` all values where the value is a code.
    """

    name: str
    label_th: str
    label_en: str
    sensitivity: Sensitivity = Sensitivity.NORMAL
    kind: FieldKind = FieldKind.TEXT
    bases: frozenset[Basis] | None = None
    columns: "tuple[Field, ...]" = ()
    codes: tuple[Code, ...] = ()

    def labels(self) -> dict[str, Any]:
        """The words for the value, its columns and its codes, as they stand beside the data in what leaves."""
        told: dict[str, Any] = {"th": self.label_th, "en": self.label_en}
        if self.kind is not FieldKind.TEXT:
            told["kind"] = self.kind.value
        if self.columns:
            told["columns"] = {column.name: column.labels() for column in self.columns}
        if self.codes:
            told["codes"] = {code.value: {"th": code.label_th, "en": code.label_en} for code in self.codes}
        return told


@dataclass(frozen=True, slots=True)
class DataSet:
    """One entry of the catalogue. `service` is the wire service of the owner; `retention` is of the sealed document.

    `subjects`, `bases` and `channels` are all that may ever be agreed for it; an agreement only narrows them. `check`
    is the data set that answers without any value, offered before this one. `own_path` is the one way to it where that
    is no pull: then no request of authorization names it.
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
    check: str | None = None
    own_path: str | None = None

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def field_names(self) -> tuple[str, ...]:
        """All field names, in the order in which they are shown."""
        return tuple(field.name for field in self.fields)

    def opened_by(self, basis: Basis) -> tuple[str, ...]:
        """The names of the fields that this basis may open, in the order in which they are shown."""
        if basis not in self.bases:
            return ()
        return tuple(field.name for field in self.fields if field.bases is None or basis in field.bases)
