"""What these endpoints share: raw parameters in, JSON and OAuth errors out."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from idp.protocol.errors import InvalidRequestError, OAuth2Error
from idp.protocol.parameters import parse_parameters
from idp.web.forms import field_values, read_body

FORM = "application/x-www-form-urlencoded"
MAX_BODY_BYTES = 16_384

# RFC 6749 §5.1: "The authorization server MUST include the HTTP "Cache-Control" response header field with a value of
# "no-store" in any response containing tokens, credentials, or other sensitive information"
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


# The same on the wire, put together once.
_JSON = [(b"cache-control", b"no-store"), (b"pragma", b"no-cache"), (b"content-type", b"application/json")]


class WireAnswer(Response):
    """An answer whose header fields are written down already."""

    def __init__(self, body: bytes, status_code: int, fields: Sequence[tuple[bytes, bytes]]) -> None:
        self.status_code = status_code
        self.body = body
        self.background = None
        self.raw_headers = [*fields, (b"content-length", b"%d" % len(body))]


async def read_parameters(request: Request) -> Mapping[str, str]:
    """The parameters of a form body; raises InvalidRequestError for any other body, or one that is too large."""
    types = field_values(request, b"content-type")
    if not types or types[0].partition(";")[0].strip().lower() != FORM:
        raise InvalidRequestError(f"the body must be {FORM}")
    body = await read_body(request)
    if len(body) > MAX_BODY_BYTES:
        raise InvalidRequestError("the body is too large", status_code=413)
    return parse_parameters(body)


def json_answer(members: Mapping[str, Any], *, nonce: str | None, status_code: int = 200) -> Response:
    """A JSON answer that nobody keeps; `nonce` is handed out for the next DPoP proof (RFC 9449 §8.2)."""
    fields = _JSON if nonce is None else [*_JSON, (b"dpop-nonce", nonce.encode("ascii"))]
    return WireAnswer(msgspec.json.encode(members), status_code, fields)


def refused(request: Request, error: OAuth2Error) -> None:
    """Leave a note with the request of why it was refused: who keeps a diary of requests reads it there."""
    request.state.refusal = error


def refusal_of(request: Request) -> OAuth2Error | None:
    """Why this request was refused, where it was."""
    return getattr(request.state, "refusal", None)


def oauth_error(error: OAuth2Error, *, nonce: str | None, request: Request | None = None) -> Response:
    """The error answer of RFC 6749 §5.2, in Authlib's form, with the challenge where one belongs to it.

    The refusal is noted with the `request`, where one is given.
    """
    if request is not None:
        refused(request, error)
    status_code, body, headers = error()
    response = json_answer(body, nonce=nonce, status_code=status_code)
    # §5.2: "If the client attempted to authenticate via the "Authorization" request header field, the authorization
    # server MUST … include the "WWW-Authenticate" response header field matching the authentication scheme used by the
    # client."
    response.headers.update({name: value for name, value in headers if name == "WWW-Authenticate"})
    return response
