"""Request parameters: RFC 6749 §3.1, §3.2 and appendix B. Parsed once, from the raw query or body."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from idp.protocol.errors import InvalidRequestError

MAX_PARAMETERS = 50

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")


def parse_parameters(raw: bytes | str) -> Mapping[str, str]:
    """The parameters of an `application/x-www-form-urlencoded` string.

    Raises InvalidRequestError when it is not UTF-8, holds control characters, or repeats a parameter.
    """
    try:
        text = raw.decode("ascii") if isinstance(raw, bytes) else raw
        fields = text.split("&")
        if len(fields) > MAX_PARAMETERS:
            raise ValueError("too many")
        pairs = [_pair(field) for field in fields if field]
    except ValueError as error:  # also UnicodeError
        raise InvalidRequestError("the parameters cannot be read") from error
    parameters: dict[str, str] = {}
    for name, value in pairs:
        # §3.1: "Request and response parameters MUST NOT be included more than once."
        if name in parameters:
            raise InvalidRequestError("a parameter is repeated")
        if _CONTROL_CHARACTER.search(value):
            raise InvalidRequestError("a parameter holds a control character")
        parameters[name] = value
    # §3.1: "Parameters sent without a value MUST be treated as if they were omitted from the request."
    return {name: value for name, value in parameters.items() if value}


def _pair(field: str) -> tuple[str, str]:
    """As `urllib.parse.parse_qsl` reads one; most names and values have nothing in them to be decoded."""
    name, _, value = field.partition("=")
    if "%" in field or "+" in field:
        return unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
    return name, value


def required(parameters: Mapping[str, str], name: str) -> str:
    """The value of a parameter that the request must have; raises InvalidRequestError when it has not."""
    value = parameters.get(name)
    if value is None:
        raise InvalidRequestError(f"{name} is missing")
    return value


def words(value: str | None) -> tuple[str, ...]:
    """A space-delimited list, as `scope`, `prompt` and `acr_values` are; repeated words once, order kept."""
    return tuple(dict.fromkeys((value or "").split(" "))) if value else ()
