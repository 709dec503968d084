"""What a desk is asked over its unix socket (`desk_server` answers). It loads no card, so that `idp card` is quick."""

import json
import socket
from pathlib import Path
from typing import Any, Final

LONGEST_LINE: Final = 4096
ANSWER_SECONDS: Final = 10.0


class DeskUnavailable(ConnectionError):
    """No desk listens on that socket, or it did not answer in time."""


def desk_command(socket_path: Path, command: str, *, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
    """Tell the desk one command and return its answer.

    Raises DeskUnavailable.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(seconds)
            connection.connect(str(socket_path))
            connection.sendall(json.dumps({"command": command}).encode() + b"\n")
            line = connection.makefile("rb").readline(LONGEST_LINE)
    except OSError as error:
        raise DeskUnavailable(
            f"no desk answers on its socket ({type(error).__name__}): is the agent running?"
        ) from error
    if not line:
        raise DeskUnavailable("the desk closed the connection")
    answer: dict[str, Any] = json.loads(line)
    return answer
