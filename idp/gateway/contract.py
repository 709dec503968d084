"""The words in which an operation of the gateway is described for its OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec

JSON: Final = "application/json"
HTML: Final = "text/html"
PDF: Final = "application/pdf"
JOSE: Final = "application/jose"
TEXT: Final[Mapping[str, Any]] = {"type": "string"}
NUMBER: Final[Mapping[str, Any]] = {"type": "integer"}
FLAG: Final[Mapping[str, Any]] = {"type": "boolean"}
MAYBE_TEXT: Final[Mapping[str, Any]] = {"type": ["string", "null"]}
ANY_OBJECT: Final[Mapping[str, Any]] = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something beside the body."""

    name: str
    place: Literal["header", "query"]
    description: str
    schema: Mapping[str, Any]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent: a struct that the endpoint parses, or a schema."""

    schema: type[msgspec.Struct] | Mapping[str, Any]
    media: tuple[str, ...] = (JSON,)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back where all went well."""

    description: str
    content: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table."""

    answers: Mapping[int, Answer]
    body: Body | None = None
    problems: tuple[StrEnum, ...] = ()
    parameters: tuple[Parameter, ...] = ()


def an_object(required: Mapping[str, Mapping[str, Any]], **optional: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object."""
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


def a_list(of: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a list."""
    return {"type": "array", "items": dict(of)}
