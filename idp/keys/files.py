"""Root keys as files, made at first start; every other secret key is derived from one, or wrapped by one derived.

`root-1.key`, `root-2.key`, …: 32 random bytes each, mode 0600. Rotation adds a file: new things are sealed under the
newest, old things open under the one they name. The pairwise key stays derived from root 1 for ever (design, section
6).
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.kernel.randomness import Randomness

ROOT_KEY_BYTES = 32
FIRST_VERSION = 1


class RootKeys:
    """All versions of the root key, and keys derived from them for one purpose each."""

    def __init__(self, versions: dict[int, bytes]) -> None:
        if FIRST_VERSION not in versions or any(len(key) != ROOT_KEY_BYTES for key in versions.values()):
            raise ValueError(f"root keys are {ROOT_KEY_BYTES} bytes each, counted from {FIRST_VERSION}")
        self._versions = dict(versions)

    @property
    def newest(self) -> int:
        """The version under which new things are made."""
        return max(self._versions)

    @property
    def versions(self) -> tuple[int, ...]:
        """All versions, newest first."""
        return tuple(sorted(self._versions, reverse=True))

    def derive(self, purpose: str, *, version: int, length: int = 32) -> bytes:
        """A key for one purpose (HKDF, RFC 5869). Raises KeyError for a version that is not here."""
        hkdf = HKDF(algorithm=SHA256(), length=length, salt=None, info=f"tuaton/{purpose}".encode())
        return hkdf.derive(self._versions[version])


def load_root_keys(folder: Path, *, randomness: Randomness) -> RootKeys:
    """Read the root keys of a deployment; the first one is made when the folder has none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(folder.glob("root-*.key")):
        write_secret(folder / f"root-{FIRST_VERSION}.key", randomness(ROOT_KEY_BYTES))
    return read_root_keys(folder)


def read_root_keys(folder: Path) -> RootKeys:
    """Read the root keys of a deployment; none are made. Raises FileNotFoundError when there are none."""
    if not any(folder.glob("root-*.key")):
        raise FileNotFoundError(f"no deployment keeps its keys in {folder}")
    return RootKeys({int(path.stem.removeprefix("root-")): path.read_bytes() for path in folder.glob("root-*.key")})


def write_secret(path: Path, content: bytes) -> None:
    """Put a secret into a file that only its owner reads, whole or not at all; a file that is there already stays."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(partial)
        except FileExistsError:
            return
    finally:
        partial.unlink()
