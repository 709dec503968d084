"""The JSON bodies of this door, read into their forms."""

from enum import StrEnum
from typing import TypeVar

import msgspec
from starlette.requests import Request

from idp.kernel.errors import Refused

Body = TypeVar("Body", bound=msgspec.Struct)


async def read_json(request: Request, kind: type[Body], *, malformed: StrEnum) -> Body:
    """The body as JSON of this form. Raises Refused (`malformed`), which says nothing of what was sent."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(malformed, "not application/json")
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(malformed, "body") from error
