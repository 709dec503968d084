"""The proxy through which an agency's servers reach the world: CONNECT, to one host alone, wherever that listens."""

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_HEAD = 8192
IDLE_SECONDS = 30


class Tunnelling(socketserver.ThreadingTCPServer):
    """Tunnels to `authority` end at `port` on this machine; others are refused."""

    daemon_threads = True

    def __init__(self, authority: str, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.authority = authority
        self.port = port


class Tunnel(socketserver.BaseRequestHandler):
    """RFC 9110 §9.3.6."""

    server: Tunnelling
    request: socket.socket

    def handle(self) -> None:
        """Read what is asked for, then pass bytes on until one side has enough."""
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < LONGEST_HEAD:
            part = self.request.recv(1)
            if not part:
                return
            head += part
        if head.split(b" ")[:2] != [b"CONNECT", self.server.authority.encode()]:
            self.request.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self.server.port)) as there:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            ends = {self.request: there, there: self.request}
            while ready := select.select(list(ends), [], [], IDLE_SECONDS)[0]:
                for end in ready:
                    data = end.recv(65_536)
                    if not data:
                        return
                    ends[end].sendall(data)


@contextmanager
def tunnelling(host: str, port: int) -> Iterator[int]:
    """The port of a proxy to `host` until the block ends."""
    server = Tunnelling(f"{host}:443", port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
