"""The gateway's OpenAPI document, as a stranger's program reads it: requests made from it, answers held against it.

Knows as much of JSON Schema as the document uses, and refuses what it does not know.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from hypothesis import strategies as st

KNOWN: Final = frozenset(
    (
        *("type", "required", "properties", "items", "pattern", "enum", "const", "anyOf", "default", "$ref", "format"),
        *("additionalProperties", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
        *("description", "title", "discriminator", "contentEncoding"),
    )
)
TYPES: Final[Mapping[str, Any]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
DATE: Final = st.dates().map(lambda day: day.isoformat())


@dataclass(frozen=True)
class Described:
    """One operation of the document."""

    path: str
    method: str
    operation: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.operation["operationId"])

    @property
    def needs_token(self) -> bool:
        return bool(self.operation["security"])


class Contract:
    """A document and what follows from it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def operations(self) -> list[Described]:
        return [
            Described(path, method.upper(), operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        ]

    def faults(self, schema: Mapping[str, Any], value: Any, where: str = "") -> list[str]:
        """What of a value is not as its schema says."""
        assert set(schema) <= KNOWN, set(schema) - KNOWN
        if "$ref" in schema:
            return self.faults(self._resolved(schema["$ref"]), value, where)
        if "anyOf" in schema:
            tried = [self.faults(one, value, where) for one in schema["anyOf"]]
            return [] if any(not faults for faults in tried) else tried[0]
        faults = _own_faults(schema, value, where)
        if isinstance(value, dict):
            for name, inner in schema.get("properties", {}).items():
                if name in value:
                    faults += self.faults(inner, value[name], f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for number, item in enumerate(value):
                faults += self.faults(schema["items"], item, f"{where}[{number}]")
        return faults

    def values(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        """Values that the schema allows."""
        assert set(schema) <= KNOWN, set(schema) - KNOWN
        if "$ref" in schema:
            return self.values(self._resolved(schema["$ref"]))
        if "anyOf" in schema:
            return st.one_of([self.values(one) for one in schema["anyOf"]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "const" in schema:
            return st.just(schema["const"])
        kinds = schema.get("type", "object")
        return st.one_of([self._of(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)])

    def answered(self, described: Described, answer: httpx2.Response) -> list[str]:
        """What of an answer the document does not say."""
        responses = described.operation["responses"]
        if str(answer.status_code) not in responses:
            return [f"{described.name}: status {answer.status_code} is not in the document"]
        said = responses[str(answer.status_code)].get("content", {})
        media = answer.headers.get("content-type", "").partition(";")[0]
        if not answer.content:
            return []
        if media not in said:
            return [f"{described.name}: {answer.status_code} with {media} is not in the document"]
        if "json" not in media:
            return []
        return self.faults(said[media].get("schema", {}), answer.json(), f"{described.name} {answer.status_code}")

    def _of(self, kind: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        match kind:
            case "object":
                properties = schema.get("properties", {})
                required = set(schema.get("required", ()))
                return st.fixed_dictionaries(
                    {name: self.values(inner) for name, inner in properties.items() if name in required},
                    optional={name: self.values(inner) for name, inner in properties.items() if name not in required},
                )
            case "array":
                return st.lists(self.values(schema.get("items", {"type": "string"})), max_size=3)
            case "string":
                return _texts(schema)
            case "integer" | "number":
                return st.integers(-(2**53), 2**53)
            case "boolean":
                return st.booleans()
            case _:
                return st.none()

    def _resolved(self, reference: str) -> Mapping[str, Any]:
        found: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        resolved: Mapping[str, Any] = found
        return resolved


def _own_faults(schema: Mapping[str, Any], value: Any, where: str) -> list[str]:
    kinds = schema.get("type")
    if kinds is not None:
        wanted = [kinds] if isinstance(kinds, str) else kinds
        if not any(isinstance(value, TYPES[kind]) for kind in wanted) or (
            isinstance(value, bool) and "boolean" not in wanted
        ):
            return [f"{where} is no {kinds}"]
    faults = []
    if "enum" in schema and value not in schema["enum"]:
        faults.append(f"{where} is none of {schema['enum']}")
    if "pattern" in schema and isinstance(value, str) and re.search(schema["pattern"], value) is None:
        faults.append(f"{where} does not match {schema['pattern']}")
    if isinstance(value, dict):
        faults += [f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value]
    return faults


def _texts(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    if schema.get("format") == "date":
        return DATE
    least, most = schema.get("minLength", 0), min(schema.get("maxLength", 40), 200)
    return st.text(min_size=least, max_size=most)


def read(text: str) -> Contract:
    """A contract from the text of a document."""
    return Contract(json.loads(text))
