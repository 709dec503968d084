"""What a program sends is read as JSON of one form, or refused without a word of what it was."""

import httpx2
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp.gateway.agency.model import AgencyApiProblem
from idp.gateway.bodies import read_json
from idp.kernel.errors import Refused


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: str


async def _endpoint(request: Request) -> Response:
    try:
        body = await read_json(request, _Form, malformed=AgencyApiProblem.MALFORMED)
    except Refused as refused:
        return JSONResponse({"code": refused.code, "detail": refused.detail}, 400)
    return JSONResponse({"case": body.case})


async def _sent(content: bytes, media_type: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(Starlette(routes=[Route("/", _endpoint, methods=["POST"])]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway.test") as http:
        return await http.post("/", content=content, headers={"content-type": media_type})


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8"])
async def test_json_is_read(media_type: str) -> None:
    answer = await _sent(b'{"case": "A-1"}', media_type)
    assert (answer.status_code, answer.json()) == (200, {"case": "A-1"})


@pytest.mark.parametrize(
    ("content", "media_type", "detail"),
    [
        (b'{"case": "A-1"}', "text/plain", "not application/json"),
        (b'{"case": "A-1"}', "", "not application/json"),
        (b"", "application/json", "body"),
        (b'{"case": "1101700203451"', "application/json", "body"),
        (b'{"case": "\xff"}', "application/json", "body"),
        (b'{"case": "A-1", "more": 1}', "application/json", "body"),
        (b'{"case": ' + b"[" * 100_000, "application/json", "body"),
    ],
)
async def test_everything_else_is_refused(content: bytes, media_type: str, detail: str) -> None:
    answer = await _sent(content, media_type)
    assert (answer.status_code, answer.json()) == (400, {"code": "API-01", "detail": detail})
