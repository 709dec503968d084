"""The machine readable zone of a passport book: two lines of 44 characters (ICAO Doc 9303-3, 4.9; 9303-4, 4.2).

Total over text: whatever is no such zone is a CardError WRONG_MRZ, whose text repeats nothing of it.
"""

import re
from datetime import date
from typing import Final, Literal

from connectors.contracts.card import PassportData, PassportKey
from connectors.contracts.errors import CardError, CardFault
from connectors.contracts.thai_dates import InvalidDate, PartialDate

LINE: Final = 44
FILLER: Final = "<"

_ALPHABET: Final = re.compile(r"[A-Z0-9<]{88}", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{2}(?:[0-9]{2}|<<){2}", re.ASCII)
_WEIGHTS: Final = (7, 3, 1)
_UNKNOWN: Final = "<<"
_LONGEST_DOCUMENT_NO: Final = 9
_ERA: Final = 543
_EXPIRES_WITHIN_YEARS: Final = 50
"""No passport is good for longer: it decides the century of a date of expiry."""
_SEXES: Final[dict[str, Literal["M", "F", "X"]]] = {"M": "M", "F": "F", FILLER: "X"}


def check_digit(text: str) -> str:
    """The digit behind a field (9303-3, 4.9): weights 7 3 1, modulo ten."""
    total = sum(_value(character) * _WEIGHTS[place % 3] for place, character in enumerate(text))
    return str(total % 10)


def parse_mrz(text: str, *, today: date) -> PassportData:
    """Both lines, with or without a break between them; `today` decides the centuries. Raises CardError WRONG_MRZ."""
    zone = "".join(text.split()).upper()
    if not _ALPHABET.fullmatch(zone):
        raise _wrong("not two lines of 44 characters")
    first, second = zone[:LINE], zone[LINE:]
    if not first.startswith("P"):
        raise _wrong("not a passport")
    _check_digits(second)
    surname, _, given = first[5:].partition(_UNKNOWN)
    birth, expiry = second[13:19], second[21:27]
    try:
        sex = _SEXES[second[20]]
    except KeyError:
        raise _wrong("no such sex") from None
    return PassportData(
        document_type=first[:2].rstrip(FILLER),
        issuing_state=first[2:5].rstrip(FILLER),
        surname=_name(surname),
        given_names=_name(given),
        document_no=second[:9].rstrip(FILLER),
        nationality=second[10:13].rstrip(FILLER),
        birth_date=_date(birth, latest_year=today.year, today=today),
        sex=sex,
        expiry_date=_date(expiry, latest_year=today.year + _EXPIRES_WITHIN_YEARS, today=today),
        optional_data=second[28:42].rstrip(FILLER),
    )


def key_of_mrz(text: str) -> PassportKey:
    """What opens the chip, out of both printed lines. Raises CardError WRONG_MRZ."""
    zone = "".join(text.split()).upper()
    if not _ALPHABET.fullmatch(zone):
        raise _wrong("not two lines of 44 characters")
    second = zone[LINE:]
    _check_digits(second)
    return PassportKey(document_no=second[:9].rstrip(FILLER), birth_date=second[13:19], expiry_date=second[21:27])


def key_of_access_number(text: str) -> PassportKey:
    """What opens the chip, out of the access number (CAN). Raises CardError WRONG_MRZ."""
    digits = "".join(text.split())
    if not is_access_number(digits):
        raise _wrong("the access number")
    return PassportKey(access_number=digits)


def is_access_number(text: str) -> bool:
    """True for six digits (9303-11, 4.4.4.1)."""
    return re.fullmatch(r"[0-9]{6}", text, re.ASCII) is not None


def key_text(key: PassportKey) -> str:
    """Number, birth and expiry, each with its check digit: what the access keys are made of (9303-11, 4.3.2, 4.4.4.1).

    Raises CardError WRONG_MRZ.
    """
    number = key.document_no.upper()
    if not re.fullmatch(r"[A-Z0-9<]{1,9}", number, re.ASCII):
        raise _wrong("the number of the passport")
    if not _DATE.fullmatch(key.birth_date) or not _DATE.fullmatch(key.expiry_date):
        raise _wrong("a date")
    fields = (number.ljust(_LONGEST_DOCUMENT_NO, FILLER), key.birth_date, key.expiry_date)
    return "".join(field + check_digit(field) for field in fields)


def _check_digits(second: str) -> None:
    composite = second[0:10] + second[13:20] + second[21:43]
    checked = (
        (second[0:9], second[9], False),
        (second[13:19], second[19], False),
        (second[21:27], second[27], False),
        # 9303-4, 4.2.2.2: the digit of the optional data may be a filler where there are none
        (second[28:42], second[42], set(second[28:42]) == {FILLER}),
        (composite, second[43], False),
    )
    for field, digit, may_be_filler in checked:
        if check_digit(field) != digit and not (may_be_filler and digit == FILLER):
            raise _wrong("a check digit")


def _date(text: str, *, latest_year: int, today: date) -> PartialDate:
    """Two digits of year: the last one up to `latest_year`."""
    if not _DATE.fullmatch(text):
        raise _wrong("a date")
    year = today.year - today.year % 100 + int(text[:2])
    while year + 100 <= latest_year:
        year += 100
    while year > latest_year:
        year -= 100
    month, day = text[2:4], text[4:6]
    try:
        return PartialDate(
            year + _ERA, None if month == _UNKNOWN else int(month), None if day == _UNKNOWN else int(day)
        )
    except InvalidDate:
        raise _wrong("a date") from None


def _name(field: str) -> str:
    return " ".join(part for part in field.split(FILLER) if part)


def _value(character: str) -> int:
    if character == FILLER:
        return 0
    return int(character) if character.isdigit() else ord(character) - ord("A") + 10


def _wrong(what: str) -> CardError:
    return CardError(CardFault.WRONG_MRZ, what)
