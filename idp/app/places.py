"""Where things lie in the home folder of a deployment."""

import hashlib
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 100


def desk_socket_of(home: Path, station: str) -> Path:
    """The socket of a station's virtual reader.

    Outside the home folder when the path would be too long for a Unix socket (108).
    """
    inside = home.resolve() / f"desk-{station}.sock"
    if len(str(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(str(inside).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tuaton-{name}.sock"
