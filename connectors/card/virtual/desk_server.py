"""The desk on a unix socket, so that another process can put cards in: one JSON line asks, one answers.

Asked `{"command": "insert citizen somchai"}`, answered `{"ok": true, "slots": {…}, "stack": …, "reason": …}` or
`{"ok": false, "error": …}`. The socket's file is the owner's only.
"""

import json
import os
import socketserver
import sys
import threading
from pathlib import Path
from typing import Any

from connectors.card.virtual.desk import Desk, DeskRefusal
from connectors.card.virtual.desk_socket import ANSWER_SECONDS, LONGEST_LINE


class DeskServer:
    """Serves one desk until closed."""

    def __init__(self, path: Path, desk: Desk) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        before = os.umask(0o177)
        try:
            self._server = _Server(str(path), desk)
        finally:
            os.umask(before)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="desk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving and remove the socket."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._path.unlink(missing_ok=True)


if sys.platform == "win32":

    class _Server(socketserver.ThreadingTCPServer):
        """No desk: emulated cards are for demonstrations, and those run where sockets are files."""

        def __init__(self, path: str, desk: Desk) -> None:
            raise OSError("emulated cards need unix sockets")

else:

    class _Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

        def __init__(self, path: str, desk: Desk) -> None:
            self.desk = desk
            super().__init__(path, _Handler)


class _Handler(socketserver.StreamRequestHandler):
    timeout = ANSWER_SECONDS

    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        answer = _answer(self.server.desk, self.rfile.readline(LONGEST_LINE))
        self.wfile.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")


def _answer(desk: Desk, line: bytes) -> dict[str, Any]:
    try:
        match json.loads(line):
            case {"command": str(command)}:
                return {"ok": True, **desk.obey(command)}
            case _:
                return {"ok": False, "error": "one JSON object with a command is expected"}
    except DeskRefusal as refusal:
        return {"ok": False, "error": str(refusal)}
    except ValueError:
        return {"ok": False, "error": "the line is no JSON"}
