"""Route tables: every path says who may call it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

Endpoint = Callable[[Request], Awaitable[Response]]
ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]


class Access(StrEnum):
    """Who may call a path. The endpoint enforces it; a test calls every path without the credential it names."""

    ANYONE = "anyone"
    CLIENT = "client"
    ACCESS_TOKEN = "access_token"
    CITIZEN = "citizen"
    STAFF = "staff"
    STATION = "station"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a door's route table. `name` is unique within the door.

    What programs call all day is `hot`: answered without the router, by the same endpoint.
    """

    path: str
    methods: tuple[str, ...]
    endpoint: Endpoint
    access: Access
    name: str
    hot: bool = False


@dataclass(frozen=True, slots=True)
class SocketEntry:
    """One path at which a WebSocket may be opened; who may is the endpoint's to find out, as with `Entry`."""

    path: str
    endpoint: Callable[[WebSocket], Awaitable[None]]
    access: Access
    name: str


def build_socket_routes(entries: Iterable[SocketEntry]) -> list[WebSocketRoute]:
    """Starlette's routes of the paths for WebSockets."""
    return [WebSocketRoute(entry.path, entry.endpoint, name=entry.name) for entry in entries]


def build_routes(entries: Iterable[Entry]) -> list[Route]:
    """Starlette's routes of a table, in its order. ValueError when two rows have one name."""
    rows = list(entries)
    names = [entry.name for entry in rows]
    if len(names) != len(set(names)):
        raise ValueError(f"route names repeat: {sorted({name for name in names if names.count(name) > 1})}")
    return [Route(entry.path, entry.endpoint, methods=list(entry.methods), name=entry.name) for entry in rows]
