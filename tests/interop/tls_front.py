"""A TLS-terminating proxy before the issuer: real handshakes, client certificates handed on in the agreed header."""

import http.client
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.conformance.certificates import Authority
from tests.conformance.server import CERTIFICATE_HEADER

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


@dataclass(frozen=True)
class Front:
    """Where the proxy listens, and the certificate of the authority that its visitors trust."""

    port: int
    certificate: str


class Terminating(ThreadingHTTPServer):
    """Each connection shakes hands in its own thread, so that a slow visitor holds up nobody."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, behind: int) -> None:
        super().__init__(("127.0.0.1", 0), Forwarding)
        self.behind = behind
        self._context = context

    def get_request(self) -> tuple[Any, Any]:
        """The connection, not yet encrypted: the first read makes it so."""
        connection, address = self.socket.accept()
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Visitors may hang up as they like."""


class Forwarding(BaseHTTPRequestHandler):
    """One visitor's connection, and one to the issuer behind."""

    protocol_version = "HTTP/1.1"
    server: Terminating

    def setup(self) -> None:
        """Shake hands; only then is a certificate known."""
        self.request.do_handshake()
        super().setup()
        self.behind = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=30)

    def finish(self) -> None:
        """Hang up on both sides."""
        self.behind.close()
        super().finish()

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        # what a visitor writes into the header itself must not be believed
        for name, value in self.headers.items():
            if name.lower() not in (*HOP_BY_HOP, CERTIFICATE_HEADER):
                self.behind.putheader(name, value)
        certificate = self.request.getpeercert(binary_form=True)
        if certificate:
            self.behind.putheader(CERTIFICATE_HEADER, f":{b64encode(certificate).decode()}:")
        self.behind.putheader("content-length", str(len(body)))
        self.behind.endheaders(body)
        answer = self.behind.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def fronting(host: str, behind: int, folder: Path, *, visitors: Sequence[str]) -> Iterator[Front]:
    """A proxy for `host` until the block ends. `visitors` are the client certificates (PEM) it lets in.

    A visitor without a certificate is let in as well; one with another certificate is not.
    """
    authority = Authority("Authority of the proxy (example)")
    own = authority.certify(host, host, server=True)
    (folder / "front.pem").write_text(own.pem + own.key_pem, "utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "front.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for visitor in visitors:
        context.load_verify_locations(cadata=visitor)
    server = Terminating(context, behind)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Front(server.server_address[1], authority.pem)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
