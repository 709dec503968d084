"""Serves an ASGI application on a port of its own for the length of a test."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from tests.patience import until


def wall_clock() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def free_listener() -> socket.socket:
    """A port of 127.0.0.1 that is taken already, for routes that have to know where they will be served."""
    return socket.create_server(("127.0.0.1", 0))


def address_of(listener: socket.socket) -> str:
    """The base URL of what will be served there."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def served(routes: Sequence[BaseRoute], listener: socket.socket | None = None) -> Iterator[str]:
    """The base URL of the routes, on 127.0.0.1 and a free port."""
    listener = listener or free_listener()
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=list(routes)), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until(lambda: server.started)
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
