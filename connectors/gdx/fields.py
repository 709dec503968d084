"""Reading a registry's JSON: fields may be null, missing, text or number, and are judged where they are used."""

import re
from base64 import b64decode
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from connectors.contracts.errors import RegistryOutcome, RegistryUnavailable
from connectors.contracts.thai_dates import InvalidDate, PartialDate

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)

Fields = Mapping[str, Any]


def garbage(what: str) -> RegistryUnavailable:
    """The error for something that came and is no answer of this registry; `what` holds nothing of it."""
    return RegistryUnavailable(what, outcome=RegistryOutcome.GARBAGE)


def json_object(body: bytes) -> Fields:
    """The body as a JSON object; numbers with a fraction become Decimal. Raises RegistryUnavailable."""
    try:
        decoded = _DECODER.decode(body)
    except (msgspec.DecodeError, InvalidOperation, RecursionError):
        raise garbage("the answer is no JSON") from None
    if not isinstance(decoded, dict):
        raise garbage("the answer is no JSON object")
    return decoded


def text(fields: Fields, name: str) -> str:
    """The field as text, trimmed; "" when the registry left it out or did not grant it."""
    match fields.get(name):
        case None:
            return ""
        case str() as value:
            return value.strip()
        case bool():
            raise garbage(f"{name} is of the wrong kind")
        case int() | Decimal() as value:
            return str(value)
        case _:
            raise garbage(f"{name} is of the wrong kind")


def json_listing(body: bytes, *, named: str) -> Fields:
    """As `json_object`, for services that may answer with a bare list: it is read under this name."""
    try:
        decoded = _DECODER.decode(body)
    except (msgspec.DecodeError, InvalidOperation, RecursionError):
        raise garbage("the answer is no JSON") from None
    if isinstance(decoded, list):
        return {named: decoded}
    if not isinstance(decoded, dict):
        raise garbage("the answer is no JSON object")
    return decoded


def part(fields: Fields, name: str) -> Fields:
    """The field as an object of its own; empty when the registry left it out."""
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise garbage(f"{name} is no record")
    return value


def rows(fields: Fields, name: str) -> list[Fields]:
    """The field as a list of objects; empty when the registry left it out."""
    value = fields.get(name) or []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise garbage(f"{name} is no list of records")
    return value


def whole_number(fields: Fields, name: str, *, default: int) -> int:
    """The field as a number of at most nine digits; `default` when it is left out."""
    value = text(fields, name)
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise garbage(f"{name} is no number")
    return int(value)


def money(fields: Fields, name: str) -> Decimal:
    """The field in baht, with or without thousands separators; zero when it is left out."""
    value = text(fields, name).replace(",", "")
    if not re.fullmatch(r"([0-9]{1,15}(\.[0-9]{1,6})?)?", value, re.ASCII):
        raise garbage(f"{name} is no amount")
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
        raise garbage(f"{name} is no date") from None


def required_be_date(fields: Fields, name: str) -> PartialDate:
    """As `be_date`, for a field without which the record cannot be used."""
    found = be_date(fields, name)
    if found is None:
        raise garbage(f"{name} is missing")
    return found


def amount(fields: Fields, name: str) -> Decimal | None:
    """The field in baht, which may be below zero (a loss); None when it is left out."""
    value = text(fields, name).replace(",", "")
    if not value:
        return None
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", value, re.ASCII):
        raise garbage(f"{name} is no amount")
    return Decimal(value)


def verdict(fields: Fields, name: str) -> bool:
    """The field as true or false, also when the registry spells it as text."""
    match fields.get(name):
        case bool() as value:
            return value
        case str() as value if value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        case _:
            raise garbage(f"{name} is neither true nor false")


def base64_bytes(fields: Fields, name: str) -> bytes:
    """The field as the bytes it encodes, in the usual or the URL-safe alphabet, with or without padding."""
    value = text(fields, name).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return b64decode(value + "=" * (-len(value) % 4), validate=True)
    except ValueError:
        raise garbage(f"{name} is no base64") from None
