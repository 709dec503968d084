"""Reading a registry's JSON: fields may be null, missing, text or number, and are judged where they are used."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from connectors.contracts.errors import RegistryUnavailable
from connectors.contracts.thai_dates import InvalidDate, PartialDate

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)

Fields = Mapping[str, Any]


def json_object(body: bytes) -> Fields:
    """The body as a JSON object; numbers with a fraction become Decimal. Raises RegistryUnavailable."""
    try:
        decoded = _DECODER.decode(body)
    except (msgspec.DecodeError, InvalidOperation, RecursionError):
        raise RegistryUnavailable("the answer is no JSON") from None
    if not isinstance(decoded, dict):
        raise RegistryUnavailable("the answer is no JSON object")
    return decoded


def text(fields: Fields, name: str) -> str:
    """The field as text, trimmed; "" when the registry left it out or did not grant it."""
    match fields.get(name):
        case None:
            return ""
        case str() as value:
            return value.strip()
        case bool():
            raise RegistryUnavailable(f"{name} is of the wrong kind")
        case int() | Decimal() as value:
            return str(value)
        case _:
            raise RegistryUnavailable(f"{name} is of the wrong kind")


def rows(fields: Fields, name: str) -> list[Fields]:
    """The field as a list of objects; empty when the registry left it out."""
    value = fields.get(name) or []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise RegistryUnavailable(f"{name} is no list of records")
    return value


def whole_number(fields: Fields, name: str, *, default: int) -> int:
    """The field as a number of at most nine digits; `default` when it is left out."""
    value = text(fields, name)
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise RegistryUnavailable(f"{name} is no number")
    return int(value)


def money(fields: Fields, name: str) -> Decimal:
    """The field in baht, with or without thousands separators; zero when it is left out."""
    value = text(fields, name).replace(",", "")
    if not re.fullmatch(r"([0-9]{1,15}(\.[0-9]{1,6})?)?", value, re.ASCII):
        raise RegistryUnavailable(f"{name} is no amount")
    return Decimal(value or 0)


def be_date(fields: Fields, name: str) -> PartialDate | None:
    """The field as a Buddhist-era date, `YYYYMMDD` or `dd/mm/YYYY`; None when it is left out."""
    value = text(fields, name)
    if not value:
        return None
    day_first = _DAY_FIRST.fullmatch(value)
    if day_first is not None:
        day, month, year = day_first.groups()
        value = f"{year}{month:0>2}{day:0>2}"
    try:
        return PartialDate.parse_be(value)
    except InvalidDate:
        raise RegistryUnavailable(f"{name} is no date") from None


def required_be_date(fields: Fields, name: str) -> PartialDate:
    """As `be_date`, for a field without which the record cannot be used."""
    found = be_date(fields, name)
    if found is None:
        raise RegistryUnavailable(f"{name} is missing")
    return found
