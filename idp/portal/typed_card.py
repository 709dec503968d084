"""The form in which an officer types what is printed on a card."""

from typing import Final

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, LaserCode, ascii_digits
from connectors.contracts.thai_dates import PartialDate
from idp.enrolment.model import EnrolmentProblem
from idp.enrolment.presented import TypedCard
from idp.kernel.errors import Refused
from idp.web.forms import Form

FIELDS: Final = (
    "citizen_id", "prefix_th", "first_th", "last_th", "prefix_en", "first_en", "last_en",
    "birth_day", "birth_month", "birth_year", "expiry_date", "laser_code", "sex",
)  # fmt: skip
LONGEST: Final = 100


def typed_card(form: Form) -> TypedCard:
    """The card that was typed. Raises Refused (TYPED_DATA_UNUSABLE); the text names the field, never its value."""
    typed = {name: form.one(name).strip()[:LONGEST] for name in FIELDS}
    field = "citizen_id"
    try:
        citizen_id = CitizenId.parse(ascii_digits(typed["citizen_id"]))
        field = "laser_code"
        laser_code = LaserCode.parse(ascii_digits(typed["laser_code"]).upper())
        field = "birth_year"
        birth_date = _date(typed["birth_day"], typed["birth_month"], typed["birth_year"])
        field = "expiry_date"
        expiry_date = None
        if typed["expiry_date"]:
            day, month, year = typed["expiry_date"].split("/")
            expiry_date = _date(day, month, year)
    except (InvalidIdentifier, ValueError) as error:
        raise Refused(EnrolmentProblem.TYPED_DATA_UNUSABLE, field) from error
    sex = typed["sex"]
    if not typed["first_th"] or (sex != "1" and sex != "2"):
        raise Refused(EnrolmentProblem.TYPED_DATA_UNUSABLE, "sex" if typed["first_th"] else "first_th")
    return TypedCard(
        citizen_id=citizen_id,
        name_th=PersonName(typed["prefix_th"], typed["first_th"], "", typed["last_th"]),
        name_en=PersonName(typed["prefix_en"], typed["first_en"], "", typed["last_en"]),
        birth_date=birth_date,
        sex="1" if sex == "1" else "2",
        laser_code=laser_code,
        expiry_date=expiry_date,
    )


def _date(day: str, month: str, year: str) -> PartialDate:
    """A date of the Buddhist Era; day and month may be unknown."""
    return PartialDate.parse_be(f"{ascii_digits(year):0>4}{ascii_digits(month):0>2}{ascii_digits(day):0>2}")
