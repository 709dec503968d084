"""Root keys as files, made at first start; every other secret key is derived from one, or wrapped by one derived.

`root-1.key`, `root-2.key`, …: 32 random bytes each, mode 0600. New things are sealed under the newest, old things open
under the one they name. Nodes are restarted one after the other, so that rotation has two steps: `root-2.next.key`
opens and seals nothing; when every node has it, it becomes `root-2.key`. The pairwise key stays derived from root 1 for
ever (design, section 6).
"""

import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.kernel.randomness import Randomness

ROOT_KEY_BYTES = 32
FIRST_VERSION = 1

_ROOT_KEY = re.compile(r"root-(?P<version>[1-9][0-9]{0,5})(?P<next>\.next)?\.key")


class RootKeys:
    """All versions of the root key, and keys derived from them for one purpose each.

    `prepared`: the one version that is there to open what other nodes may seal under it already.
    """

    def __init__(self, versions: dict[int, bytes], *, prepared: int | None = None) -> None:
        if FIRST_VERSION not in versions or any(len(key) != ROOT_KEY_BYTES for key in versions.values()):
            raise ValueError(f"root keys are {ROOT_KEY_BYTES} bytes each, counted from {FIRST_VERSION}")
        self._versions = dict(versions)
        self._newest = max(version for version in versions if version != prepared)

    @property
    def newest(self) -> int:
        """The version under which new things are made."""
        return self._newest

    @property
    def versions(self) -> tuple[int, ...]:
        """All versions, newest first, a prepared one included."""
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
    """Read the root keys of a deployment; none are made.

    Raises FileNotFoundError when there are none, ValueError when they are not what this module wrote.
    """
    files = {path: _ROOT_KEY.fullmatch(path.name) for path in folder.glob("root-*.key")}
    versions = {int(match["version"]): path.read_bytes() for path, match in files.items() if match}
    if not versions:
        raise FileNotFoundError(f"no deployment keeps its keys in {folder}")
    prepared = [int(match["version"]) for match in files.values() if match and match["next"]]
    if len(prepared) > 1 or prepared not in ([], [max(versions)]):
        raise ValueError(f"at most one root key in {folder} may be prepared, and it is the last")
    return RootKeys(versions, prepared=prepared[0] if prepared else None)


def prepare_root_key(folder: Path, *, randomness: Randomness) -> Path:
    """Make the next root key, under which nothing is sealed yet. Raises ValueError when one is prepared already."""
    present = read_root_keys(folder)
    if present.newest != present.versions[0]:
        raise ValueError(f"root key {present.versions[0]} is prepared already")
    path = folder / f"root-{present.newest + 1}.next.key"
    write_secret(path, randomness(ROOT_KEY_BYTES))
    return path


def use_root_key(folder: Path) -> Path:
    """Let the prepared root key be the newest. Raises ValueError when none is prepared."""
    present = read_root_keys(folder)
    if present.newest == present.versions[0]:
        raise ValueError("no root key is prepared")
    return (folder / f"root-{present.versions[0]}.next.key").rename(folder / f"root-{present.versions[0]}.key")


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
