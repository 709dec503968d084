"""`idp serve --profile conformance` as a process, and the TLS proxy in front of it as an HTTP transport.

The issuer is an https address that no name server knows; the transport carries requests for it to the process on this
machine and leaves everything else alone, as a terminating proxy does.
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from tests.commands import Running, started
from tests.patience import until
from tests.web.prepared import prepared_assets

ISSUER = "https://op.example"
CERTIFICATE_HEADER = "x-client-cert"
BEHIND_A_PROXY = ("--trusted-proxy", "127.0.0.1/32", "--client-cert-header", CERTIFICATE_HEADER)
ROOT = Path(__file__).parents[2]
AUTHORITIES = Path(__file__).parent / "plans" / "client-ca.pem"


class TerminatingProxy(httpx2.BaseTransport):
    """Sends what is for the issuer to the process; nothing else has anywhere to go."""

    def __init__(self, inner: httpx2.BaseTransport, port: int, *, certificate: str | None = None) -> None:
        self._inner = inner
        self._port = port
        self._certificate = certificate

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if f"{request.url.scheme}://{request.url.netloc.decode()}" != ISSUER:
            raise httpx2.ConnectError(f"there is nobody at {request.url.host}")
        headers = httpx2.Headers(request.headers)
        headers.pop(CERTIFICATE_HEADER, None)
        if self._certificate is not None:
            headers[CERTIFICATE_HEADER] = quote(self._certificate)
        behind = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return self._inner.handle_request(
            httpx2.Request(
                request.method, behind, headers=headers, stream=request.stream, extensions=request.extensions
            )
        )


class OverTls(httpx2.BaseTransport):
    """Shakes hands under the name that is asked for, with whoever listens at this port."""

    def __init__(self, inner: httpx2.BaseTransport, port: int) -> None:
        self._inner = inner
        self._port = port

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        address = request.url.copy_with(host="127.0.0.1", port=self._port)
        extensions = {**request.extensions, "sni_hostname": request.url.host}
        sent = httpx2.Request(
            request.method, address, headers=request.headers, stream=request.stream, extensions=extensions
        )
        return self._inner.handle_request(sent)


@dataclass
class Server:
    """A running issuer, and the one set of connections to it."""

    port: int
    home: Path
    connections: httpx2.HTTPTransport = field(default_factory=httpx2.HTTPTransport)

    def http(self, *, certificate: str | None = None, **options: Any) -> httpx2.Client:
        """A client of its own, with cookies of its own, without redirects."""
        proxy = TerminatingProxy(self.connections, self.port, certificate=certificate)
        return httpx2.Client(transport=proxy, base_url=ISSUER, timeout=30, **options)

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """Read once, as clients do."""
        return dict(self.http().get("/.well-known/openid-configuration").json())

    @property
    def jwks(self) -> Mapping[str, Any]:
        """As it is now."""
        return dict(self.http().get(self.metadata["jwks_uri"]).json())


@contextmanager
def serving(home: Path, plans: Sequence[Path], in_front: Sequence[str] = BEHIND_A_PROXY) -> Iterator[Server]:
    """An issuer with the clients of these plans, until the block ends. `in_front` says who ends TLS."""
    home.mkdir()
    prepared_assets(home / "assets" / "web")
    port = free_port()
    arguments = ["serve", "--profile", "conformance", "--issuer", ISSUER, "--listen", f"127.0.0.1:{port}"]
    arguments += ["--home", str(home), "--client-ca", str(AUTHORITIES), *in_front]
    arguments += [word for plan in plans for word in ("--clients", str(plan))]
    process = started(*arguments, log=home / "log", environment={"IDP_ASSETS": str(home / "assets")})
    try:
        wait_until_it_answers(process, port, home / "log")
        server = Server(port, home)
        yield server
        server.connections.close()
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_it_answers(process: Running, port: int, log: Path) -> None:
    def answers() -> bool:
        assert process.poll() is None, f"the issuer did not start:\n{log.read_text('utf-8')[-4000:]}"
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            return False

    until(answers, "the issuer does not answer")
