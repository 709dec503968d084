"""The `gdx` type of `authorization_details` (RFC 9396; design, section 3): what is asked for, why, on which basis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, assert_never

from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, DataSet, SubjectSource
from idp.kernel.ids import ServiceId, is_id
from idp.protocol.strict_json import JsonRefused, parse_json

GDX = "gdx"
MAX_DETAILS = 16
MAX_USES = 1000
MAX_CASE_LENGTH = 64
KNOWN_MEMBERS = frozenset(
    {"type", "dataset", "subject", "purpose", "basis", "case", "fields", "formats", "uses", "valid_until"}
)
JURISTIC_ID_LENGTH = 13
FORMATS = frozenset({"json", "pdf"})


class InvalidGdxDetail(ValueError):
    """The `authorization_details` value is not a list of well-formed `gdx` details; the text is ASCII."""


@dataclass(frozen=True, slots=True)
class SelfSubject:
    """The person who signed in."""


@dataclass(frozen=True, slots=True)
class JuristicSubject:
    """A juristic person, by its 13-digit number."""

    juristic_id: str


@dataclass(frozen=True, slots=True)
class MandateSubject:
    """The principal of a mandate under which the person who signed in acts."""

    mandate: str


@dataclass(frozen=True, slots=True)
class CardSessionSubject:
    """The person whose card is in the reader of a card session, at a counter."""

    card_session: str


@dataclass(frozen=True, slots=True)
class CitizenRefSubject:
    """The person whose number was handed over in a body before; only a handle is left of it."""

    citizen_ref: str


Subject = SelfSubject | JuristicSubject | MandateSubject | CardSessionSubject | CitizenRefSubject


def source_of(subject: Subject) -> SubjectSource:
    """How this subject is named."""
    match subject:
        case SelfSubject():
            return SubjectSource.SELF
        case JuristicSubject():
            return SubjectSource.JURISTIC_ID
        case MandateSubject():
            return SubjectSource.MANDATE
        case CardSessionSubject():
            return SubjectSource.CARD_SESSION
        case CitizenRefSubject():
            return SubjectSource.CITIZEN_REF
        case never:
            assert_never(never)


@dataclass(frozen=True, slots=True)
class GdxDetail:
    """One data set asked for. `fields` are in catalogue order; `uses` counts pulls; `valid_until` is the last day."""

    dataset: str
    subject: Subject
    purpose: ServiceId
    basis: Basis
    case: str | None
    fields: tuple[str, ...]
    formats: tuple[str, ...]
    uses: int
    valid_until: date | None

    def to_json(self) -> dict[str, Any]:
        """The member object as it goes into tokens and answers."""
        members: dict[str, Any] = {
            "type": GDX,
            "dataset": self.dataset,
            "subject": _subject_to_json(self.subject),
            "purpose": self.purpose,
            "basis": self.basis.value,
            "fields": list(self.fields),
            "formats": list(self.formats),
            "uses": self.uses,
        }
        if self.case is not None:
            members["case"] = self.case
        if self.valid_until is not None:
            members["valid_until"] = self.valid_until.isoformat()
        return members


ABOUT: Final = ("subject", "case")
"""The members that say about whom a detail is and of which case."""


def split_details(details: Sequence[GdxDetail]) -> tuple[list[dict[str, Any]], list[dict[str, Any]] | None]:
    """Details as JSON in two lists of equal length: what may be had of them, which names nobody, and about whom.

    The second is None where all are about the person who signed in and of no case.
    """
    members = [detail.to_json() for detail in details]
    what = [{name: value for name, value in one.items() if name not in ABOUT} for one in members]
    if all(isinstance(detail.subject, SelfSubject) and detail.case is None for detail in details):
        return what, None
    return what, [{name: one[name] for name in ABOUT if name in one} for one in members]


def join_details(what: Sequence[Any], about: Sequence[Any] | None) -> tuple[GdxDetail, ...]:
    """The details that `split_details` split; what is none by today's catalogue is left out: nothing rests on it.

    Raises ValueError for parts of different length.
    """
    if about is None:
        about = [{"subject": SubjectSource.SELF.value}] * len(what)
    joined = ({**one, **whom} for one, whom in zip(what, about, strict=True))
    return tuple(detail for members in joined for detail in _known(members))


def _known(members: dict[str, Any]) -> tuple[GdxDetail, ...]:
    try:
        return parse_authorization_details([members])
    except InvalidGdxDetail:
        return ()


def _subject_to_json(subject: Subject) -> Any:
    match subject:
        case SelfSubject():
            return "self"
        case JuristicSubject(juristic_id):
            return {"juristic_id": juristic_id}
        case MandateSubject(mandate):
            return {"mandate": mandate}
        case CardSessionSubject(card_session):
            return {"card_session": card_session}
        case CitizenRefSubject(citizen_ref):
            return {"citizen_ref": citizen_ref}
        case never:
            assert_never(never)


def parse_authorization_details(value: str | list[Any]) -> tuple[GdxDetail, ...]:
    """Read the parameter (JSON text) or the claim (a list).

    Raises InvalidGdxDetail for an unknown type, an unknown member or a value outside the catalogue.
    """
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except JsonRefused as error:
            raise InvalidGdxDetail("authorization_details is not JSON") from error
    if not isinstance(value, list) or not 0 < len(value) <= MAX_DETAILS:
        raise InvalidGdxDetail(f"authorization_details must be an array of 1 to {MAX_DETAILS} objects")
    details = tuple(_parse_detail(member) for member in value)
    if len({(detail.dataset, detail.subject) for detail in details}) != len(details):
        raise InvalidGdxDetail("the same dataset and subject is asked for twice")
    return details


def _parse_detail(member: Any) -> GdxDetail:
    if not isinstance(member, Mapping):
        raise InvalidGdxDetail("each authorization detail must be an object")
    # RFC 9396 section 5: "The AS MUST refuse to process any unknown authorization details type or authorization details
    # not conforming to the respective type definition."
    if member.get("type") != GDX:
        raise InvalidGdxDetail("unknown authorization details type")
    if member.keys() - KNOWN_MEMBERS:
        # the name is the client's text: it would go into the answer, which must be ASCII, and into the redirect
        raise InvalidGdxDetail("an unknown member is in the detail")
    dataset = DATASETS.get(_text(member, "dataset"))
    if dataset is None:
        raise InvalidGdxDetail("unknown dataset")
    if dataset.own_path is not None:
        raise InvalidGdxDetail("this dataset has a path of its own")
    return GdxDetail(
        dataset=dataset.id,
        subject=_parse_subject(member.get("subject"), dataset),
        purpose=ServiceId(_text(member, "purpose")),
        basis=_parse_basis(_text(member, "basis")),
        case=_text(member, "case", maximum=MAX_CASE_LENGTH) if "case" in member else None,
        fields=_parse_fields(member.get("fields"), dataset),
        formats=_parse_formats(member.get("formats", ["json"])),
        uses=_parse_uses(member.get("uses", 1)),
        valid_until=_parse_day(_text(member, "valid_until")) if "valid_until" in member else None,
    )


def _text(member: Mapping[str, Any], name: str, *, maximum: int = 128) -> str:
    value = member.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= maximum or not value.isprintable():
        raise InvalidGdxDetail(f"{name} must be a text of 1 to {maximum} characters")
    return value


def _parse_subject(value: Any, dataset: DataSet) -> Subject:
    subject = _read_subject(value)
    if subject is None or source_of(subject) not in dataset.subjects:
        raise InvalidGdxDetail("the subject is not one that this dataset has")
    return subject


def _read_subject(value: Any) -> Subject | None:
    if value == SubjectSource.SELF:
        return SelfSubject()
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((source, name),) = value.items()
    if not isinstance(name, str):
        return None
    match source:
        case SubjectSource.MANDATE if is_id("mdt", name):
            return MandateSubject(name)
        case SubjectSource.CARD_SESSION if is_id("cds", name):
            return CardSessionSubject(name)
        case SubjectSource.CITIZEN_REF if is_id("ctr", name):
            return CitizenRefSubject(name)
        case SubjectSource.JURISTIC_ID if len(name) == JURISTIC_ID_LENGTH and name.isascii() and name.isdigit():
            return JuristicSubject(name)
        case _:
            return None


def _parse_basis(value: str) -> Basis:
    if value == Basis.OWNER or value not in {basis.value for basis in Basis}:
        raise InvalidGdxDetail("unknown basis")
    return Basis(value)


def _parse_fields(value: Any, dataset: DataSet) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise InvalidGdxDetail("fields must be a list of field names")
    if len(set(value)) != len(value) or not set(value) <= set(dataset.field_names):
        raise InvalidGdxDetail("fields names an unknown field, or one twice")
    return tuple(name for name in dataset.field_names if name in value)


def _parse_formats(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise InvalidGdxDetail("formats must be a list")
    if not set(value) <= FORMATS:
        raise InvalidGdxDetail("formats may name json and pdf")
    return tuple(sorted(set(value)))


def _parse_uses(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_USES:
        raise InvalidGdxDetail(f"uses must be a number from 1 to {MAX_USES}")
    return value


def _parse_day(value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise InvalidGdxDetail("valid_until must be a day, YYYY-MM-DD") from error
    # ISO 8601 has more spellings of a day than the one in which it goes into tokens.
    if day.isoformat() != value:
        raise InvalidGdxDetail("valid_until must be a day, YYYY-MM-DD")
    return day
