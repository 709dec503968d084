"""A record as people read it: codes in words, figures with separators, and Thai digits where a kind of paper has them.

What is attached stays as it came; only what is printed is worded.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.contracts.thai_dates import thai_digits

IN_THAI_DIGITS: Final = frozenset({"letter", "order"})
"""Templates that are set as official letters are (facts/thai-registries, section 8). What is copied into another form,
read out or compared with a record keeps the digits of that record.
"""
PLAIN_NUMBER: Final = re.compile(r"(-?)([0-9]{1,40})(\.[0-9]{1,20})?", re.ASCII)
LATIN: Final = re.compile(r"[A-Za-z]")
WORDS: Final = re.compile(r"(\s+)")


def worded(record: Mapping[str, Any], template: str) -> dict[str, Any]:
    """The record with every value of its fields as the page of this template prints it."""
    labels = record["labels"]
    fields = {name: _worded(value, _label(labels, name)) for name, value in record["fields"].items()}
    if template in IN_THAI_DIGITS:
        fields = {name: in_thai_digits(value) for name, value in fields.items()}
    return {**record, "fields": fields}


def in_thai_digits(value: Any) -> Any:
    """A JSON value with Thai digits, but in words with a Latin letter: those are numbers and addresses to be typed."""
    match value:
        case str():
            return "".join(word if LATIN.search(word) else thai_digits(word) for word in WORDS.split(value))
        case dict():
            return {name: in_thai_digits(one) for name, one in value.items()}
        case list():
            return [in_thai_digits(one) for one in value]
        case _:
            return value


def figures(value: str) -> str:
    """`-1234567.50` as `-1,234,567.50`; what is no plain number, or begins with zeros, stays as it came."""
    number = PLAIN_NUMBER.fullmatch(value)
    if number is None or (len(number[2]) > 1 and number[2].startswith("0")):
        return value
    return f"{number[1]}{int(number[2]):,}{number[3] or ''}"


def _worded(value: Any, label: Mapping[str, Any]) -> Any:
    columns = label.get("columns", {})
    match value:
        case str():
            return _text(value, label)
        case dict():
            return {name: _worded(one, _label(columns, name)) for name, one in value.items()}
        case list() if columns:
            return [_worded(row, label) for row in value]
        case _:
            return value


def _text(value: str, label: Mapping[str, Any]) -> str:
    code = label.get("codes", {}).get(value)
    if code is not None:
        return f"{code['th']} ({code['en']})"
    return figures(value) if "kind" in label else value


def _label(labels: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    label = labels.get(name)
    return label if isinstance(label, dict) else {}
