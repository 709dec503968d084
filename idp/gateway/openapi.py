"""The gateway's contract as an OpenAPI 3.1 document, made from its own route table.

What a row of the table says is taken from there: path, method, who may call, the endpoint's docstring. What it cannot
say, bodies and answers, stands in `idp.gateway.operations`. Problems are RFC 9457 documents, listed by code with the
words of the catalogue; errors of tokens are those of RFC 6750.
"""

import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from idp.gateway.contract import Answer, Operation, Parameter
from idp.gateway.operations import OPERATIONS, USUAL
from idp.web.errors import ProblemCatalogue
from idp.web.etags import Tagged
from idp.web.model import WebProblem
from idp.web.routes import Access, Entry

OPENAPI: Final = "3.1.0"
REFERENCE: Final = "#/components/schemas/{name}"
IDS: Final[Mapping[str, str]] = {
    "document_id": "doc",
    "session_id": "cds",
    "pull_id": "pul",
    "delivery_id": "set",
    "request_id": "pho",
}
"""How the identifiers in paths begin; other names are texts of their own."""

PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "next", "correlation_id"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:tuaton:problem:[A-Z]+-[0-9]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "next": {"type": "string", "description": "What can be done now."},
        "correlation_id": {"type": "string"},
    },
}
TOKEN_ERROR: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}
SECURITY_SCHEMES: Final[Mapping[str, Any]] = {
    "dpop": {
        "type": "http",
        "scheme": "DPoP",
        "description": "An access token of the issuer for this gateway, bound to the caller's key (RFC 9449).",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same token, bound to a client certificate."},
    "certificate": {"type": "mutualTLS", "description": "The certificate of the token (RFC 8705)."},
}
TOKEN_SECURITY: Final[Sequence[Mapping[str, Sequence[str]]]] = [{"dpop": []}, {"bearer": [], "certificate": []}]
TOKEN_REFUSALS: Final[Mapping[int, str]] = {
    400: "The request's credentials cannot be read.",
    401: "No live token, or no proof of its key; `DPoP-Nonce` brings the nonce to use.",
    403: "The token does not carry the scope this takes.",
}
EVERYWHERE: Final = (
    WebProblem.MALFORMED,
    WebProblem.NOT_FOUND,
    WebProblem.TOO_LARGE,
    WebProblem.TOO_MANY_REQUESTS,
    WebProblem.UNEXPECTED,
    WebProblem.UNAVAILABLE,
)


class OpenApi:
    """`GET /openapi.json`."""

    def __init__(self, entries: Sequence[Entry], *, base_url: str, problems: ProblemCatalogue) -> None:
        own = Entry("/openapi.json", ("GET",), self.read, Access.ANYONE, "openapi")
        self._entries = (own,)
        document = openapi_document([*entries, own], base_url=base_url, problems=problems)
        self._document = Tagged(json.dumps(document, ensure_ascii=False).encode(), "application/json")

    def entries(self) -> tuple[Entry, ...]:
        """Its row of the route table."""
        return self._entries

    async def read(self, request: Request) -> Response:
        """This document."""
        return self._document.answer(request)


def openapi_document(entries: Iterable[Entry], *, base_url: str, problems: ProblemCatalogue) -> dict[str, Any]:
    """The whole document, paths in the order of the table."""
    rows = list(entries)
    bodies = [body for entry in rows if (body := OPERATIONS.get(entry.name, USUAL).body) is not None]
    structs = [body.schema for body in bodies if isinstance(body.schema, type)]
    _, components = msgspec.json.schema_components(structs, ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for entry in rows:
        for method in entry.methods:
            described = _operation(entry, OPERATIONS.get(entry.name, USUAL), problems)
            paths.setdefault(entry.path, {})[method.lower()] = described
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Tuaton data exchange",
            "version": "1",
            "description": "Token in, JSON or a sealed PDF out. What a token allows stands in it (RFC 9396).",
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM, "TokenError": TOKEN_ERROR},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _operation(entry: Entry, operation: Operation, problems: ProblemCatalogue) -> dict[str, Any]:
    summary, _, rest = (inspect.getdoc(entry.endpoint) or entry.name).partition("\n")
    needs_token = entry.access is Access.ACCESS_TOKEN
    described: dict[str, Any] = {"operationId": entry.name, "summary": summary}
    if rest.strip():
        described["description"] = rest.strip()
    parameters = [*_path_parameters(entry.path), *(_parameter(one) for one in operation.parameters)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        content = {media: {"schema": _schema(operation.body.schema)} for media in operation.body.media}
        described["requestBody"] = {"required": True, "content": content}
    described["security"] = TOKEN_SECURITY if needs_token else []
    described["responses"] = _responses(operation, problems, needs_token=needs_token)
    return described


def _responses(operation: Operation, problems: ProblemCatalogue, *, needs_token: bool) -> dict[str, Any]:
    answers = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    for status, texts in _by_status((*operation.problems, *EVERYWHERE), problems):
        content = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(name="Problem")}}}
        answers.setdefault(str(status), {"description": "", "content": {}})
        answers[str(status)]["description"] = "\n".join(filter(None, [answers[str(status)]["description"], *texts]))
        answers[str(status)].setdefault("content", {}).update(content)
    if needs_token:
        for status, text in TOKEN_REFUSALS.items():
            answer = answers.setdefault(str(status), {"description": "", "content": {}})
            answer["description"] = "\n".join(filter(None, [text, answer["description"]]))
            answer["content"]["application/json"] = {"schema": {"$ref": REFERENCE.format(name="TokenError")}}
            answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return answers


def _by_status(codes: Iterable[StrEnum], problems: ProblemCatalogue) -> list[tuple[int, list[str]]]:
    texts = sorted({problems.text(code) for code in codes}, key=lambda text: (text.status, text.code))
    return [
        (status, [f"{text.code}: {text.title_en}" for text in group])
        for status, group in groupby(texts, key=lambda text: text.status)
    ]


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.content:
        described["content"] = {media: {"schema": schema} for media, schema in answer.content.items()}
    if answer.headers:
        described["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    return described


def _schema(schema: type[msgspec.Struct] | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$ref": REFERENCE.format(name=schema.__name__)} if isinstance(schema, type) else schema


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "schema": dict(parameter.schema),
        "description": parameter.description,
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"\{([a-z_]+)\}", path)
    return [{"name": name, "in": "path", "required": True, "schema": _id_schema(name)} for name in names]


def _id_schema(name: str) -> dict[str, str]:
    prefix = IDS.get(name)
    return {"type": "string"} if prefix is None else {"type": "string", "pattern": f"^{prefix}_[0-9A-Z]{{26}}$"}
