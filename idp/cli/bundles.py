"""Bundles that a command takes out of a deployment: one file for its owner's eyes, and who ran the command."""

import os
import pwd
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

MOMENT_OF_ALL: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say: the same content is the same file."""


class BundleFile(Protocol):
    """One file of a bundle."""

    @property
    def path(self) -> str:
        """Where it lies in the bundle."""

    @property
    def content(self) -> bytes:
        """What it holds."""


def account() -> str:
    """The account of the machine, by the system's own word: what the environment says anybody could write."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name.lower()
    except KeyError:  # in a container the number need not have a name
        return str(number)


def write_bundle(out: Path, files: Iterable[BundleFile]) -> None:
    """The whole file for its owner's eyes, or none: half a bundle is no evidence and stands in the way of the next.

    Raises FileExistsError, OSError.
    """
    with out.open("xb") as opened:
        try:
            out.chmod(0o600)
            with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as target:
                for file in files:
                    target.writestr(zipfile.ZipInfo(file.path, MOMENT_OF_ALL), file.content)
            opened.flush()
        except BaseException:  # also when whoever waits for it breaks off
            out.unlink(missing_ok=True)
            raise
