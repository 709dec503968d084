"""DBD's profile, version 7: the same company in the spelling of the data standard (facts, section 4.2)."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from connectors.contracts.errors import RecordNotFound, RegistryOutcome, RegistryUnavailable
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import CompanyOfficer, CompanyRecord, Provenance, RegistryAnswer
from connectors.contracts.thai_dates import InvalidDate, PartialDate
from connectors.dbd.juristic import require_company
from connectors.gdx.fields import Fields, garbage, money, part, rows, text, whole_number
from connectors.gdx.question import Question
from connectors.gdx.session import GdxSession

PATH: Final = "/ws/dbd/juristic/v7/general/profile"
_SERVICE: Final = "DBD-v7"
_PERSON: Final = "cd:OrganizationJuristicPerson"
_COMPANY: Final = "cd:OrganizationJuristic"
_DESCRIPTIONS: Final = "cd:OrganizationJuristicPersonDescription"
_POWERS: Final = "อำนาจกรรมการ"
_LIMITS: Final = "ข้อจำกัดอำนาจหุ้นส่วน"
_SUCCESS: Final = "1000"
_NOT_FOUND: Final = "1004"
STATUS_CODES: Final = MappingProxyType({_SUCCESS: "a record", _NOT_FOUND: "no record"})
_BE_FROM: Final = 2400
"""A year from here on is of the Buddhist era; no company is from before 2400 BE or after 2399 CE."""


class DbdV7Client:
    """Asks DBD what a juristic person is, in version 7; implements CompanyRegistry."""

    def __init__(self, *, session: GdxSession, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    async def company(
        self, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[CompanyRecord]:
        """The juristic person with this number; an answer about any other raises WrongPerson."""
        question = Question(PATH, json={"OrganizationJuristicID": juristic_id.digits})
        answer = await self._session.ask(question, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key)
        return RegistryAnswer(read_profile(answer, juristic_id), Provenance("DBD", _SERVICE, self._clock()))


def read_profile(answer: Fields, juristic_id: JuristicId) -> CompanyRecord:
    """The record in the answer; `data` may also be a list of one, as the open service without a key has it.

    Raises RecordNotFound (code 1004, or no data), WrongPerson, RegistryUnavailable.
    """
    code = text(part(answer, "status"), "code")
    if code == _NOT_FOUND:
        raise RecordNotFound("no such juristic person", wire_code=code)
    if code not in ("", _SUCCESS):
        raise RegistryUnavailable("a code nobody documented", wire_code=code, outcome=RegistryOutcome.UNEXPLAINED)
    company = part(_data(answer), _PERSON)
    if not company:
        raise RecordNotFound("no such juristic person", wire_code=code or None)
    require_company(company, f"{_COMPANY}ID", expected_juristic_id=juristic_id)
    return _record(company, juristic_id)


def _data(answer: Fields) -> Fields:
    if isinstance(answer.get("data"), list):
        match rows(answer, "data"):
            case []:
                return {}
            case [only]:
                return only
            case _:
                raise garbage("more than one record for one number")
    return part(answer, "data")


def _record(company: Fields, juristic_id: JuristicId) -> CompanyRecord:
    descriptions = sorted(rows(company, _DESCRIPTIONS), key=_sequence)
    powers, limits = _of_type(_POWERS, descriptions), _of_type(_LIMITS, descriptions)
    return CompanyRecord(
        juristic_id=juristic_id,
        former_id=text(company, "cd:OrganizationOldJuristicID"),
        juristic_type=text(company, f"{_COMPANY}Type"),
        name_th=text(company, f"{_COMPANY}NameTH"),
        name_en=text(company, f"{_COMPANY}NameEN"),
        registered_on=_date(company, f"{_COMPANY}RegisterDate"),
        status=text(company, f"{_COMPANY}Status"),
        registered_capital=money(company, f"{_COMPANY}RegisterCapital"),
        paid_up_capital=money(company, f"{_COMPANY}PaidUpCapital"),
        directors=tuple(_officer(row) for row in sorted(rows(company, f"{_COMPANY}PersonList"), key=_place)),
        signing_rule="\n".join(
            text(row, "Detail") for row in descriptions if text(row, "Type").startswith((_POWERS, _LIMITS))
        ),
        powers=powers,
        limits=limits,
        remarks=tuple(
            text(row, "Detail") for row in descriptions if not text(row, "Type").startswith((_POWERS, _LIMITS))
        ),
        objectives=tuple(map(_objective, rows(company, f"{_COMPANY}Objective"))),
        objective_count=whole_number(company, f"{_COMPANY}ObjectiveItems", default=0),
        objective_pages=whole_number(company, f"{_COMPANY}ObjectivePages", default=0),
        address=_address(part(part(company, f"{_COMPANY}Address"), "cr:AddressType")),
    )


def _of_type(kind: str, descriptions: list[Fields]) -> tuple[str, ...]:
    return tuple(text(row, "Detail") for row in descriptions if text(row, "Type").startswith(kind))


def _sequence(row: Fields) -> int:
    return whole_number(row, "Sequence", default=0)


def _place(row: Fields) -> int:
    return whole_number(row, "td:JuristicPersonSequence", default=0)


def _officer(row: Fields) -> CompanyOfficer:
    name = part(part(row, "td:JuristicPerson"), "cd:PersonNameTH")
    title, first, middle, last = (
        text(name, f"cd:Person{which}TH") for which in ("NameTitleText", "FirstName", "MiddleName", "LastName")
    )
    return CompanyOfficer(
        sequence=_place(row),
        role=text(row, "td:JuristicPersonType"),
        name=" ".join(found for found in (f"{title}{first}", middle, last) if found),
    )


def _objective(row: Fields) -> str:
    """The text, in whichever wrapper it stands: `td:JuristicObjective`, or the same with an R or F behind."""
    wrapped = next((name for name in row if name.startswith("td:JuristicObjective") and _is_record(row[name])), None)
    return text(row if wrapped is None else part(row, wrapped), "td:JuristicObjectiveTextTH")


def _is_record(value: Any) -> bool:
    return isinstance(value, dict)


def _address(address: Fields) -> str:
    """One line, in the order in which addresses are written; `cd:Address` where it is the whole line itself."""
    places = [
        text(part(address, f"cd:{kind}"), f"cr:{kind}TextTH")
        for kind in ("CitySubDivision", "City", "CountrySubDivision")
    ]
    own_line = text(address, "cd:Address")
    names = ("AddressNo", "Moo", "Village", "Building", "RoomNo", "Floor", "Trok", "Soi", "Yaek", "Road")
    line = own_line or " ".join(told for name in names if (told := text(address, f"cd:{name}")))
    return " ".join(found for found in (line, *(place for place in places if place not in line)) if found)


def _date(company: Fields, name: str) -> PartialDate:
    """YYYYMMDD; the sample is of the common era, version 4 of the Buddhist one: the year itself says which."""
    value = text(company, name)
    if len(value) != 8 or not (value.isascii() and value.isdigit()):
        raise garbage(f"{name} is no date")
    year = int(value[:4])
    try:
        return PartialDate.parse_be(value if year >= _BE_FROM else f"{year + 543:04d}{value[4:]}")
    except InvalidDate:
        raise garbage(f"{name} is no date") from None
