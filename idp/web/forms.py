"""Bodies, parsed once at the edge: urlencoded forms and JSON objects, within limits."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, Request

from idp.kernel.errors import Refused
from idp.web.model import WebProblem

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 100

BODY = "idp.body"
"""Where the scope of a request keeps its body once it was read."""


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """The fields of a form in the order they came; may hold personal data."""

    pairs: tuple[tuple[str, str], ...]

    def one(self, name: str, default: str = "") -> str:
        """The value of a field. Raises Refused(MALFORMED) when it came more than once."""
        values = self.all(name)
        if len(values) > 1:
            raise Refused(WebProblem.MALFORMED, f"field {_ascii(name)} repeats")
        return values[0] if values else default

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, for tick boxes."""
        return tuple(value for key, value in self.pairs if key == name)


def field_values(request: Request, name: bytes) -> list[str]:
    """Every value of a header field in the order they came; `name` in lower case, as ASGI has it."""
    return [value.decode("latin-1") for field, value in request.scope["headers"] if field == name]


async def read_body(request: Request) -> bytes:
    """The whole body; read once, and kept for who asks again. Raises Refused(TOO_LARGE) as the door says,
    ClientDisconnect.
    """
    known: bytes | None = request.scope.get(BODY)
    if known is not None:
        return known
    parts, more = [], True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(parts)
    request.scope[BODY] = body
    return body


async def read_form(request: Request) -> Form:
    """The form in the body; a page that answers it shows again what was typed (`sent.html`).

    Raises Refused(MALFORMED) for another type, bad UTF-8, a NUL or too many fields.
    """
    if _media_type(request) != FORM_TYPE:
        raise Refused(WebProblem.MALFORMED, "not a form")
    body = await read_body(request)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise Refused(WebProblem.MALFORMED, "form cannot be read") from error
    if any("\x00" in text for pair in pairs for text in pair):
        raise Refused(WebProblem.MALFORMED, "NUL in a field")
    form = Form(tuple(pairs))
    request.state.sent_form = form
    return form


def sent_field(request: Request, name: str, standing: str = "") -> str:
    """A field of the form that this request brought and that was read; `standing` where it brought none."""
    form: Form | None = getattr(request.state, "sent_form", None)
    return standing if form is None else form.one(name)


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object in the body. Raises Refused(MALFORMED) when it is none."""
    if _media_type(request) != "application/json":
        raise Refused(WebProblem.MALFORMED, "not JSON")
    try:
        return msgspec.json.decode(await read_body(request), type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Refused(WebProblem.MALFORMED, "JSON cannot be read") from error


async def read_picture(request: Request) -> bytes:
    """What a page's camera took: `picture` of a JSON object, a data URL in base64. Empty where it is none.

    Whether it is a picture is the room's to say. Raises Refused(MALFORMED) as `read_json`.
    """
    sent = str((await read_json(request)).get("picture", ""))
    try:
        return base64.b64decode(sent.partition(",")[2], validate=True)
    except ValueError:
        return b""


def text_field(document: dict[str, Any], name: str, *, longest: int = 4096) -> str | None:
    """A text of a JSON object, None when it is null or missing. Raises Refused(MALFORMED) for anything else."""
    value = document.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > longest):
        raise Refused(WebProblem.MALFORMED, f"{_ascii(name)} is not a short text")
    return value


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _ascii(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode()[:40]
