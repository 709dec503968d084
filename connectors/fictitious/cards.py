"""Identity cards of the fictitious population, as data and as the strings a chip holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connectors.contracts.card import CardAddress, PersonName, ThaiCardData
from connectors.contracts.identifiers import LaserCode
from connectors.contracts.registry import CardStatus
from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.draw import draw
from connectors.fictitious.people import COUNTED_IN_YEAR, FictitiousPerson

CARDS_FROM_AGE: Final = 7
_LIFELONG_FROM_AGE: Final = 70
_LIFELONG: Final = "99999999"
_VALID_YEARS: Final = 8
_OFFICE: Final = "0099"


@dataclass(frozen=True, slots=True, repr=False)
class FictitiousCard:
    """A card: what its chip says, and what the card-status service says of it."""

    data: ThaiCardData
    status: CardStatus = CardStatus.NORMAL


def card_of(
    person: FictitiousPerson, *, issued_year: int | None = None, reissue: int = 0, card_type: str = "01"
) -> FictitiousCard:
    """The person's card. `reissue` 0 is the first card; another number is another blank, chip and request.

    `issued_year` is in the Buddhist era; without it one of the three years before COUNTED_IN_YEAR. `card_type` 01 is
    a Thai national's; which numbers other cards carry is recalled, not verified.
    """
    about = (person.citizen_id.digits, reissue)
    issue_date = PartialDate(
        issued_year or COUNTED_IN_YEAR - 1 - draw(3, "issued", *about),
        draw(12, "issue month", *about) + 1,
        draw(28, "issue day", *about) + 1,
    )
    return FictitiousCard(
        ThaiCardData(
            version="0003",
            citizen_id=person.citizen_id,
            name_th=person.name_th,
            name_en=person.name_en,
            birth_date=person.birth_date,
            sex=person.sex,
            request_no=f"{_OFFICE}{draw(10**8, 'request', *about):08d}",
            issuer="สำนักทะเบียนสาธิต/ตัวอย่าง",
            issuer_code=_OFFICE,
            issue_date=issue_date,
            expiry_date=_expiry(issue_date, person.birth_date),
            card_type=card_type,
            address=person.address,
            photo_ref=f"{_OFFICE}{issue_date.month or 0:02d}{draw(10**8, 'photo', *about):08d}",
            chip_no=f"{draw(16**16, 'chip', *about):016x}",
            laser_code=LaserCode(f"JT{draw(10**10, 'laser', *about):010d}"),
        )
    )


def has_card(person: FictitiousPerson) -> bool:
    """True from the age of seven."""
    return COUNTED_IN_YEAR - person.birth_date.year_be >= CARDS_FROM_AGE


def card_image_fields(card: FictitiousCard) -> dict[str, str]:
    """The card's text fields by name of their place on the chip, written as the chip writes them.

    The photo and its length are separate (`photos.photo`). Source: facts/thai-registries, section 1.3.
    """
    return {name: write(card.data) for name, write in _CARD_FORM.items()}


def _name_on_card(name: PersonName) -> str:
    """`prefix#first#middle#last`; absent parts stay empty."""
    return "#".join((name.prefix, name.first, name.middle, name.last))


def _address_on_card(address: CardAddress) -> str:
    return "#".join(
        (
            address.house_no,
            address.village_no,
            address.lane,
            address.alley,
            address.road,
            address.subdistrict,
            address.district,
            address.province,
        )
    )


_CARD_FORM: Final[dict[str, Callable[[ThaiCardData], str]]] = {
    "version": lambda data: data.version,
    "cid": lambda data: data.citizen_id.digits,
    "name_th": lambda data: _name_on_card(data.name_th),
    "name_en": lambda data: _name_on_card(data.name_en),
    "birth": lambda data: data.birth_date.to_be_text(),
    "sex": lambda data: data.sex,
    # readers take what stands before the stroke
    "request_no": lambda data: f"{data.request_no}/{data.photo_ref[-7:]}",
    "issuer": lambda data: data.issuer,
    "issuer_code": lambda data: data.issuer_code,
    "issued": lambda data: data.issue_date.to_be_text(),
    "expires": lambda data: data.expiry_date.to_be_text() if data.expiry_date else _LIFELONG,
    "card_type": lambda data: data.card_type,
    "address": lambda data: _address_on_card(data.address),
    "photo_ref": lambda data: data.photo_ref,
}


def _expiry(issue_date: PartialDate, birth_date: PartialDate) -> PartialDate | None:
    """The day before the first birthday that follows eight years; none from the age of seventy."""
    if issue_date.year_be - birth_date.year_be >= _LIFELONG_FROM_AGE:
        return None
    if birth_date.month is None or birth_date.day is None or birth_date.day == 1:
        return PartialDate(issue_date.year_be + _VALID_YEARS, 12, 31)
    is_later_in_year = (birth_date.month, birth_date.day) > (issue_date.month, issue_date.day)
    return PartialDate(
        issue_date.year_be + _VALID_YEARS + (0 if is_later_in_year else 1), birth_date.month, birth_date.day - 1
    )
