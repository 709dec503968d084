"""A small door built with the kit alone: a page, a form, a JSON path, and paths where something goes wrong."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from idp.kernel.errors import Unavailable
from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.forms import read_form, read_json, text_field
from idp.web.middleware import door_middleware
from idp.web.model import WebProblem
from idp.web.pages import Brand, Pages
from idp.web.routes import Access, Entry, build_routes
from tests.web.prepared import prepared_assets

ORIGIN = "http://id.localhost:8000"
BRAND = Brand("ตัวตน", "Tuaton", "ติดต่อสำนักทะเบียน", "Ask a registration office")
SECRET = "1234567890121"


def _always_the_same(size: int) -> bytes:
    return b"m" * size


def door(
    asset_folder: Path,
    *,
    https: bool = False,
    origin: str = ORIGIN,
    usual: Literal["page", "json"] = "page",
    hot: bool = False,
) -> Starlette:
    """The application; with `hot`, its paths are answered on the threshold."""
    assets = prepared_assets(asset_folder)
    # one mask for all tokens, so that two answers can be held beside each other
    csrf = Csrf(key=b"k" * 32, browsers=BrowserIds(door="id", https=https), origin=origin, randomness=_always_the_same)
    pages = Pages(template_packages=(), assets=assets, brand=BRAND, csrf=csrf, https=https)
    answers = ErrorAnswers(catalogue=ProblemCatalogue(), pages=pages, usual=usual)

    async def token(request: Request) -> Response:
        response = PlainTextResponse(csrf.token(csrf.browsers.of(request), "form:1"))
        csrf.browsers.remember(request, response)
        return response

    async def take(request: Request) -> Response:
        form = await read_form(request)
        csrf.check(request, form, form="form:1")
        return JSONResponse({"one": form.one("one"), "all": form.all("all")})

    async def take_json(request: Request) -> Response:
        return JSONResponse({"name": text_field(await read_json(request), "name", longest=10)})

    async def unforeseen(request: Request) -> Response:
        raise ValueError(SECRET)

    async def unavailable(request: Request) -> Response:
        raise Unavailable(WebProblem.UNAVAILABLE)

    entries = (
        *assets.entries(),
        Entry("/token", ("GET",), token, Access.ANYONE, "token"),
        Entry("/form", ("POST",), take, Access.ANYONE, "form"),
        Entry("/json", ("POST",), take_json, Access.ANYONE, "json"),
        Entry("/upload", ("POST",), take_json, Access.ANYONE, "upload"),
        Entry("/unforeseen", ("GET",), unforeseen, Access.ANYONE, "unforeseen"),
        Entry("/unavailable", ("GET",), unavailable, Access.ANYONE, "unavailable"),
    )
    return Starlette(
        routes=build_routes(entries),
        exception_handlers=answers.handlers(),
        middleware=door_middleware(
            hosts=["id.localhost"],
            https=https,
            last_resort=answers,
            larger_bodies={"/upload": 2 * 1024 * 1024},
            hot=[replace(entry, hot=True) for entry in entries if hot],
            handlers=answers.handlers(),
        ),
    )
