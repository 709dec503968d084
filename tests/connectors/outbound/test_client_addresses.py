"""Addresses of clients are asked once, shortly, and only where the connected socket really leads outside."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.contracts.outbound import AddressUnreachable
from connectors.outbound.client_addresses import MOST_BYTES, CheckedAddresses, is_public

OWN_MACHINE = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, list[str]]]:
    """A client's server and what it was asked."""
    asked: list[str] = []
    is_over = asyncio.Event()

    async def answer(request: Request) -> Response:
        asked.append(f"{request.method} {request.url.path} {request.headers['host']} {(await request.body()).decode()}")
        match request.url.path:
            case "/away":
                return RedirectResponse("/elsewhere", 302)
            case "/large":
                return PlainTextResponse("x" * (MOST_BYTES + 1))
            case "/slow":
                await is_over.wait()
        return PlainTextResponse("good")

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://jobs.localhost:{listening.getsockname()[1]}", asked
        is_over.set()
        server.should_exit = True
        await serving


async def test_a_document_is_fetched_and_a_message_delivered_under_the_name() -> None:
    addresses = CheckedAddresses(allowed=OWN_MACHINE)
    async with served() as (origin, asked):
        assert (await addresses.get(f"{origin}/jwks")).body == b"good"
        sent = await addresses.post(f"{origin}/logout", body=b"logout_token=t", headers={"content-type": "text/plain"})
        assert sent.status == 200
    host = origin.removeprefix("http://")
    assert asked == [f"GET /jwks {host} ", f"POST /logout {host} logout_token=t"]


async def test_redirects_are_answers_and_are_not_followed() -> None:
    async with served() as (origin, asked):
        assert (await CheckedAddresses(allowed=OWN_MACHINE).get(f"{origin}/away")).status == 302
    assert len(asked) == 1


async def test_an_answer_that_is_too_large_is_refused() -> None:
    async with served() as (origin, _):
        with pytest.raises(AddressUnreachable):
            await CheckedAddresses(allowed=OWN_MACHINE).get(f"{origin}/large")


async def test_a_slow_answer_is_given_up() -> None:
    async with served() as (origin, _):
        with pytest.raises(AddressUnreachable):
            await CheckedAddresses(allowed=OWN_MACHINE).get(f"{origin}/slow")


async def test_a_connection_that_leads_inside_carries_no_request() -> None:
    # another network is allowed, so that http itself passes
    addresses = CheckedAddresses(allowed=[ip_network("192.0.2.0/24")])
    async with served() as (origin, asked):
        for url in (origin, origin.replace("jobs.localhost", "127.0.0.1")):
            with pytest.raises(AddressUnreachable):
                await addresses.get(f"{url}/jwks")
    assert asked == []


@pytest.mark.parametrize("url", ["http://jobs.example/jwks", "gopher://jobs.example/", "file:///etc/passwd", "jwks"])
async def test_other_schemes_than_https_are_refused(url: str) -> None:
    with pytest.raises(AddressUnreachable):
        await CheckedAddresses().get(url)


async def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(AddressUnreachable):
        await CheckedAddresses(allowed=OWN_MACHINE).get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 -- an address to refuse
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
        ("::ffff:0:7f00:1", False),
        ("fec0::1", False),
        ("feff::1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("3fff::1", False),
        ("192.0.1.1", True),
        ("3ffe::1", True),
    ],
)
def test_special_addresses_are_not_public(address: str, expected: bool) -> None:
    assert is_public(ip_address(address)) is expected
