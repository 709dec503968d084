"""`docs/your-first-sign-in.md`, done as it says: the invitation, the program, the address that is pasted."""

import ast
import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from idp.app.demo.people import passkey_link
from idp.app.demo.story import link_url
from idp.app.serving import open_house
from relying_party_demo.journey.people import Person
from tests.journeys.conftest import Demonstration
from tests.relying_party_demo.serving import free_socket, served

pytestmark = pytest.mark.timeout(300)
PAGE = Path(__file__).parents[2] / "docs" / "your-first-sign-in.md"
HOSTS = """
import socket
asked = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **said: asked(
    "127.0.0.1" if str(host).endswith(".localhost") else host, *more, **said
)
"""
"""The line in `/etc/hosts`, for a machine on which a test may not write there."""


def said(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


async def arrived(_request: Request) -> Response:
    return PlainTextResponse("nobody listens here in the page's story")


async def invitation(demonstration: Demonstration) -> str:
    (command,) = (line for line in said("sh") if "client invite" in line)
    words = command.split()[1:]
    words[words.index(".demo")] = str(demonstration.plan.home)
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "idp.cli", *words, "--profile", "embedded", stdout=PIPE, env=_as_served(demonstration)
    )
    token, _ = await running.communicate()
    assert running.returncode == 0
    return token.decode().strip()


def _as_served(demonstration: Demonstration) -> dict[str, str]:
    return {**os.environ, **demonstration.plan.environment}


async def test_the_page_leads_to_a_signed_in_person(demonstration: Demonstration, tmp_path: Path) -> None:
    settings = demonstration.plan.settings
    async with open_house(settings) as rooms, rooms.ground.storage.unit_of_work() as uow:
        link = await passkey_link(uow, rooms, "director")
    assert link is not None
    listener = free_socket()
    (program,) = said("python")
    (tmp_path / "first.py").write_text(
        program.replace("http://id.localhost:8000", settings.issuer).replace(
            "127.0.0.1:9000", f"127.0.0.1:{listener.getsockname()[1]}"
        )
    )
    (tmp_path / "sitecustomize.py").write_text(HOSTS)
    with served(Starlette(routes=[Route("/back", arrived)]), listener):
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            str(tmp_path / "first.py"),
            await invitation(demonstration),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )
        assert running.stdout is not None
        address = (await running.stdout.readline()).decode().strip()
        came_back = await asyncio.to_thread(_sign_in, link_url(settings, link), address)
        out, _ = await running.communicate(f"{came_back}\n".encode())
    assert running.returncode == 0
    person = ast.literal_eval(out.decode().partition(": ")[2])
    assert {"sub", "ial", "aal", "acr", "name", "given_name", "family_name"} <= set(person)


def _sign_in(link: str, address: str) -> str:
    person = Person(language="en")
    try:
        person.add_passkey(link)
        page = person.use_passkey(person.browser.open(address))
        page = person.browser.submit(page, "allow")
        assert urlsplit(str(page.url)).path == "/back"
        return str(page.url)
    finally:
        person.browser.close()


def test_every_file_that_the_page_names_is_there() -> None:
    root = PAGE.parents[1]
    named = re.findall(r"`((?:docs|tests|relying_party_demo)/[\w/.-]+)`", PAGE.read_text("utf-8"))
    assert len(named) > 5
    assert [name for name in named if not (root / name).exists()] == []
