"""JSON that no two readers take differently: RFC 8259 in UTF-8, within the limits of RFC 7493 (I-JSON)."""

import json
from typing import Any

DEEPEST = 20
"""Levels of objects and lists (attack row 57); what we are sent in earnest has half as many."""


class JsonRefused(ValueError):
    """Not JSON, or JSON that readers differ about; the message is ASCII and quotes nothing."""


def parse_json(text: str | bytes) -> Any:
    """The value. Raises JsonRefused for other encodings, repeated members, NaN, half characters, and nesting."""
    try:
        # RFC 7493 §2.1: "I-JSON messages MUST be encoded using UTF-8". json.loads would guess UTF-16 from bytes.
        readable = text if isinstance(text, str) else text.decode("utf-8")
        value = json.loads(readable, object_pairs_hook=_members, parse_constant=_no_constants)
        _judge(value, depth=1)
    except (ValueError, RecursionError) as error:  # also UnicodeError
        raise JsonRefused("not JSON as RFC 7493 has it") from error
    return value


def _judge(value: Any, *, depth: int) -> None:
    if isinstance(value, str):
        # §2.1: "Object member names, and string values in arrays and object members, MUST NOT include code points that
        # identify Surrogates …": half a character, which no digest and no database takes.
        value.isascii() or value.encode()
    elif isinstance(value, dict | list):
        if depth > DEEPEST:
            raise ValueError("nested too deep")
        for member in (*value, *value.values()) if isinstance(value, dict) else value:
            _judge(member, depth=depth + 1)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    # §2.3: "Objects in I-JSON messages MUST NOT have members with duplicate names."
    if len(value) != len(pairs):
        raise ValueError("a member is repeated")
    return value


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
